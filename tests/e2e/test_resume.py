"""A scan that a signal ends, and what `--resume` makes of it: files, store and journal agree, and another run is no continuation."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from camscan.store.opening import open_store
from tests.e2e.conftest import CAMSCAN
from tests.e2e.interrupted import LOOK_S, PATIENCE_S, Site, mark, marks_in, standing
from tests.lab.segment import Segment
from tests.store.runs import dumped

pytestmark = pytest.mark.netns

DEVICES = ("axis-dome", "uniview-dome")
TARGETS = ("10.20.0.16", "10.20.0.20")


def until(site: Site, so: Callable[[], bool]) -> None:
    over = time.monotonic() + PATIENCE_S
    while not so():
        assert site.running is not None
        assert site.running.poll() is None, site.said.read_text()
        assert time.monotonic() < over
        time.sleep(LOOK_S)


def again(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `camscan scan --resume` of the site's store, with nothing of what was given before."""
    argv = [CAMSCAN, "scan", "--resume", "--store", str(site.store), *arguments]
    return site.segment.run_in_scanner(argv, capture_output=True, text=True, timeout=PATIENCE_S)


def test_an_ended_scan_agrees_with_its_store_and_journal_and_is_resumed_by_nothing_else(tmp_path: Path) -> None:
    with Segment(devices=DEVICES) as segment:
        site = Site(segment, tmp_path, "lab", TARGETS)
        site.start()
        until(site, lambda: b'"finished"' in site.journal())
        assert site.end(signal.SIGTERM) == 143
        said = site.said.read_text()
        assert said.splitlines()[-1].startswith("INTERRUPTED: ")
        assert "camscan scan --resume" in said
        with open_store(str(site.store), create=False) as store:
            [kept] = store.runs()
            assert kept.run.interrupted
            assert not kept.complete
            assert dumped(store.evidence(kept.id)) == site.evidence.read_text()
        stood = standing(site.journal())
        assert stood.observations == marks_in(site.evidence)
        finished = set().union(*stood.finished.values())
        assert finished

        refused = again(site)
        assert refused.returncode == 2, refused.stderr
        assert "--scope FILE" in refused.stderr
        assert standing(site.journal()) == stood

        site.start("--resume")
        assert site.running is not None
        assert site.running.wait(PATIENCE_S) in (0, 3, 4), site.said.read_text()
        assert f"resumed: {len(finished)} device" in site.said.read_text()
        with open_store(str(site.store), create=False) as store:
            whole, part = store.runs()
            assert (part.complete, whole.complete, whole.run.interrupted) == (False, True, False)
            assert whole.run.started_at == part.run.started_at < part.run.ended_at < whole.run.ended_at
        assert {one for one in stood.observations if one[0] in finished} <= marks_in(site.evidence)
        assert site.journal() == b""


def test_what_a_killed_scan_had_found_is_kept_before_another_begins_and_a_resumed_one_needs_no_further_word(
    tmp_path: Path,
) -> None:
    with Segment(devices=DEVICES) as segment:
        site = Site(segment, tmp_path, "lab", TARGETS)
        site.start()
        until(site, lambda: b'"finished"' in site.journal())
        site.end()
        stood = standing(site.journal())

        command = [CAMSCAN, "scan", "10.20.0.16/28", "--policy", "none", "--site", "name=lab", "--store", str(site.store)]
        with site.said.open("wb") as said:
            site.running = segment.popen_in_scanner(command, stdout=subprocess.DEVNULL, stderr=said)
        until(site, lambda: standing(site.journal()).observations != stood.observations and "presence" in site.said.read_text())
        assert "was interrupted; what it found is kept as" in site.said.read_text()
        site.end()
        with open_store(str(site.store), create=False) as store:
            [kept] = store.runs()
            evidence = store.evidence(kept.id)
            assert kept.run.policies == ("uk-department",)
        assert kept.run.interrupted
        assert "interrupted before its end" in kept.incomplete_because
        seen = {mark(json.loads(line)["observation"]) for line in dumped(evidence).splitlines() if "observation" in line[:14]}
        assert {one for one in stood.observations if one[0] in TARGETS} <= seen
        attempts = {attempt.collector: attempt.status for attempt in evidence.attempts}
        assert attempts["arp"] == "completed"
        assert attempts["tcp"] in ("partial", "completed")

        done = again(site, "--format", "json", "--quiet")
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert report["scope"]["ranges"] == ["10.20.0.16/28"]
        assert report["run"]["site"]["name"] == "lab"
        assert report["run"]["policies"] == []
        assert report["complete"]
        assert any(warning.startswith("resumed: ") for warning in report["warnings"])
        with closing(sqlite3.connect(site.store)) as raw:
            assert raw.execute("PRAGMA quick_check").fetchall() == [("ok",)]
