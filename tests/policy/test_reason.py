"""The sentence of a finding: its order, its words, and what it never repeats."""

from __future__ import annotations

from datetime import date

import pytest

from camscan.model import Confidence, Evidence, SiteContext
from camscan.policy.golden import run
from tests.policy.books import by_oui, identified, judged, shipped

FORBIDDEN = {"compliant", "approved", "certified", "safe", "clean", "illegal", "unlawful", "banned", "breach", "proof"}


def words(text: str) -> set[str]:
    return {"".join(filter(str.isalpha, word)).lower() for word in text.replace("-", " ").replace("/", " ").split()}


def reason(identification=None, *, policy="uk-department", site=None, **rest):
    stated = site or SiteContext(name="annex", class_="sensitive")
    return judged(identification, policies=(policy,), site=stated, **rest).findings[0].reason


def test_the_parts_of_a_reason_stand_in_their_order():
    text = reason(identified(brand="amcrest", maker="dahua", maker_basis="wire-shows-maker"), site=SiteContext(name="annex"))
    parts = ["Seen in", "the label reads Amcrest", "uk.hcws386", "instructs", "replacing equipment", "unknown to camscan",
             "open: Is annex a sensitive site?", "assumed:", "see UK Parliament"]  # fmt: skip
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert text.endswith(".")


def test_a_reason_says_what_was_seen_by_how_many_witnesses_and_how():
    assert reason().startswith("Seen in http.auth.realm, sadp.model (2 independent witnesses, answers to our own questions);")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "label and firmware are of Hikvision, from which Hikvision is taken as its maker"),
        ({"brand": None}, "no label is seen, the firmware is of Hikvision"),
        ({"brand": "hilook", "maker_basis": "own-label"}, "the label reads HiLook, the firmware is of Hikvision"),
        (
            {"brand": "lts", "maker_basis": "documented-relabel"},
            "that Hikvision makes such units is documented, not seen on the wire",
        ),
        ({"brand": "lts", "maker_basis": "attested"}, "a named person states that Hikvision made it"),
    ],
)
def test_a_reason_says_from_what_the_maker_is_taken(changes, expected):
    assert expected in reason(identified(**changes))


def test_a_mac_address_is_said_to_name_the_network_interface_only():
    assert "only a MAC address points to Hikvision: it names who made the network interface" in reason(by_oui("hikvision"))


@pytest.mark.parametrize(
    ("changes", "rest", "expected"),
    [
        ({}, {}, "camscan first saw it on 1 March 2026, after the instruction of 24 November 2022; date of manufacture and"),
        ({}, {}, "deployment date unknown to camscan"),
        (
            {"made_on": date(2021, 3, 4)},
            {},
            "the serial number shows 4 March 2021, before the instruction of 24 November 2022; deployment date unknown",
        ),
        (
            {"made_on": date(2023, 5, 14)},
            {},
            "the serial number shows 14 May 2023, after the instruction of 24 November 2022: deployed later",
        ),
        (
            {},
            {"acquired": date(2024, 1, 2)},
            "a named person states that it was acquired on 2 January 2024, after the instruction of 24 November 2022: deployed later",
        ),
        ({"made_on": date(2026, 12, 1)}, {}, "date of manufacture and deployment date unknown to camscan"),
    ],
)
def test_a_reason_sets_the_unit_s_date_against_the_rule_s(changes, rest, expected):
    assert expected in reason(identified(**changes), **rest)


def test_a_reason_cites_clause_version_date_and_force():
    text = reason(policy="us-federal-agency")
    for part in (
        "section 889(f)(3)(B)",
        "FAR 52.204-25",
        "from 13 August 2019",
        "statute",
        "of equipment already there it says nothing",
    ):
        assert part in text


def test_equipment_that_the_stated_purpose_takes_out_of_the_rule_is_told_so():
    text = reason(policy="us-federal-agency", site=SiteContext(name="annex", purpose="none"))
    assert "section 889(f)(3)(B) reaches equipment of this maker only under conditions that purpose=none does not meet" in text


def test_a_reason_repeats_no_byte_that_a_device_sent():
    hostile = "\x1b[31mcertified banned <script>"
    evidence = (
        Evidence(
            fingerprint="x", field="http.title", value=hostile, observation=0, says=(("maker", "hikvision"),), witness="page"
        ),
    )
    shown = identified(model=hostile, firmware=hostile, serial=hostile, evidence=evidence, confidence=Confidence.FIRM)
    assert hostile[:5] not in reason(shown)
    assert not FORBIDDEN & words(reason(shown))


def test_no_sentence_of_any_golden_case_holds_a_word_that_is_never_printed():
    for case in shipped().golden:
        judgement = run(case, shipped())
        texts = [judgement.reason]
        for finding in judgement.findings:
            texts += [finding.reason, finding.note, *finding.assumptions, *finding.references]
            texts += [finding.settle.question] if finding.settle else []
        assert not FORBIDDEN & words(" ".join(texts)), case.name


@pytest.mark.parametrize("witness", ["name", "traffic", "page"])
def test_a_title_a_name_and_a_cloud_are_no_firmware(witness: str):
    says = (("brand", "axis"), ("maker", "axis"))
    mark = Evidence(
        fingerprint="axis.title", field="http.title", value="AXIS", observation=0, says=says, editable=True, witness=witness
    )
    found = identified(brand="axis", maker="axis", confidence=Confidence.TENTATIVE, evidence=(mark,))
    text = reason(found, policy="us-federal-agency")
    assert "label and firmware" not in text
    assert "the label reads Axis, no mark of firmware is seen; from the label Axis is taken as its maker" in text


def test_a_label_whose_maker_only_its_interface_shows_is_not_said_to_have_that_firmware():
    label = Evidence(
        fingerprint="lts.title", field="http.title", value="LTS", observation=0, says=(("brand", "lts"),), witness="name"
    )
    interface = Evidence(
        fingerprint="oui:1", field="mac", value="", observation=0, says=(("brand", "hikvision"),), witness="oui"
    )
    found = identified(
        brand="lts", maker_basis="wire-shows-maker", confidence=Confidence.TENTATIVE, evidence=(label, interface)
    )
    assert "the firmware is of" not in reason(found)


@pytest.mark.parametrize(
    ("policy", "maker", "as_of", "expected"),
    [
        ("rule:us.dod.s805", "uniview", date(2026, 11, 21), "the list behind it is known in part;"),
        ("us-tx-agency", "tiandy", date(2026, 11, 21), "the list behind it is known in part;"),
        ("us-federal-agency", "uniview", date(2028, 1, 1), "it was due to be read again by 31 May 2027;"),
        ("us-tx-agency", "tiandy", date(2028, 1, 1), "known in part, and it was due to be read again by 31 May 2027;"),
    ],
)
def test_of_a_list_known_in_part_or_overdue_it_is_said_whom_it_names_here(policy, maker, as_of, expected):
    found = judged(identified(brand=maker, maker=maker), policies=(policy,), as_of=as_of).findings[0].reason
    assert "this maker is not among the names recorded here: " in found
    assert expected in found
    assert "it does not reach equipment of this maker" not in found


def test_of_a_list_known_in_full_it_is_said_that_it_does_not_reach_a_maker():
    text = reason(identified(brand="axis", maker="axis"), policy="us-federal-agency")
    assert "it does not reach equipment of this maker" in text
