"""A value with marks of several unrelated vendors: what it hides, and what is left of the device without it."""

from __future__ import annotations

from itertools import permutations

import pytest

from camscan.model import HONEYPOT, Confidence, Fields, Identification
from tests.shipped import seen

HIKVISION = "44:19:b6:00:00:01"
POISON = (("http.body", "<VendorName>D-Link</VendorName> flir.base.js IDS_DEV_NAME"),)
INFORMATION = (("onvif.manufacturer", "HIKVISION"), ("onvif.model", "DS-2CD2042WD-I"))
REPLY = (("sadp.channels", "0+1"), ("sadp.model", "DS-2CD2143G2-I"), ("sadp.type", "141945"))
WEB = (("http.auth.realm", "IP Camera(C2183)"), ("http.server", "App-webs/"))
RTSP = (("rtsp.auth.realm", "IP Camera(C2183)"),)
PRINTER = (("http.title", "Home Assistant"),)


def trapped(found: Identification) -> bool:
    return any(conflict.kind == HONEYPOT for conflict in found.conflicts)


@pytest.mark.parametrize("message", [INFORMATION, REPLY], ids=["device information", "vendor protocol"])
def test_a_poisoned_page_does_not_hide_what_the_owner_cannot_set(message: Fields) -> None:
    alone = seen(message, mac=HIKVISION)
    for order in permutations([message, POISON]):
        found = seen(*order, mac=HIKVISION)
        assert trapped(found)
        assert (found.maker, found.confidence) == ("hikvision", Confidence.CERTAIN)
        assert (found.brand, found.model, found.kind) == (alone.brand, alone.model, alone.kind)


def test_beside_a_poisoned_page_marks_that_an_owner_can_set_are_tentative_however_many() -> None:
    assert seen(WEB, RTSP, mac=HIKVISION).confidence is Confidence.FIRM
    for order in permutations([POISON, WEB, RTSP]):
        found = seen(*order, mac=HIKVISION)
        assert trapped(found)
        assert (found.maker, found.confidence) == ("hikvision", Confidence.TENTATIVE)
        assert found.kind_confidence in (None, Confidence.TENTATIVE)


def test_the_registrant_of_a_mac_counts_beside_a_poisoned_page() -> None:
    found = seen(POISON, mac=HIKVISION)
    assert trapped(found)
    assert (found.brand, found.maker, found.confidence) == ("hikvision", "hikvision", Confidence.TENTATIVE)


def test_a_poisoned_value_claims_nothing_and_stays_evidence() -> None:
    found = seen(POISON)
    assert trapped(found)
    assert found.brand is found.maker is None
    assert len(found.evidence) >= 3
    assert not any(one.says for one in found.evidence)


def test_a_page_of_a_program_does_not_make_a_program_of_what_bears_a_poisoned_one() -> None:
    assert seen(PRINTER).kind == "software"
    assert seen(PRINTER, POISON).kind == "unknown"


def test_what_was_concluded_with_a_poisoned_page_is_not_taken_for_a_device_without() -> None:
    for _ in range(2):
        assert seen(WEB, RTSP, POISON).confidence is Confidence.TENTATIVE
        assert seen(WEB, RTSP).confidence is Confidence.FIRM
