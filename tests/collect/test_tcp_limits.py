"""What ends a visit over TCP: floods, budgets, closed ports, and enough being known."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import replace

from camscan.collect import tcp
from camscan.collect.base import Host
from camscan.collect.pace import SYNS_PER_DEVICE
from camscan.model import MAX_RAW
from tests import factories
from tests.collect.grounds import Listening, answering, device, fresh_address, ground
from tests.collect.visits import PAGE, ports, values, visit


def test_a_flood_is_cut_and_the_visit_goes_on() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()

        async def flood(reader: Listening, writer: asyncio.StreamWriter) -> None:
            await reader.request()
            while True:
                writer.write(b"HTTP/1.1 200 OK\r\nX-Junk: " + b"x" * 65_536)
                await writer.drain()

        async with device(ip, 8000, flood), device(ip, 8080, answering(PAGE)):
            await visit(here, Host(ip=ip))
        assert all(len(one.raw) <= MAX_RAW for one in seen)
        assert "NETSurveillance WEB" in values(seen, "http.title")

    asyncio.run(story())


def test_an_answer_that_drips_is_cut_off_in_time_and_kept_as_far_as_it_came() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()

        async def drip(reader: Listening, writer: asyncio.StreamWriter) -> None:
            await reader.request()
            writer.write(b"HTTP/1.1 200 OK\r\nServer: slow\r\n")
            while True:
                writer.write(b"X")
                await writer.drain()
                await asyncio.sleep(0.05)

        began = asyncio.get_running_loop().time()
        async with device(ip, 8000, drip):
            await visit(here, Host(ip=ip))
        assert asyncio.get_running_loop().time() - began < 6
        assert values(seen, "http.server") == ["slow"]
        assert "truncated" in values(seen, "http.quirk")

    asyncio.run(story())


def test_a_reset_keeps_what_came_before_and_ends_only_that_port() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()

        async def reset(reader: Listening, writer: asyncio.StreamWriter) -> None:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        async with device(ip, 8000, reset), device(ip, 8080, answering(PAGE)):
            await visit(here, Host(ip=ip))
        assert ports(seen) == ["8000", "8080"]
        assert values(seen, "http.title") == ["NETSurveillance WEB"]

    asyncio.run(story())


def test_a_server_that_closes_its_half_at_once_is_still_heard() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()

        async def half_close(reader: Listening, writer: asyncio.StreamWriter) -> None:
            await reader.request()
            writer.write(b"HTTP/1.0 200 OK\r\nServer: thttpd\r\n\r\n<title>x</title>")
            writer.write_eof()
            await reader.rest()

        async with device(ip, 8000, half_close):
            await visit(here, Host(ip=ip))
        assert values(seen, "http.title") == ["x"]

    asyncio.run(story())


def test_a_spent_budget_ends_the_visit_and_is_noted() -> None:
    async def story() -> None:
        ip, other = fresh_address(), fresh_address()
        here, seen = ground(connections=2)
        async with (
            device(ip, 8000, answering(PAGE)),
            device(ip, 8080, answering(PAGE)),
            device(ip, 8899, answering(PAGE)) as third,
            device(other, 8000, answering(PAGE)),
        ):
            await visit(here, Host(ip=ip), Host(ip=other))
        assert third.heard == []
        assert here.tally.budget_hosts == {ip}
        assert [one.ip for one in seen if one.protocol == "http"].count(other) == 1

    asyncio.run(story())


def test_refused_ports_cost_no_connection() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground(connections=1)
        async with device(ip, 8899, answering(PAGE)):
            await visit(here, Host(ip=ip))
        assert ports(seen) == ["8899"]
        account = here.net.meter.account(ip)
        assert (account.connections, account.requests) == (1, 2)
        assert account.syns > 1

    asyncio.run(story())


def test_a_device_never_holds_two_connections_of_a_polite_run() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, _ = ground()
        async with device(ip, 8000, answering(PAGE)) as camera:
            await visit(here, Host(ip=ip), Host(ip=ip), Host(ip=ip))
        assert len(camera.heard) == 3
        assert camera.open_at_most == 1

    asyncio.run(story())


def test_a_visit_ends_when_enough_is_known() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        here = replace(here, enough=lambda host, known: bool(values(known, "http.title")))
        async with device(ip, 8000, answering(PAGE)), device(ip, 8080, answering(PAGE)) as second:
            await visit(here, Host(ip=ip))
        assert second.heard == []
        assert ports(seen) == ["8000"]

    asyncio.run(story())


def test_a_device_that_is_excluded_by_its_mac_is_not_visited() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground(exclude=(factories.CAMERA_MAC,))
        async with device(ip, 8000, answering(PAGE)) as camera:
            await visit(here, Host(ip=ip, mac=factories.CAMERA_MAC), Host(ip="192.0.2.7"))
        assert (camera.heard, seen) == ([], [])
        assert here.net.meter.account("192.0.2.7").packets == 0

    asyncio.run(story())


def test_the_usual_ports_come_first_then_what_the_device_announced() -> None:
    announced = (
        factories.observation((("sadp.command_port", "8001"), ("sadp.http_port", "8123"))),
        factories.observation((("ssdp.location", "http://192.0.2.64:49152/rootdesc.xml"), ("ssdp.location", "http://[bad"))),
        factories.observation((("tcp.port", "99999"), ("tcp.port", "443"))),
    )
    order = tcp.ports_of(Host(ip="192.0.2.64", observations=announced))
    assert order == (80, 443, 554, 8123, 49152, *tcp.FURTHER_PORTS)


def test_a_device_cannot_announce_more_ports_than_a_visit_has_time_for() -> None:
    announced = factories.observation(tuple(("dhip.http_port", str(port)) for port in range(10_000, 10_050)))
    usual = len(tcp.FIRST_PORTS) + len(tcp.FURTHER_PORTS)
    assert len(tcp.ports_of(Host(ip="192.0.2.64", observations=(announced,)))) == usual + tcp.SUGGESTED_AT_MOST
    assert usual + tcp.SUGGESTED_AT_MOST < SYNS_PER_DEVICE
