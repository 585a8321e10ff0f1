"""A table of addresses: CSV whose first row names the columns for address and MAC, port or both, in any order.

Source: RFC 4180, and `;` or tab in place of the comma. Status: documented. Columns that have another name are not read. Its author
says what a MAC stands for; it is taken for that of the link, as exports of switches, controllers and ARP tables hold it.
"""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from typing import NamedTuple

from camscan.codecs.base import DecodeError, Listed, Listing, fields, ip_from_text, listing, port_text, text, unit_mac_from_text
from camscan.model import MAX_RAW

PROTOCOL = "table"
"""Name of the protocol in observations."""

_IP = frozenset({"ip", "ipaddress", "ipaddr", "ipv4", "ipv4address", "ipv6", "ipv6address", "address"})
_MAC = frozenset({"mac", "macaddress", "macaddr", "hardware", "hardwareaddress", "hwaddr", "hwaddress", "lladdr"})
_PORT = frozenset({"port", "tcpport", "openport"})


class _Columns(NamedTuple):
    """Places of the columns; None where there is none."""

    separator: str
    ip: int
    mac: int | None
    port: int | None


def recognise(head: bytes) -> bool:
    """Return whether the first row names an address and a MAC or a port."""
    return _columns(head) is not None


def decode(raw: bytes) -> Listing:
    """Return the rows that hold more than an address. Raises DecodeError."""
    columns = _columns(raw)
    if columns is None:
        raise DecodeError("no row that names the columns ip and mac or port")
    return listing(_body(raw).splitlines()[1:], lambda row: _entry(row, columns))


def _body(raw: bytes) -> bytes:
    return raw.removeprefix(BOM_UTF8).lstrip()


def _columns(raw: bytes) -> _Columns | None:
    lines = _body(raw[:4096]).splitlines()
    for separator in ",;\t":
        try:
            names = ["".join(filter(str.isalnum, name.lower())) for name in _cells(lines[0], separator)] if lines else []
        except DecodeError:
            continue
        places = [next((place for place, name in enumerate(names) if name in known), None) for known in (_IP, _MAC, _PORT)]
        ip, mac, port = places
        if ip is not None and (mac is not None or port is not None):
            return _Columns(separator, ip, mac, port)
    return None


def _cells(row: bytes, separator: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([text(row)], delimiter=separator), [])]
    except csv.Error:
        raise DecodeError("not a row") from None


def _entry(row: bytes, columns: _Columns) -> Listed | None:
    if not row.strip():
        return None
    cells = _cells(row, columns.separator)

    def cell(place: int | None) -> str:
        return cells[place] if place is not None and place < len(cells) else ""

    ip, mac, port = ip_from_text(cell(columns.ip)), unit_mac_from_text(cell(columns.mac)), _port(cell(columns.port))
    if ip is None or (cell(columns.mac) and mac is None):
        raise DecodeError("a row without an address, or with a MAC that is none")
    if mac is None and port is None:
        return None
    return Listed(protocol=PROTOCOL, ip=ip, fields=fields(("tcp.port", port)), link_mac=mac, raw=row[:MAX_RAW])


def _port(written: str) -> str | None:
    """Return the number of `554` or `554/tcp`; None for nothing and another transport. Raises DecodeError."""
    number, _, transport = written.lower().partition("/")
    if not written or transport not in ("", "tcp"):
        return None
    found = port_text(int(number)) if number.isascii() and number.isdigit() and len(number) <= 5 else None
    if found is None:
        raise DecodeError("a port that is none")
    return found
