"""Discovery of 360 Vision Technology domes: one line of text each way.

Source: a published client's query and the answer that it reads. Status: reverse-engineered. Wire layout: `DISCOVER` and a
newline to everyone at UDP 3600; answer `DISCOVER TYPE=IPDOME KEY='00:11:22:33:44:55' ID=1234567890` and CR LF. KEY is the MAC.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import DecodeError, Probe, fields, mac_from_text, text
from camscan.model import Datagram, Fields

NAME = "vision360"
PORTS: tuple[int, ...] = (3600,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = ()
BEGINS: tuple[bytes, ...] = ()

_PROBE = b"DISCOVER\n"
_BEGINS = b"DISCOVER "
_MAX_LINE = 512
_MAX_WORDS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A search, which has no words, or the words of an answer in order."""

    words: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """Return the first value of a name."""
        return next((value for one, value in self.words if one == name), "")


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search as broadcast. It has no room for a nonce."""
    return (Probe(payload=_PROBE, port=PORTS[0], broadcast=True),)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram of the port is a search or begins as an answer does."""
    at_port = datagram.src.port in PORTS or datagram.dst.port in PORTS
    return at_port and (datagram.payload == _PROBE or datagram.payload.startswith(_BEGINS))


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    if payload == _PROBE:
        return Message()
    line, ended, _ = payload[:_MAX_LINE].partition(b"\n")
    if not line.startswith(_BEGINS) or not ended:
        raise DecodeError("neither search nor answer")
    pairs = (word.partition("=") for word in text(line).split()[1 : _MAX_WORDS + 1])
    words = tuple((name, value.strip("'\"")) for name, sign, value in pairs if sign)
    if not words:
        raise DecodeError("an answer without words")
    return Message(words=words)


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for a search."""
    return fields(
        ("vision360.type", message.get("TYPE")),
        ("vision360.mac", mac_from_text(message.get("KEY"))),
        ("vision360.id", message.get("ID")),
    )
