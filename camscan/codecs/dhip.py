"""DHIP discovery, Dahua's own: every device with its firmware answers, whatever label it wears.

Source: replies of VTO2000A, DHI-NVR5464 and VTH5221D, and of units with the labels of others. Status: reverse-engineered.
Wire layout: UDP 37810, group 239.255.255.251; a device ignores JSON without the header.

| offset | size | meaning |
|--------|------|---------|
| 0 | 4 | header length, 0x20 little-endian |
| 4 | 4 | `DHIP` |
| 8 | 4, 4 | session, id; zero |
| 16 | 8, 8 | body length, little-endian, twice |
| 32 | … | JSON, mostly with a newline or NUL behind it |

`DHDiscover.search` is the only method sent; others change the state of a device. The header is not needed to read an answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from camscan.codecs.base import DecodeError, Probe, fields, mac_from_text
from camscan.model import Datagram, Fields

NAME = "dhip"
PORTS: tuple[int, ...] = (37810,)
GROUPS: tuple[str, ...] = ("239.255.255.251",)
BIND_PORTS: tuple[int, ...] = (37810,)

_MAGIC = b"\x20\0\0\0DHIP"
BEGINS: tuple[bytes, ...] = (_MAGIC,)
_BODY = b'{"method":"DHDiscover.search","params":{"mac":"","uni":1}}\n'
_PROBE = _MAGIC + bytes(8) + len(_BODY).to_bytes(8, "little") * 2 + _BODY
_ANSWER = "client.notifyDevInfo"
_SEARCH = "DHDiscover."
_HEADER = 32
"""Bytes of the header that begins with the magic."""
_MAX_JUNK = 64
"""Bytes in front of the JSON."""
_MAX_TEXT = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One JSON document. Empty texts where a device does not say."""

    method: str
    mac: str = ""
    device: tuple[tuple[str, str], ...] = ()
    """Texts and numbers of deviceInfo, as text."""
    ipv4: str = ""

    def get(self, name: str) -> str:
        """Return one value of deviceInfo."""
        return next((value for key, value in self.device if key == name), "")


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search to the group, as broadcast and to single hosts. It has no room for a nonce."""
    port = PORTS[0]
    return (
        Probe(payload=_PROBE, port=port, group=GROUPS[0]),
        Probe(payload=_PROBE, port=port, broadcast=True),
        Probe(payload=_PROBE, port=port, unicast=True),
    )


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram begins with the header, or with JSON on the port of DHIP."""
    if datagram.payload.startswith(_MAGIC):
        return True
    return (datagram.src.port in PORTS or datagram.dst.port in PORTS) and b"{" in datagram.payload[:_MAX_JUNK]


def steady(payload: bytes) -> bytes:
    """Return a message without the session and the id of its header."""
    if not payload.startswith(_MAGIC) or b"{" in payload[8:16]:
        return payload
    return _MAGIC + payload[16:]


def decode(payload: bytes) -> Message:
    """Return the message, with or without header. Raises DecodeError."""
    header = _HEADER if payload.startswith(_MAGIC) else 0  # session and lengths may hold a brace themselves
    start = payload[: header + _MAX_JUNK].find(b"{", header)
    if start < 0:
        raise DecodeError("no JSON")
    document = _json(payload[start : start + _MAX_TEXT])
    method = document.get("method")
    if not isinstance(method, str):
        raise DecodeError("no method")
    if method.startswith(_SEARCH):
        return Message(method=method)
    device = _mapping(_mapping(document.get("params")).get("deviceInfo"))
    if method != _ANSWER or not device:
        raise DecodeError("neither search nor answer")
    return Message(
        method=method,
        mac=_plain(document.get("mac")),
        device=tuple((key, _plain(value)) for key, value in device.items() if _plain(value)),
        ipv4=_plain(_mapping(device.get("IPv4Address")).get("IPAddress")),
    )


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for a search."""
    if message.method != _ANSWER:
        return ()
    return fields(
        ("dhip.vendor", message.get("Vendor")),
        ("dhip.manufacturer", message.get("Manufacturer")),
        ("dhip.model", message.get("DeviceType")),
        ("dhip.class", message.get("DeviceClass")),
        ("dhip.serial", message.get("SerialNo")),
        ("dhip.mac", mac_from_text(message.mac)),
        ("dhip.firmware", message.get("Version")),
        ("dhip.name", message.get("MachineName")),
        ("dhip.ip", message.ipv4),
        ("dhip.http_port", message.get("HttpPort")),
        ("dhip.port", message.get("Port")),
        ("dhip.channels", _channels(message)),
    )


def _json(raw: bytes) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    try:
        document, _ = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError) as fault:
        raise DecodeError(f"not JSON: {type(fault).__name__}") from fault
    return _mapping(document)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _plain(value: object) -> str:
    """Return a text or a number as text; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return value.strip(" \t\r\n\0") if isinstance(value, str) else str(value)


def _channels(message: Message) -> str | None:
    here, remote = message.get("VideoInputChannels"), message.get("RemoteVideoInputChannels")
    return f"{here or 0}+{remote or 0}" if here or remote else None
