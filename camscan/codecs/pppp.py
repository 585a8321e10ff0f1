"""The search of the PPPP family (CS2, Yunni iLnkP2P): cameras that are reached through a cloud by their UID.

Source: published notes on the protocol with captures of several labels (Paul Marrapese). Status: reverse-engineered. UDP 32108,
broadcast; the answer goes to the asker, from any port.

| bytes | meaning |
|-------|---------|
| `f1 30 00 00`, `f1 32 00 00` | search, search of the extended form |
| `2c ba 5f 5d` | search of stacks that hide their messages |
| `f1 41 00 14`, then 8, 4, 8 | answer: prefix, number (big-endian) and check letters of the UID |

A UID opens remote access: of it the prefix alone is told and kept. How an answer of a hiding stack looks is not published; only
that it has the length of the other is used, and its first byte, which that of the search has as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import DecodeError, Probe, fields, padded_text
from camscan.model import Datagram, Fields

NAME = "pppp"
PORTS: tuple[int, ...] = (32108,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = ()

_SEARCHES = (b"\xf1\x30\0\0", b"\xf1\x32\0\0", b"\x2c\xba\x5f\x5d")
_ANSWER = b"\xf1\x41\0\x14"
BEGINS: tuple[bytes, ...] = (_ANSWER,)
_HIDDEN = b"\x2c"
_LENGTH = 24
_PREFIX_ENDS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer. `prefix` is the first part of the UID; empty where the message is hidden."""

    prefix: str


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the searches as broadcast. They have no room for a nonce."""
    return tuple(Probe(payload=payload, port=PORTS[0], broadcast=True) for payload in _SEARCHES)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram begins as an answer; a hidden one must come from the port of the search."""
    payload = datagram.payload
    if payload.startswith(_ANSWER):
        return True
    return datagram.src.port in PORTS and len(payload) == _LENGTH and payload.startswith(_HIDDEN)


def decode(payload: bytes) -> Answer:
    """Return the answer. Raises DecodeError."""
    if len(payload) < _LENGTH:
        raise DecodeError(f"an answer of {len(payload)} bytes")
    if payload.startswith(_ANSWER):
        prefix = padded_text(payload[len(_ANSWER) : _PREFIX_ENDS])
        if not prefix.isascii() or not prefix.isalpha():
            raise DecodeError("a UID without a prefix of letters")
        return Answer(prefix=prefix)
    if len(payload) == _LENGTH and payload.startswith(_HIDDEN):
        return Answer(prefix="")
    raise DecodeError("no answer to a search")


def observe(message: Answer) -> Fields:
    """Return the answer in the shared vocabulary."""
    return fields(("pppp.prefix", message.prefix), ("pppp.hidden", "" if message.prefix else "true"))


def without_secrets(payload: bytes) -> bytes:
    """Return the message with zeros behind the prefix; of a hidden one, behind its first byte."""
    shown = _PREFIX_ENDS if payload.startswith(_ANSWER) else len(_HIDDEN)
    return payload[:shown].ljust(len(payload), b"\0")
