"""ISAPI of Hikvision firmware: device information and the channel list of a recorder, as XML alone or inside an HTTP response.

Source: Hikvision ISAPI developer guide, "/ISAPI/System/deviceInfo", "/ISAPI/ContentMgmt/InputProxy/channels" and its "/status";
replies of DS-2CD units. Status: documented. Namespaces differ between firmware versions: elements are matched by local name.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs import head as heads
from camscan.codecs import xml
from camscan.codecs.base import DecodeError, fields, ip_from_text, joined, mac_from_text
from camscan.model import Fields

NAME = "isapi"

DEVICE_INFORMATION = "/ISAPI/System/deviceInfo"
CHANNELS = "/ISAPI/ContentMgmt/InputProxy/channels"
CHANNEL_STATES = "/ISAPI/ContentMgmt/InputProxy/channels/status"
MAX_MESSAGE = 64 * 1024
MAX_CHANNELS = 256
_SECRETS = frozenset({b"userName", b"password"})
"""Elements of a channel list with the account by which the recorder enters the camera."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo:
    """What the firmware says of its device; empty texts where it left an element out."""

    model: str = ""
    serial_number: str = ""
    mac_address: str = ""
    firmware_version: str = ""
    device_type: str = ""
    manufacturer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One camera that a recorder was told to record. All of it is the recorder's word."""

    number: str
    name: str = ""
    protocol: str = ""
    """By which the recorder reaches it: a maker's name (`HIKVISION`), or a standard (`ONVIF`, `RTSP`)."""
    model: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelList:
    """The cameras of a recorder."""

    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStates:
    """(number, whether the recorder reaches the camera) of each channel."""

    states: tuple[tuple[str, bool], ...]


Message = DeviceInfo | ChannelList | ChannelStates


def decode(raw: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    root = xml.parse(_document(raw))
    name = xml.local(root)
    if name == "InputProxyChannelList":
        return ChannelList(channels=tuple(_channel(element) for element in _listed(root, "InputProxyChannel")))
    if name == "InputProxyChannelStatusList":
        return ChannelStates(
            states=tuple(
                (_number(element), (xml.child_text(element, "online") or "").lower() == "true")
                for element in _listed(root, "InputProxyChannelStatus")
            )
        )
    if name != "DeviceInfo":
        raise DecodeError(f"{name[:40]} is not DeviceInfo")
    return DeviceInfo(
        model=xml.child_text(root, "model") or "",
        serial_number=xml.child_text(root, "serialNumber") or "",
        mac_address=xml.child_text(root, "macAddress") or "",
        firmware_version=xml.child_text(root, "firmwareVersion") or "",
        device_type=xml.child_text(root, "deviceType") or "",
        manufacturer=xml.child_text(root, "manufacturer") or "",
    )


def observe(message: Message) -> Fields:
    """Return the values as stated, addresses canonical. A channel: `number|name|protocol|model|address`; a state: `number|online`."""
    match message:
        case ChannelList(channels=channels):
            return fields(
                *(("isapi.channel", joined(one.number, one.name, one.protocol, one.model, one.address)) for one in channels)
            )
        case ChannelStates(states=states):
            return fields(*(("isapi.channel_state", joined(number, "online" if up else "offline")) for number, up in states))
        case DeviceInfo():
            return fields(
                ("isapi.firmware", message.firmware_version),
                ("isapi.mac", mac_from_text(message.mac_address)),
                ("isapi.manufacturer", message.manufacturer),
                ("isapi.model", message.model),
                ("isapi.serial", message.serial_number),
                ("isapi.type", message.device_type),
            )


def without_secrets(raw: bytes) -> bytes:
    """Return the document as it may be kept: without the accounts of cameras. Empty where it cannot be told. Never raises."""
    try:
        document = _document(raw)
    except DecodeError:
        return b""
    if b"\0" in document:  # two bytes a character: elements are not found by their names
        return b""
    first, *rest = document.split(b"<")
    kept, hidden = [first], b""
    for part in rest:
        tag, closed, _ = part.partition(b">")
        name = b"".join(tag.split(None, 1)[:1]).rpartition(b":")[2]
        if hidden:
            if not part.startswith(b"/") or name.lstrip(b"/") != hidden:
                continue
            hidden = b""
        elif name in _SECRETS and not tag.endswith(b"/"):
            hidden = name
            part = tag + closed
        kept.append(b"<" + part)
    return b"".join(kept)


def _document(raw: bytes) -> bytes:
    document = raw[:MAX_MESSAGE]
    if document.lstrip()[:5].upper() == b"HTTP/":
        document, _ = heads.entity(heads.parse(document), MAX_MESSAGE)
    return document


def _listed(root: xml.Element, name: str) -> list[xml.Element]:
    """Return the elements of one name that bear a number, ≤ MAX_CHANNELS."""
    return [element for element in root if xml.local(element) == name and _number(element)][:MAX_CHANNELS]


def _number(element: xml.Element) -> str:
    """Return the number of a channel; empty where it states none."""
    number = xml.child_text(element, "id") or ""
    return number if number.isascii() and number.isdecimal() and len(number) <= 5 else ""


def _channel(element: xml.Element) -> Channel:
    source = xml.child(element, "sourceInputPortDescriptor")

    def told(name: str) -> str:
        return ("" if source is None else xml.child_text(source, name)) or ""

    return Channel(
        number=_number(element),
        name=xml.child_text(element, "name") or "",
        protocol=told("proxyProtocol"),
        model=told("model"),
        address=ip_from_text(told("ipAddress") or told("ipv6Address")) or "",
    )
