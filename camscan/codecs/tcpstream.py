"""Puts TCP segments together to the first bytes of each connection, in either order, with losses, and without a clock.

Source: RFC 9293. Where two segments say different things about the same byte, the first one seen holds. How much a connection
carried follows from its sequence numbers, which also count what the capture missed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address

from camscan.codecs.frame import ACK, FIN, RST, SYN, Packet
from camscan.model import Endpoint, StreamHead, Via

MAX_HEAD = 16 * 1024
"""Bytes kept of each direction."""
MAX_CONNECTIONS = 4096
IDLE = timedelta(seconds=30)
"""A connection that was silent for so long, by the times of the packets, is given as it is."""
_MAX_WAITING = 32
"""Segments kept that wait for one before them, in one direction."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

Key = tuple[str, int, str, int]


@dataclass(slots=True)
class Direction:
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
    hop_limit: int = 0
    """Of the first segment, as it arrived; 0 where there was none."""
    first_at: datetime | None = None
    carried: int = 0
    """Bytes from `base` to the last one that is known to have been sent."""
    seq: int = 0
    """Sequence number behind that byte."""
    tick: int = 0
    """Bits 16 to 23 of `seq`: whoever leaves segments out calls `reach` where these differ, so that none of 4 GiB is missed."""
    awake: bool = False
    """Segments were left out since one was handed in."""

    @property
    def full(self) -> bool:
        """Whether no further byte is kept."""
        return len(self.head) >= MAX_HEAD

    @property
    def finished(self) -> bool:
        """Whether all is there that will be kept."""
        return self.full or (self.end is not None and len(self.head) >= self.end)

    @property
    def exact(self) -> bool:
        """Whether `carried` is all that was sent: beginning and end were seen."""
        return self.from_start and self.end is not None

    def start(self, base: int) -> None:
        """Take the SYN."""
        self._begin_at(base)
        self.from_start = True
        self.head.clear()
        self.waiting.clear()

    def reach(self, seq: int, size: int) -> None:
        """Count a segment of `size` bytes."""
        if self.base is None:
            self._begin_at(seq)
        more = _signed(seq + size - self.seq)
        if more > 0:
            self.carried += more
            self.seq = (seq + size) & 0xFFFFFFFF
        self.tick = self.seq >> 16 & 0xFF

    def add(self, seq: int, payload: bytes, at: datetime) -> None:
        """Take the bytes of a segment that `reach` has counted."""
        assert self.base is not None
        offset = _signed(seq - self.base)
        if offset < 0 and not self.from_start and offset > -MAX_HEAD and offset + len(payload) >= 0:
            # The capture began inside the connection, with a segment that had overtaken this one.
            self.head[:0] = payload[:-offset]
            self.waiting = {later - offset: chunk for later, chunk in self.waiting.items()}
            self._begin_at(seq)
            offset = 0
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

    def _begin_at(self, base: int) -> None:
        if self.base is None:
            self.seq = base
        else:
            self.carried = max(0, self.carried + _signed(self.base - base))
        self.base = base

    def _append(self, offset: int, payload: bytes) -> None:
        if offset + len(payload) > len(self.head):
            self.head += payload[len(self.head) - offset :]
            del self.head[MAX_HEAD:]


@dataclass(slots=True)
class Connection:
    """One connection while it is known."""

    ends: tuple[Endpoint, Endpoint]
    """Both, in the order of their addresses."""
    server_at: int
    """Which of the two is the server."""
    first_at: datetime
    last_at: datetime
    sides: tuple[Direction, Direction] = field(default_factory=lambda: (Direction(), Direction()))
    """What each of them said."""
    marks: tuple[bytes, ...] = ()
    """How its packets are known, once its head was given; it stays known so that the rest of it does not look like a new one."""
    accepted: bool = False
    """The server was seen to take it."""

    @property
    def server(self) -> tuple[Endpoint, Direction]:
        """The side that was connected to."""
        return self.ends[self.server_at], self.sides[self.server_at]

    @property
    def client(self) -> tuple[Endpoint, Direction]:
        """The side that connected."""
        return self.ends[1 - self.server_at], self.sides[1 - self.server_at]


@dataclass(slots=True, kw_only=True)
class Watch:
    """Who wants to know of what becomes of connections."""

    given: Callable[[Connection, StreamHead], None] = lambda connection, head: None
    """Called with each connection whose head is given."""
    ended: Callable[[Connection], None] = lambda connection: None
    """Called with each connection that is forgotten."""


