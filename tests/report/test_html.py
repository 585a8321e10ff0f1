"""The HTML report: what stands where, what is left out and said so, and that it needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import date

import html5lib
import pytest
from lxml import html as lxml_html

from camscan.model import DeviceException, Egress, Presence, Step, Verdict
from camscan.report.html import document, evidence, page
from camscan.report.html.document import MOST_CHAINS
from tests.report import canned, making


def parsed(report, **how):  # type: ignore[no-untyped-def]
    return lxml_html.document_fromstring(document.document(report, **how))


def text_of(node) -> str:  # type: ignore[no-untyped-def]
    return " ".join(" ".join(node.itertext()).split()).replace(" ,", ",")


def part(tree, name: str) -> str:  # type: ignore[no-untyped-def]
    found = tree.xpath(f"//section[@id='{name}']")
    return text_of(found[0]) if found else ""


@pytest.mark.parametrize("name", [*canned.CANNED, "hostile_at_length"])
@pytest.mark.parametrize("paged", [False, True])
def test_the_page_is_html5_without_a_fault(name: str, paged: bool) -> None:
    report = {**canned.CANNED, **canned.LARGE}[name]()
    parser = html5lib.HTMLParser(strict=True)
    parser.parse(document.document(report, paged=paged))
    assert parser.errors == []


@pytest.mark.parametrize("name", canned.CANNED)
def test_no_two_elements_have_one_id_and_every_link_within_the_page_has_its_target(name: str) -> None:
    tree = parsed(canned.CANNED[name]())
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in tree.xpath("//a/@href") if link.startswith("#")} <= set(ids)
    named = {one for names in tree.xpath("//@aria-labelledby") for one in names.split()}
    assert named <= set(ids)


def test_style_and_script_are_allowed_by_their_hash_and_nothing_else_is() -> None:
    text = page.render(canned.every_verdict())
    tree = lxml_html.document_fromstring(text)
    [allowed] = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    rules = dict(rule.strip().split(" ", 1) for rule in allowed.split(";"))
    assert rules["default-src"] == "'none'"
    for kind, tag in (("style-src", "style"), ("script-src", "script")):
        [content] = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert rules[kind] == f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
    assert "unsafe" not in allowed
    assert not tree.xpath("//@style | //@src | //link | //script[@src]")


def test_a_page_for_paper_has_no_script_and_allows_none() -> None:
    tree = parsed(canned.every_verdict(), paged=True)
    assert not tree.xpath("//script | //button | //input")
    assert "script-src" not in tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]


def test_the_first_screen_says_the_answer_the_step_the_reason_and_the_gaps() -> None:
    plan = (
        Step(name="rule", text="uk.hcws386 (instruction) instructs departments to cease deployment"),
        Step(name="verify", text="Verify by eye. Take a photograph."),
    )
    reached = [making.assessed(n, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED, action=plan)) for n in range(1, 4)]
    report = replace(making.report(*reached, making.assessed(9, Verdict.REVIEW, making.for_review())), complete=True)
    said = part(parsed(report), "answer")
    assert "At least 3, at most 4 devices fall under a rule, in the ranges covered" in said
    assert "3 devices: Verify by eye Why: uk.hcws386 (instruction) instructs departments to cease deployment." in said
    assert f"1 device waits for one answer: {making.QUESTION} yes → prohibited no → review" in said
    assert "3 Hikvision labels ANNKE 10.20.0.1, 10.20.0.2, 10.20.0.3" in said
    assert "10.20.0.0/24 at link level, complete, 12 alive" in said
    assert "equipment that is switched off, on another segment, or silent by design" in said


@pytest.mark.parametrize(
    ("name", "headline"),
    [
        ("empty", "None found, and no range was covered"),
        ("nothing_found", "None found in the ranges covered"),
        ("nothing_judged", "2 devices seen; nothing was judged"),
        ("every_verdict", "At least 3, at most 7 devices fall under a rule, in the ranges covered"),
    ],
)
def test_the_headline_claims_no_more_than_the_totals(name: str, headline: str) -> None:
    tree = parsed(canned.CANNED[name]())
    assert text_of(tree.xpath("//h2[@id='answer-title']")[0]) == headline


def test_an_incomplete_run_says_so_before_anything_else_is_said() -> None:
    said = part(parsed(canned.partial()), "answer")
    assert "INCOMPLETE: 1 of 3 ranges not covered (vlan 40: interface down)" in said
    assert said.index("INCOMPLETE") < said.index("devices seen" if "devices seen" in said else "device seen")


def test_a_device_that_is_planned_or_accepted_needs_no_action_and_is_counted_as_decided() -> None:
    said = part(parsed(canned.every_verdict()), "answer")
    action = said[said.index("Devices that need action") :]
    assert "10.20.0.12" not in action
    assert "Decided already: 1 planned" in action


def test_plans_stand_with_their_day_the_nearest_first() -> None:
    def decided(number: int, due: date) -> object:
        known = DeviceException(
            id=f"ex-{number}",
            status="planned",
            device="x",
            bound_to=(),
            owner="R. Nowak",
            ticket="CHG-7",
            recorded_on=date(2026, 1, 1),
            expires_on=due,
            covers=(),
            due=due,
        )
        note = f"until {due}; recorded by R. Nowak"
        finding = making.finding(Verdict.PROHIBITED, status="planned", exception=known.id, status_note=note)
        return replace(making.assessed(number, Verdict.PROHIBITED, finding), exceptions=(known,))

    report = making.report(decided(1, date(2027, 5, 1)), decided(2, date(2027, 2, 1)))  # type: ignore[arg-type]
    said = part(parsed(report), "decisions")
    assert said.index("10.20.0.2 planned 2027-02-01 (due)") < said.index("10.20.0.1 planned 2027-05-01 (due)")


def test_lists_behind_the_devices_hold_what_the_report_holds() -> None:
    call = Egress(how="asked", names=("dev.example.com",), first_seen=making.START, last_seen=making.END)
    base = canned.every_verdict()
    report = replace(base, assets=(replace(base.assets[0], egress=(call,)), *base.assets[1:]))
    tree = parsed(report)
    assert "asked for dev.example.com, no connection seen" in part(tree, "calls")
    assert "the OUI says one maker, ONVIF another" in part(tree, "contradictions")
    assert "10.20.0.14, 10.20.0.15 ANNKE Hikvision wire shows maker" in part(tree, "relabels")
    assert "10.20.0.16 bc:ad:28:00:00:10 camera http" in part(tree, "unidentified")
    assert "alive, but answered no question ( 10.20.0.17 )" in part(tree, "without")
    assert "arp 10.20.0.0/24 completed 508 12 0 0" in part(tree, "sent")
    assert "10.20.0.11 31 4 6 2,210" in part(tree, "sent")
    assert "to deploy, instruction; of equipment already there: consider 2" in part(tree, "rules")
    assert tree.xpath("//section[@id='rules']//a[@rel]/@href") == [
        "https://questions-statements.parliament.uk/written-statements/detail/2022-11-24/hcws386"
    ]
    assert "fingerprints, registry and rules of 2026-11-21.0123456789" in part(tree, "method")


def test_a_device_shows_its_evidence_with_bytes_as_hexadecimal_and_text() -> None:
    [row] = parsed(making.report(canned.every_verdict().assets[0])).xpath("//tbody[@data-v]")
    said = text_of(row)
    assert "sadp.model message 0 DS-2CD2042WD-I maker hikvision, model DS-2CD2042WD-I hikvision.sadp.model, wire" in said
    assert "0000 48 54 54 50 2f 31 2e 30 20 32 30 30 20 4f 4b 0d HTTP/1.0 200 OK." in said
    assert "0010 0a 0d 0a ..." in said


def test_bytes_that_are_no_text_are_dots_and_cut_where_they_are_many() -> None:
    assert list(evidence.hex_lines(b"\x00\x1b<\xff")) == ["0000  00 1b 3c ff                                      ..<."]
    seen = making.observation(raw=b"\xff" * 1000)
    said = text_of(parsed(making.report(making.assessed(1, Verdict.PROHIBITED, observations=(seen,)))))
    assert "and 744 bytes more" in said


def test_since_when_a_device_is_known_stands_beside_it() -> None:
    known = Presence(since=making.START, absent_until=making.START.replace(day=20))
    row = replace(making.assessed(1, Verdict.PROHIBITED), presence=known)
    assert "known since 2026-11-21, not there on 2026-11-20" in text_of(parsed(making.report(row)))


def test_what_is_left_out_of_a_large_report_is_said() -> None:
    text = page.render(canned.ten_thousand())
    assert text.count("<tbody id=") == 10_000
    assert text.count('<tr class="more">') == MOST_CHAINS
    assert f"The evidence of the first {MOST_CHAINS} stands here" in text
    assert "had no room in the map" in text
    assert "and 1996 more" in text


def test_the_marking_stands_on_every_printed_page_whatever_it_is_made_of() -> None:
    marking = 'OFFICIAL "x"}</style>\\'
    text = page.render(replace(canned.partial(), run=making.run(marking=marking)))
    assert text.count("</style>") == 1
    [margin] = re.findall(r'@page\{@top-center\{content:"([^"]*)"', text)
    spelled = re.sub(r"\\([0-9a-f]{6})", lambda found: chr(int(found[1], 16)), margin)
    assert spelled == marking


def test_a_hostile_device_is_flagged_and_nothing_of_it_is_markup() -> None:
    text = page.render(canned.hostile())
    tree = lxml_html.document_fromstring(text)
    assert tree.xpath("//tbody[@data-v]//*[text()='hostile reply']")
    assert part(tree, "hostile")
    assert len(tree.xpath("//script")) == 1
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text
