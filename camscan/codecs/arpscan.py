"""Output of arp-scan, whole or with `--plain` or `--quiet`: who answered on a link.

Source: arp-scan(1), output of versions 1.9 and 1.10. Status: documented. Address, MAC and registrant stand with tabs between; around
them stand a head and a summary. The registrant is not read: it is looked up anew.
"""

from __future__ import annotations

from camscan.codecs.base import DecodeError, Listed, Listing, fields, ip_from_text, listing, text, unit_mac_from_text
from camscan.model import MAX_RAW

PROTOCOL = "arp"
"""Name of the protocol in observations."""

_AROUND = (b"Interface: ", b"Starting arp-scan ", b"Ending arp-scan ", b"WARNING: ")
_SUMMARY = b" packets received by filter"


def recognise(head: bytes) -> bool:
    """Return whether this is the start of arp-scan's output."""
    start = head[:4096].lstrip()
    if start.startswith(_AROUND):
        return b"arp-scan" in start or b"datalink type" in start
    cells = text(start.partition(b"\n")[0]).split("\t")
    return len(cells) > 1 and ip_from_text(cells[0]) is not None and unit_mac_from_text(cells[1]) is not None


def decode(raw: bytes) -> Listing:
    """Return who answered, each answer of an address by itself. Raises DecodeError."""
    if not recognise(raw):
        raise DecodeError("no output of arp-scan")
    return listing(raw.splitlines(), _answer)


def _answer(line: bytes) -> Listed | None:
    if not line.strip() or line.startswith(_AROUND) or _SUMMARY in line:
        return None
    cells = text(line).split("\t", 2)
    ip, mac = ip_from_text(cells[0]), unit_mac_from_text(cells[1]) if len(cells) > 1 else None
    if ip is None or mac is None:
        raise DecodeError("not an answer")
    return Listed(protocol=PROTOCOL, ip=ip, fields=fields(("arp.ip", ip), ("arp.mac", mac)), link_mac=mac, raw=line[:MAX_RAW])
