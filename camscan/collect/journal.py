"""What a run writes down as it goes, so that another can go on where it was interrupted; and what such a run left behind."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from camscan.collect.base import Host
from camscan.collect.pace import Spent
from camscan.model import CollectorAttempt, Observation, Run, Scope

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What is known of a run when it begins."""

    run: Run
    scope: Scope
    networks: tuple[str, ...]
    """On the links of the interfaces used, in CIDR form."""
    collectors: tuple[str, ...]
    """In the order in which they open."""


class Journal:
    """Takes what a run does, as it does it. This one writes nothing."""

    lost: str | None = None
    """Why nothing is written any more."""

    def begin(self, beginning: Beginning) -> None:
        """Take that a run begins, or goes on. Call before a thread is started."""

    def observed(self, seen: Observation) -> None:
        """Take what was heard."""

    def asked(self, collector: str, host: Host, what: str) -> None:
        """Take that a collector is through with one question to a host."""

    def finished(self, collector: str, host: Host) -> None:
        """Take that a collector is through with a host."""

    def attempted(self, attempt: CollectorAttempt) -> None:
        """Take how a collector's run ended."""

    async def spending(self, ip: str, spent: Spent) -> None:
        """Return once it is safe, also from a power loss, what an address has had and will have had after the next connection."""

    def spent(self, ip: str, spent: Spent) -> None:
        """Take what an address has had."""

    def tick(self) -> None:
        """Take that a moment went by."""

    async def catch_up(self) -> None:
        """Return once everything that was taken is written."""


NO_JOURNAL = Journal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """What a run that was interrupted left behind."""

    beginning: Beginning
    at: datetime
    """The last moment of which anything is written down."""
    observations: tuple[Observation, ...] = ()
    attempts: tuple[CollectorAttempt, ...] = ()
    """Of collectors that ended, in order; of several parts all."""
    finished: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Collector → addresses of the hosts that it was through with."""
    asked: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """Collector → address → questions that it was through with."""
    spent: Mapping[str, Spent] = field(default_factory=dict)
    """By address; of a host that was being visited never less than it has had."""
    macs: Mapping[str, str] = field(default_factory=dict)
    """Link-layer MAC of the addresses above, where it was known."""
    parts: int = 1
    """How often the run was begun or resumed."""

    def is_through(self, collector: str, host: Host) -> bool:
        """Return whether a collector was through with a host, at whichever of its addresses."""
        done = self.finished.get(collector, frozenset())
        return host.ip in done or any(seen.ip in done for seen in host.observations)

    def asked_of(self, collector: str, host: Host) -> frozenset[str]:
        """Return the questions to a host that a collector was through with."""
        return self.asked.get(collector, {}).get(host.ip, frozenset())

    def visited(self) -> frozenset[str]:
        """Return every address of a host that some collector was through with."""
        return frozenset().union(*self.finished.values())

    def moved_away(self, macs: Mapping[str, str]) -> frozenset[str]:
        """Return the addresses that another device has by now. macs: by address, as they are now; empty where in doubt."""
        return frozenset(ip for ip, mac in self.macs.items() if macs.get(ip) and macs[ip] != mac)

    def without(self, ips: Collection[str]) -> Interrupted:
        """Return itself as if nothing had been asked of these addresses; what was heard of them stays."""
        return replace(
            self,
            finished={name: done.difference(ips) for name, done in self.finished.items()},
            asked={name: _left_out(questions, ips) for name, questions in self.asked.items()},
            spent=_left_out(self.spent, ips),
            macs=_left_out(self.macs, ips),
        )


def _left_out(found: Mapping[str, T], ips: Collection[str]) -> dict[str, T]:
    return {ip: value for ip, value in found.items() if ip not in ips}


def joined(before: Iterable[CollectorAttempt], now: Iterable[CollectorAttempt]) -> tuple[CollectorAttempt, ...]:
    """Return the attempts of a run that was resumed: each ended as its last part did, and began and counts with the first."""
    earlier: dict[str, list[CollectorAttempt]] = {}
    for one in before:
        earlier.setdefault(one.collector, []).append(one)
    return tuple(_joined([*earlier.get(last.collector, ()), last]) for last in now)


def _joined(parts: list[CollectorAttempt]) -> CollectorAttempt:
    return replace(
        parts[-1],
        started_at=min(one.started_at for one in parts),
        sent=sum(one.sent for one in parts),
        received=sum(one.received for one in parts),
        undecoded=sum(one.undecoded for one in parts),
        dropped=sum(one.dropped for one in parts),
        sample=next((one.sample for one in parts if one.sample), b""),
    )
