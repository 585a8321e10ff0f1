"""What persons state stands beside what a device sends, settles what nothing else settles, and is a conflict where the two differ."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.datafiles.open import open_knowledge
from camscan.identify.attested import acquired_on, state
from camscan.identify.rules import Knowledge
from camscan.model import Alternative, Asset, Attestation, Confidence, Evidence, Identification, Judgement, SiteContext, Via
from camscan.policy.engine import judge
from tests.policy.books import TODAY, by_oui, device, identified, shipped

SENSITIVE = SiteContext(name="annex", class_="sensitive")
CAMERA = {"kind": "camera", "kind_confidence": Confidence.FIRM}
NOBODY = identified(brand=None, maker=None, maker_basis=None, confidence=Confidence.FIRM, evidence=(), **CAMERA)
BANNER = identified(brand="axis", maker="axis", confidence=Confidence.TENTATIVE, **CAMERA)


@cache
def shipped_knowledge() -> Knowledge:
    return open_knowledge()


@pytest.fixture
def knowledge() -> Knowledge:
    return shipped_knowledge()


def stated(**changes: Any) -> Attestation:
    values: dict[str, Any] = {
        "id": "at-1",
        "device": "mac:bc:ad:28:00:00:01",
        "bound_to": ("mac=bc:ad:28:00:00:01",),
        "by": "R. Nowak",
        "basis": "label",
        "recorded_on": TODAY,
    }
    return Attestation(**(values | changes))


def judged(asset: Asset, found: Identification, **changes: Any) -> Judgement:
    return judge(asset, found, book=shipped(), policies=("uk-department",), site=SENSITIVE, as_of=TODAY, **changes)


def verdict(found: Identification, *entries: Attestation, knowledge: Knowledge) -> str:
    asset, after = state(device(), found, entries, knowledge)
    return str(judged(asset, after, acquired=acquired_on(entries)).verdict)


def kinds(found: Identification) -> list[str]:
    return [conflict.kind for conflict in found.conflicts]


def test_nothing_stated_changes_nothing(knowledge: Knowledge) -> None:
    asset = device()
    assert state(asset, NOBODY, (), knowledge) == (asset, NOBODY)


def test_a_statement_is_evidence_of_its_own_kind_after_all_that_the_device_sent(knowledge: Knowledge) -> None:
    before = identified()
    asset, found = state(device(), before, [stated(maker="hikvision", location="gate 3", ref="photo 12")], knowledge)
    said = asset.observations[-1]
    assert asset.observations[:-1] == device().observations
    assert (said.via, said.values("attested.by"), said.values("attested.location")) == (
        Via.ATTESTED,
        ("R. Nowak",),
        ("gate 3",),
    )
    assert found.evidence[:-1] == before.evidence
    assert found.evidence[-1].fingerprint == "attest:at-1"
    assert asset.observations[found.evidence[-1].observation] is said
    assert "a person's statement" in judged(asset, found).findings[0].reason


@pytest.mark.parametrize(
    ("found", "maker", "before", "after"),
    [
        pytest.param(by_oui("hikvision"), "hikvision", "review", "prohibited", id="lifts a MAC alone"),
        pytest.param(NOBODY, "dahua", "unidentified", "prohibited", id="names a maker where nothing did"),
        pytest.param(NOBODY, "axis", "unidentified", "no_finding", id="closes an unidentified"),
        pytest.param(
            identified(brand="hikvision", confidence=Confidence.TENTATIVE),
            "hikvision",
            "review",
            "prohibited",
            id="lifts a banner",
        ),
        pytest.param(
            identified(brand="lts", maker="hikvision", maker_basis="documented-relabel", confidence=Confidence.FIRM),
            "hikvision",
            "review",
            "prohibited",
            id="lifts a documented relabel",
        ),
    ],
)
def test_a_maker_read_off_the_unit_lifts_the_identity_cap(
    found: Identification, maker: str, before: str, after: str, knowledge: Knowledge
) -> None:
    assert judged(device(), found).verdict == before
    assert verdict(found, stated(maker=maker), knowledge=knowledge) == after
    assert verdict(found, stated(maker=maker, basis="invoice"), knowledge=knowledge) == after


@pytest.mark.parametrize("basis", ["supplier", "other"])
@pytest.mark.parametrize(
    "found", [by_oui("hikvision"), NOBODY, identified(brand="lts", maker="hikvision", maker_basis="documented-relabel")]
)
def test_the_word_of_a_supplier_is_shown_and_settles_nothing(basis: str, found: Identification, knowledge: Knowledge) -> None:
    assert verdict(found, stated(maker="hikvision", basis=basis), knowledge=knowledge) == judged(device(), found).verdict


def test_hearsay_that_names_another_maker_is_another_reading(knowledge: Knowledge) -> None:
    _, found = state(device(), NOBODY, [stated(maker="axis", basis="supplier")], knowledge)
    assert found.maker is None
    assert [other.maker for other in found.alternatives] == ["axis"]


@pytest.mark.parametrize("found", [identified(), identified(confidence=Confidence.TENTATIVE), by_oui("hikvision")])
def test_a_statement_never_takes_the_place_of_what_the_wire_shows(found: Identification, knowledge: Knowledge) -> None:
    entry = stated(maker="axis", basis="label")
    _, after = state(device(), found, [entry], knowledge)
    assert (after.maker, after.maker_basis, after.confidence) == (found.maker, found.maker_basis, found.confidence)
    assert kinds(after) == ["attestation-differs"]
    assert "R. Nowak states Axis Communications by label, what it sends shows Hikvision" in after.conflicts[0].detail
    assert verdict(found, entry, knowledge=knowledge) == judged(device(), found).verdict


def test_a_stated_maker_that_a_rule_reaches_keeps_a_device_from_being_spared(knowledge: Knowledge) -> None:
    assert judged(device(), BANNER).verdict == "no_finding"
    assert verdict(BANNER, stated(maker="hikvision"), knowledge=knowledge) == "review"


def test_what_stands_on_the_unit_goes_above_documentation_of_its_label_and_the_difference_is_told(knowledge: Knowledge) -> None:
    relabel = identified(brand="lts", maker="hikvision", maker_basis="documented-relabel", confidence=Confidence.FIRM)
    _, found = state(device(), relabel, [stated(maker="dahua")], knowledge)
    assert (found.maker, found.maker_basis, kinds(found)) == ("dahua", "attested", ["attestation-differs"])
    assert ("lts", "hikvision") in {(other.brand, other.maker) for other in found.alternatives}


def test_firmware_marks_of_another_maker_keep_a_stated_one_tentative(knowledge: Knowledge) -> None:
    rival = Alternative(brand=None, maker="dahua", confidence=Confidence.FIRM, reason="a mark of Dahua firmware is shown")
    torn = identified(brand=None, maker=None, maker_basis=None, alternatives=(rival,), evidence=(), **CAMERA)
    _, found = state(device(), torn, [stated(maker="hikvision")], knowledge)
    assert (found.maker, found.confidence, found.maker_attested) == ("hikvision", Confidence.TENTATIVE, False)
    assert verdict(torn, stated(maker="hikvision"), knowledge=knowledge) == "review"


def test_persons_who_name_different_makers_settle_nothing(knowledge: Knowledge) -> None:
    entries = [stated(maker="hikvision"), stated(id="at-2", maker="axis")]
    asset, found = state(device(), NOBODY, entries, knowledge)
    assert found.maker is None
    assert "persons state different makers" in found.conflicts[0].detail
    assert judged(asset, found).verdict == "unidentified"


def test_a_brand_that_a_person_names_stands_for_its_maker(knowledge: Knowledge) -> None:
    _, found = state(device(), by_oui("hikvision"), [stated(maker="hilook")], knowledge)
    assert (found.maker, found.confidence, kinds(found)) == ("hikvision", Confidence.FIRM, [])


def test_not_a_camera_closes_an_unidentified(knowledge: Knowledge) -> None:
    tentative = identified(
        brand=None,
        maker=None,
        maker_basis=None,
        evidence=(),
        kind="camera",
        confidence=None,
        kind_confidence=Confidence.TENTATIVE,
    )
    assert judged(device(), tentative).verdict == "unidentified"
    assert verdict(tentative, stated(not_a_camera=True), knowledge=knowledge) == "not_applicable"
    _, found = state(device(), tentative, [stated(not_a_camera=True)], knowledge)
    assert kinds(found) == ["attestation-differs"]


def test_a_device_that_firmly_shows_itself_as_a_camera_stays_one(knowledge: Knowledge) -> None:
    _, found = state(device(), NOBODY, [stated(not_a_camera=True)], knowledge)
    assert (found.kind, kinds(found)) == ("camera", ["attestation-differs"])
    assert verdict(NOBODY, stated(not_a_camera=True), knowledge=knowledge) == "unidentified"


def shown(witness: str, claim: str, value: str, *, editable: bool = True) -> Evidence:
    return Evidence(
        fingerprint=f"generic.{witness}",
        field=witness,
        value=value,
        observation=0,
        says=((claim, value),),
        editable=editable,
        witness=witness,
    )


SCOPES, REALM = shown("scopes", "kind", "camera"), shown("realm", "kind", "camera")
FIRMLY = shown("wire", "kind", "camera", editable=False)
MODEL = shown("wire", "model", "CM-1", editable=False)
LABEL = "label-of-nobody"
LABELLED = shown("realm", "brand", LABEL)


@pytest.mark.parametrize(
    ("evidence", "brand", "after"),
    [
        pytest.param((SCOPES, REALM), None, "not_applicable", id="editable marks"),
        pytest.param((SCOPES, REALM, FIRMLY), None, "unidentified", id="a mark that is not editable"),
        pytest.param((SCOPES, REALM, LABELLED), LABEL, "not_applicable", id="under a label of nobody"),
        pytest.param((SCOPES, REALM), LABEL, "unidentified", id="under a label that no message shows"),
        pytest.param((SCOPES, LABELLED, MODEL), LABEL, "unidentified", id="a model that its label's grammar may read"),
    ],
)
def test_not_a_camera_closes_an_unidentified_whose_kind_rests_on_values_that_its_owner_can_set(
    knowledge: Knowledge, evidence: tuple[Evidence, ...], brand: str | None, after: str
) -> None:
    found = replace(NOBODY, evidence=evidence, brand=brand)
    assert found.kind_confidence is Confidence.FIRM
    assert judged(device(), found).verdict == "unidentified"
    assert verdict(found, stated(not_a_camera=True), knowledge=knowledge) == after
    assert kinds(state(device(), found, [stated(not_a_camera=True)], knowledge)[1]) == ["attestation-differs"]


@pytest.mark.parametrize("named", [{"brand": "dahua", "maker": "dahua"}, {"brand": "lorex"}])
def test_not_a_camera_closes_nothing_that_editable_marks_of_a_maker_or_of_a_label_with_makers_show(
    knowledge: Knowledge, named: dict[str, Any]
) -> None:
    found = replace(NOBODY, evidence=(SCOPES, REALM, shown("banner", "brand", named["brand"])), **named)
    _, after = state(device(), found, [stated(not_a_camera=True)], knowledge)
    assert (after.kind, kinds(after)) == ("camera", ["attestation-differs"])
    assert verdict(found, stated(not_a_camera=True), knowledge=knowledge) == str(judged(device(), found).verdict)


def test_not_a_camera_never_clears_a_maker_of_surveillance_equipment_alone(knowledge: Knowledge) -> None:
    assert verdict(by_oui("hikvision"), stated(not_a_camera=True), knowledge=knowledge) == "review"


def test_a_day_of_acquisition_settles_which_owner_a_relation_had(knowledge: Knowledge) -> None:
    lorex = identified(brand="lorex", maker="dahua", maker_basis="wire-shows-maker", made_on=None)
    asset, found = state(device(), lorex, [stated(acquired=date(2018, 1, 2))], knowledge)
    told = judged(asset, found, acquired=date(2018, 1, 2)).findings[0]
    assert "date" in {because for finding in judged(device(), lorex).findings for because in finding.because}
    assert "date" not in told.because
    assert "acquired on 2 January 2018" in told.reason or "acquired on 2018-01-02" in told.reason


def test_the_latest_statement_of_an_acquisition_counts_and_a_difference_is_told(knowledge: Knowledge) -> None:
    early = stated(acquired=date(2018, 1, 2), recorded_on=TODAY - timedelta(days=5))
    late = stated(id="at-2", acquired=date(2019, 3, 4))
    assert acquired_on([late, early]) == acquired_on([early, late]) == date(2019, 3, 4)
    assert acquired_on([stated(maker="axis")]) is None
    _, found = state(device(), NOBODY, [early, late], knowledge)
    assert "different days of acquisition: 2018-01-02, 2019-03-04" in found.conflicts[0].detail


def test_a_unit_that_was_made_after_it_was_bought_is_a_contradiction(knowledge: Knowledge) -> None:
    _, found = state(device(), identified(made_on=date(2023, 5, 1)), [stated(acquired=date(2021, 5, 4))], knowledge)
    assert "its own serial shows manufacture on 2023-05-01" in found.conflicts[0].detail


def test_a_device_that_was_disposed_of_and_is_seen_is_a_contradiction(knowledge: Knowledge) -> None:
    seen = device().last_seen.date()
    _, found = state(device(), NOBODY, [stated(disposed=seen - timedelta(days=1))], knowledge)
    assert f"disposed of on {seen - timedelta(days=1)}, it was seen on {seen}" in found.conflicts[0].detail
    _, found = state(device(), NOBODY, [stated(disposed=seen)], knowledge)
    assert found.conflicts == ()


def test_a_model_is_taken_where_none_is_shown_and_a_difference_is_told(knowledge: Knowledge) -> None:
    _, found = state(device(), NOBODY, [stated(model="DS-2CD2042WD-I")], knowledge)
    assert (found.model, found.conflicts) == ("DS-2CD2042WD-I", ())
    shown = identified(model="DS-2CD2042WD-I")
    assert kinds(state(device(), shown, [stated(model="ds2cd2042")], knowledge)[1]) == []
    _, found = state(device(), shown, [stated(model="P3265-LV")], knowledge)
    assert (found.model, kinds(found)) == ("DS-2CD2042WD-I", ["attestation-differs"])


ENTRIES = st.lists(
    st.builds(
        stated,
        id=st.from_regex(r"at-[0-9a-f]{6}", fullmatch=True),
        basis=st.sampled_from(["label", "supplier"]),
        recorded_on=st.integers(0, 3).map(lambda days: TODAY - timedelta(days=days)),
        maker=st.sampled_from([None, "hikvision", "axis", "dahua"]),
        model=st.sampled_from([None, "A1", "B2"]),
        not_a_camera=st.booleans(),
        acquired=st.sampled_from([None, date(2018, 1, 2), date(2020, 1, 2)]),
    ),
    max_size=4,
    unique_by=lambda one: one.id,
)
FOUND = st.sampled_from([NOBODY, BANNER, identified(), by_oui("hikvision"), by_oui("axis")])


@given(entries=ENTRIES, found=FOUND, shuffle=st.data())
def test_the_order_of_statements_never_matters_and_what_the_wire_shows_stays(
    entries: list[Attestation], found: Identification, shuffle: st.DataObject
) -> None:
    knowledge = shipped_knowledge()
    once = state(device(), found, entries, knowledge)
    assert state(device(), found, shuffle.draw(st.permutations(entries)), knowledge) == once
    after = once[1]
    assert after.evidence[: len(found.evidence)] == found.evidence
    assert set(found.alternatives) <= set(after.alternatives)
    if found.maker is not None:
        assert after.maker == found.maker
