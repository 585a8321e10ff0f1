"""DHCPv6: what a client says of itself when it asks for an address or for settings.

Source: RFC 8415 §8, §11, §21; RFC 4704 (name of the client). Status: documented. UDP 547 of servers, to ff02::1:2. Wire layout:
type (1), transaction (3), then options: code (2), length (2), content, big-endian.

| code | content |
|------|---------|
| 1 | identifier of the client: kind (2), then by kind: 1 hardware type (2), time (4), MAC; 3 hardware type (2), MAC; 2 and 4 others |
| 6 | codes of the options that the client wants |
| 16 | vendor class: number of the enterprise (4), then texts, each behind its length (2) |
| 17 | vendor's own options: number of the enterprise (4), then code (2), length (2), content |
| 39 | name of the client: flags (1), name as in DNS, whose end may be left open |
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from camscan.codecs.base import Cursor, DecodeError, Probe, fields, padded_text, text, unit_mac
from camscan.model import Datagram, Fields

NAME = "dhcpv6"
PORTS: tuple[int, ...] = (547, 546)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = ()
BEGINS: tuple[bytes, ...] = ()

MAX_OPTIONS = 64
MAX_PARTS = 16
"""Texts of a vendor class, and options of a vendor."""
_SERVER_PORT = 547
_TYPES = {
    1: "SOLICIT",
    3: "REQUEST",
    4: "CONFIRM",
    5: "RENEW",
    6: "REBIND",
    8: "RELEASE",
    9: "DECLINE",
    11: "INFORMATION-REQUEST",
}
"""Messages of clients; 2, 7 and 10 are those of servers, 12 and 13 those of relays."""
_HIGHEST_TYPE = 13
_RELAYED = frozenset({12, 13})
_CLIENT, _WANTED, _VENDOR_CLASS, _VENDOR_OPTIONS, _FQDN = 1, 6, 16, 17, 39
_WITH_TIME, _PLAIN = 1, 3
_ETHERNET = 1
_LONGEST_LABEL = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message."""

    type: str
    """In upper case; empty for one of a server or a relay."""
    options: tuple[tuple[int, bytes], ...] = ()
    """Code and content, the first of each code."""

    def option(self, code: int) -> bytes:
        """Return the content of an option; empty where it is absent."""
        return next((content for number, content in self.options if number == code), b"")


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return none: a scanner has no business in the leases of a network."""
    return ()


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram goes to a server."""
    return datagram.dst.port == _SERVER_PORT


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    cursor = Cursor(payload)
    number = cursor.u8()
    if not 0 < number <= _HIGHEST_TYPE:
        raise DecodeError(f"DHCPv6 message {number}")
    if number in _RELAYED:
        return Message(type="")
    cursor.take(3)
    options: dict[int, bytes] = {}
    while cursor.left and len(options) < MAX_OPTIONS:
        code = cursor.u16()
        content = cursor.take(cursor.u16())
        options.setdefault(code, content)
    return Message(type=_TYPES.get(number, ""), options=tuple(options.items()))


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for one that does not come from the client itself."""
    if not message.type:
        return ()
    wanted = message.option(_WANTED)
    return fields(
        ("dhcpv6.message", message.type),
        ("dhcpv6.mac", _mac(message.option(_CLIENT))),
        ("dhcpv6.hostname", _name(message.option(_FQDN)[1:])),
        ("dhcpv6.parameters", ",".join(str(int.from_bytes(wanted[at : at + 2])) for at in range(0, len(wanted) & ~1, 2))),
        *(("dhcpv6.enterprise", _enterprise(message.option(code))) for code in (_VENDOR_CLASS, _VENDOR_OPTIONS)),
        ("dhcpv6.vendor_class", ",".join(map(padded_text, _texts(message.option(_VENDOR_CLASS))))),
        *(("dhcpv6.vendor_option", one) for one in _vendor_options(message.option(_VENDOR_OPTIONS))),
    )


def _mac(identifier: bytes) -> str | None:
    """Return the MAC in a client's identifier; None where it is made of something else."""
    kind, hardware = int.from_bytes(identifier[:2]), int.from_bytes(identifier[2:4])
    if hardware != _ETHERNET or kind not in (_WITH_TIME, _PLAIN):
        return None
    return unit_mac(identifier[8:] if kind == _WITH_TIME else identifier[4:])


def _enterprise(content: bytes) -> str | None:
    return str(int.from_bytes(content[:4])) if len(content) >= 4 else None


def _texts(content: bytes) -> Iterator[bytes]:
    """Yield the texts of a vendor class, up to the first that is cut off."""
    cursor = Cursor(content, min(4, len(content)))
    for _ in range(MAX_PARTS):
        if cursor.left < 2:
            return
        length = cursor.u16()
        if length > cursor.left:
            return
        yield cursor.take(length)


def _vendor_options(content: bytes) -> Iterator[str]:
    """Yield `code=value` of each option of a vendor that holds text."""
    cursor = Cursor(content, min(4, len(content)))
    for _ in range(MAX_PARTS):
        if cursor.left < 4:
            return
        code, length = cursor.u16(), cursor.u16()
        if length > cursor.left:
            return
        value = padded_text(cursor.take(length))
        if value.isprintable() and value:
            yield f"{code}={value}"


def _name(encoded: bytes) -> str:
    """Return a name of labels behind their lengths, without compression; what is not one is no name."""
    labels: list[str] = []
    position = 0
    while position < len(encoded) and (size := encoded[position]):
        label = encoded[position + 1 : position + 1 + size]
        if size > _LONGEST_LABEL or len(label) < size:
            return ""
        labels.append(text(label))
        position += 1 + size
    return ".".join(labels)
