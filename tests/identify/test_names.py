"""What people call a device, and what it asks for, against what its firmware shows: by the shipped fingerprints."""

from __future__ import annotations

from itertools import combinations

import pytest

from camscan.identify.egress import Surroundings, egress_of
from camscan.identify.engine import identify
from camscan.model import Confidence, Fields, Identification, Via
from tests import factories
from tests.shipped import seen, shipped

PC, AXIS, HIKVISION, PRINTER = "00:1b:21:00:00:07", "ac:cc:8e:00:00:01", "bc:ad:28:00:00:01", "00:1e:0b:00:00:01"
SCOPES = "onvif://www.onvif.org/name/{} onvif://www.onvif.org/location/city/leeds"
SAID: dict[str, Fields] = {
    "dhcp": (("dhcp.hostname", "dahua-door"),),
    "mdns": (("mdns.instance", "dahua-door"), ("mdns.service", "_workstation._tcp")),
    "wsd": (("wsd.scopes", SCOPES.format("Dahua")),),
    "upnp": (("upnp.friendly_name", "dahua ip camera"),),
    "title": (("http.title", "Dahua door"),),
}
"""One name as an owner gives it, in each protocol that says it."""
FRONT = (("http.body", "<script src='/doc/script/lib/seajs.js'>"), ("http.title", "Hikvision"))


def overheard(*messages: Fields, mac: str) -> Identification:
    """Return what a device is that says this past us."""
    told = [factories.observation(tuple(sorted(one)), link_mac=mac, via=Via.PCAP) for one in messages]
    return identify(factories.asset(*told, macs=(mac,)), shipped())


@pytest.mark.parametrize("two", list(combinations(SAID, 2)), ids="-".join)
def test_one_name_in_two_protocols_is_one_witness(two: tuple[str, str]) -> None:
    found = seen(*(SAID[one] for one in two), mac=PC)
    assert (found.maker, found.confidence) == ("dahua", Confidence.TENTATIVE)
    assert found.kind_confidence is not Confidence.FIRM


def test_a_name_in_every_protocol_is_one_witness() -> None:
    found = seen(*SAID.values(), mac=PC)
    assert (found.brand, found.maker, found.confidence) == ("dahua", "dahua", Confidence.TENTATIVE)
    assert {one.witness for one in found.evidence if dict(one.says).get("brand")} == {"name"}


def test_a_printer_with_a_camera_s_name_is_a_printer() -> None:
    found = seen(
        (("mdns.instance", "Hikvision Reception Printer"), ("mdns.service", "_ipp._tcp")),
        (("dhcp.hostname", "hikvision-printer"),),
        mac=PRINTER,
    )
    assert (found.kind, found.confidence) == ("other", Confidence.TENTATIVE)


@pytest.mark.parametrize(
    "shown",
    [
        ((("mdns.instance", "hikvision-lobby"), ("mdns.service", "_axis-video._tcp")), (("dhcp.hostname", "hikvision-lobby"),)),
        (
            (("http.auth.realm", "AXIS_ACCC8E000001"),),
            (("mdns.instance", "dahua entrance"), ("mdns.service", "_axis-video._tcp")),
            (("dhcp.hostname", "dahua-entrance"),),
        ),
        (
            (("mdns.service", "_axis-video._tcp"),),
            (("wsd.scopes", SCOPES.format("Hikvision")),),
            (("http.title", "Hikvision lobby"),),
            (("dhcp.hostname", "hikvision-1"),),
        ),
    ],
)
def test_a_camera_stays_its_maker_s_whatever_its_owner_calls_it(shown: tuple[Fields, ...]) -> None:
    found = seen(*shown, mac=AXIS)
    assert (found.brand, found.maker, found.kind, found.confidence) == ("axis", "axis", "camera", Confidence.FIRM)
    assert {one.kind for one in found.conflicts} == {"brand-differs"}
    assert not {one.maker for one in found.alternatives} & {"hikvision", "dahua"}


def test_a_name_is_no_mark_of_firmware() -> None:
    found = seen(SAID["dhcp"], (("mdns.service", "_axis-video._tcp"),))
    assert not [one for one in found.conflicts if "firmware" in one.detail]


def test_a_name_beside_a_mark_of_the_firmware_is_a_second_witness() -> None:
    found = seen(SAID["dhcp"], (("rtsp.auth.realm", "Login to 4H01D66PAJ00000"),))
    assert (found.brand, found.maker, found.confidence) == ("dahua", "dahua", Confidence.FIRM)


