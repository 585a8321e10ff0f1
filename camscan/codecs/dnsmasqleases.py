"""Lease file of dnsmasq: who has an address from it, one line a lease.

Source: `lease_update_file` of the dnsmasq project, as its author describes it on the mailing list (2014). Status: documented. A line
of IPv4: end of the lease in seconds since 1970 (0 is never), MAC (with another hardware type and `-` before it where it is not
Ethernet), address, host name or `*`, client identifier or `*`. Behind the line `duid …` stand those of IPv6, without a MAC.
"""

from __future__ import annotations

from camscan.codecs.base import DecodeError, Listed, Listing, fields, instant, ip_from_text, listing, text, unit_mac_from_text
from camscan.model import MAX_RAW

PROTOCOL = "dhcp"
"""Name of the protocol in observations."""


def recognise(head: bytes) -> bool:
    """Return whether the first line is a lease or the identifier of the server."""
    words = text(head[:4096].lstrip().partition(b"\n")[0]).split()
    if len(words) == 2 and words[0] == "duid":
        return True
    return len(words) in (4, 5) and words[0].isdigit() and ip_from_text(words[2]) is not None


def decode(raw: bytes) -> Listing:
    """Return the leases. Raises DecodeError."""
    if not recognise(raw):
        raise DecodeError("no lease of dnsmasq")
    return listing(raw.splitlines(), _lease)


def _lease(line: bytes) -> Listed | None:
    words = text(line).split()
    if not words or words[0] == "duid":
        return None
    if len(words) not in (4, 5):
        raise DecodeError("not a lease")
    ends, hardware, address, name = words[:4]
    ip, mac = ip_from_text(address), unit_mac_from_text(hardware)
    if ip is None or not ends.isdigit() or (":" in hardware and "-" not in hardware and mac is None):
        raise DecodeError("a lease without address or time, or with a hardware address that is none")
    found = fields(("dhcp.mac", mac), ("dhcp.hostname", None if name == "*" else name))
    if not found:
        return None
    return Listed(protocol=PROTOCOL, ip=ip, fields=found, last_seen_at=instant(ends), raw=line[:MAX_RAW])
