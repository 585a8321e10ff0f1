"""The capture of a small segment, as files and through pipes, and what a reader makes of it."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import zstandard

from camscan.collect.base import Tally
from camscan.collect.capture import CaptureReader
from camscan.collect.capturefile import Piped, piped_capture
from camscan.model import Endpoint, Observation
from tests.codecs.test_pcapfile import enhanced, interface, microseconds, section
from tests.factories import handshake, later, pcap, tcp_frame, udp_frame

SADP = Endpoint("10.20.0.64", 37020)
GROUP = Endpoint("239.255.255.250", 37020)
CLIENT, SERVER = Endpoint("10.20.0.1", 50_123), Endpoint("10.20.0.64", 80)


def answer(serial: str) -> bytes:
    return (
        f"<ProbeMatch><DeviceDescription>DS-2CD2143G2-I</DeviceDescription><DeviceSN>{serial}</DeviceSN></ProbeMatch>".encode()
    )


def frames(count: int = 6) -> list[tuple[datetime, bytes]]:
    given = [(later(number), udp_frame(answer(f"S{number}"), SADP, GROUP)) for number in range(count)]
    shake = [(later(count), raw) for raw in handshake(CLIENT, SERVER)]
    page = tcp_frame(b"HTTP/1.1 401 Unauthorized\r\nServer: App-webs/\r\n\r\n", SERVER, CLIENT, seq=901)
    return [*given, *shake, (later(count + 1), page)]


def as_pcapng(given: list[tuple[datetime, bytes]]) -> bytes:
    return section() + interface() + b"".join(enhanced(microseconds(at), raw) for at, raw in given)


PCAP, PCAPNG = pcap(frames()), as_pcapng(frames())
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
    "two members of gzip": lambda raw: gzip.compress(raw[:100]) + gzip.compress(raw[100:]),
    "zstd behind a frame to skip": lambda raw: b"\x53\x2a\x4d\x18\4\0\0\0abcd" + zstandard.compress(raw),
    "zstd before a frame to skip": lambda raw: zstandard.compress(raw) + b"\x50\x2a\x4d\x18\4\0\0\0abcd",
    "two frames of zstd": lambda raw: zstandard.compress(raw[:100]) + zstandard.compress(raw[100:]),
}
each_kind = pytest.mark.parametrize("content", [PCAP, PCAPNG], ids=["pcap", "pcapng"])


def read(*sources: Path | Piped) -> tuple[list[Observation], list[Tally]]:
    """Return what captures say, as sortable text leaves it, and what was told of each."""
    seen: list[Observation] = []
    reads = CaptureReader(site="hq", emit=seen.append).read(sources)
    return sorted(seen, key=Observation.order), [read.tally for read in reads]


def piped(content: bytes, piece: int = 1000) -> Piped:
    source = io.BytesIO(content)
    given = piped_capture(lambda count: source.read(min(count, piece)))
    assert isinstance(given, Piped)
    return given


def saved(folder: Path, content: bytes, name: str = "one.pcap") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path