def test_a_host_name_that_the_factory_made_up_is_a_witness_of_its_own() -> None:
    found = seen((("dhcp.hostname", "axis-accc8e000001"),), (("mdns.service", "_axis-video._tcp"),))
    assert (found.maker, found.confidence) == ("axis", Confidence.FIRM)
    written = seen((("dhcp.hostname", "axis-accc8e000001"),), (("http.title", "Axis lobby network camera"),))
    assert written.confidence is Confidence.FIRM


@pytest.mark.parametrize(
    "one", [FRONT, (("wsd.scopes", "onvif://www.onvif.org/name/Dahua onvif://www.onvif.org/hardware/DS-2CD2143G2-I"),)]
)
def test_a_name_is_no_second_witness_beside_what_the_same_protocol_says(one: Fields) -> None:
    assert seen(one, one).confidence is seen(one).confidence


@pytest.mark.parametrize("name", ["www.hik-connect.com", "litedev.hik-connect.com"])
@pytest.mark.parametrize(
    "beside",
    [(), ((("dhcp.hostname", "hikvision-tablet"),),), ((("tls.sni", "www.hik-connect.com"),),)],
    ids=["alone", "name", "sni"],
)
@pytest.mark.parametrize("mac", [PC, HIKVISION, AXIS])
def test_what_a_device_asks_for_never_makes_a_maker_more_than_tentative(
    name: str, beside: tuple[Fields, ...], mac: str
) -> None:
    alone = overheard(*(beside or ((("dhcp.message", "request"),),)), mac=mac)
    found = overheard((("dns.name", name),), *beside, mac=mac)
    known = Confidence.FIRM if alone.confidence is Confidence.FIRM else Confidence.TENTATIVE
    assert found.confidence is known
    assert found.kind_confidence is not Confidence.FIRM


def test_a_label_stays_its_own_company_s_whatever_its_owner_s_apps_ask_for() -> None:
    found = overheard((("dhcp.hostname", "axis-accc8e000001"),), (("dns.name", "www.hik-connect.com"),), mac=AXIS)
    assert (found.brand, found.maker, found.maker_basis, found.confidence) == ("axis", "axis", "own-label", Confidence.FIRM)
    assert "a cloud of Hikvision is called" in {one.reason for one in found.alternatives}
    assert [one.kind for one in found.conflicts] == ["maker-differs"]


def test_firmware_stays_its_maker_s_whatever_cloud_is_called() -> None:
    found = overheard((("rtsp.server", "Dahua Rtsp Server"),), (("dns.name", "www.hik-connect.com"),), mac=PC)
    assert (found.maker, found.confidence) == ("dahua", Confidence.TENTATIVE)


def test_clouds_of_two_makers_show_neither() -> None:
    found = overheard((("dns.name", "www.hik-connect.com"),), (("dns.name", "p2p.dahuasecurity.com"),), mac=PC)
    assert found.maker is None
    assert [one.detail.partition(" of ")[0] for one in found.conflicts] == ["firmware marks or clouds"]


def test_a_label_that_many_make_shows_its_maker_by_the_cloud_that_it_calls() -> None:
    found = overheard((("dhcp.hostname", "swann-nvr"),), (("dns.name", "litedev.hik-connect.com"),), mac=PC)
    assert (found.brand, found.maker, found.confidence) == ("swann", "hikvision", Confidence.TENTATIVE)


@pytest.mark.parametrize(
    "name",
    [
        "www.hikvision.com",
        "hikvision.com",
        "www.dahuasecurity.com",
        "www.uniview.com",
        "www.amcrest.com",
        "www.arlo.com",
        "www.foscam.com",
        "reolink.com",
        "www.ring.com",
        "www.verkada.com",
        "www.eagleeyenetworks.com",
        "www.rhombussystems.com",
        "www.wyze.com",
    ],
)
def test_the_website_of_a_company_identifies_nobody(name: str) -> None:
    for field in ("dns.name", "tls.sni", "http.host"):
        assert not overheard(((field, name),), mac="02:00:00:00:00:07").evidence


def test_the_website_of_a_company_is_still_told_as_a_call_to_it() -> None:
    said = factories.observation((("dns.name", "www.hikvision.com"),), link_mac=PC, via=Via.PCAP)
    (call,) = egress_of(factories.asset(said, macs=(PC,)), Surroundings(), shipped().clouds)
    assert (call.who, call.names) == ("hikvision", ("www.hikvision.com",))


@pytest.mark.parametrize(
    "name", ["litedev.hik-connect.com", "p2p.dahuasecurity.com", "ezcloud.uniview.com", "p2p3.reolink.com", "fw.ring.com"]
)
def test_the_cloud_of_a_company_is_still_a_weak_mark(name: str) -> None:
    assert overheard((("dns.name", name),), mac=PC).confidence is Confidence.TENTATIVE
