"""Which announced places of services are asked, with or without an account, and which never."""

from __future__ import annotations

import asyncio

import pytest

from camscan.collect.followed import service
from tests.collect.grounds import device, fresh_address, ground
from tests.collect.services import SERVICES, announcing, ask, gate, operations, serving


@pytest.mark.parametrize("url", ["http://192.0.2.9/onvif/media", "http://{ip}:8001/onvif/media", "http://[/x", ""])
def test_a_media_service_elsewhere_is_not_followed(url: str) -> None:
    async def story() -> None:
        ip = fresh_address()
        here, _ = ground()
        async with device(ip, 8000, serving(None, {"GetServices": SERVICES.format(url.format(ip=ip))})) as camera:
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/device_service"))
        assert "GetProfiles" not in operations(camera, signed=False)
        assert set(here.net.meter.accounts) == {ip}

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
    assert service(announcing("192.0.2.64", urls)).url == expected


@pytest.mark.parametrize(
    "place",
    [
        "/cgi-bin/admin/reboot.cgi",
        "/axis-cgi/restart.cgi",
        "/onvif/../cgi-bin/x",
        "/onvif/%2e%2e/x",
        "/onvif/restart",
        "/onvif/x.cgi",
        "/onvif;x",
        "/ISAPI/System/reboot",
        "/onvif-bin",
    ],
)
def test_no_path_but_that_of_a_service_is_asked_with_or_without_the_account_and_that_is_told(place: str) -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, 8000, serving(gate("token"))) as camera:
            await ask(here, announcing(ip, f"http://{ip}:8000{place}"))
        assert (camera.heard, seen) == ([], [])
        (gap,) = here.tally.unfinished
        assert gap.startswith(f"{ip}: ONVIF at {place}, which was announced in its name, was not asked")

    asyncio.run(story())


@pytest.mark.parametrize("port", [515, 631, 9100])
def test_a_port_of_printers_is_no_place_of_a_service(port: int) -> None:
    asked = service(announcing("192.0.2.64", f"http://192.0.2.64:{port}/onvif/device_service"))
    assert asked.url is None
    assert f"port {port} is one of printers" in asked.refused


@pytest.mark.parametrize(
    "url",
    ["http://192.0.2.64", "http://192.0.2.64:8080/", "http://192.0.2.64/onvif/Device1", "http://192.0.2.64/ONVIF/services"],
)
def test_the_places_of_services_are_followed(url: str) -> None:
    assert service(announcing("192.0.2.64", url)).url == url


def test_the_next_address_is_taken_where_the_first_is_refused() -> None:
    asked = service(announcing("192.0.2.64", "http://192.0.2.64/x.cgi http://192.0.2.64/onvif/device_service"))
    assert asked.url == "http://192.0.2.64/onvif/device_service"
    assert "/x.cgi" in asked.refused


def test_a_media_service_at_another_path_is_not_asked_and_that_is_told() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, _ = ground()
        services = SERVICES.format(f"http://{ip}:8000/cgi-bin/restart.cgi")
        async with device(ip, 8000, serving(gate("token"), {"GetServices": services})) as camera:
            await ask(here, announcing(ip, f"http://{ip}:8000/onvif/device_service"))
        assert not any(b"restart" in bytes(heard) for heard in camera.heard)
        assert here.tally.unfinished == [f"{ip}: ONVIF: the media service stands at no path of one: not asked"]

    asyncio.run(story())
