"""What a scan does to devices, counted at the wire and by the devices, never by the scan itself."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import RANGE, Scanned, assets_by_mac, needs_root, scan_of
from tests.lab.check import truth
from tests.lab.frames import Frame, sent_by
from tests.lab.harm import Sealed, counts, harms, too_fast
from tests.lab.segment import Segment
from tests.lab.wiring import SCANNER_MAC

pytestmark = pytest.mark.netns

SYNS_AT_MOST = 24
BUSY: Sequence[str] = ("axis-dome", "xiongmai-board", "noname-camera")
"""The devices that are asked most, and one that answers once on a connection."""


def sealed_of(ledger: dict[str, Any]) -> Sealed:
    """Return the requests inside TLS that the devices of a segment read, by address."""
    ips = {device["name"]: device["ip"] for device in truth()}
    return {
        ips[name]: [base64.b64decode(raw) for raw in seen["inside_tls"]]
        for name, seen in ledger["devices"].items()
        if seen["inside_tls"]
    }


@pytest.fixture(scope="module")
def sent(scanned: Scanned) -> list[Frame]:
    """Every frame of the scan of the whole segment."""
    assert scanned.ledger["dropped"] == 0
    return sent_by(SCANNER_MAC, scanned.capture.read_bytes())


def test_everything_that_left_has_an_allowed_shape_and_destination(scanned: Scanned, sent: list[Frame]) -> None:
    assert len(sent) > 2_000
    assert sealed_of(scanned.ledger)
    assert sorted(set(harms(sent, sealed_of(scanned.ledger)))) == []


def test_nothing_left_to_an_address_that_no_device_of_the_segment_has(scanned: Scanned) -> None:
    assert scanned.ledger["strangers"] == {}


def test_no_window_of_a_second_holds_more_packets_than_polite_allows(sent: list[Frame]) -> None:
    assert list(too_fast(sent, total=1_000, shared=500, per_device=40)) == []


def test_no_device_gets_more_connection_attempts_than_the_budget_repetitions_included(sent: list[Frame]) -> None:
    attempts = {device["name"]: counts(sent, device["mac"], ()).syns for device in truth()}
    assert max(attempts.values()) <= SYNS_AT_MOST, attempts
    assert attempts["silent-hikvision"] > 3, "a device that answers nobody is tried too"


def test_connections_to_a_device_are_few_and_one_after_the_other(scanned: Scanned) -> None:
    for name, seen in scanned.ledger["devices"].items():
        assert seen["tcp"]["established"] <= 12, name
        assert seen["tcp"]["at_once"] <= 1, name
        assert seen["tcp"]["refused"] <= SYNS_AT_MOST, name


def test_the_ledger_of_the_report_is_what_the_wire_and_the_devices_counted(scanned: Scanned, sent: list[Frame]) -> None:
    by_mac, sealed = assets_by_mac(scanned.report), sealed_of(scanned.ledger)
    wrong = []
    for device in truth():
        said = by_mac[device["mac"]]["ledger"]
        seen = scanned.ledger["devices"][device["name"]]
        wire = counts(sent, device["mac"], sealed.get(device["ip"], ()))
        exact = (said["connections"], said["requests"], said["bytes_sent"]) == (
            seen["tcp"]["established"], wire.requests, wire.payload,
        )  # fmt: skip
        # Each connection is booked with the segments that it may need; none is booked with fewer.
        if not exact or said["packets"] < wire.packets or said["requests"] < seen["requests"]:
            wrong.append((device["name"], said, seen["tcp"]["established"], seen["requests"], wire))
    assert wrong == []


def test_at_the_pace_normal_the_budget_of_normal_holds(tmp_path: Path) -> None:
    needs_root()
    capture, report_file = tmp_path / "normal.pcap", tmp_path / "normal.json"
    with Segment(devices=BUSY, pcap=capture) as segment:
        done = scan_of(segment, RANGE, "--policy", "none", "--pace", "normal", "--quiet", "-o", str(report_file))
        ledger = segment.ledger()
    assert done.returncode == 0, done.stderr
    frames = sent_by(SCANNER_MAC, capture.read_bytes())
    assert sorted(set(harms(frames, sealed_of(ledger)))) == []
    assert list(too_fast(frames, total=5_000, shared=500, per_device=200)) == []
    assert len(json.loads(report_file.read_text())["assets"]) == len(BUSY)
    for name, seen in ledger["devices"].items():
        assert seen["tcp"]["established"] <= 16, name
        assert seen["tcp"]["at_once"] <= 2, name
    assert max(counts(frames, device["mac"], ()).syns for device in truth()) <= SYNS_AT_MOST
