"""What a run that listens shows while it goes on: who is new, who has changed, and how it keeps up."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, Protocol

from camscan.collect.base import Ground, Tally
from camscan.collect.gathered import Gathered, outcome
from camscan.collect.interfaces import Interface
from camscan.collect.listen import MEMORY, Hearing, Listen
from camscan.collect.net import Net
from camscan.collect.scope import Guard
from camscan.model import AssessedAsset, AttemptReason, AttemptStatus, CollectorAttempt, Observation, Scope

BEAT_S = 0.25
LOOK_S = 0.1
"""Of each beat, at most so much is spent on who the devices are: reading comes first."""
BEHIND_BEATS = 4
"""While frames come faster than they are read, devices are looked at in one of so many beats."""
SETTLE_S = 1.0
"""A device that was just heard says more in the same breath."""
OFTEN = 256
"""Observations of one sender up to which each new one is a reason to look again; beyond, a quarter more has to come."""

Change = AssessedAsset | str
"""A device that is new or another than before, or the key of one that turned out to be part of another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenPlan:
    """Everything that a run that listens needs to know before it begins."""

    site: str
    scope: Scope
    guard: Guard
    interfaces: tuple[Interface, ...]
    hearing: Hearing
    seconds: float | None
    """None until it is stopped."""
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How a run stands."""

    seconds: float
    frames: int
    """That passed the filter, so far."""
    rate: float
    """Frames a second, since the last time."""
    dropped: int
    devices: int


class Watcher(Protocol):
    """Who is told of a run while it goes on."""

    closed: bool
    """Nobody listens any more: the run may end."""

    def changed(self, change: Change) -> None:
        """Take a device, or the key of one that is no more."""
        ...

    def progress(self, state: Progress) -> None:
        """Take how the run stands, once a second."""
        ...


class _Told(NamedTuple):
    """What was told of a device."""

    mark: object
    """What a person would call a change, whenever it comes."""
    counts: object
    """What grows with every message, and what is said of it: told anew at the end."""


class Recognition:
    """Who was heard so far. Only senders of whom something new was heard are looked at again; the final report is made from everything."""

    def __init__(
        self,
        look: Callable[[Sequence[Observation]], Iterable[AssessedAsset]],
        clock: Callable[[], float],
        settle_s: float = SETTLE_S,
    ) -> None:
        """Take what makes devices of observations, and a clock in seconds."""
        self._look = look
        self._clock = clock
        self._settle_s = settle_s
        self._heard: dict[str, list[Observation]] = {}
        self._enough: dict[str, int] = {}
        """By sender: how many observations are a reason to look again."""
        self._waiting: dict[str, float] = {}
        """Senders to look at, each with when something new was first heard of it."""
        self._told: dict[str, dict[str, _Told]] = {}
        """By sender: the devices that were told, by key, each with what was told of it."""
        self._senders_of: Counter[str] = Counter()
        """By key of a device that was told: of how many senders."""

    def add(self, seen: Observation) -> None:
        """Take one observation."""
        sender = seen.link_mac or seen.ip or ""
        heard = self._heard.setdefault(sender, [])
        heard.append(seen)
        if len(heard) >= self._enough.get(sender, 0):
            self._waiting.setdefault(sender, self._clock())

    def changes(self, budget_s: float = LOOK_S) -> Iterator[Change]:
        """Yield what changed, until `budget_s` seconds are spent; the rest waits for the next time."""
        until = self._clock() + budget_s
        while self._waiting:
            sender, since = next(iter(self._waiting.items()))
            now = self._clock()
            if now >= until or now - since < self._settle_s:
                return
            del self._waiting[sender]
            heard = self._heard[sender]
            self._enough[sender] = len(heard) + 1 if len(heard) < OFTEN else len(heard) * 5 // 4
            yield from self._compared(sender, self._look(heard))

    def settled(self, devices: Iterable[AssessedAsset]) -> Iterator[Change]:
        """Yield how the final devices differ from what was told."""
        told = {key: one for of_one in self._told.values() for key, one in of_one.items()}
        final = {judged.asset.key: judged for judged in devices}
        yield from (judged for key, judged in final.items() if told.get(key) != _told_of(judged))
        yield from (key for key in told if key not in final)

    @property
    def devices(self) -> int:
        """How many devices were told."""
        return len(self._senders_of)

    def _compared(self, sender: str, devices: Iterable[AssessedAsset]) -> Iterator[Change]:
        before = self._told.get(sender, {})
        now = {judged.asset.key: judged for judged in devices}
        told = self._told[sender] = {}
        for key, judged in now.items():
            one, earlier = _told_of(judged), before.get(key)
            if earlier is None or earlier.mark != one.mark:
                told[key] = one
                yield judged
            else:
                told[key] = earlier
        self._senders_of.update(now.keys() - before.keys())
        for key in before.keys() - now.keys():
            self._senders_of[key] -= 1
            if not self._senders_of[key]:
                del self._senders_of[key]
                yield key


def _told_of(judged: AssessedAsset) -> _Told:
    asset, found, judgement, calls = judged.asset, judged.identification, judged.judgement, judged.egress
    mark = (
        asset.ips,
        asset.macs,
        asset.hostnames,
        asset.conflicts,
        replace(found, evidence=(), alternatives=(), made_on_evidence=None),
        judgement.verdict,
        tuple((one.policy, one.rule, one.verdict) for one in judgement.findings),
        tuple((one.how, one.destination, one.names, one.ports, one.service, one.outside) for one in calls),
    )
    counts = tuple((one.bytes_out, one.bytes_in, one.bound) for one in calls)
    return _Told(mark, (counts, judgement.reason, tuple(one.reason for one in judgement.findings)))


class Listeners:
    """One listener an interface; each leaves an attempt of its own."""

    def __init__(self, plan: ListenPlan, gathered: Gathered, net: Net, heard: Callable[[Observation], None]) -> None:
        self._plan = plan
        self._gathered = gathered
        self._heard = heard
        self._pairs = [
            (Listen(plan.seconds, plan.hearing, memory=MEMORY // max(1, len(plan.interfaces))), self._ground(interface, net))
            for interface in plan.interfaces
        ]

    def open(self) -> None:
        """Open all rings. Raises PrivilegeError, MissingTool, OSError."""
        for listener, ground in self._pairs:
            listener.open(ground)

    def close(self) -> None:
        """Close what is open."""
        for listener, _ in self._pairs:
            listener.close()

    async def run(self) -> None:
        """Listen on all interfaces to the end; each leaves its attempt, whatever happens."""
        async with asyncio.TaskGroup() as tasks:
            for listener, ground in self._pairs:
                tasks.create_task(self._run_one(listener, ground))

    async def _run_one(self, listener: Listen, ground: Ground) -> None:
        started_at = self._plan.now()
        ended: tuple[AttemptStatus, AttemptReason | None, str] | None = None
        try:
            await listener.run(ground, ())
        except asyncio.CancelledError:
            if self._plan.seconds is not None:
                ended = AttemptStatus.PARTIAL, AttemptReason.INTERRUPTED, "interrupted"
            raise
        except Exception as fault:  # a bug of one listener is an attempt that failed; the others go on
            ended = AttemptStatus.FAILED, AttemptReason.BUG, f"{type(fault).__name__}: {fault}"
        finally:
            self._record(ground, listener.frames, started_at, ended)

    def _record(
        self, ground: Ground, frames: int, started_at: datetime, ended: tuple[AttemptStatus, AttemptReason | None, str] | None
    ) -> None:
        tally = ground.tally
        tally.notes.append(f"{frames} frames read")
        status, reason, detail = ended or outcome(tally)
        self._gathered.attempts.append(
            CollectorAttempt(
                collector=Listen.NAME,
                target=", ".join(interface.name for interface in ground.interfaces),
                status=status,
                reason=reason,
                detail=detail,
                started_at=started_at,
                ended_at=self._plan.now(),
                received=tally.received,
                undecoded=tally.undecoded,
                dropped=tally.dropped,
                sample=tally.sample,
            )
        )

    @property
    def frames(self) -> int:
        """Frames that were read so far."""
        return sum(listener.frames for listener, _ in self._pairs)

    @property
    def behind(self) -> bool:
        """Whether frames come faster than they are read."""
        return any(listener.behind for listener, _ in self._pairs)

    def dropped(self) -> int:
        """Return how many frames were lost so far."""
        for listener, _ in self._pairs:
            listener.count_drops()
        return sum(ground.tally.dropped for _, ground in self._pairs)

    def _ground(self, interface: Interface, net: Net) -> Ground:
        plan = self._plan
        return Ground(
            site=plan.site,
            scope=plan.scope,
            guard=plan.guard,
            interfaces=(interface,),
            net=net,
            now=plan.now,
            user_agent="",
            tally=Tally(),
            macs=self._gathered.macs,
            emit=self._emit,
        )

    def _emit(self, seen: Observation) -> None:
        """Keep an observation, marked where its sender stands outside the scope or is excluded."""
        guard, ip = self._plan.guard, seen.ip
        outside = ip is not None and (not guard.is_inside(ip) if self._plan.scope.ranges else guard.excludes(ip))
        if outside or not guard.allows_mac(seen.link_mac):
            seen = replace(seen, outside_scope=True)
        left_out = self._gathered.left_out
        self._gathered.add(seen)
        if self._gathered.left_out == left_out:
            self._heard(seen)


async def announce(listeners: Listeners, recognition: Recognition, watcher: Watcher, over: asyncio.Event) -> None:
    """Tell a watcher who was heard and how the run stands, until it is over or nobody listens any more."""
    loop = asyncio.get_running_loop()
    began = told_at = loop.time()
    beats = frames = 0
    while not over.is_set() and not watcher.closed:
        await asyncio.sleep(BEAT_S)
        beats += 1
        if not listeners.behind or beats % BEHIND_BEATS == 0:
            for change in recognition.changes():
                watcher.changed(change)
        now = loop.time()
        if now - told_at >= 1.0:
            rate, frames, told_at = (listeners.frames - frames) / (now - told_at), listeners.frames, now
            watcher.progress(
                Progress(
                    seconds=now - began,
                    frames=frames,
                    rate=rate,
                    dropped=listeners.dropped(),
                    devices=recognition.devices,
                )
            )
