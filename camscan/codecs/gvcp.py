"""GVCP discovery of GigE Vision: cameras of machines, not of guards, and yet made by companies of both.

Source: GigE Vision specification (discovery command and acknowledgement). Status: documented. Wire layout: command to everyone at
UDP 3956, acknowledgement to who asked; big-endian.

| offset | size | meaning |
|--------|------|---------|
| 0 | 1, 1, 2, 2, 2 | command: `42`, flags, 0x0002, length 0, identifier |
| 0 | 2, 2, 2, 2 | acknowledgement: status, 0x0003, length 0x00f8, identifier |
| 0x12 | 6 | MAC |
| 0x2c, 0x3c | 4 | address, mask |
| 0x50, 0x70, 0x90 | 32 | manufacturer, model, version |
| 0xb0 | 48 | what the manufacturer adds |
| 0xe0 | 16 | serial number |
| 0xf0 | 16 | name that a user gave |

Other commands write to a device's registers; the discovery is the only one here.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import DecodeError, Probe, fields, ipv4_text, padded_text, unit_mac
from camscan.model import Datagram, Fields

NAME = "gvcp"
PORTS: tuple[int, ...] = (3956,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = ()
BEGINS: tuple[bytes, ...] = ()

_KEY = 0x42
_COMMAND = bytes.fromhex("4201000200000001")
_DISCOVERY = b"\0\x02"
_ACKNOWLEDGEMENT = bytes.fromhex("0000000300f8")
_SIZE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A command, which says nothing, or an acknowledgement."""

    mac: str = ""
    ip: str = ""
    manufacturer: str = ""
    model: str = ""
    version: str = ""
    note: str = ""
    serial: str = ""
    name: str = ""


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the discovery command as broadcast. Its identifier is 1, so that it is the same every time."""
    return (Probe(payload=_COMMAND, port=PORTS[0], broadcast=True),)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram of the port is a discovery command or its acknowledgement."""
    at_port = datagram.src.port in PORTS or datagram.dst.port in PORTS
    return at_port and (_is_command(datagram.payload) or datagram.payload.startswith(_ACKNOWLEDGEMENT))


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    if _is_command(payload):
        return Message()
    if not payload.startswith(_ACKNOWLEDGEMENT) or len(payload) < _SIZE:
        raise DecodeError("neither command nor acknowledgement")
    return Message(
        mac=unit_mac(payload[0x12:0x18]) or "",
        ip=ipv4_text(payload[0x2C:0x30]) or "",
        manufacturer=padded_text(payload[0x50:0x70]),
        model=padded_text(payload[0x70:0x90]),
        version=padded_text(payload[0x90:0xB0]),
        note=padded_text(payload[0xB0:0xE0]),
        serial=padded_text(payload[0xE0:0xF0]),
        name=padded_text(payload[0xF0:0x100]),
    )


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for a command."""
    return fields(
        ("gvcp.mac", message.mac),
        ("gvcp.ip", message.ip),
        ("gvcp.manufacturer", message.manufacturer),
        ("gvcp.model", message.model),
        ("gvcp.version", message.version),
        ("gvcp.note", message.note),
        ("gvcp.serial", message.serial),
        ("gvcp.name", message.name),
    )


def _is_command(payload: bytes) -> bool:
    return len(payload) >= 8 and payload[0] == _KEY and payload[2:4] == _DISCOVERY
