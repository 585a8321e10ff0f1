"""Of a PC beside a camera, nothing of what it calls is kept; of the camera everything; of a phone the calls to camera clouds alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from camscan.codecs.base import fields
from camscan.codecs.fold import fold
from camscan.correlate import correlate
from camscan.identify.bystanders import in_words, without_bystanders
from camscan.identify.egress import Surroundings
from camscan.identify.engine import identify
from camscan.identify.rules import Knowledge
from camscan.model import Asset, Confidence, Identification, Observation, Via
from tests.factories import observation
from tests.shipped import shipped as shipped_knowledge

UNSTATED = Surroundings()
PC_MAC, PHONE_MAC, CAMERA_MAC, ROUTER_MAC = "00:1b:21:00:00:07", "02:11:22:00:00:08", "bc:ad:28:00:00:01", "00:1b:21:00:00:01"


@pytest.fixture(scope="module")
def shipped() -> Knowledge:
    return shipped_knowledge()


def overheard(ip: str, mac: str | None, *pairs: tuple[str, str], **changes: Any) -> Observation:
    values: dict[str, Any] = {"via": Via.PCAP, "ip": ip, "link_mac": mac, "port": None, "raw": b"bytes of it"}
    return observation(fields(*pairs), **(values | changes))


def flow(ip: str, mac: str | None, destination: str, *names: str, port: int = 443, transport: str = "tcp") -> Observation:
    return overheard(
        ip,
        mac,
        ("flow.destination", destination),
        ("flow.port", str(port)),
        ("flow.transport", transport),
        ("flow.out", "10"),
        ("flow.in", "10"),
        ("flow.bound", "exact"),
        *(("flow.name", name) for name in names),
    )


PC = (
    overheard("10.20.0.7", PC_MAC, ("dns.name", "private.example.org")),
    overheard("10.20.0.7", PC_MAC, ("tls.sni", "mail.example.org")),
    overheard("10.20.0.7", PC_MAC, ("http.host", "news.example.org"), ("http.user_agent", "Mozilla/5.0 (X11)")),
    overheard("10.20.0.7", PC_MAC, ("ntp.server", "198.51.100.3"), ("ntp.mode", "client")),
    overheard("10.20.0.7", PC_MAC, ("ssdp.search", "urn:schemas-upnp-org:device:InternetGatewayDevice:1")),
    overheard("10.20.0.7", PC_MAC, ("http.title", "Payroll of Poznań"), port=80),
    flow("10.20.0.7", PC_MAC, "198.51.100.7", "bank.example.org"),
    flow("10.20.0.7", PC_MAC, "10.20.0.9", port=445),
)
CAMERA = (
    overheard("10.20.0.31", CAMERA_MAC, ("sadp.model", "DS-2CD2143G2-I"), port=37020),
    overheard("10.20.0.31", CAMERA_MAC, ("dns.name", "time.example.org")),
    flow("10.20.0.31", CAMERA_MAC, "203.0.113.7", "elsewhere.example.org"),
)
PHONE = (
    overheard("10.20.0.8", PHONE_MAC, ("dns.name", "litedev.hik-connect.com")),
    overheard("10.20.0.8", PHONE_MAC, ("dns.name", "dating.example.org")),
    overheard("10.20.0.8", PHONE_MAC, ("tls.sni", "api.hik-connect.com")),
    flow("10.20.0.8", PHONE_MAC, "203.0.113.9", "litedev.hik-connect.com"),
    flow("10.20.0.8", PHONE_MAC, "203.0.113.10", "music.example.org"),
)


def found_in(said: tuple[Observation, ...], knowledge: Knowledge) -> list[tuple[Asset, Identification]]:
    return [(asset, identify(asset, knowledge)) for asset in correlate(fold(said), claims=knowledge.claims)]


def kept(*said: Observation, knowledge: Knowledge, surroundings: Surroundings = UNSTATED) -> tuple[Observation, ...]:
    folded = fold(said)
    return fold(without_bystanders(folded, found_in(folded, knowledge), knowledge, surroundings))


def test_what_a_pc_calls_is_gone_and_its_place_and_the_number_of_messages_stay(shipped: Knowledge) -> None:
    left = kept(*PC, *CAMERA, knowledge=shipped)
    for private in ("example.org", "198.51.100", "Mozilla", "Payroll", "10.20.0.9", "InternetGateway"):
        assert private not in repr([seen for seen in left if seen.ip == "10.20.0.7"])
    of_pc = [seen for seen in left if seen.link_mac == PC_MAC]
    assert {(seen.ip, seen.fields, seen.raw) for seen in of_pc} == {("10.20.0.7", (), b"")}
    assert sum(seen.count for seen in of_pc) == len(PC)


def test_a_camera_beside_it_keeps_every_call(shipped: Knowledge) -> None:
    left = kept(*PC, *CAMERA, knowledge=shipped)
    assert {seen for seen in left if seen.link_mac == CAMERA_MAC} == set(CAMERA)


def test_of_a_phone_with_the_app_of_a_maker_the_calls_to_camera_clouds_are_kept_and_no_other(shipped: Knowledge) -> None:
    left = kept(*PHONE, knowledge=shipped)
    assert "dating" not in repr(left)
    assert "music" not in repr(left)
    assert "203.0.113.10" not in repr(left)
    named = {value for seen in left for name, value in seen.fields if name in ("dns.name", "tls.sni", "flow.name")}
    assert named == {"litedev.hik-connect.com", "api.hik-connect.com"}
    assert [seen.values("flow.destination") for seen in left if seen.protocol == "flow" and seen.fields] == [("203.0.113.9",)]


def test_what_is_left_identifies_every_host_as_before(shipped: Knowledge) -> None:
    said = (*PC, *CAMERA, *PHONE)
    before = {asset.key: found for asset, found in found_in(said, shipped)}
    after = {asset.key: found for asset, found in found_in(kept(*said, knowledge=shipped), shipped)}
    assert before.keys() == after.keys()
    for key, found in before.items():
        same = after[key]
        assert (found.kind, found.brand, found.maker, found.confidence) == (same.kind, same.brand, same.maker, same.confidence)


def test_a_message_that_proves_what_a_host_is_keeps_the_fields_that_matter_to_that(shipped: Knowledge) -> None:
    page = overheard(
        "10.20.0.12", PC_MAC, ("http.server", "HP HTTP Server; HP LaserJet"), ("http.title", "Poznań, room 7"), port=80
    )
    left = kept(page, knowledge=shipped)
    assert "room 7" not in repr(left)
    assert all(seen.raw == b"" for seen in left)
    assert {name for seen in left for name, _ in seen.fields} == {"http.server"}


def test_a_server_on_the_internet_that_a_host_called_is_not_kept_at_all(shipped: Knowledge) -> None:
    page = overheard("198.51.100.7", ROUTER_MAC, ("http.server", "Microsoft-IIS/10.0"), ("http.title", "Bank"), port=443)
    assert kept(page, knowledge=shipped) == ()
    assert {seen.ip for seen in kept(replace(page, ip="10.20.0.80"), knowledge=shipped)} == {"10.20.0.80"}
    inside = kept(page, knowledge=shipped, surroundings=Surroundings(("198.51.100.0/24",)))
    assert {seen.ip for seen in inside} == {"198.51.100.7"}


def test_a_call_to_a_relay_outside_is_kept_of_any_host(shipped: Knowledge) -> None:
    outside = flow("10.20.0.9", PC_MAC, "203.0.113.3", port=32100, transport="udp")
    inside = flow("10.20.0.9", PC_MAC, "10.20.0.31", port=32100, transport="udp")
    assert [seen.values("flow.destination") for seen in kept(outside, inside, knowledge=shipped) if seen.fields] == [
        ("203.0.113.3",)
    ]


def test_what_we_asked_for_ourselves_and_where_a_host_is_stays(shipped: Knowledge) -> None:
    own = overheard("10.20.0.7", PC_MAC, ("http.title", "A page"), port=80, via=Via.ACTIVE)
    named = overheard("10.20.0.7", PC_MAC, ("mdns.host", "workstation"), port=5353, via=Via.ACTIVE)
    sweep = overheard("10.20.0.7", PC_MAC, ("arp.ip", "10.20.0.7"), ("arp.mac", PC_MAC), protocol="arp")
    assert set(kept(own, named, sweep, knowledge=shipped)) == {own, named, sweep}


UNKNOWN = (
    overheard(
        "10.20.0.9", PC_MAC, ("dhcp.hostname", "ALICESLAPTOP"), ("dhcp.vendor_class", "MSFT 5.0"), ("dhcp.mac", PC_MAC),
        protocol="dhcp", raw=b"ALICESLAPTOP",
    ),
    overheard(
        "10.20.0.9", PC_MAC, ("mdns.host", "Alices-box"), ("mdns.instance", "Alice's box"), ("mdns.service", "_http._tcp"),
        ("mdns.txt", "note=Alice's room"), ("mdns.txt", "model=Box 7"), protocol="mdns", raw=b"Alices-box",
    ),
    overheard("10.20.0.9", PC_MAC, ("llmnr.name", "ALICESLAPTOP"), protocol="llmnr"),
    overheard(
        "10.20.0.9", PC_MAC, ("ssdp.nt", "uuid:Alice"), ("ssdp.server", "Box/1.0"), ("ssdp.usn", "uuid:Alice::x"),
        ("ssdp.location", "http://10.20.0.9/Alice"), protocol="ssdp",
    ),
    overheard(
        "10.20.0.9", PC_MAC, ("rtsp.auth.realm", "Box"), ("rtsp.sdp", "s=Alice"), ("rtsp.server", "Box/1.0"), protocol="rtsp",
    ),
)  # fmt: skip


def test_of_a_host_of_which_nothing_is_known_what_tells_of_the_product_stays_and_no_name(shipped: Knowledge) -> None:
    left = kept(*UNKNOWN, knowledge=shipped)
    assert "alice" not in repr(left).lower()
    assert {pair for seen in left for pair in seen.fields} == {
        ("dhcp.mac", PC_MAC),
        ("dhcp.vendor_class", "MSFT 5.0"),
        ("mdns.service", "_http._tcp"),
        ("mdns.txt", "model=Box 7"),
        ("rtsp.auth.realm", "Box"),
        ("rtsp.server", "Box/1.0"),
        ("ssdp.server", "Box/1.0"),
    }
    assert {seen.raw for seen in left} == {b""}
    assert sum(seen.count for seen in left if not seen.fields) == len(UNKNOWN)


def test_a_camera_keeps_its_names(shipped: Knowledge) -> None:
    named = [replace(seen, ip="10.20.0.31", link_mac=CAMERA_MAC) for seen in UNKNOWN]
    assert set(kept(*named, *CAMERA, knowledge=shipped)) >= set(named)


PRINTER = (
    overheard(
        "10.20.0.12", PC_MAC, ("mdns.instance", "Alice's HP LaserJet"), ("mdns.service", "_ipp._tcp"),
        ("mdns.txt", "note=Room of Alice"), ("mdns.txt", "rpMd=iPhone14,2"), protocol="mdns", raw=b"Alice",
    ),
    overheard("10.20.0.12", PC_MAC, ("dhcp.hostname", "ALICES-PRINTER"), protocol="dhcp", raw=b"ALICE"),
)  # fmt: skip


def test_of_another_kind_of_host_what_proves_its_class_stays_and_no_name(shipped: Knowledge) -> None:
    before = found_in(PRINTER, shipped)
    after = found_in(kept(*PRINTER, knowledge=shipped), shipped)
    assert [found.kind for _, found in before] == ["other"]
    assert "alice" not in repr(after).lower()
    assert [asset.hostnames for asset, _ in after] == [()]
    assert [(found.kind, found.maker, found.confidence) for _, found in after] == [
        (found.kind, found.maker, found.confidence) for _, found in before
    ]


def test_where_its_kind_is_settled_no_more_is_kept_than_what_proves_it(shipped: Knowledge) -> None:
    ((asset, found),) = found_in(PRINTER, shipped)
    settled = replace(found, kind_confidence=Confidence.FIRM)
    said = overheard("10.20.0.12", PC_MAC, ("dhcp.vendor_class", "Printer of floor 3"), protocol="dhcp")
    left = without_bystanders([*asset.observations, said], [(asset, settled)], shipped, UNSTATED)
    assert "floor 3" not in repr(left)
    assert {name for seen in left for name, _ in seen.fields} == {"mdns.service", "mdns.txt"}


def test_a_name_that_shows_what_a_host_is_is_cut_to_the_part_that_does(shipped: Knowledge) -> None:
    plug = overheard("10.20.0.13", PC_MAC, ("dhcp.hostname", "DSP-W215-of-Alice"), protocol="dhcp", raw=b"Alice")
    left = kept(plug, knowledge=shipped)
    assert [seen.fields for seen in left if seen.fields] == [(("dhcp.hostname", "DSP-W215"),)]
    ((_, before),), ((_, after),) = found_in((plug,), shipped), found_in(left, shipped)
    assert (before.kind, before.brand, before.model) == (after.kind, after.brand, after.model)


def test_a_host_behind_a_gateway_is_known_by_its_address(shipped: Knowledge) -> None:
    behind = [replace(seen, link_mac=None, ip="10.30.0.31") for seen in CAMERA]
    assert set(kept(*behind, *PC, knowledge=shipped)) >= set(behind)


def test_the_words_count_messages_and_hosts(shipped: Knowledge) -> None:
    assert in_words(kept(*CAMERA, knowledge=shipped)) == ""
    assert in_words(kept(*PC, *CAMERA, knowledge=shipped)).startswith(
        f"names, destinations and contents of {len(PC)} messages and connections of 1 other host were not kept"
    )
    assert in_words(kept(PC[0], knowledge=shipped)).startswith("names, destinations and contents of 1 message of 1 other host")
