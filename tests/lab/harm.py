"""Holds what left the scanner against what may: shapes, destinations, rates, and the counts of each device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.lab.allowed import NEIGHBOUR_DISCOVERY, is_in_scope, offences
from tests.lab.allowed_requests import forbidden_in, is_tls, offences_of_request, offences_of_stream, requests_of
from tests.lab.frames import SYN, Frame, busiest, streams

Sealed = Mapping[str, Sequence[bytes]]
"""Requests inside TLS by address of the device, as the device read them."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What went to one device."""

    packets: int
    syns: int
    requests: int
    payload: int
    """Bytes of datagrams and requests; the bytes of TLS itself left out."""


def harms(frames: Sequence[Frame], sealed: Sealed) -> Iterator[str]:
    """Yield everything that left and may not."""
    for frame in frames:
        yield from offences(frame)
        yield from (f"{frame.ip}:{frame.port}: {word!r} leaves" for word in forbidden_in(frame.payload))
        if not frame.to_many and frame.ip and not is_in_scope(frame.ip) and not by_the_kernel(frame):
            yield f"{frame.kind} to {frame.ip}, which is outside the scope"
    for stream in streams(frames):
        yield from offences_of_stream(stream)
        if not is_tls(stream):  # a word may stand on both sides of a segment's end
            yield from (f"{stream.ip}:{stream.port}: {word!r} leaves" for word in forbidden_in(stream.said))
    for ip, requests in sealed.items():
        for raw in requests:
            yield from (f"{ip}, inside TLS: {word!r} leaves" for word in forbidden_in(raw))
            for request in requests_of(raw):
                yield from (f"{ip}, inside TLS: {fault}" for fault in offences_of_request(request, ip))


def by_the_kernel(frame: Frame) -> bool:
    """Return whether this machine's kernel sent a frame of its own accord: it asks and tells neighbours who is there."""
    return frame.kind == "arp" or (frame.kind == "icmpv6" and frame.payload[0] in NEIGHBOUR_DISCOVERY)


def too_fast(frames: Sequence[Frame], *, total: int, shared: int, per_device: int) -> Iterator[str]:
    """Yield each limit, in packets a second, that some window of one second holds more packets than, 5 % granted."""
    by_mac: dict[str, list[float]] = {}
    for frame in frames:
        if not frame.to_many:
            by_mac.setdefault(frame.mac, []).append(frame.at)
    everything, many = [frame.at for frame in frames], [frame.at for frame in frames if frame.to_many]
    for what, limit, times in (
        ("in all", total, everything),
        ("to groups and to all", shared, many),
        *((f"to {mac}", per_device, at) for mac, at in by_mac.items()),
    ):
        if busiest(times) > limit * 1.05:
            yield f"{busiest(times)} packets {what} within one second, where {limit} are allowed"


def counts(frames: Sequence[Frame], mac: str, sealed: Sequence[bytes]) -> Counts:
    """Return what went to one device, at all its addresses."""
    own = [frame for frame in frames if frame.mac == mac and not by_the_kernel(frame)]
    said = [stream.said for stream in streams(own) if not is_tls(stream)]
    return Counts(
        packets=len(own),
        syns=sum(1 for frame in own if frame.kind == "tcp" and frame.flags & SYN),
        requests=sum(len(requests_of(one)) for one in said) + len(sealed),
        payload=sum(len(frame.payload) for frame in own if frame.kind == "udp") + sum(map(len, said)) + sum(map(len, sealed)),
    )
