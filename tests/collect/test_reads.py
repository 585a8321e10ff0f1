from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from camscan.collect.base import Ground, Host
from camscan.collect.line import whole
from camscan.collect.reads import Reads, description, web_port
from camscan.identify.pattern import Pattern
from camscan.identify.reads import Read
from camscan.identify.rules import Condition
from camscan.model import Confidence, Evidence, Identification, Observation
from tests.collect.grounds import Device, Listening, answering, device, fresh_address, ground, server_context
from tests.factories import observation

FOUND = Identification(
    maker="acme",
    confidence=Confidence.FIRM,
    evidence=(
        Evidence(
            fingerprint="acme.rtsp.realm",
            field="rtsp.auth.realm",
            value="ACME",
            observation=0,
            layer="shipped",
            says=(("maker", "acme"),),
            editable=False,
            witness="realm",
        ),
    ),
)
BY_MAC_ALONE = replace(FOUND, confidence=Confidence.TENTATIVE, evidence=(replace(FOUND.evidence[0], witness="oui"),))
READ = Read(id="acme.info", makers=("acme",), method="GET", path="/info", tells=("model", "firmware"))
MORE = replace(READ, id="acme.more", path="/more")
THIRD = replace(READ, id="acme.third", path="/third")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nmodel=A12"
REFUSAL = b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="ACME"\r\nContent-Length: 0\r\n\r\n'
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
DESCRIPTION = (
    b'<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device><deviceType>d</deviceType>'
    b"<manufacturer>Acme</manufacturer><modelName>A12</modelName></device></root>"
)
INFORMATION = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><GetDeviceInformationResponse>'
    b"<Manufacturer>Acme</Manufacturer><Model>A12</Model></GetDeviceInformationResponse></s:Body></s:Envelope>"
)


def http(content: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content


def heard(ip: str, port: int, *fields: tuple[str, str], protocol: str = "http") -> Observation:
    return observation(protocol=protocol, ip=ip, port=port, fields=tuple(sorted(fields or (("http.status", "200"),))))


def prepared(
    *reads: Read, found: Identification = FOUND, exclude: tuple[str, ...] = (), connections: int | None = None
) -> tuple[Ground, list[Observation]]:
    made, emitted = ground(exclude=exclude, connections=connections)
    made.reads = reads
    made.identify = lambda host, seen: found
    return made, emitted


def values(observations: Sequence[Observation], name: str) -> list[str]:
    return [value for seen in observations for value in seen.values(name)]


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


def announced(ip: str, name: str, url: str) -> Host:
    return Host(ip=ip, observations=(heard(ip, 3702, (name, url), protocol=name.partition(".")[0]),))


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
    assert description(announced("192.0.2.7", "ssdp.location", url)) is None


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
