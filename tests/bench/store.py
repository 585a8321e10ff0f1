"""How large a store becomes in a year, and what a night costs."""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from camscan.identity import identities
from camscan.model import AssessedAsset, Observation, Report, SiteContext
from camscan.offline import replay
from camscan.store.opening import open_store
from tests.judgements import judging

NIGHTS = 365
DEVICES = 80
OBSERVATIONS = 2_000
OTHER_EVERY_NIGHT = 0.4
"""Share of the messages in which a time, a nonce or an id is another one every night; of those of the lab it is a fifth."""
MEBIBYTE = 1024 * 1024


def store() -> None:
    """365 nights of 80 devices that send 2,000 messages each night, of which four in ten are never the same."""
    chance = random.Random(20_260_301)
    sys.stdout.write(
        f"\nstore: {NIGHTS} nights of {DEVICES} devices and {OBSERVATIONS} messages; goals 200 MB in all, 2000 ms a night\n"
    )
    first = _first_night()
    marks = identities([judged.asset for judged in first.assets], {})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "camscan.sqlite3")
        taken = []
        for report in _nights(first, chance):
            observations = [one for judged in report.assets for one in judged.asset.observations]
            started = time.perf_counter()
            with open_store(str(file)) as opened:
                opened.add(report, observations, identities=marks)
            taken.append(time.perf_counter() - started)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        with open_store(str(file)) as opened:
            started = time.perf_counter()
            held = len(opened.evidence("last").observations)
            read = time.perf_counter() - started
            started = time.perf_counter()
            pruned = opened.prune(timedelta(days=NIGHTS // 2), report.run.ended_at)
            prune = time.perf_counter() - started
        left = sum(path.stat().st_size for path in Path(folder).iterdir())
    slowest = sorted(taken)[-3:]
    sys.stdout.write(
        f"  {held} messages a night; {size / MEBIBYTE:.1f} MB after {NIGHTS} nights; a night {sum(taken) / len(taken) * 1000:.0f} ms, "
        f"the slowest {', '.join(f'{one * 1000:.0f}' for one in slowest)} ms (open, keep, close)\n"
        f"  reading a run {read * 1000:.0f} ms; removing {len(pruned.runs)} runs {prune * 1000:.0f} ms, then {left / MEBIBYTE:.1f} MB; "
        f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB\n"
    )


def _first_night() -> Report:
    """Return the devices of the shipped capture, and others of the same makes, with as many messages as a night brings."""
    by = judging(policies=("uk-department",), site=SiteContext(name="lab", class_="sensitive"), command="scan")
    report, _ = replay([Path("camscan/cli/demo.pcap")], by)
    shown = [judged for judged in report.assets if judged.asset.macs]
    devices = [_copy(shown[number % len(shown)], number) for number in range(DEVICES)]
    return replace(report, assets=tuple(devices))


def _copy(judged: AssessedAsset, number: int) -> AssessedAsset:
    """Return another device of the same make, with its share of the messages."""
    mac, ip = f"bc:ad:28:00:00:{number:02x}", f"10.20.0.{number + 1}"
    said = judged.asset.observations
    wanted = OBSERVATIONS // DEVICES
    own = tuple(
        replace(
            said[place % len(said)],
            ip=ip,
            link_mac=mac,
            port=1024 + place,
            raw=said[place % len(said)].raw + f"serial {number:08d}{place:04d}".encode(),
        )
        for place in range(wanted)
    )
    asset = replace(
        judged.asset, key=f"mac:{mac}", macs=(mac,), ips=(ip,), observations=tuple(sorted(own, key=Observation.order))
    )
    return replace(judged, asset=asset)


def _nights(report: Report, chance: random.Random) -> Iterator[Report]:
    for night in range(NIGHTS):
        started = report.run.started_at + timedelta(days=night, microseconds=chance.randrange(10**9))
        run = replace(
            report.run, id=f"{started:%Y%m%dT%H%M%SZ}-lab", started_at=started, ended_at=started + timedelta(minutes=5)
        )
        yield replace(report, run=run, assets=tuple(_again(judged, run.started_at, chance) for judged in report.assets))


def _again(judged: AssessedAsset, at: datetime, chance: random.Random) -> AssessedAsset:
    said = tuple(_said_again(one, at, chance) for one in judged.asset.observations)
    known = judged.identification
    if chance.random() < 1 / DEVICES:
        known = replace(known, firmware=f"V5.{chance.randrange(100)}")
    asset = replace(judged.asset, observations=said, first_seen=at, last_seen=at)
    return replace(judged, asset=asset, identification=known)


def _said_again(one: Observation, at: datetime, chance: random.Random) -> Observation:
    first = at + timedelta(microseconds=chance.randrange(3 * 10**8))
    raw = one.raw
    if chance.random() < OTHER_EVERY_NIGHT:
        raw += f'\r\nDate: {first:%c}\r\nnonce="{chance.randbytes(16).hex()}"'.encode() + chance.randbytes(32)
    return replace(one, first_seen_at=first, last_seen_at=first + timedelta(microseconds=chance.randrange(10**6)), raw=raw)
