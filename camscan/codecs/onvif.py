"""ONVIF services: device information, clock, names, services, channels and faults, as SOAP alone or inside an HTTP response.

Source: ONVIF Core specification, GetDeviceInformation, GetSystemDateAndTime and fault codes; SOAP 1.2. Status: documented.
Elements are matched by local name: prefixes and even namespaces differ between stacks. The other answers: `onvif_messages.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from camscan.codecs import head as heads
from camscan.codecs import onvif_messages as messages
from camscan.codecs import xml
from camscan.codecs.base import DecodeError, fields
from camscan.model import Fields

NAME = "onvif"

PATH = "/onvif/device_service"
"""Where the device service stands; the specification fixes it."""
MAX_MESSAGE = 64 * 1024
_REQUEST = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    '<{} xmlns="{}">{}</{}>'
    "</s:Body></s:Envelope>"
)
_ARGUMENTS = {
    "GetServices": "<IncludeCapability>false</IncludeCapability>",
    "GetCapabilities": "<Category>All</Category>",
}
_OF_MEDIA = frozenset({"GetProfiles", "GetVideoSources"})
_CLOCK = (("Date", "Year"), ("Date", "Month"), ("Date", "Day"), ("Time", "Hour"), ("Time", "Minute"), ("Time", "Second"))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInformation:
    """What the firmware says of its device; empty texts where it left an element out."""

    manufacturer: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    hardware: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemTime:
    """The device's clock; `utc` is None where it states none or an impossible one. Says nothing of the maker."""

    utc: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A refusal in SOAP, such as `ter:NotAuthorized`. Says nothing of the maker."""

    code: str
    """The innermost code, with its prefix as sent."""
    reason: str


Message = DeviceInformation | SystemTime | Fault | messages.Answer
_ANSWERS = tuple(name.encode() for name in ("GetDeviceInformationResponse", "GetSystemDateAndTimeResponse", *messages.READERS))


def request(operation: str) -> bytes:
    """Return the SOAP request of an operation that changes nothing, without credentials."""
    space = messages.MEDIA if operation in _OF_MEDIA else messages.DEVICE
    return _REQUEST.format(operation, space, _ARGUMENTS.get(operation, ""), operation).encode()


def recognise(raw: bytes) -> bool:
    """Return whether the bytes hold one of the messages that `decode` returns, judged by their names alone."""
    start = raw[:MAX_MESSAGE]
    return any(name in start for name in _ANSWERS) or (b"Envelope" in start and b"Fault" in start)


def complete(buffer: bytes) -> bool:
    """Return whether the envelope has been closed."""
    return b"Envelope>" in buffer[-64:] and buffer.count(b"Envelope") >= 2


def decode(raw: bytes) -> Message:
    """Return the message in a SOAP document or an HTTP response that holds one. Raises DecodeError."""
    document = raw[:MAX_MESSAGE]
    if document.lstrip()[:5].upper() == b"HTTP/":
        document, _ = heads.entity(heads.parse(document), MAX_MESSAGE)
    root = xml.parse(document)
    body = root if xml.local(root) != "Envelope" else xml.child(root, "Body")
    if body is None:
        raise DecodeError("SOAP without a body")
    for message in (body, *body):
        name = xml.local(message)
        if name == "GetDeviceInformationResponse":
            return DeviceInformation(
                manufacturer=xml.child_text(message, "Manufacturer") or "",
                model=xml.child_text(message, "Model") or "",
                firmware=xml.child_text(message, "FirmwareVersion") or "",
                serial=xml.child_text(message, "SerialNumber") or "",
                hardware=xml.child_text(message, "HardwareId") or "",
            )
        if name == "GetSystemDateAndTimeResponse":
            return SystemTime(utc=_clock(xml.child(message, "SystemDateAndTime", "UTCDateTime")))
        if name == "Fault":
            return _fault(message)
        if name in messages.READERS:
            return messages.READERS[name](message)
    raise DecodeError("neither a known answer nor a fault")


def observe(message: Message) -> Fields:
    """Return the values as the device states them; nothing for its clock and for faults."""
    if isinstance(message, SystemTime | Fault):
        return ()
    if not isinstance(message, DeviceInformation):
        return messages.observe(message)
    return fields(
        ("onvif.manufacturer", message.manufacturer),
        ("onvif.model", message.model),
        ("onvif.firmware", message.firmware),
        ("onvif.serial", message.serial),
        ("onvif.hardware", message.hardware),
    )


def _fault(message: xml.Element) -> Fault:
    code = (
        xml.child_text(message, "Code", "Subcode", "Subcode", "Value")
        or xml.child_text(message, "Code", "Subcode", "Value")
        or xml.child_text(message, "Code", "Value")
        or xml.child_text(message, "faultcode")
    )
    reason = xml.child_text(message, "Reason", "Text") or xml.child_text(message, "faultstring")
    return Fault(code=code or "", reason=reason or "")


def _clock(element: xml.Element | None) -> datetime | None:
    """Return a UTCDateTime; None where a part is absent or out of range."""
    if element is None:
        return None
    parts = [xml.child_text(element, *path) or "" for path in _CLOCK]
    if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        return None
    year, month, day, hour, minute, second = map(int, parts)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
