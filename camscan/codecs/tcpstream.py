"""Puts TCP segments to connections: the first bytes of each, in either order, with losses, and without a clock.

Source: RFC 9293.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from camscan.codecs.packet import ACK, FIN, RST, SYN, Packet, link_mac
from camscan.codecs.segments import Direction
from camscan.codecs.unicast import is_global, packed
from camscan.model import Endpoint, StreamHead, Via

MAX_CONNECTIONS = 4096
IDLE = timedelta(seconds=30)
"""A connection that was silent for so long, by the times of the packets, is given as it is."""

MAX_ROLES = 8192
"""Connections of which it stays known who the server was, though they were silent for long."""
BUSY = 128 * 1024
"""Bytes that one side of a connection carried before it is taken for video."""
_SYSTEM_PORTS = 1024
"""Below are the ports that RFC 6335 assigns to services."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Key = tuple[str, int, str, int]


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
    given: bool = False
    """Its head was given; it stays known so that the rest of it does not look like a new one."""
    marks: set[bytes] = field(default_factory=set)
    """How the packets are known that may be left out."""
    accepted: bool = False
    """The server was seen to take it."""
    went_on: bool = False
    """More was seen than segments that ask for it, take it or refuse it."""

    @property
    def answered(self) -> bool:
        """Whether it came about."""
        return self.accepted or self.went_on

    def catch_up(self) -> None:
        """Let it last until the latest segment that was left out."""
        for direction in self.sides:
            if direction.skipped_at is not None:
                self.last_at = max(self.last_at, _EPOCH + timedelta(0, *direction.skipped_at[:2]))
                direction.skipped_at = None

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

    Of a direction of which no byte more is kept, segments without SYN, FIN and RST may be left out by whoever reads the capture:
    `skippable` says which.
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
        if connection is not None and _restarts(connection, side, packet):
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
        seq = self._count(connection, side, packet)
        if not connection.given and self._take(connection, side, packet, seq, at):
            given += self._give(connection)
        # What was on its way when a connection that came about was reset is no new one.
        if packet.flags & RST and not connection.answered:
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
        if connection.marks:
            if flags & RST:
                direction.follow(seq)
            if flags & ACK:
                connection.sides[1 - side].follow(packet.ack)
        if flags & FIN and direction.end is None:
            direction.finish((seq + size) & 0xFFFFFFFF)
        return seq

    def _take(self, connection: Connection, side: int, packet: Packet, seq: int, at: datetime) -> bool:
        """Add a segment; return whether nothing more is wanted of the connection."""
        direction = connection.sides[side]
        if packet.payload and not direction.full:
            direction.add(seq, packet.payload, at)
        if packet.missing and direction.joins(seq + len(packet.payload)):
            direction.torn = True
        if direction.full:
            self._leave_out(connection, side)
        sides = connection.sides
        return bool(packet.flags & RST) or sides[connection.server_at].full or (sides[0].finished and sides[1].finished)

    def _expired(self, at: datetime) -> list[StreamHead]:
        given: list[StreamHead] = []
        while self._connections:
            key, oldest = next(iter(self._connections.items()))
            self._wake_at = oldest.last_at + IDLE
            if at <= self._wake_at:
                break
            oldest.catch_up()
            if at <= oldest.last_at + IDLE:
                self._connections.move_to_end(key)
            else:
                given += self._forget(key, oldest)
        return given

    def _forget(self, key: Key, connection: Connection) -> list[StreamHead]:
        given = self._give(connection)
        self._drop(key, connection)
        return given

    def _drop(self, key: Key, connection: Connection) -> None:
        del self._connections[key]
        connection.catch_up()
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
        if connection.given or received_at is None:
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
        connection.given = True
        for side, direction in enumerate(connection.sides):
            self._leave_out(connection, side)
            direction.head.clear()
            direction.waiting.clear()
        return [head]

    def _leave_out(self, connection: Connection, side: int) -> None:
        """Make the segments of one side skippable."""
        source, target = connection.ends[side], connection.ends[1 - side]
        mark = packed(source.ip) + packed(target.ip) + source.port.to_bytes(2) + target.port.to_bytes(2)
        connection.marks.add(mark)
        self.skippable[mark] = connection.sides[side]


def _restarts(connection: Connection, side: int, packet: Packet) -> bool:
    """Return whether a SYN opens another connection between the same ports."""
    direction = connection.sides[side]
    if not packet.flags & SYN or direction.base is None or direction.base == (packet.seq + 1) & 0xFFFFFFFF:
        return False
    # Where a capture began late, the answer to a SYN may come behind content that overtook it.
    return not packet.flags & ACK or direction.from_start or bool(connection.marks)
