"""By which names addresses are known: as resolvers told them to clients who asked, and never as anybody else may write."""

from __future__ import annotations

import pytest

from camscan.codecs import resolved
from camscan.codecs.dissect import Dissection
from camscan.codecs.frame import split
from camscan.codecs.packet import ACK, SYN
from camscan.codecs.resolved import Known, Resolved
from camscan.model import Endpoint, Observation, Via
from tests.factories import CAMERA_MAC, NOON, tcp_frame, udp_frame

CAMERA, RESOLVER, CLOUD = Endpoint("10.20.0.64", 5300), Endpoint("10.20.0.1", 53), "203.0.113.9"
NAME = "litedev.hik-connect.com"


def labels(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def query(name: str = NAME, number: int = 7, client: Endpoint = CAMERA) -> bytes:
    message = number.to_bytes(2) + b"\1\0\0\1\0\0\0\0\0\0" + labels(name) + b"\0\1\0\1"
    return udp_frame(message, client, RESOLVER, src_mac=CAMERA_MAC)


def answer(
    name: str = NAME, number: int = 7, *, record: str | None = None, src: Endpoint = RESOLVER, address: str = CLOUD
) -> bytes:
    octets = bytes(int(part) for part in address.split("."))
    message = number.to_bytes(2) + b"\x81\x80\0\1\0\1\0\0\0\0" + labels(name) + b"\0\1\0\1"
    message += labels(record or name) + b"\0\1\0\1\0\0\0\x3c\0\4" + octets
    return udp_frame(message, src, CAMERA)


def known(*frames: bytes) -> Known | None:
    """Return by which name the camera knows the cloud after some datagrams."""
    told = Resolved()
    for frame in frames:
        told.note(split(frame))
    return told.name_of(CAMERA.ip, CLOUD)


def test_an_answer_to_a_query_that_was_heard_gives_the_name_that_was_asked_for() -> None:
    assert known(query(), answer()) == Known(NAME, asked=True)
    assert known(query(NAME.upper()), answer()) == Known(NAME, asked=True)
    assert known(query(), answer(), answer()) == Known(NAME, asked=True)


@pytest.mark.parametrize(
    "frames",
    [
        [answer()],
        [query(number=8), answer()],
        [query(), answer(src=Endpoint("10.20.0.77", 53))],
        [query(client=Endpoint(CAMERA.ip, 5301)), answer()],
    ],
    ids=["no query", "another id", "another resolver", "another port"],
)
def test_a_name_whose_query_was_not_heard_is_one_that_an_answer_alone_gave(frames: list[bytes]) -> None:
    assert known(*frames) == Known(NAME, asked=False)


def test_an_answer_to_another_question_than_the_query_has_and_a_record_nobody_asked_for_give_none() -> None:
    assert known(query("www.example.com"), answer()) is None
    assert known(query("www.example.com"), answer("www.example.com", record=NAME)) is None
    assert known(answer(src=Endpoint(RESOLVER.ip, 5353))) is None


def test_a_name_that_was_asked_for_is_not_replaced_by_one_that_nobody_asked_for() -> None:
    assert known(query(), answer(), answer("evil.example", 9)) == Known(NAME)
    assert known(answer("evil.example", 9), query(), answer()) == Known(NAME)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolved, "MAX_QUERIES", 2)
    monkeypatch.setattr(resolved, "MAX_ANSWERS", 2)
    assert known(query(), query(number=8), query(number=9), answer()) == Known(NAME, asked=False)
    assert known(answer(), answer(address="203.0.113.10"), answer(address="203.0.113.11")) is None


def test_a_flow_says_which_of_its_names_an_answer_alone_gave() -> None:
    cloud = Endpoint(CLOUD, 443)
    client = Endpoint(CAMERA.ip, 40_000)
    connection = [
        tcp_frame(b"", client, cloud, seq=100, flags=SYN, src_mac=CAMERA_MAC),
        tcp_frame(b"\x80opaque", client, cloud, seq=101, flags=ACK, src_mac=CAMERA_MAC),
    ]
    for before, field in (([query(), answer()], "flow.name"), ([answer()], "flow.told.name")):
        dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
        said = [one for raw in (*before, *connection) for one in dissection.feed(raw, NOON)] + list(dissection.flush())
        [flow] = [
            one
            for one in said
            if isinstance(one, Observation) and one.protocol == "flow" and one.values("flow.port") == ("443",)
        ]
        assert {name: value for name, value in flow.fields if name.endswith("name")} == {field: NAME}


def test_a_query_that_is_repeated_under_another_id_is_remembered_though_it_is_counted_only() -> None:
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    cloud, client = Endpoint(CLOUD, 443), Endpoint(CAMERA.ip, 40_000)
    frames = [
        query(number=1),
        query(number=2),
        answer(number=2),
        tcp_frame(b"", client, cloud, seq=1, flags=SYN, src_mac=CAMERA_MAC),
    ]
    said = [one for raw in frames for one in dissection.feed(raw, NOON)] + list(dissection.flush())
    asked = [one for one in said if isinstance(one, Observation) and one.protocol == "dns"]
    assert sum(one.count for one in asked) == 2
    assert any(one.values("flow.name") == (NAME,) for one in said if isinstance(one, Observation))
