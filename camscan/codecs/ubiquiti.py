"""Discovery of Ubiquiti devices: radios, switches, and cameras and recorders of the UniFi line.

Source: public clients of both versions, and a published description of the answer. Status: reverse-engineered.
Wire layout: UDP 10001, group 233.89.188.1; answers to who asked or to the group; big-endian.

| offset | size | meaning |
|--------|------|---------|
| 0 | 1 | version: 1, 2 |
| 1 | 1 | command; of an answer 0x00 in version 1, 0x06, 0x09 or 0x0b in version 2; of the search 0x00 and 0x08 |
| 2 | 2 | length of the records; zero in a search |
| 4 | … | records: type 1, length 2, value |
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import Cursor, DecodeError, Probe, fields, ipv4_text, padded_text, unit_mac
from camscan.codecs.binary import only_values, records
from camscan.model import Datagram, Fields

NAME = "ubiquiti"
PORTS: tuple[int, ...] = (10001,)
GROUPS: tuple[str, ...] = ("233.89.188.1",)
BIND_PORTS: tuple[int, ...] = (10001,)
BEGINS: tuple[bytes, ...] = ()

_SEARCHES = (bytes.fromhex("01000000"), bytes.fromhex("02080000"))
_ANSWERS = (b"\x01\x00", b"\x02\x06", b"\x02\x09", b"\x02\x0b")
_HEADER, _HEAD_OF_RECORD = 4, 3
_MACS = (0x01, 0x13)
_MAC_AND_IP = 0x02
_TEXTS = {
    0x03: "firmware",
    0x0B: "hostname",
    0x0C: "platform",
    0x14: "model",
    0x15: "model",
    0x16: "version",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A search, which has no records, or an answer."""

    records: tuple[tuple[int, bytes], ...] = ()


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search of both versions to the group, as broadcast and to single hosts. It has no room for a nonce."""
    port = PORTS[0]
    return tuple(
        probe
        for payload in _SEARCHES
        for probe in (
            Probe(payload=payload, port=port, group=GROUPS[0], source_port=port),
            Probe(payload=payload, port=port, broadcast=True, source_port=port),
            Probe(payload=payload, port=port, unicast=True, source_port=port),
        )
    )


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram of the port is a search, or begins as an answer and has the length that it states."""
    payload = datagram.payload
    if datagram.src.port not in PORTS and datagram.dst.port not in PORTS:
        return False
    stated = int.from_bytes(payload[2:4])
    return payload in _SEARCHES or (payload[:2] in _ANSWERS and 0 < stated <= len(payload) - 4)


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    if payload in _SEARCHES:
        return Message()
    cursor = Cursor(payload)
    if cursor.take(2) not in _ANSWERS:
        raise DecodeError("neither search nor answer")
    cursor.take(2)
    found = tuple(records(cursor, type_size=1, length_size=2))
    if not found:
        raise DecodeError("an answer without records")
    return Message(records=found)


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for a search. The name of a wireless network is left out."""
    said: list[tuple[str, str | None]] = []
    for kind, value in message.records:
        if kind in _MACS:
            said.append(("ubiquiti.mac", unit_mac(value)))
        elif kind == _MAC_AND_IP and len(value) == 10:
            said.append(("ubiquiti.mac", unit_mac(value[:6])))
            said.append(("ubiquiti.ip", ipv4_text(value[6:])))
        elif kind in _TEXTS:
            said.append((f"ubiquiti.{_TEXTS[kind]}", padded_text(value)))
    return fields(*said)


def without_secrets(payload: bytes) -> bytes:
    """Return an answer with zeros for the values that are not read, the names of wireless networks among them; of others the begin."""
    try:
        message = decode(payload)
    except DecodeError:
        return payload[:_HEADER]
    return only_values(
        payload, _HEADER, ((_HEAD_OF_RECORD, len(value), _is_read(kind, value)) for kind, value in message.records)
    )


def _is_read(kind: int, value: bytes) -> bool:
    return kind in _TEXTS or kind in _MACS or (kind == _MAC_AND_IP and len(value) == 10)
