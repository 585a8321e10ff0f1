"""Whom a device called, out of what was overheard of it."""

from __future__ import annotations

from typing import Any

from camscan.codecs.base import fields
from camscan.identify.clouds import Cloud, Clouds
from camscan.identify.egress import Surroundings, egress_of
from camscan.model import Egress, Observation, Via
from tests.factories import NOON, asset, later, observation

ACME = Cloud(id="acme.cloud", service="Acme", purpose="service", grade="reported", who="acme", suffixes=("acme-cam.com",))
UPDATE = Cloud(
    id="acme.fw", service="Acme firmware", purpose="update", grade="confirmed", who="acme", suffixes=("fw.acme.com",)
)
RELAY = Cloud(id="p2p.relay", service="P2P relay", purpose="relay", grade="reported", ports=("32100/udp",))
CLOUDS = Clouds((ACME, UPDATE, RELAY))
HERE = Surroundings(("10.20.0.0/24", "2001:db8:20::/48"))
UNSTATED = Surroundings()
OUTSIDE = "203.0.113.7"


def overheard(*pairs: tuple[str, str], **changes: Any) -> Observation:
    return observation(fields(*pairs), **({"via": Via.PCAP, "ip": "10.20.0.31", "port": None, "raw": b""} | changes))


def flow(destination: str, port: int = 443, **changes: Any) -> Observation:
    transport, names = changes.pop("transport", "tcp"), changes.pop("names", ())
    sent, received, bound = changes.pop("sent", 1000), changes.pop("received", 200), changes.pop("bound", "exact")
    return overheard(
        ("flow.destination", destination),
        ("flow.port", str(port)),
        ("flow.transport", transport),
        ("flow.out", str(sent)),
        ("flow.in", str(received)),
        ("flow.bound", bound),
        ("flow.answered", changes.pop("answered", None)),
        *(("flow.name", name) for name in names),
        **changes,
    )


def called(*said: Observation, surroundings: Surroundings = UNSTATED) -> list[Egress]:
    return list(egress_of(asset(*said), surroundings, CLOUDS))


def test_connections_to_one_address_are_one_entry_with_its_ports_bytes_and_times() -> None:
    [one] = called(
        flow(OUTSIDE, 8443, sent=10, received=1, first_seen_at=later(60), last_seen_at=later(90)),
        flow(OUTSIDE, 443, names=("api.acme-cam.com",), sent=5, received=2, last_seen_at=later(30)),
        flow("10.20.0.5", 554),
    )
    assert (one.how, one.destination, one.names, one.ports) == (
        "connected",
        OUTSIDE,
        ("api.acme-cam.com",),
        ("443/tcp", "8443/tcp"),
    )
    assert (one.bytes_out, one.bytes_in, one.bound) == (15, 3, "exact")
    assert (one.first_seen, one.last_seen) == (NOON, later(90))
    assert (one.who, one.service, one.purpose, one.grade) == ("acme", "Acme", "service", "reported")
    assert (one.outside, one.internet, len(one.evidence)) == (True, True, 2)


def test_bytes_are_at_least_what_was_seen_where_one_connection_was_not_whole() -> None:
    [one] = called(flow(OUTSIDE), flow(OUTSIDE, 80, bound="at-least"))
    assert one.bound == "at-least"


def test_private_and_link_local_addresses_are_inside_where_no_range_is_stated() -> None:
    inside = ("10.9.9.9", "172.31.0.1", "192.168.7.7", "169.254.1.1", "fd00:20::5", "fe80::1", "127.0.0.1", "224.0.0.251")
    assert called(*(flow(ip) for ip in inside)) == []
    outside = ("172.32.0.1", OUTSIDE, "2001:db8::5")
    assert {(one.destination, one.outside, one.internet) for one in called(*(flow(ip) for ip in outside))} == {
        (ip, True, True) for ip in outside
    }


def test_an_address_that_carriers_share_is_outside_but_not_the_internet() -> None:
    [one] = called(flow("100.64.0.1"))
    assert (one.outside, one.internet) == (True, False)


