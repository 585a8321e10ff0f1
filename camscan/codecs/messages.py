"""What the frames of a capture say: decoded once, counted when it comes again, and kept within bounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from camscan.codecs import head as heads
from camscan.codecs.base import DecodeError, ip_from_text
from camscan.codecs.demux import MAX_OF_DAMAGED, Begun, Passed
from camscan.codecs.flows import Ended, Flows
from camscan.codecs.fold import example, identity_of
from camscan.codecs.frame import packet_at, place_of, split
from camscan.codecs.outcome import Outcome, Undecoded
from camscan.codecs.packet import ICMPV6, UDP, Packet, ethernet, is_of_group, link_mac
from camscan.codecs.pcapfile import Batch
from camscan.codecs.quota import Quota, Refusal
from camscan.codecs.registry import dispatch_client, dispatch_datagram, dispatch_frame, dispatch_stream, kept_of
from camscan.codecs.repeats import Message, Repeated, Repeats, Told
from camscan.codecs.resolved import RESOLVER, Known, Resolved
from camscan.codecs.tls import client_hello_sni
from camscan.model import MAX_RAW, Datagram, Endpoint, Frame, Observation, StreamHead, Via

MAX_EXCHANGES = 2
"""Answers of one connection over HTTP that are looked at."""
_NOTHING: tuple[Outcome, ...] = ()


@dataclass(slots=True)
class _Said:
    """What a sender said, and how often since that was told last."""

    example: Observation
    """Of the message that stands for all."""
    first_at: datetime
    last_at: datetime
    count: int

    def again(self, seen: Observation, count: int, first_at: datetime, last_at: datetime) -> None:
        """Count what was said so often more; seen: of the message that stands for these."""
        self.first_at = min(self.first_at, first_at) if self.count else first_at
        self.last_at = max(self.last_at, last_at) if self.count else last_at
        self.count += count
        if example(seen) < example(self.example):
            self.example = seen

    def told(self) -> Observation:
        """Return the observation that stands for all that were not told yet, and count anew."""
        one, count = self.example, self.count
        self.count = 0
        if (count, self.first_at, self.last_at) == (one.count, one.first_seen_at, one.last_seen_at):
            return one
        return one.of_several(count, self.first_at, self.last_at, one.raw)


class Messages:
    """Takes what a demultiplexer passed on, in order. What it holds is bounded, and what it refused for that is counted.

    What was counted before it came here is told again by whoever counted it.
    """

    def __init__(self, *, via: Via, collector: str, site: str, at_once: bool = True) -> None:
        """at_once: what is said for the first time is given when it comes; False where all is asked for at the end anyway."""
        self._via = via
        self._collector = collector
        self._site = site
        self._at_once = at_once
        self._repeats = Repeats()
        self._said: dict[tuple[object, ...], _Said] = {}
        self._marked: dict[bytes, tuple[_Said, Observation, bool] | Undecoded | Refusal] = {}
        """What messages said that may come again, each by its own bytes, and whether nothing had to be cut from those; or why that is not
        kept."""
        self._flows = Flows(via=via, collector=collector, site=site)
        self._resolved = Resolved()
        self._names: dict[frozenset[Endpoint | str], Known | None] = {}
        """By which clients asked for their servers, or knew them when they did, of the connections whose head was given."""
        self._quota = Quota()

    @property
    def folded(self) -> int:
        """Messages that were counted and not decoded, because an equal one was."""
        return self._repeats.folded

    @property
    def dropped(self) -> dict[str, int]:
        """What the caps refused, by kind."""
        return {refusal.value: count for refusal, count in self._quota.refused.items()}

    def take(self, passed: Passed | Told) -> list[Outcome]:
        """Return what one thing says that was passed on, or told of that."""
        return [said for told in self._repeats.take(passed) for said in self._of(told)]

    def feed(self, frame: bytes, at: datetime) -> list[Outcome]:
        """Return what one frame of Ethernet says that is plain."""
        return [said for told in self._repeats.feed(frame, at) for said in self._of(told)]

    def flush(self) -> Iterator[Outcome]:
        """Give what was said since the last time, and all flows."""
        for told in self._repeats.flush():
            yield from self._of(told)
        yield from self._learned_all(self._flows.flush())
        for said in self._said.values():
            if said.count:
                yield said.told()

    def _of(self, told: Told | Batch) -> Sequence[Outcome]:
        if isinstance(told, Message):
            return self._of_message(told)
        if isinstance(told, Repeated):
            return self._of_repeated(told)
        if isinstance(told, StreamHead):
            return self._of_head(told)
        if isinstance(told, Undecoded):
            return (told,)
        if isinstance(told, Begun):
            name = self._resolved.name_of(told.client.ip, told.server.ip)
            self._names[frozenset((told.client, told.server, "udp"))] = name
            return _NOTHING
        assert isinstance(told, Ended)
        return self._learned_all(self._flows_of(told))

    def _of_message(self, message: Message) -> Sequence[Outcome]:
        carrier, at, mark = message
        try:
            packet = _packet_of(carrier) if isinstance(carrier, bytes) else carrier
        except DecodeError as fault:
            assert isinstance(carrier, bytes)
            return self._learned(Undecoded(protocol="frame", reason=str(fault), sample=carrier[:MAX_OF_DAMAGED]), mark)
        if packet.proto == UDP:
            return self._of_datagram(packet, at, mark) if packet.payload else _NOTHING
        if packet.proto and (packet.proto != ICMPV6 or not packet.src_mac):
            return _NOTHING
        frame = Frame(payload=ethernet(packet), received_at=at, via=self._via)
        said = dispatch_frame(frame, collector=self._collector, site=self._site)
        return self._learned(said, mark, frame.payload)

    def _of_datagram(self, packet: Packet, at: datetime, mark: bytes | None) -> Sequence[Outcome]:
        if RESOLVER in (packet.src_port, packet.dst_port):
            self._resolved.note(packet)
        datagram = Datagram(
            payload=packet.payload,
            src=Endpoint(packet.src, packet.src_port),
            dst=Endpoint(packet.dst, packet.dst_port),
            received_at=at,
            via=self._via,
            src_mac=link_mac(packet.src_mac, packet.hop_limit, is_of_group=is_of_group(packet)),
        )
        said = dispatch_datagram(datagram, collector=self._collector, site=self._site)
        if packet.cut and isinstance(said, Observation):
            said = replace(said, truncated=True)
        return self._learned(said, mark, packet.payload)

    def _of_repeated(self, repeated: Repeated) -> Sequence[Outcome]:
        """Count what a message said as often as it came again."""
        mark, times, first_at, last_at, least, forgotten = repeated
        marked = self._marked.pop(mark, None) if forgotten else self._marked.get(mark)
        if marked is None or not times:
            return _NOTHING
        if isinstance(marked, Undecoded):
            return (replace(marked, count=times),)
        if isinstance(marked, Refusal):
            self._quota.refuse(marked, times)
            return _NOTHING
        said, seen, is_plain = marked
        if least is not None:
            raw = least if is_plain else kept_of(seen.protocol, least, self._via)[:MAX_RAW]
            seen = seen.of_several(times, first_at, last_at, raw)
        said.again(seen, times, first_at, last_at)
        return _NOTHING

    def _of_head(self, head: StreamHead) -> list[Outcome]:
        """Return what the two sides of a connection said."""
        name = asked_name(head.sent)
        known = Known(name) if name else self._resolved.name_of(head.client.ip, head.server.ip)
        self._names[frozenset((head.client, head.server, "tcp"))] = known
        said: list[Outcome] = []
        client = dispatch_client(head, collector=self._collector, site=self._site)
        if client is not None:
            said.append(client)
        for part in parts_of(head):
            outcome = dispatch_stream(part, collector=self._collector, site=self._site)
            if outcome is not None:
                said.append(outcome)
        return self._learned_all(said)

    def _learned(self, said: Outcome | None, mark: bytes | None = None, payload: bytes = b"") -> Sequence[Outcome]:
        """Return what is to be given of an outcome. mark, payload: of its message, where that may be told again."""
        if said is None:
            return _NOTHING
        if isinstance(said, Undecoded):
            if mark is not None:
                self._marked[mark] = said
            return (said,)
        identity = identity_of(said)
        known = self._said.get(identity)
        is_new = known is None
        if known is None:
            refusal = self._quota.admit(said)
            if refusal is not None:
                self._quota.refuse(refusal)
                if mark is not None:
                    self._marked[mark] = refusal
                return _NOTHING
            known = self._said[identity] = _Said(said, said.first_seen_at, said.last_seen_at, 0)
        if mark is not None:
            self._marked[mark] = known, said, said.raw == payload
        if is_new and self._at_once:
            return (said,)
        known.again(said, said.count, said.first_seen_at, said.last_seen_at)
        return _NOTHING

    def _learned_all(self, given: Iterable[Outcome]) -> list[Outcome]:
        return [told for said in given for told in self._learned(said)]

    def _flows_of(self, ended: Ended) -> Iterator[Observation]:
        """Count what ended as part of the flow of each device that it is told of, and the port that its server has open."""
        name = self._names.pop(frozenset((ended.client, ended.server, ended.transport)), None)
        if ended.from_link:
            yield from self._flows.add(ended, name or self._resolved.name_of(ended.client.ip, ended.server.ip))
        if ended.serves:
            yield from self._flows.serve(ended)
        if ended.accepted:
            yield from self._flows.accepted(ended.server, ended.server_mac, ended.first_at, ended.last_at)


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


def _packet_of(frame: bytes) -> Packet:
    """Return the parts of a frame of Ethernet. Raises DecodeError."""
    place = place_of(frame)
    return split(frame) if place is None else packet_at(frame, place)
