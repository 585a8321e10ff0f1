"""ISAPI with the operator's account, against recorders on loopback; and one account across both protocols."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from camscan.collect.account import Credentials
from camscan.collect.base import Ground, Host
from camscan.collect.isapi import questions, speaks
from camscan.collect.login import Login, stated_port
from camscan.model import Confidence, Evidence, Identification, Kind, Observation
from tests.collect.asking import values
from tests.collect.grounds import Conversation, Device, Listening, device, fresh_address, ground
from tests.factories import observation
from tests.lab.simulators.isapi import BehindRecorder, Isapi
from tests.lab.simulators.login import Gate
from tests.lab.simulators.onvif import OnvifDevice

PASSWORD = "Kamera-über-alles-5"
MINE = {"default": Credentials(user="auditor", password=PASSWORD)}
BEHIND = (
    BehindRecorder(name="Gate", protocol="HIKVISION", address="192.168.254.2", model="DS-2CD2143G2-I"),
    BehindRecorder(name="Yard", protocol="ONVIF", address="192.168.254.3", online=False),
)
RECORDER = Identification(
    kind="nvr",
    maker="hikvision",
    model="DS-7608NI-K2",
    firmware="V4.30",
    confidence=Confidence.CERTAIN,
    evidence=(
        Evidence(
            fingerprint="hikvision.sadp.model",
            field="sadp.model",
            value="DS-7608NI-K2",
            observation=0,
            says=(("maker", "hikvision"),),
            witness="wire",
        ),
    ),
)


def gate(password: str = PASSWORD, way: str = "digest") -> Gate:
    return Gate(way=way, user="auditor", password=password)  # type: ignore[arg-type]


def serving(door: Gate, *, onvif: bool = False) -> Conversation:
    """Return a conversation of a recorder: ISAPI, and ONVIF where it is on."""
    isapi = Isapi(gate=door, information={"model": "DS-7608NI-K2", "deviceType": "NVR"}, channels=BEHIND).responders()
    soap = OnvifDevice(manufacturer="HIKVISION", model="DS-7608NI-K2", firmware="V4", serial="0", gate=door)

    async def converse(reader: Listening, writer: asyncio.StreamWriter) -> None:
        while True:
            head, _, body = (await reader.request()).partition(b"\r\n\r\n")
            path = head.decode().split(" ", 2)[1]
            if path.startswith("/onvif") and onvif:
                page = soap(head.decode(), body)
            elif path in isapi:
                page = isapi[path](head.decode(), body)
            else:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                continue
            lines = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {page.status}", *page.lines))
            writer.write(f"{lines}Content-Length: {len(page.body)}\r\n\r\n".encode() + page.body)
            await writer.drain()

    return converse


async def ask(ip: str, found: Identification, *more: Observation, known: bool = False) -> tuple[Ground, list[Observation]]:
    here, seen = ground()
    here.enough = lambda host, told: known
    here.identify = lambda host, told: found
    collector = Login(MINE)
    collector.open(here)
    page = observation((("http.status", "200"),), protocol="http", ip=ip, port=8088)
    async with asyncio.timeout(20):
        await collector.run(here, [Host(ip=ip, observations=(page, *more))])
    collector.close()
    return here, seen


def paths(recorder: Device) -> list[str]:
    return [part.split(b" ")[0].decode() for heard in recorder.heard for part in bytes(heard).split(b"GET ")[1:]]


def test_a_recorder_tells_its_channels_over_one_connection_with_get_alone() -> None:
    async def story() -> None:
        ip, door = fresh_address(), gate()
        async with device(ip, 8088, serving(door)) as recorder:
            here, seen = await ask(ip, RECORDER)
        assert values(seen, "isapi.channel") == [
            "1|Gate|HIKVISION|DS-2CD2143G2-I|192.168.254.2",
            "2|Yard|ONVIF||192.168.254.3",
        ]
        assert values(seen, "isapi.channel_state") == ["1|online", "2|offline"]
        assert {(one.protocol, one.collector, one.port) for one in seen} == {("isapi", "credentials", 8088)}
        channels = "/ISAPI/ContentMgmt/InputProxy/channels"
        assert paths(recorder) == [channels, channels, f"{channels}/status", f"{channels}/status"]
        assert len(recorder.heard) == 1
        assert door.wrong == 0
        assert here.tally.unfinished == []
        assert not any(b"operator-of-" in one.raw for one in seen)

    asyncio.run(story())


def test_a_wrong_password_is_shown_once() -> None:
    async def story() -> None:
        ip, door = fresh_address(), gate("another")
        async with device(ip, 8088, serving(door)) as recorder:
            here, seen = await ask(ip, RECORDER)
        assert (door.wrong, seen) == (1, [])
        assert len(paths(recorder)) == 2
        assert here.tally.unfinished == [
            f"{ip}: ISAPI: the device refused the account (HTTP 401); the device was asked no more"
        ]

    asyncio.run(story())


def test_basic_alone_is_not_answered() -> None:
    async def story() -> None:
        ip, door = fresh_address(), gate(way="basic")
        async with device(ip, 8088, serving(door)) as recorder:
            here, _ = await ask(ip, RECORDER)
        assert b"Authorization" not in bytes(recorder.heard[0])
        assert "offers only Basic" in here.tally.unfinished[0]

    asyncio.run(story())


def test_after_a_refusal_over_onvif_isapi_is_not_tried() -> None:
    async def story() -> None:
        ip, door = fresh_address(), gate("another")
        announced = observation((("wsd.xaddrs", f"http://{ip}:8088/onvif/device_service"),), ip=ip)
        async with device(ip, 8088, serving(door, onvif=True)) as recorder:
            here, seen = await ask(ip, RECORDER, announced)
        assert (door.wrong, seen) == (1, [])
        assert paths(recorder) == []
        assert len(here.tally.unfinished) == 1

    asyncio.run(story())


def test_devices_of_other_makers_and_those_of_whom_the_mac_alone_speaks_are_not_asked() -> None:
    by_mac = replace(RECORDER, evidence=(replace(RECORDER.evidence[0], witness="oui"),))
    assert speaks(RECORDER)
    assert not any(speaks(found) for found in (by_mac, replace(RECORDER, maker="dahua"), Identification()))

    async def story() -> None:
        ip = fresh_address()
        async with device(ip, 8088, serving(gate())) as recorder:
            await ask(ip, by_mac)
        assert recorder.heard == []

    asyncio.run(story())


@pytest.mark.parametrize(
    ("kind", "known", "asked"),
    [
        ("camera", True, False),
        ("camera", False, True),
        ("nvr", True, True),
        ("software", False, False),
        ("other", False, False),
    ],
)
def test_the_account_is_shown_only_where_it_could_tell_more(kind: Kind, known: bool, asked: bool) -> None:
    async def story() -> None:
        ip = fresh_address()
        announced = observation((("wsd.xaddrs", f"http://{ip}:8088/onvif/device_service"),), ip=ip)
        async with device(ip, 8088, serving(gate(), onvif=True)) as camera:
            await ask(ip, replace(RECORDER, kind=kind), announced, known=known)
        assert bool(camera.heard) == asked

    asyncio.run(story())


def test_only_what_is_open_is_asked() -> None:
    assert questions(replace(RECORDER, kind="camera")) == ()
    assert questions(replace(RECORDER, kind="camera", firmware=None)) == ("/ISAPI/System/deviceInfo",)
    assert len(questions(RECORDER)) == 2


def test_a_recorder_whose_pages_nobody_saw_is_asked_at_the_port_that_it_stated() -> None:
    stated = observation((("sadp.http_port", "8088"),), protocol="sadp")
    assert stated_port(Host(ip="192.0.2.64", observations=(stated,))) == 8088
    hostile = observation((("sadp.http_port", "9" * 400),), protocol="sadp")
    assert stated_port(Host(ip="192.0.2.64", observations=(hostile,))) is None
