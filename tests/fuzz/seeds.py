"""Where fuzzing begins: the samples of all codecs, in the form of each target, and what earlier fuzzing found."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import zstandard

from camscan.codecs.pcapfile import records
from camscan.codecs.registry import DATAGRAM_CODECS, STREAM_CODECS
from tests.factories import NOON, pcap
from tests.fuzz.targets import PORTS
from tests.samples_of import CAPTURE

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "samples"
MOST = 8192


def seeds(target: str) -> Iterator[bytes]:
    """Yield bytes for one target."""
    yield from (path.read_bytes() for path in sorted((HERE / "kept" / target).glob("*")))
    if target == "datagram":
        for codec in DATAGRAM_CODECS:
            for raw in samples(codec.NAME):
                yield bytes([PORTS.index(codec.PORTS[0])]) + raw
    elif target == "stream":
        for codec in STREAM_CODECS:
            for raw in samples(codec.NAME):
                yield b"\0GET / HTTP/1.1\r\n\r\n\0\0\0\0" + raw
    else:
        first = [record.frame for record in records([CAPTURE.read_bytes()]) if len(record.frame) < 1500][:400]
        for start in range(0, len(first), 8):
            some = first[start : start + 8]
            if target == "frames":
                yield b"".join(len(raw).to_bytes(2) + raw for raw in some)
            else:
                plain = pcap([(NOON, raw) for raw in some])
                yield from (plain, gzip.compress(plain), zstandard.compress(plain)) if start < 40 else (plain,)


def samples(name: str) -> Iterator[bytes]:
    """Yield the samples of a codec that are short enough."""
    yield from (raw for path in sorted(SAMPLES.glob(f"{name}/*.bin")) if len(raw := path.read_bytes()) <= MOST)
