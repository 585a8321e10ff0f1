"""The collector that asks with the operator's credentials, against device services on loopback."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from camscan.codecs import xml
from camscan.collect.base import Ground, Host, NotAsked
from camscan.collect.onvif import Credentials, Onvif, device_service, masked
from tests import factories
from tests.collect.grounds import Conversation, Device, Listening, answering, device, fresh_address, ground, server_context

PASSWORD = "Zażółć-gęślą"
MINE = {"default": Credentials(user="auditor", password=PASSWORD)}


def soap(body: str, status: str = "200 OK", close: bool = False) -> bytes:
    document = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"'
        f' xmlns:tt="http://www.onvif.org/ver10/schema"><s:Body>{body}</s:Body></s:Envelope>'
    ).encode()
    connection = "Connection: close\r\n" if close else ""
    return f"HTTP/1.1 {status}\r\n{connection}Content-Length: {len(document)}\r\n\r\n".encode() + document


CLOCK = (
    "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime>"
    "<tt:Time><tt:Hour>1</tt:Hour><tt:Minute>2</tt:Minute><tt:Second>3</tt:Second></tt:Time>"
    "<tt:Date><tt:Year>2001</tt:Year><tt:Month>1</tt:Month><tt:Day>1</tt:Day></tt:Date>"
    "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
)
INFORMATION = (
    "<tds:GetDeviceInformationResponse><tds:Manufacturer>HIKVISION</tds:Manufacturer><tds:Model>DS-2CD2143G2-I</tds:Model>"
    "<tds:FirmwareVersion>V5.5.0</tds:FirmwareVersion><tds:SerialNumber>DS-2CD2143G2-I00000000</tds:SerialNumber>"
    "<tds:HardwareId>88</tds:HardwareId></tds:GetDeviceInformationResponse>"
)
REFUSAL = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code>"
    f"<s:Reason><s:Text>Sender not Authorized {PASSWORD}</s:Text></s:Reason></s:Fault>"
)


def announcing(ip: str, url: str) -> Host:
    return Host(ip=ip, mac=factories.CAMERA_MAC, observations=(factories.observation((("wsd.xaddrs", url),), ip=ip),))


async def ask(here: Ground, *hosts: Host, credentials: Mapping[str, Credentials] = MINE) -> None:
    collector = Onvif(credentials)
    collector.open(here)
    async with asyncio.timeout(30):
        await collector.run(here, hosts)
    collector.close()


def bodies(camera: Device) -> list[bytes]:
    """Return the SOAP messages that a device received, in order."""
    return [part.partition(b"\r\n\r\n")[2] for heard in camera.heard for part in bytes(heard).split(b"POST ")[1:]]


def test_device_information_is_asked_with_a_digest_by_the_clock_of_the_device() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, 8000, answering(soap(CLOCK), soap(INFORMATION))) as camera:
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/device_service"))
        (found,) = seen
        assert found.fields == (
            ("onvif.firmware", "V5.5.0"),
            ("onvif.hardware", "88"),
            ("onvif.manufacturer", "HIKVISION"),
            ("onvif.model", "DS-2CD2143G2-I"),
            ("onvif.serial", "DS-2CD2143G2-I00000000"),
        )
        assert (found.ip, found.port, found.protocol, found.link_mac) == (ip, 8000, "onvif", factories.CAMERA_MAC)
        assert len(camera.heard) == 1
        clock_request, signed = bodies(camera)
        assert b"GetSystemDateAndTime" in clock_request
        assert b"Password" not in clock_request
        token = {xml.local(element): (element.text or "") for element in xml.parse(signed).iter()}
        assert token["Username"] == "auditor"
        assert datetime.fromisoformat(token["Created"]) == datetime(2001, 1, 1, 1, 2, 3, tzinfo=UTC)
        digest = hashlib.sha1(base64.b64decode(token["Nonce"]) + token["Created"].encode() + PASSWORD.encode()).digest()
        assert token["Password"] == base64.b64encode(digest).decode()
        assert PASSWORD.encode() not in bytes(camera.heard[0])

    asyncio.run(story())


def test_a_service_behind_tls_that_closes_after_each_answer_is_read(tmp_path: Path) -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        answers = iter((soap(CLOCK, close=True), soap(INFORMATION, close=True)))

        async def one_answer(reader: Listening, writer: asyncio.StreamWriter) -> None:
            await reader.request()
            writer.write(next(answers))
            await writer.drain()

        async with device(ip, 8443, one_answer, server_context(tmp_path, ssl.TLSVersion.TLSv1_2)) as camera:
            await ask(here, announcing(ip, f"https://{ip}:8443/onvif/device_service"))
        assert len(camera.heard) == 2
        assert [one.values("onvif.model") for one in seen] == [("DS-2CD2143G2-I",)]

    asyncio.run(story())


def test_a_refused_password_is_tried_once_and_never_printed() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, 8000, answering(soap(CLOCK), soap(REFUSAL, "400 Bad Request"))) as camera:
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/device_service"))
        assert seen == []
        assert len(bodies(camera)) == 2
        (gap,) = here.tally.unfinished
        assert "ter:NotAuthorized" in gap
        assert PASSWORD not in gap

    asyncio.run(story())


def junk(raw: bytes) -> Conversation:
    return answering(raw, raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n</s:Envelope></s:Envelope>",
        b"\x00" * 100 + b"Envelope Envelope>",
        b"HTTP/1.1 200 OK\r\n\r\n<!DOCTYPE a [<!ENTITY b 'c'>]><s:Envelope>&b;</s:Envelope>",
        soap(""),
    ],
)
def test_a_damaged_answer_is_a_gap_and_not_a_failure(raw: bytes) -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, 8000, junk(raw)):
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/device_service"))
        assert seen == []
        assert (len(here.tally.unfinished), here.tally.undecoded) == (1, 1)

    asyncio.run(story())


def test_a_closed_port_is_a_gap_and_the_next_device_is_asked() -> None:
    async def story() -> None:
        closed, ip = fresh_address(), fresh_address()
        here, seen = ground()
        async with device(ip, 8000, answering(soap(CLOCK), soap(INFORMATION))):
            await ask(here, announcing(closed, f"http://{closed}:8000/x"), announcing(ip, f"http://{ip}:8000/x"))
        assert [one.ip for one in seen] == [ip]
        (gap,) = here.tally.unfinished
        assert gap.startswith(closed)

    asyncio.run(story())


def test_without_credentials_nobody_is_asked() -> None:
    async def story() -> None:
        with pytest.raises(NotAsked, match="--credentials"):
            Onvif().open(ground()[0])
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, 8000, answering(soap(CLOCK), soap(INFORMATION))) as camera:
            others = {"192.0.2.1": Credentials(user="u", password="p")}
            await ask(here, announcing(ip, f"http://{ip}:8000/x"), credentials=others)
        assert (camera.heard, seen, here.tally.unfinished) == ([], [], [])

    asyncio.run(story())


def test_excluded_devices_and_addresses_outside_the_scope_are_not_asked() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground(exclude=(factories.CAMERA_MAC,))
        async with device(ip, 8000, answering(soap(CLOCK), soap(INFORMATION))) as camera:
            await ask(here, announcing(ip, f"http://{ip}:8000/x"))
        assert (camera.heard, seen) == ([], [])
        open_scope, _ = ground()
        await ask(open_scope, announcing("192.0.2.9", "http://192.0.2.9/onvif/device_service"))
        assert open_scope.tally.sent == 1  # asked of the net, which refused
        assert open_scope.net.meter.accounts == {}

    asyncio.run(story())


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        ("http://192.0.2.1/onvif http://192.0.2.64:8000/onvif/device_service", "http://192.0.2.64:8000/onvif/device_service"),
        ("http://[fe80::1]/onvif ftp://192.0.2.64/ file:///etc/passwd", None),
        ("http://192.0.2.64:0/x http://192.0.2.64:99999/x http://[/x", None),
        ("http://192.0.2.1@192.0.2.2/x", None),
        ("", None),
    ],
)
def test_only_an_address_that_a_device_announced_for_itself_is_followed(urls: str, expected: str | None) -> None:
    assert device_service(announcing("192.0.2.64", urls)) == expected


def test_a_password_is_in_no_text_of_ours() -> None:
    mine = MINE["default"]
    assert PASSWORD not in repr(mine)
    assert masked(f"said {PASSWORD}!", mine) == "said ***!"
    assert masked("nothing", Credentials(user="u", password="")) == "nothing"
