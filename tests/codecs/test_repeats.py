"""Folding before decoding: the same as decoding everything and folding then, in whatever order the messages came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camscan.codecs import repeats
from camscan.codecs.base import Beginning, Repeating
from camscan.codecs.dissect import Dissection
from camscan.codecs.fold import fold
from camscan.codecs.outcome import Undecoded
from camscan.codecs.quota import MAX_SENDERS
from camscan.codecs.registry import DATAGRAM_CODECS, candidates, dispatch_datagram
from camscan.codecs.repeats import Message, Repeated, Repeats
from camscan.model import Endpoint, Observation, Via
from tests.examples import examples
from tests.factories import CAMERA_MAC, NOON, SCANNER_MAC, datagram, later, udp_frame

SAMPLES = Path(__file__).parents[1] / "samples"
DEVICE, OTHER = Endpoint("10.20.0.64", 3702), Endpoint("10.20.0.65", 3702)
GROUP = Endpoint("239.255.255.250", 3702)
REPEATING = [codec for codec in DATAGRAM_CODECS if isinstance(codec, Repeating)]
RAW_BY_CODEC = {
    codec.NAME: [path.read_bytes() for path in sorted(SAMPLES.glob(f"{codec.NAME}/*.bin"))] for codec in DATAGRAM_CODECS
}
HELLO = (
    '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
    ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Header><a:MessageID>urn:uuid:{}</a:MessageID>'
    '<d:AppSequence InstanceId="7" MessageNumber="{}"/></e:Header><e:Body><d:Hello><d:Scopes>{}</d:Scopes></d:Hello>'
    "</e:Body></e:Envelope>"
)


def hello(number: int, scopes: str = "onvif://www.onvif.org/name/one") -> bytes:
    return HELLO.format(UUID(int=number, version=4), number, scopes).encode()


def through(frames: list[tuple[bytes, datetime]]) -> tuple[tuple[Observation, ...], Dissection]:
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    said = [one for raw, at in frames for one in dissection.feed(raw, at)] + list(dissection.flush())
    return fold(one for one in said if isinstance(one, Observation)), dissection


def one_by_one(frames: list[tuple[bytes, datetime]]) -> tuple[Observation, ...]:
    """What a reader without any memory would have made of the same frames."""
    return fold(seen for frame in frames for seen in through([frame])[0])


def test_announcements_that_differ_in_their_ids_are_decoded_once() -> None:
    frames = [(udp_frame(hello(number), DEVICE, GROUP), later(number)) for number in range(50)]
    [seen], dissection = through(frames)
    assert (seen.count, seen.first_seen_at, seen.last_seen_at, dissection.folded) == (50, NOON, later(49), 49)
    assert seen.raw == min(hello(number) for number in range(50))


def test_the_least_of_several_keeps_no_more_than_the_first_does() -> None:
    frames = []
    for number in (3, 1, 2):
        said = f"NOTIFY * HTTP/1.1\r\nDATE: Thu, 01 Jan 2026 00:00:0{number} GMT\r\nLOCATION: http://10.20.0.64/d.xml?key=hunter2\r\n"
        message = (said + "NT: upnp:rootdevice\r\nNTS: ssdp:alive\r\nUSN: uuid:1::upnp:rootdevice\r\n\r\n").encode()
        frames.append((udp_frame(message, Endpoint(DEVICE.ip, 1900), Endpoint(GROUP.ip, 1900)), NOON))
    [seen], dissection = through(frames)
    assert dissection.folded == 2
    assert b"00:00:01" in seen.raw
    assert b"hunter2" not in seen.raw


def test_a_changed_announcement_of_the_same_device_is_seen() -> None:
    frames = [(udp_frame(hello(n, scopes), DEVICE, GROUP), NOON) for n, scopes in enumerate(["a:b", "a:b", "a:c"])]
    assert [(one.values("wsd.scopes"), one.count) for one in through(frames)[0]] == [(("a:b",), 2), (("a:c",), 1)]


def test_the_same_announcement_of_two_devices_is_two() -> None:
    frames = [(udp_frame(hello(1), source, GROUP), NOON) for source in (DEVICE, OTHER, DEVICE)]
    assert [(one.ip, one.count) for one in through(frames)[0]] == [(DEVICE.ip, 2), (OTHER.ip, 1)]


def test_what_cannot_be_decoded_is_counted_as_often_as_it_comes() -> None:
    broken = udp_frame(b"\1\2\3", Endpoint("10.20.0.64", 5353), Endpoint("224.0.0.251", 5353))
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    said = [one for _ in range(5) for one in dissection.feed(broken, NOON)] + list(dissection.flush())
    assert [one.count for one in said if isinstance(one, Undecoded)] == [1, 4]
    assert dissection.folded == 4


def query(name: str, number: int) -> bytes:
    """Return a question of the device to its resolver, from a port of its own as each one is."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    message = number.to_bytes(2) + b"\1\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"
    return udp_frame(message, Endpoint(DEVICE.ip, 20_000 + number), Endpoint("10.20.0.1", 53))


