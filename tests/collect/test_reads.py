from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from camscan.collect.base import Host, Tally
from camscan.collect.followed import description
from camscan.collect.gathered import outcome
from camscan.collect.line import whole
from camscan.collect.reads import Reads, web_port
from camscan.identify.pattern import Pattern
from camscan.identify.rules import Condition
from camscan.model import Identification, Observation
from tests.collect.asking import BY_MAC_ALONE, FOUND, OK, READ, announced, heard, http, prepared, values
from tests.collect.grounds import Device, Listening, answering, device, fresh_address, server_context

MORE = replace(READ, id="acme.more", path="/more")
THIRD = replace(READ, id="acme.third", path="/third")
REFUSAL = b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="ACME"\r\nContent-Length: 0\r\n\r\n'
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
DESCRIPTION = (
    b'<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device><deviceType>d</deviceType>'
    b"<manufacturer>Acme</manufacturer><modelName>A12</modelName></device></root>"
)


def test_a_read_goes_to_the_port_where_http_answered_and_its_answer_is_observed() -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 8081, answering(OK)) as box:
            made, emitted = prepared(READ)
            await Reads().run(made, [Host(ip=ip, observations=(heard(ip, 8081),))])
        (request,) = box.heard
        lines = bytes(request).split(b"\r\n")
        assert lines[0] == b"GET /info HTTP/1.1"
        assert f"Host: {ip}:8081".encode() in lines
        assert b"User-Agent: camscan/0 (test)" in lines
        (seen,) = emitted
        assert (seen.protocol, seen.collector, seen.port) == ("http", "reads", 8081)
        assert seen.values("http.body") == ("model=A12",)

    asyncio.run(run())


def test_a_post_carries_body_and_length() -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 8081, answering(OK)) as box:
            made, _ = prepared(replace(READ, method="POST", body='{"a":1}', content_type="application/json"))
            await Reads().run(made, [Host(ip=ip, observations=(heard(ip, 8081),))])
        head, _, body = bytes(box.heard[0]).partition(b"\r\n\r\n")
        assert b"Content-Length: 7" in head
        assert b"Content-Type: application/json" in head
        assert body == b'{"a":1}'

    asyncio.run(run())


def test_https_is_used_where_the_port_showed_a_handshake(tmp_path: Path) -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 8443, answering(OK), server_context(tmp_path, ssl.TLSVersion.TLSv1_2)) as box:
            made, emitted = prepared(READ)
            shown = (heard(ip, 8443), heard(ip, 8443, ("tls.version", "TLSv1.2"), protocol="tls"))
            await Reads().run(made, [Host(ip=ip, observations=shown)])
        assert bytes(box.heard[0]).startswith(b"GET /info ")
        assert len(emitted) == 1

    asyncio.run(run())


@pytest.mark.parametrize(
    "found",
    [
        replace(FOUND, maker="other-maker"),
        replace(FOUND, kind="other"),
        replace(FOUND, kind="software"),
        replace(FOUND, model="A12", firmware="1.0"),
        BY_MAC_ALONE,
        Identification(),
    ],
    ids=["another maker", "no camera", "software", "nothing to learn", "MAC alone", "unknown"],
)
def test_a_read_is_not_sent_to(found: Identification) -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 8081, answering(OK)) as box:
            made, emitted = prepared(READ, found=found)
            await Reads().run(made, [Host(ip=ip, observations=(heard(ip, 8081),))])
        assert b"/info" not in [path for asked in paths(box) for path in asked]
        assert emitted == []

    asyncio.run(run())


@pytest.mark.parametrize(("title", "sent"), [("Acme A", 1), ("Router", 0)])
def test_a_read_with_a_condition_waits_for_it(title: str, sent: int) -> None:
    async def run() -> None:
        ip = fresh_address()
        read = replace(READ, when=(Condition(field="http.title", pattern=Pattern("prefix", "Acme")),))
        async with device(ip, 8081, answering(OK, OK)) as box:
            made, _ = prepared(read, found=Identification())
            await Reads().run(made, [Host(ip=ip, observations=(heard(ip, 8081, ("http.title", title)),))])
        assert [path for asked in paths(box) for path in asked].count(b"/info") == sent

    asyncio.run(run())


@pytest.mark.parametrize(("answer", "sent"), [(OK, 2), (REFUSAL, 2), (BUSY, 1), (b"", 1)])
def test_a_device_gets_two_requests_at_most_and_none_twice_and_none_after_503_or_silence(answer: bytes, sent: int) -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 8081, answering(answer, answer, answer)) as box:
            made, _ = prepared(READ, MORE, THIRD)
            await Reads().run(made, [Host(ip=ip, observations=(heard(ip, 8081),))])
        assert [path for asked in paths(box) for path in asked] == [b"/info", b"/more"][:sent]
        assert box.open_at_most == 1

    asyncio.run(run())


