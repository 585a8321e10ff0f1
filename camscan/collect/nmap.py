"""Deep service detection by nmap, on request, for hosts that stayed unidentified: python-nmap runs it, `nmapxml` reads it.

nmap is asked of nothing but the ports that are open anyway, a port at a time; it sends outside the pace and the budget, and the
ledger says so. One process is one host: what a slow or hostile host costs, no other pays for.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, cast

from camscan.codecs import nmapxml
from camscan.codecs.base import DecodeError
from camscan.codecs.outcome import Undecoded
from camscan.collect.base import Ground, Host, MissingTool, NotAsked, Stage
from camscan.collect.tcp import GREETED_ELSEWHERE, GREETING_PORTS, QUIET_PORTS
from camscan.model import Via

PORTS_AT_MOST = 4
HOST_TIMEOUT_S = 240
"""nmap gives a host up after this, and then tells nothing of it: a port whose server it does not know takes it about 40 s."""
ARGUMENTS = (
    "-sV -n -Pn --unprivileged --open --max-parallelism 1 --max-retries 1 --version-intensity 2"
    f" --host-timeout {HOST_TIMEOUT_S}s"
)
"""One probe at a time, few kinds of probes, no names asked of any server, no raw sockets."""
NEVER_ASKED = QUIET_PORTS | {23, 2323}
"""Vendors' SDKs take no foreign bytes well, and at a prompt of Telnet any line is a name that somebody tries."""
HOSTS_AT_ONCE = 4
PATIENCE_S = HOST_TIMEOUT_S + 15
"""One nmap; then it is ended."""
TOTAL_S = 1_800
"""All of them; hosts whose turn did not come are named."""
ENDING_S = 5.0
LOOK_S = 0.05
MAX_NAMED = 5


class PortScanner(Protocol):
    """What is used of python-nmap's class of this name."""

    def scan(self, hosts: str, ports: str, arguments: str, sudo: bool, timeout: int) -> object:
        """Run nmap and wait for it."""
        ...

    def get_nmap_last_output(self) -> bytes | str:
        """Return the XML of the last run."""
        ...


