"""The collector that runs nmap: the real program where it is installed, on loopback."""

from __future__ import annotations

import asyncio
import shutil
import stat
from pathlib import Path

import pytest

from camscan.collect.base import Host, MissingTool, NotAsked
from camscan.collect.nmap import ARGUMENTS, Nmap
from tests.collect.grounds import device, fresh_address, ground, speaking

PROGRAM = """#!/bin/sh
if [ "$1" = -V ]; then echo 'Nmap version 7.93 ( https://nmap.org )'; exit; fi
echo "$@" >> "$0.calls"
cat "$0.xml"
"""


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, output: bytes) -> Path:
    """Put a program named nmap in front of PATH that prints `output`; it notes its arguments beside itself."""
    program = folder / "nmap"
    program.write_text(PROGRAM)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (folder / "nmap.xml").write_bytes(output)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder / "nmap.calls"


def test_nmap_is_run_only_on_request() -> None:
    async def story() -> None:
        with pytest.raises(NotAsked, match="--deep"):
            Nmap().open(ground()[0])

    asyncio.run(story())


def test_a_missing_program_is_named_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        here, _ = ground()
        monkeypatch.setattr("subprocess.Popen", missing)
        with pytest.raises(MissingTool, match="apt-get install nmap"):
            Nmap(deep=True).open(here)

    def missing(*args: object, **kwargs: object) -> None:
        raise FileNotFoundError

    asyncio.run(story())


@pytest.mark.skipif(shutil.which("nmap") is None, reason="nmap is not installed")
def test_a_service_is_detected_by_the_real_program() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        collector = Nmap(deep=True)
        collector.open(here)

        async with device(ip, 8080, speaking(b"220 (vsFTPd 3.0.3)\r\n")):
            async with asyncio.timeout(100):
                await collector.run(here, [Host(ip=ip)])
        (found,) = seen
        assert (found.ip, found.protocol, found.collector) == (ip, "nmap", "nmap")
        assert found.values("tcp.port") == ("8080",)
        assert found.values("nmap.product") == ("vsftpd 3.0.3",)
        assert not here.net.meter.account(ip).metered
        assert here.tally.unfinished == []

    asyncio.run(story())


def test_arguments_are_fixed_and_only_allowed_addresses_are_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        calls = stand_in(tmp_path, monkeypatch, b"<nmaprun version='7.93'><runstats><finished/></runstats></nmaprun>")
        here, _ = ground(exclude=("127.0.0.9", "bc:ad:28:00:00:01"))
        collector = Nmap(deep=True)
        collector.open(here)
        hosts = [
            Host(ip="127.0.0.1"),
            Host(ip="127.0.0.9"),
            Host(ip="192.0.2.1"),
            Host(ip="127.0.0.8", mac="bc:ad:28:00:00:01"),
        ]
        await collector.run(here, hosts)
        (call,) = calls.read_text().splitlines()
        assert call == f"-oX - 127.0.0.1 -p 80,443,554,8000,8080 {ARGUMENTS}"
        assert here.tally.unfinished == []

    asyncio.run(story())


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"no xml",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"<nmaprun><host><address addr='127.0.0.1' addrtype='ipv4'/>",
    ],
)
def test_output_that_is_no_result_is_a_gap_and_not_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: bytes
) -> None:
    async def story() -> None:
        stand_in(tmp_path, monkeypatch, output)
        here, seen = ground()
        collector = Nmap(deep=True)
        collector.open(here)
        await collector.run(here, [Host(ip="127.0.0.1")])
        (gap,) = here.tally.unfinished
        assert "127.0.0.1" in gap
        assert seen == []

    asyncio.run(story())


def test_hosts_that_were_not_asked_for_are_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        port = b"<ports><port protocol='tcp' portid='80'><state state='open'/></port></ports>"
        host = b"<host><status state='up'/><address addr='%s' addrtype='ipv4'/>%s</host>"
        output = b"<nmaprun>" + host % (b"127.0.0.1", port) + host % (b"192.0.2.1", port) + b"<finished/></nmaprun>"
        stand_in(tmp_path, monkeypatch, output)
        here, seen = ground()
        collector = Nmap(deep=True)
        collector.open(here)
        await collector.run(here, [Host(ip="127.0.0.1")])
        assert [one.ip for one in seen] == ["127.0.0.1"]

    asyncio.run(story())
