"""Where a device hangs on the network: the port of its own among all that switches know."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.identify.attachment import MOST_AT_AN_EDGE, attachment, in_words
from camscan.model import Observation
from tests import factories


def seen(
    switch: str, port: str, *, macs: int = 1, vlan: str | None = "20", behind: str | None = None, at: float = 0
) -> Observation:
    said = [("switch.address", "10.20.0.160"), ("switch.name", switch), ("switch.port", port), ("switch.port_macs", str(macs))]
    said += [("switch.vlan", vlan)] if vlan else []
    said += [("switch.neighbour", behind)] if behind else []
    return factories.observation(
        tuple(sorted(said)), protocol="bridge", ip=None, port=None, raw=b"", last_seen_at=factories.later(at)
    )


EDGE = seen("sw-3", "14", macs=2)
UPLINK = seen("sw-1", "24", macs=1, behind="sw-3")
CROWD = seen("sw-2", "48", macs=MOST_AT_AN_EDGE + 1)


def words(*observations: Observation) -> str:
    found = attachment(factories.asset(*observations))
    assert found is not None
    return in_words(found)


def test_a_port_of_its_own_goes_before_an_uplink_whatever_the_order() -> None:
    for order in permutations((UPLINK, EDGE, CROWD)):
        assert words(*order) == "switch sw-3, port 14 (with 1 other), VLAN 20"


def test_a_port_that_leads_elsewhere_is_said_to_be_one() -> None:
    assert words(UPLINK) == "behind port 24 (uplink, towards sw-3) of switch sw-1, VLAN 20"
    assert words(CROWD) == "behind port 48 (uplink) of switch sw-2, VLAN 20"


def test_the_emptier_port_and_then_the_later_sight_decides() -> None:
    assert words(EDGE, seen("sw-4", "7")) == "switch sw-4, port 7, VLAN 20"
    assert words(seen("sw-4", "7"), seen("sw-5", "8", at=60)) == "switch sw-5, port 8, VLAN 20"


@pytest.mark.parametrize("vlan", [None, "0", "4095", "x", "٢"])
def test_a_vlan_that_is_none_is_left_out(vlan: str | None) -> None:
    assert words(seen("sw-4", "7", vlan=vlan)) == "switch sw-4, port 7"


def test_what_no_switch_knows_hangs_nowhere() -> None:
    assert attachment(factories.asset()) is None
    nameless = factories.observation((("switch.vlan", "20"),), protocol="bridge")
    assert attachment(factories.asset(nameless)) is None


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 99), st.text(max_size=3), st.text(max_size=8)), max_size=5)
)
def test_any_text_of_a_switch_is_taken_as_text(rows: list[tuple[str, int, str, str]]) -> None:
    observations = [seen(name or "x", port or "0", macs=macs, vlan=port) for name, macs, port, _ in rows]
    found = attachment(factories.asset(*observations))
    assert (found is None) == (not rows)
