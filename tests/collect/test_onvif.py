"""ONVIF with the operator's account, against device services on loopback."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from camscan.codecs import xml
from camscan.collect.account import Account, Credentials
from camscan.collect.base import NotAsked
from camscan.collect.login import Login
from camscan.model import Identification
from tests import factories
from tests.collect.grounds import Listening, answering, device, fresh_address, ground, server_context
from tests.collect.services import (
    CLOCK,
    INFORMATION,
    MINE,
    PASSWORD,
    REFUSAL,
    SERVICES,
    SOURCES,
    announcing,
    ask,
    bodies,
    gate,
    operations,
    serving,
    soap,
)
from tests.lab.simulators.login import Gate


def test_a_device_that_answers_with_a_fault_is_asked_with_a_digest_by_its_own_clock() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, 8000, serving(gate("token"))) as camera:
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/device_service"))
        (found,) = seen
        assert found.fields == (
            ("onvif.firmware", "V5.5.0"),
            ("onvif.hardware", "88"),
            ("onvif.manufacturer", "HIKVISION"),
            ("onvif.model", "DS-2CD2143G2-I"),
            ("onvif.serial", "DS-2CD2143G2-I00000000"),
        )
        assert (found.ip, found.port, found.protocol, found.collector) == (ip, 8000, "onvif", "credentials")
        assert found.link_mac == factories.CAMERA_MAC
        assert len(camera.heard) == 1
        signed = next(body for body in bodies(camera) if b"PasswordDigest" in body)
        token = {xml.local(element): (element.text or "") for element in xml.parse(signed).iter()}
        assert token["Username"] == "auditor"
        assert datetime.fromisoformat(token["Created"]) == datetime(2001, 1, 1, 1, 2, 3, tzinfo=UTC)
        digest = hashlib.sha1(base64.b64decode(token["Nonce"]) + token["Created"].encode() + PASSWORD.encode()).digest()
        assert token["Password"] == base64.b64encode(digest).decode()
        assert PASSWORD.encode() not in bytes(camera.heard[0])

    asyncio.run(story())


@pytest.mark.parametrize("way", ["token", "digest"])
def test_the_device_decides_how_it_is_asked_and_every_proof_is_right(way: str) -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        door = gate(way, algorithm="SHA-256")
        media = SERVICES.format(f"http://{ip}:8000/onvif/media")
        async with device(ip, 8000, serving(door, {"GetServices": media, "GetVideoSources": SOURCES})) as camera:
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/device_service"))
        assert door.wrong == 0
        assert here.tally.unfinished == []
        asked = operations(camera, signed=True)
        assert asked[:1] == ["GetDeviceInformation"]
        assert asked[-2:] == ["GetVideoSources", "GetProfiles"]
        assert [one.values("onvif.channel") for one in seen if one.values("onvif.channel")] == [("1||VS_1",)]
        assert b"POST /onvif/media HTTP/1.1" in bytes(camera.heard[-1])

    asyncio.run(story())


def test_a_device_that_tells_anybody_is_not_shown_the_account() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, 8000, serving(None)) as camera:
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/device_service"))
        assert [one.values("onvif.model") for one in seen] == [("DS-2CD2143G2-I",)]
        assert operations(camera, signed=True) == []

    asyncio.run(story())


def test_a_service_behind_tls_that_closes_after_each_answer_is_read(tmp_path: Path) -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        context = server_context(tmp_path, ssl.TLSVersion.TLSv1_2)
        async with device(ip, 8443, serving(gate("token"), close=True), context):
            await ask(here, announcing(ip, f"https://{ip}:8443/onvif/device_service"))
        assert [one.values("onvif.model") for one in seen] == [("DS-2CD2143G2-I",)]

    asyncio.run(story())


def test_a_service_that_hangs_up_without_a_word_is_shown_each_proof_once() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        door = gate("token")
        async with device(ip, 8000, serving(door, keeps=False)) as camera:
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/device_service"))
        assert [one.values("onvif.model") for one in seen] == [("DS-2CD2143G2-I",)]
        asked = operations(camera, signed=True)
        assert len(asked) == len(set(asked))

    asyncio.run(story())


@pytest.mark.parametrize("way", ["token", "digest"])
def test_a_refused_password_is_tried_once_and_never_printed(way: str) -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        door = Gate(way=way, user="auditor", password="another", locks_after=2)  # type: ignore[arg-type]
        async with device(ip, 8000, serving(door)) as camera:
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/device_service"))
        assert seen == []
        assert door.wrong == 1
        assert operations(camera, signed=True) == ["GetDeviceInformation"]
        (gap,) = here.tally.unfinished
        assert "the device refused the account" in gap
        assert PASSWORD not in gap

    asyncio.run(story())


def test_no_answer_to_the_account_counts_as_a_refusal() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        fault = soap(REFUSAL, "400 Bad Request")

        async def deaf(reader: Listening, writer: asyncio.StreamWriter) -> None:
            for answer in (soap(CLOCK), fault):
                await reader.request()
                writer.write(answer)
            await reader.request()  # and hangs up

        async with device(ip, 8000, deaf) as camera:
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/device_service"))
        assert seen == []
        assert len(camera.heard) == 1
        assert here.tally.unfinished == [f"{ip}: ONVIF: no answer to a request with the account; the device was asked no more"]

    asyncio.run(story())


def test_basic_alone_is_not_answered() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, 8000, serving(gate("basic"))) as camera:
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/device_service"))
        assert seen == []
        assert operations(camera, signed=True) == []
        (gap,) = here.tally.unfinished
        assert "offers only Basic: the password would travel in clear; not sent" in gap

    asyncio.run(story())


def test_what_a_device_says_of_the_password_and_its_proofs_is_not_kept() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()

        async def echo(reader: Listening, writer: asyncio.StreamWriter) -> None:
            for answer in (soap(CLOCK), soap(REFUSAL, "400 Bad Request")):
                await reader.request()
                writer.write(answer)
            signed = await reader.request()
            proof = signed.partition(b'#PasswordDigest">')[2].partition(b"<")[0].decode()
            writer.write(soap(INFORMATION.replace("HIKVISION", f"HIK {proof}").replace("V5.5.0", PASSWORD)))

        async with device(ip, 8000, echo) as camera:
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/device_service"))
        (found,) = seen
        proof = bytes(camera.heard[0]).partition(b'#PasswordDigest">')[2].partition(b"<")[0]
        assert len(proof) == 28
        assert (found.values("onvif.manufacturer"), found.values("onvif.firmware")) == (("HIK ***",), ("***",))
        assert proof not in found.raw
        assert PASSWORD.encode() not in found.raw

    asyncio.run(story())


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00" * 100 + b"Envelope Envelope>",
        b"HTTP/1.1 200 OK\r\n\r\n<!DOCTYPE a [<!ENTITY b 'c'>]><s:Envelope>&b;</s:Envelope>",
        soap(""),
    ],
)
def test_a_damaged_answer_is_a_gap_and_not_a_failure(raw: bytes) -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, 8000, answering(raw, raw)) as camera:
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/device_service"))
        assert seen == []
        assert len(here.tally.unfinished) == 1
        assert len(operations(camera, signed=True)) <= 1

    asyncio.run(story())


def test_a_closed_port_is_a_gap_and_the_next_device_is_asked() -> None:
    async def story() -> None:
        closed, ip = fresh_address(), fresh_address()
        here, seen = ground()
        async with device(ip, 8000, serving(gate("token"))):
            await ask(here, announcing(closed, f"http://{closed}:8000/onvif/x"), announcing(ip, f"http://{ip}:8000/onvif/x"))
        assert [one.ip for one in seen] == [ip]
        (gap,) = here.tally.unfinished
        assert gap.startswith(closed)

    asyncio.run(story())


def test_without_credentials_nobody_is_asked() -> None:
    async def story() -> None:
        with pytest.raises(NotAsked, match="--credentials"):
            Login().open(ground()[0])
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, 8000, serving(None)) as camera:
            others = {"192.0.2.1": Credentials(user="u", password="p")}
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/x"), credentials=others)
        assert (camera.heard, seen, here.tally.unfinished) == ([], [], [])

    asyncio.run(story())


def test_excluded_devices_and_addresses_outside_the_scope_are_not_asked() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground(exclude=(factories.CAMERA_MAC,))
        async with device(ip, 8000, serving(None)) as camera:
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/x"))
        assert (camera.heard, seen) == ([], [])
        open_scope, _ = ground()
        await ask(open_scope, announcing("192.0.2.9", "http://192.0.2.9/onvif/device_service"))
        assert open_scope.tally.sent == 1  # asked of the net, which refused
        assert open_scope.net.meter.accounts == {}

    asyncio.run(story())


def test_a_fault_of_our_own_is_told_without_its_text() -> None:
    async def story() -> None:
        ip, next_ip = fresh_address(), fresh_address()
        here, seen = ground()
        here.identify = explode_once(PASSWORD)
        async with device(ip, 8000, serving(None)), device(next_ip, 8000, serving(None)):
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/x"), announcing(next_ip, f"http://{next_ip}:8000/onvif/x"))
        assert {one.ip for one in seen} == {next_ip}
        (gap,) = here.tally.unfinished
        assert "a fault of camscan's own: ValueError (" in gap
        assert PASSWORD not in gap

    asyncio.run(story())


def explode_once(text: str) -> Callable[..., Identification]:
    """Return an identification that fails the first time, with a text that nobody may see."""
    left = [ValueError(text)]

    def identify(*_: object) -> Identification:
        if left:
            raise left.pop()
        return Identification()

    return identify


def test_an_account_hides_its_password_and_what_it_proved() -> None:
    account = Account(MINE["default"], cnonce=lambda: "0a4f113b")
    challenge = b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\n\r\n'
    header = account.answer(challenge, "GET", "/")
    proof = header.partition(b'response="')[2].partition(b'"')[0]
    assert PASSWORD not in repr(MINE["default"]) + repr(account)
    assert account.masked(f"said {PASSWORD} and {proof.decode()}!") == "said *** and ***!"
    assert account.scrubbed(b"x" + PASSWORD.encode() + proof) == b"x******"
    assert Account(Credentials(user="u", password="a")).masked("a cat") == "a cat"
