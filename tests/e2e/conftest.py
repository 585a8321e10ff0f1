"""One scan of the whole segment, recorded, whose results many tests hold against the truth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab.segment import Segment

CAMSCAN = str(Path(sys.executable).with_name("camscan"))
RANGE = "10.20.0.0/24"
STORE = "camscan.sqlite3"
"""The file beside the evidence in which the recorded scan was kept."""


@dataclass(frozen=True)
class Scanned:
    """What one scan left behind."""

    code: int
    stdout: str
    stderr: str
    report: dict[str, Any]
    evidence: Path
    capture: Path
    ledger: dict[str, Any]


def camscan(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the installed program outside the segment: for commands that touch no network."""
    return subprocess.run([CAMSCAN, *arguments], capture_output=True, text=True, check=False, timeout=120, **options)


def scan_of(segment: Segment, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `camscan scan` where the scanner stands."""
    return segment.run_in_scanner([CAMSCAN, "scan", *arguments], capture_output=True, text=True, timeout=180, **options)


def needs_root() -> None:
    """Skip a test of the segment where there is no root."""
    if os.geteuid() != 0:
        pytest.skip("the segment needs root for its network namespaces")


def assets_by_mac(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return a report's assets by each of their MACs."""
    return {mac: asset for asset in report["assets"] for mac in asset["macs"]}


@pytest.fixture(scope="session")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    needs_root()
    folder = tmp_path_factory.mktemp("scanned")
    capture = folder / "segment.pcap"
    with Segment(pcap=capture) as segment:
        done = scan_of(
            segment,
            RANGE,
            *("--policy", "uk-department", "--site", "class=sensitive", "--site", "name=lab"),
            *("-o", str(folder / "report.json"), "-o", str(folder / "run.obs.jsonl")),
            *("--store", str(folder / STORE)),
        )
        ledger = segment.ledger()
    assert done.returncode in (0, 3, 4, 5, 9), done.stderr
    report = json.loads((folder / "report.json").read_text())
    return Scanned(done.returncode, done.stdout, done.stderr, report, folder / "run.obs.jsonl", capture, ledger)


@pytest.fixture
def few() -> Iterator[Segment]:
    """A segment of two devices that answer, for tests of how a scan runs: it is over in seconds."""
    yield from _segment_of(FEW)


@pytest.fixture
def few_and_silent() -> Iterator[Segment]:
    """A segment in which one more device answers nothing but ARP: each of its ports costs a scan its patience."""
    yield from _segment_of((*FEW, SILENT))


def _segment_of(names: Sequence[str]) -> Iterator[Segment]:
    if os.geteuid() != 0:
        pytest.skip("the segment needs root for its network namespaces")
    with Segment(devices=names) as segment:
        yield segment


FEW: Sequence[str] = ("hikvision-dome", "server-nginx")
SILENT = "silent-hikvision"