class Streams:
    """The connections of one capture; at most MAX_CONNECTIONS at a time, the longest silent are given up first.

    Of a connection whose head was given, segments without SYN, FIN and RST may be left out by whoever reads the capture: `skippable`
    says which.
    """

    def __init__(self, via: Via, watch: Watch | None = None) -> None:
        self._via = via
        self._watch = watch or Watch()
        self._connections: OrderedDict[Key, Connection] = OrderedDict()
        self._wake_at = _LONG_AGO
        """No connection becomes idle before."""
        self.skippable: dict[bytes, Direction] = {}
        """By source address, destination address, source port and destination port, as they follow each other in the packet."""
        self.pushed_out = 0
        """Connections that were given up because there were too many."""

    def feed(self, packet: Packet, at: datetime) -> tuple[StreamHead, ...]:
        """Take one TCP segment, and return the heads that are complete, idle or pushed out by it."""
        given = self._expired(at) if at > self._wake_at else []
        side = int((packet.src, packet.src_port) > (packet.dst, packet.dst_port))
        key = (
            (packet.dst, packet.dst_port, packet.src, packet.src_port)
            if side
            else (packet.src, packet.src_port, packet.dst, packet.dst_port)
        )
        connection = self._connections.get(key)
        if connection is not None and _restarts(connection.sides[side], packet):
            given += self._forget(key, connection)
            connection = None
        if connection is None:
            if packet.flags & RST or (packet.flags & FIN and not packet.payload):
                return tuple(given)
            ends = Endpoint(key[0], key[1]), Endpoint(key[2], key[3])
            connection = self._connections[key] = Connection(ends, _server_at(packet, side), at, at)
            if len(self._connections) > MAX_CONNECTIONS:
                self.pushed_out += 1
                given += self._forget(*next(iter(self._connections.items())))
        else:
            self._connections.move_to_end(key)
            if at > connection.last_at:
                connection.last_at = at
            elif at < connection.first_at:
                connection.first_at = at
        direction = connection.sides[side]
        direction.awake = False
        seq = self._count(connection, side, packet)
        if not connection.marks and self._take(connection, direction, packet, seq, at):
            given += self._give(connection)
            if packet.flags & RST:
                self._drop(key, connection)
        return tuple(given)

    def flush(self) -> tuple[StreamHead, ...]:
        """Return what was collected of every open connection, and forget all."""
        return tuple(head for key, connection in list(self._connections.items()) for head in self._forget(key, connection))

    def _count(self, connection: Connection, side: int, packet: Packet) -> int:
        """Count a segment, and return the sequence number of its first byte."""
        direction, seq, flags = connection.sides[side], packet.seq, packet.flags
        if direction.mac is None:
            direction.mac = packet.src_mac
        if not direction.hop_limit:
            direction.hop_limit = packet.hop_limit
        if flags & SYN:
            seq = (seq + 1) & 0xFFFFFFFF
            if not direction.from_start:
                direction.start(seq)
            if flags & ACK:
                connection.accepted = True
                connection.server_at = side
        if packet.payload or flags & FIN:
            direction.reach(seq, len(packet.payload))
        if flags & FIN and direction.end is None:
            assert direction.base is not None
            direction.end = max(0, _signed(seq + len(packet.payload) - direction.base))
        return seq

    def _take(self, connection: Connection, direction: Direction, packet: Packet, seq: int, at: datetime) -> bool:
        """Add a segment; return whether nothing more is wanted of the connection."""
        if packet.payload and not direction.full:
            direction.add(seq, packet.payload, at)
        sides = connection.sides
        return bool(packet.flags & RST) or sides[connection.server_at].full or (sides[0].finished and sides[1].finished)

    def _expired(self, at: datetime) -> list[StreamHead]:
        given: list[StreamHead] = []
        while self._connections:
            key, oldest = next(iter(self._connections.items()))
            self._wake_at = oldest.last_at + IDLE
            if at <= self._wake_at:
                break
            if any(side.awake for side in oldest.sides):
                oldest.last_at = at
                for side in oldest.sides:
                    side.awake = False
                self._connections.move_to_end(key)
                continue
            given += self._forget(key, oldest)
        return given

    def _forget(self, key: Key, connection: Connection) -> list[StreamHead]:
        given = self._give(connection)
        self._drop(key, connection)
        return given

    def _drop(self, key: Key, connection: Connection) -> None:
        del self._connections[key]
        for mark in connection.marks:
            self.skippable.pop(mark, None)
        self._watch.ended(connection)

    def _give(self, connection: Connection) -> list[StreamHead]:
        (server_end, server), (client_end, client) = connection.server, connection.client
        received_at = server.first_at or client.first_at
        if connection.marks or received_at is None:
            return []
        head = StreamHead(
            client=client_end,
            server=server_end,
            sent=bytes(client.head),
            received=bytes(server.head),
            received_at=received_at,
            via=self._via,
            server_mac=server.mac,
            client_mac=client.mac,
        )
        connection.marks = _marks(client_end, server_end)
        self.skippable.update(zip(connection.marks, (client, server), strict=True))
        for side in (server, client):
            side.head.clear()
            side.waiting.clear()
        self._watch.given(connection, head)
        return [head]


def _marks(client: Endpoint, server: Endpoint) -> tuple[bytes, bytes]:
    """Return how the packets of client and server are known."""
    source, target = _packed(client.ip), _packed(server.ip)
    ports = client.port.to_bytes(2), server.port.to_bytes(2)
    return source + target + ports[0] + ports[1], target + source + ports[1] + ports[0]


@lru_cache(maxsize=4096)
def _packed(ip: str) -> bytes:
    return ip_address(ip).packed


def _server_at(packet: Packet, side: int) -> int:
    """Return which end is the server's: the handshake says it; of a connection under way it is the one with the lower port."""
    if packet.flags & SYN:
        return side if packet.flags & ACK else 1 - side
    return side if packet.src_port < packet.dst_port else 1 - side


def _restarts(direction: Direction, packet: Packet) -> bool:
    """Return whether a SYN opens another connection between the same ports."""
    opens = packet.flags & SYN and not packet.flags & ACK
    return bool(opens) and direction.base is not None and direction.base != (packet.seq + 1) & 0xFFFFFFFF


def _signed(difference: int) -> int:
    """Return the distance of two sequence numbers, which wrap around at 2³²."""
    return (difference + 0x80000000) % 0x100000000 - 0x80000000
