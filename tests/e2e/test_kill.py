"""Scans that are killed at random moments: nothing finished is lost, the store opens, and `--resume` goes on with what is missing alone."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from camscan.store.opening import open_store
from tests.e2e.interrupted import PATIENCE_S, Site, Standing, end_when, marks_in, standing
from tests.lab.roster import select_devices
from tests.lab.segment import Segment
from tests.store.runs import dumped

pytestmark = pytest.mark.netns

PAIRS = (
    ("axis-dome", "uniview-dome"),
    ("ezviz-indoor", "tapo-c210"),
    ("vivotek-dome", "noname-camera"),
    ("bosch-flexidome", "d-link-dcs"),
    ("xiongmai-board", "hanwha-dome"),
)
"""Cameras that a scan connects to; each pair is a site of its own, scanned beside the others."""
NAMES = [name for pair in PAIRS for name in pair]
MOST_LINES, OF_A_RESUMED_PART = 115, 40
"""Of its journal, after which a part of a scan is killed. It writes some 130, and some 45 where everything was finished."""
SOON = 15
PORTS_FINISHED = b'{"finished":"tcp"'
MOST_CONNECTIONS = MOST_SYNS = 24
"""Of pace fast, to one device in one run."""


@dataclass
class Chain:
    """A run of one site that is killed and resumed until it comes to its end, then the next one."""

    site: Site
    stood: Standing = field(default_factory=Standing)
    tried: dict[str, int] = field(default_factory=dict)
    """Connection attempts to each device when the run began."""
    stays: dict[tuple[str, str], int] = field(default_factory=dict)
    """What was counted of a device when the run was through with that, by address and kind."""
    established: dict[str, int] = field(default_factory=dict)
    runs: int = 0
    finished: int = 0
    """Devices that were finished at some kill."""

    def devices(self) -> dict[str, dict[str, int]]:
        """Return what each device of the site counted, by address."""
        ledger = self.site.segment.ledger()["devices"]
        counted = {device.ip or "": ledger[device.name] for device in select_devices(NAMES) if device.ip in self.site.targets}
        return {ip: {**seen["tcp"], "datagrams": datagrams(seen)} for ip, seen in counted.items()}

    def part(self) -> None:
        """Start the next part: of the run, or the first of another one where nothing is left to resume."""
        resumed = b"\n" in self.site.journal()
        if not resumed:
            counted = self.devices()
            self.stood, self.stays = Standing(), {}
            self.tried = {ip: seen["attempts"] for ip, seen in counted.items()}
            self.established = {ip: seen["established"] for ip, seen in counted.items()}
        self.site.start(*(["--resume"] if resumed else []))

    def look(self) -> None:
        """Hold that what stood in the journal stands there still, after a kill."""
        now = standing(self.site.journal())
        if not now.begun:  # killed before it began, or after it was kept
            return
        for collector, ips in self.stood.finished.items():
            assert ips <= now.finished[collector], f"{self.site.name}: {collector}"
        done = set().union(*self.stood.finished.values())
        assert {one for one in self.stood.observations if one[0] in done} <= now.observations
        self.stood = now
        ported, read = now.finished.get("tcp", set()), now.finished.get("reads", set())
        for ip, seen in self.devices().items():
            self.finished += (ip, "datagrams") not in self.stays and ip in ported
            if ip in ported:
                self.stays.setdefault((ip, "datagrams"), seen["datagrams"])
            if ip in ported & read:
                self.stays.setdefault((ip, "attempts"), seen["attempts"])

    def ended(self) -> None:
        """Hold that a run that came to its end has everything that ever was finished, kept its budgets, and left nothing lying about."""
        site, name = self.site, self.site.name
        assert site.running is not None
        said = site.said.read_text()
        if site.running.returncode == 2:  # killed between being kept and the removal of its journal
            assert "nothing is missing of that run" in said
        else:
            assert site.running.returncode in (0, 3, 4), said
            assert ("resumed: " in said) == self.stood.begun
        self.runs += 1
        with open_store(str(site.store), create=False) as store:
            kept = store.runs(site=name)
            evidence = store.evidence(kept[0].id)
        assert len(kept) == self.runs
        assert kept[0].complete
        if site.running.returncode != 2:
            assert dumped(evidence) == site.evidence.read_text()
            done = set().union(*self.stood.finished.values())
            assert {one for one in self.stood.observations if one[0] in done} <= marks_in(site.evidence)
        for ip, seen in self.devices().items():
            attempts, established = seen["attempts"] - self.tried[ip], seen["established"] - self.established[ip]
            assert established <= evidence.ledgers[ip].connections <= MOST_CONNECTIONS, ip
            assert attempts <= MOST_SYNS, ip
            for kind in ("datagrams", "attempts"):
                assert seen[kind] == self.stays.get((ip, kind), seen[kind]), f"{ip}: {kind} again"
        left = {one.name for one in site.folder.iterdir()}
        assert not [one for one in left if one.startswith(f"journal-{name}-")]
        assert not [one for one in left if name in one and one.endswith((".camscan-tmp", ".new"))]
        self.stood = Standing()


def datagrams(seen: dict[str, Any]) -> int:
    """Return how many datagrams were sent to a device alone."""
    return sum(count for kind, count in seen["packets"].items() if kind.startswith("udp/"))


def _when_grown(lines: int) -> Callable[[Site], bool]:
    """Return what says that a journal has so many lines."""
    return lambda site: site.journal().count(b"\n") >= lines


def _when_finished(lines: int) -> Callable[[Site], bool]:
    """Return what says that a journal has so many lines behind that of the first device whose ports were finished."""

    def due(site: Site) -> bool:
        _, finished, behind = site.journal().partition(PORTS_FINISHED)
        return bool(finished) and behind.count(b"\n") >= lines

    return due


@pytest.fixture
def chains(tmp_path: Path) -> Iterator[list[Chain]]:
    addresses = {device.name: device.ip or "" for device in select_devices(NAMES)}
    with Segment(devices=NAMES) as segment:
        made = [
            Chain(Site(segment, tmp_path, f"site{number}", [addresses[name] for name in pair]))
            for number, pair in enumerate(PAIRS)
        ]
        yield made
        for chain in made:
            if chain.site.running is not None and chain.site.running.poll() is None:
                chain.site.end()


def killed(chains: list[Chain], times: int, seed: int, of_a_resumed_part: int) -> None:
    """Kill scans so many times and until enough of them had finished something, each at a random moment, and resume every one.

    of_a_resumed_part: at most so many lines of it; where it comes to its end before, the next run begins.
    """
    moments = random.Random(seed)
    kills = 0
    for _ in range(4 * times):
        due: list[tuple[Site, Any]] = []
        for number, chain in enumerate(chains):
            stands = chain.site.journal().count(b"\n")
            chain.part()
            if stands:
                due.append((chain.site, _when_grown(stands + moments.randint(1, of_a_resumed_part))))
            elif number % 2:  # whatever the machine's speed, some are killed when there is something to lose
                due.append((chain.site, _when_finished(moments.randint(0, SOON))))
            else:
                due.append((chain.site, _when_grown(moments.randint(1, MOST_LINES))))
        for chain, was_killed in zip(chains, end_when(due), strict=True):
            kills += was_killed
            chain.look() if was_killed else chain.ended()
        if kills >= times and sum(chain.finished for chain in chains) >= times // 5:
            break
    assert kills >= times
    left = [chain for chain in chains if b"\n" in chain.site.journal()]
    for chain in left:
        chain.part()
    for chain in left:
        assert chain.site.running is not None
        chain.site.running.wait(PATIENCE_S)
        chain.ended()
    with closing(sqlite3.connect(chains[0].site.store)) as raw:
        assert raw.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    with open_store(str(chains[0].site.store), create=False) as store:
        found = store.verify_chain()
        assert not found.faults, found
        assert found.records >= 2 * len(left)
    assert sum(chain.runs for chain in chains) >= len(left) > 0
    assert sum(chain.finished for chain in chains) >= times // 5, "killed too early to prove anything: other moments, please"


def test_scans_killed_ten_times_at_random_moments_lose_nothing_that_was_finished(chains: list[Chain]) -> None:
    killed(chains, times=10, seed=1, of_a_resumed_part=OF_A_RESUMED_PART)


@pytest.mark.long
def test_scans_killed_two_hundred_times_at_random_moments_lose_nothing_that_was_finished(chains: list[Chain]) -> None:
    killed(chains, times=200, seed=7, of_a_resumed_part=MOST_LINES)
