"""Discovery of Bosch cameras and encoders (RCP+ scan), also of those that were sold as Dinion and VideoJet.

Source: a published client's query and the two answers that it reads. Status: reverse-engineered.
Wire layout: search to everyone at UDP 1757, answer to port 1758 of who asked.

| message | bytes |
|---------|-------|
| search | `99 39 a4 27`, transaction 4, `ff 00 06 de` |
| answer, 32 bytes | `99 39 a4 27`, transaction 4, MAC 6, `03 ff`, address 4, mask 4, gateway 4, unknown 4 |
| answer, longer | XML: `<root xmlns="OEMExt00:device-1-0"><device>` with friendlyName (the model), serialNumber, physAddress … |
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs import xml
from camscan.codecs.base import DecodeError, Probe, fields, ipv4_from_text, ipv4_text, mac_from_text, unit_mac
from camscan.model import Datagram, Fields

NAME = "bosch"
PORTS: tuple[int, ...] = (1757, 1758)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = (1758,)

_MAGIC = bytes.fromhex("9939a427")
BEGINS: tuple[bytes, ...] = (_MAGIC,)
_SEARCH = bytes.fromhex("ff0006de")
_NAMESPACE = b"OEMExt00:device"
_ANSWER_SIZE = 32
_MAX_ELEMENTS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A search, or what either answer says."""

    search: bool = False
    mac: str = ""
    ip: str = ""
    elements: tuple[tuple[str, str], ...] = ()
    """Name and text of what XML says of the device, in order."""

    def get(self, name: str) -> str:
        """Return the first text of an element that is not empty."""
        return next((text for element, text in self.elements if element == name and text), "")


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search as broadcast."""
    return (Probe(payload=_MAGIC + nonce[:4] + _SEARCH, port=1757, broadcast=True, source_port=1758),)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram begins with the magic, or is the XML on one of the ports."""
    if datagram.payload.startswith(_MAGIC):
        return True
    at_port = datagram.src.port in PORTS or datagram.dst.port in PORTS
    return at_port and _NAMESPACE in datagram.payload[:256]


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    if not payload.startswith(_MAGIC):
        return _from_xml(payload)
    if payload[8:] == _SEARCH:
        return Message(search=True)
    if len(payload) < _ANSWER_SIZE:
        raise DecodeError("neither search nor answer")
    return Message(mac=unit_mac(payload[8:14]) or "", ip=ipv4_text(payload[16:20]) or "")


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for a search."""
    return fields(
        ("bosch.mac", message.mac),
        ("bosch.ip", message.ip),
        ("bosch.model", message.get("friendlyName")),
        ("bosch.name", message.get("unitName")),
        ("bosch.serial", message.get("serialNumber")),
        ("bosch.type", message.get("deviceTypeIDs")),
        ("bosch.http_port", message.get("HTTPPort")),
    )


def _from_xml(payload: bytes) -> Message:
    if _NAMESPACE not in payload[:256]:
        raise DecodeError("neither the magic nor the XML of this protocol")
    device = xml.child(xml.parse(payload), "device")
    if device is None:
        raise DecodeError("XML without a device")
    elements = tuple((xml.local(one), (one.text or "").strip()) for one in list(device)[:_MAX_ELEMENTS])
    message = Message(elements=elements)
    return Message(
        mac=mac_from_text(message.get("physAddress")) or "",
        ip=ipv4_from_text(message.get("unitIPAddress")) or "",
        elements=elements,
    )
