"""What a scan and a listening do: collectors by stages or beside each other, and the report on what they gathered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from camscan.assessment import Found, Judging, assemble, judging_s, kept, new_run, not_kept, unlisted
from camscan.collect.base import Stage
from camscan.collect.coverage import coverage_of, listened, networks_listened
from camscan.collect.forecast import ALIVE_SHARE
from camscan.collect.gathered import Deadline, Gathered
from camscan.collect.journal import Beginning, Interrupted, Journal, joined
from camscan.collect.net import Net
from camscan.collect.pace import PACES, Meter
from camscan.collect.privileges import CAP_NET_RAW, drop_capabilities, may
from camscan.collect.stages import ScanPlan, StageRunner, live
from camscan.live import Listeners, ListenPlan, Recognition, Watcher, announce
from camscan.model import AssessedAsset, Observation, Report

TICK_S = 0.25
MAX_NAMED = 3
"""Devices that one warning names."""


async def scan(plan: ScanPlan, judging: Judging) -> tuple[Report, tuple[Observation, ...]]:
    """Run every stage and return the report and the observations behind it.

    Cancelling the task ends the collecting, not the reporting: what was found is returned with PARTIAL attempts.
    Raises StoreError, before anything is sent, where the plan's journal cannot be written.
    """
    before = plan.interrupted
    started_at = before.beginning.run.started_at if before else plan.now()
    privileged = may(CAP_NET_RAW)
    gathered = Gathered(list(before.observations) if before else [])
    loop = asyncio.get_running_loop()
    net = Net(plan.guard, Meter(PACES[plan.scope.pace], loop.time()), plan.journal)
    for ip, spent in before.spent.items() if before else ():
        net.meter.account(ip).add(spent)
    stage = StageRunner(plan, judging.knowledge, gathered, net)
    plan.journal.begin(beginning_of(plan, judging, started_at, privileged=privileged))
    judging.steps.expect(judging_s(plan.guard.count() // ALIVE_SHARE))
    try:
        stage.open_all()
        drop_capabilities()
        with ticking(lambda: tick(plan, net.meter), loop), ending_at(plan.deadline, gathered, loop):
            for number in Stage:
                if not await stage.run(number):
                    break
    except asyncio.CancelledError:
        gathered.interrupted = gathered.overdue is None
        current = asyncio.current_task()
        if current is not None:
            current.uncancel()
    finally:
        stage.close_all()
        write_down(plan.journal, net.meter)
    ledgers = {ip: account.ledger() for ip, account in net.meter.accounts.items()}
    observations, found = kept(gathered.observations, judging)
    attempts = joined(before.attempts if before else (), gathered.attempts)
    alive = frozenset(live(observations, plan.guard))
    coverage = coverage_of(
        plan.scope,
        [n for i in plan.interfaces for n in i.on_link],
        attempts,
        alive,
        visited=stage.visited("tcp"),
        down=plan.down,
    )
    run = new_run(judging, started_at, plan.now(), privileged=privileged, interrupted=gathered.interrupted)
    warnings = (*not_kept(gathered), *resumed(before, found), *not_written_down(plan.journal))
    return (
        assemble(run, plan.scope, attempts, coverage, observations, judging, ledgers=ledgers, warnings=warnings, found=found),
        observations,
    )


def beginning_of(plan: ScanPlan, judging: Judging, started_at: datetime, *, privileged: bool) -> Beginning:
    """Return what is known of a scan when it begins."""
    return Beginning(
        run=new_run(judging, started_at, started_at, privileged=privileged, interrupted=True),
        scope=plan.scope,
        networks=tuple(str(network) for link in plan.interfaces for network in link.on_link),
        collectors=tuple(collector.NAME for collector in plan.collectors),
    )


def tick(plan: ScanPlan, meter: Meter) -> None:
    """Tell those who wait, and the journal, that a moment went by."""
    plan.steps.tick()
    plan.journal.tick()
    write_down(plan.journal, meter)


def write_down(journal: Journal, meter: Meter) -> None:
    """Write down what was spent since the last time."""
    for ip in sorted(meter.touched):
        journal.spent(ip, meter.account(ip).spent())
    meter.touched.clear()


def resumed(before: Interrupted | None, found: Found) -> tuple[str, ...]:
    """Return what is to be known of a run that was interrupted and resumed; nothing of any other."""
    if before is None:
        return ()
    done = before.finished.get("tcp", frozenset())
    visited = [asset for asset, _ in found if not done.isdisjoint(asset.ips)]
    silent = [asset.ips[0] for asset in visited if asset.last_seen <= before.at]
    devices = {0: "no device", 1: "1 device"}.get(len(visited), f"{len(visited)} devices")
    said = f"resumed: {devices} from the part that was interrupted at {before.at:%Y-%m-%d %H:%M:%S} UTC"
    if silent:
        more = f" and {len(silent) - MAX_NAMED} more" if len(silent) > MAX_NAMED else ""
        said += f"; not heard of since: {', '.join(silent[:MAX_NAMED])}{more}"
    return (said,)


def not_written_down(journal: Journal) -> tuple[str, ...]:
    """Return the warning of a journal that could not be written to its end; none where it was."""
    if not journal.lost:
        return ()
    return (f"the journal was lost ({journal.lost}): had the run been interrupted, it could not be resumed",)


@contextmanager
def ticking(tell: Callable[[], None], loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Call `tell` now and then, also while nothing else happens."""
    handle: asyncio.TimerHandle

    def tick() -> None:
        nonlocal handle
        tell()
        handle = loop.call_later(TICK_S, tick)

    handle = loop.call_later(TICK_S, tick)
    try:
        yield
    finally:
        handle.cancel()


