"""The collector that runs nmap: the real program where it is installed, on loopback."""

from __future__ import annotations

import asyncio
import shutil
import stat
from pathlib import Path

import pytest

from camscan.collect.base import Host, MissingTool, NotAsked
from camscan.collect.nmap import ARGUMENTS, NEVER_ASKED, PORTS_AT_MOST, Nmap, descendants, open_ports
from tests.collect.grounds import device, fresh_address, ground, speaking
from tests.factories import observation

PROGRAM = """#!/bin/sh
if [ "$1" = -V ]; then echo 'Nmap version 7.93 ( https://nmap.org )'; exit; fi
echo "$@" >> "$0.calls"
cat "$0.xml"
"""
SLOW = PROGRAM.replace("cat", "sleep 60 & echo $$ $! >> $0.pids; wait # ")
EMPTY = b"<nmaprun version='7.93'><runstats><finished/></runstats></nmaprun>"
HOST = b"<host%s><status state='up'/><address addr='127.0.0.1' addrtype='ipv4'/>%s</host>"
OPEN = b"<ports><port protocol='tcp' portid='80'><state state='open'/></port></ports>"


def with_ports(ip: str, *ports: int, mac: str | None = None) -> Host:
    """Return a host whose visit found these ports open."""
    seen = tuple(observation((("tcp.port", str(port)),), ip=ip, port=port) for port in ports)
    return Host(ip=ip, mac=mac, observations=seen)


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, output: bytes) -> Path:
    """Put a program named nmap in front of PATH that prints `output`, or never ends without one; it notes its arguments."""
    program = folder / "nmap"
    program.write_text(PROGRAM if output else SLOW)
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

        async with device(ip, 8080, speaking(b"220 (vsFTPd 3.0.3)\r\n")), device(ip, 8000, speaking(b"")) as other:
            async with asyncio.timeout(100):
                await collector.run(here, [with_ports(ip, 8080)])
        (found,) = seen
        assert (found.ip, found.protocol, found.collector) == (ip, "nmap", "nmap")
        assert found.values("tcp.port") == ("8080",)
        assert found.values("nmap.product") == ("vsftpd 3.0.3",)
        assert not here.net.meter.account(ip).metered
        assert here.tally.unfinished == []
        assert other.heard == []

    asyncio.run(story())


def test_arguments_are_fixed_and_only_allowed_addresses_are_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        calls = stand_in(tmp_path, monkeypatch, EMPTY)
        here, _ = ground(exclude=("127.0.0.9", "bc:ad:28:00:00:01"))
        collector = Nmap(deep=True)
        collector.open(here)
        hosts = [
            with_ports("127.0.0.1", 443, 80),
            with_ports("127.0.0.9", 80),
            with_ports("192.0.2.1", 80),
            with_ports("127.0.0.8", 80, mac="bc:ad:28:00:00:01"),
            with_ports("127.0.0.7"),
        ]
        await collector.run(here, hosts)
        (call,) = calls.read_text().splitlines()
        assert call == f"-oX - 127.0.0.1 -p 80,443 {ARGUMENTS}"
        assert here.tally.unfinished == []
        assert here.tally.notes == ["1 hosts have no open port that nmap may be asked about"]
        assert {ip for ip, account in here.net.meter.accounts.items() if not account.metered} == {"127.0.0.1"}

    asyncio.run(story())


def test_the_arguments_are_gentle() -> None:
    words = ARGUMENTS.split()
    assert {"-sV", "-n", "-Pn", "--unprivileged", "--open"} <= set(words)
    assert words[words.index("--max-parallelism") + 1] == "1"
    assert int(words[words.index("--version-intensity") + 1]) <= 2
    assert words[words.index("--host-timeout") + 1].endswith("s")
    assert not any(word.startswith(("--script", "-A", "-O", "-sC", "-T4", "-T5", "--sudo")) for word in words)


