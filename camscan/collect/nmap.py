"""Deep service detection by nmap, on request, for hosts that stayed unidentified: python-nmap runs it, `nmapxml` reads it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import Protocol, cast

from camscan.codecs import nmapxml
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import Undecoded
from camscan.collect.base import Ground, Host, MissingTool, NotAsked, Stage
from camscan.model import Via

PORTS = "80,443,554,8000,8080"
ARGUMENTS = "-sV -n -Pn --unprivileged --max-parallelism 1 --version-intensity 2 --host-timeout 60s"
"""One probe at a time to a device, few kinds of probes, no names asked of any server, no raw sockets."""
HOSTS_AT_ONCE = 8
PATIENCE_S = 180
"""One run of nmap on HOSTS_AT_ONCE hosts; then it is ended."""


class PortScanner(Protocol):
    """What is used of python-nmap's class of this name."""

    def scan(self, hosts: str, ports: str, arguments: str, sudo: bool, timeout: int) -> object:
        """Run nmap and wait for it."""
        ...

    def get_nmap_last_output(self) -> bytes | str:
        """Return the XML of the last run."""
        ...


class Nmap:
    """Runs nmap on the hosts it is given."""

    NAME = "nmap"
    STAGE = Stage.DEEP

    def __init__(self, *, deep: bool = False) -> None:
        self._deep = deep
        self._scanner: PortScanner | None = None

    def open(self, ground: Ground) -> None:
        """Find the program. Raises NotAsked without --deep, MissingTool without nmap."""
        if not self._deep:
            raise NotAsked("deep service detection was not asked for: --deep")
        self._scanner = _scanner()

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Run nmap on a few hosts at a time. What it sends is not metered, and the ledger says so."""
        allowed = [
            h.ip for h in hosts if ground.guard.allows_unicast(h.ip) and ground.guard.allows_mac(ground.macs.get(h.ip) or h.mac)
        ]
        for version in (4, 6):
            waiting = iter(ip for ip in allowed if (":" in ip) == (version == 6))
            while block := list(itertools.islice(waiting, HOSTS_AT_ONCE)):
                for ip in block:
                    ground.net.meter.account(ip).metered = False
                await self._ask(ground, block, "-6 " if version == 6 else "")

    def close(self) -> None:
        """Nothing stays open."""
        self._scanner = None

    async def _ask(self, ground: Ground, block: Sequence[str], family: str) -> None:
        assert self._scanner is not None
        output = await asyncio.to_thread(_output, self._scanner, " ".join(block), family + ARGUMENTS)
        try:
            scan = nmapxml.decode(output)
        except DecodeError as fault:
            ground.tally.unfinished.append(f"nmap on {block[0]} to {block[-1]} gave no result: {fault}")
            ground.tally.could_not_read(Undecoded(protocol=self.NAME, reason=str(fault), sample=output[:256]))
            return
        ground.tally.undecoded += scan.unreadable
        if not scan.complete:
            ground.tally.unfinished.append(f"nmap on {block[0]} to {block[-1]} did not finish")
        for seen in nmapxml.observations(scan, collector=self.NAME, via=Via.ACTIVE, site=ground.site, read_at=ground.now()):
            if seen.ip in block:
                ground.tally.received += 1
                ground.emit(seen)


def _scanner() -> PortScanner:
    """Return python-nmap's scanner without its own reading of the XML. Raises MissingTool where program or library is absent."""
    try:
        import nmap  # type: ignore[import-untyped]
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


def _output(scanner: PortScanner, hosts: str, arguments: str) -> bytes:
    """Run nmap and return its XML; empty where it was ended or could not be started."""
    import nmap

    try:
        scanner.scan(hosts, PORTS, arguments, sudo=False, timeout=PATIENCE_S)
    except (nmap.PortScannerTimeout, OSError, UnicodeDecodeError):
        return b""
    output = scanner.get_nmap_last_output()
    return output if isinstance(output, bytes) else output.encode()
