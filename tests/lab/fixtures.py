"""pytest fixtures for tests that need the segment; a conftest imports them by name."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.daemons.installed import must_run, why_none_can_run
from tests.lab.segment import TRUTH, LabError, Segment


def bring_up(segment: Segment) -> Segment:
    """Bring a segment up, or skip the test saying what is missing."""
    try:
        segment.up()
    except LabError as fault:
        pytest.skip(f"no segment: {fault}")
    return segment


def need_daemons() -> None:
    """Skip the test where no daemon can run, saying why; fail it where they have to."""
    reason = why_none_can_run()
    if reason is not None and must_run():
        pytest.fail(reason)
    if reason is not None:
        pytest.skip(reason)


@pytest.fixture(scope="module")
def segment() -> Iterator[Segment]:
    """Yield the whole segment, one for all tests of a module."""
    running = bring_up(Segment())
    yield running
    running.down()


@pytest.fixture(scope="session")
def truth() -> dict[str, dict[str, Any]]:
    """Return the entries of truth.toml by device name."""
    return {entry["name"]: entry for entry in tomllib.loads(TRUTH.read_text())["device"]}
