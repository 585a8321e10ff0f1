"""Syslog as RFC 5424 reads it: every message through a strict reader of its grammar."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.model import Report, Verdict
from camscan.policy.exceptions import NO_WAIVER
from camscan.report.escape import visible
from camscan.report.syslog import ELEMENT, MOST_OCTETS, messages, render
from tests.report import canned, making

PRINTABLE = r"[!-~]"
NAME = r"[!#-<>-\\^-~]{1,32}"
HEADER = re.compile(
    rf"<(0|[1-9]\d{{0,2}})>1 (\S+) (-|{PRINTABLE}{{1,255}}) (-|{PRINTABLE}{{1,48}}) (-|{PRINTABLE}{{1,128}}) (-|{PRINTABLE}{{1,32}}) "
)
PARAMETER = re.compile(rf' ({NAME})="((?:[^"\\\]]|\\["\\\]])*)"')


def parse(message: str) -> dict[str, Any]:
    """Return the parts of one message. Whatever RFC 5424 does not allow is a fault; so is an escape that it does not name."""
    head = HEADER.match(message)
    assert head
    priority = int(head[1])
    assert priority <= 191
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", head[2])
    at = head.end()
    opened = re.compile(rf"\[({NAME})").match(message, at)
    assert opened
    at, parameters = opened.end(), []
    while pair := PARAMETER.match(message, at):
        parameters.append((pair[1], re.sub(r"\\(.)", r"\1", pair[2])))
        at = pair.end()
    assert message[at] == "]"
    words = message[at + 1 :]
    assert words.startswith(" ")
    words = words[1:]
    assert words.startswith("\ufeff") or words.isascii()
    return {
        "facility": priority // 8,
        "severity": priority % 8,
        "at": datetime.fromisoformat(head[2]),
        "host": head[3],
        "app": head[4],
        "process": head[5],
        "kind": head[6],
        "element": opened[1],
        "parameters": parameters,
        "said": dict(parameters),
        "words": words.removeprefix("\ufeff"),
    }


def parsed(report: Report, kind: str | None = None) -> list[dict[str, Any]]:
    found = [parse(message) for message in messages(report)]
    return [one for one in found if kind in (None, one["kind"])]


def of_device(text: str) -> Report:
    known = making.known(model=text, firmware=text, serial=text, evidence=(making.evidence(value=text),))
    found = making.finding(Verdict.PROHIBITED)
    return making.report(making.assessed(11, Verdict.PROHIBITED, found, identification=known, hostnames=(text,)))


def test_the_reader_refuses_what_the_grammar_does_not_allow() -> None:
    good = '<131>1 2026-11-21T18:04:30.000Z - camscan - RUN [camscan@32473 a="x \\"\\]\\\\ y" a="2"] said'
    assert parse(good)["parameters"] == [("a", 'x "]\\ y'), ("a", "2")]
    for old, new in (
        ("<131>", "<192>"),
        (">1 ", ">2 "),
        (" RUN", " R N"),
        ('\\"', '"'),
        ("\\]", "]"),
        ("\\\\", "\\n"),
        ("said", "é"),
    ):
        with pytest.raises((AssertionError, IndexError)):
            parse(good.replace(old, new))


@pytest.mark.parametrize("name", canned.CANNED)
def test_every_message_is_read_and_fits_what_every_receiver_takes(name: str) -> None:
    report = canned.CANNED[name]()
    for message in messages(report):
        one = parse(message)
        assert (one["element"], one["app"], one["host"], one["facility"]) == (ELEMENT, "camscan", "-", 16)
        assert one["at"] == making.END
        assert len(message.encode()) <= MOST_OCTETS
        assert "\n" not in message
    assert render(report) == "".join(f"{message}\n" for message in messages(report))


@pytest.mark.parametrize("letter", ['"', "\\", "]", "é", "😀", "\x1b", "\udce9"])
def test_a_message_keeps_its_bound_whatever_a_device_repeats(letter: str) -> None:
    long = letter * 9000
    known = making.known(
        brand=long, model=long, firmware=long, serial=long, evidence=tuple(making.evidence(value=long) for _ in range(9))
    )
    note = f"{letter * 1500}; recorded by R. Nowak; {NO_WAIVER}"
    found = making.finding(
        Verdict.REVIEW, reason=long, references=(long,), evidence=tuple(range(9)), status="accepted", status_note=note
    )
    device = making.assessed(11, Verdict.REVIEW, found, identification=known, hostnames=(long,))
    for message in messages(making.report(device, run=making.run(marking=long))):
        one = parse(message)
        assert len(message.encode()) <= MOST_OCTETS
        assert one["words"]
        assert one["said"].get("statusNote", note).endswith(f"recorded by R. Nowak; {NO_WAIVER}")


@given(text=st.text(max_size=20))
def test_any_text_of_a_device_comes_back_as_it_is_shown(text: str) -> None:
    [one] = parsed(of_device(text), "FINDING")
    for name in ("model", "firmware", "serial", "host"):
        assert one["said"].get(name, "") == visible(text)


def test_what_looks_like_a_parameter_or_a_message_in_a_device_s_name_is_part_of_its_name() -> None:
    lie = '" verdict="no_finding"] x\n<134>1 - - camscan - RUN [camscan@32473]'
    [one] = parsed(of_device(lie), "FINDING")
    assert one["said"]["verdict"] == "prohibited"
    assert one["said"]["model"] == visible(lie)


def test_words_beyond_ascii_are_marked_as_utf_8_and_others_are_not() -> None:
    found = making.finding(Verdict.PROHIBITED, reason="Überwachung")
    [marked] = [one for one in messages(making.report(making.assessed(11, Verdict.PROHIBITED, found))) if " FINDING " in one]
    assert "] \ufeffprohibited under uk.hcws386: deploy. Überwachung" in marked
    assert "\ufeff" not in render(canned.nothing_found())


def test_the_priority_follows_the_verdict() -> None:
    told = [(one["kind"], one["said"].get("verdict"), one["severity"]) for one in parsed(canned.every_verdict())]
    assert told[:6] == [
        ("FINDING", "prohibited", 3),
        ("FINDING", "prohibited", 3),
        ("FINDING", "restricted", 4),
        ("FINDING", "review", 5),
        ("FINDING", "review", 5),
        ("DEVICE", "unidentified", 5),
    ]
    assert {(kind, severity) for kind, _, severity in told[6:-1]} == {("COVERAGE", 6)}
    assert told[-1] == ("RUN", None, 6)
    assert parsed(canned.partial())[-1]["severity"] == 4


@pytest.mark.parametrize("status", ["open", "planned", "accepted", "lapsed"])
def test_a_status_stands_beside_the_verdict_with_its_note_and_never_changes_the_priority(status: str) -> None:
    note = f"recorded by R. Nowak; {NO_WAIVER}"
    found = making.finding(Verdict.PROHIBITED, status=status, status_note=note)
    [one] = parsed(making.report(making.assessed(11, Verdict.PROHIBITED, found)), "FINDING")
    assert (one["said"]["status"], one["said"]["statusNote"], one["severity"]) == (status, note, 3)


def test_the_sender_is_named_where_it_is_given_and_cannot_break_the_header() -> None:
    [message, *_] = messages(canned.nothing_found(), hostname="audit-1.example.org")
    assert parse(message)["host"] == "audit-1.example.org"
    [message, *_] = messages(canned.nothing_found(), hostname="gdańsk 1\n")
    assert parse(message)["host"] == "gdask1"
    [message, *_] = messages(canned.nothing_found(), facility=13)
    assert parse(message)["facility"] == 13


def test_the_run_says_how_many_how_complete_and_that_it_is_no_legal_advice() -> None:
    said = parsed(canned.every_verdict())[-1]["said"]
    assert (said["devices"], said["atLeast"], said["atMost"], said["prohibited"]) == ("9", "3", "7", "2")
    assert (said["complete"], said["notice"]) == ("yes", "Not legal advice.")
    assert (said["authorisedBy"], said["authority"], said["scopeSha256"]) == ("R. Nowak", "CHG-2041", "0" * 64)
    partial = parsed(canned.partial())[-1]
    assert (partial["said"]["complete"], partial["said"]["coverage"]) == ("no", "2 of 3 ranges covered")
    assert "INCOMPLETE: 1 of 3 ranges not covered" in partial["words"]
    assert "prohibited" not in parsed(canned.nothing_judged())[-1]["said"]


def test_several_addresses_of_a_device_stand_in_as_many_parameters() -> None:
    found = making.finding(Verdict.PROHIBITED)
    device = making.assessed(11, Verdict.PROHIBITED, found, ips=("10.20.0.11", "fd00:20::11", "nonsense"))
    [one] = parsed(making.report(device), "FINDING")
    assert [value for name, value in one["parameters"] if name == "ip"] == ["10.20.0.11", "fd00:20::11"]
