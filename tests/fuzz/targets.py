"""What is fuzzed: each target takes any bytes, and whatever it raises is a bug."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from camscan.codecs.base import DecodeError
from camscan.codecs.dissect import Dissection
from camscan.codecs.pcapfile import records
from camscan.codecs.registry import DATAGRAM_CODECS, dispatch_datagram, dispatch_stream
from camscan.collect.unpack import Unpacked
from camscan.model import Datagram, Endpoint, StreamHead, Via

AT = datetime(2026, 3, 1, tzinfo=UTC)
PORTS = sorted({port for codec in DATAGRAM_CODECS for port in codec.PORTS})
SERVER_PORTS = (80, 443, 554, 22, 21, 23, 8000, 37777)
LARGEST = 1 << 20
"""Bytes that are read of what a packed file becomes."""


def datagram(raw: bytes) -> None:
    """One datagram; its first byte chooses the port that it comes from."""
    port = PORTS[raw[0] % len(PORTS)] if raw else 0
    taken = Datagram(
        payload=raw[1:], src=Endpoint("10.20.0.64", port), dst=Endpoint("10.20.0.1", port), received_at=AT, via=Via.PCAP
    )
    dispatch_datagram(taken, collector="fuzz", site="s")


def stream(raw: bytes) -> None:
    """One connection; its first byte chooses the port, and the rest is the answer to a request."""
    port = SERVER_PORTS[raw[0] % len(SERVER_PORTS)] if raw else 80
    sent, _, received = raw[1:].partition(b"\0\0\0\0")
    head = StreamHead(
        client=Endpoint("10.20.0.1", 50_000),
        server=Endpoint("10.20.0.64", port),
        sent=sent,
        received=received,
        received_at=AT,
        via=Via.PCAP,
    )
    dispatch_stream(head, collector="fuzz", site="s")


def frames(raw: bytes) -> None:
    """Frames of one capture, each behind its length in two bytes."""
    dissection = Dissection(via=Via.PCAP, collector="fuzz", site="s")
    while len(raw) > 2:
        size = int.from_bytes(raw[:2])
        dissection.feed(raw[2 : 2 + size], AT)
        raw = raw[2 + size :]
    list(dissection.flush())


def capture(raw: bytes) -> None:
    """A capture file, packed or not."""
    unpacked, left = Unpacked(io.BytesIO(raw).read), LARGEST

    def read(count: int) -> bytes:
        nonlocal left
        chunk = unpacked.read(min(count, left))
        left -= len(chunk)
        return chunk

    dissection = Dissection(via=Via.PCAP, collector="fuzz", site="s")
    with suppress(DecodeError):
        for record in records(read):
            dissection.feed(record.frame, record.at, record.link_type)
    list(dissection.flush())


TARGETS: dict[str, Callable[[bytes], None]] = {
    "datagram": datagram,
    "stream": stream,
    "frames": frames,
    "capture": capture,
}
