"""The icon of a front page: asked for where the maker stays open, on the connection that is there."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from camscan.collect.base import Host
from camscan.collect.reads import Reads
from camscan.model import Confidence, Identification, Observation
from tests.collect.grounds import answering, device, fresh_address
from tests.collect.test_reads import BUSY, FOUND, MORE, OK, READ, THIRD, heard, http, paths, prepared, values
from tests.lab.simulators.favicon import icon_with_hash

ICON = icon_with_hash(2019488876)
LINK = '<html><head><link rel="shortcut icon" href="{}"></head></html>'
UNKNOWN = Identification()


def page(ip: str, *more: tuple[str, str], body: str = "<html></html>") -> Observation:
    return heard(ip, 8081, ("http.status", "200"), ("http.body", body), *more)


def test_the_icon_of_a_device_whose_maker_stays_open_is_hashed() -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 8081, answering(http(ICON))) as box:
            made, emitted = prepared(found=UNKNOWN)
            await Reads().run(made, [Host(ip=ip, observations=(page(ip),))])
        assert paths(box) == [[b"/favicon.ico"]]
        (seen,) = emitted
        assert seen.values("http.favicon.mmh3") == ("2019488876",)
        assert [name for name, _ in seen.fields] == ["http.favicon.md5", "http.favicon.mmh3"]
        assert (seen.protocol, seen.collector, seen.port) == ("http", "reads", 8081)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("/images/logo.png?v=2", b"/images/logo.png"),
        ("//203.0.113.5/fav.ico", b"/favicon.ico"),
        ("/cgi-bin/reboot.ico", b"/favicon.ico"),
        ("/set.cgi?x=1", b"/favicon.ico"),
    ],
    ids=["linked", "another host", "a path that changes things", "no picture"],
)
def test_it_is_asked_for_where_the_page_links_to_it_on_its_own_host(link: str, path: bytes) -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 8081, answering(http(ICON))) as box:
            made, emitted = prepared(found=UNKNOWN)
            await Reads().run(made, [Host(ip=ip, observations=(page(ip, body=LINK.format(link)),))])
        assert paths(box) == [[path]]
        assert values(emitted, "http.favicon.mmh3") == ["2019488876"]

    asyncio.run(run())


def test_it_comes_after_the_reads_on_the_connection_that_they_left_open() -> None:
    async def run() -> None:
        ip = fresh_address()
        weak = replace(FOUND, confidence=Confidence.TENTATIVE)
        async with device(ip, 8081, answering(OK, OK, http(ICON))) as box:
            made, emitted = prepared(READ, MORE, THIRD, found=weak)
            await Reads().run(made, [Host(ip=ip, observations=(page(ip),))])
        assert paths(box) == [[b"/info", b"/more", b"/favicon.ico"]]
        assert values(emitted, "http.favicon.mmh3") == ["2019488876"]
        assert made.net.meter.account(ip).connections == 1

    asyncio.run(run())


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (FOUND, ()),
        (Identification(kind="other"), ()),
        (Identification(kind="software"), ()),
        (UNKNOWN, (("http.status", "401"),)),
        (UNKNOWN, (("http.status", "403"),)),
        (UNKNOWN, (("http.status", "503"),)),
        (UNKNOWN, (("http.control.status", "200"),)),
    ],
    ids=["maker known", "no camera", "software", "login", "forbidden", "busy", "anything for any path"],
)
def test_no_icon_is_asked_of(found: Identification, shown: tuple[tuple[str, str], ...]) -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 8081, answering(http(ICON))) as box:
            made, emitted = prepared(found=found)
            status = () if any(name == "http.status" for name, _ in shown) else (("http.status", "200"),)
            await Reads().run(made, [Host(ip=ip, observations=(heard(ip, 8081, *status, *shown),))])
        assert box.heard == []
        assert emitted == []

    asyncio.run(run())


def test_a_page_in_its_place_says_nothing() -> None:
    async def run() -> None:
        ip = fresh_address()
        control = (("http.control.status", "200"), ("http.control.body", "<html></html>"))
        async with device(ip, 8081, answering(http(b"<html></html>"))) as box:
            made, emitted = prepared(found=UNKNOWN)
            await Reads().run(made, [Host(ip=ip, observations=(page(ip, *control),))])
        assert paths(box) == [[b"/favicon.ico"]]
        assert emitted == []
        assert made.tally.undecoded == 0

    asyncio.run(run())


@pytest.mark.parametrize("answer", [BUSY, b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n\0\0\1\0" + bytes(70_000)])
def test_one_that_does_not_come_or_is_too_large_is_no_fault(answer: bytes) -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 8081, answering(answer)) as box:
            made, emitted = prepared(found=UNKNOWN)
            await Reads().run(made, [Host(ip=ip, observations=(page(ip),))])
        assert len(box.heard) == 1
        assert emitted == []
        assert (made.tally.undecoded, made.tally.unfinished) == (0, [])

    asyncio.run(run())


def test_the_budget_of_connections_holds_for_the_icon_too() -> None:
    async def run() -> None:
        ip = fresh_address()
        async with device(ip, 8081, answering(http(ICON))) as box:
            made, _ = prepared(found=UNKNOWN, connections=0)
            await Reads().run(made, [Host(ip=ip, observations=(page(ip),))])
        assert box.heard == []
        assert made.tally.budget_hosts == {ip}

    asyncio.run(run())
