"""ISAPI DeviceInfo of Hikvision firmware, as XML alone or inside an HTTP response.

Source: Hikvision ISAPI developer guide, "/ISAPI/System/deviceInfo"; replies of DS-2CD units. Status: documented. Namespaces
differ between firmware versions (hikvision.com, isapi.org, std-cgi.com): elements are matched by local name.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs import head as heads
from camscan.codecs import xml
from camscan.codecs.base import DecodeError, fields, mac_from_text
from camscan.model import Fields

NAME = "isapi"

MAX_MESSAGE = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo:
    """What the firmware says of its device; empty texts where it left an element out."""

    model: str = ""
    serial_number: str = ""
    mac_address: str = ""
    firmware_version: str = ""
    device_type: str = ""
    manufacturer: str = ""


def decode(raw: bytes) -> DeviceInfo:
    """Return the device information. Raises DecodeError."""
    document = raw[:MAX_MESSAGE]
    if document.lstrip()[:5].upper() == b"HTTP/":
        document, _ = heads.entity(heads.parse(document), MAX_MESSAGE)
    root = xml.parse(document)
    if xml.local(root) != "DeviceInfo":
        raise DecodeError(f"{xml.local(root)[:40]} is not DeviceInfo")
    return DeviceInfo(
        model=xml.child_text(root, "model") or "",
        serial_number=xml.child_text(root, "serialNumber") or "",
        mac_address=xml.child_text(root, "macAddress") or "",
        firmware_version=xml.child_text(root, "firmwareVersion") or "",
        device_type=xml.child_text(root, "deviceType") or "",
        manufacturer=xml.child_text(root, "manufacturer") or "",
    )


def observe(message: DeviceInfo) -> Fields:
    """Return the values as stated, the MAC canonical."""
    return fields(
        ("isapi.firmware", message.firmware_version),
        ("isapi.mac", mac_from_text(message.mac_address)),
        ("isapi.manufacturer", message.manufacturer),
        ("isapi.model", message.model),
        ("isapi.serial", message.serial_number),
        ("isapi.type", message.device_type),
    )
