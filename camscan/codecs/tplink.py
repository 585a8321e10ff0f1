"""TP-Link discovery: the JSON of UDP 20002 behind its 16-byte header, and the enciphered sysinfo of UDP 9999.

Source: python-kasa's description of both protocols; replies of a C210 and of an IOT.IPCAMERA unit. Status: reverse-engineered.

UDP 20002, and 20004 on some units: version 1 byte (2), 1 reserved, operation 2, length 2, flags 1, reserved 1, serial 4, CRC-32 4,
all big-endian; then JSON.
UDP 9999: each byte is XORed with the cipher byte before it, the first with 0xAB; TCP 9999 puts a length of 4 bytes before it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from camscan.codecs.base import DecodeError, Probe, fields, mac_from_text
from camscan.model import Datagram, Fields

NAME = "tplink"
PORTS: tuple[int, ...] = (20002, 20004, 9999)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = ()
BEGINS: tuple[bytes, ...] = ()

MAX_MESSAGE = 64 * 1024
_HEADER = 16
_VERSION = 2
_FIRST_KEY = 0xAB
_PROBE = bytes.fromhex("020000010000000000000000463cb5d3")
"""A header alone: it asks for the short answer, which needs no key."""
_SYSINFO = b'{"system":{"get_sysinfo":{}}}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What a device says of itself; empty texts where it left a key out, and in the question of a client."""

    type: str = ""
    model: str = ""
    mac: str = ""
    firmware: str = ""
    hardware: str = ""


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the questions of both protocols, as broadcast and to single hosts. They have no room for a nonce."""
    sysinfo = _enciphered(_SYSINFO)
    return (
        Probe(payload=_PROBE, port=20002, broadcast=True),
        Probe(payload=_PROBE, port=20004, broadcast=True),
        Probe(payload=sysinfo, port=9999, broadcast=True),
        Probe(payload=_PROBE, port=20002, unicast=True),
        Probe(payload=sysinfo, port=9999, unicast=True),
    )


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram of these ports begins with the header or with enciphered JSON."""
    at_port = datagram.src.port in PORTS or datagram.dst.port in PORTS
    payload = datagram.payload
    headed = payload[:2] == bytes([_VERSION, 0]) and payload[_HEADER : _HEADER + 1] in (b"", b"{")
    return at_port and ((headed and len(payload) >= _HEADER) or payload[:1] == bytes([_FIRST_KEY ^ ord("{")]))


def decode(raw: bytes) -> Device:
    """Return the device of an answer of either protocol. Raises DecodeError."""
    payload = raw[:MAX_MESSAGE]
    if len(payload) == _HEADER and payload[0] == _VERSION:
        return Device()
    document = _json(_plain(payload))
    result, system = document.get("result"), _mapping(document.get("system"))
    if isinstance(document.get("params"), dict) or ("get_sysinfo" in system and not system["get_sysinfo"]):
        return Device()
    sysinfo = _mapping(system.get("get_sysinfo"))
    if isinstance(result, dict):
        return Device(
            type=_text(result, "device_type"),
            model=_text(result, "device_model"),
            mac=_text(result, "mac"),
            firmware=_text(result, "firmware_version"),
            hardware=_text(result, "hardware_version"),
        )
    if not sysinfo:
        raise DecodeError("neither a result nor sysinfo")
    inner = _mapping(sysinfo.get("system")) or sysinfo  # cameras of the KC line put their values one level deeper
    return Device(
        type=_text(inner, "type", "mic_type"),
        model=_text(inner, "model"),
        mac=_text(inner, "mac", "mic_mac", "ethernet_mac"),
        firmware=_text(inner, "sw_ver"),
        hardware=_text(inner, "hw_ver"),
    )


def observe(message: Device) -> Fields:
    """Return the values as stated, the MAC canonical; empty for a question."""
    return fields(
        ("tplink.firmware", message.firmware),
        ("tplink.hardware", message.hardware),
        ("tplink.mac", mac_from_text(message.mac)),
        ("tplink.model", message.model),
        ("tplink.type", message.type),
    )


def without_secrets(payload: bytes) -> bytes:
    """Return the JSON of an answer with the members that are read and nothing else; empty for what is none, commands among them.

    Beside the device there are the account of its owner's cloud, the key of the wireless network and the place of the house.
    """
    try:
        said = decode(payload)
    except DecodeError:
        return b""
    read = {"type": said.type, "model": said.model, "mac": said.mac, "sw_ver": said.firmware, "hw_ver": said.hardware}
    kept = {name: value for name, value in read.items() if value}
    return (
        json.dumps({"system": {"get_sysinfo": kept}}).encode("ascii")
        if kept
        else payload[:_HEADER]
        if len(payload) == _HEADER
        else b""
    )


def _plain(payload: bytes) -> bytes:
    """Return the JSON of a payload: bare, behind a header, or deciphered."""
    if payload[:1] == b"{":
        return payload
    if payload[:1] == bytes([_VERSION]) and payload[_HEADER : _HEADER + 1] == b"{":
        return payload[_HEADER:]
    for start in (0, 4):
        if payload[start : start + 1] == bytes([_FIRST_KEY ^ ord("{")]):
            return bytes(one ^ key for one, key in zip(payload[start:], bytes([_FIRST_KEY]) + payload[start:], strict=False))
    raise DecodeError("neither JSON, nor a header before it, nor its cipher")


def _enciphered(plain: bytes) -> bytes:
    key, out = _FIRST_KEY, bytearray()
    for byte in plain:
        key ^= byte
        out.append(key)
    return bytes(out)


def _json(raw: bytes) -> Mapping[str, Any]:
    try:
        document, _ = json.JSONDecoder(strict=False).raw_decode(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as fault:
        raise DecodeError(f"not JSON: {type(fault).__name__}") from fault
    return _mapping(document)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(table: Mapping[str, Any], *names: str) -> str:
    """Return the first text of a table under one of the names, without halves of surrogate pairs."""
    value = next((table[name] for name in names if isinstance(table.get(name), str)), "")
    return value.encode("utf-8", "replace").decode("utf-8")
