"""What every collector is, and the ground it stands on: its scope, its net, its clock and its tally."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import PurePath
from typing import TYPE_CHECKING, Protocol

from camscan.codecs.eui64 import with_claim
from camscan.codecs.outcome import Undecoded
from camscan.errors import CamscanError
from camscan.model import MAX_RAW, Fields, Identification, Observation, Scope, Via

if TYPE_CHECKING:
    from camscan.collect.interfaces import Interface
    from camscan.collect.net import Net
    from camscan.collect.scope import Guard
    from camscan.identify.reads import Read


FAULTS_AT_MOST = 8
"""Faults of camscan's own that one run tells of."""


class Stage(IntEnum):
    """When a collector runs. Between stages everything observed so far is correlated and identified."""

    PRESENCE = 1
    """Given the ranges: who is there?"""
    PROBES = 2
    """Given the live hosts: one unicast query of each discovery protocol."""
    BANNERS = 3
    """Given the live hosts: what do their open ports say?"""
    READS = 4
    """Given the assets: identity reads that their evidence suggests."""
    DEEP = 5
    """Given the live hosts that stayed unidentified."""


class MissingTool(CamscanError):  # noqa: N818  (a state of the machine, not a failure of ours)
    """A program, library or input that a collector needs is absent; the message holds the remedy."""


class NotAsked(CamscanError):  # noqa: N818  (the operator's choice, not a failure)
    """A collector that runs only on request was not asked for; the message says how to ask."""


class NotNeeded(CamscanError):  # noqa: N818  (a decision of ours, not a failure)
    """A collector would show nothing that this scope or another collector leaves open; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One live address."""

    ip: str
    mac: str | None = None
    observations: tuple[Observation, ...] = ()
    """What is known of it so far."""


@dataclass(slots=True)
class Tally:
    """What one collector's run sent, received and could not read. Becomes its CollectorAttempt."""

    sent: int = 0
    received: int = 0
    undecoded: int = 0
    dropped: int = 0
    sample: bytes = b""
    budget_hosts: set[str] = field(default_factory=set)
    """Hosts whose visit the budget cut short."""
    unfinished: list[str] = field(default_factory=list)
    """What was not done, one sentence each; any entry makes the attempt PARTIAL."""
    faults: list[str] = field(default_factory=list)
    """Faults of camscan's own that the run outlived, each once; any entry makes the attempt PARTIAL, by BUG."""
    refused: set[str] = field(default_factory=set)
    """What devices handed out and was not followed, one sentence each, the device's address before it."""
    notes: list[str] = field(default_factory=list)
    """What else a person wants to know of the run, one sentence each."""

    def could_not_read(self, undecoded: Undecoded) -> None:
        """Count an undecodable message as often as it came, and keep the first as a sample."""
        self.undecoded += undecoded.count
        self.sample = self.sample or undecoded.sample

    def gave_up(self, dropped: Mapping[str, int]) -> None:
        """Tell what the caps of a capture refused or gave up, by kind."""
        if count := dropped.get("senders"):
            self.unfinished.append(f"{count} messages of more senders than are kept of one run were left out")
        if count := dropped.get("messages"):
            self.notes.append(f"{count} messages of senders that said more than is kept of one were left out")
        if count := dropped.get("connections"):
            self.notes.append(f"{count} connections were given up early, because too many were open")
        if count := dropped.get("fragments"):
            packets = "1 packet" if count == 1 else f"{count} packets"
            self.notes.append(
                f"of {packets} in fragments only the first fragment was read, because others were missing or too many"
            )

    def outlived(self, fault: Exception) -> None:
        """Count a message whose reading failed through a fault of ours; the same fault is told once."""
        self.undecoded += 1
        told = f"a fault of camscan's own: {fault_named(fault)}"
        if told not in self.faults and len(self.faults) < FAULTS_AT_MOST:
            self.faults.append(told)


@dataclass(slots=True, kw_only=True)
class Ground:
    """What a collector is given: it may touch nothing else."""

    site: str
    scope: Scope
    guard: Guard
    interfaces: Sequence[Interface]
    net: Net
    now: Callable[[], datetime]
    user_agent: str
    tally: Tally
    macs: dict[str, str]
    """Link-layer MAC of each live address on our links, from ARP and the neighbour table; shared by all collectors."""
    emit: Callable[[Observation], None]
    """Takes each observation at once, so that an interrupted run keeps what it has."""
    enough: Callable[[Host, Sequence[Observation]], bool] = lambda host, seen: False
    """Whether a visit may end: maker, model and firmware rest on two independent witnesses."""
    identify: Callable[[Host, Sequence[Observation]], Identification] = lambda host, seen: Identification()
    """What a host is, judged by what is known of it and what a visit has seen since."""
    reads: tuple[Read, ...] = ()
    """Requests that devices answer without a login."""
    visited: Callable[[Host], None] = lambda host: None
    """Told of each host whose turn is over, by collectors that visit hosts one by one: a run that is resumed leaves it alone."""
    asked: Callable[[Host, str], None] = lambda host, what: None
    """Told of each question to a host that a resumed run is not to ask again."""
    asked_before: Callable[[Host], frozenset[str]] = lambda host: frozenset()
    """Which questions to a host the part of the run that was interrupted was through with."""

    def observed(
        self,
        protocol: str,
        collector: str,
        said: Fields,
        *,
        ip: str,
        port: int | None = None,
        mac: str | None = None,
        raw: bytes = b"",
    ) -> Observation:
        """Return the observation of an answer to us that arrived just now. mac: where the shared table does not know it."""
        at = self.now()
        link_mac = self.macs.get(ip) or mac
        return Observation(
            protocol=protocol,
            collector=collector,
            via=Via.ACTIVE,
            site=self.site,
            fields=with_claim(said, ip, link_mac),
            first_seen_at=at,
            last_seen_at=at,
            ip=ip,
            port=port,
            link_mac=link_mac,
            raw=raw[:MAX_RAW],
            truncated=len(raw) > MAX_RAW,
        )


class Collector(Protocol):
    """One way of gathering observations."""

    NAME: str
    STAGE: Stage

    def open(self, ground: Ground) -> None:
        """Open every socket that needs a privilege, before any thread starts and any byte is read.

        Raises PrivilegeError, MissingTool, NotAsked or NotNeeded with the remedy: the run becomes a skipped attempt.
        """
        ...

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Gather; every observation goes to `ground.emit`, every packet to `ground.tally`."""
        ...

    def close(self) -> None:
        """Close what `open` opened; called once, also after a failure."""
        ...


def fault_named(fault: Exception) -> str:
    """Return the kind of a fault and where it was raised, and nothing of its message, which may quote a device."""
    last = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{type(fault).__name__} ({PurePath(last.filename).name}:{last.lineno})"


def nonce_of(ground: Ground, number: int) -> bytes:
    """Return the 16 bytes that vary the requests of one round: from the clock, so that two runs differ."""
    return hashlib.sha256(f"{ground.now().isoformat()} {number}".encode()).digest()[:16]
