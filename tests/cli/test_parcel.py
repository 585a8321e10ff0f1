"""What a delivery carries: the report as it stands in the file, or where it stands."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from camscan.cli import parcel
from camscan.cli.parcel import Parcel
from camscan.report.deliver import Output
from tests.report import canned, making

TO = "audit@example.org"
AT = datetime(2026, 11, 21, 18, 5, tzinfo=UTC)


def test_a_report_that_is_too_large_to_go_along_is_named_with_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(parcel, "MOST_ATTACHED", 1000)
    monkeypatch.setattr(parcel, "MOST_BYTES", 1000)
    written = [Output("json", tmp_path / "site.json")]
    sent = Parcel(canned.every_verdict(), written, AT, host="scanner")
    mail = sent.mail("camscan@scanner.example.org", TO)
    text = " ".join(str(mail.get_content()).split())
    assert not mail.is_multipart()
    assert "the json report, " in text
    # A line of a mail is broken anywhere in a path that is longer than it.
    assert f"bytes where 1,000 may go along; it stands in {tmp_path}/site.json on scanner".replace(" ", "") in text.replace(
        " ", ""
    )
    assert "no file of it was written (-o html:FILE)" in text
    event = json.loads(sent.event)
    assert event["schema"] == "camscan-notice/1"
    assert event["marking"] == event["marking_at_foot"] == "OFFICIAL-SENSITIVE"
    assert event["counts"]["verdicts"]["prohibited"] == 2
    assert event["notice"] == "Not legal advice."
    assert f"{tmp_path}/site.json" in event["left_out"]
    assert str(tmp_path) not in Parcel(canned.every_verdict(), written, AT, host=None).event.decode()


def test_the_report_stands_in_the_mail_as_it_stands_in_the_file() -> None:
    sent = Parcel(canned.hostile(), (), AT, host="scanner")
    mail = message_from_bytes(sent.mail("camscan@scanner.example.org", TO).as_bytes(), policy=policy.default)
    found = next(part for part in mail.iter_attachments() if part.get_filename() == "report.json")  # type: ignore[attr-defined]
    assert found.get_content() == sent.event
    assert mail["To"] == TO
    assert mail["Bcc"] is None


def test_a_delivery_has_a_name_of_its_own_for_each_run_and_place() -> None:
    one = Parcel(canned.empty(), (), AT, host=None)
    other = Parcel(replace(canned.empty(), run=making.run(id="other")), (), AT, host=None)
    marked = Parcel(replace(canned.empty(), run=making.run(marking="SECRET")), (), AT, host=None)
    names = {sent.delivery(url) for sent in (one, one, other, marked) for url in ("https://a/", "https://b/")}
    assert len(names) == 6
    assert one.mail("a@b", TO)["Message-ID"] != marked.mail("a@b", TO)["Message-ID"]
