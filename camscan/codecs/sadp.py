"""SADP, Hikvision's own discovery: every device with its firmware answers, whatever label it wears.

Source: replies of DS-7804HQH-K1 (2021) and DS-2CD2385G1-I, and published sources of clients and of one device's firmware.
Status: reverse-engineered. Wire layout: one XML document in one datagram, UDP 37020, the group 239.255.255.250.

| document | meaning |
|----------|---------|
| `<Probe><Uuid/><Types>inquiry</Types></Probe>` | search; a device ignores one without Uuid |
| `<ProbeMatch><Uuid/><Types>inquiry</Types>…` | answer, mostly to the group and not to the asker |
| `<Hello><Types>hello</Types>…` | announcement at power-up, with the same elements |

Other types of probe change the state of a device; `inquiry` is the only one here. Newer firmware may answer with bytes that are
no XML. Their form is not known, and 37020 is also a port that any host may be given for a while: they count where the maker's tools
and devices talk, between this port and this port, or in answer to a question of ours. A tool may encrypt its questions too, so they
are a hint at who speaks and no proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address
from uuid import UUID

from camscan.codecs import xml
from camscan.codecs.base import DecodeError, Probe, fields, mac_from_text
from camscan.codecs.unicast import is_elsewhere, is_unicast
from camscan.model import Datagram, Fields

NAME = "sadp"
PORTS: tuple[int, ...] = (37020,)
GROUPS: tuple[str, ...] = ("239.255.255.250",)
BIND_PORTS: tuple[int, ...] = (37020,)
BEGINS: tuple[bytes, ...] = ()
LISTENERS: tuple[str, ...] = (*GROUPS, "255.255.255.255")

_ANSWERS = frozenset({"ProbeMatch", "Hello"})
_MIN_OPAQUE = 64
"""Bytes; what is shorter and no XML is not taken for an encrypted answer."""
_MAX_ELEMENTS = 128
_LONGEST_UUID = 64
_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "flase", "0"})
"""`flase` is what some firmware sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One document. `kind` is its root element, or opaque."""

    kind: str
    elements: tuple[tuple[str, str], ...] = ()
    """Name and text of the elements below the root, in order."""
    _first: Mapping[str, str] = field(init=False, repr=False, compare=False)
    """The first text of each that is not empty, by its name in lower case."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_first", {name.lower(): text for name, text in reversed(self.elements) if text})

    def get(self, name: str) -> str:
        """Return the first text of an element that is not empty, whatever the case of its name."""
        return self._first.get(name.lower(), "")


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the inquiry to the group, as broadcast and to single hosts; answers come to the group and to port 37020."""
    uuid = str(UUID(bytes=nonce, version=4)).upper()
    payload = f'<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>{uuid}</Uuid><Types>inquiry</Types></Probe>'.encode("ascii")
    port = PORTS[0]
    return (
        Probe(payload=payload, port=port, group=GROUPS[0], source_port=port),
        Probe(payload=payload, port=port, broadcast=True, source_port=port),
        Probe(payload=payload, port=port, unicast=True, source_port=port),
    )


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram comes from the port of SADP or goes there, and looks like XML or may be an encrypted message."""
    if b"<" in datagram.payload[:64]:
        return datagram.src.port in PORTS or datagram.dst.port in PORTS
    return datagram.src.port in PORTS and (datagram.solicited or _is_to_a_listener(datagram))


def _is_to_a_listener(datagram: Datagram) -> bool:
    """Return whether a datagram goes to where tools and devices hear SADP: its port in the group, of all, or of a host of the same site."""
    src, dst = datagram.src.ip, datagram.dst.ip
    if datagram.dst.port not in PORTS or not dst:  # the kernel did not tell where to
        return False
    return dst in LISTENERS or (is_unicast(dst) and not is_elsewhere(dst, src) and not is_elsewhere(src, dst))


def steady(payload: bytes) -> bytes:
    """Return a message without the id of the inquiry that it answers."""
    start = payload.find(b"<Uuid>") + len(b"<Uuid>")
    stop = payload.find(b"</Uuid>", start, start + _LONGEST_UUID)
    if (
        start < len(b"<Uuid>")
        or stop < 0
        or b"<!" in payload
        or payload[start:stop].translate(None, b"0123456789abcdefABCDEF-")
    ):
        return payload
    return payload[:start] + payload[stop:]


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    if b"<" not in payload[:64]:
        if len(payload) < _MIN_OPAQUE:
            raise DecodeError("neither XML nor long enough for an encrypted answer")
        return Message(kind="opaque")
    root = xml.parse(payload)
    kind = xml.local(root)
    if kind == "Probe":
        return Message(kind=kind)
    if kind not in _ANSWERS:
        raise DecodeError("neither inquiry nor answer")
    elements = tuple((xml.local(element), (element.text or "").strip()) for element in list(root)[:_MAX_ELEMENTS])
    return Message(kind=kind, elements=elements)


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for an inquiry."""
    if message.kind == "opaque":
        return fields(("sadp.encrypted", "true"))
    return fields(
        ("sadp.type", message.get("DeviceType")),
        ("sadp.model", message.get("DeviceDescription")),
        ("sadp.serial", message.get("DeviceSN")),
        ("sadp.mac", mac_from_text(message.get("MAC"))),
        ("sadp.firmware", message.get("SoftwareVersion")),
        ("sadp.dsp", message.get("DSPVersion")),
        ("sadp.oem", message.get("OEMInfo")),
        ("sadp.activated", _boolean(message.get("Activated"))),
        ("sadp.ip", _ipv4(message.get("IPv4Address"))),
        ("sadp.http_port", _number(message.get("HttpPort"))),
        ("sadp.command_port", _number(message.get("CommandPort"))),
        ("sadp.channels", _channels(message)),
    )


def _boolean(value: str) -> str | None:
    folded = value.lower()
    return "true" if folded in _TRUE else "false" if folded in _FALSE else None


def _number(value: str) -> str | None:
    return value if value.isascii() and value.isdecimal() and len(value) <= 5 else None


def _ipv4(value: str) -> str | None:
    try:
        return str(IPv4Address(value))
    except AddressValueError:
        return None


def _channels(message: Message) -> str | None:
    analogue, digital = _number(message.get("AnalogChannelNum")), _number(message.get("DigitalChannelNum"))
    return f"{analogue}+{digital}" if analogue and digital else None
