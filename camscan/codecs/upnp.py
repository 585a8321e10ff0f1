"""UPnP device description, as XML alone or inside an HTTP response.

Source: UPnP Device Architecture 1.1, section 2.3 "Device description". Status: documented. Only the root device is read:
the devices inside it are parts of the same box, and gateways list dozens.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs import head as heads
from camscan.codecs import xml
from camscan.codecs.base import DecodeError, fields
from camscan.model import Fields

NAME = "upnp"

MAX_MESSAGE = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What the root device says of itself; empty texts where it left an element out."""

    device_type: str = ""
    friendly_name: str = ""
    manufacturer: str = ""
    model_name: str = ""
    model_number: str = ""
    serial_number: str = ""
    server: str = ""
    """Server header of the response that carried the description."""


def recognise(raw: bytes) -> bool:
    """Return whether the bytes hold a device description, judged by the names in it."""
    start = raw[:MAX_MESSAGE]
    return b"urn:schemas-upnp-org:device-1-0" in start and b"deviceType" in start


def decode(raw: bytes) -> Description:
    """Return the root device of a description. Raises DecodeError."""
    document, server = raw[:MAX_MESSAGE], ""
    if document.lstrip()[:5].upper() == b"HTTP/":
        head = heads.parse(document)
        document, server = heads.entity(head, MAX_MESSAGE)[0], head.get("server") or ""
    root = xml.parse(document)
    device = xml.child(root, "device")
    if device is None:
        raise DecodeError("a document without a device")
    return Description(
        device_type=xml.child_text(device, "deviceType") or "",
        friendly_name=xml.child_text(device, "friendlyName") or "",
        manufacturer=xml.child_text(device, "manufacturer") or "",
        model_name=xml.child_text(device, "modelName") or "",
        model_number=xml.child_text(device, "modelNumber") or "",
        serial_number=xml.child_text(device, "serialNumber") or "",
        server=server,
    )


def observe(message: Description) -> Fields:
    """Return the values as stated; the model number only where there is no model name, since it is often a version."""
    return fields(
        ("upnp.device_type", message.device_type),
        ("upnp.friendly_name", message.friendly_name),
        ("upnp.manufacturer", message.manufacturer),
        ("upnp.model", message.model_name or message.model_number),
        ("upnp.serial", message.serial_number),
        ("upnp.server", message.server),
    )
