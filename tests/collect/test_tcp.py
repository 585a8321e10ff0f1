"""The TCP driver against servers on loopback. Ports above 1023 only, so that no privilege is needed."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from camscan.collect import tcp
from camscan.collect.base import Host
from tests import factories
from tests.collect.grounds import Listening, answering, device, fresh_address, ground, server_context, speaking
from tests.collect.visits import OPTIONS, PAGE, ports, values, visit

REFUSAL = b'RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm="IP Camera(C0000)", nonce="0"\r\n\r\n'
ALERT = bytes.fromhex("15030100020246")
HTTPS_ONLY = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 45\r\n\r\nThe plain HTTP request was sent to HTTPS port"


def test_a_web_server_is_asked_once_on_one_connection() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        here.macs[ip] = factories.CAMERA_MAC
        async with device(ip, 8000, answering(PAGE)) as camera:
            await visit(here, Host(ip=ip))
        (heard,) = camera.heard
        front, asked_once_more, _ = bytes(heard).split(b"\r\n\r\n")
        assert front == (
            f"GET / HTTP/1.1\r\nHost: {ip}:8000\r\nUser-Agent: camscan/0 (test)\r\nAccept: */*\r\nConnection: keep-alive".encode()
        )
        assert asked_once_more.startswith(b"GET /camscan-control-")
        assert values(seen, "http.title") == ["NETSurveillance WEB"]
        assert ports(seen) == ["8000"]
        page = next(one for one in seen if one.protocol == "http")
        assert (page.ip, page.port, page.link_mac, page.raw, page.site) == (ip, 8000, factories.CAMERA_MAC, PAGE, "Łódź")
        assert (here.tally.received, here.tally.undecoded, here.tally.unfinished) == (1, 0, [])

    asyncio.run(story())


def test_a_stream_server_is_asked_for_verbs_and_description_on_one_connection() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, 8554, answering(OPTIONS, REFUSAL)) as camera:
            await visit(here, Host(ip=ip))
        (heard,) = camera.heard
        assert [line.split()[0] for line in bytes(heard).split(b"\r\n\r\n")[:2]] == [b"OPTIONS", b"DESCRIBE"]
        assert f"rtsp://{ip}:8554/ ".encode() in heard
        assert values(seen, "rtsp.auth.realm") == ["IP Camera(C0000)"]
        assert values(seen, "rtsp.status") == ["200", "401"]

    asyncio.run(story())


def test_a_stream_server_that_hangs_up_after_options_is_called_once_more() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        answers = iter((OPTIONS, REFUSAL))

        async def one_answer(reader: Listening, writer: asyncio.StreamWriter) -> None:
            await reader.request()
            writer.write(next(answers))
            await writer.drain()
            writer.close()

        async with device(ip, 8554, one_answer) as camera:
            await visit(here, Host(ip=ip))
        assert [bytes(heard).split()[0] for heard in camera.heard] == [b"OPTIONS", b"DESCRIBE"]
        assert values(seen, "rtsp.auth.realm") == ["IP Camera(C0000)"]

    asyncio.run(story())


def test_a_stream_server_that_falls_silent_after_options_is_left_alone() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, 8554, answering(OPTIONS)) as camera:
            await visit(here, Host(ip=ip))
        assert len(camera.heard) == 1
        assert values(seen, "rtsp.status") == ["200"]

    asyncio.run(story())


@pytest.mark.parametrize(("version", "name"), [(ssl.TLSVersion.TLSv1_2, "TLS 1.2"), (ssl.TLSVersion.TLSv1_3, "TLS 1.3")])
def test_certificate_and_page_come_from_one_connection(version: ssl.TLSVersion, name: str, tmp_path: Path) -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, 8443, answering(PAGE), server_context(tmp_path, version)) as camera:
            await visit(here, Host(ip=ip))
        assert len(camera.heard) == 1
        assert values(seen, "tls.subject") == ["CN=TPRI-DEVICE,O=TPRI"]
        assert values(seen, "tls.version") == [name]
        assert values(seen, "http.title") == ["NETSurveillance WEB"]
        assert ports(seen) == ["8443"]

    asyncio.run(story())


def test_a_server_without_tls_on_a_port_for_tls_is_asked_in_plain_http_once() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        connections = 0

        async def plain(reader: Listening, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            if connections == 1:
                writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                await writer.drain()
                return
            await answering(PAGE)(reader, writer)

        async with device(ip, 8443, plain) as camera:
            await visit(here, Host(ip=ip))
        assert len(camera.heard) == 2
        assert values(seen, "http.title") == ["NETSurveillance WEB"]
        assert values(seen, "tls.version") == []

    asyncio.run(story())


def test_the_control_is_asked_once_of_a_host_on_a_connection_that_is_open_anyway() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, 8000, answering(PAGE, PAGE)) as first, device(ip, 8080, answering(PAGE, PAGE)) as second:
            await visit(here, Host(ip=ip))
        assert [[line.split(b" ")[1][:17] for line in bytes(heard).split(b"\r\n\r\n")[:-1]] for heard in first.heard] == [
            [b"/", b"/camscan-control-"]
        ]
        assert [bytes(heard).count(b"\r\n\r\n") for heard in second.heard] == [1]
        assert values(seen, "http.control.title") == ["NETSurveillance WEB"]

    asyncio.run(story())


@pytest.mark.parametrize(
    "answer",
    [
        PAGE.replace(b"\r\nServer", b"\r\nConnection: close\r\nServer"),
        PAGE.replace(b"HTTP/1.1 200 OK", b"HTTP/1.0 200 OK"),
        PAGE.replace(b"200 OK", b"503 Busy"),
        PAGE.replace(b"Content-Length: 35", b"Content-Length: 30"),
    ],
    ids=["closes", "1.0", "busy", "more than stated"],
)
def test_a_server_that_closes_or_asks_to_be_spared_is_not_asked_for_the_control(answer: bytes) -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, 8000, answering(answer)) as camera, device(ip, 8080, answering(PAGE, PAGE)) as other:
            await visit(here, Host(ip=ip))
        assert [bytes(heard).count(b"\r\n\r\n") for heard in camera.heard] == [1]
        assert [bytes(heard).count(b"\r\n\r\n") for heard in other.heard] == [2]
        assert len(values(seen, "http.status")) == 2

    asyncio.run(story())


@pytest.mark.parametrize("refusal", [ALERT, HTTPS_ONLY], ids=["alert", "400"])
def test_a_tls_server_on_a_plain_port_is_asked_in_tls_once(refusal: bytes, tmp_path: Path) -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        context = server_context(tmp_path, ssl.TLSVersion.TLSv1_2)
        connections = 0

        async def refuses_first(reader: Listening, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            if connections == 1:
                await reader.request()
                writer.write(refusal)
                await writer.drain()
                return
            await writer.start_tls(context)
            await answering(PAGE)(reader, writer)

        async with device(ip, 8080, refuses_first) as camera:
            await visit(here, Host(ip=ip))
        assert len(camera.heard) == 2
        assert values(seen, "tls.subject") == ["CN=TPRI-DEVICE,O=TPRI"]
        assert "NETSurveillance WEB" in values(seen, "http.title")

    asyncio.run(story())


def test_a_stream_server_on_a_web_port_is_asked_in_its_own_protocol() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        answers = iter((b"RTSP/1.0 400 Bad Request\r\nCSeq: 0\r\n\r\n", OPTIONS, REFUSAL))

        async def stream(reader: Listening, writer: asyncio.StreamWriter) -> None:
            while True:
                await reader.request()
                writer.write(next(answers))
                await writer.drain()

        async with device(ip, 8080, stream) as camera:
            await visit(here, Host(ip=ip))
        assert [bytes(heard).split()[0] for heard in camera.heard] == [b"GET", b"OPTIONS"]
        assert values(seen, "rtsp.auth.realm") == ["IP Camera(C0000)"]

    asyncio.run(story())


def test_an_open_port_that_stays_silent_is_reported_and_asked_once() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, 8000, speaking(b"")) as camera:
            await visit(here, Host(ip=ip))
        assert len(camera.heard) == 1
        assert [one.protocol for one in seen] == ["tcp"]
        assert ports(seen) == ["8000"]

    asyncio.run(story())


@pytest.mark.parametrize("port", sorted(tcp.QUIET_PORTS))
def test_ports_of_vendor_sdks_are_never_spoken_to(port: int) -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with device(ip, port, speaking(b"\xff\x00unknown")) as camera:
            await visit(here, Host(ip=ip))
        assert [bytes(heard) for heard in camera.heard] == [b""]
        (found,) = seen
        assert (found.fields, found.raw) == ((("tcp.port", str(port)),), b"\xff\x00unknown")
        assert (here.tally.undecoded, here.tally.sample) == (1, b"\xff\x00unknown")

    asyncio.run(story())


def test_a_server_that_speaks_first_on_an_announced_port_is_only_listened_to() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        announced = factories.observation((("sadp.http_port", "9122"),), ip=ip)
        async with device(ip, 9122, speaking(b"SSH-2.0-dropbear_2018.76\r\n")) as camera:
            await visit(here, Host(ip=ip, observations=(announced,)))
        assert [bytes(heard) for heard in camera.heard] == [b""]
        assert values(seen, "ssh.banner") == ["SSH-2.0-dropbear_2018.76"]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("port", "said", "name", "value"),
    [
        (2222, b"SSH-2.0-dropbear_2018.76\r\n\0\0\1\x0ckeys", "ssh.banner", "SSH-2.0-dropbear_2018.76"),
        (2121, b"220-AXIS Q3517\r\n|220 ready.\r\n", "ftp.banner", "220-AXIS Q3517\n220 ready."),
        (2323, b"\xff\xfb\x01\xff\xfb\x03|Welcome to AutoDome 800 HD\r\n|login: ", "telnet.banner", "Welcome to AutoDome 800 HD\nlogin: "),
        (2323, b"HTTP/1.1 400 Bad Request\r\n\r\n", "telnet.banner", None),
        (2222, b"RTSP/1.0 400 Bad Request\r\n\r\n", "rtsp.status", "400"),
        (2121, b"", "ftp.banner", None),
        (2323, b"\xff\xfd\x18", "telnet.banner", None),
    ],
    ids=["ssh", "ftp in pieces", "telnet in pieces", "http", "rtsp", "silent", "negotiation alone"],
)  # fmt: skip
def test_greetings_are_read_and_never_answered(port: int, said: bytes, name: str, value: str | None) -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        announced = factories.observation((("sadp.http_port", str(port)),), ip=ip)

        async def in_pieces(reader: Listening, writer: asyncio.StreamWriter) -> None:
            for piece in said.split(b"|"):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.05)
            await reader.rest()

        async with device(ip, port, in_pieces) as camera:
            await visit(here, Host(ip=ip, observations=(announced,)))
        assert [bytes(heard) for heard in camera.heard] == [b""]
        assert values(seen, name) == ([value] if value else [])
        assert ports(seen) == [str(port)]
        assert here.net.meter.account(ip).requests == 0
        assert here.tally.undecoded == 0

    asyncio.run(story())


def test_the_line_of_ssh_is_kept_without_the_keys_that_change_each_time() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        announced = factories.observation((("sadp.http_port", "2222"),), ip=ip)
        async with device(ip, 2222, speaking(b"SSH-2.0-OpenSSH_9.2\r\n\0\0\4\x1c\x06\x14random")):
            await visit(here, Host(ip=ip, observations=(announced,)))
        (line,) = [one.raw for one in seen if one.protocol == "banner"]
        assert line == b"SSH-2.0-OpenSSH_9.2\r\n"

    asyncio.run(story())


def test_a_greeting_that_never_ends_is_cut() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        announced = factories.observation((("sadp.http_port", "2323"),), ip=ip)

        async def endless(reader: Listening, writer: asyncio.StreamWriter) -> None:
            while True:
                writer.write(b"welcome\r\n" * 64)
                await writer.drain()
                await asyncio.sleep(0.01)

        async with device(ip, 2323, endless):
            await visit(here, Host(ip=ip, observations=(announced,)))
        assert [len(one.raw) for one in seen if one.protocol == "banner"] == [tcp.GREETING_LIMIT]

    asyncio.run(story())


def test_ftp_telnet_and_ssh_are_asked_after_everything_that_cameras_announce_or_use() -> None:
    announced = factories.observation((("dhip.http_port", "8123"),))
    order = tcp.ports_of(Host(ip="192.0.2.64", observations=(announced,)))
    assert order[-3:] == (21, 23, 22)
    assert {tcp.way_of(port) for port in (21, 22, 23)} == {tcp.Way.LISTEN}


def test_ports_of_printers_are_not_asked_because_a_device_announced_them_and_that_is_told() -> None:
    async def run() -> None:
        here, _ = ground()
        ip = fresh_address()
        said = (
            ("sadp.http_port", "9100"),
            ("ssdp.location", f"http://{ip}:515/desc.xml"),
            ("wsd.xaddrs", f"http://{ip}:631/onvif/device_service"),
        )
        host = Host(ip=ip, observations=(factories.observation(said, ip=ip),))
        assert not {515, 631, 9100} & set(tcp.ports_of(host))
        async with device(ip, 9100, answering(PAGE)) as printer:
            await visit(here, host)
        assert printer.heard == []
        assert here.tally.refused == {
            f"{ip}: announced, and not asked, because printers print what is sent there: port 515, 631, 9100"
        }

    asyncio.run(run())


@pytest.mark.parametrize("way", [tcp.Way.LISTEN, tcp.Way.QUIET])
def test_no_answer_makes_us_speak_on_a_port_that_is_only_listened_to(way: tcp.Way) -> None:
    for said in (b"RTSP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", ALERT, HTTPS_ONLY):
        assert tcp.another_way(way, tcp.Talk(received=said)) is None


def test_an_announced_port_that_waits_is_asked_in_http() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        announced = factories.observation(
            (("wsd.xaddrs", f"http://192.0.2.1:9123/x http://{ip}:9124/onvif/device_service"),), ip=ip
        )
        async with device(ip, 9124, answering(PAGE)), device(ip, 9123, answering(PAGE)) as elsewhere:
            await visit(here, Host(ip=ip, observations=(announced,)))
        assert values(seen, "http.title") == ["NETSurveillance WEB"]
        assert elsewhere.heard == []

    asyncio.run(story())


@pytest.mark.parametrize(
    ("ip", "port", "way", "expected"),
    [
        ("192.0.2.64", 80, tcp.Way.HTTP, "192.0.2.64"),
        ("192.0.2.64", 443, tcp.Way.TLS, "192.0.2.64"),
        ("192.0.2.64", 443, tcp.Way.HTTP, "192.0.2.64:443"),
        ("192.0.2.64", 554, tcp.Way.RTSP, "192.0.2.64:554"),
        ("2001:db8::64", 8000, tcp.Way.HTTP, "[2001:db8::64]:8000"),
    ],
)
def test_hosts_are_written_as_urls_write_them(ip: str, port: int, way: tcp.Way, expected: str) -> None:
    assert tcp.authority(ip, port, way) == expected
