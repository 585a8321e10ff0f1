"""Takes the frames of a capture apart: connections are put together here, and all else is passed on as it came.

What this holds and what `messages` holds are apart, so that one process may take apart what another one decodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from struct import Struct
from typing import NamedTuple, Protocol

from camscan.codecs.base import DecodeError
from camscan.codecs.datagrams import Datagrams
from camscan.codecs.flows import Ended, on_link
from camscan.codecs.fragments import Fragments
from camscan.codecs.frame import LINK_ETHERNET, Place, packet_at, place_of, split
from camscan.codecs.outcome import Undecoded
from camscan.codecs.packet import ETHERTYPE_ARP, FIN, RST, SYN, TCP, UDP, Packet
from camscan.codecs.pcapfile import EPOCH, MAX_FRAME, Batch
from camscan.codecs.pcapfile import Frame as RawFrame
from camscan.codecs.registry import STREAM_PORTS
from camscan.codecs.segments import Direction
from camscan.codecs.tcpstream import Connection, Streams
from camscan.codecs.unicast import is_elsewhere, packed
from camscan.model import Endpoint, StreamHead, Via

MAX_OF_DAMAGED = 40
"""Bytes kept of a damaged frame: its headers, and nothing of what somebody said."""
_ARP = ETHERTYPE_ARP.to_bytes(2)
_IPV4 = b"\x08\0\x45"
"""Type of an untagged frame with IPv4, and the first byte of a header without options."""
_FRAGMENT_BITS = 0x3FFF
"""Of the field of flags and offset: there is more, and where this belongs."""
_LEAST_TCP = 54
_MOST_WITHOUT_CONTENT = 94
"""Bytes of a frame with the longest header of TCP and nothing behind it."""

_parts_of_ip = Struct("!12x3s5xHxB2x12sxB7xB").unpack_from
"""Of an untagged frame with TCP or UDP over IPv4: type and first byte of IPv4, flags and offset of a fragment, protocol, addresses and
ports; then of TCP bits 16 to 23 of the sequence number, and flags. One call costs less than as many slices."""


class Program(Protocol):
    """A compiled filter."""

    def filter(self, frame: bytes) -> int:
        """Return 0 for a frame that is not wanted."""
        ...


class Whole(NamedTuple):
    """A packet that had to be taken apart to see that it belongs to no connection, or that came in fragments."""

    packet: Packet
    at: datetime


class Begun(NamedTuple):
    """A client sent its first datagram to a server beyond the link, or had one from there."""

    client: Endpoint
    server: Endpoint


Passed = Batch | Whole | Undecoded | StreamHead | Begun | Ended
"""What is passed on; a batch is of frames that are plain, as `is_plain` says."""
_NOTHING: tuple[Passed, ...] = ()


class Demux:
    """Takes the frames of one capture in order. What it holds is bounded, and what it gave up for that is counted."""

    def __init__(self, via: Via) -> None:
        self._meanwhile: list[Begun | Ended] = []
        """Connections that were forgotten meanwhile, and exchanges of datagrams."""
        self._streams = Streams(via, self._note_end, STREAM_PORTS)
        self._datagrams = Datagrams(
            lambda client, server: self._meanwhile.append(Begun(client, server)), self._meanwhile.append
        )
        self._fragments = Fragments()
        self.frames = 0
        """Frames that were taken."""
        self.skipped = 0
        """Segments of connections of which enough was known, those included that a reader left out by itself, and datagrams of media."""
        self.cut = 0
        """Frames of which only the front was captured, as far as they were looked at."""

    @property
    def skippable(self) -> dict[bytes, Direction]:
        """What of connections need not be looked at, as `Streams.skippable` has them: for readers that cannot call `feed` so often."""
        return self._streams.skippable

    def busy(self) -> list[bytes]:
        """Return those of the skippable that carry so much that a reader does well to leave them out, as `Streams.busy` has them."""
        return self._streams.busy()

    @property
    def dropped(self) -> dict[str, int]:
        """What the caps gave up, by kind."""
        return {"connections": self._streams.pushed_out, "fragments": self._fragments.given_up}

    def take(self, batch: Batch, program: Program | None = None) -> list[Passed]:
        """Return what the frames of a batch are, those that are plain as batches of the same bytes.

        program: the filter that they were not through yet. What runs here for each frame is most of the time that a capture takes.
        """
        blob, frames, link_type = batch
        known, parts_of_ip, instant, epoch = self._streams.skippable.get, _parts_of_ip, timedelta, EPOCH
        unwanted, tcp, udp, ipv4, without_content = SYN | FIN | RST, TCP, UDP, _IPV4, _MOST_WITHOUT_CONTENT
        side_of = self._datagrams.side
        least = _LEAST_TCP if link_type == LINK_ETHERNET else MAX_FRAME + 1
        passed: list[Passed] = []
        plain: list[RawFrame] = []
        skipped = 0
        for raw in frames:
            seconds, microseconds, start, size = raw
            is_datagram = False
            if size >= least:
                kind, part, proto, mark, tick, flags = parts_of_ip(blob, start)
                if (direction := known(mark)) is not None and not flags & unwanted and proto == tcp and kind == ipv4:
                    if program is not None and size <= without_content and not program.filter(blob[start : start + size]):
                        continue
                    skipped += 1
                    direction.skipped_at = raw
                    if tick != direction.tick:
                        direction.reach(int.from_bytes(blob[start + 38 : start + 42]), 0)
                    continue
                is_datagram = proto == udp and kind == ipv4 and not part & _FRAGMENT_BITS
                if is_datagram and int.from_bytes(blob[start + 16 : start + 18]) + 14 > size:
                    is_datagram = False  # cut off
                if is_datagram and not blob[start] & 1 and side_of(mark) is not None:
                    is_datagram = False
            if is_datagram and program is None:
                plain.append(raw)
                continue
            frame = blob[start : start + size]
            if program is not None and not program.filter(frame):
                continue
            if is_datagram:
                plain.append(raw)
            elif is_plain(frame, link_type):
                if self.counts(frame, epoch + instant(0, seconds, microseconds)):
                    self.frames += 1
                    continue
                if self._meanwhile:
                    passed.append(Batch(blob, plain, link_type))
                    passed += self.meanwhile()
                    plain = []
                plain.append(raw)
            elif said := self.feed(frame, epoch + instant(0, seconds, microseconds), link_type):
                if plain:
                    passed.append(Batch(blob, plain, link_type))
                    plain = []
                passed += said
        if plain:
            passed.append(Batch(blob, plain, link_type))
        self.skipped += skipped
        self.frames += skipped
        return passed

    def feed(self, frame: bytes, at: datetime, link_type: int = LINK_ETHERNET) -> Sequence[Passed]:
        """Return what one frame is that is not plain, or what the connections say that it completes or outlasts."""
        self.frames += 1
        place = place_of(frame) if link_type == LINK_ETHERNET else None
        if place is not None and self._skips(frame, place, at):
            return _NOTHING
        try:
            packet = split(frame, link_type) if place is None else packet_at(frame, place)
        except DecodeError as fault:
            return (Undecoded(protocol="frame", reason=str(fault), sample=frame[:MAX_OF_DAMAGED]),)
        self.cut += packet.missing > 0
        if packet.fragment is None:
            return self._of_packet(packet, at)
        return [passed for whole, since in self._fragments.feed(packet, at) for passed in self._of_packet(whole, since)]

    def flush(self) -> Iterator[Passed]:
        """Give the packets that stayed incomplete, and what the connections said that were still open."""
        for packet, at in self._fragments.flush():
            yield from self._of_packet(packet, at)
        yield from self._of_streams(self._streams.flush())
        self._datagrams.flush()
        yield from self.meanwhile()

    def _skips(self, frame: bytes, place: Place, at: datetime) -> bool:
        """Return whether a segment adds nothing to what is known of its connection."""
        _, addresses, transport, _ = place
        direction = self._streams.skippable.get(frame[addresses : transport + 4])
        if direction is None or frame[transport + 13] & (SYN | FIN | RST):
            return False
        since = at - EPOCH
        direction.skipped_at = since.days * 86_400 + since.seconds, since.microseconds
        if frame[transport + 5] != direction.tick:
            direction.reach(int.from_bytes(frame[transport + 4 : transport + 8]), 0)
        self.skipped += 1
        return True

    def _of_packet(self, packet: Packet, at: datetime) -> Sequence[Passed]:
        """Return what a packet is that is whole, or the first part of one."""
        if packet.later_fragment:
            return _NOTHING
        if packet.proto == TCP:
            return self._of_streams(self._streams.feed(packet, at))
        if packet.proto == UDP:
            self._count(packet, at)
        return (*self.meanwhile(), Whole(packet, at))

    def _of_streams(self, heads: tuple[StreamHead, ...]) -> Sequence[Passed]:
        """Return the heads of connections, and behind them what became of connections meanwhile."""
        return (*heads, *self.meanwhile()) if self._meanwhile else heads

    def counts(self, frame: bytes, at: datetime) -> bool:
        """Count a plain frame where its datagram leaves the link or comes from beyond; return whether it says nothing else."""
        if frame[0] & 1 or (place := place_of(frame)) is None:
            return False
        _, addresses, transport, end = place
        side = self._datagrams.side(frame[addresses : transport + 4])
        if side is None:
            return False
        is_ipv4 = transport - addresses == 8
        if side.mac is None:
            side.mac, side.hop_limit = frame[6:12].hex(":"), frame[addresses - 4 if is_ipv4 else addresses - 1]
        number = frame[addresses - 8 : addresses - 6] if is_ipv4 else b""
        content = hash((number, frame[transport : transport + 4], frame[transport + 8 : end]))
        is_bulk = self._datagrams.count(side, content, end - transport - 8, at)
        self.skipped += is_bulk
        return is_bulk

    def meanwhile(self) -> Sequence[Passed]:
        """Return what became of connections and exchanges since this was asked last."""
        passed = tuple(self._meanwhile)
        self._meanwhile.clear()
        return passed

    def _count(self, packet: Packet, at: datetime) -> None:
        """Count a datagram that is not plain where it leaves the link or comes from beyond."""
        ports = packet.src_port.to_bytes(2) + packet.dst_port.to_bytes(2)
        side = self._datagrams.side(packed(packet.src) + packed(packet.dst) + ports)
        if side is not None and not (packet.dst_mac and int(packet.dst_mac[:2], 16) & 1):
            if not side.hop_limit:
                side.mac, side.hop_limit = packet.src_mac, packet.hop_limit
            self._datagrams.count(side, hash((ports, packet.payload)), len(packet.payload) + packet.missing, at)

    def _note_end(self, connection: Connection) -> None:
        (client, of_client), (server, of_server) = connection.client, connection.server
        from_link, at_server = on_link(client.ip, of_client.hop_limit), on_link(server.ip, of_server.hop_limit)
        from_beyond = is_elsewhere(client.ip, server.ip) or (of_client.hop_limit > 0 and not from_link)
        self._meanwhile.append(
            Ended(
                client=client,
                client_mac=of_client.mac,
                server=server,
                server_mac=of_server.mac,
                transport="tcp",
                sent=of_client.carried,
                received=of_server.carried,
                exact=of_client.exact and of_server.exact,
                from_link=from_link,
                answered=connection.answered,
                serves=at_server and from_beyond and (connection.accepted or of_server.carried > 0),
                accepted=connection.accepted and at_server,
                first_at=connection.first_at,
                last_at=connection.last_at,
            )
        )


def is_plain(frame: bytes, link_type: int = LINK_ETHERNET) -> bool:
    """Return whether a frame needs no more than to be decoded: ARP, or a whole datagram in Ethernet."""
    if link_type != LINK_ETHERNET:
        return False
    if is_arp(frame):
        return True
    place = place_of(frame)
    return place is not None and place[0] != TCP


def is_arp(frame: bytes) -> bool:
    """Return whether a frame of Ethernet carries ARP, and no tag."""
    return frame[12:14] == _ARP
