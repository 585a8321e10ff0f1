"""Flows of datagrams: those that leave the site, counted without their content."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from camscan.codecs.datagrams import ENOUGH
from camscan.codecs.demux import Demux
from camscan.codecs.dissect import Dissection
from camscan.codecs.flows import Ended
from camscan.codecs.frame import LINK_ETHERNET
from camscan.codecs.pcapfile import Batch
from camscan.model import Endpoint, Observation, Via
from tests.codecs.talks import CAMERA, flows_of, told
from tests.factories import NOON, later, udp_frame


def test_datagrams_to_the_clouds_of_cameras_are_flows_and_those_to_everybody_are_not() -> None:
    relay, everybody = Endpoint("203.0.113.10", 32100), Endpoint("255.255.255.255", 32108)
    [seen] = flows_of(
        udp_frame(b"\xf1\0\0\0", Endpoint(CAMERA.ip, 9000), relay),
        udp_frame(b"\xf1\x30\0\0", Endpoint(CAMERA.ip, 9000), everybody),
    )
    assert (told(seen)["destination"], told(seen)["transport"], told(seen)["out"], told(seen)["bound"]) == (
        relay.ip, "udp", "4", "at-least"
    )  # fmt: skip
    assert told(seen)["answered"] == "no"


TALKS, ELSEWHERE = Endpoint(CAMERA.ip, 5000), Endpoint("203.0.113.9", 6000)


def datagrams(count: int, *, src: Endpoint = TALKS, dst: Endpoint = ELSEWHERE, **link: Any) -> list[bytes]:
    """Return datagrams of 1200 bytes that differ."""
    return [udp_frame(number.to_bytes(4) * 300, src, dst, **link) for number in range(count)]


@pytest.mark.parametrize("tags", [b"", b"\x81\0\0\x07"], ids=["untagged", "tagged"])
@pytest.mark.parametrize("ends", [(CAMERA.ip, "203.0.113.9"), ("2001:db8:20::64", "2001:db8:99::9")], ids=["IPv4", "IPv6"])
def test_datagrams_to_any_port_elsewhere_are_a_flow(ends: tuple[str, str], tags: bytes) -> None:
    camera, server = Endpoint(ends[0], 5000), Endpoint(ends[1], 6000)
    [seen] = flows_of(*datagrams(50, src=camera, dst=server, tags=tags))
    assert (seen.ip, told(seen)["destination"], told(seen)["port"]) == (camera.ip, server.ip, "6000")
    assert (told(seen)["out"], told(seen)["answered"], seen.count) == ("60000", "no", 50)
    [answered] = flows_of(*datagrams(5, src=camera, dst=server, tags=tags), *datagrams(3, src=server, dst=camera, tags=tags))
    assert (told(answered)["out"], told(answered)["in"], "answered" in told(answered)) == ("6000", "3600", False)


def test_datagrams_between_neighbours_and_to_groups_are_none() -> None:
    inside, group = Endpoint("10.20.0.9", 6000), Endpoint("239.255.255.250", 6000)
    assert flows_of(*datagrams(3, dst=inside), *datagrams(3, dst=group)) == []
    assert flows_of(*datagrams(3, dst_mac="ff:ff:ff:ff:ff:ff")) == []
    near = Endpoint("2001:db8:20::9", 6000)
    assert flows_of(*datagrams(3, src=Endpoint("2001:db8:20::64", 5000), dst=near)) == []


def test_a_question_to_a_resolver_elsewhere_is_a_flow_and_is_still_read() -> None:
    question = b"\0\7\1\0\0\1\0\0\0\0\0\0\x05litex\x07example\0\0\1\0\1"
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    said: list[object] = []
    for number in range(ENOUGH + 5):
        raw = udp_frame(
            question.replace(b"litex", b"lit%02d" % number), Endpoint(CAMERA.ip, 5000 + number), Endpoint("8.8.8.8", 53)
        )
        said += dissection.feed(raw, NOON)
    seen = [one for one in [*said, *dissection.flush()] if isinstance(one, Observation)]
    assert [(one.count, told(one)["port"]) for one in seen if one.protocol == "flow"] == [(ENOUGH + 5, "53")]
    assert len([one for one in seen if one.values("dns.name")]) == ENOUGH + 5


def test_a_datagram_that_a_mirror_port_shows_twice_is_counted_once() -> None:
    relay = Endpoint("203.0.113.8", 32100)
    [seen] = flows_of(*(raw for one in datagrams(10, dst=relay) for raw in (one, one)))
    assert (told(seen)["out"], seen.count) == ("12000", 10)
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    for second in range(3):
        dissection.feed(datagrams(1, dst=relay)[0], later(10 * second))
    [seen] = [one for one in dissection.flush() if isinstance(one, Observation) and one.protocol == "flow"]
    assert (told(seen)["out"], seen.count) == ("3600", 3)


def test_media_in_datagrams_to_elsewhere_is_counted_and_left_out_otherwise() -> None:
    frames = datagrams(500)
    blob, at = b"".join(frames), int(NOON.timestamp())
    batch = Batch(blob, [(at, number, number * len(frames[0]), len(frames[0])) for number in range(500)], LINK_ETHERNET)
    demux = Demux(Via.PCAP)
    passed = demux.take(batch)
    assert sum(len(one.frames) for one in passed if isinstance(one, Batch)) == ENOUGH
    assert demux.skipped == 500 - ENOUGH
    [ended] = [one for one in demux.flush() if isinstance(one, Ended)]
    assert (ended.sent, ended.times, ended.last_at) == (600_000, 500, NOON + timedelta(microseconds=499))


def test_an_exchange_that_is_pushed_out_is_told_and_goes_on_in_the_same_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("camscan.codecs.datagrams.MAX_EXCHANGES", 1)
    monkeypatch.setattr("camscan.codecs.datagrams.MAX_PORTS", 1)
    other = Endpoint("203.0.113.10", 6000)
    seen = flows_of(*datagrams(2), *datagrams(3, dst=other), *datagrams(2), *datagrams(1, dst=other))
    assert {(told(one)["destination"], told(one)["out"]) for one in seen} == {(ELSEWHERE.ip, "4800"), (other.ip, "4800")}


def test_who_asks_a_camera_for_datagrams_from_elsewhere_is_told_where_it_answers() -> None:
    client, camera = Endpoint("198.51.100.77", 4000), Endpoint(CAMERA.ip, 3702)
    asked = [raw[:22] + b"\x33" + raw[23:] for raw in datagrams(2, src=client, dst=camera)]
    [seen] = flows_of(*asked, *datagrams(5, src=camera, dst=client))
    assert (seen.ip, told(seen)["source"], told(seen)["port"], told(seen)["out"], told(seen)["in"]) == (
        camera.ip, client.ip, "3702", "6000", "2400"
    )  # fmt: skip
    assert flows_of(*asked) == []
