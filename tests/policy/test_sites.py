"""Which sites a device stands at, and what holds of one that stands at several."""

from __future__ import annotations

from datetime import date
from functools import cache
from ipaddress import ip_address, ip_network
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.model import SiteContext, Verdict
from camscan.policy.engine import judge
from camscan.policy.rules import SITE_FACTS
from camscan.policy.sites import PREVAILING, combined, joint_name, sites_of
from camscan.policy.situation import stated_facts
from tests.policy.books import TODAY, device, identified, shipped

CAMPUS = SiteContext(name="campus", ranges=("10.20.0.0/16", "fd00:20::/48"), class_="other")
ANNEX = SiteContext(name="annex", ranges=("10.20.5.0/24",), class_="sensitive")
DOOR = SiteContext(name="door", ranges=("10.20.5.7/32",), class_="other")
SITES = (CAMPUS, ANNEX, DOOR)
LAB = SiteContext(name="lab")


@pytest.mark.parametrize(
    ("ips", "sites"),
    [
        (("10.20.1.1",), (CAMPUS,)),
        (("10.20.5.1",), (ANNEX,)),
        (("10.20.5.7",), (DOOR,)),
        (("fd00:20::7",), (CAMPUS,)),
        (("192.168.1.64",), ()),
        (("192.168.1.64", "10.20.1.1"), (CAMPUS, LAB)),
        (("fe80::7", "169.254.3.4", "10.20.1.1"), (CAMPUS,)),
        (("fe80::7",), ()),
        (("fd00:20::7", "10.20.5.7"), (CAMPUS, DOOR)),
        (("10.20.1.1", "10.20.5.1", "10.20.1.2"), (ANNEX, CAMPUS)),
        ((), ()),
    ],
)
def test_of_each_address_the_most_specific_range_speaks_and_one_in_no_range_is_at_the_site_of_the_run(ips, sites):
    assert sites_of(ips, SITES, LAB) == sites
    assert sites_of(ips, SITES[::-1], LAB) == sites
    assert sites_of(ips[::-1], SITES, LAB) == sites


def test_without_sites_no_range_speaks():
    assert sites_of(("10.20.0.11",), (), LAB) == ()


def test_where_no_range_of_a_family_is_stated_its_addresses_say_nothing_of_a_place():
    of_ipv4 = SiteContext(name="campus", ranges=("10.20.0.0/16",), class_="other")
    assert sites_of(("2001:db8::7", "10.20.1.1"), (of_ipv4, DOOR), LAB) == (of_ipv4,)
    assert sites_of(("192.0.2.7", "10.20.1.1"), (of_ipv4, DOOR), LAB) == (of_ipv4, LAB)
    assert sites_of(("2001:db8::7", "10.20.1.1"), SITES, LAB) == (CAMPUS, LAB)


def test_a_range_that_a_site_states_speaks_for_addresses_of_one_link_too():
    stated = SiteContext(name="link", ranges=("fe80::/10",), class_="sensitive")
    assert sites_of(("fe80::7", "10.20.1.1"), (*SITES, stated), LAB) == (CAMPUS, stated)


RANGES = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)).map(
    lambda pair: str(ip_network((pair[0], pair[1]), strict=False))
)


@given(st.sets(RANGES, max_size=12), st.integers(0, 2**32 - 1).map(lambda number: str(ip_address(number))))
def test_the_site_found_is_that_of_the_longest_prefix_that_holds_the_address(ranges, ip):
    sites = tuple(SiteContext(name=text, ranges=(text,)) for text in sorted(ranges))
    holding = [text for text in ranges if ip_address(ip) in ip_network(text)]
    longest = max(holding, key=lambda text: ip_network(text).prefixlen, default=None)
    assert [site.name for site in sites_of((ip,), sites, LAB)] == ([longest] if longest else [])


def at(name: str, **facts) -> SiteContext:
    return SiteContext(name=name, **facts)


