"""Captures that are cut or damaged anywhere: libpcap and our own reader say the same, and nothing before the damage is lost."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from camscan.collect import capturefile
from camscan.collect.capturefile import Piped
from camscan.collect.files import InputKind, kind_of
from camscan.collect.unpack import Unpacked
from camscan.model import Endpoint, Observation
from tests.codecs.test_pcapfile import enhanced, interface, microseconds
from tests.collect.captures import GROUP, PACKED, PCAP, answer, as_pcapng, each_kind, piped, read, saved
from tests.examples import examples
from tests.factories import later, udp_frame
from tests.samples_of import CAPTURE

CORPUS = os.environ.get("CAMSCAN_CORPUS")


def by_both_roads(path: Path) -> list[tuple[list[Observation], bool]]:
    """Return what libpcap and our own reader make of a file, and whether either says that it is damaged."""
    found = []
    for source in (path, Piped(path.name, path.open("rb").read)):
        seen, [tally] = read(source)
        found.append((seen, bool(tally.unfinished)))
        if isinstance(source, Piped):
            source.read.__self__.close()  # type: ignore[attr-defined]
    return found


@each_kind
def test_a_file_cut_anywhere_says_the_same_by_both_roads_and_all_that_stood_before_the_cut(
    tmp_path: Path, content: bytes
) -> None:
    counts = []
    for length in range(40, len(content), 41):
        (seen, damaged), other = by_both_roads(saved(tmp_path, content[:length]))
        assert (seen, damaged) == other, length
        counts.append(len(seen))
    assert counts == sorted(counts)
    assert counts[-1] > 5


@each_kind
@settings(
    max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(edits=st.lists(st.tuples(st.integers(4, 1 << 16), st.integers(0, 255)), min_size=1, max_size=3))
def test_a_file_damaged_anywhere_says_the_same_by_both_roads(
    tmp_path: Path, content: bytes, edits: list[tuple[int, int]]
) -> None:
    changed = bytearray(content)
    for place, value in edits:
        changed[4 + (place - 4) % (len(content) - 4)] = value
    one, other = by_both_roads(saved(tmp_path, bytes(changed)))
    assert one == other


@each_kind
@pytest.mark.parametrize("packing", ["gzip", "zstd"])
@settings(max_examples=examples(30), deadline=None)
@given(data=st.data())
def test_packed_files_damaged_anywhere_end_with_a_warning_and_lose_nothing_before(
    content: bytes, packing: str, data: st.DataObject
) -> None:
    packed = bytearray(PACKED[packing](content))
    place = data.draw(st.integers(4, len(packed) - 1))
    if data.draw(st.booleans()):
        del packed[place:]
    else:
        packed[place] ^= data.draw(st.integers(1, 255))
    source = io.BytesIO(bytes(packed))
    unpacked = Unpacked(source.read)
    given = b"".join(iter(lambda: unpacked.read(100), b""))
    assert given == content or unpacked.damage
    read(piped(bytes(packed)))


@pytest.mark.parametrize("packing", ["gzip", "zstd", "zstd behind a frame to skip"])
@pytest.mark.parametrize("kept", [5, 14])
def test_a_packed_file_cut_before_its_first_byte_is_a_damaged_capture_on_disk_and_through_a_pipe(
    tmp_path: Path, packing: str, kept: int
) -> None:
    path = saved(tmp_path, PACKED[packing](PCAP)[:kept])
    assert kind_of(path) is InputKind.CAPTURE
    for source in (path, piped(path.read_bytes())):
        seen, [tally] = read(source)
        assert seen == []
        assert "ends before its end" in tally.unfinished[0]


def test_gzip_gives_every_byte_in_front_of_the_damage() -> None:
    packed = gzip.compress(os.urandom(200_000), compresslevel=0)
    for length in (1000, 100_000, 190_000):
        unpacked = Unpacked(io.BytesIO(packed[:length]).read)
        given = b"".join(iter(lambda unpacked=unpacked: unpacked.read(1 << 16), b""))
        assert len(given) > length - 100
        assert unpacked.damage == "gzip that ends before its end"


def test_what_libpcap_refuses_is_read_on_from_there_without_repetition(tmp_path: Path) -> None:
    many = [
        (later(number), udp_frame(answer(f"S{number}"), Endpoint(f"10.20.{number // 250}.{number % 250}", 37020), GROUP))
        for number in range(700)
    ]
    cooked = b"\0\0\0\x01\0\x06\xbc\xad\x28\0\0\x02\0\0" + many[0][1][12:]
    content = as_pcapng(many) + interface(113) + enhanced(microseconds(later(900)), cooked, number=1)
    seen, [tally] = read(saved(tmp_path, content))
    assert tally.unfinished == []
    assert sum(one.count for one in seen if one.link_mac == "bc:ad:28:00:00:02") == 1
    assert sum(one.count for one in seen) == 701


@pytest.mark.skipif(CORPUS is None, reason="CAMSCAN_CORPUS names no folder with captures")
def test_every_capture_of_the_corpus_is_read_by_both_roads_alike() -> None:
    paths = sorted(
        path for path in Path(str(CORPUS)).rglob("*") if path.is_file() and path.suffix in (".pcap", ".pcapng", ".cap")
    )
    assert paths
    for path in paths:
        one, other = by_both_roads(path)
        assert one == other, path


def test_the_demonstration_says_the_same_by_both_roads() -> None:
    one, other = by_both_roads(CAPTURE)
    assert one == other
    assert capturefile.FRAMES_AT_ONCE < 1000
