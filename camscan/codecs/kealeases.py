"""Lease file of Kea's memfile backend for IPv4: who asked for an address, one row a lease or a change of it.

Source: Kea Administrator Reference Manual, "Memfile"; the header row names the columns, which grew with the versions. Status:
documented. `expire` is in seconds since 1970 and `valid_lifetime` before it the client spoke; a comma in a value is `&#x2c`.
"""

from __future__ import annotations

from camscan.codecs.base import DecodeError, Listed, Listing, fields, instant, ip_from_text, listing, text, unit_mac_from_text
from camscan.model import MAX_RAW

PROTOCOL = "dhcp"
"""Name of the protocol in observations."""

_HEADER = b"address,hwaddr,client_id,"
_MOST_COLUMNS = 64


def recognise(head: bytes) -> bool:
    """Return whether this is the start of a lease file of Kea for IPv4."""
    return head.startswith(_HEADER)


def decode(raw: bytes) -> Listing:
    """Return the leases, changes of them too. Raises DecodeError."""
    if not recognise(raw):
        raise DecodeError("no header of Kea's leases for IPv4")
    header, *rows = raw.splitlines()
    names = text(header).split(",", _MOST_COLUMNS)
    return listing(rows, lambda row: _lease(row, names))


def _lease(row: bytes, names: list[str]) -> Listed | None:
    if not row.strip() or row.startswith(_HEADER):
        return None
    cells = dict(zip(names, text(row).split(",", _MOST_COLUMNS), strict=False))
    ip, written = ip_from_text(cells["address"]), cells.get("hwaddr", "")
    mac = unit_mac_from_text(written)
    if ip is None or (written and mac is None):
        raise DecodeError("a lease without address, or with a hardware address that is none")
    found = fields(("dhcp.mac", mac), ("dhcp.hostname", cells.get("hostname", "").replace("&#x2c", ",").rstrip(".")))
    if not found:
        return None
    lifetime, expire = cells.get("valid_lifetime", ""), cells.get("expire", "")
    whole = all(number.isascii() and number.isdigit() and len(number) <= 12 for number in (lifetime, expire))
    spoke = instant(str(int(expire) - int(lifetime))) if whole else None
    return Listed(protocol=PROTOCOL, ip=ip, fields=found, first_seen_at=spoke, last_seen_at=spoke, raw=row[:MAX_RAW])