def test_a_name_that_is_asked_for_once_is_told_however_often_another_one_is() -> None:
    names = ["time.example.com"] * 500 + ["litedev.hik-connect.com"] + ["time.example.com"] * 99
    told, dissection = through([(query(name, number), later(number)) for number, name in enumerate(names)])
    assert {one.values("dns.name"): one.count for one in told if one.protocol == "dns"} == {
        ("time.example.com",): 599,
        ("litedev.hik-connect.com",): 1,
    }
    assert not dissection.dropped


@pytest.mark.parametrize("codec", REPEATING, ids=lambda codec: codec.NAME)
def test_a_repeating_codec_leaves_something_out(codec: Any) -> None:
    def changed(raw: bytes) -> Iterator[bytes]:
        for place in range(min(len(raw), 1200)):
            yield raw[:place] + (b"1" if raw[place : place + 1] != b"1" else b"2") + raw[place + 1 :]

    raws = RAW_BY_CODEC[codec.NAME]
    assert any(codec.steady(other) == codec.steady(raw) for raw in raws for other in changed(raw))


changes = st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=3)


@pytest.mark.parametrize("codec", REPEATING, ids=lambda codec: codec.NAME)
@settings(max_examples=examples(80), deadline=None)
@given(data=st.data())
def test_messages_that_are_taken_for_equal_say_equal_things(codec: Any, data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from(RAW_BY_CODEC[codec.NAME]))
    variants = []
    for edits in data.draw(st.lists(changes, min_size=2, max_size=12)):
        changed = bytearray(raw)
        for place, value in edits:
            # Ids stand in front: half of the changes go there.
            changed[place % (min(len(raw), 700) if place & 1 else len(raw))] = value
        variants.append(bytes(changed))
    heard: dict[bytes, object] = {}
    for variant in variants:
        taken = datagram(variant, src=Endpoint(DEVICE.ip, codec.PORTS[0]), dst=Endpoint("10.20.0.1", codec.PORTS[0]))
        said = dispatch_datagram(taken, collector="c", site="s")
        told = (said.protocol, said.fields) if isinstance(said, Observation) else type(said)
        assert heard.setdefault(codec.steady(variant), told) == told


samples = st.sampled_from([(name, raw) for name, raws in RAW_BY_CODEC.items() for raw in raws if len(raw) < 8192])
SOURCES = {"10.20.0.1": (DEVICE.ip, OTHER.ip), "2001:db8::1": ("2001:db8::64", "2001:db8::65")}
"""Senders by the address of whom they answer, of either family."""
RECEIVERS = {
    "10.20.0.1": (("10.20.0.1", SCANNER_MAC), ("239.255.255.250", "01:00:5e:7f:ff:fa"), ("203.0.113.9", SCANNER_MAC)),
    "2001:db8::1": (("2001:db8::1", SCANNER_MAC), ("ff02::c", "33:33:00:00:00:0c")),
}
"""Address and MAC of one host of the link, of a group, and of somebody elsewhere."""


