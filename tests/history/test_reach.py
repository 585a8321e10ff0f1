"""What several runs covered together."""

from __future__ import annotations

import pytest

from camscan.history.reach import pieces, without
from camscan.model import Coverage, CoverageLevel
from tests.history.facts import coverage

LINK, ROUTED, LISTENED = CoverageLevel.LINK, CoverageLevel.ROUTED, CoverageLevel.LISTENED


def left(wanted: Coverage, *held: Coverage) -> bool:
    return bool(without(pieces([wanted], "annex"), pieces(held, "annex")))


@pytest.mark.parametrize(
    ("networks", "lacking"),
    [
        (("10.20.0.0/24",), False),
        (("10.20.0.0/23",), False),
        (("10.20.0.0/25", "10.20.0.128/25"), False),
        (("10.20.0.0/25", "10.20.0.11/32"), True),
        (("10.20.0.11/32",), True),
        (("10.30.0.0/24",), True),
        (("fd00::/8",), True),
        (("eth0",), True),
        ((), True),
    ],
)
def test_networks_cover_one_another_whatever_they_are_called(networks: tuple[str, ...], lacking: bool) -> None:
    assert left(coverage(), *(coverage(network=one) for one in networks)) is lacking


def test_what_is_no_network_is_covered_by_its_own_name() -> None:
    assert not left(coverage(network="eth0"), coverage(network="eth0"))
    assert left(coverage(network="eth0"), coverage(network="eth1"))


@pytest.mark.parametrize(
    ("wanted", "held", "lacking"),
    [(LINK, ROUTED, True), (ROUTED, LINK, False), (LINK, LISTENED, True), (LISTENED, LINK, False)],
)
def test_only_as_close_a_look_covers(wanted: CoverageLevel, held: CoverageLevel, lacking: bool) -> None:
    assert left(coverage(wanted), coverage(held)) is lacking


def test_what_was_not_looked_at_to_its_end_is_not_covered_nor_another_site() -> None:
    assert left(coverage(), coverage(complete=False))
    assert left(coverage(), Coverage(range="10.20.0.0/24", level=LINK, complete=True, site="lab"))
    assert not left(coverage(), Coverage(range="10.20.0.0/24", level=LINK, complete=True, site="annex"))
