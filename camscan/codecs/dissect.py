"""From captured frames to observations: what live capture and capture files have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address

from camscan.codecs import dns
from camscan.codecs import head as heads
from camscan.codecs.base import DecodeError, ip_from_text
from camscan.codecs.flows import Flows, on_link
from camscan.codecs.fragments import Fragments
from camscan.codecs.frame import (
    ETHERTYPE_ARP,
    FIN,
    ICMPV6,
    LINK_ETHERNET,
    RST,
    SYN,
    TCP,
    UDP,
    Packet,
    Place,
    ethernet,
    packet_at,
    place_of,
    split,
)
from camscan.codecs.quota import Quota
from camscan.codecs.registry import Undecoded, dispatch_client, dispatch_datagram, dispatch_frame, dispatch_stream
from camscan.codecs.repeats import NO_PORTS, Repeats, mark_of
from camscan.codecs.tcpstream import Connection, Direction, Streams, Watch
from camscan.codecs.tls import client_hello_sni
from camscan.model import MAX_RAW, Datagram, Endpoint, Frame, Observation, StreamHead, Via

Outcome = Observation | Undecoded
MAX_EXCHANGES = 2
"""Answers of one connection over HTTP that are looked at."""
MAX_OF_DAMAGED = 40
"""Bytes kept of a damaged frame: its headers, and nothing of what somebody said."""
FLOW_PORTS = (123, 443, 3478, 8800, 32100, 32108)
"""UDP ports of servers whose clients are told of as flows: time, QUIC, relays, and the clouds that cameras call."""
_FLOW_PORTS = frozenset(FLOW_PORTS)
_RESOLVER = 53
_ARP, _RESOLVER_RAW = ETHERTYPE_ARP.to_bytes(2), _RESOLVER.to_bytes(2)
_FLOW_PORTS_RAW = frozenset(port.to_bytes(2) for port in FLOW_PORTS)
_MAX_ARP = 256
"""Bytes of a frame of ARP with whatever pads it."""
_NOTHING: tuple[Outcome, ...] = ()


class Dissection:
    """Takes the frames of one capture in order. What it holds is bounded, and what it refused for that is counted."""

    def __init__(self, *, via: Via, collector: str, site: str, at_once: bool = True) -> None:
        """at_once: the first of equal messages is given when it comes; False where all are asked for at the end anyway."""
        self._via = via
        self._collector = collector
        self._site = site
        self._pending: list[Outcome] = []
        """What connections that were forgotten meanwhile say of flows."""
        self._streams = Streams(via, Watch(given=self._note_name, ended=self._note_flow))
        self._fragments = Fragments()
        self._repeats = Repeats(at_once=at_once)
        self._flows = Flows(via=via, collector=collector, site=site)
        self._quota = Quota()
        self.frames = 0
        """Frames that were taken."""
        self.skipped = 0
        """Segments of connections of which enough was known, those included that a reader left out by itself."""

    @property
    def skippable(self) -> dict[bytes, Direction]:
        """The connections of which enough is known, as `Streams.skippable` has them: for readers that cannot call `feed` so often."""
        return self._streams.skippable

    @property
    def folded(self) -> int:
        """Messages that were counted and not decoded, because an equal one had been."""
        return self._repeats.folded

    @property
    def dropped(self) -> dict[str, int]:
        """What the caps refused or gave up, by kind; kinds where they did not bite are absent."""
        counts = {
            "senders": self._quota.refused_senders,
            "messages": self._quota.refused_messages,
            "connections": self._streams.pushed_out,
            "fragments": self._fragments.given_up,
        }
        return {kind: count for kind, count in counts.items() if count}

    def feed(self, frame: bytes, at: datetime, link_type: int = LINK_ETHERNET) -> Sequence[Outcome]:
        """Return what one frame says, and what the connections say that it completes or outlasts."""
        self.frames += 1
        mark = None
        place = place_of(frame) if link_type == LINK_ETHERNET else None
        if place is not None and place[0] == TCP:
            if self._skips(frame, place):
                return _NOTHING
        else:
            mark, message = _mark_at(frame, place) if place is not None else _mark_of_frame(frame, link_type)
            if mark is not None and (told := self._told_again(mark, message, at)) is not None:
                return told
        try:
            packet = split(frame, link_type) if place is None else packet_at(frame, place)
        except DecodeError as fault:
            return (Undecoded(protocol="frame", reason=str(fault), sample=frame[:MAX_OF_DAMAGED]),)
        if packet.fragment is None:
            return self._of_packet(packet, at, mark)
        return [said for whole, since in self._fragments.feed(packet, at) for said in self._of_packet(whole, since)]

    def flush(self) -> Iterator[Outcome]:
        """Give what the connections said that were still open, the repetitions that were counted, and all flows."""
        for packet, at in self._fragments.flush():
            yield from self._of_packet(packet, at)
        yield from self._of_heads(self._streams.flush())
        yield from self._repeats.flush()
        yield from self._admitted(self._flows.flush())

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

    def _of_packet(self, packet: Packet, at: datetime, mark: bytes | None = None) -> Sequence[Outcome]:
        """Return what a packet says that is whole, or the first part of one. mark: of its message, where that is known."""
        if packet.later_fragment:
            return _NOTHING
        if packet.proto == TCP:
            return self._of_heads(self._streams.feed(packet, at))
        if packet.proto == UDP:
            return self._of_datagram(packet, at, mark) if packet.payload else _NOTHING
        if packet.proto and (packet.proto != ICMPV6 or not packet.src_mac):
            return _NOTHING
        carrier = Frame(payload=ethernet(packet), received_at=at, via=self._via)
        return self._learned(mark, carrier.payload, at, dispatch_frame(carrier, collector=self._collector, site=self._site))

    def _of_datagram(self, packet: Packet, at: datetime, mark: bytes | None) -> Sequence[Outcome]:
        flows = list(self._flow_of(packet, at)) if packet.dst_port in _FLOW_PORTS else []
        if packet.src_port == _RESOLVER:
            self._note_answers(packet)
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
            src_mac=packet.src_mac,
        )
        said = dispatch_datagram(datagram, collector=self._collector, site=self._site)
        if packet.cut and isinstance(said, Observation):
            said = replace(said, truncated=True)
        return [*self._admitted(flows), *self._learned(mark, packet.payload, at, said)]

    def _of_heads(self, given: tuple[StreamHead, ...]) -> Sequence[Outcome]:
        """Return what the two sides of connections said, and the flows of those that ended."""
        said: list[Outcome] = []
        for head in given:
            client = dispatch_client(head, collector=self._collector, site=self._site)
            if client is not None:
                said.append(client)
            for part in parts_of(head):
                outcome = dispatch_stream(part, collector=self._collector, site=self._site)
                if outcome is not None:
                    said.append(outcome)
        if self._pending:
            said += self._pending
            self._pending.clear()
        return self._admitted(said) if said else _NOTHING

    def _admitted(self, said: Iterable[Outcome]) -> list[Outcome]:
        return [one for one in said if isinstance(one, Undecoded) or self._quota.admits(one)]

    def _note_name(self, connection: Connection, head: StreamHead) -> None:
        """Keep by which name a client asked for its server, or knew it when it did."""
        connection.name = asked_name(head.sent) or self._flows.name_of(head.client.ip, head.server.ip)

    def _note_flow(self, connection: Connection) -> None:
        """Count a connection that is forgotten as part of the flow of its client, and the port that its server has open."""
        (client, of_client), (server, of_server) = connection.client, connection.server
        first_at, last_at = connection.first_at, connection.last_at
        if on_link(client.ip, of_client.hop_limit):
            self._pending += self._flows.add(
                client,
                of_client.mac,
                server,
                "tcp",
                sent=of_client.carried,
                received=of_server.carried,
                exact=of_client.exact and of_server.exact,
                first_at=first_at,
                last_at=last_at,
                name=connection.name,
            )
        if connection.accepted and on_link(server.ip, of_server.hop_limit):
            self._pending += self._flows.accepted(server, of_server.mac, first_at, last_at)

    def _flow_of(self, packet: Packet, at: datetime) -> Iterator[Observation]:
        """Count a datagram to a server at one of FLOW_PORTS as part of a flow, and give the flow that it pushes out."""
        if on_link(packet.src, packet.hop_limit) and _is_of_one(packet.dst):
            yield from self._flows.add(
                Endpoint(packet.src, packet.src_port),
                packet.src_mac,
                Endpoint(packet.dst, packet.dst_port),
                "udp",
                sent=len(packet.payload),
                received=0,
                exact=False,
                first_at=at,
                last_at=at,
            )

    def _note_answers(self, packet: Packet) -> None:
        """Keep which addresses a resolver told a client for a name."""
        try:
            answers = dns.answers(dns.parse(packet.payload))
        except DecodeError:
            return
        for name, address in answers:
            self._flows.resolved(packet.dst, address, name)


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


def _mark_of_frame(frame: bytes, link_type: int) -> tuple[bytes | None, bytes]:
    """Return by what a frame of ARP is known again, and the frame."""
    is_arp = link_type == LINK_ETHERNET and frame[12:14] == _ARP and len(frame) <= _MAX_ARP
    return mark_of(b"F", NO_PORTS, frame) if is_arp else None, frame


def _mark_at(frame: bytes, place: Place) -> tuple[bytes | None, bytes]:
    """Return by what a datagram is known again, and the datagram; None where each one counts for itself."""
    _, addresses, at, end = place
    payload, ports = frame[at + 8 : end], frame[at : at + 4]
    if ports[2:] in _FLOW_PORTS_RAW or ports[:2] == _RESOLVER_RAW or not 0 < len(payload) <= MAX_RAW:
        return None, payload
    sender = (b"4" if at - addresses == 8 else b"6") + frame[6:12] + frame[addresses : (addresses + at) // 2]
    return mark_of(sender, ports, payload), payload


def _is_of_one(ip: str) -> bool:
    """Return whether an address is that of one device, rather than of a group or of all."""
    return not ip_address(ip).is_multicast and not ip.endswith(".255")
