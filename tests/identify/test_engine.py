from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.identify import match
from camscan.identify.engine import identify, identify_fields
from camscan.identify.rules import Knowledge
from camscan.model import Asset, Confidence, Fields, Identification, Observation
from tests import factories
from tests.small_data import ACME_MAC, CHIPS_MAC, MODULES_MAC, RELABEL_MAC, ZENITH_MAC

REALM = (("http.auth.realm", "ACME_001122AABBCC"),)
RTSP = (("rtsp.auth.realm", "ACME"),)
SADP = (("sadp.model", "A100P"), ("sadp.serial", "A100P20210304AA"))
TITLE = (("http.title", "Acme A100"),)
ZENITH_SERVER = (("http.server", "Zenith-Webs/1.0"),)
ZENITH_CERTIFICATE = (("tls.subject", "CN=cam,O=Zenith BV"),)
RELABEL_TITLE = (("http.title", "Relabel"),)
RELABEL_CERTIFICATE = (("tls.subject", "O=Relabel"),)
PRINTER = (("http.server", "Printworks/2"),)
SOFTWARE = (("http.title", "Restreamer"),)


def asset(*messages: Fields, mac: str | None = None, relays: bool = False) -> Asset:
    observations = [factories.observation(fields, link_mac=mac) for fields in messages]
    if not observations:
        observations = [factories.observation((("arp.ip", "10.20.0.7"),), link_mac=mac)]
    return factories.asset(*observations, macs=(mac,) if mac else (), relays=relays)


def conflicts(found: Identification) -> set[str]:
    return {conflict.kind for conflict in found.conflicts}


def who(found: Identification) -> tuple[str | None, str | None, str | None, Confidence | None]:
    return found.brand, found.maker, found.maker_basis, found.confidence


def test_nothing_known_is_said_as_nothing(knowledge: Knowledge) -> None:
    assert identify(asset((("http.server", "nginx"),)), knowledge) == Identification()


def test_oui_alone_is_tentative_and_says_no_kind(knowledge: Knowledge) -> None:
    found = identify(asset(mac=ACME_MAC), knowledge)
    assert who(found) == ("acme", "acme", "own-label", Confidence.TENTATIVE)
    assert found.kind == "unknown"
    assert found.maker_is_surveillance_only
    assert found.evidence[0].fingerprint == "oui:001122/24"
    assert found.evidence[0].witness == "oui"


def test_oui_of_a_company_that_makes_cameras_alone_says_camera(knowledge: Knowledge) -> None:
    assert identify(asset(mac=ZENITH_MAC), knowledge).kind == "camera"


def test_oui_of_a_relabel_leads_to_its_documented_maker(knowledge: Knowledge) -> None:
    found = identify(asset(mac=RELABEL_MAC), knowledge)
    assert who(found) == ("relabel", "acme", "documented-relabel", Confidence.TENTATIVE)


def test_oui_of_an_owned_label_leads_to_its_owner(knowledge: Knowledge) -> None:
    found = identify(asset(mac="00:11:77:0f:00:00"), knowledge)
    assert who(found) == ("acme-home", "acme", "own-label", Confidence.TENTATIVE)


def test_oui_of_a_chip_maker_is_a_component_and_never_a_maker(knowledge: Knowledge) -> None:
    found = identify(asset(mac=CHIPS_MAC), knowledge)
    assert found.components == ("chips",)
    assert found.brand is found.maker is None
    assert found.kind == "unknown"


def test_oui_of_a_module_maker_names_nobody(knowledge: Knowledge) -> None:
    found = identify(asset(mac=MODULES_MAC), knowledge)
    assert found.brand is found.maker is found.confidence is None
    assert found.evidence[0].says == (("registrant", "Modules Ltd"),)


def test_oui_of_a_relay_says_nothing_of_what_is_behind_it(knowledge: Knowledge) -> None:
    assert identify(asset(mac=ACME_MAC, relays=True), knowledge) == Identification()


def test_claimed_mac_in_a_payload_is_looked_up_too(knowledge: Knowledge) -> None:
    found = identify(asset((("sadp.mac", ZENITH_MAC),)), knowledge)
    assert who(found) == ("zenith", "zenith", "own-label", Confidence.TENTATIVE)


