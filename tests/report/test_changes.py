"""The table, the JSON and the message of what changed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from camscan.model import Attachment, Change, ChangeKind, Diff, Presence, Report, Verdict
from camscan.report.changes import KIND_WORDS, document, headline, table
from camscan.report.message import message
from tests.report import canned, making

KEY = "mac:bc:ad:28:00:00:0b"
NEVER = ("compliant", "approved", "certified", "safe", "clean", "illegal", "unlawful", "banned", "breach", "proof")


def change(kind: ChangeKind = ChangeKind.NEW, number: int = 11, **changes: object) -> Change:
    values: dict[str, object] = {
        "kind": kind,
        "device": number,
        "key": f"mac:bc:ad:28:00:00:{number:02x}",
        "address": f"10.20.0.{number}",
        "cause": "device",
        "what": "device",
        "after": "hilook → hikvision IPC-B140H",
        "verdict": Verdict.PROHIBITED,
        "worse": True,
        "since": making.START,
    }
    return Change(**(values | changes))  # type: ignore[arg-type]


def diff(*changes: Change, **more: object) -> Diff:
    values: dict[str, object] = {"before": "run-1", "after": "run-2", "changes": changes, "unchanged": 3, "site": "hq"}
    return Diff(**(values | more))  # type: ignore[arg-type]


def report(**changes: object) -> Report:
    made = making.report(making.assessed(11, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED)))
    (judged,) = made.assets
    presence = Presence(since=making.START, absent_until=making.START.replace(day=20))
    return replace(made, assets=(replace(judged, presence=presence, **changes),))


def test_every_kind_of_change_has_words() -> None:
    assert KIND_WORDS.keys() == set(ChangeKind)


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_every_kind_is_shown_in_every_form(kind: ChangeKind) -> None:
    one = diff(change(kind, before="review", after="prohibited", cause="rule"), data=("2026.11", "2026.12"))
    texts = [table(one, {}), document(one), *message(one, report()).lines]
    assert KIND_WORDS[kind] in texts[0]
    assert f'"kind": "{kind}"' in texts[1]
    assert KIND_WORDS[kind] in texts[2].lower()
    words = {word.strip(".,;:()").lower() for text in texts for word in text.split()}
    assert words.isdisjoint(NEVER)


def test_the_cause_stands_first() -> None:
    versions = ("2026.11", "2026.12")
    recognised = change(ChangeKind.RECOGNISED, cause="data", what="maker", before="", after="hikvision")
    assert headline(recognised, versions) == "known device, newly recognised (data 2026.11 → 2026.12)"
    assert headline(change(ChangeKind.VERDICT, cause="rule"), versions) == "verdict changed by rule"
    assert headline(change(ChangeKind.GONE), versions) == "not seen since 2026-11-21 18:00 UTC"


def test_a_table_names_companies_as_they_write_themselves() -> None:
    text = table(diff(change()), {"hilook": "HiLook", "hikvision": "Hikvision"}, marking="OFFICIAL")
    assert "HiLook → Hikvision IPC-B140H" in text
    assert text.startswith("OFFICIAL\n")
    assert text.endswith("Answer: 1 change; 1 device worse; 3 devices unchanged\nOFFICIAL\n")
    assert text.count("Not legal advice.") == 1


def test_a_terminal_gets_lines_of_its_width() -> None:
    long = change(before="x" * 500, after="y" * 500)
    assert max(len(line) for line in table(diff(long), {}, width=80).splitlines()) <= 80


def test_what_devices_say_is_inert_in_every_form() -> None:
    hostile = diff(change(before=canned.HOSTILE, after=canned.HOSTILE, address=canned.HOSTILE, key=canned.HOSTILE))
    said = message(hostile, report())
    for text in (table(hostile, {}), document(hostile), said.subject, *said.lines):
        assert not set(text) & {"\x1b", "\x9b", "\u202e", "\r", "\u2028"}
    assert json.loads(document(hostile))["changes"][0]["before"] == canned.HOSTILE


def test_a_message_on_one_device_says_what_where_whose_and_what_to_do() -> None:
    said = message(diff(change()), report())
    assert said.subject == "[camscan] Poznań: 1 new, 0 lapsed, coverage 1/1"
    heads = [line.partition(":")[0] for line in said.lines]
    assert heads[:4] == ["New device", "What", "Where", "Firmware"]
    assert {"Seen", "Rule", "Present", "Compare"} <= set(heads)
    assert len(said.lines) <= 12
    text = "\n".join(said.lines)
    assert "since between 2026-11-20 18:00 UTC and 2026-11-21 18:00 UTC" in text
    assert "ask the switch for bc:ad:28:00:00:0b" in text
    assert "prohibited to deploy (instruction)" in text


def test_a_device_at_a_known_port_is_found_there() -> None:
    attached = Attachment(switch="sw-3", port="14", vlan=20, seen_on=making.START, direct=True)
    assert "switch sw-3, port 14, VLAN 20" in "\n".join(message(diff(change()), report(attached_to=attached)).lines)


def test_one_update_of_data_is_one_message_however_many_devices_it_names() -> None:
    changes = [
        change(kind, number, cause="data", what=what, before="", after=after)
        for number in range(1, 200)
        for kind, what, after in (
            (ChangeKind.RECOGNISED, "maker", "hikvision"),
            (ChangeKind.VERDICT, "verdict", "prohibited"),
        )
    ]
    said = message(diff(*changes, data=("2026.11", "2026.12")), report())
    assert said.lines[0] == "Known device, newly recognised (data 2026.11 → 2026.12): 199 devices"
    assert len(said.lines) <= 12
    assert said.lines[-2] == f"and {199 - 9} devices more"
    assert said.lines[-1] == "Compare: camscan diff run-1 run-2"


def test_a_message_on_a_device_that_is_gone_says_where_it_was() -> None:
    gone = change(ChangeKind.GONE, 40, before="hilook → hikvision", after="", worse=False)
    said = message(diff(gone), report())
    assert said.subject == "[camscan] Poznań: 0 new, 0 lapsed, 1 not seen, coverage 1/1"
    assert said.lines[0] == "Not seen since 2026-11-21 18:00 UTC"
    assert "Where it was: 10.20.0.40" in said.lines


def test_lapsed_and_incomplete_stand_in_the_subject() -> None:
    lapsed = change(ChangeKind.EXCEPTION_LAPSED, what="exception ex-1", before="accepted", after="lapsed")
    short = replace(report(), complete=False, run=making.run(marking="OFFICIAL"))
    said = message(diff(lapsed), short)
    assert said.subject == "OFFICIAL [camscan] Poznań: INCOMPLETE, 0 new, 1 lapsed, coverage 1/1"
    assert said.marking == "OFFICIAL"
