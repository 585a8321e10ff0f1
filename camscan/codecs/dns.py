"""DNS messages, and the names that a device asks its resolver for.

Source: RFC 1035 §4 (format, compression), RFC 3596 (AAAA), RFC 2782 (SRV), RFC 6762 §18 (multicast bits of the class).
Status: documented. Wire layout: header of 12 bytes (id, flags, four counts), questions, then records of three sections.

As a codec: a question that a device sends to port 53 shows which services its firmware calls; answers say nothing of their sender.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from struct import Struct

from camscan.codecs.base import Cursor, DecodeError, Probe, fields, text
from camscan.model import Datagram, Fields

NAME = "dns"
PORTS: tuple[int, ...] = (53,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = ()
BEGINS: tuple[bytes, ...] = ()

MAX_QUESTIONS = 64
MAX_RECORDS = 256
MAX_STRINGS = 128
"""Strings of one TXT record."""
_MAX_NAME = 255
"""Octets of a name on the wire, RFC 1035 §2.3.4."""
_LONGEST_LABEL, _POINTER = 0x40, 0xC0
"""Sizes below the first are those of labels, from the second on those of pointers."""
_RESPONSE = 0x8000
_IN = 1
A, CNAME, PTR, TXT, AAAA, SRV = 1, 5, 12, 16, 28, 33

_header = Struct("!6H").unpack
_fixed_of_record = Struct("!HHIH").unpack

Name = tuple[str, ...]
"""Labels from the host to the root, unescaped."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for."""

    name: Name
    type: int


@dataclass(frozen=True, slots=True)
class Service:
    """Content of an SRV record."""

    port: int
    target: Name


@dataclass(frozen=True, slots=True)
class Record:
    """One record of any section. `content` is None for types that nobody here reads."""

    name: Name
    type: int
    ttl: int
    content: Name | Service | tuple[bytes, ...] | str | None
    """Name of a PTR or CNAME, strings of a TXT, address of an A or AAAA."""


@dataclass(frozen=True, slots=True)
class Message:
    """One DNS message."""

    id: int
    is_response: bool
    questions: tuple[Question, ...]
    records: tuple[Record, ...]


def query(names: tuple[Name, ...], *, message_id: int, record_type: int = PTR) -> bytes:
    """Return one message that asks for a record type of each name."""
    parts = [message_id.to_bytes(2), bytes(2), len(names).to_bytes(2), bytes(6)]
    for name in names:
        for label in name:
            encoded = label.encode()
            parts.append(len(encoded).to_bytes(1) + encoded)
        parts.append(b"\0" + record_type.to_bytes(2) + _IN.to_bytes(2))
    return b"".join(parts)


def parse(payload: bytes) -> Message:
    """Return a whole message. Raises DecodeError for one that is damaged or longer than any that serves discovery."""
    cursor = Cursor(payload)
    message_id, flags, question_count, *record_counts = _header(cursor.take(12))
    record_count = sum(record_counts)
    if question_count > MAX_QUESTIONS or record_count > MAX_RECORDS:
        raise DecodeError(f"{question_count} questions and {record_count} records in one message")
    questions = []
    for _ in range(question_count):
        name = _name(cursor)
        questions.append(Question(name, cursor.u16()))
        cursor.u16()
    records = tuple(_record(cursor) for _ in range(record_count))
    return Message(id=message_id, is_response=bool(flags & _RESPONSE), questions=tuple(questions), records=records)


def name_text(name: Name) -> str:
    """Return a name as people write it: dots between labels, a dot or backslash inside a label escaped."""
    return ".".join(label.replace("\\", "\\\\").replace(".", "\\.") for label in name)


