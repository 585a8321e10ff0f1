"""Puts TCP segments together to the first bytes of each connection, in either order, with losses, and without a clock.

Source: RFC 9293. Where two segments say different things about the same byte, the first one seen holds. How much a connection
carried follows from its sequence numbers, which also count what the capture missed; that much was missed at once is believed where
a later segment or an acknowledgement shows it too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from camscan.codecs.frame import ACK, FIN, RST, SYN, Packet, link_mac
from camscan.codecs.unicast import is_global, packed
from camscan.model import Endpoint, StreamHead, Via

MAX_HEAD = 16 * 1024
"""Bytes kept of each direction."""
MAX_CONNECTIONS = 4096
IDLE = timedelta(seconds=30)
"""A connection that was silent for so long, by the times of the packets, is given as it is."""
_MAX_WAITING = 32
"""Segments kept that wait for one before them, in one direction."""

MAX_ROLES = 8192
"""Connections of which it stays known who the server was, though they were silent for long."""
LEAP = 128 * 1024
"""Bytes between two segments up to which nothing but what a reader left out needs to be missing."""
BUSY = 128 * 1024
"""Bytes that one side of a connection carried before it is taken for video."""
_SYSTEM_PORTS = 1024
"""Below are the ports that RFC 6335 assigns to services."""

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
    torn: bool = False
    """What follows `head` was cut off by whoever captured it."""
    last: int | None = None
    """Sequence number behind the last byte, as the FIN states it."""
    leap: tuple[int, int] | None = None
    """Where a segment begins and ends that stands alone, far ahead: one byte that strayed must not count for gigabytes."""
    joined: bool = False
    """Another segment followed the first one."""

    @property
    def full(self) -> bool:
        """Whether no further byte is kept."""
        return self.torn or len(self.head) >= MAX_HEAD

    @property
    def finished(self) -> bool:
        """Whether all is there that will be kept."""
        return self.full or (self.end is not None and len(self.head) >= self.end)

    @property
    def exact(self) -> bool:
        """Whether `carried` is all that was sent: beginning and end were seen, and nothing beyond."""
        return self.from_start and self.last == self.seq and self.leap is None

    def start(self, base: int) -> None:
        """Take the SYN."""
        self._begin_at(base)
        self.from_start = True
        self.head.clear()
        self.waiting.clear()

    def reach(self, seq: int, size: int) -> None:
        """Count a segment of `size` bytes, and what is missing before it; much of that once it is confirmed."""
        is_first = self.base is None
        if is_first:
            self._begin_at(seq)
        more = _signed(seq + size - self.seq)
        if more - size > LEAP:
            if self.leap is None or _signed(seq - self.leap[0]) < 0:
                self.leap = seq, (seq + size) & 0xFFFFFFFF
            elif seq != self.leap[0]:
                self._land()
                self.reach(seq, size)
        elif more > 0:
            self.carried += more
            self.seq = (seq + size) & 0xFFFFFFFF
            self.joined = not is_first
            if self.leap is not None and _signed(self.seq - self.leap[1]) >= 0:
                self.leap = None
        self.tick = self.seq >> 16 & 0xFF

    def acknowledge(self, ack: int) -> None:
        """Take what the other side states that it received."""
        if self.leap is not None and 0 <= _signed(ack - self.leap[1]) <= LEAP:
            self._land()

    def joins(self, seq: int) -> bool:
        """Return whether nothing is missing between `head` and a byte."""
        return self.base is not None and _signed(seq - self.base) <= len(self.head)

    def _land(self) -> None:
        """Count up to a segment that stood alone."""
        assert self.leap is not None
        begin, end = self.leap
        # Of a connection that was under way, the first segment may be the one that strayed.
        self.carried += _signed(end - (self.seq if self.from_start or self.joined else begin))
        self.seq, self.leap, self.joined = end, None, True

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
            before = _signed(self.base - base)
            self.carried = self.carried if before > LEAP else max(0, self.carried + before)
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
    went_on: bool = False
    """More was seen than segments that ask for it, take it or refuse it."""

    @property
    def answered(self) -> bool:
        """Whether it came about."""
        return self.accepted or self.went_on

    @property
    def server(self) -> tuple[Endpoint, Direction]:
        """The side that was connected to."""
        return self.ends[self.server_at], self.sides[self.server_at]

    @property
    def client(self) -> tuple[Endpoint, Direction]:
        """The side that connected."""
        return self.ends[1 - self.server_at], self.sides[1 - self.server_at]


class Streams:
    """The connections of one capture; at most MAX_CONNECTIONS at a time, the longest silent are given up first.

    Of a connection whose head was given, segments without SYN, FIN and RST may be left out by whoever reads the capture: `skippable`
    says which.
    """

    def __init__(
        self, via: Via, ended: Callable[[Connection], None] = lambda connection: None, ports: Container[int] = ()
    ) -> None:
        """Take who is called with each connection that is forgotten, and the ports on which servers are known to listen."""
        self._via = via
        self._tell_ended = ended
        self._ports = ports
        self._connections: OrderedDict[Key, Connection] = OrderedDict()
        self._roles: OrderedDict[Key, int] = OrderedDict()
        """Which end was the server of connections that are forgotten and had a handshake."""
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
            connection = self._connections[key] = Connection(ends, self._server_at(key, packet, side), at, at)
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

    def busy(self) -> list[bytes]:
        """Return what is skippable over IPv4 and carried more than a page does, as `skippable` has it."""
        return [mark for mark, direction in self.skippable.items() if len(mark) == 12 and direction.carried >= BUSY]

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
        elif not flags & RST:
            connection.went_on = True
        size = len(packet.payload) + packet.missing
        if size or flags & FIN:
            direction.reach(seq, size)
        if flags & ACK and not flags & RST:
            connection.sides[1 - side].acknowledge(packet.ack)
        if flags & FIN and direction.end is None:
            assert direction.base is not None
            direction.last = (seq + size) & 0xFFFFFFFF
            direction.end = max(0, _signed(direction.last - direction.base))
        return seq

    def _take(self, connection: Connection, direction: Direction, packet: Packet, seq: int, at: datetime) -> bool:
        """Add a segment; return whether nothing more is wanted of the connection."""
        if packet.payload and not direction.full:
            direction.add(seq, packet.payload, at)
        if packet.missing and direction.joins(seq + len(packet.payload)):
            direction.torn = True
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
        if connection.accepted or (connection.went_on and connection.client[1].from_start):
            self._roles[key] = connection.server_at
            if len(self._roles) > MAX_ROLES:
                self._roles.popitem(last=False)
        self._tell_ended(connection)

    def _server_at(self, key: Key, packet: Packet, side: int) -> int:
        """Return which end is the server's: the handshake says it.

        Of a connection under way it is the one that was the server before, the one at a port of servers, the one that is no neighbour,
        or the one with the lower port.
        """
        if packet.flags & SYN:
            return side if packet.flags & ACK else 1 - side
        if (known := self._roles.get(key)) is not None:
            return known
        first = key[1] < _SYSTEM_PORTS or key[1] in self._ports, is_global(key[0])
        second = key[3] < _SYSTEM_PORTS or key[3] in self._ports, is_global(key[2])
        for one, other in zip(first, second, strict=True):
            if one != other:
                return int(other)
        return 1 - side if key[1] == key[3] else int(key[3] < key[1])

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
            server_mac=link_mac(server.mac, server.hop_limit),
            client_mac=link_mac(client.mac, client.hop_limit),
            from_start=server.from_start and client.from_start,
        )
        connection.marks = _marks(client_end, server_end)
        self.skippable.update(zip(connection.marks, (client, server), strict=True))
        for side in (server, client):
            side.head.clear()
            side.waiting.clear()
        return [head]


def _marks(client: Endpoint, server: Endpoint) -> tuple[bytes, bytes]:
    """Return how the packets of client and server are known."""
    source, target = packed(client.ip), packed(server.ip)
    ports = client.port.to_bytes(2), server.port.to_bytes(2)
    return source + target + ports[0] + ports[1], target + source + ports[1] + ports[0]


def _restarts(direction: Direction, packet: Packet) -> bool:
    """Return whether a SYN opens another connection between the same ports."""
    opens = packet.flags & SYN and not packet.flags & ACK
    return bool(opens) and direction.base is not None and direction.base != (packet.seq + 1) & 0xFFFFFFFF


def _signed(difference: int) -> int:
    """Return the distance of two sequence numbers, which wrap around at 2³²."""
    return (difference + 0x80000000) % 0x100000000 - 0x80000000
