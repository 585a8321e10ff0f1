"""The coverage statement: in every format, and never more than was covered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta, timezone

import pytest

from camscan import __version__
from camscan.codecs.registry import DATAGRAM_CODECS
from camscan.model import AttemptReason, AttemptStatus, Verdict
from camscan.report.far import Worksheet
from camscan.report.registry import FORMATS
from camscan.report.statement import NOT_LEGAL_ADVICE, coverage_statement, coverage_without_places
from tests.report import canned, making

EVERY_FORMAT = {**FORMATS, "far": Worksheet()}


def said(report) -> str:
    return "\n".join(coverage_statement(report, UTC))


@pytest.mark.parametrize("form", EVERY_FORMAT)
@pytest.mark.parametrize("name", ["every_verdict", "nothing_found", "nothing_judged", "partial"])
def test_every_format_says_what_was_covered_and_that_it_is_no_legal_advice_once(form: str, name: str) -> None:
    report = canned.CANNED[name]()
    text = EVERY_FORMAT[form].render(report)
    statement = coverage_without_places(report) if form == "brief" else coverage_statement(report, UTC)
    holders = len(text.splitlines()) - 1 if form == "netbox" else 1
    for part in statement:
        written = part.encode("ascii", "backslashreplace").decode()
        assert max(text.count(written), text.count(part)) >= holders
    assert text.count(NOT_LEGAL_ADVICE) == holders


def test_a_report_without_findings_begins_with_its_coverage_and_any_other_with_its_devices() -> None:
    empty = FORMATS["table"].render(canned.nothing_found())
    assert empty.index("Coverage: 10.20.0.0/24") < empty.index("Answer:")
    spared = making.report(making.assessed(18, Verdict.NO_FINDING, making.finding(Verdict.NO_FINDING)))
    text = FORMATS["table"].render(spared)
    assert text.index("Coverage: 10.20.0.0/24") < text.index("10.20.0.18")
    full = FORMATS["table"].render(canned.every_verdict())
    assert full.index("Coverage: 10.20.0.0/24") > full.index("10.20.0.18")


def test_what_was_covered_how_and_what_was_not_stands_in_it() -> None:
    text = said(canned.partial())
    assert "10.20.0.0/24 at link level, complete, 12 alive" in text
    assert "10.20.30.0/24 across a router (a silent camera can be missed), complete, 3 alive" in text
    assert "10.20.40.0/24 not covered: vlan 40: interface down" in text
    assert "on: arp; not to their end, or not everywhere: nmap; off: nothing" in text


def asked_by(version: str) -> str:
    asked = making.report(
        attempts=(
            making.attempt(collector="multicast"),
            making.attempt(collector="snmp", status=AttemptStatus.SKIPPED, reason=AttemptReason.DISABLED),
            making.attempt(collector="echo", status=AttemptStatus.SKIPPED),
        )
    )
    return said(replace(asked, run=replace(asked.run, version=version)))


def test_protocols_that_were_asked_in_are_named_and_collectors_that_were_off() -> None:
    text = asked_by(__version__)
    named = text.partition("with the discovery protocols ")[2].partition(";")[0].split(", ")
    assert {"sadp", "ssdp", "dhip"} <= set(named) <= {codec.NAME for codec in DATAGRAM_CODECS}
    assert "off: snmp" in text
    assert "echo" not in text


def test_what_another_version_asked_in_is_not_claimed() -> None:
    assert "with the discovery protocols of camscan 0.0.9; off" in asked_by("0.0.9")


def test_hosts_that_stayed_unknown_are_counted_and_named() -> None:
    assert "alive and not identified: 2 (10.20.0.16, 10.20.0.17)" in said(canned.every_verdict())
    assert "alive and not identified: 1 (10.20.0.12)" in said(canned.nothing_judged())
    assert "no host was seen alive" in said(canned.nothing_found())


def test_exclusions_are_listed_and_their_absence_is_said() -> None:
    assert "excluded by the scope: 10.20.0.250, 00:40:8c:00:00:01" in said(canned.every_verdict())
    assert "nothing was excluded" in said(canned.partial())


def test_loss_is_estimated_from_what_was_dropped_and_never_called_zero() -> None:
    lossy = making.report(attempts=(making.attempt(received=90, dropped=10),))
    assert "at least 10 of 100 messages (10.0 %) were lost" in said(lossy)
    assert "what a network loses on its way is not measured" in said(canned.nothing_found())


def test_hours_stand_in_the_time_of_the_place_and_versions_of_program_data_and_rules_beside() -> None:
    run = making.run(ended_at=making.START + timedelta(hours=7))
    warsaw = timezone(timedelta(hours=1), "CET")
    lines = coverage_statement(making.report(run=run), warsaw)
    assert "hours: 2026-11-21 19:00 to 2026-11-22 02:00 CET; what was off or silent then was not seen" in lines
    assert "camscan 0.0.0, fingerprints 2026-11-21.0123456789, rules as of 2026-11-21" in lines


def test_nothing_of_a_device_and_no_detail_of_an_attempt_is_in_the_statement() -> None:
    hostile = canned.hostile()
    assert canned.HOSTILE not in said(hostile)
    assert said(replace(hostile, assets=(making.assessed(11, Verdict.PROHIBITED),))) == said(hostile)


def test_the_statement_without_places_counts_what_the_other_names() -> None:
    text = "\n".join(coverage_without_places(canned.partial()))
    assert "1 range at link level, complete, 12 alive\n1 range across a router" in text
    assert "1 range not covered\n" in text
    assert "10.20" not in text
    text = "\n".join(coverage_without_places(canned.every_verdict()))
    assert "excluded by the scope: 2 addresses, ranges or MACs" in text
    assert "alive and not identified: 2\n" in text
    twice = replace(canned.nothing_found(), coverage=(making.LINK, replace(making.LINK, range="10.20.1.0/24")))
    assert coverage_without_places(twice)[0] == "2 ranges at link level, complete, 24 alive"