@contextmanager
def ending_at(deadline: Deadline | None, gathered: Gathered, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Cancel the running task at a deadline, and note that it was this which ended it."""
    current = asyncio.current_task()
    assert current is not None

    def over() -> None:
        gathered.overdue = deadline
        current.cancel()

    handle = loop.call_later(deadline.seconds, over) if deadline is not None else None
    try:
        yield
    finally:
        if handle is not None:
            handle.cancel()


async def listen(plan: ListenPlan, judging: Judging, watcher: Watcher) -> tuple[Report, tuple[Observation, ...]]:
    """Listen until the time is over, and return the report and the observations behind it; the watcher is told what changes meanwhile.

    Cancelling the task ends the listening, not the reporting. Raises PrivilegeError, MissingTool or OSError before anything is read.
    """
    started_at = plan.now()
    gathered = Gathered()
    loop = asyncio.get_running_loop()

    def devices(heard: Sequence[Observation]) -> tuple[AssessedAsset, ...]:
        observations, found = kept(heard, judging)
        so_far = new_run(judging, started_at, started_at, privileged=True, interrupted=False)
        return assemble(so_far, plan.scope, (), (), observations, judging, found=found).assets

    recognition = Recognition(devices, loop.time)
    listeners = Listeners(plan, gathered, Net(plan.guard, Meter(PACES[plan.scope.pace], loop.time())), recognition.add)
    over = asyncio.Event()
    try:
        listeners.open()
        drop_capabilities()
        async with asyncio.TaskGroup() as tasks:
            hearing = tasks.create_task(listeners.run())
            hearing.add_done_callback(lambda _: over.set())
            await announce(listeners, recognition, watcher, over)
            if watcher.closed:
                gathered.interrupted = True
                hearing.cancel()
    except asyncio.CancelledError:
        gathered.interrupted = True
        current = asyncio.current_task()
        if current is not None:
            current.uncancel()
    finally:
        listeners.close()
    observations, found = kept(gathered.observations, judging)
    run = new_run(judging, started_at, plan.now(), privileged=True, interrupted=gathered.interrupted)
    heard = {o.ip for o in observations if o.ip}
    networks, more = networks_listened(plan.scope, plan.interfaces, heard)
    coverage = listened(networks, gathered.attempts, heard)
    warnings = (*not_kept(gathered), *unlisted(more))
    attempts = tuple(gathered.attempts)
    report = assemble(run, plan.scope, attempts, coverage, observations, judging, warnings=warnings, found=found)
    for change in recognition.settled(report.assets):
        watcher.changed(change)
    return report, observations