def answers(message: Message) -> tuple[tuple[str, str], ...]:
    """Return the name that was asked for in a response with each address that it has, itself or whatever it is an alias of.

    Records to which the question does not lead say what nobody asked for, and are left out. The name in lower case with dots,
    addresses as `ipaddress` prints them, each once. Empty for a query, and for what has no question or several (RFC 9619).
    """
    asked = asked_name(message)
    if not message.is_response or asked is None:
        return ()
    aliases: dict[Name, list[Name]] = {}
    addresses: dict[Name, list[str]] = {}
    for record in message.records:
        if record.type == CNAME and isinstance(record.content, tuple):
            target = tuple(part for part in record.content if isinstance(part, str))
            aliases.setdefault(_folded(record.name), []).append(_folded(target))
        elif record.type in (A, AAAA) and isinstance(record.content, str):
            addresses.setdefault(_folded(record.name), []).append(record.content)
    reached, known, found = [asked], {asked}, dict[str, None]()
    for name in reached:  # which grows meanwhile
        found.update(dict.fromkeys(addresses.get(name, ())))
        further = [target for target in aliases.get(name, ()) if target not in known]
        reached += further
        known.update(further)
    return tuple((name_text(asked), address) for address in found)


def asked_name(message: Message) -> Name | None:
    """Return the one name that a query asks for, or that a response says was asked for, in lower case."""
    names = {_folded(question.name) for question in message.questions}
    return names.pop() if len(names) == 1 else None


def _folded(name: Name) -> Name:
    return tuple(label.lower() for label in name)


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return none: resolvers are not asked."""
    return ()


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram goes to a resolver."""
    return datagram.dst.port in PORTS


def steady(payload: bytes) -> bytes:
    """Return a message without its transaction id."""
    return b"\0\0" + payload[2:]


def decode(payload: bytes) -> Message:
    """Return a whole message. Raises DecodeError."""
    return parse(payload)


def observe(message: Message) -> Fields:
    """Return the names that were asked for; an answer says nothing."""
    if message.is_response:
        return ()
    return fields(*(("dns.name", name_text(question.name).lower()) for question in message.questions))


def _name(cursor: Cursor) -> Name:
    buffer, position = cursor.buffer, cursor.position
    labels: list[str] = []
    length, lowest, jumped = 0, position, False
    try:
        while size := buffer[position]:
            position += 1
            if size < _LONGEST_LABEL:
                length += size + 1
                if length > _MAX_NAME or position + size > len(buffer):
                    raise DecodeError("a name of more than 255 bytes, or past the end")
                labels.append(text(buffer[position : position + size]))
                position += size
                continue
            if size < _POINTER:
                raise DecodeError("a label of unknown kind")
            target = (size & ~_POINTER) << 8 | buffer[position]
            # A pointer may only go to what stands before everything read so far, so no chain of them can be a loop.
            if target >= lowest:
                raise DecodeError("a name that points forwards")
            if not jumped:
                cursor.position, jumped = position + 1, True
            position = lowest = target
    except IndexError:
        raise DecodeError("a name past the end") from None
    if not jumped:
        cursor.position = position + 1
    return tuple(labels)


def _record(cursor: Cursor) -> Record:
    name = _name(cursor)
    record_type, _, ttl, size = _fixed_of_record(cursor.take(10))
    end = cursor.position + size
    if size > cursor.left:
        raise DecodeError(f"a record of {size} bytes, {cursor.left} left")
    content = _content(cursor, record_type, end)
    cursor.position = end
    return Record(name=name, type=record_type, ttl=ttl, content=content)


def _content(cursor: Cursor, record_type: int, end: int) -> Name | Service | tuple[bytes, ...] | str | None:
    size = end - cursor.position
    if record_type in (PTR, CNAME):
        return _name(cursor)
    if record_type == A and size == 4:
        return str(IPv4Address(cursor.take(4)))
    if record_type == AAAA and size == 16:
        return str(IPv6Address(cursor.take(16)))
    if record_type == SRV:
        cursor.take(4)
        return Service(port=cursor.u16(), target=_name(cursor))
    if record_type == TXT:
        strings: list[bytes] = []
        while cursor.position < end and len(strings) < MAX_STRINGS:
            length = cursor.u8()
            strings.append(cursor.take(min(length, end - cursor.position)))
        return tuple(strings)
    return None