def test_one_editable_banner_is_tentative_whatever_its_entry_says(knowledge: Knowledge) -> None:
    assert identify(asset(ZENITH_SERVER), knowledge).confidence is Confidence.TENTATIVE


def test_one_mark_that_the_owner_cannot_edit_counts_as_its_entry_says(knowledge: Knowledge) -> None:
    assert who(identify(asset(REALM), knowledge)) == (None, "acme", "wire-shows-maker", Confidence.FIRM)
    assert identify(asset(SADP), knowledge).confidence is Confidence.CERTAIN


def test_two_independent_witnesses_are_firm(knowledge: Knowledge) -> None:
    assert identify(asset(ZENITH_SERVER, mac=ZENITH_MAC), knowledge).confidence is Confidence.FIRM
    assert identify(asset(TITLE, mac=ACME_MAC), knowledge).confidence is Confidence.FIRM


def test_fields_of_one_message_are_one_witness(knowledge: Knowledge) -> None:
    one = (("http.server", "boa"), ("http.title", "Viewer"), ("wsd.scopes", "/name/ACME%20A1"))
    assert identify(asset(tuple(sorted(one))), knowledge).confidence is Confidence.TENTATIVE


def test_two_messages_of_one_witness_group_are_one_witness(knowledge: Knowledge) -> None:
    pair = (("http.title", "Acme A100"),), (("http.title", "Acme A200"),)
    assert identify(asset(*pair), knowledge).confidence is Confidence.TENTATIVE


def test_label_of_another_on_the_maker_s_firmware_is_a_relabel_shown_by_the_wire(knowledge: Knowledge) -> None:
    found = identify(asset(RELABEL_TITLE, REALM), knowledge)
    assert who(found) == ("relabel", "acme", "wire-shows-maker", Confidence.FIRM)
    assert conflicts(found) == set()


def test_label_alone_gives_the_documented_maker_at_most_firm(knowledge: Knowledge) -> None:
    found = identify(asset(RELABEL_CERTIFICATE), knowledge)
    assert who(found) == ("relabel", "acme", "documented-relabel", Confidence.FIRM)
    assert identify(asset(RELABEL_TITLE), knowledge).confidence is Confidence.TENTATIVE


def test_owned_label_on_its_owner_s_firmware_is_an_own_label(knowledge: Knowledge) -> None:
    found = identify(asset((("http.title", "AcmeHome"),), SADP), knowledge)
    assert (found.maker, found.maker_basis) == ("acme", "own-label")


def test_oui_of_a_relabel_becomes_the_label_where_the_wire_shows_the_maker(knowledge: Knowledge) -> None:
    found = identify(asset(REALM, mac=RELABEL_MAC), knowledge)
    assert who(found) == ("relabel", "acme", "wire-shows-maker", Confidence.FIRM)
    assert conflicts(found) == set()


def test_registrant_that_contradicts_the_wire_is_a_conflict_and_an_alternative(knowledge: Knowledge) -> None:
    found = identify(asset(SADP, mac=ZENITH_MAC), knowledge)
    assert who(found) == ("acme", "acme", "own-label", Confidence.CERTAIN)
    assert conflicts(found) == {"oui-differs"}
    assert "relabel, a proxy or an altered banner" in found.conflicts[0].detail
    assert [(one.brand, one.maker) for one in found.alternatives] == [("zenith", "zenith")]


def test_unknown_label_on_a_surveillance_maker_s_interface_is_that_maker_s_product(knowledge: Knowledge) -> None:
    found = identify(asset(TITLE, mac=ZENITH_MAC), knowledge)
    assert who(found) == ("acme", "zenith", "wire-shows-maker", Confidence.TENTATIVE)
    assert "label-differs" in conflicts(found)


def test_label_that_two_witnesses_or_a_certificate_show_is_not_overruled_by_an_interface(knowledge: Knowledge) -> None:
    found = identify(asset(ZENITH_CERTIFICATE, mac=ACME_MAC), knowledge)
    assert who(found) == ("zenith", "zenith", "own-label", Confidence.CERTAIN)
    assert conflicts(found) == {"oui-differs"}


