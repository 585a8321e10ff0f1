"""LLDP: what a device tells its neighbour on the cable, and with LLDP-MED its maker, model and serial.

Source: IEEE 802.1AB-2016 §8 and §9, ANSI/TIA-1057 §10.2.6 (inventory). Status: documented. EtherType 0x88CC, to a MAC that
switches do not forward. Behind the Ethernet header a list of elements: type of 7 bits and length of 9 bits in two bytes, content.

| type | content |
|------|---------|
| 0 | end |
| 1, 2 | chassis and port: kind of identifier (1), identifier |
| 3 | seconds for which this holds (2) |
| 4, 5, 6 | text: description of the port, name and description of the system |
| 7 | capabilities: those of the system (2), those in use (2) |
| 8 | management address: length (1), family (1), address, interface |
| 127 | organisation (3), its own type (1), content; 00-12-BB is LLDP-MED |
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address

from camscan.codecs.base import Cursor, DecodeError, fields, ip_from_text, ipv4_text, mac_text, padded_text
from camscan.model import Fields, Frame

NAME = "lldp"
ETHERTYPE_LLDP = 0x88CC
ETHERTYPES: tuple[int, ...] = (ETHERTYPE_LLDP,)

MAX_ELEMENTS = 128
_ETHERNET_HEADER = 14
_END, _CHASSIS, _PORT, _LIFETIME, _PORT_TEXT, _NAME, _DESCRIPTION, _CAPABILITIES, _MANAGEMENT = range(9)
_OWN = 127
_MED = bytes.fromhex("0012bb")
_CHASSIS_ADDRESS_KINDS = {4: "mac", 5: "ip"}
_PORT_ADDRESS_KINDS = {3: "mac", 4: "ip"}
_INVENTORY = {5: "hardware", 6: "firmware", 7: "software", 8: "serial", 9: "manufacturer", 10: "model"}
"""Types of LLDP-MED. The asset number, which an owner gives, is left out."""
_IPV4, _IPV6 = 1, 2
_ABILITIES = (
    "other",
    "repeater",
    "bridge",
    "access-point",
    "router",
    "telephone",
    "cable-modem",
    "station",
    "c-vlan",
    "s-vlan",
    "two-port-relay",
)
"""Meanings of the bits, from the lowest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One announcement; what a device leaves out is empty."""

    chassis: str
    port: str
    port_description: str = ""
    system_name: str = ""
    system_description: str = ""
    capabilities: tuple[str, ...] = ()
    """What is in use; what the system could do where nothing is."""
    management: tuple[str, ...] = ()
    """Addresses."""
    inventory: tuple[tuple[str, str], ...] = ()
    """Names of _INVENTORY and values."""


def recognise(frame: Frame) -> bool:
    """Return whether an untagged frame holds LLDP."""
    return frame.payload[12:14] == ETHERTYPE_LLDP.to_bytes(2)


def decode(payload: bytes) -> Message:
    """Return the announcement in an untagged Ethernet frame. Raises DecodeError."""
    found = _elements(Cursor(payload, _ETHERNET_HEADER))
    if [kind for kind, _ in found[:3]] != [_CHASSIS, _PORT, _LIFETIME]:
        raise DecodeError("not LLDP: chassis, port and lifetime come first")
    texts: dict[int, str] = {}
    capabilities: tuple[str, ...] = ()
    management: list[str] = []
    inventory: dict[str, str] = {}
    for kind, content in found[3:]:
        if kind in (_PORT_TEXT, _NAME, _DESCRIPTION):
            texts.setdefault(kind, padded_text(content))
        elif kind == _CAPABILITIES and len(content) >= 4:
            capabilities = _abilities(content)
        elif kind == _MANAGEMENT:
            management += filter(None, [_managed_at(content)])
        elif kind == _OWN and content[:3] == _MED and content[3:4] and content[3] in _INVENTORY:
            inventory.setdefault(_INVENTORY[content[3]], padded_text(content[4:]))
    return Message(
        chassis=_identifier(found[0][1], _CHASSIS_ADDRESS_KINDS),
        port=_identifier(found[1][1], _PORT_ADDRESS_KINDS),
        port_description=texts.get(_PORT_TEXT, ""),
        system_name=texts.get(_NAME, ""),
        system_description=texts.get(_DESCRIPTION, ""),
        capabilities=capabilities,
        management=tuple(management),
        inventory=tuple(inventory.items()),
    )


def observe(message: Message) -> Fields:
    """Return the announcement in the shared vocabulary."""
    return fields(
        ("lldp.chassis", message.chassis),
        ("lldp.port", message.port),
        ("lldp.port_description", message.port_description),
        ("lldp.system_name", message.system_name),
        ("lldp.system_description", message.system_description),
        ("lldp.capabilities", ",".join(message.capabilities)),
        *(("lldp.management", address) for address in message.management),
        *((f"lldp.{name}", value) for name, value in message.inventory),
    )


def _elements(cursor: Cursor) -> list[tuple[int, bytes]]:
    """Return the elements before the end mark. Raises DecodeError where one is cut off."""
    found: list[tuple[int, bytes]] = []
    while cursor.left >= 2 and len(found) < MAX_ELEMENTS:
        head = cursor.u16()
        kind, length = head >> 9, head & 0x1FF
        if kind == _END:
            break
        found.append((kind, cursor.take(length)))
    return found


def _identifier(content: bytes, address_kinds: dict[int, str]) -> str:
    """Return an identifier as text: a MAC, an address, else what the device wrote."""
    if len(content) < 2:
        raise DecodeError("an identifier without content")
    kind, value = address_kinds.get(content[0]), content[1:]
    if kind == "mac" and len(value) == 6:
        return mac_text(value)
    if kind == "ip":
        return _address(value[0], value[1:]) or value.hex()
    return padded_text(value)


def _managed_at(content: bytes) -> str | None:
    cursor = Cursor(content)
    length = cursor.u8()
    return _address(cursor.u8(), cursor.take(length - 1))


def _address(family: int, raw: bytes) -> str | None:
    """Return an address of the two families of IP; None for others, and for that of no one device."""
    if family == _IPV4:
        written = ipv4_text(raw)
        return ip_from_text(written) if written else None
    return ip_from_text(str(IPv6Address(raw))) if family == _IPV6 and len(raw) == 16 else None


def _abilities(content: bytes) -> tuple[str, ...]:
    bits = int.from_bytes(content[2:4]) or int.from_bytes(content[:2])
    return tuple(name for place, name in enumerate(_ABILITIES) if bits >> place & 1)
