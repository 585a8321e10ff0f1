"""Replay tells those who wait which part it is in and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from camscan.assessment import IDENTIFYING, JUDGING
from camscan.offline import READING, replay
from camscan.progress import Steps
from tests.judgements import judging
from tests.samples_of import CAPTURE


class Written(Steps):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.expected: dict[str, float] = {}
        self.parts: list[str] = []
        self.shares: list[tuple[str, float]] = []
        self.hosts = 0

    def expect(self, seconds: Mapping[str, float]) -> None:
        self.expected |= seconds

    def enter(self, part: str) -> None:
        self.parts.append(part)

    def done(self, number: int, of: int) -> None:
        self.shares.append((self.parts[-1], number / of))

    def found(self, hosts: int, cameras: int) -> None:
        assert hosts > self.hosts
        self.hosts = hosts


def test_a_capture_is_read_identified_and_judged_and_each_part_goes_forward_to_its_end() -> None:
    written = Written()
    replay([CAPTURE], judging(steps=written))
    assert [part for part, _ in groupby(written.parts)] == [READING, IDENTIFYING, JUDGING]
    assert set(written.parts) <= set(written.expected)
    for part in (READING, IDENTIFYING, JUDGING):
        shares = [share for name, share in written.shares if name == part]
        assert shares, part
        assert all(0 <= share <= 1 for share in shares)
    reading = [share for name, share in written.shares if name == READING]
    assert reading == sorted(reading)
    assert reading[-1] == 1
    assert len(reading) > 3
    assert written.hosts >= 80
