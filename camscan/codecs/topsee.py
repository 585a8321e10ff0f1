"""Discovery of Topsee (Tianshitong) firmware: an XML document that every device broadcasts when it is asked.

Source: a public client with captures, and published sources of two device stacks that answer in the same form. Status:
reverse-engineered. UDP 3001; the answer is broadcast to port 3001, whichever port asked.

| place | meaning |
|-------|---------|
| `MESSAGE_HEADER@Msg_type`, `@Msg_code` | SYSTEM_SEARCHIPC_MESSAGE; 1 search, 3 answer |
| `MESSAGE_BODY/DEVICE_TYPE@DeviceType`, `@DeviceModule` | class and model |
| `IPC_SERIALNUMBER@SerialNumber` | serial |
| `LANConfig@MacAddress`, `@IPAddress` | MAC, address |
| `UserConfig/Account@Username`, `@Password` | every account of the device, in clear |
| `MediaStreamConfig/StreamAccess@WEBPort`, `@VideoPort` | ports |

The root is XML_TOPSEE; a stack that descends from it writes XML_ANJVISION. The accounts are never read: what is kept of an answer
is a document with the values above and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs import xml
from camscan.codecs.base import DecodeError, Probe, fields, ipv4_from_text, mac_from_text
from camscan.model import MAX_VALUE, Datagram, Fields

NAME = "topsee"
PORTS: tuple[int, ...] = (3001,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = (3001,)

_TYPE = "SYSTEM_SEARCHIPC_MESSAGE"
_SEARCH, _ANSWER = "1", "3"
_PROBE = (
    '<?xml version="1.0" encoding="GB2312" ?>\n<XML_TOPSEE>\n'
    f'<MESSAGE_HEADER Msg_type="{_TYPE}" Msg_code="{_SEARCH}" Msg_flag="0"/>\n'
    "<MESSAGE_BODY>\n</MESSAGE_BODY>\n</XML_TOPSEE>"
).encode("ascii")
_READ = {
    "DEVICE_TYPE": ("DeviceType", "DeviceModule"),
    "IPC_SERIALNUMBER": ("SerialNumber",),
    "LANConfig": ("MacAddress", "IPAddress"),
    "StreamAccess": ("WEBPort", "VideoPort"),
}
"""Elements and attributes that are read, and kept."""
_MAX_FRONT = 512
"""Bytes in which the type of message stands."""
_MAX_MESSAGE = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: the name of its root, and the values of _READ."""

    root: str
    values: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """Return the first value of an attribute; empty where it is absent."""
        return next((value for key, value in self.values if key == name and value), "")


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search as broadcast, from the port that answers go to. It has no room for a nonce."""
    return (Probe(payload=_PROBE, port=PORTS[0], broadcast=True, source_port=PORTS[0]),)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram is a document of this protocol, and not the search of a tool."""
    front = datagram.payload[:_MAX_FRONT]
    return _TYPE.encode() in front and f'Msg_code="{_SEARCH}"'.encode() not in front


def decode(payload: bytes) -> Answer:
    """Return the answer. Raises DecodeError."""
    if _TYPE.encode() not in payload[:_MAX_FRONT]:
        raise DecodeError("another document")
    root = xml.parse(payload[:_MAX_MESSAGE])
    header = xml.child(root, "MESSAGE_HEADER")
    if header is None or header.get("Msg_type") != _TYPE or header.get("Msg_code") != _ANSWER:
        raise DecodeError("no answer to a search")
    values = tuple(
        (name, (element.get(name) or "").strip())
        for element in root.iter()
        for name in _READ.get(xml.local(element), ())
        if element.get(name)
    )
    return Answer(root=xml.local(root), values=values[:64])


def observe(message: Answer) -> Fields:
    """Return the answer in the shared vocabulary."""
    return fields(
        ("topsee.root", message.root),
        ("topsee.type", message.get("DeviceType")),
        ("topsee.model", message.get("DeviceModule")),
        ("topsee.serial", message.get("SerialNumber")),
        ("topsee.mac", mac_from_text(message.get("MacAddress"))),
        ("topsee.ip", ipv4_from_text(message.get("IPAddress"))),
        ("topsee.http_port", message.get("WEBPort")),
        ("topsee.rtsp_port", message.get("VideoPort")),
    )


def without_secrets(payload: bytes) -> bytes:
    """Return a document of the same form with the values that are read and nothing else; empty for what cannot be read."""
    from xml.sax.saxutils import quoteattr  # with which a client of HTTP is loaded

    try:
        message = decode(payload)
    except DecodeError:
        return b""
    lines = [f"<{message.root}>", f'<MESSAGE_HEADER Msg_type="{_TYPE}" Msg_code="{_ANSWER}"/>']
    for element, names in _READ.items():
        said = [f" {name}={quoteattr(value[:MAX_VALUE])}" for name in names if (value := message.get(name))]
        if said:
            lines.append(f"<{element}{''.join(said)}/>")
    return "\n".join([*lines, f"</{message.root}>"]).encode("utf-8", "replace")
