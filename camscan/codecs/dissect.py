"""From captured frames to observations: what live capture and capture files have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from camscan.codecs import head as heads
from camscan.codecs.base import DecodeError
from camscan.codecs.frame import LINK_ETHERNET, TCP, UDP, Packet, ethernet, split
from camscan.codecs.registry import Undecoded, dispatch_datagram, dispatch_frame, dispatch_stream
from camscan.codecs.tcpstream import Streams
from camscan.model import Datagram, Endpoint, Frame, Observation, StreamHead, Via

Outcome = Observation | Undecoded
MAX_EXCHANGES = 2
"""Answers of one connection over HTTP that are looked at."""


class Dissection:
    """Takes the frames of one capture in order; holds nothing but the heads of open TCP connections."""

    def __init__(self, *, via: Via, collector: str, site: str) -> None:
        self._via = via
        self._collector = collector
        self._site = site
        self._streams = Streams(via)

    def feed(self, frame: bytes, at: datetime, link_type: int = LINK_ETHERNET) -> Iterator[Outcome]:
        """Give what one frame says, and what the connections say that it completes or outlasts."""
        try:
            packet = split(frame, link_type)
        except DecodeError as fault:
            yield Undecoded(protocol="frame", reason=str(fault), sample=frame[:256])
            return
        if packet.proto == TCP:
            if not packet.later_fragment:
                yield from self._streams_said(self._streams.feed(packet, at))
            return
        outcome = self._of_packet(packet, at)
        if outcome is not None:
            yield outcome

    def flush(self) -> Iterator[Outcome]:
        """Give what the connections said that were still open at the end."""
        yield from self._streams_said(self._streams.flush())

    def _of_packet(self, packet: Packet, at: datetime) -> Outcome | None:
        if not packet.proto:
            carrier = Frame(payload=ethernet(packet), received_at=at, via=self._via)
            return dispatch_frame(carrier, collector=self._collector, site=self._site)
        if packet.proto != UDP or packet.later_fragment or not packet.payload:
            return None
        datagram = Datagram(
            payload=packet.payload,
            src=Endpoint(packet.src, packet.src_port),
            dst=Endpoint(packet.dst, packet.dst_port),
            received_at=at,
            via=self._via,
            src_mac=packet.src_mac,
        )
        outcome = dispatch_datagram(datagram, collector=self._collector, site=self._site)
        return replace(outcome, truncated=True) if packet.cut and isinstance(outcome, Observation) else outcome

    def _streams_said(self, heads: tuple[StreamHead, ...]) -> Iterator[Outcome]:
        for head in heads:
            for part in parts_of(head):
                outcome = dispatch_stream(part, collector=self._collector, site=self._site)
                if outcome is not None:
                    yield outcome


def parts_of(head: StreamHead) -> Iterator[StreamHead]:
    """Yield the requests and answers of a connection one by one.

    One that begins with the front page stays whole: the control may follow it, and both are one conversation.
    """
    if head.sent.startswith(b"GET / ") or not head.sent.startswith((b"GET /", b"POST /")):
        yield head
        return
    for sent, received in heads.exchanges(head.sent, head.received, MAX_EXCHANGES):
        yield replace(head, sent=sent, received=received)
