"""What routers and switches keep in tables: who has which address, who stands at which port, and who says so by LLDP.

Source: RFC 4293 (ipNetToMediaTable, ipNetToPhysicalTable), RFC 4188 (dot1dTpFdbTable), RFC 4363 (dot1qTpFdbTable), RFC 2863 (ifName),
IEEE 802.1AB-2016 §11 (LLDP-MIB), ANSI/TIA-1057 §13 (LLDP-EXT-MED-MIB). Status: documented.
A row's place stands in the name behind its column:

| column | index | value |
|--------|-------|-------|
| 1.3.6.1.2.1.4.22.1.2 | interface, IPv4 address (4) | MAC |
| 1.3.6.1.2.1.4.35.1.4 | interface, kind of address, length, address | MAC |
| 1.3.6.1.2.1.17.4.3.1.2 and .3 | MAC (6) | bridge port; 3 = learned |
| 1.3.6.1.2.1.17.7.1.2.2.1.2 and .3 | filtering database, MAC (6) | bridge port; 3 = learned |
| 1.3.6.1.2.1.17.7.1.4.2.1.3 | time, VLAN | filtering database |
| 1.3.6.1.2.1.17.1.4.1.2 | bridge port | interface |
| 1.0.8802.1.1.2.1.4.1.1.4 to 12 | time, local port, number | what the neighbour announces |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from camscan.codecs.base import ip_from_text, text, unit_mac
from camscan.codecs.ber import Arcs, of_dotted

Value = bytes | int | Arcs | None
Rows = Iterable[tuple[Arcs, Value]]
"""Objects by their full names."""

ARP_IPV4 = of_dotted("1.3.6.1.2.1.4.22.1.2")
ARP_ANY = of_dotted("1.3.6.1.2.1.4.35.1.4")
BRIDGE_PORT, BRIDGE_STATUS = of_dotted("1.3.6.1.2.1.17.4.3.1.2"), of_dotted("1.3.6.1.2.1.17.4.3.1.3")
VLAN_PORT, VLAN_STATUS = of_dotted("1.3.6.1.2.1.17.7.1.2.2.1.2"), of_dotted("1.3.6.1.2.1.17.7.1.2.2.1.3")
VLAN_DATABASE = of_dotted("1.3.6.1.2.1.17.7.1.4.2.1.3")
PORT_VLAN = of_dotted("1.3.6.1.2.1.17.7.1.4.5.1.1")
PORT_INTERFACE = of_dotted("1.3.6.1.2.1.17.1.4.1.2")
INTERFACE_NAME = of_dotted("1.3.6.1.2.1.31.1.1.1.1")
INTERFACE_TEXT = of_dotted("1.3.6.1.2.1.2.2.1.2")
LLDP_LOCAL = of_dotted("1.0.8802.1.1.2.1.3.7.1.3")
LLDP_REMOTE = of_dotted("1.0.8802.1.1.2.1.4.1.1")
LLDP_COLUMNS = tuple((*LLDP_REMOTE, column) for column in (4, 5, 6, 7, 8, 9, 10, 12))
LLDP_MANAGED = of_dotted("1.0.8802.1.1.2.1.4.2.1.3")
LLDP_INVENTORY = of_dotted("1.0.8802.1.1.2.1.5.4795.1.3.3.1")
LLDP_INVENTORY_COLUMNS = tuple((*LLDP_INVENTORY, column) for column in range(1, 7))

LEARNED = 3
_IPV4, _IPV6 = (1, 3), (2, 4)
"""Kinds of address, RFC 4001: without and with a zone."""
_MAX_NAME = 255
"""Octets of a name of an interface or system."""
_HEADER = bytes.fromhex("0180c200000e") + bytes(6) + bytes.fromhex("88cc")
_LONGEST_ELEMENT = 511
_MAX_ADDRESSES = 8
"""Management addresses kept of one neighbour."""
_MED = bytes.fromhex("0012bb")
_MED_OF_COLUMN = {1: 5, 2: 6, 3: 7, 4: 8, 5: 9, 6: 10}
"""Column of the inventory table → type of the element in a frame."""
_TEXT_OF_COLUMN = {8: 4, 9: 5, 10: 6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """One MAC that a switch learned at a port."""

    mac: str
    port: int
    """Number of the bridge port."""
    vlan: int | None
    source: str
    """`dot1q` or `dot1d`, the table that says so."""


@dataclass(slots=True, kw_only=True)
class Neighbour:
    """One device that announces itself at a port; octets as it sent them."""

    port: int
    """LLDP's number of the local port."""
    columns: dict[int, Value] = field(default_factory=dict)
    managed_at: list[str] = field(default_factory=list)
    inventory: dict[int, bytes] = field(default_factory=dict)