def paths(box: Device) -> list[list[bytes]]:
    """Return the paths asked on each connection."""
    return [
        [line.split()[1] for line in bytes(one).split(b"\r\n") if line.startswith((b"GET ", b"POST "))] for one in box.heard
    ]


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ((OK, OK), [[b"/info", b"/more"]]),
        ((OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n"), OK), [[b"/info"], [b"/more"]]),
        ((OK.replace(b"1.1", b"1.0"), OK), [[b"/info"], [b"/more"]]),
        ((REFUSAL, REFUSAL), [[b"/info", b"/more"]]),
    ],
    ids=["kept", "said close", "HTTP/1.0", "401"],
)
def test_two_reads_share_a_connection_that_the_server_keeps(answers: tuple[bytes, ...], asked: list[list[bytes]]) -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 8081, answering(*answers)) as box:
            made, emitted = prepared(READ, MORE)
            await Reads().run(made, [Host(ip=ip, observations=(heard(ip, 8081),))])
        assert paths(box) == asked
        assert len(emitted) == 2
        assert made.net.meter.account(ip).connections == len(asked)

    asyncio.run(run())


def test_a_read_is_sent_anew_only_where_the_server_had_hung_up_without_a_word() -> None:
    async def run() -> None:
        ip = fresh_address()

        async def one_answer(reader: Listening, writer: asyncio.StreamWriter) -> None:
            await reader.request()
            writer.write(OK)
            await writer.drain()

        async with device(ip, 8081, one_answer) as box:
            made, emitted = prepared(READ, MORE, THIRD)
            await Reads().run(made, [Host(ip=ip, observations=(heard(ip, 8081),))])
        assert paths(box) == [[b"/info"], [b"/more"]]
        assert len(emitted) == 2

    asyncio.run(run())


def test_a_read_that_is_left_unanswered_on_a_kept_connection_is_not_sent_anew() -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 8081, answering(OK)) as box:
            made, emitted = prepared(READ, MORE)
            await Reads().run(made, [Host(ip=ip, observations=(heard(ip, 8081),))])
        assert paths(box) == [[b"/info", b"/more"]]
        assert len(emitted) == 1

    asyncio.run(run())


def test_nothing_is_sent_once_enough_is_known() -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 8081, answering(OK)) as box:
            made, _ = prepared(READ, MORE)
            made.enough = lambda host, seen: bool(seen)
            await Reads().run(made, [Host(ip=ip, observations=(heard(ip, 8081),))])
        assert len(box.heard) == 1

    asyncio.run(run())


def test_the_budget_of_connections_holds() -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 8081, answering(OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n"))) as box:
            made, _ = prepared(READ, MORE, connections=1)
            await Reads().run(made, [Host(ip=ip, observations=(heard(ip, 8081),))])
        assert len(box.heard) == 1
        assert made.tally.budget_hosts == {ip}

    asyncio.run(run())


def test_an_excluded_device_is_left_alone() -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 8081, answering(OK)) as box:
            made, _ = prepared(READ, exclude=(ip,))
            await Reads().run(made, [Host(ip=ip, observations=(heard(ip, 8081),))])
        assert box.heard == []

    asyncio.run(run())


def test_the_description_that_ssdp_announced_is_read() -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 5000, answering(http(DESCRIPTION))) as box:
            made, emitted = prepared(found=Identification())
            await Reads().run(made, [announced(ip, "ssdp.location", f"http://{ip}:5000/desc.xml")])
        assert bytes(box.heard[0]).startswith(b"GET /desc.xml HTTP/1.1\r\n")
        assert values(emitted, "upnp.manufacturer") == ["Acme"]

    asyncio.run(run())


def test_a_redirect_is_not_followed() -> None:
    async def run() -> None:
        ip = fresh_address()
        elsewhere = f"HTTP/1.1 302 Found\r\nLocation: http://{ip}:5001/\r\nContent-Length: 0\r\n\r\n".encode()
        async with device(ip, 5000, answering(elsewhere)), device(ip, 5001, answering(OK)) as other:
            made, _ = prepared(found=Identification())
            await Reads().run(made, [announced(ip, "ssdp.location", f"http://{ip}:5000/desc.xml")])
        assert other.heard == []

    asyncio.run(run())


