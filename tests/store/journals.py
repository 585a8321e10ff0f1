"""A journal of a run that visits one device, and how it is read back."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from pathlib import Path

from camscan.collect.base import Host
from camscan.collect.journal import Beginning
from camscan.collect.pace import Spent
from camscan.model import AttemptStatus, CollectorAttempt, Scope
from camscan.store.journal import JournalFile, open_journal
from camscan.store.leftover import Facts, Leftover, left_in
from tests.factories import CAMERA_MAC, NOON, later, observation
from tests.report import canned

FACTS = Facts(keeps=True, deep=True, listen_s="30")
IP, OTHER, V6 = "10.20.0.11", "10.20.0.12", "2001:db8::11"
BEGINNING = Beginning(
    run=replace(canned.every_verdict().run, started_at=NOON, ended_at=NOON, interrupted=True),
    scope=Scope(ranges=("10.20.0.0/24",), exclude=("10.20.0.9",), not_after=later(3600)),
    networks=("10.20.0.0/24",),
    collectors=("arp", "tcp"),
)
ATTEMPT = CollectorAttempt(
    collector="arp", target="10.20.0.0/24", status=AttemptStatus.COMPLETED, started_at=NOON, ended_at=later(2), sent=254
)
SEEN = observation(ip=IP, last_seen_at=later(3))
OF_V6 = observation((("http.server", "x"),), ip=V6, port=80)
HOST = Host(ip=IP, mac=CAMERA_MAC, observations=(SEEN, OF_V6))
SPENT = Spent(packets=40, syns=5, unanswered=1, connections=3, requests=4, bytes_sent=900)


def opened(path: Path, facts: Facts = FACTS, after: Leftover | None = None) -> JournalFile:
    made = open_journal(path, lambda: later(5))
    assert made is not None
    made.prepare(facts, after)
    return made


def a_run(journal: JournalFile) -> None:
    """What a run writes that visits one device."""

    async def run() -> None:
        journal.observed(SEEN)
        journal.attempted(ATTEMPT)
        await journal.spending(IP, replace(SPENT, connections=1))
        journal.asked("tcp", HOST, "80")
        journal.spent(IP, SPENT)
        journal.observed(OF_V6)
        journal.finished("tcp", HOST)
        journal.spent(OTHER, Spent(syns=2))
        await journal.catch_up()

    journal.begin(BEGINNING)
    asyncio.run(run())


def written(path: Path) -> bytes:
    journal = opened(path)
    a_run(journal)
    journal.close()
    return path.read_bytes()


def read(content: bytes) -> Leftover | None:
    return left_in(io.BytesIO(content))


def left(path: Path) -> Leftover:
    again = open_journal(path, lambda: NOON, create=False)
    assert again is not None
    found = again.left()
    again.close()
    assert found is not None
    return found


def left_now(journal: JournalFile) -> Leftover:
    found = journal.left()
    assert found is not None
    return found