def addresses(rows: Rows) -> tuple[tuple[tuple[str, str], ...], int]:
    """Return address and MAC of each row of the two ARP tables, without repetition, and the number of rows that hold no such pair."""
    found: dict[tuple[str, str], None] = {}
    others = 0
    for name, value in rows:
        ip, mac = _address_of(name), unit_mac(value) if isinstance(value, bytes) else None
        if ip is None or mac is None:
            others += 1
        else:
            found[ip, mac] = None
    return tuple(found), others


def _address_of(name: Arcs) -> str | None:
    if name[: len(ARP_IPV4)] == ARP_IPV4:
        return _written(name[len(ARP_IPV4) + 1 :], 4)
    if name[: len(ARP_ANY)] == ARP_ANY and len(name) > len(ARP_ANY) + 3:
        kind, length, *octets = name[len(ARP_ANY) + 1 :]
        size = 4 if kind in _IPV4 else 16 if kind in _IPV6 else 0
        if size and length == len(octets) >= size:
            return _written(tuple(octets[:size]), size)  # behind it may stand a zone
    return None


def _written(octets: Arcs, size: int) -> str | None:
    if len(octets) != size or any(octet > 255 for octet in octets):
        return None
    return ip_from_text(str(ip_address(bytes(octets))))


def learned(ports: Rows, statuses: Rows, databases: Rows = (), port_vlans: Rows = ()) -> tuple[Learned, ...]:
    """Return the MACs that a bridge learned, of either table, sorted; its own and those that an administrator wrote are left out.

    databases: VLAN_DATABASE; port_vlans: PORT_VLAN, for what a table without VLANs leaves open.
    """
    status = {name[len(VLAN_STATUS) :] if name[: len(VLAN_STATUS)] == VLAN_STATUS else name[len(BRIDGE_STATUS) :]: value
              for name, value in statuses}  # fmt: skip
    vlans = _vlan_of_database(databases)
    native = {name[-1]: value for name, value in port_vlans if isinstance(value, int) and _is_vlan(value)}
    found = set()
    for name, port in ports:
        of_vlan = name[: len(VLAN_PORT)] == VLAN_PORT
        index = name[len(VLAN_PORT if of_vlan else BRIDGE_PORT) :]
        mac = _mac_of(index[-6:]) if len(index) == 6 + of_vlan else None
        if mac is None or not isinstance(port, int) or port <= 0 or status.get(index, LEARNED) != LEARNED:
            continue
        vlan = vlans.get(index[0]) if of_vlan else None
        source = "dot1q" if of_vlan else "dot1d"
        found.add((mac, port, native.get(port) if vlan is None else vlan, source))
    return tuple(
        Learned(mac=mac, port=port, vlan=vlan, source=source)
        for mac, port, vlan, source in sorted(found, key=lambda row: (row[0], row[1], row[2] or 0, row[3]))
    )


def _vlan_of_database(rows: Rows) -> Mapping[int, int]:
    """Return the VLAN of each filtering database that belongs to one alone."""
    vlans: dict[int, set[int]] = {}
    for name, database in rows:
        if isinstance(database, int) and _is_vlan(name[-1]):
            vlans.setdefault(database, set()).add(name[-1])
    return {database: min(found) for database, found in vlans.items() if len(found) == 1}


def _is_vlan(number: int) -> bool:
    return 0 < number < 4095


def _mac_of(arcs: Arcs) -> str | None:
    return unit_mac(bytes(arcs)) if all(arc <= 255 for arc in arcs) else None


def port_names(interfaces: Rows, names: Rows, texts: Rows = ()) -> dict[int, str]:
    """Return the name of each bridge port: that of its interface, else the interface's description."""
    shown = {name[-1]: _name(value) for rows in (texts, names) for name, value in rows if _name(value)}
    return {name[-1]: shown[value] for name, value in interfaces if isinstance(value, int) and value in shown}