def test_nmap_is_asked_about_open_ports_alone_and_never_about_prompts_and_vendors_protocols() -> None:
    assert open_ports(with_ports("127.0.0.1", 8080, 23, 37777, 34567, 80, 2323)) == "80,8080"
    assert open_ports(with_ports("127.0.0.1", 23)) == ""
    assert open_ports(with_ports("127.0.0.1", 21, 22, *range(8000, 8010))) == "8000,8001,8002,8003"
    assert len(open_ports(with_ports("127.0.0.1", *range(1, 999))).split(",")) == PORTS_AT_MOST
    assert {23, 2323, 34567, 37777} <= NEVER_ASKED
    odd = Host(ip="127.0.0.1", observations=(observation((("tcp.port", "0"), ("tcp.port", "-p-"), ("tcp.port", "٣"))),))
    assert open_ports(odd) == ""


@pytest.mark.parametrize(
    "output",
    [
        b"no xml",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"<nmaprun><host><address addr='127.0.0.1' addrtype='ipv4'/>",
        b"<nmaprun>" + HOST % (b" timedout='true'", b"") + b"<runstats><finished/></runstats></nmaprun>",
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
        await collector.run(here, [with_ports("127.0.0.1", 80)])
        (gap,) = here.tally.unfinished
        assert "127.0.0.1" in gap
        assert seen == []

    asyncio.run(story())


def test_what_a_broken_result_holds_before_its_end_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        stand_in(tmp_path, monkeypatch, b"<nmaprun>" + HOST % (b"", OPEN) + b"<host><address addr='127")
        here, seen = ground()
        collector = Nmap(deep=True)
        collector.open(here)
        await collector.run(here, [with_ports("127.0.0.1", 80)])
        assert [one.values("tcp.port") for one in seen] == [("80",)]
        assert here.tally.unfinished == ["nmap on 127.0.0.1 did not finish"]

    asyncio.run(story())


def test_hosts_that_were_not_asked_for_are_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        other = (HOST % (b"", OPEN)).replace(b"127.0.0.1", b"192.0.2.1")
        stand_in(tmp_path, monkeypatch, b"<nmaprun>" + HOST % (b"", OPEN) + other + b"<finished/></nmaprun>")
        here, seen = ground()
        collector = Nmap(deep=True)
        collector.open(here)
        await collector.run(here, [with_ports("127.0.0.1", 80)])
        assert [one.ip for one in seen] == ["127.0.0.1"]

    asyncio.run(story())


def test_hosts_whose_turn_does_not_come_in_time_are_named_and_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        calls = stand_in(tmp_path, monkeypatch, EMPTY)
        here, _ = ground()
        collector = Nmap(deep=True, total_s=0)
        collector.open(here)
        await collector.run(here, [with_ports(f"127.0.0.{last}", 80) for last in range(1, 8)])
        assert not calls.exists()
        (gap,) = here.tally.unfinished
        assert gap.startswith("no time for 7 hosts within 0 s: 127.0.0.1, ")
        assert gap.endswith(" and 2 more")
        assert all(account.metered for account in here.net.meter.accounts.values())

    asyncio.run(story())


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_no_nmap_outlives_an_interrupt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        calls = stand_in(tmp_path, monkeypatch, b"")
        here, _ = ground()
        collector = Nmap(deep=True)
        collector.open(here)
        before = descendants()  # other tests of this process may keep servers
        bystander = await asyncio.create_subprocess_exec("sleep", "60")
        run = asyncio.create_task(collector.run(here, [with_ports(f"127.0.0.{last}", 80) for last in range(1, 7)]))
        started = tmp_path / "nmap.pids"
        async with asyncio.timeout(20):
            while not (started.exists() and len(started.read_text().split()) >= 8):
                await asyncio.sleep(0.02)
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run
        pids = [int(pid) for pid in started.read_text().split()]
        assert len(calls.read_text().splitlines()) == 4
        assert len(pids) == 8
        assert descendants() - before == {bystander.pid}
        assert bystander.returncode is None
        bystander.kill()
        await bystander.wait()
        assert not {pid for pid in pids if is_running(pid)}

    asyncio.run(story())


def test_descendants_are_those_of_this_process() -> None:
    async def story() -> None:
        before = descendants()
        process = await asyncio.create_subprocess_exec("sleep", "30")
        try:
            assert descendants() - before == {process.pid}
        finally:
            process.kill()
            await process.wait()
        assert process.pid not in descendants()

    asyncio.run(story())
