"""What the operator stated is in no sentence of a redacted report, whatever it is called."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from camscan.errors import DeliveryError
from camscan.model import DeviceException, Report, SiteContext, Verdict
from camscan.policy.exceptions import Register, expiry_warnings, note_of
from camscan.report.redact import redacted
from camscan.report.registry import FORMATS
from camscan.report.withheld import refuse_unmasked
from tests.report import making

NAMED = [
    ("1107", "48213", "Jo"),
    ("7", "9", "J"),
    ("2026", "11", "22"),
    ("camera", "port", "switch"),
    ("site", "ticket", "range"),
]
"""Names of a site, of a ticket and of a person that are numbers, short, or words of our sentences."""


def stated_in_sentences(site: str, ticket: str, person: str) -> Report:
    """A report as the pipeline makes its sentences, of a site, a ticket and a person that are called so."""
    entry = DeviceException(
        id="ex-ba9876543210", status="accepted", device=f"ip:{site}:10.20.0.11", bound_to=("ip=10.20.0.11",), owner=person,
        ticket=ticket, recorded_on=date(2026, 11, 2), expires_on=date(2026, 11, 24), covers=(), reason="old", replacement="",
    )  # fmt: skip
    register = Register((entry,), {})
    question = f"Is {site} part of a departmental estate?"
    review = making.for_review()
    assert review.settle is not None
    finding = replace(
        review,
        status="accepted",
        exception=entry.id,
        status_note=note_of(entry, register),
        settle=replace(review.settle, question=question),
        reason=f"Seen on 2026-11-22; open: {question}",
    )
    judged = replace(
        making.assessed(11, Verdict.REVIEW, finding, site=site, key=entry.device, macs=(), observations=()), exceptions=(entry,)
    )
    return making.report(
        judged,
        run=making.run(id=f"20261122T002719Z-{site}", site=SiteContext(name=site)),
        scope=making.scope(authorised_by=person, reference=ticket, interfaces=()),
        warnings=expiry_warnings(register, date(2026, 11, 22)),
        incomplete_because=(f"1 of 1 ranges not covered (10.20.0.0/24: {site})",),
        coverage=(), attempts=(),
    )  # fmt: skip


@pytest.mark.parametrize(("site", "ticket", "person"), NAMED)
def test_names_that_are_numbers_short_or_ordinary_words_are_masked_in_sentences(site: str, ticket: str, person: str) -> None:
    after = redacted(stated_in_sentences(site, ticket, person))
    [finding] = after.assets[0].judgement.findings
    assert finding.settle is not None
    assert after.run.id == "20261122T002719Z-site-1"
    assert finding.settle.question.startswith("Is site-1 part of a departmental estate")
    assert finding.reason.startswith("Seen on 2026-11-22; open: Is site-1 part of a departmental estate")
    assert after.incomplete_because[0].endswith(": site-1)")
    assert finding.status_note == (
        "until 2026-11-24, ticket ticket-1: text-1; recorded by person-1; not a statutory exception or waiver"
    )
    assert after.warnings[1].endswith("ticket-1, recorded by person-1)")
    assert "of ip:site-1:192.0.2.1 ends in 2 days, on 2026-11-24 (within 3 days;" in after.warnings[1]
    assert after.assets[0].asset.key == "ip:site-1:192.0.2.1"


@pytest.mark.parametrize("form", FORMATS)
def test_a_number_or_two_letters_stand_in_no_format(form: str) -> None:
    text = FORMATS[form].render(redacted(stated_in_sentences("1107", "48213", "Jo")))
    found = [
        one
        for one in ("1107", "48213", "Jo")
        if f" {one} " in " ".join("".join(c if c.isalnum() else " " for c in text).split())
    ]
    assert found == []


def test_the_note_beside_a_lapsed_exception_and_one_whose_words_are_not_known_hold_no_name() -> None:
    before = stated_in_sentences("1107", "48213", "Jo")
    judged, [finding] = before.assets[0], before.assets[0].judgement.findings
    notes = {
        "lapsed: it ended on 2026-11-20; recorded by Jo, ticket 48213": "lapsed: it ended on 2026-11-20; recorded by person-1, ticket ticket-1",
        "lapsed since Jo said so in 48213": "lapsed: what was recorded is masked",
    }
    for note, expected in notes.items():
        lapsed = replace(judged.judgement, findings=(replace(finding, status="lapsed", status_note=note),))
        [after] = redacted(replace(before, assets=(replace(judged, judgement=lapsed),))).assets[0].judgement.findings
        assert after.status_note == expected


def test_an_id_of_a_run_that_is_not_made_of_its_time_and_site_is_masked_as_a_whole() -> None:
    before = stated_in_sentences("1107", "48213", "Jo")
    for written in ("20261122T002719Z-1107-second", "night of 1107", "1107"):
        assert redacted(replace(before, run=replace(before.run, id=written))).run.id.startswith("text-")


@pytest.mark.parametrize(
    ("text", "stands"),
    [("open: Is 1107 a site?", True), ("1107", True), ("on 2026-11-22", False), ("of 1107, ended", True), ("room 1107b", False),
     ("https://example.org/1107", False), ("10.20.0.0/24: 1107)", True), ("JO stated", False), ("by Jo.", True)],
)  # fmt: skip
def test_a_report_in_which_something_stated_still_stands_is_refused_and_the_refusal_does_not_repeat_it(
    text: str, stands: bool
) -> None:
    report = making.report(assumptions=(text,), warnings=(), incomplete_because=(), coverage=(), attempts=())
    if not stands:
        refuse_unmasked(report, ("1107", "Jo", "22"), ())
        return
    with pytest.raises(DeliveryError, match="must be masked would still stand in an assumption") as refused:
        refuse_unmasked(report, ("1107", "Jo", "22"), ())
    assert "1107" not in str(refused.value)
