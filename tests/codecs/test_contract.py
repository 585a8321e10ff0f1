"""What holds for every codec, present and future: nothing here is edited when one is added, except that it must be registered."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import camscan.codecs
from camscan.codecs import pcapfile
from camscan.codecs.base import DecodeError
from camscan.codecs.dissect import Dissection
from camscan.codecs.registry import DATAGRAM_CODECS, FRAME_CODECS, STREAM_CODECS, dispatch_datagram
from camscan.model import MAX_VALUE, Endpoint, Fields, Observation, StreamHead, Via
from tests import factories
from tests.examples import examples

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples"
CLIENT = Endpoint("10.20.0.1", 50123)
DEVICE_IP = "10.20.0.64"
NONCE = bytes(range(16))
EVERY_BYTE_UP_TO = 2048
"""Longer samples are cut at every seventh byte."""
MAX_FIELDS = 1024
LINES_A_BYTE = 40
"""Lines of Python that decoding may run for one byte of a message; what is more than linear exceeds it at 64 KiB."""
FIXED_LINES = 30_000


def modules() -> list[ModuleType]:
    names = [found.name for found in pkgutil.iter_modules(camscan.codecs.__path__)]
    return [importlib.import_module(f"camscan.codecs.{name}") for name in names]


DECODERS = [module for module in modules() if hasattr(module, "decode") and hasattr(module, "observe")]
CODECS: list[Any] = [module for module in modules() if hasattr(module, "NAME")]
BY_NAME: dict[str, Any] = {codec.NAME: codec for codec in CODECS}


@dataclass(frozen=True)
class Sample:
    codec: str
    path: Path
    """Of the bytes; the expected result stands beside it."""

    @property
    def golden(self) -> Path:
        return self.path.with_suffix(".json")

    def read(self) -> tuple[bytes, dict[str, Any]]:
        expected = json.loads(self.golden.read_text(encoding="utf-8")) if self.golden.exists() else {}
        return self.path.read_bytes(), expected

    def __str__(self) -> str:
        return f"{self.codec}/{self.path.stem}"


ALL_SAMPLES = [Sample(path.parent.name, path) for path in sorted(SAMPLES.glob("*/*.bin")) if path.parent.name in BY_NAME]
DATAGRAM_SAMPLES = [sample for sample in ALL_SAMPLES if BY_NAME[sample.codec] in DATAGRAM_CODECS]
each_sample = pytest.mark.parametrize("sample", ALL_SAMPLES, ids=str)
each_codec = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.NAME)
each_datagram_codec = pytest.mark.parametrize("codec", DATAGRAM_CODECS, ids=lambda codec: codec.NAME)


def stream_head(codec: Any, raw: bytes, carrier: dict[str, Any]) -> StreamHead:
    port = carrier.get("port", codec.PORTS[0] if codec.PORTS else 22)
    sent = str(carrier.get("sent", "")).encode("utf-8")
    return factories.stream_head(
        raw, server=Endpoint(DEVICE_IP, port), sent=sent, over_tls=bool(carrier.get("over_tls", False))
    )


def run(codec: Any, raw: bytes, carrier: dict[str, Any] | None = None) -> Fields:
    """Decode and observe bytes as the registry would. Raises DecodeError."""
    message = codec.decode(stream_head(codec, raw, carrier or {}) if codec in STREAM_CODECS else raw)
    return tuple(codec.observe(message))


def tolerated(codec: Any, raw: bytes, carrier: dict[str, Any] | None = None) -> Fields:
    """Decode hostile bytes: any other error than DecodeError fails the test."""
    try:
        said = run(codec, raw, carrier)
    except DecodeError:
        return ()
    assert list(said) == sorted(said)
    assert len(said) <= MAX_FIELDS
    for name, value in said:
        assert 0 < len(value) <= MAX_VALUE, name
        value.encode("utf-8")
    return said


# Registration and samples


@pytest.mark.parametrize("module", DECODERS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_module_with_ports_or_ethertypes_is_registered(module: ModuleType) -> None:
    if hasattr(module, "GROUPS"):
        assert module in DATAGRAM_CODECS
    elif hasattr(module, "PORTS"):
        assert module in STREAM_CODECS
    elif hasattr(module, "ETHERTYPES"):
        assert module in FRAME_CODECS


def test_names_of_codecs_are_unique_and_those_of_their_files() -> None:
    assert [codec.NAME for codec in CODECS] == [codec.__name__.rpartition(".")[2] for codec in CODECS]


@each_codec
def test_a_codec_has_a_sample(codec: Any) -> None:
    assert [sample for sample in ALL_SAMPLES if sample.codec == codec.NAME], f"add tests/samples/{codec.NAME}/*.bin"


@each_sample
def test_a_sample_decodes_to_its_golden_fields(sample: Sample, update_golden: bool) -> None:
    raw, expected = sample.read()
    said = [list(pair) for pair in run(BY_NAME[sample.codec], raw, expected.get("carrier"))]
    if update_golden:
        expected = {"source": "", **expected, "fields": said}
        sample.golden.write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert said == expected["fields"]
    assert expected["source"], "say where such bytes were seen"


@each_sample
def test_the_fields_of_a_sample_are_in_the_vocabulary(sample: Sample) -> None:
    path = ROOT / "fingerprints" / "fields.toml"
    assert path.exists(), "fingerprints/fields.toml declares every field name"
    declared = {entry["name"] for entry in tomllib.loads(path.read_text(encoding="utf-8"))["field"]}
    raw, expected = sample.read()
    assert {name for name, _ in run(BY_NAME[sample.codec], raw, expected.get("carrier"))} <= declared


# Active and captured


@pytest.mark.parametrize("sample", DATAGRAM_SAMPLES, ids=str)
@pytest.mark.parametrize("device", [DEVICE_IP, "2001:db8::64"], ids=["IPv4", "IPv6"])
def test_a_reply_and_the_same_reply_in_a_capture_give_equal_fields(sample: Sample, device: str) -> None:
    raw, expected = sample.read()
    codec = BY_NAME[sample.codec]
    asks = bool(codec.BIND_PORTS)
    carrier = expected.get("carrier", {})
    port, usual = carrier.get("port", codec.PORTS[0]), CLIENT.port if asks else codec.PORTS[0]
    client = Endpoint("10.20.0.1" if device == DEVICE_IP else "2001:db8::1", carrier.get("client_port", usual))
    taken = factories.datagram(raw, src=Endpoint(device, port), dst=client)
    active = dispatch_datagram(taken, collector="multicast", site="Zürich")
    capture = factories.pcap([(factories.NOON, factories.udp_frame(raw, taken.src, client))])
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="Zürich")
    captured = [
        said for record in pcapfile.records([capture]) for said in dissection.feed(record.frame, record.at, record.link_type)
    ]
    assert isinstance(active, Observation)
    [passive] = captured
    assert isinstance(passive, Observation)
    assert (passive.protocol, passive.fields, passive.ip) == (sample.codec, active.fields, device)
    assert (passive.raw, passive.link_mac, passive.last_seen_at) == (active.raw, factories.CAMERA_MAC, factories.NOON)


# Probes


@each_datagram_codec
def test_probes_vary_with_nothing_but_the_nonce(codec: Any) -> None:
    assert codec.probes(NONCE) == codec.probes(NONCE)
    assert len(codec.probes(bytes(16))) == len(codec.probes(NONCE))


@each_datagram_codec
def test_a_probe_has_one_kind_of_destination_and_declares_its_group(codec: Any) -> None:
    for probe in codec.probes(NONCE):
        assert [probe.group is not None, probe.broadcast, probe.unicast].count(True) == 1
        assert probe.group is None or probe.group in codec.GROUPS
        assert probe.port in codec.PORTS
        assert probe.source_port is None or probe.source_port in codec.BIND_PORTS
        assert 0 < len(probe.payload) <= 1400


@each_datagram_codec
def test_the_probe_of_another_scanner_says_nothing_of_its_sender(codec: Any) -> None:
    for probe in codec.probes(NONCE):
        heard = factories.datagram(
            probe.payload, src=Endpoint("10.20.0.9", probe.source_port or 50000), dst=Endpoint("10.20.0.64", probe.port)
        )
        assert dispatch_datagram(heard, collector="capture", site="s") is None


# Hostile bytes


@each_sample
def test_a_sample_cut_anywhere_raises_only_decode_errors(sample: Sample) -> None:
    raw, expected = sample.read()
    step = 1 if len(raw) <= EVERY_BYTE_UP_TO else 7
    for length in range(0, len(raw), step):
        tolerated(BY_NAME[sample.codec], raw[:length], expected.get("carrier"))


@pytest.mark.parametrize("sample", DATAGRAM_SAMPLES, ids=str)
def test_what_a_cut_reply_says_is_what_the_whole_one_says(sample: Sample) -> None:
    raw, _ = sample.read()
    codec = BY_NAME[sample.codec]
    whole = set(run(codec, raw))
    for length in range(len(raw)):
        assert set(tolerated(codec, raw[:length])) <= whole, length


@each_sample
@settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(flips=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 7)), min_size=1, max_size=12))
def test_flipped_bits_raise_only_decode_errors(sample: Sample, flips: list[tuple[int, int]]) -> None:
    raw, expected = sample.read()
    flipped = bytearray(raw)
    for position, bit in flips:
        flipped[position % len(flipped)] ^= 1 << bit
    tolerated(BY_NAME[sample.codec], bytes(flipped), expected.get("carrier"))


@each_codec
@settings(max_examples=examples(150), deadline=None)
@given(raw=st.binary(max_size=600))
def test_random_bytes_raise_only_decode_errors(codec: Any, raw: bytes) -> None:
    tolerated(codec, raw)


@pytest.mark.parametrize(
    "carrier", [b"", b"HTTP/1.1 200 OK\r\n", b"<?xml version='1.0'?>", b"\x20\0\0\0DHIP", b"RTSP/1.0 200 OK\r\n"], ids=repr
)
@each_codec
def test_work_grows_no_faster_than_the_message(codec: Any, carrier: bytes) -> None:
    for unit in (
        b"\0",
        b"\xff",
        b"<a>",
        b"<a b='",
        b"&",
        b"[",
        b'{"a":',
        b"\r\n",
        b"a:b\n",
        b"\xc0\x0c",
        b"\x01a",
        b"%41 ",
        b"\r\n\r\n",
        b"=\"'",
    ):
        raw = (carrier + unit * 65536)[: 64 * 1024]
        assert lines_run(lambda raw=raw: tolerated(codec, raw)) <= FIXED_LINES + LINES_A_BYTE * len(raw), unit


def lines_run(work: Callable[[], object]) -> int:
    """Return how many lines of our codecs ran."""
    count = 0

    def on_line(frame: FrameType, event: str, _: object) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return on_line

    def on_call(frame: FrameType, event: str, _: object) -> Callable[..., Any] | None:
        return on_line if "/camscan/codecs/" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(on_call)
    try:
        work()
    finally:
        sys.settrace(before)
    return count
