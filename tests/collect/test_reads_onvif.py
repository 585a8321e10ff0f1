"""What is asked of ONVIF without an account: the calls that are open to everybody."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from camscan.collect.reads import Reads
from camscan.model import Identification, Observation
from tests.collect.asking import BY_MAC_ALONE, FOUND, OK, READ, announced, heard, http, prepared, values
from tests.collect.grounds import Device, answering, device, fresh_address

INFORMATION = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><GetDeviceInformationResponse>'
    b"<Manufacturer>Acme</Manufacturer><Model>A12</Model></GetDeviceInformationResponse></s:Body></s:Envelope>"
)


def test_device_information_is_asked_of_onvif_without_credentials_where_the_model_is_missing() -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 2020, answering(http(INFORMATION), http(INFORMATION))) as box:
            made, emitted = prepared()
            await Reads().run(made, [announced(ip, "wsd.xaddrs", f"http://{ip}:2020/onvif/device_service")])
        assert bytes(box.heard[0]).startswith(b"POST /onvif/device_service HTTP/1.1\r\n")
        assert b"Security" not in box.heard[0]
        assert set(values(emitted, "onvif.model")) == {"A12"}

    asyncio.run(run())


REFUSED_BY_SOAP = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code>'
    b"<s:Reason><s:Text>Sender not Authorized</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>"
)


SERVICES = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><GetServicesResponse><Service>'
    b"<Namespace>urn:acme</Namespace><XAddr>http://192.0.2.1/acme</XAddr></Service></GetServicesResponse></s:Body></s:Envelope>"
)


LOGIN_WANTED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"


def calls(box: Device) -> list[str]:
    """Return the operations that a device service was asked for, in order."""
    parts = [part for heard in box.heard for part in bytes(heard).split(b"<s:Body><")[1:]]
    return [part.partition(b" ")[0].decode() for part in parts]


def asked_of_onvif(*answers: bytes, found: Identification = BY_MAC_ALONE) -> tuple[list[str], int, list[Observation]]:
    """Return what a device service was asked that gives these answers, over how many connections, and what was observed."""

    async def run() -> tuple[list[str], int, list[Observation]]:
        ip = fresh_address()
        async with device(ip, 2020, answering(*answers)) as box:
            made, emitted = prepared(found=found)
            await Reads().run(made, [announced(ip, "wsd.xaddrs", f"http://{ip}:2020/onvif/device_service")])
        return calls(box), len(box.heard), emitted

    return asyncio.run(run())


def test_where_the_device_information_is_refused_what_is_open_to_everybody_is_asked_over_one_connection() -> None:
    asked, connections, emitted = asked_of_onvif(*[http(REFUSED_BY_SOAP)] * 5)
    assert asked == ["GetDeviceInformation", "GetHostname", "GetEndpointReference", "GetServices", "GetCapabilities"]
    assert connections == 1
    assert all(one.protocol == "http" for one in emitted)


def test_capabilities_are_not_asked_of_a_device_that_listed_its_services() -> None:
    asked, _, emitted = asked_of_onvif(*[http(REFUSED_BY_SOAP)] * 3, http(SERVICES))
    assert asked[-1] == "GetServices"
    assert values(emitted, "onvif.service") == ["urn:acme"]


def test_a_device_service_that_closes_after_an_answer_is_asked_once() -> None:
    asked, connections, _ = asked_of_onvif(*[http(REFUSED_BY_SOAP).replace(b"\r\n", b"\r\nConnection: close\r\n", 1)] * 5)
    assert (asked, connections) == (["GetDeviceInformation"], 1)


def test_only_what_can_tell_what_is_open_is_asked() -> None:
    asked, _, _ = asked_of_onvif(*[http(REFUSED_BY_SOAP)] * 2, found=FOUND)  # its model alone is missing
    assert asked == ["GetDeviceInformation", "GetHostname"]


def test_a_device_that_wants_a_login_for_what_is_open_to_everybody_is_asked_no_more() -> None:
    asked, _, _ = asked_of_onvif(*[LOGIN_WANTED] * 5)
    assert asked == ["GetDeviceInformation", "GetHostname"]


def test_all_calls_of_a_device_service_are_one_of_two_reads() -> None:
    async def run() -> tuple[list[bytes], list[str]]:
        ip = fresh_address()
        async with (
            device(ip, 8081, answering(OK, OK, OK)) as box,
            device(ip, 2020, answering(*[http(INFORMATION)] * 5)) as soap,
        ):
            made, _ = prepared(READ)
            host = announced(ip, "wsd.xaddrs", f"http://{ip}:2020/onvif/device_service")
            found = announced(ip, "ssdp.location", f"http://{ip}:8081/desc.xml")
            seen = (heard(ip, 8081), *host.observations, *found.observations)
            await Reads().run(made, [replace(host, observations=seen)])
        return [line for one in box.heard for line in bytes(one).split(b"\r\n") if line.startswith(b"GET ")], calls(soap)

    asked, of_onvif = asyncio.run(run())
    assert asked == [b"GET /info HTTP/1.1"]
    assert of_onvif == ["GetDeviceInformation", "GetHostname"]


@pytest.mark.parametrize("credentials", [("default",), ("own",)])
def test_onvif_is_not_asked_without_credentials_where_it_is_asked_with_them(credentials: tuple[str, ...]) -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 2020, answering(http(INFORMATION))) as box:
            made, _ = prepared()
            keys = [ip if one == "own" else one for one in credentials]
            await Reads(keys).run(made, [announced(ip, "wsd.xaddrs", f"http://{ip}:2020/onvif/device_service")])
        assert box.heard == []

    asyncio.run(run())


def test_onvif_is_not_asked_where_maker_and_model_are_known() -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 2020, answering(http(INFORMATION))) as box:
            made, _ = prepared(found=replace(FOUND, model="A12"))
            await Reads().run(made, [announced(ip, "wsd.xaddrs", f"http://{ip}:2020/onvif/device_service")])
        assert box.heard == []

    asyncio.run(run())
