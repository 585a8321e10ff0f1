"""Takes the frames of a capture apart: connections are put together here, and all else is passed on as it came.

What this holds and what `messages` holds are apart, so that one process may take apart what another one decodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from struct import Struct
from typing import NamedTuple, Protocol

from camscan.codecs import head as heads
from camscan.codecs.base import DecodeError, ip_from_text
from camscan.codecs.flows import on_link
from camscan.codecs.fragments import Fragments
from camscan.codecs.frame import (
    ETHERTYPE_ARP,
    FIN,
    LINK_ETHERNET,
    RST,
    SYN,
    TCP,
    UDP,
    Packet,
    Place,
    packet_at,
    place_of,
    split,
)
from camscan.codecs.pcapfile import EPOCH, MAX_FRAME, Batch
from camscan.codecs.pcapfile import Frame as RawFrame
from camscan.codecs.registry import Outcome, Undecoded, dispatch_client, dispatch_stream
from camscan.codecs.tcpstream import Connection, Direction, Streams, Watch
from camscan.codecs.tls import client_hello_sni
from camscan.model import Endpoint, StreamHead, Via

MAX_EXCHANGES = 2
"""Answers of one connection over HTTP that are looked at."""
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
ports; then of TCP bits 16 to 23 of the sequence number, and flags. One call takes two thirds of the time of as many slices."""


class Program(Protocol):
    """A compiled filter."""

    def filter(self, frame: bytes) -> int:
        """Return 0 for a frame that is not wanted."""
        ...


class Whole(NamedTuple):
    """A packet that had to be taken apart to see that it belongs to no connection, or that came in fragments."""

    packet: Packet
    at: datetime


class Named(NamedTuple):
    """The head of a connection was given."""

    client: Endpoint
    server: Endpoint
    name: str | None
    """By which the client asked for its server."""


class Ended(NamedTuple):
    """A connection is forgotten."""

    client: Endpoint
    client_mac: str | None
    server: Endpoint
    server_mac: str | None
    sent: int
    received: int
    """Bytes, of the client."""
    exact: bool
    """These are all: beginning and end of both directions were seen."""
    from_link: bool
    """The client stands on the link that was listened to."""
    accepted: bool
    """The server stands there, and was seen to take the connection."""
    first_at: datetime
    last_at: datetime


class Given(NamedTuple):
    """What a connection said to those who asked it."""

    outcomes: tuple[Outcome, ...]


Passed = Batch | Whole | Given | Named | Ended
"""What is passed on; a batch is of frames that are plain, as `is_plain` says."""
_NOTHING: tuple[Passed, ...] = ()


