"""What is concluded where evidence names several makers, or a program beside a camera: by the shipped fingerprints."""

from __future__ import annotations

from itertools import permutations

import pytest

from camscan.model import Confidence, Fields, Identification
from tests.shipped import seen

AXIS, DAHUA, HIKVISION, VIRTUAL = "ac:cc:8e:00:00:01", "3c:ef:8c:00:00:01", "bc:ad:28:00:00:01", "00:50:56:00:00:01"
SADP = (("sadp.channels", "0+1"), ("sadp.model", "DS-2CD2143G2-I"), ("sadp.type", "141945"))
DHIP = (("dhip.class", "IPC"), ("dhip.model", "IPC-HDW2431T"), ("dhip.vendor", "General"))
DAHUA_WEB = (("http.auth.realm", "Login to 4H01D66PAJ2FA64"),)
DAHUA_RTSP = (("rtsp.auth.realm", "Login to 4H01D66PAJ2FA64"), ("rtsp.server", "Dahua Rtsp Server"))
HIKVISION_WEB = (("http.auth.realm", "IP Camera(C2183)"), ("http.server", "App-webs/"))
HIKVISION_RTSP = (("rtsp.auth.realm", "IP Camera(C2183)"),)
PROGRAM = (("http.title", "Home Assistant"),)
PROGRAM_SERVICE = (("mdns.instance", "Home"), ("mdns.service", "_home-assistant._tcp"))
XIONGMAI = ((("http.title", "NETSurveillance WEB"),), (("rtsp.server", "H264DVR 1.0"),))


def label(name: str) -> Fields:
    return (("onvif.manufacturer", name), ("onvif.model", "NBN-X1"))


def conflicts(found: Identification) -> set[str]:
    return {conflict.kind for conflict in found.conflicts}


@pytest.mark.parametrize(
    ("messages", "mac"),
    [
        ([SADP, label("AXIS")], AXIS),
        ([SADP, label("AXIS")], None),
        ([SADP, label("AXIS"), (("mdns.instance", "AXIS M3045-V"), ("mdns.service", "_axis-video._tcp"))], None),
    ],
    ids=["registrant", "routed", "announced"],
)
def test_a_vendor_protocol_s_reply_is_not_outvoted_by_a_label(messages: list[Fields], mac: str | None) -> None:
    found = seen(*messages, mac=mac)
    assert (found.maker, found.confidence) == ("hikvision", Confidence.CERTAIN)
    assert "maker-differs" in conflicts(found)


def test_a_vendor_protocol_s_reply_shows_the_maker_behind_another_label() -> None:
    found = seen(DHIP, label("Bosch"))
    assert (found.brand, found.maker, found.maker_basis) == ("bosch", "dahua", "wire-shows-maker")


def test_two_vendor_protocols_decide_nothing_whatever_else_is_seen() -> None:
    found = seen(SADP, DHIP, HIKVISION_WEB, HIKVISION_RTSP, mac=HIKVISION)
    assert found.maker is None
    assert "maker-differs" in conflicts(found)


@pytest.mark.parametrize("name", ["Bosch", "Panasonic", "Hanwha Techwin", "Pelco", "AXIS"])
def test_firm_marks_of_another_firmware_stand_beside_a_certain_label(name: str) -> None:
    found = seen(label(name), DAHUA_WEB, DAHUA_RTSP, mac=DAHUA)
    assert found.confidence is Confidence.CERTAIN
    assert ("dahua", Confidence.FIRM) in {(one.maker, one.confidence) for one in found.alternatives if one.brand is None}


def test_a_mark_is_as_strong_as_the_firmware_shows_it_without_the_registrant() -> None:
    found = seen(label("Bosch"), DAHUA_WEB, mac=DAHUA)
    (mark,) = [one for one in found.alternatives if one.brand is None]
    assert (mark.maker, mark.confidence) == ("dahua", Confidence.TENTATIVE)


def test_a_label_of_which_makers_are_named_shows_no_maker_by_onvif() -> None:
    assert (seen(label("FLIR")).brand, seen(label("FLIR")).maker) == ("flir", None)
    found = seen(label("FLIR"), DAHUA_WEB, DAHUA_RTSP)
    assert (found.brand, found.maker, found.confidence) == ("flir", "dahua", Confidence.FIRM)


def test_a_program_at_a_camera_s_address_does_not_hide_the_camera() -> None:
    found = seen(PROGRAM, PROGRAM_SERVICE, HIKVISION_WEB, HIKVISION_RTSP, mac=VIRTUAL)
    assert (found.kind, found.maker) == ("camera", "hikvision")
    assert "kind-differs" in conflicts(found)


def test_a_program_alone_stays_a_program() -> None:
    found = seen(PROGRAM, PROGRAM_SERVICE, mac=VIRTUAL)
    assert (found.kind, found.conflicts) == ("software", ())


def test_a_maker_s_own_program_is_no_firmware_of_a_device() -> None:
    found = seen((("http.title", "HikCentral Professional"),), (("http.favicon.mmh3", "-808437027"),), mac=VIRTUAL)
    assert (found.kind, found.maker, found.conflicts) == ("software", "hikvision", ())


def test_a_program_on_the_interface_of_a_maker_of_cameras_alone_is_doubted() -> None:
    found = seen(PROGRAM, PROGRAM_SERVICE, mac=HIKVISION)
    assert found.kind == "software"
    assert "software-differs" in conflicts(found)


def test_marks_of_three_makers_over_one_device_name_none() -> None:
    messages = [(("http.server", "Hikvision-Webs"),), DAHUA_WEB, *XIONGMAI]
    for order in permutations(messages):
        found = seen(*order)
        assert (found.kind, found.brand, found.maker, conflicts(found)) == ("camera", None, None, {"honeypot"})
        assert not found.alternatives


def test_marks_of_three_makers_do_not_hide_whose_protocol_replies() -> None:
    found = seen(SADP, DAHUA_WEB, *XIONGMAI)
    assert (found.maker, found.confidence) == ("hikvision", Confidence.CERTAIN)


def test_marks_of_two_makers_are_weighed() -> None:
    assert "honeypot" not in conflicts(seen(DAHUA_WEB, *XIONGMAI))
