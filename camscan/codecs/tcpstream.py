"""Puts TCP segments together to the first bytes of each connection, in either order, with losses, and without a clock.

Source: RFC 9293. Where two segments say different things about the same byte, the first one seen holds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from camscan.codecs.frame import ACK, FIN, RST, SYN, Packet
from camscan.model import Endpoint, StreamHead, Via

MAX_HEAD = 16 * 1024
"""Bytes kept of each direction."""
MAX_CONNECTIONS = 4096
IDLE = timedelta(seconds=30)
"""A connection that was silent for so long, by the times of the packets, is given as it is."""
_MAX_WAITING = 32
"""Segments kept that wait for one before them, in one direction."""

Key = tuple[str, int, str, int]


@dataclass(slots=True)
class _Direction:
    """What one side said."""

    base: int | None = None
    """Sequence number of the first byte."""
    from_start: bool = False
    """The SYN was seen, so nothing can stand before `base`."""
    head: bytearray = field(default_factory=bytearray)
    waiting: dict[int, bytes] = field(default_factory=dict)
    end: int | None = None
    """Offset of the FIN."""
    mac: str | None = None
    first_at: datetime | None = None

    @property
    def full(self) -> bool:
        return len(self.head) >= MAX_HEAD

    @property
    def finished(self) -> bool:
        return self.full or (self.end is not None and len(self.head) >= self.end)

    def start(self, base: int) -> None:
        self.base, self.from_start = base, True
        self.head.clear()
        self.waiting.clear()

    def add(self, seq: int, payload: bytes, at: datetime) -> None:
        if self.base is None:
            self.base = seq
        offset = _signed(seq - self.base)
        if offset < 0 and not self.from_start and offset > -MAX_HEAD and offset + len(payload) >= 0:
            # The capture began inside the connection, with a segment that had overtaken this one.
            self.head[:0] = payload[:-offset]
            self.waiting = {later - offset: chunk for later, chunk in self.waiting.items()}
            self.base, offset = seq, 0
            del self.head[MAX_HEAD:]
        self.first_at = self.first_at or at
        if offset > len(self.head):
            if offset < MAX_HEAD and len(self.waiting) < _MAX_WAITING:
                self.waiting.setdefault(offset, payload[: MAX_HEAD - offset])
            return
        self._append(offset, payload)
        while self.waiting:
            offset = min(self.waiting)
            if offset > len(self.head):
                break
            self._append(offset, self.waiting.pop(offset))

    def _append(self, offset: int, payload: bytes) -> None:
        if offset + len(payload) > len(self.head):
            self.head += payload[len(self.head) - offset :]
            del self.head[MAX_HEAD:]


@dataclass(slots=True)
class _Connection:
    server: Endpoint
    client: Endpoint
    last_at: datetime
    said: dict[Endpoint, _Direction]
    given: bool = False
    """Its head was given; it stays known so that the rest of it does not look like a new one."""


class Streams:
    """The connections of one capture; at most MAX_CONNECTIONS at a time, the longest silent are given up first."""

    def __init__(self, via: Via) -> None:
        self._via = via
        self._connections: OrderedDict[Key, _Connection] = OrderedDict()

    def feed(self, packet: Packet, at: datetime) -> tuple[StreamHead, ...]:
        """Take one TCP segment, and return the heads that are complete, idle or pushed out by it."""
        given = list(self._expired(at))
        src, dst = Endpoint(packet.src, packet.src_port), Endpoint(packet.dst, packet.dst_port)
        key = _key(packet)
        connection = self._connections.get(key)
        if connection is not None and _restarts(connection.said[src], packet):
            given += self._give(connection)
            connection = None
        if connection is None:
            if packet.flags & RST or (packet.flags & FIN and not packet.payload):
                return tuple(given)
            server, client = _sides(packet, src, dst)
            connection = _Connection(server, client, at, {src: _Direction(), dst: _Direction()})
            self._connections[key] = connection
            if len(self._connections) > MAX_CONNECTIONS:
                given += self._give(self._connections.popitem(last=False)[1])
        connection.last_at = max(at, connection.last_at)
        self._connections.move_to_end(key)
        if not connection.given and self._take(connection, connection.said[src], packet, at):
            given += self._give(connection)
            if packet.flags & RST:
                del self._connections[key]
        return tuple(given)

    def flush(self) -> tuple[StreamHead, ...]:
        """Return what was collected of every open connection, and forget all."""
        given = tuple(head for connection in self._connections.values() for head in self._give(connection))
        self._connections.clear()
        return given

    def _take(self, connection: _Connection, direction: _Direction, packet: Packet, at: datetime) -> bool:
        """Add a segment; return whether nothing more is wanted of the connection."""
        direction.mac = direction.mac or packet.src_mac
        seq = packet.seq
        if packet.flags & SYN:
            seq = (seq + 1) & 0xFFFFFFFF
            if not direction.from_start:
                direction.start(seq)
            if packet.flags & ACK and connection.server != Endpoint(packet.src, packet.src_port):
                connection.server, connection.client = connection.client, connection.server
        if packet.payload and not direction.full:
            direction.add(seq, packet.payload, at)
        if packet.flags & FIN and direction.end is None:
            base = seq if direction.base is None else direction.base
            direction.base, direction.end = base, max(0, _signed(seq + len(packet.payload) - base))
        sides = connection.said.values()
        return bool(packet.flags & RST) or connection.said[connection.server].full or all(side.finished for side in sides)

    def _expired(self, at: datetime) -> Iterator[StreamHead]:
        while self._connections:
            key, oldest = next(iter(self._connections.items()))
            if at - oldest.last_at <= IDLE:
                return
            del self._connections[key]
            yield from self._give(oldest)

    def _give(self, connection: _Connection) -> list[StreamHead]:
        server, client = connection.said[connection.server], connection.said[connection.client]
        received_at = server.first_at or client.first_at
        if connection.given or received_at is None:
            return []
        head = StreamHead(
            client=connection.client,
            server=connection.server,
            sent=bytes(client.head),
            received=bytes(server.head),
            received_at=received_at,
            via=self._via,
            server_mac=server.mac,
            client_mac=client.mac,
        )
        connection.given = True
        for side in (server, client):
            side.head.clear()
            side.waiting.clear()
        return [head]


def _key(packet: Packet) -> Key:
    if (packet.src, packet.src_port) <= (packet.dst, packet.dst_port):
        return (packet.src, packet.src_port, packet.dst, packet.dst_port)
    return (packet.dst, packet.dst_port, packet.src, packet.src_port)


def _sides(packet: Packet, src: Endpoint, dst: Endpoint) -> tuple[Endpoint, Endpoint]:
    """Return server and client: the handshake says it; of a connection under way the lower port is the server's."""
    if packet.flags & SYN:
        return (src, dst) if packet.flags & ACK else (dst, src)
    return (src, dst) if src.port < dst.port else (dst, src)


def _restarts(direction: _Direction, packet: Packet) -> bool:
    """Return whether a SYN opens another connection between the same ports."""
    opens = packet.flags & SYN and not packet.flags & ACK
    return bool(opens) and direction.base is not None and direction.base != (packet.seq + 1) & 0xFFFFFFFF


def _signed(difference: int) -> int:
    """Return the distance of two sequence numbers, which wrap around at 2³²."""
    return (difference + 0x80000000) % 0x100000000 - 0x80000000
