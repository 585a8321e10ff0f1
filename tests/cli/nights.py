"""A store that knows of last night's run, and what `camscan status` says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from typer.testing import Result

from camscan.cli.clock import now
from camscan.model import Report
from camscan.store.opening import open_store
from tests.cli.invoked import invoked
from tests.report import canned
from tests.store.runs import add

STORE = "camscan.sqlite3"
HEAD = "0123456789abcdef" * 4
"""A head that no chain has."""


def status(folder: Path, *arguments: str) -> Result:
    return invoked("status", "--store", str(folder / STORE), *arguments)


def last_night(report: Report | None = None) -> Report:
    """Return a report on a run that ended an hour ago."""
    found = report or canned.every_verdict()
    ended = now() - timedelta(hours=1)
    return replace(found, run=replace(found.run, started_at=ended - timedelta(minutes=5), ended_at=ended))


def kept(folder: Path, report: Report) -> str:
    """Keep a run and return the head of the chain."""
    with open_store(str(folder / STORE)) as store:
        return store.run(add(store, report)).run.chain_head
