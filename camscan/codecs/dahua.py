"""The first discovery of Dahua's firmware, before DHIP: a binary answer with the model and a few lines of text behind it.

Source: the protocol notes of UniversalScanner and its frame with Dahua's layout, python-dvr. Status: reverse-engineered. UDP 5050,
broadcast; the answer goes to the asker.

| offset | size | meaning |
|--------|------|---------|
| 0 | 1 | 0xA3 search, 0xB3 answer |
| 2 | 1 | length of the second section |
| 4 | 4 | 0x58, little-endian: bytes of the fixed part beyond 32 |
| 16 | 4 | 2, the version |
| 20 | 2 | length of the third section, little-endian |
| 0x28 | 16 | model, cut |
| 0x38, 0x3c, 0x40, 0x44 | 4 each | address, mask, gateway, name server |
| 0x5e, 0x60, 0x62 | 2 each | ports of HTTP, HTTPS and the SDK, little-endian |
| 0x78 | … | second section: the MAC as text of 17 signs, then the whole model |
| … | … | third section: lines `Name:`, `Device:`, `SerialNo:` |

The search is the only verb sent.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import DecodeError, Probe, fields, ipv4_text, mac_from_text, padded_text, part, port_text, text
from camscan.model import Datagram, Fields

NAME = "dahua"
PORTS: tuple[int, ...] = (5050,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = (5050,)
BEGINS: tuple[bytes, ...] = (b"\xb3",)

_PROBE = b"\xa3\x01\0\x01".ljust(16, b"\0") + b"\x02".ljust(16, b"\0")
_FIXED = (0x58).to_bytes(4, "little")
_VERSION = (2).to_bytes(4, "little")
_SECOND = 0x78
_MAC_SIGNS = 17
_MAX_LINES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer; what was cut off is empty."""

    ip: bytes
    http_port: int
    port: int
    mac: str
    model: str
    lines: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """Return the first value of the third section under a name; empty where it is absent."""
        return next((value for key, value in self.lines if key == name), "")


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search as broadcast, from its own port as the maker's tool does. It has no room for a nonce."""
    return (Probe(payload=_PROBE, port=PORTS[0], broadcast=True, source_port=PORTS[0]),)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram has the header of an answer."""
    payload = datagram.payload
    return payload[:1] == b"\xb3" and payload[4:8] == _FIXED and payload[16:20] == _VERSION


def decode(payload: bytes) -> Answer:
    """Return the answer; a line without its end is left out. Raises DecodeError."""
    if payload[:1] != b"\xb3" or payload[4:8] != _FIXED or payload[16:20] != _VERSION:
        raise DecodeError("no answer to a search")
    if len(payload) < _SECOND:
        raise DecodeError(f"an answer of {len(payload)} bytes")
    second = part(payload, _SECOND, payload[2])
    third = payload[_SECOND + payload[2] :][: int.from_bytes(payload[20:22], "little")]
    lines = []
    for line in third.rpartition(b"\n")[0].split(b"\n")[:_MAX_LINES]:
        name, colon, value = text(line).partition(":")
        if colon and value.strip(" \t\r\0"):
            lines.append((name.strip(), value.strip(" \t\r\0")))
    return Answer(
        ip=payload[0x38:0x3C],
        http_port=int.from_bytes(payload[0x5E:0x60], "little"),
        port=int.from_bytes(payload[0x62:0x64], "little"),
        mac=text(second[:_MAC_SIGNS]),
        model=padded_text(second[_MAC_SIGNS:]),
        lines=tuple(lines),
    )


def observe(message: Answer) -> Fields:
    """Return the answer in the shared vocabulary."""
    return fields(
        ("dahua.ip", ipv4_text(message.ip)),
        ("dahua.http_port", port_text(message.http_port)),
        ("dahua.port", port_text(message.port)),
        ("dahua.mac", mac_from_text(message.mac)),
        ("dahua.model", message.model),
        ("dahua.label", message.get("Name")),
        ("dahua.device", message.get("Device")),
        ("dahua.serial", message.get("SerialNo")),
    )