@pytest.mark.parametrize(
    ("one", "other", "holds"),
    [
        ({"class_": "other", "zone": "separate"}, {"class_": "other", "zone": "core"}, {"class": "other", "zone": "core"}),
        ({"class_": "sensitive"}, {"class_": "other"}, {"class": "sensitive"}),
        ({"class_": "sensitive"}, {"zone": "core"}, {"class": "sensitive", "zone": "core"}),
        ({"class_": "other", "zone": "separate"}, {}, {}),
        ({"decision": "extend"}, {"decision": "not-extend"}, {"decision": "extend"}),
        ({"decision": "not-extend"}, {"decision": "pending"}, {}),
        ({"decision": "not-extend"}, {"decision": "not-extend"}, {"decision": "not-extend"}),
        ({"purpose": "public-safety"}, {"purpose": "none"}, {"purpose": "public-safety"}),
        ({"purpose": "national-security"}, {"purpose": "critical-infrastructure"}, {"purpose": "critical-infrastructure"}),
        ({"purpose": "none"}, {}, {}),
    ],
)
def test_what_a_rule_is_stricter_on_holds_of_one_site_and_the_rest_only_where_all_state_it_alike(one, other, holds):
    for pair in ((at("a", **one), at("b", **other)), (at("b", **other), at("a", **one))):
        assert stated_facts(combined(pair), TODAY) == holds


def test_an_extension_holds_from_the_earliest_day_and_a_decision_against_it_from_the_last():
    early, late = date(2024, 1, 1), date(2030, 1, 1)

    def on(decision: str) -> SiteContext:
        days = ((early, "ONE"), (late, "TWO"))
        return combined(tuple(at(ref, decision=decision, decision_on=day, decision_reference=ref) for day, ref in days))

    assert (on("extend").decision_on, on("extend").decision_reference) == (early, "ONE")
    assert (on("not-extend").decision_on, on("not-extend").decision_reference) == (late, "TWO")
    assert stated_facts(on("not-extend"), TODAY) == {}
    mixed = combined((at("a", decision="extend", decision_on=late), at("b", decision="not-extend")))
    assert stated_facts(mixed, TODAY) == {}
    assert stated_facts(mixed, late) == {"decision": "extend"}


def test_sites_taken_as_one_carry_all_names_up_to_four_and_all_ranges():
    one = combined((ANNEX, CAMPUS))
    assert one.name == "annex + campus"
    assert one.ranges == (*ANNEX.ranges, *CAMPUS.ranges)
    assert joint_name("abcdef") == "a + b + c + d + 2 more"
    assert combined((ANNEX,)) == ANNEX


FACTS = [
    dict(zip(names, values, strict=True))
    for names in (("class", "zone", "decision"), ("purpose",))
    for values in product(*((None, *SITE_FACTS[name]) for name in names))
]
RANK = (Verdict.NO_FINDING, Verdict.UNIDENTIFIED, Verdict.REVIEW, Verdict.RESTRICTED, Verdict.PROHIBITED)


@cache
def verdicts_at(site: SiteContext) -> dict[str, int]:
    book = shipped()
    found = {}
    for policy in sorted(book.sets):
        judged = judge(device(), identified(), book=book, policies=(policy,), site=site, as_of=TODAY)
        found[policy] = RANK.index(judged.verdict)
    return found


def test_no_rule_is_milder_on_a_device_at_two_sites_than_on_one_at_either():
    sites = [at("x", **{"class_" if name == "class" else name: value for name, value in facts.items()}) for facts in FACTS]
    for one, other in combinations(sites, 2):
        both = verdicts_at(combined((one, other)))
        for policy, rank in both.items():
            assert rank >= max(verdicts_at(one)[policy], verdicts_at(other)[policy]), (policy, one, other)


def test_every_condition_on_a_fact_that_one_site_fulfils_is_fulfilled_by_what_prevails():
    asked = {
        (item.fact, item.values)
        for rule in shipped().rules.values()
        for when in (*(limb.when for limb in rule.limbs), *(case.when for effect in rule.effects for case in effect.cases))
        for item in when
    }
    for name, order in PREVAILING.items():
        wanted = [set(values) for fact, values in asked if fact == name.rstrip("_")]
        for first, second in combinations(order, 2):
            assert all(first in values for values in wanted if second in values), (name, first, second)
