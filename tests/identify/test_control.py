"""What a device shows for any path is no mark of it."""

from __future__ import annotations

from itertools import permutations

import pytest

from camscan.identify.control import MAX_CONTROLS, split
from camscan.identify.engine import identify
from camscan.identify.match import hits_of_message
from camscan.identify.minimise import minimise
from camscan.identify.rules import Knowledge
from camscan.model import Fields, Identification
from tests import factories

SERVER = ("http.server", "Boa/0.94")
FRONT: Fields = (SERVER, ("http.title", "Acme A100"))
OTHER_PORT: Fields = (("http.title", "Acme A200"),)
REALM: Fields = (("http.auth.realm", "ACME_001122AABBCC"),)


def found(knowledge: Knowledge, *messages: Fields) -> Identification:
    return identify(factories.asset(*map(factories.observation, messages)), knowledge)


def shown_by(found: Identification) -> list[str]:
    return sorted(evidence.fingerprint for evidence in found.evidence)


def with_control(front: Fields, *control: tuple[str, str]) -> Fields:
    return tuple(sorted({*front, *((f"http.control.{name}", value) for name, value in control)}))


def test_a_title_that_stands_on_a_page_that_no_device_has_is_no_evidence(knowledge: Knowledge) -> None:
    assert shown_by(found(knowledge, FRONT)) == ["acme.http.title"]
    everywhere = found(knowledge, with_control(FRONT, ("title", "Acme A100"), ("status", "200")))
    assert everywhere == Identification()


def test_it_is_no_evidence_either_where_another_message_or_port_showed_it(knowledge: Knowledge) -> None:
    assert found(knowledge, FRONT, OTHER_PORT, with_control((), ("title", "Acme Z"))) == Identification()


def test_a_page_that_the_control_does_not_show_stays_evidence(knowledge: Knowledge) -> None:
    for control in (("title", "404 Not Found"), ("status", "404"), ("body", "Acme A100")):
        assert shown_by(found(knowledge, with_control(FRONT, control))) == ["acme.http.title"], control


def test_marks_outside_pages_stand_whatever_the_control_shows(knowledge: Knowledge) -> None:
    spoilt = with_control((*REALM, *FRONT), ("title", "Acme A100"))
    assert shown_by(found(knowledge, spoilt)) == ["acme.http.realm"]


def test_a_mark_of_server_and_title_together_falls_with_the_title_and_not_with_the_server(knowledge: Knowledge) -> None:
    viewer: Fields = (SERVER, ("http.title", "Viewer"))
    assert shown_by(found(knowledge, viewer)) == ["acme.http.front-page"]
    assert found(knowledge, with_control(viewer, ("title", "Viewer"))) == Identification()
    assert shown_by(found(knowledge, with_control(viewer, ("title", "Router")))) == ["acme.http.front-page"]


def test_the_order_of_messages_does_not_matter(knowledge: Knowledge) -> None:
    messages = (FRONT, OTHER_PORT, REALM, with_control((), ("title", "Acme B")))
    results = {repr(found(knowledge, *order)) for order in permutations(messages)}
    assert len(results) == 1


def test_of_a_flood_of_different_answers_to_the_control_only_the_first_few_are_compared(knowledge: Knowledge) -> None:
    few = [with_control(FRONT, ("title", f"Aaa{number}")) for number in range(MAX_CONTROLS - 1)]
    last = with_control(FRONT, ("title", "Acme A100"))
    assert found(knowledge, *few, last) == Identification()
    assert found(knowledge, *few, with_control(FRONT, ("title", "Aaa9")), last) != Identification()


@pytest.mark.parametrize("mark", ["Restreamer", "Acme A100"])
def test_what_is_kept_of_another_kind_of_host_is_identified_again_in_the_same_words(knowledge: Knowledge, mark: str) -> None:
    printer: Fields = (("http.server", "Printworks/2"), ("http.title", mark))
    seen = factories.observation(with_control(printer, ("title", "Acme A100"), ("body", "private")), link_mac=None)
    asset = factories.asset(seen, macs=())
    first = identify(asset, knowledge)
    marked_other = Identification(kind="other", kind_confidence="firm", evidence=first.evidence)  # type: ignore[arg-type]
    again = factories.asset(*minimise([seen], [(asset, marked_other)], knowledge), macs=())
    assert shown_by(identify(again, knowledge)) == shown_by(first)


def test_what_was_set_aside_can_be_told(knowledge: Knowledge) -> None:
    said = with_control((*REALM, *FRONT), ("title", "Acme A100"))
    stand, aside = split(hits_of_message(said, 0, knowledge), [said], knowledge)
    assert [hit.evidence.fingerprint for hit in stand] == ["acme.http.realm"]
    assert [hit.evidence.fingerprint for hit in aside] == ["acme.http.title"]
