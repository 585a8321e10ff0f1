"""Beacons of devices with a Tuya module, every few seconds to everyone. Nothing is sent.

Source: public clients of the local protocol. Status: reverse-engineered. Wire layout: UDP 6666 in clear, UDP 6667 under
AES-128-ECB with a key that is the same everywhere; big-endian:

| offset | size | meaning |
|--------|------|---------|
| 0 | 4 | `00 00 55 aa` |
| 4 | 4, 4 | sequence, command |
| 12 | 4 | length of all that follows |
| 16 | 4 | return code; at times left out |
| … | … | JSON, in clear or enciphered |
| end | 4, 4 | CRC-32, `00 00 aa 55` |

Beacons of protocol 3.5 come on request only and have another frame; they are not read. A beacon does not say what the device is.
`gwId` names the device to Tuya's cloud: four characters of it are kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from camscan.codecs.base import Cursor, DecodeError, Probe, fields, ipv4_from_text, masked
from camscan.model import Datagram, Fields

NAME = "tuya"
PORTS: tuple[int, ...] = (6666, 6667)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = (6666, 6667)
BEGINS: tuple[bytes, ...] = ()

_PREFIX, _SUFFIX = bytes.fromhex("000055aa"), bytes.fromhex("0000aa55")
_KEY = bytes.fromhex("6c1ec8e2bb9bb59ab50b0daf649b410a")
"""MD5 of a text that stands in every client."""
_BLOCK = 16
_AFTER = 8
"""Bytes of checksum and suffix."""
_KEPT = ("ip", "active", "ability", "mode", "encrypt", "productKey", "version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacon:
    """What a beacon says; empty texts where it left a key out."""

    handle: str = ""
    ip: str = ""
    product: str = ""
    version: str = ""


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return nothing: devices speak by themselves."""
    return ()


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram to or from these ports begins as a beacon does."""
    at_port = datagram.src.port in PORTS or datagram.dst.port in PORTS
    return at_port and datagram.payload.startswith(_PREFIX)


def decode(payload: bytes) -> Beacon:
    """Return the beacon; its JSON alone will do. Raises DecodeError."""
    document = _document(payload)
    beacon = Beacon(
        handle=_text(document, "gwId"),
        ip=_text(document, "ip"),
        product=_text(document, "productKey"),
        version=_text(document, "version"),
    )
    if not beacon.handle and not beacon.product:
        raise DecodeError("JSON of something else")
    return beacon


def observe(message: Beacon) -> Fields:
    """Return the beacon in the shared vocabulary, the cloud's handle shortened."""
    return fields(
        ("tuya.id", masked(message.handle)),
        ("tuya.ip", ipv4_from_text(message.ip)),
        ("tuya.product", message.product),
        ("tuya.version", message.version),
    )


def without_secrets(payload: bytes) -> bytes:
    """Return the JSON of a beacon with the cloud's handle shortened; empty where there is none."""
    try:
        document = _document(payload)
    except DecodeError:
        return b""
    kept = {name: document[name] for name in _KEPT if isinstance(document.get(name), str | int)}
    return json.dumps({"gwId": masked(_text(document, "gwId")), **kept}).encode("ascii")


def _document(payload: bytes) -> dict[str, Any]:
    if payload[:1] == b"{":
        return _json(payload)
    cursor = Cursor(payload)
    if cursor.take(4) != _PREFIX:
        raise DecodeError("no beacon")
    cursor.take(8)
    content = cursor.take(cursor.u32())
    if len(content) < _AFTER or not content.endswith(_SUFFIX):
        raise DecodeError("a beacon without its end")
    body = content[:-_AFTER]
    for start in (0, 4):
        if body[start : start + 1] == b"{":
            return _json(body[start:])
    return _json(_deciphered(body[len(body) % _BLOCK :]))


def _deciphered(body: bytes) -> bytes:
    """Return the plain text of whole blocks without its padding. Raises DecodeError."""
    if not body:
        raise DecodeError("an empty beacon")
    decryptor = Cipher(algorithms.AES(_KEY), modes.ECB()).decryptor()  # noqa: S305 - the devices chose the mode
    plain = decryptor.update(body) + decryptor.finalize()
    padding = plain[-1]
    if not 0 < padding <= _BLOCK:
        raise DecodeError("enciphered with another key")
    return plain[:-padding]


def _json(raw: bytes) -> dict[str, Any]:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as fault:
        raise DecodeError(f"not JSON: {type(fault).__name__}") from fault
    if not isinstance(document, dict):
        raise DecodeError("JSON, but no object")
    return document


def _text(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""
