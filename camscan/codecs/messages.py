"""What the frames of a capture say: decoded once, counted when it comes again, and kept within bounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from camscan.codecs import head as heads
from camscan.codecs.base import DecodeError, ip_from_text
from camscan.codecs.datagrams import FLOW_PORTS
from camscan.codecs.demux import MAX_OF_DAMAGED, Begun, Passed, Whole, is_arp
from camscan.codecs.flows import Ended, Flows
from camscan.codecs.frame import ICMPV6, UDP, Packet, Place, ethernet, is_of_group, link_mac, packet_at, place_of, split
from camscan.codecs.pcapfile import EPOCH, Batch
from camscan.codecs.quota import Quota
from camscan.codecs.registry import Outcome, Undecoded, dispatch_client, dispatch_datagram, dispatch_frame, dispatch_stream
from camscan.codecs.repeats import NO_PORTS, Repeats, mark_of
from camscan.codecs.resolved import RESOLVER, Known, Resolved
from camscan.codecs.tls import client_hello_sni
from camscan.model import MAX_RAW, Datagram, Endpoint, Frame, Observation, StreamHead, Via

MAX_EXCHANGES = 2
"""Answers of one connection over HTTP that are looked at."""
_FLOW_PORTS = frozenset(FLOW_PORTS)
_RESOLVER_RAW = RESOLVER.to_bytes(2)
_FLOW_PORTS_RAW = frozenset(port.to_bytes(2) for port in FLOW_PORTS)
_MAX_ARP = 256
"""Bytes of a frame of ARP with whatever pads it."""
_NOTHING: tuple[Outcome, ...] = ()


class Messages:
    """Takes what a demultiplexer passed on, in order. What it holds is bounded, and what it refused for that is counted."""

    def __init__(self, *, via: Via, collector: str, site: str, at_once: bool = True) -> None:
        """at_once: the first of equal messages is given when it comes; False where all are asked for at the end anyway."""
        self._via = via
        self._collector = collector
        self._site = site
        self._repeats = Repeats(at_once=at_once)
        self._flows = Flows(via=via, collector=collector, site=site)
        self._resolved = Resolved()
        self._names: dict[frozenset[Endpoint | str], Known | None] = {}
        """By which clients asked for their servers, or knew them when they did, of the connections whose head was given."""
        self._quota = Quota()

    @property
    def folded(self) -> int:
        """Messages that were counted and not decoded, because an equal one had been."""
        return self._repeats.folded

    @property
    def dropped(self) -> dict[str, int]:
        """What the caps refused, by kind."""
        return {"senders": self._quota.refused_senders, "messages": self._quota.refused_messages}

    def take(self, passed: Passed) -> Sequence[Outcome]:
        """Return what one thing says that was passed on."""
        if isinstance(passed, Batch):
            return self._of_batch(passed)
        if isinstance(passed, Whole):
            return self._of_packet(*passed)
        if isinstance(passed, StreamHead):
            return self._of_head(passed)
        if isinstance(passed, Undecoded):
            return (passed,)
        if isinstance(passed, Begun):
            name = self._resolved.name_of(passed.client.ip, passed.server.ip)
            self._names[frozenset((passed.client, passed.server, "udp"))] = name
            return _NOTHING
        return self._admitted(self._flows_of(passed))

    def flush(self) -> Iterator[Outcome]:
        """Give the repetitions that were counted, and all flows."""
        yield from self._repeats.flush()
        yield from self._admitted(self._flows.flush())

    def _of_batch(self, batch: Batch) -> list[Outcome]:
        blob, said, feed = batch.blob, list[Outcome](), self.feed
        for seconds, microseconds, start, size in batch.frames:
            said += feed(blob[start : start + size], EPOCH + timedelta(0, seconds, microseconds))
        return said

    def feed(self, frame: bytes, at: datetime) -> Sequence[Outcome]:
        """Return what one frame of Ethernet says that is plain."""
        place = place_of(frame)
        mark, message = _mark_of_arp(frame) if place is None else _mark_at(frame, place)
        if mark is not None and (told := self._told_again(mark, message, at)) is not None:
            return told
        try:
            packet = split(frame) if place is None else packet_at(frame, place)
        except DecodeError as fault:
            return (Undecoded(protocol="frame", reason=str(fault), sample=frame[:MAX_OF_DAMAGED]),)
        return self._of_packet(packet, at, mark)

    def _of_packet(self, packet: Packet, at: datetime, mark: bytes | None = None) -> Sequence[Outcome]:
        """Return what a packet says that belongs to no connection. mark: of its message, where that is known."""
        if packet.proto == UDP:
            return self._of_datagram(packet, at, mark) if packet.payload else _NOTHING
        if packet.proto and (packet.proto != ICMPV6 or not packet.src_mac):
            return _NOTHING
        carrier = Frame(payload=ethernet(packet), received_at=at, via=self._via)
        return self._learned(mark, carrier.payload, at, dispatch_frame(carrier, collector=self._collector, site=self._site))

    def _of_datagram(self, packet: Packet, at: datetime, mark: bytes | None) -> Sequence[Outcome]:
        if RESOLVER in (packet.src_port, packet.dst_port):
            self._resolved.note(packet)
        if mark is None and packet.dst_port not in _FLOW_PORTS and len(packet.payload) <= MAX_RAW:
            sender = f"P{packet.src_mac} {packet.src} {packet.cut}\n".encode()
            ports = packet.src_port.to_bytes(2) + packet.dst_port.to_bytes(2)
            mark = mark_of(sender, ports, packet.payload)
            if (told := self._told_again(mark, packet.payload, at)) is not None:
                return told
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
        return self._learned(mark, packet.payload, at, said)

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
        return self._admitted(said)

    def _told_again(self, mark: bytes, message: bytes, at: datetime) -> Sequence[Outcome] | None:
        """Return what is to be said of a message that came before; None for a new one."""
        known = self._repeats.again(mark, message, at)
        if known is None:
            return None
        return (known.outcome,) if isinstance(known.outcome, Undecoded) else _NOTHING

    def _learned(self, mark: bytes | None, message: bytes, at: datetime, said: Outcome | None) -> list[Outcome]:
        """Return what is to be told of a new message. mark: None where each one counts for itself."""
        admitted = None if said is None or (isinstance(said, Observation) and not self._quota.admits(said)) else said
        if mark is None:
            return [] if admitted is None else [admitted]
        told = self._repeats.learn(mark, message, at, admitted)
        return [admitted, *told] if isinstance(admitted, Undecoded) else [*told]

    def _admitted(self, said: Iterable[Outcome]) -> list[Outcome]:
        return [one for one in said if isinstance(one, Undecoded) or self._quota.admits(one)]

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


def _mark_of_arp(frame: bytes) -> tuple[bytes | None, bytes]:
    """Return by what a frame of ARP is known again, and the frame; None for another, such as of a datagram that was cut."""
    return mark_of(b"F", NO_PORTS, frame) if is_arp(frame) and len(frame) <= _MAX_ARP else None, frame


def _mark_at(frame: bytes, place: Place) -> tuple[bytes | None, bytes]:
    """Return by what a datagram is known again, and the datagram; None where each one counts for itself."""
    _, addresses, at, end = place
    payload, ports = frame[at + 8 : end], frame[at : at + 4]
    if ports[2:] in _FLOW_PORTS_RAW or _RESOLVER_RAW in (ports[:2], ports[2:]) or not 0 < len(payload) <= MAX_RAW:
        return None, payload
    sender = (b"4" if at - addresses == 8 else b"6") + frame[6:12] + frame[addresses : (addresses + at) // 2]
    return mark_of(sender, ports, payload), payload
