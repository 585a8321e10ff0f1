"""The order of arrival never decides which messages belong to one device, and the work is bounded."""

from __future__ import annotations

import itertools
import random
import sys
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from camscan.claims import claims_of, relays_among
from camscan.correlate import correlate
from camscan.model import Asset, Observation, is_local_mac
from tests.claiming import CLAIMS, EPR, FACTORY, FIRST, FOURTH, GATEWAY, KEY, LOCAL, SECOND, SERIAL, THIRD, observation, said
from tests.examples import examples


def test_every_order_of_arrival_gives_the_same_assets() -> None:
    seen = [
        said(FACTORY, FIRST, sadp__serial=SERIAL),
        said(FACTORY, SECOND),
        said(FACTORY, sadp__mac=SECOND),
        said("10.30.0.9", onvif__serial=SERIAL),
        said(None, None, tls__key=KEY),
        said("10.30.0.9", tls__key=KEY),
        said(FACTORY),
    ]
    expected = correlate(seen, claims=CLAIMS)
    assert len(expected) == 3
    assert all(correlate(order, claims=CLAIMS) == expected for order in itertools.permutations(seen))


observations = st.builds(
    lambda ip, mac, pairs, port, outside: observation(
        ip=ip, link_mac=mac, port=port, outside_scope=outside, fields=tuple(sorted(pairs)) or (("http.status", "200"),)
    ),
    st.sampled_from([None, FACTORY, *(f"10.20.0.{n}" for n in range(1, 7)), "2001:db8::1", "169.254.3.3"]),
    st.sampled_from([None, None, FIRST, SECOND, THIRD, FOURTH, LOCAL, GATEWAY]),
    st.sets(
        st.one_of(
            st.tuples(st.sampled_from(["sadp.mac", "isapi.mac"]), st.sampled_from([FIRST, SECOND, LOCAL, "zz", GATEWAY])),
            st.tuples(st.sampled_from(["sadp.serial", "onvif.serial"]), st.sampled_from([SERIAL, "AAWRD00000018", "0000"])),
            st.tuples(st.just("wsd.epr"), st.sampled_from([EPR, "urn:uuid:7781"])),
            st.tuples(st.sampled_from(["upnp.manufacturer", "upnp.model"]), st.sampled_from(["AXIS", "HIKVISION", "-"])),
            st.tuples(st.just("tls.key"), st.sampled_from([KEY, KEY[::-1]])),
        ),
        max_size=3,
    ),
    st.sampled_from([None, 0, 80]),
    st.booleans(),
)


def stated_by_address(found: Asset, relays: frozenset[str]) -> dict[str, list[set[str]]]:
    """Return what a device states as its serials and MACs: by field, the values at each of its addresses."""
    stated: dict[tuple[str, str | None], set[str]] = {}
    for one in found.observations:
        for name, _, (kind, value) in claims_of(one, CLAIMS):
            if kind in {"mac", "serial"} and value not in relays:
                stated.setdefault((name, one.ip), set()).add(value)
    return {name: [values for (other, _), values in stated.items() if other == name] for name, _ in stated}


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(observations, max_size=14), st.randoms(use_true_random=False))
def test_order_never_matters_and_nothing_is_lost_or_merged_across_macs(seen: list[Observation], chance: random.Random) -> None:
    found = correlate(seen, claims=CLAIMS)
    shuffled = list(seen)
    chance.shuffle(shuffled)
    assert correlate(shuffled, claims=CLAIMS) == found
    kept = [o for a in found for o in a.observations]
    assert Counter(kept) == Counter(seen)
    assert correlate(kept, claims=CLAIMS) == found
    assert len({a.key for a in found}) == len(found)
    for a in found:
        own = {m for m in a.macs if not is_local_mac(m)}
        assert len(own) <= 1
        assert a.key.startswith("mac:") == bool(own)
        assert not (own and a.relays)
        assert own or all(set.intersection(*said) for said in stated_by_address(a, relays_among(seen)).values())
        assert list(a.observations) == sorted(a.observations, key=Observation.order)


def test_ten_thousand_messages_cost_a_bounded_amount_of_work() -> None:
    seen = [
        said(
            f"10.20.{n % 2000 // 250}.{n % 250}",
            f"bc:ad:28:00:{n % 2000 // 250:02x}:{n % 250:02x}",
            sadp__serial=f"DS-{n % 2000:09}Q{n}",
        )
        for n in range(10_000)
    ]
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        found = correlate(seen, claims=CLAIMS)
    finally:
        sys.setprofile(None)
    assert len(found) == 2000
    assert calls < 400 * len(seen)