def witnessed(knowledge: Knowledge, **witnesses: str) -> Knowledge:
    """Return the same knowledge in which other witnesses stand behind the entries of some vendors."""
    return replace(
        knowledge,
        fingerprints=tuple([replace(one, witness=witnesses.get(one.vendor, one.witness)) for one in knowledge.fingerprints]),
    )


@pytest.mark.parametrize("witness", ["wire", "device"])
def test_equally_strong_makers_are_not_decided_by_chance(knowledge: Knowledge, witness: str) -> None:
    found = identify(asset(SADP, ZENITH_CERTIFICATE), witnessed(knowledge, acme=witness, zenith=witness))
    assert found.brand is found.maker is None
    assert {"maker-differs", "brand-differs"} <= conflicts(found)
    assert {(one.brand, one.maker) for one in found.alternatives} >= {("acme", "acme"), ("zenith", "zenith")}


def test_of_two_certain_makers_the_one_whose_protocol_replies_is_meant(knowledge: Knowledge) -> None:
    found = identify(asset(SADP, ZENITH_CERTIFICATE, ZENITH_SERVER, mac=ZENITH_MAC), knowledge)
    assert (found.maker, found.confidence) == ("acme", Confidence.CERTAIN)
    assert "maker-differs" in conflicts(found)


def test_what_an_owner_can_set_and_a_registrant_decide_nothing_between_certain_makers(knowledge: Knowledge) -> None:
    found = identify(asset(SADP, ZENITH_CERTIFICATE, ZENITH_SERVER, mac=ZENITH_MAC), witnessed(knowledge, acme="device"))
    assert found.maker is None


def test_stronger_maker_wins_and_the_weaker_stays_in_sight(knowledge: Knowledge) -> None:
    found = identify(asset(SADP, ZENITH_SERVER), knowledge)
    assert who(found) == ("acme", "acme", "own-label", Confidence.CERTAIN)
    assert {"maker-differs", "brand-differs"} == conflicts(found)


def test_model_gives_kind_and_form_by_the_vendor_s_grammar(knowledge: Knowledge) -> None:
    found = identify(asset(SADP), knowledge)
    assert (found.kind, found.form, found.model, found.serial) == ("camera", "ptz", "A100P", "A100P20210304AA")


def test_model_grammar_overrules_a_general_camera_mark(knowledge: Knowledge) -> None:
    found = identify(asset(RTSP, (("sadp.model", "A100R"),)), knowledge)
    assert found.kind == "nvr"


def test_model_of_a_standard_is_read_by_the_grammar_of_the_maker_found(knowledge: Knowledge) -> None:
    found = identify(asset(REALM, (("onvif.model", "A300R"),)), knowledge)
    assert (found.model, found.kind) == ("A300R", "nvr")


def test_serial_shows_the_day_of_manufacture_with_its_evidence(knowledge: Knowledge) -> None:
    found = identify(asset(SADP), knowledge)
    assert found.made_on == date(2021, 3, 4)
    assert found.made_on_evidence is not None
    assert found.made_on_evidence.field == "sadp.serial"
    assert identify(asset((("sadp.model", "A1"), ("sadp.serial", "A100P20211399AA"))), knowledge).made_on is None


def test_devices_that_are_alike_but_for_their_serials_keep_each_its_own(knowledge: Knowledge) -> None:
    def of(serial: str) -> Identification:
        return identify(asset((("sadp.model", "A100P"), ("sadp.serial", serial))), knowledge)

    first, undated, last = of("A100P20210304AA"), of("A100P20211399AB"), of("A100P20220506AC")
    assert [one.serial for one in (first, undated, last)] == ["A100P20210304AA", "A100P20211399AB", "A100P20220506AC"]
    assert [one.made_on for one in (first, undated, last)] == [date(2021, 3, 4), None, date(2022, 5, 6)]
    assert undated.made_on_evidence is None
    assert last.made_on_evidence is not None
    assert last.made_on_evidence.value == "A100P20220506AC"
    assert (first.brand, first.kind, first.confidence) == (last.brand, last.kind, last.confidence)


