"""What arrives: datagrams, frames and the heads of connections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address

Fields = tuple[tuple[str, str], ...]
"""Sorted pairs of a field name of fingerprints/fields.toml and a value; a name may occur several times."""
MAX_VALUE = 8 * 1024
"""Characters kept of one field value."""
MAX_RAW = 16 * 1024
"""Bytes kept of one message."""


class Via(StrEnum):
    """How a message reached us; provenance only, never a branch in a codec."""

    ACTIVE = "active"
    PASSIVE = "passive"
    PCAP = "pcap"
    IMPORT = "import"
    ATTESTED = "attested"


OVERHEARD = frozenset({Via.PASSIVE, Via.PCAP})
"""How that reached us which others said past us: less of it is kept than of what we were answered or given."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and a port of UDP or TCP."""

    ip: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Datagram:
    """One UDP payload as it arrived, ≤ 64 KiB."""

    payload: bytes
    src: Endpoint
    dst: Endpoint
    received_at: datetime
    via: Via
    src_mac: str | None = None
    """Source MAC of the frame, or of the neighbour table; never a claim of the payload."""
    solicited: bool = False
    """It came to a port of ours from which we ask, and to which nothing else is sent than answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One layer-2 frame, ≤ 64 KiB (mirror ports deliver merged frames)."""

    payload: bytes
    received_at: datetime
    via: Via


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamHead:
    """The first bytes of a TCP connection, ≤ 16 KiB a direction. `server` is the side that was connected to."""

    client: Endpoint
    server: Endpoint
    sent: bytes
    """What the client said."""
    received: bytes
    """What the server said."""
    received_at: datetime
    via: Via
    server_mac: str | None = None
    client_mac: str | None = None
    over_tls: bool = False
    """The bytes travelled inside TLS; only the end of the connection can have read them."""
    from_start: bool = False
    """Both sides were heard from their first byte on."""


Carrier = Datagram | Frame | StreamHead


@lru_cache(maxsize=16 * 1024)
def address_order(ip: str | None) -> tuple[int, int]:
    """Return a key that sorts addresses by family and number; None comes last."""
    if ip is None:
        return (9, 0)
    parsed = ip_address(ip)
    return (parsed.version, int(parsed))


def is_local_mac(mac: str) -> bool:
    """Return whether a MAC is locally administered or a group address: such a MAC is never an identity."""
    return int(mac[:2], 16) & 0b11 != 0
