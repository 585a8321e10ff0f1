"""A rule that limits where equipment may be connected, and equipment that calls beyond its site."""

from __future__ import annotations

from typing import Any

import pytest

from camscan.model import Egress, Judgement, SiteContext, Verdict
from camscan.policy.engine import judge
from tests.factories import NOON, later
from tests.policy.books import TODAY, device, identified, shipped

SAYS = "Isolation does not hold"
CORE, SEPARATE, SENSITIVE = (
    SiteContext(name="annex", class_="other", zone="core"),
    SiteContext(name="annex", class_="other", zone="separate", decision="not-extend"),
    SiteContext(name="annex", class_="sensitive"),
)


def call(**changes: Any) -> Egress:
    values: dict[str, Any] = {
        "how": "connected",
        "destination": "203.0.113.7",
        "names": ("litedev.hik-connect.com",),
        "service": "Hik-Connect",
        "ports": ("443/tcp",),
        "bytes_out": 1_234_567,
        "bound": "at-least",
        "first_seen": NOON,
        "last_seen": later(90),
        "outside": True,
        "internet": True,
    }
    return Egress(**(values | changes))


def judged(*egress: Egress, site: SiteContext = CORE, policy: str = "uk-department", **changes: Any) -> Judgement:
    return judge(device(), identified(**changes), book=shipped(), policies=(policy,), site=site, as_of=TODAY, egress=egress)


def saying(judgement: Judgement) -> list[str]:
    return [finding.act for finding in judgement.findings if SAYS in finding.reason]


def test_the_finding_on_connecting_names_destination_bytes_and_times() -> None:
    [reason] = [finding.reason for finding in judged(call()).findings if SAYS in finding.reason]
    assert reason.endswith(
        "Isolation does not hold: 2001:db8::64 sent at least 1,234,567 bytes to 203.0.113.7 (litedev.hik-connect.com, "
        "Hik-Connect), port 443/tcp, between 2026-03-01 12:00:00 and 2026-03-01 12:01:30 UTC."
    )


def test_other_findings_of_the_rule_are_left_as_they_are() -> None:
    assert saying(judged(call())) == ["connect"]


def test_where_the_site_is_stated_to_be_separate_the_reason_for_no_finding_says_so() -> None:
    calm, calling = judged(site=SEPARATE), judged(call(), site=SEPARATE)
    assert calm.verdict is calling.verdict is Verdict.NO_FINDING
    assert len(saying(calling)) == len(calling.findings) == 1
    assert calling.findings[0].reason.startswith(calm.findings[0].reason)


@pytest.mark.parametrize("site", [CORE, SEPARATE, SENSITIVE])
def test_no_verdict_changes(site: SiteContext) -> None:
    calm, calling = judged(site=site), judged(call(), site=site)
    assert calm.verdict is calling.verdict
    assert [finding.verdict for finding in calm.findings] == [finding.verdict for finding in calling.findings]
    assert saying(calling)


@pytest.mark.parametrize(
    "egress",
    [
        (),
        (call(outside=False, internet=False),),
        (call(how="asked", destination=None, bound=None, outside=False, internet=False),),
        (call(how="attempted", bytes_out=0, bound=None),),
        (call(how="attempted", bytes_out=60_000, ports=("6000/udp",)),),
        (call(how="port-mapping", destination="10.20.0.1", outside=False, internet=False),),
    ],
)
def test_what_did_not_leave_the_site_breaks_no_isolation(egress: tuple[Egress, ...]) -> None:
    assert saying(judged(*egress)) == []


def test_a_maker_that_the_rule_does_not_reach_and_a_policy_without_such_a_rule_say_nothing() -> None:
    assert saying(judged(call(), brand="axis", maker="axis")) == []
    assert saying(judged(call(), policy="us-federal-agency")) == []
    assert saying(judged(call(), policy="uk-local-authority")) == []


def test_two_devices_of_which_the_same_is_seen_do_not_share_it() -> None:
    assert saying(judged(call())) != []
    assert saying(judged()) == []


def test_a_name_that_is_no_host_name_is_left_out_of_the_sentence() -> None:
    [reason] = [f.reason for f in judged(call(names=("evil\x1b[2J.example.org",), service=None)).findings if SAYS in f.reason]
    assert "\x1b" not in reason
    assert "bytes to 203.0.113.7, port" in reason


def test_an_address_beyond_the_site_that_is_not_the_internet_is_said_to_be_that() -> None:
    [reason] = [
        f.reason
        for f in judged(call(destination="10.30.0.5", internet=False, names=(), service=None, bound="exact")).findings
        if SAYS in f.reason
    ]
    assert "sent 1,234,567 bytes to 10.30.0.5 outside the site's ranges, port" in reason


def test_who_called_from_outside_and_was_answered_breaks_isolation() -> None:
    caller = call(how="served", destination="198.51.100.77", names=(), service=None, ports=("554/tcp",), bound="exact")
    [reason] = [f.reason for f in judged(caller).findings if SAYS in f.reason]
    assert "2001:db8::64 answered 198.51.100.77, which called its port 554/tcp, with 1,234,567 bytes, between" in reason


def test_a_connection_that_came_about_without_content_is_one() -> None:
    [reason] = [f.reason for f in judged(call(bytes_out=0, names=(), service=None)).findings if SAYS in f.reason]
    assert "2001:db8::64 reached 203.0.113.7, port 443/tcp, between" in reason


def test_one_byte_is_no_bytes() -> None:
    [reason] = [f.reason for f in judged(call(bytes_out=1, bound="exact")).findings if SAYS in f.reason]
    assert "sent 1 byte to 203.0.113.7" in reason


def test_of_many_destinations_those_that_got_most_are_named() -> None:
    many = [call(destination=f"203.0.113.{number}", bytes_out=number) for number in range(1, 11)]
    [reason] = [f.reason for f in judged(*many).findings if SAYS in f.reason]
    assert reason.index("203.0.113.10") < reason.index("203.0.113.9") < reason.index("203.0.113.8")
    assert "203.0.113.7" not in reason
    assert reason.endswith("and talked to 7 more addresses there.")
