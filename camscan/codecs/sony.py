"""Discovery of Sony network cameras: lines of text between control bytes.

Source: a published client's query and the answer it reads. Status: reverse-engineered. Wire layout: search to everyone at
UDP 2380, answer to everyone at the port that asked: 0x02, then `KEY:value` and 0xff as often as needed, then 0x03.
The search is `ENQ:allinfo`; an answer has MAC, MODEL, SERIAL, SOFTVERSION and the settings of the network.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import DecodeError, Probe, fields, ipv4_from_text, mac_from_text, text
from camscan.model import Datagram, Fields

NAME = "sony"
PORTS: tuple[int, ...] = (2380,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = ()
BEGINS: tuple[bytes, ...] = (b"\x02MAC:", b"\x02ENQ:")

_PROBE = b"\x02ENQ:allinfo\xff\x03"
_MAX_LINES = 64
_OF_A_DEVICE = frozenset({"MAC", "MODEL", "SERIAL"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The lines, in order."""

    lines: tuple[tuple[str, str], ...]

    def get(self, key: str) -> str:
        """Return the first value of a key."""
        return next((value for name, value in self.lines if name == key), "")


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search as broadcast. It has no room for a nonce."""
    return (Probe(payload=_PROBE, port=2380, broadcast=True),)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram begins as a search or an answer does, or comes from the port and begins with the mark."""
    begins = datagram.payload.startswith((b"\x02MAC:", b"\x02ENQ:"))
    return begins or (datagram.src.port in PORTS and datagram.payload[:1] == b"\x02" and b"\xff" in datagram.payload)


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    if payload[:1] != b"\x02":
        raise DecodeError("no mark of a beginning")
    complete = payload[1:].split(b"\xff", _MAX_LINES)[:-1]
    pairs = (text(line).partition(":") for line in complete)
    lines = tuple((name.strip().upper(), value.strip(' "')) for name, sign, value in pairs if sign)
    if not any(name == "ENQ" or name in _OF_A_DEVICE for name, _ in lines):
        raise DecodeError("neither search nor answer")
    return Message(lines=lines)


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for a search."""
    if message.get("ENQ"):
        return ()
    return fields(
        ("sony.mac", mac_from_text(message.get("MAC"))),
        ("sony.model", message.get("MODEL")),
        ("sony.serial", message.get("SERIAL")),
        ("sony.firmware", message.get("SOFTVERSION")),
        ("sony.ip", ipv4_from_text(message.get("IPADR"))),
        ("sony.http_port", message.get("WEBPORT")),
    )
