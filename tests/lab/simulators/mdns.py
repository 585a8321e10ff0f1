"""Multicast DNS (RFC 6762) with service discovery (RFC 6763): announces at power-up, answers questions for its records.

A question from another port than 5353 is answered by unicast with the question repeated and short lifetimes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 5353
GROUP = "224.0.0.251"
TTL = 255
A, PTR, TXT, AAAA, SRV, ANY = 1, 12, 16, 28, 33, 255
ADDRESSES = (A, AAAA)
IN, FLUSH = 1, 0x8000
UNICAST_WANTED = 0x8000
RESPONSE = 0x8400
POINTER, POINTER_LIMIT = 0xC000, 0x4000
ENUMERATION = "_services._dns-sd._udp.local"
HOST_LIFETIME_S, LIFETIME_S, LEGACY_LIFETIME_S = 120, 4500, 10
ANNOUNCEMENTS_AT_S = (0.0, 1.0)

Name = tuple[str, ...]
Question = tuple[Name, int, int]
"""Name, type, class."""


@dataclass(frozen=True)
class Record:
    """One resource record. Its content is `fixed` bytes, then a name where the type has one."""

    name: Name
    type: int
    own: bool
    """This device alone owns the name."""
    fixed: bytes = b""
    target: Name | None = None


@dataclass(frozen=True)
class DnsService:
    """One advertised service: an instance of a type such as `_axis-video._tcp`, on a port, with TXT pairs."""

    type: str
    instance: str
    port: int
    txt: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Mdns:
    """Announces `services` of `host` (without `.local`)."""

    host: str
    services: tuple[DnsService, ...]

    async def start(self, place: Place) -> None:
        """Announce and serve questions."""
        sock = place.udp(PORT, groups=(GROUP,), ttl=TTL)
        records = self._records(place.ip)

        def answer(payload: bytes, source: Source) -> None:
            questions = _questions(payload)
            answers: list[Record] = []
            for name, kind, _ in questions:
                answers += [r for r in records if _same(r.name, name) and kind in (r.type, ANY) and r not in answers]
            if not answers:
                return
            named = [r.target for r in answers]
            more = [
                r for r in records if r not in answers and (r.type in ADDRESSES or (r.type in (SRV, TXT) and r.name in named))
            ]
            if source[1] != PORT:
                identifier = int.from_bytes(payload[:2])
                reply = _message(answers, more, identifier=identifier, questions=questions, legacy=True)
                place.later(place.chance.uniform(0.0, 0.02), sock, reply, source)
                return
            unicast = all(unique & UNICAST_WANTED for _, _, unique in questions)
            target = source if unicast else (GROUP, PORT)
            place.later(place.chance.uniform(0.02, 0.12), sock, _message(answers, more), target)

        place.serve_datagrams("mdns", sock, answer)
        for delay_s in ANNOUNCEMENTS_AT_S:
            place.later(delay_s, sock, _message(records, []), (GROUP, PORT))

    def _records(self, ip: str) -> list[Record]:
        host = (self.host, "local")
        records: list[Record] = []
        for service in self.services:
            kind = (*service.type.split("."), "local")
            instance = (service.instance, *kind)
            text = b"".join(_counted(f"{key}={value}".encode()) for key, value in service.txt.items()) or b"\0"
            records += [
                Record(tuple(ENUMERATION.split(".")), PTR, False, target=kind),
                Record(kind, PTR, False, target=instance),
                Record(instance, SRV, True, struct.pack("!HHH", 0, 0, service.port), host),
                Record(instance, TXT, True, text),
            ]
        address = ip_address(ip)
        return [*records, Record(host, A if address.version == 4 else AAAA, True, address.packed)]


def _counted(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def _same(own: Name, asked: Name) -> bool:
    return [label.lower() for label in own] == [label.lower() for label in asked]


class _Writer:
    """Builds a message with names compressed (RFC 1035, 4.1.4)."""

    def __init__(self, header: bytes) -> None:
        self.message = bytearray(header)
        self._known: dict[Name, int] = {}

    def name(self, labels: Name) -> None:
        while labels:
            if labels in self._known:
                self.message += struct.pack("!H", POINTER | self._known[labels])
                return
            if len(self.message) < POINTER_LIMIT:
                self._known[labels] = len(self.message)
            self.message += _counted(labels[0].encode())
            labels = labels[1:]
        self.message += b"\0"

    def record(self, record: Record, legacy: bool) -> None:
        lifetime = HOST_LIFETIME_S if record.type in (*ADDRESSES, SRV) else LIFETIME_S
        lifetime = min(lifetime, LEGACY_LIFETIME_S) if legacy else lifetime
        self.name(record.name)
        unique = IN | (FLUSH if record.own and not legacy else 0)
        self.message += struct.pack("!HHIH", record.type, unique, lifetime, 0)
        start = len(self.message)
        self.message += record.fixed
        if record.target is not None:
            self.name(record.target)
        struct.pack_into("!H", self.message, start - 2, len(self.message) - start)


def _message(
    answers: list[Record], more: list[Record], *, identifier: int = 0, questions: Sequence[Question] = (), legacy: bool = False
) -> bytes:
    writer = _Writer(struct.pack("!HHHHHH", identifier, RESPONSE, len(questions), len(answers), 0, len(more)))
    for name, kind, unique in questions:
        writer.name(name)
        writer.message += struct.pack("!HH", kind, unique)
    for record in (*answers, *more):
        writer.record(record, legacy)
    return bytes(writer.message)


def _questions(payload: bytes) -> list[Question]:
    """Return name, type and class of each question of a query; none where the message is not one or is damaged."""
    if len(payload) < 12 or payload[2] & 0x80:
        return []
    questions = []
    position = 12
    for _ in range(min(int.from_bytes(payload[4:6]), 64)):
        labels, position = _labels(payload, position)
        if position < 0 or position + 4 > len(payload):
            break
        kind, unique = struct.unpack_from("!HH", payload, position)
        questions.append((labels, kind, unique))
        position += 4
    return questions


def _labels(payload: bytes, position: int) -> tuple[Name, int]:
    """Return a name, which may end in pointers, and the offset behind it (-1 where it is damaged)."""
    labels: list[str] = []
    behind = 0
    for _ in range(128):
        if position >= len(payload):
            return (), -1
        length = payload[position]
        if length >= 0xC0:
            behind = behind or position + 2
            position = int.from_bytes(payload[position : position + 2]) & 0x3FFF
        elif length == 0:
            return tuple(labels), behind or position + 1
        else:
            labels.append(payload[position + 1 : position + 1 + length].decode("utf-8", "replace"))
            position += 1 + length
    return (), -1
