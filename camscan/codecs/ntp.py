"""NTP: a device that asks for the time, and whom.

Source: RFC 5905 §7.3 (mode 3), RFC 4330. Status: documented. Wire layout: UDP 123, 48 bytes or more; in the first byte two bits of
leap warning, three of the version, three of the mode: 3 is a client. Answers and broadcasts of servers say nothing of a camera.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import DecodeError, Probe, fields, ip_from_text
from camscan.model import Datagram, Endpoint, Fields

NAME = "ntp"
PORTS: tuple[int, ...] = (123,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = ()
BEGINS: tuple[bytes, ...] = ()

_MINIMUM = 48
_CLIENT = 3
_VERSIONS = range(1, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message."""

    version: int
    is_request: bool
    """A client asks a server."""


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return none: a clock says nothing of its maker."""
    return ()


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram goes to a server."""
    return datagram.dst.port in PORTS


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    if len(payload) < _MINIMUM:
        raise DecodeError(f"a message of {len(payload)} bytes")
    version, mode = payload[0] >> 3 & 7, payload[0] & 7
    if version not in _VERSIONS:
        raise DecodeError(f"NTP version {version}")
    return Message(version=version, is_request=mode == _CLIENT)


def observe(message: Message) -> Fields:
    """Return that the sender is a client; empty for the messages of servers."""
    return fields(("ntp.mode", "client" if message.is_request else None))


def observe_towards(message: Message, receiver: Endpoint) -> Fields:
    """Return what `observe` does, with the address of the server that is asked."""
    said = observe(message)
    return fields(*said, ("ntp.server", ip_from_text(receiver.ip))) if said else ()