def sent(message: bytes, source: Endpoint, target: Endpoint, dst_mac: str, hop_limit: int, tags: bytes = b"") -> bytes:
    """Return a datagram as it arrives after some hops or none."""
    frame = bytearray(udp_frame(message, source, target, dst_mac=dst_mac, tags=tags))
    frame[len(tags) + (21 if ":" in source.ip else 22)] = hop_limit
    return bytes(frame)


@settings(max_examples=examples(60), deadline=None)
@given(data=st.data())
def test_folding_before_decoding_is_folding_after_it_in_any_order(data: st.DataObject) -> None:
    frames = []
    for name, raw in data.draw(st.lists(samples, min_size=1, max_size=3)):
        codec = next(codec for codec in DATAGRAM_CODECS if name == codec.NAME)
        family = data.draw(st.sampled_from(sorted(RECEIVERS)))
        source = Endpoint(data.draw(st.sampled_from(SOURCES[family])), codec.PORTS[0])
        for _ in range(data.draw(st.integers(1, 4))):
            changed = bytearray(raw)
            changed[data.draw(st.integers(0, min(len(raw), 600) - 1))] = data.draw(st.sampled_from(b"0a9<\0"))
            message = data.draw(st.sampled_from([raw, bytes(changed)]))
            ip, dst_mac = data.draw(st.sampled_from(RECEIVERS[family]))
            hop_limit = data.draw(st.sampled_from([1, 5, 63, 64, 100, 255]))
            tags = data.draw(st.sampled_from([b"", b"\x81\0\0\x07"]))
            raw_frame = sent(message, source, Endpoint(ip, codec.PORTS[0]), dst_mac, hop_limit, tags)
            frames.append((raw_frame, later(data.draw(st.integers(0, 99)))))
    order = data.draw(st.permutations(frames))
    expected = messages(one_by_one(frames))
    assert messages(through(order)[0]) == expected
    assert messages(through(order[::-1])[0]) == expected


@pytest.mark.parametrize("tags", [b"", b"\x81\0\0\x07"])
@pytest.mark.parametrize("options", [False, True])
@pytest.mark.parametrize("family", sorted(RECEIVERS))
def test_a_message_to_a_group_and_the_same_one_to_a_host_are_told_apart_where_only_one_shows_its_senders_mac(
    family: str, options: bool, tags: bytes
) -> None:
    device = Endpoint(SOURCES[family][0], 37020)
    frames = []
    for ip, dst_mac in RECEIVERS[family][:2]:
        frame = sent(RAW_BY_CODEC["sadp"][0], device, Endpoint(ip, 37020), dst_mac, 100, tags)
        frames.append((with_options(frame, len(tags)) if options else frame, NOON))
    expected = one_by_one(frames)
    assert {one.link_mac for one in messages(expected)} == {None, CAMERA_MAC}
    for order in (frames, frames[::-1], frames * 3, frames[::-1] * 3):
        assert {one.link_mac: one.count for one in messages(through(order)[0])} == dict.fromkeys(
            (None, CAMERA_MAC), len(order) // 2
        )


def with_options(frame: bytes, tags: int) -> bytes:
    """Return a frame with an option that does nothing, so that its packet has to be taken apart. tags: bytes of them."""
    head, packet = frame[: 14 + tags], frame[14 + tags :]
    if packet[0] >> 4 == 6:
        length = int.from_bytes(packet[4:6]) + 8
        return head + packet[:4] + length.to_bytes(2) + b"\x3c" + packet[7:40] + b"\x11\0\1\4\0\0\0\0" + packet[40:]
    length = int.from_bytes(packet[2:4]) + 4
    return head + b"\x46" + packet[1:2] + length.to_bytes(2) + packet[4:20] + b"\1\1\1\1" + packet[20:]


def test_unreadable_bytes_to_a_peer_elsewhere_do_not_hide_the_same_ones_to_the_group() -> None:
    device = Endpoint(DEVICE.ip, 37020)
    frames = [
        (sent(bytes(range(0x80, 0x100)), device, Endpoint(ip, 37020), dst_mac, 64), NOON)
        for ip, dst_mac in RECEIVERS["10.20.0.1"]
    ]
    for order in (frames, frames[::-1]):
        assert [(one.protocol, one.count) for one in messages(through(order)[0])] == [("sadp", 2)]