class Demux:
    """Takes the frames of one capture in order. What it holds is bounded, and what it gave up for that is counted."""

    def __init__(self, *, via: Via, collector: str, site: str) -> None:
        self._collector = collector
        self._site = site
        self._pending: list[Passed] = []
        """What became of connections meanwhile."""
        self._streams = Streams(via, Watch(given=self._note_name, ended=self._note_end))
        self._fragments = Fragments()
        self.frames = 0
        """Frames that were taken."""
        self.skipped = 0
        """Segments of connections of which enough was known, those included that a reader left out by itself."""

    @property
    def skippable(self) -> dict[bytes, Direction]:
        """The connections of which enough is known, as `Streams.skippable` has them: for readers that cannot call `feed` so often."""
        return self._streams.skippable

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
        least = _LEAST_TCP if link_type == LINK_ETHERNET else MAX_FRAME + 1
        passed: list[Passed] = []
        plain: list[RawFrame] = []
        skipped = refused = 0
        for raw in frames:
            seconds, microseconds, start, size = raw
            is_datagram = False
            if size >= least:
                kind, part, proto, mark, tick, flags = parts_of_ip(blob, start)
                if (direction := known(mark)) is not None and not flags & unwanted and proto == tcp and kind == ipv4:
                    if program is not None and size <= without_content and not program.filter(blob[start : start + size]):
                        refused += 1
                        continue
                    skipped += 1
                    direction.awake = True
                    if tick != direction.tick:
                        direction.reach(int.from_bytes(blob[start + 38 : start + 42]), 0)
                    continue
                is_datagram = proto == udp and kind == ipv4 and not part & _FRAGMENT_BITS
            if is_datagram and program is None:
                plain.append(raw)
                continue
            frame = blob[start : start + size]
            if program is not None and not program.filter(frame):
                refused += 1
            elif is_datagram or is_plain(frame, link_type):
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
        if place is not None and self._skips(frame, place):
            return _NOTHING
        try:
            packet = split(frame, link_type) if place is None else packet_at(frame, place)
        except DecodeError as fault:
            return (Given((Undecoded(protocol="frame", reason=str(fault), sample=frame[:MAX_OF_DAMAGED]),)),)
        if packet.fragment is None:
            return self._of_packet(packet, at)
        return [passed for whole, since in self._fragments.feed(packet, at) for passed in self._of_packet(whole, since)]

    def flush(self) -> Iterator[Passed]:
        """Give the packets that stayed incomplete, and what the connections said that were still open."""
        for packet, at in self._fragments.flush():
            yield from self._of_packet(packet, at)
        yield from self._of_heads(self._streams.flush())

    def _skips(self, frame: bytes, place: Place) -> bool:
        """Return whether a segment adds nothing to what is known of its connection."""
        _, addresses, at, _ = place
        direction = self._streams.skippable.get(frame[addresses : at + 4])
        if direction is None or frame[at + 13] & (SYN | FIN | RST):
            return False
        direction.awake = True
        if frame[at + 5] != direction.tick:
            direction.reach(int.from_bytes(frame[at + 4 : at + 8]), 0)
        self.skipped += 1
        return True

    def _of_packet(self, packet: Packet, at: datetime) -> Sequence[Passed]:
        """Return what a packet is that is whole, or the first part of one."""
        if packet.later_fragment:
            return _NOTHING
        return self._of_heads(self._streams.feed(packet, at)) if packet.proto == TCP else (Whole(packet, at),)

    def _of_heads(self, given: Iterable[StreamHead]) -> Sequence[Passed]:
        """Return what the two sides of connections said, and what became of connections meanwhile."""
        said = tuple(outcome for head in given for outcome in self._outcomes(head))
        if not said and not self._pending:
            return _NOTHING
        passed = [*((Given(said),) if said else ()), *self._pending]
        self._pending.clear()
        return passed

    def _outcomes(self, head: StreamHead) -> Iterator[Outcome]:
        client = dispatch_client(head, collector=self._collector, site=self._site)
        if client is not None:
            yield client
        for part in parts_of(head):
            outcome = dispatch_stream(part, collector=self._collector, site=self._site)
            if outcome is not None:
                yield outcome

    def _note_name(self, connection: Connection, head: StreamHead) -> None:
        self._pending.append(Named(head.client, head.server, asked_name(head.sent)))

    def _note_end(self, connection: Connection) -> None:
        (client, of_client), (server, of_server) = connection.client, connection.server
        self._pending.append(
            Ended(
                client=client,
                client_mac=of_client.mac,
                server=server,
                server_mac=of_server.mac,
                sent=of_client.carried,
                received=of_server.carried,
                exact=of_client.exact and of_server.exact,
                from_link=on_link(client.ip, of_client.hop_limit),
                accepted=connection.accepted and on_link(server.ip, of_server.hop_limit),
                first_at=connection.first_at,
                last_at=connection.last_at,
            )
        )


def is_plain(frame: bytes, link_type: int = LINK_ETHERNET) -> bool:
    """Return whether a frame needs no more than to be decoded: ARP, or a whole datagram in Ethernet."""
    if link_type != LINK_ETHERNET:
        return False
    if frame[12:14] == _ARP:
        return True
    place = place_of(frame)
    return place is not None and place[0] != TCP


def parts_of(head: StreamHead) -> Iterator[StreamHead]:
    """Yield the requests and answers of a connection one by one.

    One that begins with the front page stays whole: the control may follow it, and both are one conversation.
    """
    if head.sent.startswith(b"GET / ") or not head.sent.startswith((b"GET /", b"POST /")):
        yield head
        return
    for sent, received in heads.exchanges(head.sent, head.received, MAX_EXCHANGES):
        yield replace(head, sent=sent, received=received)


def asked_name(sent: bytes) -> str | None:
    """Return the name by which the first bytes of a client ask for its server: TLS or HTTP; None where they name none."""
    try:
        if sent[:1] == b"\x16":
            return client_hello_sni(sent)
        if sent.startswith((b"GET ", b"POST ", b"HEAD ", b"PUT ", b"CONNECT ")):
            host, colon, port = (heads.parse(sent).get("host") or "").strip().lower().rpartition("@")[2].rpartition(":")
            name = host if colon and port.isdecimal() else f"{host}{colon}{port}"
            return name if name and ip_from_text(name.strip("[]")) is None else None
    except DecodeError:
        pass
    return None
