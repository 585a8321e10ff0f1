"""`camscan listen`: who announces itself on the links of this machine; nothing is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from camscan.cli import options, show
from camscan.cli.clock import now
from camscan.cli.conclude import conclude, formats_of, refuse_unjudged, refuse_unknown
from camscan.cli.configuration import configuration
from camscan.cli.groups import Ending, JudgingOptions, Keeping, Schedule, Threshold, with_groups
from camscan.cli.judging import judging_by
from camscan.cli.kept import failures_recorded, keeper_of, keeps, refuse_without_store, state_folder
from camscan.cli.lock import Lock
from camscan.cli.pulse import Pulse
from camscan.cli.sending import deliveries_of
from camscan.cli.signals import until_signalled
from camscan.cli.unattended import watch_of
from camscan.errors import PrivilegeError, UsageError
from camscan.model import Scope

if TYPE_CHECKING:
    from camscan.assessment import Judging
    from camscan.cli.liveview import View
    from camscan.collect.interfaces import Interface
    from camscan.live import ListenPlan

JSONL = "jsonl"
NO_MAC = "00:00:00:00:00:00"


@with_groups
def listen(
    for_: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="End after 30s, 10m, 2h or 1d; else with Ctrl-C.")
    ] = None,
    iface: options.Interfaces = None,
    scope: options.ScopeFile = None,
    exclude: options.Exclude = None,
    promisc: Annotated[
        bool,
        typer.Option(
            "--promisc",
            help="Also hear what others say to each other (mirror port); needs --scope that names who authorised it.",
        ),
    ] = False,
    join: Annotated[
        bool, typer.Option("--join", help="Join the groups in which devices announce themselves: sends IGMP and MLD.")
    ] = False,
    *,
    basis: JudgingOptions,
    ending: Ending,
    threshold: Threshold,
    keeping: Keeping,
    require: options.Require = None,
    inventory: options.Inventory = False,
) -> None:
    """Hear which cameras announce themselves on the links of this machine. Sends nothing at all, unless --join is given."""
    from camscan import pipeline
    from camscan.collect.privileges import CAP_NET_RAW, may, remedy_for_privilege
    from camscan.collect.scope import allowed_until, authorise, authorise_capture, build_scope
    from camscan.collect.scopefile import read_scope_file
    from camscan.report.deliver import open_outputs

    refuse_unknown(ending, threshold, compares=True)
    refuse_without_store(configuration(), keeping, threshold)
    seconds = options.duration(for_, "--for") if for_ is not None else None
    wanted = build_scope((), exclude or (), iface or (), None, scope)
    started_at = now()
    if promisc:
        authorise_capture(wanted, read_scope_file(scope) if scope is not None else None)
    authorise(wanted, started_at, "listen")
    if not may(CAP_NET_RAW):
        raise PrivilegeError(f"listening needs CAP_NET_RAW: {remedy_for_privilege('listen …')}")
    judging = judging_by(
        configuration(),
        basis,
        command="listen",
        marking=ending.marking,
        require=require,
        mandatory=False,
        inventory=inventory,
    )
    refuse_unjudged(judging.policies, ending)
    until = allowed_until(wanted, started_at)
    left = None if until is None else max(0.1, (until - started_at).total_seconds())
    plan = _plan(wanted, judging.site.name, min((s for s in (seconds, left) if s is not None), default=None), promisc, join)
    for line in announcement(plan):
        show.note(line, quiet=ending.quiet)
    sending = deliveries_of(ending, configuration().delivery)
    with ExitStack() as opened:
        pulse = Pulse.of(judging)
        opened.enter_context(failures_recorded(configuration(), keeping, pulse))
        if keeps(configuration(), keeping):
            folder, wait = state_folder(configuration(), keeping.store), watch_of(configuration(), Schedule()).lock_wait_s
            opened.enter_context(Lock(folder, judging.site.name, "listen", wait_s=wait, tell=show.note))
        keeper = opened.enter_context(keeper_of(configuration(), keeping, judging, pulse))
        outputs = opened.enter_context(open_outputs(ending.outputs, formats_of(ending)))
        opened.enter_context(sending)
        # Masks are given when all is known: what is redacted cannot be streamed.
        with watching(None if ending.redact else ending.format_name, plan.scope, judging, ending.quiet) as watcher:
            (report, observations), by_signal = asyncio.run(until_signalled(lambda: pipeline.listen(plan, judging, watcher)))
        conclude(
            report,
            observations,
            outputs,
            ending,
            threshold,
            by_signal=by_signal,
            rest=watcher.rest,
            sending=sending,
            keeper=keeper,
        )


@contextmanager
def watching(format_name: str | None, scope: Scope, judging: Judging, quiet: bool) -> Iterator[View]:
    """Give who is told of the run: standard output as JSON Lines, a table that grows on a terminal, or a line now and then."""
    from camscan.cli import liveview

    if format_name == JSONL or not show.progress_on_terminal():
        beside = liveview.Silent() if quiet else liveview.Lines()
        if format_name != JSONL:
            yield beside
            return
        streamed = liveview.Streamed(beside)
        streamed.begin(judging.site.name, judging.policies, scope, judging.marking)
        yield streamed
    elif quiet:
        yield liveview.Silent()
    else:
        with liveview.growing() as view:
            yield view


def announcement(plan: ListenPlan) -> list[str]:
    """Return what is about to be heard, and what is sent."""
    from camscan.collect.listen import announcement_groups

    names = ", ".join(link.name for link in plan.interfaces)
    heard = "everything that passes" if plan.hearing.promiscuous else "frames to groups, to everybody and to this machine"
    length = "until it is stopped" if plan.seconds is None else f"for {_rounded(plan.seconds)} s"
    lines = [f"listening on {names} {length}: {heard}"]
    if plan.hearing.join:
        groups = ", ".join(group for family in announcement_groups() for group in family)
        lines.append(
            f"--join: IGMP and MLD reports leave on {names}, TTL 1, for the groups {groups}; when the run ends, they are left"
        )
    else:
        lines.append("nothing is sent")
    return lines


def _rounded(seconds: float) -> str:
    return f"{seconds:.3g}" if seconds < 10 else f"{seconds:,.0f}"


def _plan(scope: Scope, site: str, seconds: float | None, promisc: bool, join: bool) -> ListenPlan:
    """Return the plan: where, how long and how closely. Raises UsageError where there is nothing to listen on."""
    from camscan.collect.interfaces import interfaces
    from camscan.collect.listen import Hearing
    from camscan.collect.scope import Guard
    from camscan.live import ListenPlan

    links = _links(interfaces(), scope)
    return ListenPlan(
        site=site,
        scope=replace(scope, interfaces=tuple(link.name for link in links), techniques=("listen",)),
        guard=Guard(scope, [network for link in links for network in link.on_link]),
        interfaces=tuple(links),
        hearing=Hearing(promiscuous=promisc, join=join),
        seconds=seconds,
        now=now,
    )


def _links(known: Sequence[Interface], scope: Scope) -> list[Interface]:
    """Return the interfaces to listen on: those named, those with a range of the scope, or all that are up. Raises UsageError."""
    from camscan.collect.interfaces import choose_interfaces

    if scope.interfaces:
        chosen = choose_interfaces(known, scope.interfaces, ())
        for link in chosen:
            if link.loopback or link.mac == NO_MAC:
                raise UsageError(
                    f"--iface {link.name}: no Ethernet, so no device announces itself there; name another interface"
                )
        return list(chosen)
    up = [link for link in known if link.up and not link.loopback and link.mac != NO_MAC]
    near = choose_interfaces(up, (), scope.ranges) if scope.ranges else ()
    if not up:
        raise UsageError("no interface is up: name one with --iface after `ip link set NAME up`")
    return list(near or up)
