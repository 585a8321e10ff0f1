"""How closely each range was looked at, and when a run may call itself complete."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.collect.arp import ArpSweep
from camscan.collect.coverage import (
    BANNERS,
    ECHO_SWEEPS,
    LINK_SWEEPS,
    MAX_HEARD,
    NO_ECHO,
    NO_LINK_LAYER,
    ROUTED_SWEEPS,
    ROUTER_TABLES,
    ROUTERS_WORD,
    by_reach,
    completeness,
    coverage_of,
    heard_at,
    listened,
    networks_listened,
)
from camscan.collect.interfaces import Interface
from camscan.collect.presence import NeighbourSweep, RoutedSweep
from camscan.collect.routed import PingSweep
from camscan.collect.routers import Routers
from camscan.collect.tcp import Tcp
from camscan.model import AttemptReason, AttemptStatus, CollectorAttempt, Coverage, CoverageLevel, Scope
from tests.factories import NOON, later

LINK = (IPv4Network("10.20.0.0/24"),)
SCOPE = Scope(ranges=("10.20.0.0/24", "10.20.40.0/24"))
BOTH = "10.20.0.0/24, 10.20.40.0/24"


def attempt(collector: str, target: str = BOTH, **changes: Any) -> CollectorAttempt:
    values: dict[str, Any] = {"status": AttemptStatus.COMPLETED, "started_at": NOON, "ended_at": later(5), "sent": 508}
    return CollectorAttempt(collector=collector, target=target, **(values | changes))


def skipped(collector: str, reason: AttemptReason = AttemptReason.NO_PRIVILEGE, detail: str = "") -> CollectorAttempt:
    return attempt(collector, status=AttemptStatus.SKIPPED, reason=reason, detail=detail, sent=0)


def row(
    range_: str = "10.20.0.0/24", level: CoverageLevel = CoverageLevel.LINK, complete: bool = True, **changes: Any
) -> Coverage:
    return Coverage(range=range_, level=level, complete=complete, **changes)


ALL = (
    attempt("arp"), skipped("neighbours", AttemptReason.DISABLED), attempt("knock"), attempt("ping"), attempt("tcp"),
)  # fmt: skip
ALIVE = ("10.20.0.5", "10.20.0.6", "10.20.40.9", "192.168.1.64")


def test_the_names_are_those_of_the_collectors() -> None:
    assert {ArpSweep.NAME, NeighbourSweep.NAME} == LINK_SWEEPS
    assert {RoutedSweep.NAME} == ROUTED_SWEEPS
    assert {PingSweep.NAME} == ECHO_SWEEPS
    assert {Routers.NAME} == ROUTER_TABLES
    assert {Tcp.NAME} == BANNERS


def test_ranges_on_a_link_and_behind_a_router_are_told_apart() -> None:
    assert coverage_of(SCOPE, LINK, ALL, ALIVE) == (
        row("10.20.0.0/24", CoverageLevel.LINK, hosts_alive=2),
        row("10.20.40.0/24", CoverageLevel.ROUTED, hosts_alive=1, detail=NO_LINK_LAYER),
    )


def test_a_range_that_is_partly_on_a_link_becomes_its_parts() -> None:
    found = coverage_of(
        Scope(ranges=("10.20.0.0/23",)), LINK, (attempt("arp", "10.20.0.0/23"), attempt("knock", "10.20.0.0/23")), ()
    )
    assert [(c.range, c.level) for c in found] == [("10.20.0.0/24", CoverageLevel.LINK), ("10.20.1.0/24", CoverageLevel.ROUTED)]


def link(name: str, network: str, *, up: bool = False) -> Interface:
    own = (IPv4Network(network),)
    return Interface(name=name, index=9, mac="02:00:00:00:00:09", addresses=(), networks=own, up=up, loopback=False)


def test_a_range_on_the_link_of_an_interface_that_is_down_was_not_covered_whatever_was_knocked_at() -> None:
    found = coverage_of(SCOPE, LINK, ALL, ALIVE, down=[link("vlan40", "10.20.40.0/24"), link("vlan50", "10.20.50.0/24")])
    assert found == (
        row("10.20.0.0/24", CoverageLevel.LINK, hosts_alive=2),
        row("10.20.40.0/24", CoverageLevel.NONE, False, detail="vlan40: interface down"),
    )
    assert completeness(found, ALL, (), False)[1] == ("1 of 2 ranges not covered (10.20.40.0/24: vlan40: interface down)",)


def test_only_the_part_of_a_range_behind_an_interface_that_is_down_is_missing() -> None:
    asked = "10.20.0.0/23"
    found = coverage_of(
        Scope(ranges=(asked,)), LINK, (attempt("arp", asked), attempt("knock", asked)), (), down=[link("vlan1", "10.20.1.0/24")]
    )
    assert [(one.range, one.level) for one in found] == [
        ("10.20.0.0/24", CoverageLevel.LINK),
        ("10.20.1.0/24", CoverageLevel.NONE),
    ]


def test_what_another_interface_reaches_or_the_scope_excludes_is_not_missing() -> None:
    down = [link("spare", "10.20.0.0/24"), link("vlan40", "10.20.40.0/24")]
    found = coverage_of(Scope(ranges=SCOPE.ranges, exclude=("10.20.40.0/24",)), LINK, ALL, ALIVE, down=down)
    assert [(one.level, one.complete) for one in found] == [(CoverageLevel.LINK, True), (CoverageLevel.NONE, True)]


def test_a_deadline_makes_a_run_incomplete_also_where_every_range_was_covered() -> None:
    late = attempt("reads", status=AttemptStatus.PARTIAL, reason=AttemptReason.DEADLINE, detail="deadline: --max-time 2h")
    never = skipped("liveness", AttemptReason.DEADLINE)
    complete, because = completeness((row(),), (*ALL, late, never), (), False)
    assert (complete, because) == (False, ("deadline: --max-time 2h; 2 steps not finished",))


def test_the_unprivileged_sweep_of_a_link_counts() -> None:
    found = coverage_of(SCOPE, LINK, (skipped("arp"), attempt("neighbours"), attempt("knock")), ())
    assert [(c.level, c.complete) for c in found] == [(CoverageLevel.LINK, True), (CoverageLevel.ROUTED, True)]


def test_a_sweep_of_the_link_says_nothing_of_a_routed_range() -> None:
    found = coverage_of(SCOPE, LINK, (attempt("arp"),), ())
    assert found[1] == row("10.20.40.0/24", CoverageLevel.NONE, False, detail="no host discovery ran")


def test_a_sweep_that_broke_off_leaves_the_range_unfinished() -> None:
    broken = attempt("arp", status=AttemptStatus.PARTIAL, reason=AttemptReason.INTERRUPTED, detail="interrupted")
    assert coverage_of(SCOPE, LINK, (broken,), ("10.20.0.5",))[0] == row(complete=False, hosts_alive=1, detail="interrupted")


def test_a_sweep_that_never_began_covers_nothing_and_the_weightiest_reason_is_given() -> None:
    down = attempt("arp", status=AttemptStatus.FAILED, reason=AttemptReason.UNREACHABLE, detail="interface down", sent=0)
    disabled = skipped("neighbours", AttemptReason.DISABLED, "not asked")
    for attempts in ((down, disabled), (disabled, down)):
        assert coverage_of(SCOPE, LINK, attempts, ())[0] == row(
            level=CoverageLevel.NONE, complete=False, detail="interface down"
        )


def test_sweeps_of_parts_add_up_to_the_range() -> None:
    halves = (attempt("arp", "10.20.0.0/25"), attempt("arp", "10.20.0.128/25"))
    assert coverage_of(SCOPE, LINK, halves, ())[0].complete
    assert not coverage_of(SCOPE, LINK, halves[:1], ())[0].complete
    assert coverage_of(Scope(ranges=SCOPE.ranges, exclude=("10.20.0.128/25",)), LINK, halves[:1], ())[0].complete


def test_a_range_that_is_wholly_excluded_is_listed_and_lacks_nothing() -> None:
    found = coverage_of(Scope(ranges=SCOPE.ranges, exclude=("10.20.40.0/22",)), LINK, ALL, ())
    assert found[1] == row("10.20.40.0/24", CoverageLevel.NONE, True, detail="excluded by the scope")
    assert completeness(found, ALL, (), False) == (True, ())


def test_live_hosts_without_a_visit_leave_the_range_unfinished() -> None:
    found = coverage_of(SCOPE, LINK, (attempt("arp"), attempt("knock"), attempt("ping")), ALIVE)
    assert [(c.complete, c.detail) for c in found] == [
        (False, "TCP banners not read of 2 of 2 live hosts: no visit was made"),
        (False, f"TCP banners not read of 1 of 1 live hosts: no visit was made; {NO_LINK_LAYER}"),
    ]
    assert all(c.complete for c in coverage_of(SCOPE, LINK, (attempt("arp"), attempt("knock")), ()))


def test_a_visit_that_ended_at_its_budget_is_done() -> None:
    budget = attempt("tcp", status=AttemptStatus.PARTIAL, reason=AttemptReason.BUDGET, detail="the visit ended at the budget")
    assert all(c.complete for c in coverage_of(SCOPE, LINK, (attempt("arp"), attempt("knock"), budget), ALIVE))


def test_hosts_whose_visit_ended_are_done_although_the_collector_broke_off() -> None:
    broken = attempt("tcp", status=AttemptStatus.PARTIAL, reason=AttemptReason.INTERRUPTED, detail="interrupted")
    found = coverage_of(
        SCOPE, LINK, (attempt("arp"), attempt("knock"), attempt("ping"), broken), ALIVE, {"10.20.0.5", "10.20.40.9"}
    )
    assert [(c.complete, c.detail) for c in found] == [
        (False, "TCP banners not read of 1 of 2 live hosts: interrupted"),
        (True, NO_LINK_LAYER),
    ]


# --- completeness


def test_a_scan_is_complete_when_each_range_is() -> None:
    optional = attempt("mdns", status=AttemptStatus.FAILED, reason=AttemptReason.BUG, detail="KeyError")
    assert completeness((row(), row(level=CoverageLevel.ROUTED)), (*ALL, optional), (), False) == (True, ())


def test_what_is_missing_is_said_in_one_sentence() -> None:
    rows = [row(f"10.20.{n}.0/24") for n in range(11)]
    rows.append(row("10.20.40.0/24", CoverageLevel.NONE, False, detail="interface down"))
    assert completeness(rows, (), (), False) == (False, ("1 of 12 ranges not covered (10.20.40.0/24: interface down)",))


def test_ranges_that_were_begun_are_counted_apart_and_long_lists_are_cut() -> None:
    rows = [row(f"10.20.{n}.0/24", complete=False, detail="interrupted") for n in range(5)]
    rows.append(row("10.20.40.0/24", CoverageLevel.NONE, False))
    complete, because = completeness(rows, (), (), True)
    assert not complete
    assert because == (
        "interrupted before its end",
        "1 of 6 ranges not covered (10.20.40.0/24)",
        "5 of 6 ranges not finished (10.20.0.0/24: interrupted; 10.20.1.0/24: interrupted; 10.20.2.0/24: interrupted; and 2 more)",
    )


def test_an_interrupted_run_is_never_complete() -> None:
    assert completeness((row(),), ALL, (), True) == (False, ("interrupted before its end",))


def test_require_link_wants_every_range_on_a_link() -> None:
    rows = (row(), row("10.20.40.0/24", CoverageLevel.ROUTED))
    assert completeness(rows, ALL, ("link",), False) == (
        False,
        ("--require link: 1 of 2 ranges not on a link (10.20.40.0/24)",),
    )
    assert completeness(rows[:1], ALL, ("link",), False) == (True, ())
    assert completeness((), (), ("link",), False) == (False, ("--require link: no range was covered at all",))


def test_require_name_wants_that_collector_to_have_run_to_its_end() -> None:
    attempts = (*ALL, skipped("nmap", AttemptReason.MISSING_TOOL, "nmap is not installed: apt-get install nmap"))
    assert completeness((row(),), attempts, ("arp", "tcp"), False) == (True, ())
    assert completeness((row(),), attempts, ("nmap", "onvif"), False) == (
        False,
        ("--require nmap: nmap is not installed: apt-get install nmap", "--require onvif: did not run"),
    )


def test_a_replay_is_complete_when_every_input_was_read_to_its_end() -> None:
    good = attempt("pcap", "a.pcap", sent=0)
    torn = attempt("pcap", "b.pcap", status=AttemptStatus.PARTIAL, reason=AttemptReason.DAMAGED, detail="ends inside a record")
    assert completeness((), (good,), (), False) == (True, ())
    assert completeness((), (good, torn), (), False) == (False, ("pcap b.pcap: ends inside a record",))


def test_a_damaged_input_is_never_complete_even_beside_covered_ranges() -> None:
    torn = attempt("observations", "x.obs.jsonl", reason=AttemptReason.DAMAGED, detail="the last line is cut off")
    assert completeness((row(),), (*ALL, torn), (), False) == (False, ("observations x.obs.jsonl: the last line is cut off",))


def test_listening_is_complete_only_without_lost_frames() -> None:
    lost = attempt("capture", "eth0", dropped=7)
    heard = listened(LINK, (lost,), ("10.20.0.5", "192.168.1.64"))
    assert heard == (
        row(
            level=CoverageLevel.LISTENED,
            complete=False,
            hosts_alive=1,
        ),
    )
    assert completeness(heard, (lost,), (), False) == (False, ("capture eth0: 7 frames lost before they were read",))
    whole = attempt("capture", "eth0")
    assert completeness(listened(LINK, (whole,)), (whole,), (), False) == (True, ())


def test_an_input_that_was_not_asked_for_is_not_missed() -> None:
    assert completeness((), (skipped("capture", AttemptReason.DISABLED),), (), False) == (True, ())
    assert completeness((), (skipped("capture"),), (), False) == (False, (f"capture {BOTH}: no privilege",))


@pytest.mark.parametrize(
    "range_", ["10.20.0.0/22", "10.20.0.0/24", "10.20.0.64/26", "10.0.0.0/8", "10.20.7.0/24", "2001:db8::/112"]
)
def test_the_parts_of_a_range_are_the_range(range_: str) -> None:
    links = (*LINK, IPv4Network("10.20.0.128/25"), IPv4Network("10.20.2.0/24"))
    parts = by_reach(ip_network(range_), links)
    assert sum(part.num_addresses for part, _ in parts) == ip_network(range_).num_addresses


networks = st.tuples(st.integers(0, 255), st.integers(24, 32)).map(
    lambda p: IPv4Network((f"10.20.0.{p[0]}", p[1]), strict=False)
)


@given(networks, st.lists(networks, max_size=4))
def test_each_address_is_in_one_part_and_on_a_link_exactly_where_a_link_has_it(
    net: IPv4Network, links: list[IPv4Network]
) -> None:
    parts = by_reach(net, links)
    for address in net:
        held = [on_link for part, on_link in parts if address in part]
        assert held == [any(address in link for link in links)]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((attempt("ping"),), [NO_LINK_LAYER]),
        ((skipped("ping"),), [NO_LINK_LAYER, NO_ECHO]),
        ((), [NO_LINK_LAYER, NO_ECHO]),
        ((attempt("ping"), skipped("routers", AttemptReason.DISABLED)), [NO_LINK_LAYER]),
        ((attempt("ping"), attempt("routers", received=3)), [ROUTERS_WORD]),
        ((attempt("ping"), attempt("routers", received=0)), [NO_LINK_LAYER]),
    ],
)
def test_a_range_behind_a_router_says_what_evidence_was_possible(more: tuple[CollectorAttempt, ...], said: list[str]) -> None:
    (found,) = coverage_of(Scope(ranges=("10.20.40.0/24",)), LINK, (attempt("knock"), attempt("tcp"), *more), ())
    assert (found.level, found.complete) == (CoverageLevel.ROUTED, True)
    assert found.detail == "; ".join(said)


def test_a_range_on_a_link_of_ours_needs_no_such_words() -> None:
    (found,) = coverage_of(Scope(ranges=("10.20.0.0/24",)), LINK, (attempt("arp"), attempt("tcp")), ())
    assert (found.level, found.detail) == (CoverageLevel.LINK, "")


def test_what_a_range_behind_a_router_lacks_comes_before_what_it_could_not_show() -> None:
    broken = attempt("knock", status=AttemptStatus.PARTIAL, reason=AttemptReason.INTERRUPTED, detail="interrupted")
    (found,) = coverage_of(Scope(ranges=("10.20.40.0/24",)), LINK, (broken, attempt("ping")), ())
    assert found.detail == f"interrupted; {NO_LINK_LAYER}"


def test_equal_ranges_of_two_sites_are_two_rows_and_say_once_what_is_missing() -> None:
    torn = attempt("pcap", "b.pcap", status=AttemptStatus.PARTIAL, reason=AttemptReason.DAMAGED, detail="ends inside a record")
    rows, more = heard_at({"south": ["10.20.0.5"], "north": ["10.20.0.5", "10.20.0.6", "8.8.8.8", "fe80::1"]}, (torn,))
    told: dict[str, Any] = {"level": CoverageLevel.LISTENED, "complete": False}
    assert rows == (row(hosts_alive=2, site="north", **told), row(hosts_alive=1, site="south", **told))
    assert more == 0
    assert completeness(rows, (torn,), (), False) == (False, ("pcap b.pcap: ends inside a record",))


def test_forged_senders_make_no_more_rows_than_can_be_read() -> None:
    ips = [f"10.{high}.{low}.1" for high in range(5) for low in range(256)]
    rows, more = heard_at({None: ips}, ())
    assert (len(rows), more) == (MAX_HEARD, len(ips) - MAX_HEARD)
    assert networks_listened(Scope(), (), ips) == (tuple(ip_network(one.range) for one in rows), more)
    assert networks_listened(SCOPE, (), ips) == (tuple(ip_network(text) for text in SCOPE.ranges), 0)
