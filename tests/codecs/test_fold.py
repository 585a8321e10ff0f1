from __future__ import annotations

from datetime import timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from camscan.codecs.fold import fold
from camscan.model import Observation, Via
from tests.factories import NOON, later, observation

SCOPE = (("wsd.scopes", "onvif://www.onvif.org/name/Tür"),)

observations = st.builds(
    lambda fields, ip, mac, port, raw, start, length, count, via, cut, outside, collector: observation(
        fields,
        ip=ip,
        link_mac=mac,
        port=port,
        raw=raw,
        first_seen_at=later(start),
        last_seen_at=later(start + length),
        count=count,
        via=via,
        truncated=cut,
        outside_scope=outside,
        collector=collector,
    ),
    st.sampled_from([SCOPE, (("wsd.scopes", "x"),)]),
    st.sampled_from(["10.20.0.9", "2001:db8::9", None]),
    st.sampled_from(["bc:ad:28:00:00:01", None]),
    st.sampled_from([3702, 40000, None]),
    st.sampled_from([b"", b"a", b"b"]),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(1, 3),
    st.sampled_from([Via.ACTIVE, Via.PCAP]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["capture", "multicast"]),
)


def test_equal_messages_become_one_with_a_count_and_both_ends_of_time() -> None:
    first = observation(SCOPE, port=40001, raw=b"b", first_seen_at=NOON, last_seen_at=NOON)
    second = observation(SCOPE, port=40000, raw=b"a", first_seen_at=later(-9), last_seen_at=later(9), count=2)
    [folded] = fold([first, second])
    assert (folded.count, folded.first_seen_at, folded.last_seen_at) == (3, later(-9), later(9))
    assert (folded.raw, folded.port) == (b"a", 40000)


def test_other_ways_senders_and_contents_stay_apart() -> None:
    one = observation(SCOPE)
    others = [
        observation((("wsd.scopes", "y"),)),
        observation(SCOPE, via=Via.PCAP),
        observation(SCOPE, ip="10.20.0.8"),
        observation(SCOPE, link_mac=None),
        observation(SCOPE, site="Brno"),
    ]
    assert len(fold([one, *others])) == 6


@given(st.lists(observations, max_size=5))
def test_the_order_of_arrival_does_not_matter(given_observations: list[Observation]) -> None:
    results = {fold(order) for order in permutations(given_observations)}
    assert len(results) == 1


@given(st.lists(observations, max_size=12), st.integers(0, 12))
def test_folding_in_parts_is_folding_at_once(given_observations: list[Observation], cut: int) -> None:
    whole = fold(given_observations)
    assert fold([*fold(given_observations[:cut]), *fold(given_observations[cut:])]) == whole
    assert fold(whole) == whole
    assert sum(one.count for one in whole) == sum(one.count for one in given_observations)
    assert all(one.last_seen_at - one.first_seen_at >= timedelta(0) for one in whole)
