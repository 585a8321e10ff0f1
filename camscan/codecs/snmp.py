"""SNMP answers, versions 1 and 2c: what the system group says of a device.

Source: RFC 1157 §4 and RFC 3416 §3 (messages), RFC 1213 and RFC 3418 (system group), ITU-T X.690 §8 (encoding). Status: documented.
Wire layout, each part behind its tag and length:

| part | tag | meaning |
|------|-----|---------|
| message | 30 | sequence of the next three |
| version | 02 | 0 = version 1, 1 = version 2c |
| community | 04 | in effect a password: it is neither decoded nor kept |
| PDU | A2 | GetResponse: request id, error status, error index, bindings |
| bindings | 30 | sequence of sequences: name 06, value |

No probe is sent: communities come from an operator alone. Answers to others are read where a capture holds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from camscan.codecs import ber
from camscan.codecs.base import Cursor, DecodeError, Probe, fields, text, unit_mac, unit_mac_from_text
from camscan.model import Datagram, Fields

NAME = "snmp"
PORTS: tuple[int, ...] = (161,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = ()
BEGINS: tuple[bytes, ...] = ()

SYS_DESCR, SYS_OBJECT_ID, SYS_NAME = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.5.0"
MAX_BINDINGS = 64
PRIVATE_OBJECTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "1.3.6.1.4.1.39165": (
        ("1.3.6.1.4.1.39165.1.1.0", ""),
        ("1.3.6.1.4.1.39165.1.3.0", ""),
        ("1.3.6.1.4.1.39165.1.4.0", "snmp.mac"),
        ("1.3.6.1.4.1.39165.1.6.0", ""),
    ),
    "1.3.6.1.4.1.1004849": (
        ("1.3.6.1.4.1.1004849.2.1.1.1.0", ""),
        ("1.3.6.1.4.1.1004849.2.1.2.4.0", "snmp.serial"),
        ("1.3.6.1.4.1.1004849.2.1.2.6.0", ""),
    ),
}
"""Objects of makers' own trees that say what a device is: by the maker's number, and the field where one is a claim."""
_PRIVATE = {name: field for objects in PRIVATE_OBJECTS.values() for name, field in objects}
_GET_RESPONSE = 0xA2
_PDUS = range(0xA0, 0xA9)
_VERSIONS = frozenset({0, 1})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. Only an answer has bindings."""

    version: int
    """As on the wire."""
    is_answer: bool
    bindings: tuple[tuple[str, str], ...] = ()
    """Names and values that are text or names, in order, ≤ MAX_BINDINGS."""

    def get(self, name: str) -> str:
        """Return the value bound to a name; empty where there is none."""
        return next((value for key, value in self.bindings if key == name), "")


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return none: to ask takes a community, and no password is guessed."""
    return ()


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram between ports of SNMP begins as a sequence."""
    return (datagram.src.port in PORTS or datagram.dst.port in PORTS) and datagram.payload[:1] == bytes([ber.SEQUENCE])


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    message = ber.inside(Cursor(payload), ber.SEQUENCE)
    version = int.from_bytes(ber.content(message, ber.INTEGER))
    if version not in _VERSIONS:
        raise DecodeError("neither version 1 nor 2c")
    ber.content(message, ber.OCTETS)
    tag, pdu = ber.element(message)
    if tag not in _PDUS:
        raise DecodeError("no PDU")
    return of_response(pdu, version) if tag == _GET_RESPONSE else Message(version=version, is_answer=False)


def of_response(pdu: bytes, version: int) -> Message:
    """Return the message of a GetResponse's content, without its tag and length. Raises DecodeError."""
    cursor = Cursor(pdu)
    for _ in ("request id", "error status", "error index"):
        ber.content(cursor, ber.INTEGER)
    return Message(version=version, is_answer=True, bindings=tuple(_bindings(ber.inside(cursor, ber.SEQUENCE))))


def observe(message: Message) -> Fields:
    """Return the system group and what is known of makers' own trees; empty for questions and traps."""
    return fields(
        ("snmp.sysdescr", message.get(SYS_DESCR)),
        ("snmp.sysobjectid", message.get(SYS_OBJECT_ID)),
        ("snmp.sysname", message.get(SYS_NAME)),
        *_private(message),
    )


def private_objects(sys_object_id: str) -> tuple[str, ...]:
    """Return the objects of a maker's own tree that an agent with this number may have; all that are known where it states none."""
    if sys_object_id in ("", "0.0"):
        return tuple(_PRIVATE)
    tree = ".".join(sys_object_id.split(".")[:7])
    return tuple(name for name, _ in PRIVATE_OBJECTS.get(tree, ()))


def without_secrets(payload: bytes) -> bytes:
    """Return a message of the same length with its community blanked; empty for what cannot be read that far."""
    whole = Cursor(payload)
    try:
        message = ber.inside(whole, ber.SEQUENCE)
        ber.content(message, ber.INTEGER)
        community = ber.content(message, ber.OCTETS)
    except DecodeError:
        return b""
    end = whole.position - message.left
    return payload[: end - len(community)] + b"*" * len(community) + payload[end:]


def _bindings(cursor: Cursor) -> Iterator[tuple[str, str]]:
    for _ in range(MAX_BINDINGS):
        if not cursor.left:
            return
        binding = ber.inside(cursor, ber.SEQUENCE)
        name = ber.dotted(ber.arcs(ber.content(binding, ber.OID)))
        tag, value = ber.element(binding)
        if tag == ber.OCTETS:
            yield name, _text(name, value)
        elif tag == ber.OID and value:  # agents without a number of their own send an empty one
            yield name, ber.dotted(ber.arcs(value))


def _text(name: str, value: bytes) -> str:
    """Return an octet string as text; a MAC of six bytes in its usual form where the object holds one."""
    if _PRIVATE.get(name) == "snmp.mac":
        return unit_mac(value) or unit_mac_from_text(text(value).strip("\0\r\n")) or ""
    return text(value).strip("\0\r\n")


def _private(message: Message) -> Iterator[tuple[str, str | None]]:
    for name, value in message.bindings:
        if name in _PRIVATE and value:
            yield "snmp.private", f"{name}={value}"
            if _PRIVATE[name]:
                yield _PRIVATE[name], value
