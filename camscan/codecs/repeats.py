"""Equal messages are counted before they are decoded: devices announce themselves every few seconds, under another id each time.

The first of equal messages is passed on. Those behind it are counted and told together, so that whoever decodes the first can say
what decoding each of them would have said.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from camscan.codecs.base import DecodeError, Repeating
from camscan.codecs.datagrams import FLOW_PORTS
from camscan.codecs.demux import MAX_OF_DAMAGED, Begun, Passed, Whole, is_arp
from camscan.codecs.flows import Ended
from camscan.codecs.frame import UDP, Packet, place_of, split
from camscan.codecs.pcapfile import EPOCH, Batch
from camscan.codecs.pcapfile import Frame as RawFrame
from camscan.codecs.quota import MAX_SENDERS
from camscan.codecs.registry import DATAGRAM_CODECS, Undecoded
from camscan.codecs.resolved import RESOLVER
from camscan.model import MAX_RAW, StreamHead

MAX_MESSAGES = 6 * MAX_SENDERS
"""Distinct messages that are known at a time: of devices that speak in turns, one too few would have every message forgotten before it
comes again."""
MAX_BYTES = 48 * 1024 * 1024
"""Of what is kept of them."""
_MAX_ARP = 256
"""Bytes of a frame of ARP with whatever pads it."""
_NO_PORTS = bytes(4)
_STEADY = {port.to_bytes(2): codec.steady for codec in DATAGRAM_CODECS if isinstance(codec, Repeating) for port in codec.PORTS}
_RESOLVER = RESOLVER.to_bytes(2)
_EACH_FOR_ITSELF = frozenset(port.to_bytes(2) for port in (*FLOW_PORTS, RESOLVER))
"""Ports to which each message counts: whom it goes to says as much as what it says."""


class Message(NamedTuple):
    """A message that did not come before, or of which each one is looked at."""

    carrier: bytes | Packet
    """A plain frame of Ethernet, or a packet that had to be taken apart."""
    at: datetime
    mark: bytes | None
    """By which it will be told again; None where it will not."""


class Repeated(NamedTuple):
    """How often a message came again since that was told last."""

    mark: bytes
    times: int
    first_at: datetime
    last_at: datetime
    least: bytes | None
    """The least of all equal messages; None where it is the first."""
    forgotten: bool
    """It is told no more: the next one that is equal comes as a new one."""


Told = Message | Repeated | Undecoded | StreamHead | Begun | Ended
"""What is told of what a demultiplexer passed on."""


@dataclass(slots=True)
class _Heard:
    """One message, and those equal to it that were not told yet."""

    least: bytes
    first_at: datetime
    last_at: datetime
    count: int = 0
    lessened: bool = False
    """The least is not the first."""


class Repeats:
    """The messages of one capture that may come again; the longest known are forgotten first.

    A message is known by a hash over its sender, how it came, its ports, and what does not change in it: no sender can make one that is
    taken for another's.
    """

    def __init__(self, at_least: int = 0) -> None:
        """at_least: bytes of the plain frames that are looked at; shorter ones are left for another one, since they cost less to send."""
        self._at_least = at_least
        self._heard: OrderedDict[bytes, _Heard] = OrderedDict()
        self._bytes = 0
        self.folded = 0
        """Messages that were not passed on, because an equal one was."""

    def take(self, passed: Passed | Told) -> Sequence[Told | Batch]:
        """Return what is to be told of one thing that was passed on: of a batch, what is new in it, and what was left for another."""
        if isinstance(passed, Batch):
            return self._of_batch(passed)
        if isinstance(passed, Whole):
            return self._of_packet(*passed)
        return (passed,)

    def feed(self, frame: bytes, at: datetime) -> Sequence[Told]:
        """Return what is to be told of one frame of Ethernet that is plain."""
        said: list[Told] = []
        self._feed(frame, at, said)
        return said

    def flush(self) -> Iterator[Repeated]:
        """Tell all that was counted since the last time; the messages stay known."""
        for mark, heard in self._heard.items():
            if heard.count:
                yield _told(mark, heard, forgotten=False)
                heard.count = 0

    def _of_batch(self, batch: Batch) -> list[Told | Batch]:
        said: list[Told] = []
        short: list[RawFrame] = []
        blob, feed, instant, epoch, at_least = batch.blob, self._feed, timedelta, EPOCH, self._at_least
        for frame in batch.frames:
            seconds, microseconds, start, size = frame
            if size < at_least:
                short.append(frame)
            else:
                feed(blob[start : start + size], epoch + instant(0, seconds, microseconds), said)
        return [*said, _alone(batch._replace(frames=short))] if short else [*said]

    def _feed(self, frame: bytes, at: datetime, said: list[Told]) -> None:
        place = place_of(frame)
        if place is not None:
            _, addresses, transport, end = place
            payload, ports = frame[transport + 8 : end], frame[transport : transport + 4]
            is_each_for_itself, steady = _way_of(ports)
            if is_each_for_itself or not 0 < len(payload) <= MAX_RAW:
                said.append(Message(frame, at, None))
                return
            family = b"4" if transport - addresses == 8 else b"6"
            sender = family + frame[6:12] + frame[addresses : (addresses + transport) // 2]
            mark = sha256(sender + ports + (payload if steady is None else steady(payload))).digest()
        elif is_arp(frame) and len(frame) <= _MAX_ARP:
            payload = frame
            mark = sha256(b"F" + _NO_PORTS + frame).digest()
        else:
            said += self._of_damaged(frame, at)
            return
        if self._is_new(mark, payload, at, said):
            said.append(Message(frame, at, mark))

    def _of_damaged(self, frame: bytes, at: datetime) -> Sequence[Told]:
        """Return what is to be told of a frame whose lengths contradict each other."""
        try:
            return self._of_packet(split(frame), at)
        except DecodeError as fault:
            return (Undecoded(protocol="frame", reason=str(fault), sample=frame[:MAX_OF_DAMAGED]),)

    def _of_packet(self, packet: Packet, at: datetime) -> Sequence[Told]:
        """Return what is to be told of a packet that belongs to no connection."""
        ports = packet.src_port.to_bytes(2) + packet.dst_port.to_bytes(2)
        is_each_for_itself, steady = _way_of(ports)
        if packet.proto != UDP or is_each_for_itself or not 0 < len(packet.payload) <= MAX_RAW:
            return (Message(packet, at, None),)
        sender = f"P{packet.src_mac} {packet.src} {packet.cut}\n".encode()
        mark = sha256(sender + ports + (packet.payload if steady is None else steady(packet.payload))).digest()
        said: list[Told] = []
        if self._is_new(mark, packet.payload, at, said):
            said.append(Message(packet, at, mark))
        return said

    def _is_new(self, mark: bytes, payload: bytes, at: datetime, said: list[Told]) -> bool:
        """Count a message that came before and return False, or keep a new one, telling those that are forgotten for it."""
        heard = self._heard.get(mark)
        if heard is None:
            self._learn(mark, payload, at, said)
            return True
        self.folded += 1
        if not heard.count:
            heard.first_at = heard.last_at = at
        elif at > heard.last_at:
            heard.last_at = at
        elif at < heard.first_at:
            heard.first_at = at
        heard.count += 1
        if payload < heard.least:
            self._bytes += len(payload) - len(heard.least)
            heard.least, heard.lessened = payload, True
        return False

    def _learn(self, mark: bytes, payload: bytes, at: datetime, said: list[Told]) -> None:
        self._heard[mark] = _Heard(payload, at, at)
        self._bytes += len(payload)
        while len(self._heard) > MAX_MESSAGES or self._bytes > MAX_BYTES:
            oldest, heard = self._heard.popitem(last=False)
            self._bytes -= len(heard.least)
            said.append(_told(oldest, heard, forgotten=True))


@lru_cache(maxsize=256)
def _way_of(ports: bytes) -> tuple[bool, Callable[[bytes], bytes] | None]:
    """Return whether each message between two ports counts, and what leaves out of one what changes though nothing else does.

    ports: source and destination, two bytes each.
    """
    source, target = ports[:2], ports[2:]
    return target in _EACH_FOR_ITSELF or source == _RESOLVER, _STEADY.get(source) or _STEADY.get(target)


def _alone(batch: Batch) -> Batch:
    """Return the frames of a batch without the bytes around them."""
    pieces, frames, end = [], [], 0
    for seconds, microseconds, start, size in batch.frames:
        pieces.append(batch.blob[start : start + size])
        frames.append((seconds, microseconds, end, size))
        end += size
    return Batch(b"".join(pieces), frames, batch.link_type)


def _told(mark: bytes, heard: _Heard, *, forgotten: bool) -> Repeated:
    least = heard.least if heard.lessened else None
    return Repeated(mark, heard.count, heard.first_at, heard.last_at, least, forgotten)
