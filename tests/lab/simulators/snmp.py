"""An SNMP agent of version 2c: a sorted table behind Get, GetNext and GetBulk; and the tables of a switch that also routes."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 161
GET, GET_NEXT, RESPONSE, GET_BULK = 0xA0, 0xA1, 0xA2, 0xA5
NO_SUCH_OBJECT, END_OF_VIEW = b"\x80\x00", b"\x82\x00"
ANSWER_AT_MOST = 1400
"""Bytes; real agents keep within one frame too."""

Oid = tuple[int, ...]


def tlv(tag: int, inner: bytes) -> bytes:
    """Return one element."""
    if len(inner) < 0x80:
        return struct.pack("BB", tag, len(inner)) + inner
    return struct.pack("!BBH", tag, 0x82, len(inner)) + inner


def number(value: int, tag: int = 0x02) -> bytes:
    """Return an INTEGER."""
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octets(value: bytes) -> bytes:
    """Return an OCTET STRING."""
    return tlv(0x04, value)


def dotted(name: str) -> Oid:
    """Return a name written with dots."""
    return tuple(int(part) for part in name.split("."))


def oid(name: Oid) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    out = bytes([name[0] * 40 + name[1]])
    for part in name[2:]:
        digits = [part % 128]
        while part := part // 128:
            digits.insert(0, part % 128 + 128)
        out += bytes(digits)
    return tlv(0x06, out)


def split(raw: bytes) -> list[tuple[int, bytes]]:
    """Return tag and content of each element."""
    found = []
    while raw:
        tag, length, start = raw[0], raw[1], 2
        if length & 0x80:
            start = 2 + (length & 0x7F)
            length = int.from_bytes(raw[2:start], "big")
        found.append((tag, raw[start : start + length]))
        raw = raw[start + length :]
    return found


def name_of(raw: bytes) -> Oid:
    """Return the name in the content of an OBJECT IDENTIFIER."""
    parts, value = [], 0
    for byte in raw:
        value = value * 128 + byte % 128
        if byte < 128:
            parts.append(value)
            value = 0
    return (parts[0] // 40, parts[0] % 40, *parts[1:])


@dataclass(frozen=True, kw_only=True)
class Question:
    """One request as it arrived."""

    community: bytes
    kind: int
    request_id: bytes
    repetitions: int
    names: tuple[Oid, ...]


def question(payload: bytes) -> Question:
    """Return the request in a message of version 2c."""
    _, message = split(payload)[0]
    _, (_, community), (kind, pdu) = split(message)
    (_, request_id), _, (_, repetitions), (_, bindings) = split(pdu)
    names = tuple(name_of(split(binding)[0][1]) for _, binding in split(bindings))
    return Question(
        community=community, kind=kind, request_id=request_id, repetitions=int.from_bytes(repetitions, "big"), names=names
    )


def response(asked: Question, bindings: Iterable[tuple[Oid, bytes]], *, request_id: bytes | None = None) -> bytes:
    """Return the answer that binds names to encoded values."""
    listed = b"".join(tlv(0x30, oid(name) + value) for name, value in bindings)
    head = tlv(0x02, asked.request_id if request_id is None else request_id) + number(0) + number(0)
    return tlv(0x30, number(1) + octets(asked.community) + tlv(RESPONSE, head + tlv(0x30, listed)))


@dataclass(frozen=True, kw_only=True)
class Snmp:
    """Answers whoever knows the community."""

    community: str
    objects: Mapping[Oid, bytes]
    """Encoded values."""
    asked: list[Question] = field(default_factory=list, compare=False)

    async def start(self, place: Place) -> None:
        """Serve requests."""
        sock = place.udp(PORT)

        def answer(payload: bytes, source: Source) -> None:
            said = self.answer(payload)
            if said is not None:
                place.later(0.0, sock, said, source)

        place.serve_datagrams("snmp", sock, answer)

    def answer(self, payload: bytes) -> bytes | None:
        """Return the answer to a message; None where the community is another."""
        asked = question(payload)
        self.asked.append(asked)
        if asked.community != self.community.encode():
            return None
        if asked.kind == GET:
            return response(asked, [(name, self.objects.get(name, NO_SUCH_OBJECT)) for name in asked.names])
        names = sorted(self.objects)
        found: list[tuple[Oid, bytes]] = []
        places = list(asked.names)
        size = 0
        for _ in range(asked.repetitions if asked.kind == GET_BULK else 1):
            for column, last in enumerate(places):
                following = next((name for name in names if name > last), None)
                binding = (last, END_OF_VIEW) if following is None else (following, self.objects[following])
                places[column] = binding[0]
                size += len(oid(binding[0])) + len(binding[1]) + 4
                if size > ANSWER_AT_MOST:
                    return response(asked, found)
                found.append(binding)
        return response(asked, found)


@dataclass(frozen=True, kw_only=True)
class Port:
    """One port of a switch."""

    name: str
    learned: Sequence[tuple[str, int]] = ()
    """MAC and VLAN."""
    neighbour: Neighbour | None = None


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """What stands at a port and announces itself."""

    chassis: str
    name: str
    description: str
    bridge: bool
    managed_at: str | None = None
    manufacturer: str | None = None
    model: str | None = None


def mac_octets(mac: str) -> bytes:
    """Return a MAC as six bytes."""
    return bytes.fromhex(mac.replace(":", ""))


def system(description: str, number_of: str, name: str) -> dict[Oid, bytes]:
    """Return the system group."""
    group = dotted("1.3.6.1.2.1.1")
    return {
        (*group, 1, 0): octets(description.encode()),
        (*group, 2, 0): oid(dotted(number_of)) if number_of else tlv(0x06, b""),
        (*group, 3, 0): number(123456, 0x43),
        (*group, 5, 0): octets(name.encode()),
    }


def bridge(ports: Sequence[Port], *, own_mac: str, with_vlans: bool = True) -> dict[Oid, bytes]:
    """Return bridge, interface and LLDP tables. Bridge port n is interface 10100 + n; LLDP counts as the bridge does."""
    forwarding = dotted("1.3.6.1.2.1.17.7.1.2.2.1") if with_vlans else dotted("1.3.6.1.2.1.17.4.3.1")
    found: dict[Oid, bytes] = {}
    for place, port in enumerate(ports, 1):
        found[(*dotted("1.3.6.1.2.1.17.1.4.1.2"), place)] = number(10100 + place)
        found[(*dotted("1.3.6.1.2.1.31.1.1.1.1"), 10100 + place)] = octets(port.name.encode())
        found[(*dotted("1.0.8802.1.1.2.1.3.7.1.3"), place)] = octets(port.name.encode())
        for mac, vlan in port.learned:
            index = (vlan + 1000, *mac_octets(mac)) if with_vlans else tuple(mac_octets(mac))
            found[(*forwarding, 2, *index)] = number(place)
            found[(*forwarding, 3, *index)] = number(3)
            if with_vlans:
                found[(*dotted("1.3.6.1.2.1.17.7.1.4.2.1.3"), 0, vlan)] = number(vlan + 1000, 0x42)
            else:
                found[(*dotted("1.3.6.1.2.1.17.7.1.4.5.1.1"), place)] = number(vlan, 0x42)
        if port.neighbour is not None:
            found |= _announced(place, port.neighbour)
    vlans = sorted({vlan for port in ports for _, vlan in port.learned})
    index = (vlans[0] + 1000, *mac_octets(own_mac)) if with_vlans else tuple(mac_octets(own_mac))
    found[(*forwarding, 2, *index)] = number(1)
    found[(*forwarding, 3, *index)] = number(4)  # its own
    return found


def _announced(place: int, neighbour: Neighbour) -> dict[Oid, bytes]:
    row = (0, place, 1)
    table = dotted("1.0.8802.1.1.2.1.4.1.1")
    values = {
        4: number(4),
        5: octets(mac_octets(neighbour.chassis)),
        6: number(3),
        7: octets(mac_octets(neighbour.chassis)),
        8: octets(b"eth0"),
        9: octets(neighbour.name.encode()),
        10: octets(neighbour.description.encode()),
        12: octets(b"\x20" if neighbour.bridge else b"\x01"),  # BITS: bridge is bit 2, station is bit 7
    }
    found = {(*table, column, *row): value for column, value in values.items()}
    if neighbour.managed_at is not None:
        address = tuple(int(part) for part in neighbour.managed_at.split("."))
        found[(*dotted("1.0.8802.1.1.2.1.4.2.1.3"), *row, 1, 4, *address)] = number(2)
    inventory = dotted("1.0.8802.1.1.2.1.5.4795.1.3.3.1")
    for column, text in ((5, neighbour.manufacturer), (6, neighbour.model)):
        if text is not None:
            found[(*inventory, column, *row)] = octets(text.encode())
    return found


def arp(entries: Iterable[tuple[str, str]]) -> dict[Oid, bytes]:
    """Return both ARP tables of a router; its interface 7 holds them."""
    found = {}
    for ip, mac in entries:
        address = tuple(int(part) for part in ip.split("."))
        found[(*dotted("1.3.6.1.2.1.4.22.1.2"), 7, *address)] = octets(mac_octets(mac))
        found[(*dotted("1.3.6.1.2.1.4.35.1.4"), 7, 1, 4, *address)] = octets(mac_octets(mac))
    return found