class Nmap:
    """Runs nmap on the hosts it is given, on those of their ports that are open."""

    NAME = "nmap"
    STAGE = Stage.DEEP

    def __init__(self, *, deep: bool = False, total_s: float = TOTAL_S) -> None:
        """total_s: seconds after which no further host is asked."""
        self.deep = deep
        self._total_s = total_s
        self._running = 0
        """Calls of nmap that have not returned; threads count it down."""
        self._scanner: PortScanner | None = None

    def open(self, ground: Ground) -> None:
        """Find the program. Raises NotAsked without --deep, MissingTool without nmap."""
        if not self.deep:
            raise NotAsked("deep service detection was not asked for: --deep")
        self._scanner = _scanner()

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Run nmap on a few hosts at a time. What it sends is not metered, and the ledger says so. Ends it where interrupted."""
        allowed = [
            h for h in hosts if ground.guard.allows_unicast(h.ip) and ground.guard.allows_mac(ground.macs.get(h.ip) or h.mac)
        ]
        waiting = [(host, ports) for host in allowed if (ports := open_ports(host))]
        if len(waiting) < len(allowed):
            ground.tally.notes.append(f"{len(allowed) - len(waiting)} hosts have no open port that nmap may be asked about")
        places, clock = asyncio.Semaphore(HOSTS_AT_ONCE), asyncio.get_running_loop().time
        until = clock() + self._total_s
        late: list[str] = []

        async def visit(host: Host, ports: str) -> None:
            async with places:
                if clock() >= until:
                    late.append(host.ip)
                    return
                ground.net.meter.not_metered(host.ip)
                await self._ask(ground, host.ip, ports)
                ground.visited(host)

        before = descendants()
        try:
            async with asyncio.TaskGroup() as visits:
                for host, ports in waiting:
                    visits.create_task(visit(host, ports))
        finally:
            await self._end_all(before)
        if late:
            ground.tally.unfinished.append(f"no time for {len(late)} hosts within {self._total_s:g} s: {_named(late)}")

    def close(self) -> None:
        """Nothing stays open."""
        self._scanner = None

    async def _ask(self, ground: Ground, ip: str, ports: str) -> None:
        assert self._scanner is not None
        arguments = f"-6 {ARGUMENTS}" if ":" in ip else ARGUMENTS
        self._running += 1
        output = await asyncio.to_thread(self._output, copy.copy(self._scanner), ip, ports, arguments)
        try:
            scan = nmapxml.decode(output)
        except DecodeError as fault:
            ground.tally.unfinished.append(f"nmap on {ip} gave no result: {fault}")
            ground.tally.could_not_read(Undecoded(protocol=self.NAME, reason=str(fault), sample=output[:256]))
            return
        ground.tally.undecoded += scan.unreadable
        if not scan.complete:
            ground.tally.unfinished.append(f"nmap on {ip} did not finish")
        elif scan.unreadable:
            ground.tally.unfinished.append(f"nmap on {ip}: what it wrote of a host cannot be read")
        if any(host.given_up for host in scan.hosts):
            ground.tally.unfinished.append(f"nmap gave {ip} up after {HOST_TIMEOUT_S} s")
        for seen in nmapxml.observations(scan, collector=self.NAME, via=Via.ACTIVE, site=ground.site, read_at=ground.now()):
            if seen.ip == ip:
                ground.tally.received += 1
                ground.emit(seen)

    def _output(self, scanner: PortScanner, host: str, ports: str, arguments: str) -> bytes:
        """Run nmap and return its XML; empty where it was ended or could not be started. Runs in a thread."""
        import nmap  # type: ignore[import-untyped]

        try:
            scanner.scan(host, ports, arguments, sudo=False, timeout=PATIENCE_S)
        except (nmap.PortScannerTimeout, OSError, UnicodeDecodeError):
            return b""
        finally:
            self._running -= 1
        output = scanner.get_nmap_last_output()
        return output if isinstance(output, bytes) else output.encode()

    async def _end_all(self, spared: frozenset[int]) -> None:
        """Kill every nmap that still runs, and wait until its thread has noticed, ≤ ENDING_S: none outlives an interrupt.

        spared: processes of ours that are no nmap. python-nmap keeps the process to itself; while it runs no other is started.
        """
        for _ in range(int(ENDING_S / LOOK_S)):
            if self._running <= 0:
                return
            for pid in descendants() - spared:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(LOOK_S)


def open_ports(host: Host) -> str:
    """Return the open ports of a host that nmap may be asked about, as nmap writes them; empty where there is none.

    At most PORTS_AT_MOST: web servers and streams before servers that have greeted already.
    """
    said = (value for seen in host.observations for value in seen.values("tcp.port"))
    numbers = {int(value) for value in said if value.isascii() and value.isdigit() and len(value) <= 5}
    greeting = GREETED_ELSEWHERE.union(GREETING_PORTS)
    asked = sorted((number for number in numbers - NEVER_ASKED if 0 < number < 65_536), key=lambda n: (n in greeting, n))
    return ",".join(str(number) for number in sorted(asked[:PORTS_AT_MOST]))


def descendants() -> frozenset[int]:
    """Return the running processes that this one started, and those that they started."""
    parents = dict(_parents())
    found: set[int] = set()
    newest = {os.getpid()}
    while newest:
        newest = {pid for pid, parent in parents.items() if parent in newest} - found
        found |= newest
    return frozenset(found)


def _parents() -> Iterator[tuple[int, int]]:
    """Yield each running process of this machine with the one that started it."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError, ValueError):  # it has ended meanwhile
                state, parent = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[:2]
                if state != "Z":
                    yield int(folder.name), int(parent)


def _named(ips: Sequence[str]) -> str:
    more = len(ips) - MAX_NAMED
    return ", ".join(ips[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


def _scanner() -> PortScanner:
    """Return python-nmap's scanner without its own reading of the XML. Raises MissingTool where program or library is absent."""
    try:
        import nmap
    except ImportError:
        raise MissingTool("the library python-nmap is not installed: pip install python-nmap") from None

    class Unread(nmap.PortScanner):  # type: ignore[misc]
        """Runs nmap and keeps what it wrote: what devices said in it is for our own parser."""

        def analyse_nmap_xml_scan(self, *output: object, **named: object) -> dict[str, object]:
            return {}

    try:
        return cast(PortScanner, Unread())
    except nmap.PortScannerError:
        raise MissingTool("the program nmap is not installed: apt-get install nmap") from None