def test_a_call_that_nobody_answered_is_told_apart_as_attempted() -> None:
    connected, attempted = called(flow(OUTSIDE, 443), flow(OUTSIDE, 8443, sent=0, received=0, bound="at-least", answered="no"))
    assert (connected.how, connected.ports, connected.bytes_out, connected.bound) == ("connected", ("443/tcp",), 1000, "exact")
    assert (attempted.how, attempted.ports, attempted.bytes_out, attempted.bound) == ("attempted", ("8443/tcp",), 0, None)
    assert (attempted.destination, attempted.outside, attempted.internet, len(attempted.evidence)) == (OUTSIDE, True, True, 1)
    assert called(flow("10.20.0.5", answered="no")) == []
    [datagrams] = called(flow(OUTSIDE, 6000, transport="udp", sent=60_000, received=0, bound="at-least", answered="no"))
    assert (datagrams.how, datagrams.bytes_out, datagrams.bound) == ("attempted", 60_000, "at-least")


def test_a_cloud_that_was_called_in_vain_is_told_as_that_cloud() -> None:
    [one] = called(flow(OUTSIDE, sent=0, bound="at-least", names=("api.acme-cam.com",), answered="no"))
    assert (one.how, one.who, one.names) == ("attempted", "acme", ("api.acme-cam.com",))


def inbound(source: str, port: int = 554) -> Observation:
    said = (("flow.source", source), ("flow.port", str(port)), ("flow.transport", "tcp"), ("flow.out", "200000"))
    return overheard(*said, ("flow.in", "31"), ("flow.bound", "exact"), protocol="flow")


def test_who_called_from_outside_and_was_answered_is_told() -> None:
    [one] = called(inbound("198.51.100.77"), inbound("10.9.0.5"))
    assert (one.how, one.destination, one.ports) == ("served", "198.51.100.77", ("554/tcp",))
    assert (one.bytes_out, one.bytes_in, one.bound, one.outside, one.internet) == (200_000, 31, "exact", True, True)
    [routed] = called(inbound("10.9.0.5"), surroundings=HERE)
    assert (routed.how, routed.outside, routed.internet) == ("served", True, False)


def test_stated_ranges_are_the_inside_and_a_private_address_beyond_them_is_outside_but_not_the_internet() -> None:
    found = called(flow("10.20.0.9"), flow("10.21.0.9"), flow("2001:db8:20::9"), flow("fe80::1"), surroundings=HERE)
    assert [(one.destination, one.outside, one.internet) for one in found] == [("10.21.0.9", True, False)]


def test_the_scope_of_a_run_is_inside_as_long_as_no_range_of_the_site_is_stated() -> None:
    assert called(flow(OUTSIDE), surroundings=Surroundings((), ("203.0.113.0/24",))) == []
    assert called(flow(OUTSIDE), surroundings=Surroundings(("10.20.0.0/24",), ("203.0.113.0/24",))) != []


def test_ranges_of_a_damaged_file_are_passed_over() -> None:
    assert called(flow(OUTSIDE), surroundings=Surroundings(("nonsense",), ("10.20.0.5/24",)))[0].internet


def test_a_cloud_that_was_asked_for_and_not_called_is_told_without_bytes() -> None:
    [one] = called(overheard(("dns.name", "api.acme-cam.com")), overheard(("tls.sni", "x.acme-cam.com"), protocol="tls"))
    assert (one.how, one.destination, one.names, one.bound) == ("asked", None, ("api.acme-cam.com", "x.acme-cam.com"), None)
    assert (one.who, one.outside, one.evidence) == ("acme", False, (0, 1))


def test_a_question_is_evidence_of_the_connection_that_followed() -> None:
    [one] = called(
        overheard(("dns.name", "API.acme-cam.com."), first_seen_at=later(-5)), flow(OUTSIDE, names=("api.acme-cam.com",))
    )
    assert (one.how, one.first_seen, len(one.evidence)) == ("connected", later(-5), 2)


def test_any_other_name_alone_is_no_call() -> None:
    assert called(overheard(("dns.name", "www.example.org")), overheard(("dns.name", "notacme-cam.com"))) == []


