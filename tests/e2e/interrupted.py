"""Scans that are killed or ended at chosen moments, and what their journals hold: read here by hand, as the format is told."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.conftest import CAMSCAN
from tests.lab.segment import Segment

LOOK_S = 0.01
PATIENCE_S = 120.0
SCOPE = 'ranges = ["10.20.0.0/24"]\nhighest_pace = "fast"\n'


@dataclass
class Standing:
    """What stands in a journal."""

    begun: bool = False
    finished: dict[str, set[str]] = field(default_factory=dict)
    """Collector → addresses."""
    observations: set[tuple[str, str, str]] = field(default_factory=set)
    """Address, protocol and fields."""


@dataclass
class Site:
    """A site whose scan is interrupted."""

    segment: Segment
    folder: Path
    name: str
    targets: Sequence[str]
    running: subprocess.Popen[bytes] | None = None

    @property
    def store(self) -> Path:
        return self.folder / "camscan.sqlite3"

    @property
    def evidence(self) -> Path:
        return self.folder / f"{self.name}.obs.jsonl"

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        scope = self.folder / "scope.toml"
        scope.write_text(SCOPE)
        command = [
            *(CAMSCAN, "scan", *self.targets, "--scope", str(scope), "--pace", "fast", "--policy", "uk-department"),
            *("--site", f"name={self.name}", "--store", str(self.store), "-o", str(self.evidence), *arguments),
        ]
        with self.said.open("wb") as said:
            self.running = self.segment.popen_in_scanner(command, stdout=subprocess.DEVNULL, stderr=said)
        return self.running

    @property
    def said(self) -> Path:
        return self.folder / f"{self.name}.err"

    def journal(self) -> bytes:
        found = list(self.folder.glob(f"journal-{self.name}-*.jsonl"))
        try:
            return found[0].read_bytes() if found else b""
        except FileNotFoundError:  # it was removed meanwhile
            return b""

    def end(self, number: int = signal.SIGKILL) -> int:
        assert self.running is not None
        self.running.send_signal(number)
        return self.running.wait(PATIENCE_S)


def end_when(sites: Sequence[tuple[Site, Callable[[Site], bool]]]) -> list[bool]:
    """Kill the scan of each site when it is so with it; return which of them were killed, and did not end before."""
    waiting = dict(enumerate(sites))
    killed = [False] * len(waiting)
    until = time.monotonic() + PATIENCE_S
    while waiting:
        assert time.monotonic() < until, [site.said.read_text() for site, _ in waiting.values()]
        for number, (site, due) in tuple(waiting.items()):
            assert site.running is not None
            if site.running.poll() is not None:
                del waiting[number]
            elif due(site):
                killed[number] = site.end() == -signal.SIGKILL
                del waiting[number]
        time.sleep(LOOK_S)
    return killed


def standing(content: bytes) -> Standing:
    """Return what a journal holds that was killed while it was written."""
    found = Standing()
    for line in content.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            break
        record = json.loads(line)
        if "finished" in record:
            found.finished.setdefault(record["finished"], set()).update(record["ips"])
        elif "observation" in record:
            found.observations.add(mark(record["observation"]))
        elif "schema" in record:
            found.begun = True
    return found


def mark(observation: Mapping[str, Any]) -> tuple[str, str, str]:
    return observation["ip"] or "", observation["protocol"], json.dumps(observation["fields"], sort_keys=True)


def marks_in(evidence: Path) -> set[tuple[str, str, str]]:
    """Return the observations of an observation file."""
    records = map(json.loads, evidence.read_text().splitlines())
    return {mark(record["observation"]) for record in records if "observation" in record}