def test_an_answer_without_end_is_cut_at_64_kib() -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 5000, answering(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 300_000)):
            made, emitted = prepared(found=Identification())
            await Reads().run(made, [announced(ip, "ssdp.location", f"http://{ip}:5000/")])
        assert len(emitted) == 1
        assert len(emitted[0].raw) <= 16 * 1024

    asyncio.run(run())


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.9/desc.xml",
        "http://192.0.2.7@192.0.2.9/",
        "ftp://192.0.2.7/",
        "http://192.0.2.7:99999/",
        "http://192.0.2.7:0/",
        "http://192.0.2.7/a b",
        "http://192.0.2.7/decoder_control.cgi?command=0",
        "http://192.0.2.7/ISAPI/System/reboot",
        "http://192.0.2.7/%72eboot",
        "http://192.0.2.7/a\r\nCookie: x",
        "http://[192.0.2.7/",
        "http://192.0.2.7/" + "a" * 600,
        "",
    ],
)
def test_a_description_elsewhere_or_of_odd_form_is_never_asked_for(url: str) -> None:
    assert description(announced("192.0.2.7", "ssdp.location", url)).url is None


@pytest.mark.parametrize(
    "place",
    [
        ":9100/desc.xml",
        ":515/desc.xml",
        ":631/desc.xml",
        "/axis-cgi/restart.cgi",
        "/axis-cgi/restart.xml",
        "/snapshot.jpg",
        "/image.png",
        "/desc.jpg",
        "/desc/../x.xml",
        "/System/configurationFile.xml",
        "/users.xml",
        "/System/shutdown",
        "/restore.xml",
        "/live/stream1",
        "/desc.xml;reboot=1",
        "/upnp/a=b",
        "/x?desc.xml",
    ],
)
def test_an_address_that_is_no_description_by_its_form_is_refused_and_that_is_told(place: str) -> None:
    found = description(announced("192.0.2.7", "ssdp.location", f"http://192.0.2.7{place}"))
    assert found.url is None
    assert found.refused.startswith("UPnP description at /")


@pytest.mark.parametrize(
    "place",
    [
        "",
        ":50510/",
        ":49152/rootdesc1.xml",
        ":80/IPCamDesc.xml",
        "/upnp_eth0.xml",
        "/wps_device.xml",
        "/setup.xml",
        "/dd.xml",
        "/ssdp/device-desc.xml",
        "/DeviceDescription",
        "/description",
        "/upnp/desc",
        "/upnp/uuid:0-1/dev.xml",
    ],
)
def test_the_usual_places_of_descriptions_are_followed(place: str) -> None:
    url = f"http://192.0.2.7{place}"
    assert description(announced("192.0.2.7", "ssdp.location", url)).url == url


def test_what_a_device_handed_out_and_was_not_followed_stands_in_the_attempt() -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 5000, answering(OK)) as box:
            made, _ = prepared()
            location = ("ssdp.location", f"http://{ip}:5000/axis-cgi/restart.cgi")
            service = ("wsd.xaddrs", f"http://{ip}:5000/cgi-bin/restart.cgi")
            await Reads().run(made, [Host(ip=ip, observations=(heard(ip, 3702, location, service, protocol="wsd"),))])
        assert box.heard == []
        _, _, detail = outcome(made.tally)
        assert f"{ip}: ONVIF at /cgi-bin/restart.cgi, which was announced in its name, was not asked" in detail
        assert f"{ip}: UPnP description at /axis-cgi/restart.cgi" in detail

    asyncio.run(run())


def test_of_a_flood_of_such_addresses_the_first_are_named_and_the_others_counted() -> None:
    tally = Tally(refused={f"192.0.2.{number}: x" for number in range(200)})
    _, _, detail = outcome(tally)
    assert (detail.count("192.0.2."), "168 more" in detail) == (32, True)


@pytest.mark.parametrize(
    ("shown", "port"),
    [
        ((), None),
        ((heard("192.0.2.7", 8080), heard("192.0.2.7", 80)), 80),
        (
            (heard("192.0.2.7", 8080), heard("192.0.2.7", 443), heard("192.0.2.7", 443, ("tls.version", "x"), protocol="tls")),
            8080,
        ),
        ((heard("192.0.2.7", 80, ("http.location", "https://192.0.2.7/")), heard("192.0.2.7", 8443)), 8443),
        ((heard("192.0.2.7", 80, ("http.status", "503")),), None),
    ],
)
def test_the_web_server_that_is_asked(shown: tuple[Observation, ...], port: int | None) -> None:
    assert web_port(Host(ip="192.0.2.7", observations=shown)) == port


@pytest.mark.parametrize(
    ("buffer", "complete"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", True),
        (b"HTTP/1.1 200 OK\r\n\r\nab", False),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", True),
    ],
)
def test_a_response_is_whole_when_its_stated_bytes_came(buffer: bytes, complete: bool) -> None:
    assert whole(buffer) is complete
