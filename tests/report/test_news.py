"""What a run that nobody watches tells: trouble first, a baseline once, nothing where nothing changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from camscan.model import Change, ChangeKind, Diff, Report, Verdict
from camscan.report.message import MOST_LINES
from camscan.report.news import BASELINE, NOTHING_CHANGED, News, message_of, trouble_of
from tests.report import canned, making


def diff(*changes: Change) -> Diff:
    return Diff(before="one", after="two", changes=changes, unchanged=3, data=("a", "a"), site="Poznań")


def new(number: int = 11) -> Change:
    asset = making.asset(number)
    return Change(
        kind=ChangeKind.NEW, device=number, key=asset.key, cause="device", address=asset.ips[0], what="device",
        after="hikvision", verdict=Verdict.PROHIBITED, worse=True,
    )  # fmt: skip


def report() -> Report:
    return making.report(making.assessed(11, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED)))


@pytest.mark.parametrize(
    ("news", "speaks"),
    [
        (News(diff=diff()), False),
        (News(diff=diff(new())), True),
        (News(diff=diff(), trouble=("the disk is full",)), True),
        (News(diff=None), True),
        (News(diff=None, kept=False), True),
    ],
)
def test_only_changes_and_trouble_speak_and_what_cannot_be_compared(news: News, speaks: bool) -> None:
    assert news.speaks is speaks


def test_the_first_run_is_one_message_that_calls_itself_the_baseline() -> None:
    told = message_of(News(diff=None), report())
    assert told.subject == "[camscan] Poznań: baseline, 1 prohibited, 0 review, coverage 1/1"
    assert told.lines[0] == BASELINE
    assert [line.partition(":")[0] for line in told.lines[1:]] == ["Answer", "Not seen", "Because", "Next"]


def test_without_a_store_nothing_is_called_a_baseline() -> None:
    told = message_of(News(diff=None, kept=False), report())
    assert "baseline" not in told.subject
    assert told.lines[0].startswith("Answer: ")


def test_a_change_is_told_as_its_message() -> None:
    told = message_of(News(diff=diff(new())), report())
    assert told.subject == "[camscan] Poznań: 1 new, 0 lapsed, coverage 1/1"
    assert told.lines[0] == "New device"
    assert told.lines[-1] == "Compare: camscan diff one two"


def test_trouble_comes_before_everything_else() -> None:
    incomplete = canned.partial()
    trouble = trouble_of(incomplete, "the clock is 3.0 h behind")
    told = message_of(News(diff=diff(new()), trouble=trouble), incomplete)
    assert "INCOMPLETE" in told.subject
    assert [line.startswith("Trouble: ") for line in told.lines[: len(trouble)]] == [True] * len(trouble)
    assert told.lines[len(trouble)] == "New device"
    assert len(told.lines) <= MOST_LINES


def test_trouble_alone_says_that_nothing_else_changed() -> None:
    assert message_of(News(diff=diff(), trouble=("a",)), report()).lines == ("Trouble: a", NOTHING_CHANGED)


def test_much_trouble_leaves_room_for_what_changed() -> None:
    told = message_of(News(diff=diff(new()), trouble=tuple(f"range {n}" for n in range(300))), report())
    assert "Trouble: and 296 more, in the report" in told.lines
    assert "New device" in told.lines
    assert len(told.lines) <= MOST_LINES


def gone(number: int) -> Change:
    return replace(new(number), kind=ChangeKind.GONE, before="hikvision DS-2CD2043G0-I", after="", worse=False)


@pytest.mark.parametrize("troubles", range(7))
def test_whatever_the_trouble_it_is_said_how_many_devices_are_left_out(troubles: int) -> None:
    changed = diff(*(new(number) for number in range(11, 18)), *(gone(number) for number in range(20, 26)))
    told = message_of(News(diff=changed, trouble=tuple(f"range {n}" for n in range(troubles))), report())
    assert len(told.lines) <= MOST_LINES
    assert told.lines[-1] == "Compare: camscan diff one two"
    shown = sum(line.startswith("- ") for line in told.lines)
    assert told.lines[-2] == f"and {13 - shown} devices more"
    headings = [place for place, line in enumerate(told.lines) if line.endswith(" devices") and not line.startswith("and")]
    assert all(told.lines[place + 1].startswith("- ") for place in headings), "no group stands without a device"


def test_a_device_that_is_gone_has_the_names_that_the_comparison_knows() -> None:
    changed = replace(diff(gone(20), gone(21)), display=(("hikvision", "Hikvision"),))
    assert any("Hikvision DS-2CD2043G0-I" in line for line in message_of(News(diff=changed), report()).lines)


def test_an_incomplete_run_without_a_reason_is_trouble_too() -> None:
    assert trouble_of(making.report(complete=False)) == ("incomplete, the reason was not recorded",)
    assert trouble_of(making.report()) == ()


def test_a_redacted_message_names_no_device() -> None:
    told = message_of(News(diff=diff(new(), new(12))), report(), redacted=True)
    assert told.lines == ("Changes: of 2 devices; camscan diff shows them on the machine that scanned.",)


def test_no_text_in_trouble_becomes_a_second_line() -> None:
    told = message_of(News(diff=diff(), trouble=("range\r\nBcc: x@example.org\x1b[2J",)), report())
    assert told.lines[0] == r"Trouble: range\x0d\x0aBcc: x@example.org\x1b[2J"
