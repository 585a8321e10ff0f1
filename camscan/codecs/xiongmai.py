"""Discovery of Xiongmai's firmware (XM, NetIP): one JSON document behind the header that its TCP port 34567 uses as well.

Source: python-dvr (OpenIPC), replies of boards under several labels, 2019. Status: reverse-engineered. UDP 34569, broadcast; the
answer goes to port 34569, whichever port asked.

| offset | size | meaning |
|--------|------|---------|
| 0 | 1, 1, 2 | 0xFF, version, reserved |
| 4 | 4, 4 | session, sequence |
| 12 | 1, 1 | number of parts, number of this part |
| 14 | 2 | verb, little-endian: 1530 search, 1531 answer |
| 16 | 4 | length of the JSON, little-endian |
| 20 | … | JSON, with a newline and a NUL behind it |

The search is the only verb sent. Verbs from 1532 on change settings and carry passwords: they are not recognised, so nothing of
them is kept. An address is the number of its four bytes read as little-endian, in hexadecimal. `SN` opens remote access: only its
beginning is told, and what is kept of an answer is a document with the members that are read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from camscan.codecs.base import DecodeError, Probe, fields, ipv4_text, mac_from_text, masked
from camscan.model import Datagram, Fields

NAME = "xiongmai"
PORTS: tuple[int, ...] = (34569,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = (34569,)
BEGINS: tuple[bytes, ...] = (b"\xff",)

_HEADER = 20
_SEARCH, _ANSWER = (1530).to_bytes(2, "little"), (1531).to_bytes(2, "little")
_PROBE = b"\xff" + bytes(13) + _SEARCH + bytes(4)
_NETWORK = "NetWork.NetCommon"
_READ = ("ChannelNum", "DeviceType", "HostIP", "HostName", "HttpPort", "MAC", "OtherFunction", "SN", "TCPPort")
_MAX_DOCUMENT = 8 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Those members of `NetWork.NetCommon` that are read: texts, and numbers as texts."""

    network: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """Return one member; empty where it is absent."""
        return next((value for key, value in self.network if key == name), "")


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search as broadcast, from the port that answers go to. It has no room for a nonce."""
    return (Probe(payload=_PROBE, port=PORTS[0], broadcast=True, source_port=PORTS[0]),)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram has the header of an answer."""
    payload = datagram.payload
    return payload[:1] == b"\xff" and payload[14:16] == _ANSWER and payload[_HEADER : _HEADER + 1] == b"{"


def decode(payload: bytes) -> Answer:
    """Return the answer. Raises DecodeError."""
    if payload[:1] != b"\xff" or payload[14:16] != _ANSWER:
        raise DecodeError("no answer to a search")
    raw = payload[_HEADER : _HEADER + _MAX_DOCUMENT]
    try:
        document, _ = json.JSONDecoder(strict=False).raw_decode(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as fault:
        raise DecodeError(f"not JSON: {type(fault).__name__}") from fault
    network = document.get(_NETWORK) if isinstance(document, dict) else None
    if not isinstance(network, dict):
        raise DecodeError(f"no {_NETWORK}")
    return Answer(network=tuple((name, value) for name in _READ if (value := _plain(network.get(name)))))


def observe(message: Answer) -> Fields:
    """Return the answer in the shared vocabulary."""
    return fields(
        ("xiongmai.mac", mac_from_text(message.get("MAC"))),
        ("xiongmai.ip", _address(message.get("HostIP"))),
        ("xiongmai.name", message.get("HostName")),
        ("xiongmai.type", message.get("DeviceType")),
        ("xiongmai.channels", message.get("ChannelNum")),
        ("xiongmai.http_port", message.get("HttpPort")),
        ("xiongmai.port", message.get("TCPPort")),
        ("xiongmai.cloud_id", masked(message.get("SN"))),
        ("xiongmai.build", message.get("OtherFunction")),
    )


def without_secrets(payload: bytes) -> bytes:
    """Return an answer with the members that are read and nothing else, the SN masked; empty for what cannot be read."""
    try:
        message = decode(payload)
    except DecodeError:
        return b""
    said = {name: masked(value) if name == "SN" else value for name, value in message.network}
    body = json.dumps({_NETWORK: said}, separators=(",", ":")).encode("ascii")
    return payload[:16] + len(body).to_bytes(4, "little") + body


def _plain(value: Any) -> str:
    """Return a text or a number as text; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return value.strip(" \t\r\n\0") if isinstance(value, str) else str(value) if abs(value) < 1 << 63 else ""


def _address(value: str) -> str | None:
    digits = value.removeprefix("0x")
    if len(digits) != 8 or any(c not in "0123456789abcdefABCDEF" for c in digits):
        return None
    return ipv4_text(bytes.fromhex(digits)[::-1])