def local_ports(rows: Rows) -> dict[int, str]:
    """Return LLDP's own name of each local port."""
    return {name[-1]: _name(value) for name, value in rows if _name(value)}


def _name(value: Value) -> str:
    return text(value[:_MAX_NAME]).strip("\0 \r\n") if isinstance(value, bytes) else ""


def neighbours(remote: Rows, managed: Rows = (), inventory: Rows = ()) -> tuple[Neighbour, ...]:
    """Return the devices that announce themselves, by local port."""
    found: dict[Arcs, Neighbour] = {}
    for name, value in remote:
        column, index = name[len(LLDP_REMOTE)], name[len(LLDP_REMOTE) + 1 :]
        if len(index) == 3:
            found.setdefault(index, Neighbour(port=index[1])).columns[column] = value
    for name, _ in managed:
        index = name[len(LLDP_MANAGED) :]
        row, address = found.get(index[:3]), _managed_at(index[3:])
        if row is not None and address is not None and len(row.managed_at) < _MAX_ADDRESSES:
            row.managed_at.append(address)
    for name, value in inventory:
        row = found.get(name[len(LLDP_INVENTORY) + 1 :])
        if row is not None and isinstance(value, bytes) and value:
            row.inventory[name[len(LLDP_INVENTORY)]] = value
    return tuple(found[index] for index in sorted(found))


def _managed_at(index: Arcs) -> str | None:
    """Return the address that family, length and octets of an index state."""
    size = {1: 4, 2: 16}.get(index[0]) if index else None
    return _written(index[2:], size) if size and index[1:2] == (size,) else None


def announcement(neighbour: Neighbour) -> bytes | None:
    """Return a neighbour's row as the frame that it was made from, so that one codec reads both; None without chassis or port."""
    chassis = _identifier(1, neighbour.columns.get(4), neighbour.columns.get(5))
    port = _identifier(2, neighbour.columns.get(6), neighbour.columns.get(7))
    if chassis is None or port is None:
        return None
    frame = _HEADER + chassis + port + _element(3, b"\0\x78")
    for column, kind in _TEXT_OF_COLUMN.items():
        value = neighbour.columns.get(column)
        if isinstance(value, bytes) and value:
            frame += _element(kind, value)
    abilities = neighbour.columns.get(12)
    if isinstance(abilities, bytes) and abilities:
        frame += _element(7, _reversed_bits(abilities) * 2)
    for address in neighbour.managed_at:
        packed = ip_address(address).packed
        frame += _element(8, bytes([len(packed) + 1, 1 if len(packed) == 4 else 2]) + packed + bytes(6))
    for column, value in neighbour.inventory.items():
        frame += _element(127, _MED + bytes([_MED_OF_COLUMN[column]]) + value) if column in _MED_OF_COLUMN else b""
    return frame + _element(0, b"")


def chassis_macs(neighbour: Neighbour) -> tuple[str, ...]:
    """Return the MACs by which a neighbour names its chassis and its port."""
    pairs = (
        (neighbour.columns.get(4) == 4, neighbour.columns.get(5)),
        (neighbour.columns.get(6) == 3, neighbour.columns.get(7)),
    )
    return tuple(mac for is_mac, value in pairs if is_mac and isinstance(value, bytes) and (mac := unit_mac(value)))


def _identifier(kind: int, subtype: Value, value: Value) -> bytes | None:
    if not isinstance(subtype, int) or not 0 < subtype < 256 or not isinstance(value, bytes) or not value:
        return None
    return _element(kind, bytes([subtype]) + value)


def _element(kind: int, content: bytes) -> bytes:
    cut = content[:_LONGEST_ELEMENT]
    return (kind << 9 | len(cut)).to_bytes(2) + cut


def _reversed_bits(octets: bytes) -> bytes:
    """Return a BITS value, whose first bit is the highest, as the two octets of a frame, whose first bit is the lowest."""
    bits = octets[:2].ljust(2, b"\0")
    return sum(1 << place for place in range(16) if bits[place // 8] & (0x80 >> place % 8)).to_bytes(2)
