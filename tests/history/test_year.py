"""Nights on end: a segment changes, every night is kept, and what is told of each is what is true of it, and nothing else."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from camscan.assessment import Judging
from camscan.compared import since_before, with_history
from camscan.datafiles.open import open_knowledge
from camscan.datafiles.policies import open_policies
from camscan.history.matching import Matching
from camscan.identify.rules import Knowledge
from camscan.identity import identities
from camscan.model import Diff, Report, StatementsUsed
from camscan.policy.rules import PolicyBook
from camscan.rejudge import judge_kept
from camscan.report.message import message
from camscan.report.observations import dump, read
from camscan.statements import Recorded
from camscan.store.opening import open_store
from camscan.store.store import Store
from tests.history.segment import Expected, Night, Segment
from tests.history.units import Unit
from tests.report import making

FINGERPRINTS = Path(__file__).parents[2] / "fingerprints"
ZENITH = """
[vendor]
slug = "zenith"
name = "Zenith"

[[fingerprint]]
id = "zenith.onvif.manufacturer"
field = "onvif.manufacturer"
match = { exact = "ZENITH" }
confidence = "certain"
gives = { brand = "zenith", maker = "zenith", kind = "camera" }
source = "made up"
examples = [{ text = "ZENITH" }]
"""


@dataclass
class Data:
    """Both versions of the data that the nights are judged by."""

    older: Knowledge
    newer: Knowledge
    book: PolicyBook


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    folder = tmp_path_factory.mktemp("newer") / "fingerprints"
    shutil.copytree(FINGERPRINTS, folder)
    (folder / "vendors" / "zenith.toml").write_text(ZENITH)
    newer = open_knowledge(folder)
    older = open_knowledge(None)
    assert older.version != newer.version
    return Data(older, newer, open_policies(None))


class Nights:
    """Every night as `camscan scan --keep` would keep it and a timer would tell of it."""

    def __init__(self, store: Store, data: Data, segment: Segment, folder: Path) -> None:
        self.store, self.data, self.segment, self.folder = store, data, segment, folder
        self.overhead_s: list[float] = []
        self.complete: list[Night] = []

    def run(self) -> Iterator[tuple[Night, Diff | None, Report]]:
        for night in self.segment.run():
            report, evidence, judging = self._judged(night)
            began = time.process_time()
            marks = identities([judged.asset for judged in report.assets], judging.knowledge.claims)
            report = with_history(report, self.store, marks, judging.knowledge.claims)
            name = self.store.add(report, evidence, identities=marks, match=Matching(judging.knowledge.claims))
            found = since_before(self.store, name, judging)
            self.overhead_s.append(time.process_time() - began)
            yield night, found, report
            if night.complete:
                self.complete.append(night)

    def _judged(self, night: Night) -> tuple[Report, tuple[object, ...], Judging]:
        """The night as an observation file, read again and judged on its day."""
        run = making.run(
            id=f"{night.at:%Y%m%dT%H%M%SZ}-annex",
            started_at=night.at,
            ended_at=night.at,
            site=night.site,
            as_of=night.at.date(),
            data_version="",
        )
        path = self.folder / "night.obs.jsonl"
        scope = making.scope(ranges=("10.20.0.0/20",))
        path.write_text("".join(dump(run, scope, (), night.observations, night.coverage)))
        files = [StatementsUsed(file=f"{what}.toml", sha256="00", entries=1) for what in ("attestations", "exceptions")]
        judging = Judging(
            knowledge=self.data.newer if night.newer_data else self.data.older,
            book=self.data.book,
            policies=("uk-department",),
            site=night.site,
            as_of=night.at.date(),
            command="scan",
            recorded=Recorded(
                attestations=night.attestations,
                attestations_from=files[0],
                exceptions=night.exceptions,
                exceptions_from=files[1],
            ),
        )
        report, observations = judge_kept(read(path), path.name, judging)
        return report, observations, judging


def unit_of(segment: Segment, key: str, address: str, after: bool) -> Unit:
    """Which unit a change speaks of: by MAC, and among those with one MAC by the address or by who is there."""
    mac = key.removeprefix("mac:")
    named = [unit for unit in segment.units if unit.mac == mac] or [unit for unit in segment.units if unit.ip == address]
    named += [unit for unit in segment.units if unit.serial in key and unit not in named]
    if len(named) > 1:
        named = [unit for unit in named if unit.present == after] or named
    assert named, f"nobody is {key} at {address}"
    return named[-1]


def told_of(segment: Segment, found: Diff) -> frozenset[Expected]:
    made = set()
    for change in found.changes:
        after = change.kind not in ("gone", "removed")
        unit = unit_of(segment, change.key, change.address, after)
        what = "exception" if change.what.startswith("exception ") else change.what
        made.add((str(change.kind), unit.name, what, str(change.cause)))
    assert len(made) == len(found.changes), "nothing is told twice"
    return frozenset(made)


def live_through(nights: Nights) -> int:
    """Compare what is told with the truth, night after night; return how many changes there were."""
    total = 0
    for night, found, report in nights.run():
        if night.number == 0:
            assert found is None
            continue
        assert found is not None
        told = told_of(nights.segment, found)
        wrong = f"night {night.number}, {'complete' if night.complete else 'partial'}"
        assert told - night.expected == frozenset(), f"{wrong}: told and not true"
        assert night.expected - told == frozenset(), f"{wrong}: true and not told"
        total += len(told)
        said = message(found, report)
        assert len(said.lines) <= 12
        assert len(report.past) == night.number
        for change in found.changes:
            if change.kind == "new":
                previous = next(one for one in reversed(nights.complete) if one.looked_at(change.address))
                (judged,) = [one for one in report.assets if one.asset.key == change.key]
                assert judged.presence is not None
                assert judged.presence.absent_until == previous.at, wrong
    return total


def test_three_weeks_tell_what_is_true_of_them_and_nothing_else(data: Data, tmp_path: Path) -> None:
    with open_store(str(tmp_path / "camscan.sqlite3")) as store:
        nights = Nights(store, data, Segment(nights=20, size=14), tmp_path)
        assert live_through(nights) > 15
        assert len(store.devices()) == len([unit for unit in nights.segment.units if unit.told is not None])


@pytest.mark.long
def test_a_year_tells_what_is_true_of_it_and_nothing_else(
    data: Data, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "camscan.sqlite3"
    with open_store(str(path)) as store:
        nights = Nights(store, data, Segment(nights=365, size=80), tmp_path)
        total = live_through(nights)
        assert len(store.devices()) == len([unit for unit in nights.segment.units if unit.told is not None])
    size = sum(one.stat().st_size for one in tmp_path.glob("camscan.sqlite3*"))
    worst, usual = max(nights.overhead_s), sorted(nights.overhead_s)[len(nights.overhead_s) // 2]
    with capsys.disabled():
        sys.stdout.write(
            f"\na year: {total} changes; store {size / 1e6:.1f} MB; overhead a night {usual:.2f} s of the processor, at most {worst:.2f} s\n"
        )
    assert size < 200e6
