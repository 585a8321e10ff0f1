"""DHCP: what a client says of itself when it asks for an address.

Source: RFC 2131, RFC 2132, RFC 3396 (long options); vendor classes of Axis cameras. Status: documented. Wire layout:

| offset | size | meaning |
|--------|------|---------|
| 0 | 1 | 1 = from a client |
| 1 | 1, 1 | hardware type and address length |
| 24 | 4 | relay agent; zero where the client itself is heard |
| 28 | 16 | client hardware address |
| 236 | 4 | 63 82 53 63 |
| 240 | … | options: code, length, content; 0 is padding, 255 the end |
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import Cursor, DecodeError, Probe, fields, mac_text, text
from camscan.model import Datagram, Fields

NAME = "dhcp"
PORTS: tuple[int, ...] = (67, 68)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = ()
BEGINS: tuple[bytes, ...] = ()

_SERVER_PORT = 67
_FROM_CLIENT = 1
_ETHERNET, _MAC_LENGTH = 1, 6
_COOKIE = b"\x63\x82\x53\x63"
_PAD, _END = 0, 255
_HOSTNAME, _TYPE, _PARAMETERS, _VENDOR_CLASS = 12, 53, 55, 60
_TYPES = {1: "DISCOVER", 3: "REQUEST", 4: "DECLINE", 7: "RELEASE", 8: "INFORM"}
"""Messages of clients; the others are those of servers."""
_MAX_OPTIONS = 128
_OPTIONS_AT = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a client."""

    type: str
    """In upper case; empty for one of a server."""
    hardware_address: str | None
    """MAC; None for other hardware."""
    relayed: bool
    """A relay agent sent the packet, so its addresses are not the client's."""
    options: tuple[tuple[int, bytes], ...]
    """Code and content, in order of their first part."""

    def option(self, code: int) -> bytes:
        """Return the content of an option; empty where it is absent."""
        return next((content for number, content in self.options if number == code), b"")


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return none: a scanner has no business in the leases of a network."""
    return ()


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram goes to a DHCP server."""
    return datagram.dst.port == _SERVER_PORT


def steady(payload: bytes) -> bytes:
    """Return a message without its transaction id and the seconds since the client began."""
    return payload[:4] + payload[10:] if len(payload) > _OPTIONS_AT else payload


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    cursor = Cursor(payload)
    operation, hardware, length = cursor.u8(), cursor.u8(), cursor.u8()
    cursor.take(21)
    relay, address = cursor.take(4), cursor.take(16)
    cursor.take(192)
    if operation not in (1, 2) or cursor.take(4) != _COOKIE:
        raise DecodeError("not a DHCP message")
    options = _options(cursor)
    kind = options.get(_TYPE, b"")
    return Message(
        type=_TYPES.get(kind[0], "") if kind and operation == _FROM_CLIENT else "",
        hardware_address=mac_text(address[:_MAC_LENGTH]) if (hardware, length) == (_ETHERNET, _MAC_LENGTH) else None,
        relayed=any(relay),
        options=tuple(options.items()),
    )


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for a server's, and for a relayed one, whose source is not the client."""
    if not message.type or message.relayed:
        return ()
    return fields(
        ("dhcp.message", message.type),
        ("dhcp.mac", message.hardware_address),
        ("dhcp.vendor_class", text(message.option(_VENDOR_CLASS)).rstrip("\0")),
        ("dhcp.hostname", text(message.option(_HOSTNAME)).rstrip("\0")),
        ("dhcp.parameters", ",".join(map(str, message.option(_PARAMETERS)))),
    )


def _options(cursor: Cursor) -> dict[int, bytes]:
    """Return the options by code; those that occur in parts are joined, RFC 3396."""
    options: dict[int, bytes] = {}
    for _ in range(_MAX_OPTIONS):
        while cursor.left and cursor.buffer[cursor.position] == _PAD:
            cursor.position += 1
        if not cursor.left:
            return options  # some clients leave out the end mark
        code = cursor.u8()
        if code == _END:
            return options
        options[code] = options.get(code, b"") + cursor.take(cursor.u8())
    raise DecodeError("too many options")
