"""Where some of the messages are cut or taken away, correlating what that concerns gives what correlating everything gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from camscan.assessment import identified, kept
from camscan.codecs.fold import fold
from camscan.correlate import correlate, correlate_again
from camscan.model import Fields, Observation, Via
from tests.examples import examples
from tests.factories import observation
from tests.judgements import judging

CLAIMS = {
    "arp.mac": "mac",
    "eui64.mac": "mac",
    "sadp.mac": "mac",
    "sadp.serial": "serial",
    "wsd.epr": "endpoint",
    "tls.key": "key",
}
FIRST, SECOND, THIRD = (f"bc:ad:28:00:00:0{n}" for n in (1, 2, 3))
LOCAL, GATEWAY, PRINTER, PC = "02:42:0a:14:00:05", "00:00:5e:00:01:0a", "00:1e:8f:00:00:01", "00:1b:21:00:00:07"
SERIAL = "AAWRD00000018"
MACS = st.sampled_from([FIRST, SECOND, THIRD, LOCAL, GATEWAY])
PAIRS = st.one_of(
    st.tuples(st.sampled_from(["arp.mac", "eui64.mac", "sadp.mac"]), MACS),
    st.tuples(st.just("sadp.serial"), st.sampled_from([SERIAL, f"X{SERIAL}", "0000"])),
    st.tuples(st.just("wsd.epr"), st.sampled_from(["urn:uuid:7781", "urn:uuid:1419d68a-1dd2-11b2-a105-bcad28000001"])),
    st.tuples(st.just("tls.key"), st.sampled_from(["5f70bf18a086", "07016e948b04"])),
    st.tuples(st.just("mdns.host"), st.sampled_from(["drucker-büro.local", "tor-süd.local"])),
)
ADDRESSES = [
    "10.20.0.1",
    "10.20.0.2",
    "10.20.0.3",
    "10.20.0.4",
    "169.254.3.3",
    "fe80::1",
    *(f"2001:db8:{n}::9" for n in range(4)),
]


def said(ip: str | None, mac: str | None, *pairs: tuple[str, str], **changes: Any) -> Observation:
    return observation(tuple(sorted(pairs)), **({"protocol": "http", "ip": ip, "link_mac": mac} | changes))


def cut(one: Observation, how: int, fields: Fields) -> list[Observation]:
    """What is left of a message: itself, nothing, part of it, nothing but that it was heard, both of these, other words."""
    part = replace(one, fields=one.fields[1:], raw=b"")
    rest = replace(one, fields=(), raw=b"")
    return ([one], [], [part], [rest], [part, rest], [replace(one, fields=fields)])[how]


MESSAGES = st.builds(
    lambda site, ip, mac, pairs: said(ip, mac, *pairs, site=site),
    st.sampled_from(["Poznań", "Poznań", "annex"]),
    st.one_of(st.none(), st.sampled_from(ADDRESSES)),
    st.one_of(st.none(), MACS),
    st.sets(PAIRS, max_size=3),
)
CUTS = st.tuples(st.sampled_from([0, 0, 0, 1, 2, 3, 4, 5]), st.sets(PAIRS, max_size=2).map(lambda pairs: tuple(sorted(pairs))))


@settings(max_examples=examples(600), deadline=None)
@given(st.lists(st.tuples(MESSAGES, CUTS), max_size=16))
def test_correlating_what_is_concerned_gives_what_correlating_everything_gives(
    messages: list[tuple[Observation, tuple[int, Fields]]],
) -> None:
    hows = {id(one): how for one, how in messages}
    before = fold(one for one, _ in messages)
    after = fold(left for one in before for left in cut(one, *hows.get(id(one), (0, ()))))
    known = correlate(before, claims=CLAIMS)
    assert correlate_again(known, before, after, claims=CLAIMS) == correlate(after, claims=CLAIMS)


def again(before: tuple[Observation, ...], after: tuple[Observation, ...]) -> None:
    known = correlate(before, claims=CLAIMS)
    assert correlate_again(known, before, after, claims=CLAIMS) == correlate(after, claims=CLAIMS)


def test_what_nothing_addresses_keeps_the_number_that_it_has_among_all() -> None:
    before = tuple(said(None, None, ("mdns.host", f"host-{number}")) for number in range(3))
    again(before, before[1:])


def test_a_gateway_that_is_none_any_more_is_the_device_that_a_claim_names() -> None:
    behind = tuple(said(f"2001:db8:{n}::9", GATEWAY, ("mdns.host", f"host-{n}")) for n in range(4))
    claiming = said("10.20.0.1", None, ("sadp.mac", GATEWAY))
    again((*behind, claiming), (*behind[1:], claiming))


def test_what_a_gateway_says_without_an_address_is_numbered_among_all_too() -> None:
    behind = tuple(said(f"10.20.0.{n}", GATEWAY, ("mdns.host", f"host-{n}")) for n in range(4))
    unaddressed = said(None, LOCAL)
    again((*behind, said(None, GATEWAY), unaddressed), (*behind, unaddressed))


def test_a_message_that_stands_for_none_before_counts_as_new() -> None:
    camera = said("10.20.0.1", FIRST, ("sadp.serial", SERIAL))
    again((camera,), (camera, said("10.20.0.2", None, ("sadp.serial", SERIAL))))


def test_a_claim_that_only_what_is_left_makes_joins_too() -> None:
    camera = said("10.20.0.1", None, ("sadp.serial", SERIAL))
    other = said("10.20.0.2", None, ("sadp.serial", f"X{SERIAL}"))
    again((camera, other), (camera, replace(other, fields=camera.fields)))


def test_a_device_that_nothing_concerns_is_not_built_again() -> None:
    camera, pc = said("10.20.0.1", FIRST, ("sadp.serial", SERIAL)), said("10.20.0.7", PC, ("mdns.host", "pc"))
    [known, _] = correlate((camera, pc), claims=CLAIMS)
    [left, _] = correlate_again((known, _), (camera, pc), (camera, replace(pc, fields=())), claims=CLAIMS)
    assert left is known


def test_what_may_be_kept_shows_what_it_shows_by_itself() -> None:
    by = judging()
    heard = {"site": "lab", "via": Via.PCAP, "port": None}
    camera = [
        said(
            "10.20.0.64", FIRST, ("sadp.mac", FIRST), ("sadp.serial", "DS-2CD2042WD-I20190412AAWR1"), protocol="sadp", **heard
        ),
        said("10.20.0.64", FIRST, ("dns.name", "dev.hik-connect.com"), protocol="dns", **heard),
    ]
    pc = [
        said("10.20.0.7", PC, ("arp.ip", "10.20.0.7"), ("arp.mac", PC), protocol="arp", **heard),
        said("10.20.0.7", PC, ("dns.name", "private.example.org"), protocol="dns", **heard),
        said("10.20.0.7", PC, ("dns.name", "bank.example.org"), protocol="dns", **heard),
    ]
    printer = [
        said(
            "10.20.0.9",
            PRINTER,
            ("tls.san", "drucker-büro"),
            ("tls.subject", "CN=Canon Imaging Product"),
            protocol="tls",
            **heard,
        ),
        said("10.20.0.9", PRINTER, ("mdns.host", "drucker-büro.local"), protocol="mdns", **heard),
    ]
    seen = (*camera, *pc, *printer)
    left, found = kept(seen, by)
    assert set(camera) <= set(left)
    assert left != fold(seen)
    assert "private" not in repr(left)
    assert found == identified(left, by)
