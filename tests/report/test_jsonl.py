"""JSON Lines: one device a line, between who ran it and what came of it."""

from __future__ import annotations

import json

from camscan.report import json as whole
from camscan.report.compact import compact
from camscan.report.jsonl import gone_line, render
from tests.report import canned


def test_the_lines_hold_what_the_report_holds() -> None:
    report = canned.every_verdict()
    lines = [json.loads(line) for line in render(report).splitlines()]
    document = whole.to_document(report)
    assert [line.pop("event") for line in lines] == ["begin", *("device" for _ in report.assets), "summary"]
    assert lines[1:-1] == json.loads(json.dumps(document["assets"]))
    assert lines[-1] == json.loads(json.dumps({key: value for key, value in document.items() if key != "assets"}))
    assert lines[0]["scope"] == lines[-1]["scope"]


def test_a_report_without_devices_has_two_lines() -> None:
    assert render(canned.empty()).count("\n") == 2


def test_a_device_is_taken_back_by_its_key() -> None:
    assert json.loads(gone_line("mac:44:19:b6:00:00:01")) == {"event": "gone", "key": "mac:44:19:b6:00:00:01"}


def test_the_lines_hold_no_blank_between_values() -> None:
    for line in render(canned.hostile()).splitlines():
        assert line == compact(json.loads(line))
