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

from camscan.codecs.base import DecodeError, Directed, Repeating
from camscan.codecs.datagrams import FLOW_PORTS
from camscan.codecs.demux import MAX_OF_DAMAGED, Begun, Passed, Whole, is_arp
from camscan.codecs.flows import Ended
from camscan.codecs.frame import place_of, split
from camscan.codecs.outcome import Undecoded
from camscan.codecs.packet import UDP, Packet, is_of_group, link_mac
from camscan.codecs.pcapfile import EPOCH, Batch
from camscan.codecs.pcapfile import Frame as RawFrame
from camscan.codecs.quota import MAX_SENDERS
from camscan.codecs.registry import DATAGRAM_CODECS
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
_BY_RECEIVER = frozenset(port.to_bytes(2) for codec in DATAGRAM_CODECS if isinstance(codec, Directed) for port in codec.PORTS)
"""Ports between which messages to different receivers are different ones."""
_IS_ROUTED = bytes(link_mac("", hop_limit) is None for hop_limit in range(256))
"""By hop limit, whether the MAC of a message to a single host is a router's."""


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

    A message is known by a hash over its sender and whether its MAC shows, how it came, its ports, and what does not change in it: no
    sender can make one that is taken for another's.
    """

    def __init__(self, at_least: int = 0) -> None:
        """at_least: bytes of the plain frames that are looked at.

        Shorter ones are left for another one, since they cost less to send; so are those of which each counts, since what an answer says
        depends on what was asked before.
        """
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
        return said if self._feed(frame, at, said) else self._each(frame, at)

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
                continue
            raw, at = blob[start : start + size], epoch + instant(0, seconds, microseconds)
            if feed(raw, at, said):
                continue
            if at_least:
                short.append(frame)
            else:
                said += self._each(raw, at)
        return [*said, _alone(batch._replace(frames=short))] if short else [*said]

    def _feed(self, frame: bytes, at: datetime, said: list[Told]) -> bool:
        """Count a message that came before, or tell a new one; return False, with nothing done, for a frame of which each is told."""
        place = place_of(frame)
        if place is not None:
            _, addresses, transport, end = place
            payload, ports = frame[transport + 8 : end], frame[transport : transport + 4]
            is_each_for_itself, by_receiver, steady = _way_of(ports)
            if is_each_for_itself or not 0 < len(payload) <= MAX_RAW:
                return False
            is_ipv4 = transport - addresses == 8
            family = b"4" if is_ipv4 else b"6"
            if _IS_ROUTED[frame[addresses - 4 if is_ipv4 else addresses - 1]] and not frame[0] & 1:
                family = b"R" + family
            receiver = (addresses + transport) // 2
            way = family + frame[6:12] + frame[addresses:receiver] + ports
            if by_receiver:
                way += frame[receiver:transport]
            mark = sha256(way + (payload if steady is None else steady(payload))).digest()
        elif is_arp(frame) and len(frame) <= _MAX_ARP:
            payload = frame
            mark = sha256(b"F" + _NO_PORTS + frame).digest()
        else:
            return False
        if self._is_new(mark, payload, at, said):
            said.append(Message(frame, at, mark))
        return True

    def _each(self, frame: bytes, at: datetime) -> Sequence[Told]:
        """Return what is to be told of a frame of which each one is told, or whose lengths contradict each other."""
        if place_of(frame) is not None:
            return (Message(frame, at, None),)
        try:
            return self._of_packet(split(frame), at)
        except DecodeError as fault:
            return (Undecoded(protocol="frame", reason=str(fault), sample=frame[:MAX_OF_DAMAGED]),)

    def _of_packet(self, packet: Packet, at: datetime) -> Sequence[Told]:
        """Return what is to be told of a packet that belongs to no connection."""
        ports = packet.src_port.to_bytes(2) + packet.dst_port.to_bytes(2)
        is_each_for_itself, by_receiver, steady = _way_of(ports)
        if packet.proto != UDP or is_each_for_itself or not 0 < len(packet.payload) <= MAX_RAW:
            return (Message(packet, at, None),)
        mac = link_mac(packet.src_mac, packet.hop_limit, is_of_group=is_of_group(packet))
        way = f"P{packet.src_mac} {packet.src} {packet.cut} {mac is None}\n".encode() + ports
        if by_receiver:
            way += f"{packet.dst}\n".encode()
        mark = sha256(way + (packet.payload if steady is None else steady(packet.payload))).digest()
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
def _way_of(ports: bytes) -> tuple[bool, bool, Callable[[bytes], bytes] | None]:
    """Return whether each message between two ports counts, whether it does by its receiver, and what makes it steady.

    ports: source and destination, two bytes each.
    """
    source, target = ports[:2], ports[2:]
    is_each_for_itself = target in _EACH_FOR_ITSELF or source == _RESOLVER
    return is_each_for_itself, {source, target} <= _BY_RECEIVER, _STEADY.get(source) or _STEADY.get(target)


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