def test_more_values_than_are_remembered_are_told_all_the_same(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(match, "MAX_HELD", 2)
    expected = [identify(asset(one), knowledge) for one in MESSAGES]
    knowledge.held.clear()
    assert [identify(asset(one), knowledge) for one in MESSAGES] == expected
    assert len(knowledge.held) <= 2


def test_captures_are_decoded_and_canonical(knowledge: Knowledge) -> None:
    assert identify(asset((("wsd.scopes", "x://y/name/ACME%20A%2F7 x://y/z"),)), knowledge).model == "A/7"
    assert ("mac", "00:11:22:aa:bb:cc") in identify(asset(REALM), knowledge).evidence[0].says


def test_positive_mark_of_another_device_beats_weak_camera_marks(knowledge: Knowledge) -> None:
    found = identify(asset(PRINTER, RELABEL_TITLE), knowledge)
    assert found.kind == "other"
    assert "kind-differs" in conflicts(found)


def test_strong_camera_marks_beat_a_weak_mark_of_another_device(knowledge: Knowledge) -> None:
    found = identify(asset(PRINTER, RTSP), knowledge)
    assert found.kind == "camera"
    assert "kind-differs" in conflicts(found)


def test_of_software_and_a_camera_that_are_equally_well_shown_the_camera_is_meant(knowledge: Knowledge) -> None:
    found = identify(asset(SOFTWARE, ZENITH_SERVER), knowledge)
    assert found.kind == "camera"
    assert "kind-differs" in conflicts(found)


def test_software_mark_gives_software(knowledge: Knowledge) -> None:
    assert identify(asset(SOFTWARE), knowledge).kind == "software"


def test_surveillance_interface_is_not_talked_away_by_one_editable_banner(knowledge: Knowledge) -> None:
    found = identify(asset(PRINTER, mac=ACME_MAC), knowledge)
    assert found.kind == "unknown"
    assert "kind-differs" in conflicts(found)
    assert identify(asset((("rtsp.auth.realm", "Print"),), mac=ACME_MAC), knowledge).kind == "other"


def test_value_with_marks_of_three_vendors_is_not_judged(knowledge: Knowledge) -> None:
    several = "Printworks Acme Zenith"
    lists = replace(
        knowledge,
        fingerprints=tuple(
            replace(entry, conditions=(replace(entry.conditions[0], field="http.server", pattern=pattern(text)),))
            for entry, text in zip(
                [
                    next(e for e in knowledge.fingerprints if e.id == name)
                    for name in ("acme.rtsp.realm", "zenith.http.server", "printworks.http.server")
                ],
                ["Acme", "Zenith", "Printworks"],
                strict=True,
            )
        ),
    )
    found = identify(asset((("http.server", several),)), lists)
    assert conflicts(found) == {"honeypot"}
    assert found.brand is found.maker is None
    assert found.kind == "unknown"
    assert len(found.evidence) == 3
    assert identify(asset((("http.server", "Acme Zenith"),)), lists).conflicts[0].kind != "honeypot"


def pattern(text: str):  # type: ignore[no-untyped-def]
    from camscan.identify.pattern import Pattern

    return Pattern("contains", text)


def test_condition_on_several_fields_needs_all_and_none_in_one_message(knowledge: Knowledge) -> None:
    both = (("http.server", "Boa/1"), ("http.title", "Viewer"))
    assert identify(asset(both), knowledge).maker == "acme"
    assert identify(asset(both[:1], both[1:]), knowledge).maker is None
    assert identify(asset((*both, ("http.title", "Router"))), knowledge).maker is None


def test_long_value_is_shown_by_what_surrounds_the_match(knowledge: Knowledge) -> None:
    scopes = "x" * 3000 + "/name/ACME%20A1 " + "ü" * 3000
    shown = identify(asset((("wsd.scopes", scopes),)), knowledge).evidence[0].value
    assert "/name/ACME%20A1" in shown
    assert len(shown) < 600
    assert shown.startswith("…")
    assert shown.endswith("…")


def without_positions(found: Identification) -> Identification:
    evidence = sorted(
        (replace(one, observation=0) for one in found.evidence), key=lambda one: (one.fingerprint, one.field, one.value)
    )
    shown_by = found.made_on_evidence and replace(found.made_on_evidence, observation=0)
    return replace(found, evidence=tuple(evidence), made_on_evidence=shown_by)


MESSAGES = [REALM, RTSP, SADP, TITLE, ZENITH_SERVER, ZENITH_CERTIFICATE, RELABEL_TITLE, RELABEL_CERTIFICATE, PRINTER, SOFTWARE]


@pytest.mark.parametrize(
    "messages", [MESSAGES[:5], MESSAGES[3:8], MESSAGES[5:], [SADP, ZENITH_CERTIFICATE, RELABEL_TITLE, PRINTER]]
)
def test_order_of_messages_never_changes_the_result(knowledge: Knowledge, messages: list[Fields]) -> None:
    base = asset(*messages, mac=ZENITH_MAC)
    expected = without_positions(identify(base, knowledge))
    for order in permutations(base.observations):
        assert without_positions(identify(replace(base, observations=order), knowledge)) == expected


@given(
    messages=st.lists(st.sampled_from(MESSAGES), max_size=8),
    mac=st.sampled_from([None, ACME_MAC, ZENITH_MAC, RELABEL_MAC, CHIPS_MAC]),
)
def test_every_mixture_keeps_the_rules_of_evidence(knowledge: Knowledge, messages: list[Fields], mac: str | None) -> None:
    found = identify(asset(*messages, mac=mac), knowledge)
    assert (found.maker is None) == (found.maker_basis is None)
    if found.brand or found.maker or found.kind != "unknown":
        assert found.confidence is not None
    if found.confidence in (Confidence.FIRM, Confidence.CERTAIN):
        assert any(not one.editable for one in found.evidence) or len({one.witness for one in found.evidence}) > 1
    if not messages and found.confidence is not None:
        assert found.confidence is Confidence.TENTATIVE


@given(
    value=st.text(max_size=300), name=st.sampled_from(["http.server", "http.title", "wsd.scopes", "sadp.model", "onvif.model"])
)
def test_no_text_breaks_the_engine(knowledge: Knowledge, value: str, name: str) -> None:
    identify_fields(((name, value),), knowledge)


def test_loose_fields_of_different_protocols_are_different_messages(knowledge: Knowledge) -> None:
    fields = (("http.server", "Zenith-Webs/1.0"), ("sadp.mac", ZENITH_MAC))
    assert identify_fields(fields, knowledge).confidence is Confidence.FIRM


def test_loose_mac_is_the_link_address(knowledge: Knowledge) -> None:
    assert identify_fields((), knowledge, mac=ZENITH_MAC).brand == "zenith"
    assert identify_fields((), knowledge) == Identification()


def test_observation_index_of_evidence_points_at_the_message(knowledge: Knowledge) -> None:
    whole = asset(SADP, TITLE, ZENITH_SERVER, mac=ACME_MAC)
    for one in identify(whole, knowledge).evidence:
        observation: Observation = whole.observations[one.observation]
        assert one.value in observation.values(one.field) or one.value == observation.link_mac


def test_devices_with_equal_marks_keep_their_own_values(knowledge: Knowledge) -> None:
    first, second = (identify_fields((("http.server", f"Zenith-Webs/{number}"),), knowledge) for number in (1, 2))
    assert [one.value for one in (*first.evidence, *second.evidence)] == ["Zenith-Webs/1", "Zenith-Webs/2"]
    assert who(first) == who(second)


def test_what_was_concluded_before_changes_nothing(knowledge: Knowledge) -> None:
    everything = [asset(SADP, mac=ACME_MAC), asset(TITLE, mac=ZENITH_MAC), asset(SADP), asset(mac=ACME_MAC), asset(TITLE)]
    alone = [identify(one, replace(knowledge)) for one in everything]
    for order in permutations(range(len(everything)), 3):
        shared = replace(knowledge)
        assert [identify(everything[number], shared) for number in order] == [alone[number] for number in order]
