"""CEF:0 as a strict reader takes it: a header of seven parts, then pairs whose values are escaped."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.model import Report, Verdict
from camscan.policy.exceptions import NO_WAIVER
from camscan.report.cef import render
from camscan.report.escape import visible
from tests.report import canned, making

HEADER = ("version", "vendor", "product", "product_version", "event", "name", "severity")
KEY = re.compile(r"(?:^| )([A-Za-z0-9]+)=")
LENGTHS = {"msg": 1023, "dhost": 1023, "externalId": 40, "cat": 1023, "reason": 1023, "flexString1": 1023, "flexString2": 1023}
LENGTHS |= {f"cs{number}": 4000 for number in range(1, 7)}
NUMBERS = {"rt", "start", "end", "cn1", "cn2", "cn3"}
DICTIONARY = {*LENGTHS, *NUMBERS, "dst", "dmac", "c6a3"}
"""Keys of the public dictionary that camscan uses, labels aside."""


def unescaped(text: str, special: str) -> str:
    """Undo the escapes of header or extension; anything else behind a backslash is a fault."""
    assert re.fullmatch(r"(?:[^\\]|\\.)*", text, re.DOTALL)
    assert all(pair[1] in special for pair in re.findall(r"\\.", text, re.DOTALL))
    return re.sub(r"\\(.)", r"\1", text)


def parse(line: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return header and extension of one event."""
    assert line.startswith("CEF:0|")
    parts = re.split(r"(?<!\\)((?:\\\\)*)\|", line, maxsplit=7)
    joined = [parts[number] + (parts[number + 1] if number + 1 < len(parts) else "") for number in range(0, len(parts), 2)]
    assert len(joined) == 8
    header = dict(zip(HEADER, (unescaped(part, "\\|") for part in joined[:7]), strict=True))
    extension = joined[7]
    # An escaped sign belongs to a value: it is hidden before keys are looked for.
    hidden = re.sub(r"\\.", "__", extension, flags=re.DOTALL)
    assert "=" not in KEY.sub("", hidden)
    found = list(KEY.finditer(hidden))
    ends = [one.start() for one in found[1:]] + [len(extension)]
    pairs = {one.group(1): extension[one.end() : end] for one, end in zip(found, ends, strict=True)}
    assert len(pairs) == len(found)
    return header, {key: unescaped(value, "\\=") for key, value in pairs.items()}


def events(report: Report, name: str | None = None) -> list[dict[str, str]]:
    text = render(report)
    assert text.endswith("\n")
    parsed = [parse(line) for line in text[:-1].split("\n")]
    return [extension | {"Severity": header["severity"]} for header, extension in parsed if name in (None, header["event"])]


def test_a_reader_that_expects_too_much_is_told_apart_from_one_that_reads() -> None:
    header, extension = parse(r"CEF:0|a\|b|c\\|1|RUN|n|0|msg=x\=y \\ z dst=10.20.0.1")
    assert (header["vendor"], header["product"]) == ("a|b", "c\\")
    assert extension == {"msg": "x=y \\ z", "dst": "10.20.0.1"}
    for broken in ("CEF:0|a|b|1|RUN|n", r"CEF:0|a|b|1|RUN|n|0|msg=a\nb", "CEF:0|a|b|1|RUN|n|0|msg=a?=b"):
        with pytest.raises(AssertionError):
            parse(broken)


@pytest.mark.parametrize("name", canned.CANNED)
def test_every_event_is_read_and_keeps_to_the_dictionary(name: str) -> None:
    for line in render(canned.CANNED[name]()).splitlines():
        header, extension = parse(line)
        assert 0 <= int(header["severity"]) <= 10
        for key, value in extension.items():
            labelled = key.removesuffix("Label")
            assert labelled in DICTIONARY or key.startswith("camscan")
            assert labelled in extension
            assert len(value) <= LENGTHS.get(key, 4000)
            assert key not in NUMBERS or value.isdecimal()
        assert all(f"{key}Label" in extension for key in extension if re.fullmatch(r"c(s|n|6a)\d|flexString\d", key))


@given(text=st.text(max_size=60))
def test_any_text_of_a_device_comes_back_as_it_is_shown_and_adds_no_event(text: str) -> None:
    known = making.known(model=None, form=None, firmware=text, serial=text)
    device = making.assessed(
        11, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED), identification=known, hostnames=(text,)
    )
    report = making.report(device)
    told = [parse(line)[0]["event"] for line in render(report)[:-1].split("\n")]
    assert told == ["FINDING", *["COVERAGE"] * (len(told) - 2), "RUN"]
    [event] = events(report, "FINDING")
    for key in ("camscanFirmware", "camscanSerial", "dhost"):
        assert event.get(key, "") == visible(text).strip()


