"""Vivotek's own discovery.

Source: the protocol notes of UniversalScanner, and its frame with Vivotek's layout. Status: reverse-engineered. UDP 10000, broadcast; the
answer goes to the asker.

| offset | size | meaning |
|--------|------|---------|
| 0 | 1 | session |
| 1 | 4 | `4a 5d 8f 1c`; a search ends here |
| 5 | 1, 1, … | type, length and value of one field, repeated; a field of type 4 has no length and one byte of value |

Types that are read: 1 long name, 2 MAC, 3 IPv4, 6 HTTP port (little-endian), 8 language, 9 model.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import Cursor, DecodeError, Probe, fields, ipv4_text, padded_text, port_text, unit_mac
from camscan.codecs.binary import only_values
from camscan.model import Datagram, Fields

NAME = "vivotek"
PORTS: tuple[int, ...] = (10000,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = ()

_MAGIC = b"\x4a\x5d\x8f\x1c"
_HEADER = 5
_NAME, _MAC, _IPV4, _FLAG, _HTTP_PORT, _LANGUAGE, _MODEL = 1, 2, 3, 4, 6, 8, 9
_READ = frozenset({_NAME, _MAC, _IPV4, _FLAG, _HTTP_PORT, _LANGUAGE, _MODEL})
_MAX_FIELDS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The fields of one answer, in order: type and value."""

    said: tuple[tuple[int, bytes], ...]

    def get(self, kind: int) -> bytes:
        """Return the first value of a type; empty where it is absent."""
        return next((value for one, value in self.said if one == kind), b"")


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search as broadcast."""
    return (Probe(payload=nonce[:1] + _MAGIC, port=PORTS[0], broadcast=True),)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram begins as an answer: what ends behind the magic is a search."""
    return datagram.payload[1:_HEADER] == _MAGIC and len(datagram.payload) > _HEADER


def decode(payload: bytes) -> Answer:
    """Return the answer; a field that is cut off, and what would follow it, is left out. Raises DecodeError."""
    if payload[1:_HEADER] != _MAGIC:
        raise DecodeError("no answer to a search")
    cursor = Cursor(payload, _HEADER)
    said: list[tuple[int, bytes]] = []
    while cursor.left >= 2 and len(said) < _MAX_FIELDS:
        kind = cursor.u8()
        size = 1 if kind == _FLAG else cursor.u8()
        if cursor.left < size:
            break
        said.append((kind, cursor.take(size)))
    answer = Answer(said=tuple(said))
    if not answer.get(_MAC) and not answer.get(_MODEL):
        raise DecodeError("an answer without MAC and model")
    return answer


def observe(message: Answer) -> Fields:
    """Return the answer in the shared vocabulary."""
    return fields(
        ("vivotek.name", padded_text(message.get(_NAME))),
        ("vivotek.mac", unit_mac(message.get(_MAC))),
        ("vivotek.ip", ipv4_text(message.get(_IPV4))),
        ("vivotek.http_port", port_text(int.from_bytes(message.get(_HTTP_PORT)[:4], "little"))),
        ("vivotek.language", padded_text(message.get(_LANGUAGE))),
        ("vivotek.model", padded_text(message.get(_MODEL))),
    )


def without_secrets(payload: bytes) -> bytes:
    """Return an answer with zeros for the fields that are not read; of others the begin."""
    try:
        message = decode(payload)
    except DecodeError:
        return payload[:_HEADER]
    return only_values(
        payload, _HEADER, ((1 if kind == _FLAG else 2, len(value), kind in _READ) for kind, value in message.said)
    )