def test_of_several_clouds_at_one_address_the_best_known_stands() -> None:
    [one] = called(flow(OUTSIDE, names=("a.acme-cam.com", "fw.acme.com")))
    assert (one.service, one.grade) == ("Acme firmware", "confirmed")


def test_a_name_that_an_answer_alone_gave_proves_no_cloud() -> None:
    said = (("flow.destination", OUTSIDE), ("flow.port", "443"), ("flow.transport", "tcp"), ("flow.told.name", "x.fw.acme.com"))
    [entry] = called(overheard(*said))
    assert (entry.names, entry.service, entry.grade) == (("x.fw.acme.com",), "Acme firmware", "unverified")
    [surer] = called(overheard(*said, ("flow.name", "eu.acme-cam.com")))
    assert (surer.service, surer.grade) == ("Acme", "reported")
    assert called(overheard(("flow.destination", "10.20.0.9"), *said[1:])) == []


def test_a_cloud_inside_the_site_is_told_and_not_called_outside() -> None:
    [one] = called(flow("10.20.0.80", names=("api.acme-cam.com",)))
    assert (one.destination, one.outside, one.internet, one.service) == ("10.20.0.80", False, False, "Acme")


def test_a_relay_is_known_by_its_port_and_only_outside() -> None:
    found = called(flow(OUTSIDE, 32100, transport="udp"), flow("10.20.0.9", 32100, transport="udp"))
    assert [(one.destination, one.service, one.purpose) for one in found] == [(OUTSIDE, "P2P relay", "relay")]


def test_a_time_server_outside_is_told_with_or_without_its_flow() -> None:
    asked = overheard(("ntp.mode", "client"), ("ntp.server", OUTSIDE), protocol="ntp")
    [one] = called(asked)
    assert (one.how, one.ports, one.bytes_out, one.bound) == ("attempted", ("123/udp",), 0, None)
    [same] = called(asked, flow(OUTSIDE, 123, transport="udp", sent=48, bound="at-least"))
    assert (same.how, same.ports, same.bytes_out) == ("connected", ("123/udp",), 48)


def test_what_a_router_is_asked_for_is_told() -> None:
    mapped, searched = called(
        overheard(("igd.port", "8000/tcp"), ("igd.router", "10.20.0.1"), ("igd.internal_port", "80"), protocol="http"),
        overheard(("ssdp.search", "urn:schemas-upnp-org:service:WANIPConnection:1")),
    )
    assert (mapped.how, mapped.destination, mapped.ports, mapped.bound) == ("port-mapping", "10.20.0.1", ("8000/tcp",), None)
    assert (searched.how, searched.destination, searched.ports) == ("router-search", None, ())


def test_what_we_asked_ourselves_is_no_call_of_the_device() -> None:
    assert called(overheard(("http.host", "api.acme-cam.com"), via=Via.ACTIVE), flow(OUTSIDE, via=Via.IMPORT)) == []


def test_no_text_of_a_damaged_file_breaks_it() -> None:
    assert called(flow("somewhere"), overheard(("ntp.server", "?"), protocol="ntp")) == []
    [one] = called(flow(OUTSIDE, sent="9" * 400, received="x"))
    assert (one.bytes_out, one.bytes_in) == (0, 0)
    [mapped] = called(overheard(("igd.port", "1/tcp"), ("igd.router", "x"), protocol="http"))
    assert mapped.destination is None


def test_the_internet_comes_first_and_order_of_arrival_changes_nothing() -> None:
    said = [flow("10.21.0.9"), flow(OUTSIDE), flow("198.51.100.2"), overheard(("dns.name", "api.acme-cam.com"))]
    found = called(*said, surroundings=HERE)
    assert [one.destination for one in found] == ["198.51.100.2", OUTSIDE, "10.21.0.9", None]
    assert called(*reversed(said), surroundings=HERE) == found


def test_names_of_one_destination_are_capped() -> None:
    names = tuple(f"n{number}.acme-cam.com" for number in range(40))
    assert len(called(flow(OUTSIDE, names=names))[0].names) == 8
    assert len(called(overheard(*(("dns.name", name) for name in names)))[0].names) == 8