def test_what_looks_like_a_key_or_an_event_in_a_device_s_name_is_part_of_its_name() -> None:
    lie = "x severity=0 cat=no_finding\nCEF:0|a|b|c|d|e|0|msg=nothing here |"
    known = making.known(firmware=lie)
    report = making.report(making.assessed(11, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED), identification=known))
    [event] = events(report, "FINDING")
    assert event["cat"] == "prohibited"
    assert event["camscanFirmware"] == visible(lie)


def test_findings_come_from_review_on_then_open_devices_then_coverage_and_the_run_last() -> None:
    parsed = [parse(line) for line in render(canned.every_verdict()).splitlines()]
    told = [(header["event"], extension.get("cat"), int(header["severity"])) for header, extension in parsed]
    assert told[:6] == [
        ("FINDING", "prohibited", 8),
        ("FINDING", "prohibited", 8),
        ("FINDING", "restricted", 6),
        ("FINDING", "review", 3),
        ("FINDING", "review", 3),
        ("DEVICE", "unidentified", 2),
    ]
    assert {event for event, _, _ in told[6:-1]} == {"COVERAGE"}
    assert told[-1] == ("RUN", None, 0)


def test_a_device_of_a_run_that_judged_nothing_is_told_as_not_judged() -> None:
    [event] = events(canned.nothing_judged(), "DEVICE")
    assert (event["cat"], event["Severity"], event["msg"]) == ("not judged", "0", "nothing was judged")
    [run] = events(canned.nothing_judged(), "RUN")
    assert run["cs1"] == "nothing was judged"
    assert not [key for key in run if key in ("camscanProhibited", "camscanNoFinding")]


def test_the_run_says_how_many_how_complete_and_that_it_is_no_legal_advice() -> None:
    [run] = events(canned.every_verdict(), "RUN")
    assert (run["cn1"], run["cn2"], run["cn3"]) == ("9", "3", "7")
    assert run["cs6"] == "Not legal advice."
    assert "at least 6, at most 8, in the ranges covered" in run["msg"]
    [partial] = events(canned.partial(), "RUN")
    assert partial["Severity"] == "5"
    assert partial["cs2"] == "INCOMPLETE: 1 of 3 ranges not covered (vlan 40: interface down)"
    assert partial["cs3"] == "2 of 3 ranges covered"


def test_each_event_carries_marking_run_and_site_for_it_may_stand_alone() -> None:
    for event in events(canned.every_verdict()):
        assert event["flexString2"] == "OFFICIAL-SENSITIVE"
        assert (event["camscanRun"], event["camscanSite"]) == ("20261121T180000Z-poznań", "Poznań")


def test_a_long_sentence_of_the_coverage_goes_on_in_the_next_event() -> None:
    excluded = tuple(f"10.20.0.{number}" for number in range(250))
    events_of_it = [
        event["msg"]
        for event in events(making.report(scope=making.scope(exclude=excluded)), "COVERAGE")
        if "10.20.0." in event["msg"]
    ]
    assert all(len(part) <= 1023 for part in events_of_it)
    assert f"excluded by the scope: {', '.join(excluded)}" in " ".join(events_of_it)


@pytest.mark.parametrize("status", ["open", "planned", "accepted", "lapsed"])
def test_a_status_stands_beside_the_verdict_with_its_note_and_never_lowers_the_severity(status: str) -> None:
    note = f"recorded by R. Nowak; {NO_WAIVER}"
    found = making.finding(Verdict.PROHIBITED, status=status, status_note=note)
    [event] = events(making.report(making.assessed(11, Verdict.PROHIBITED, found)), "FINDING")
    assert (event["cs4"], event["camscanStatusNote"], event["Severity"]) == (status, note, "8")


def test_a_device_without_ipv4_is_named_by_its_ipv6_address_and_text_that_is_no_address_by_none() -> None:
    device = making.assessed(11, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED), ips=("nonsense", "fd00:20::11"))
    [event] = events(making.report(device), "FINDING")
    assert event["c6a3"] == "fd00:20::11"
    assert "dst" not in event


def test_a_device_that_sends_text_that_hides_or_moves_is_itself_told() -> None:
    [event] = events(canned.hostile(), "FINDING")
    assert event["camscanHostileFields"] == "http.server,http.title"


def test_a_sentence_that_is_too_long_for_a_message_stands_whole_beside_it() -> None:
    reason = f"{'Seen in many ways. ' * 80}Not expected: tell your adviser."
    found = making.finding(Verdict.PROHIBITED, reason=reason)
    [event] = events(making.report(making.assessed(11, Verdict.PROHIBITED, found)), "FINDING")
    assert event["msg"].endswith("…")
    assert event["camscanReason"] == reason
    assert "camscanReason" not in events(canned.every_verdict(), "FINDING")[0]