def messages(observations: tuple[Observation, ...]) -> list[Observation]:
    """Return what is no flow: those are counted over all frames of a device."""
    return [one for one in observations if one.protocol != "flow"]


def test_an_observation_of_several_messages_keeps_all_that_they_have_in_common() -> None:
    one = Observation(
        protocol="wsd",
        collector="pcap",
        via=Via.IMPORT,
        site="s",
        fields=(("wsd.types", "dn:x"),),
        first_seen_at=NOON,
        last_seen_at=NOON,
        count=7,
        ip=DEVICE.ip,
        port=3702,
        link_mac="02:00:00:00:00:01",
        raw=b"y",
        truncated=True,
        outside_scope=True,
    )
    assert all(getattr(one, field.name) != field.default for field in fields(Observation))
    changed = replace(one, count=3, first_seen_at=later(1), last_seen_at=later(2), raw=b"x")
    assert one.of_several(3, later(1), later(2), b"x") == changed


def test_what_is_forgotten_is_told_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "MAX_MESSAGES", 2)
    known = Repeats()
    frames = [udp_frame(hello(number, f"a:{number}"), DEVICE, GROUP) for number in range(3)]
    [first] = known.feed(frames[0], NOON)
    assert isinstance(first, Message)
    assert not known.feed(udp_frame(hello(9, "a:0"), DEVICE, GROUP), later(5))
    [second] = known.feed(frames[1], NOON)
    forgotten, third = known.feed(frames[2], NOON)
    assert forgotten == Repeated(first.mark, 1, later(5), later(5), None, True)
    assert [one.mark for one in known.feed(frames[0], NOON) if isinstance(one, Message)] == [first.mark]
    assert len({one.mark for one in (first, second, third) if isinstance(one, Message)}) == 3


def test_what_comes_again_is_told_with_the_least_of_all_and_once() -> None:
    known = Repeats()
    frames = [(udp_frame(hello(number), DEVICE, GROUP), later(second)) for number, second in ((2, 3), (1, 9), (3, 1))]
    [first] = [told for frame, at in frames for told in known.feed(frame, at)]
    assert isinstance(first, Message)
    assert list(known.flush()) == [Repeated(first.mark, 2, later(1), later(9), hello(1), False)]
    assert not list(known.flush())
    assert known.folded == 2


def test_devices_that_speak_in_turns_are_known_again_however_many_are_kept() -> None:
    known = Repeats()
    kinds = 5
    marks = [number.to_bytes(4) for number in range(kinds * MAX_SENDERS)]
    frames = [b"\xff" * 6 + bytes(2) + mark + b"\x08\x06" + bytes(28) for mark in marks]
    assert all(known.feed(frame, NOON) for frame in frames)
    assert not any(known.feed(frame, later(1)) for frame in frames)


# The index of codecs


@settings(max_examples=examples(300), deadline=None)
@given(
    payload=st.one_of(
        st.binary(max_size=40),
        samples.map(lambda pair: pair[1]),
        st.sampled_from([begin for codec in DATAGRAM_CODECS if isinstance(codec, Beginning) for begin in codec.BEGINS]).flatmap(
            lambda begin: st.binary(max_size=20).map(lambda rest: begin + rest)
        ),
    ),
    ports=st.tuples(*[st.sampled_from([40_000, *(port for codec in DATAGRAM_CODECS for port in codec.PORTS)])] * 2),
)
def test_the_index_leaves_out_no_codec_that_recognises_a_datagram_and_keeps_the_order(
    payload: bytes, ports: tuple[int, int]
) -> None:
    taken = datagram(payload, src=Endpoint(DEVICE.ip, ports[0]), dst=Endpoint("10.20.0.1", ports[1]))
    in_order = sorted(DATAGRAM_CODECS, key=lambda codec: set(ports).isdisjoint(codec.PORTS))
    wanted = [codec for codec in in_order if codec.recognise(taken)]
    assert [codec for codec in candidates(taken) if codec.recognise(taken)] == wanted
