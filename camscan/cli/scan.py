"""`camscan scan`: discover, identify and judge the cameras of a range."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camscan.cli import options, show
from camscan.cli.clock import now, today
from camscan.cli.conclude import conclude, formats_of, refuse_unjudged, refuse_unknown
from camscan.cli.configuration import Configuration, configuration, keep_policies, user_file
from camscan.cli.groups import Ending, JudgingOptions, Keeping, Schedule, Threshold, with_groups
from camscan.cli.judging import judging_by
from camscan.cli.kept import failures_recorded, keeper_of, keeps, refuse_without_store, state_folder
from camscan.cli.lock import Lock
from camscan.cli.outset import Outset
from camscan.cli.progressview import progress
from camscan.cli.pulse import Pulse
from camscan.cli.resume import as_before, facts_of, journalling, kept_as_before, refuse_another, scope_before, to_resume
from camscan.cli.sending import deliveries_of
from camscan.cli.signals import until_signalled
from camscan.cli.unattended import failures_told, site_meant, wait_for_turn, watch_of
from camscan.errors import UsageError
from camscan.model import Scope

if TYPE_CHECKING:
    from camscan.assessment import Judging
    from camscan.collect.account import Credentials
    from camscan.collect.interfaces import Interface
    from camscan.collect.snmpaccess import SnmpAccess
    from camscan.collect.stages import ScanPlan

NO_TARGET = "no target: name a range (camscan scan 10.20.0.0/24) or a scope file (--scope FILE)"


@with_groups
def scan(
    targets: Annotated[
        list[str] | None, typer.Argument(metavar="[TARGET]...", help="Ranges or addresses, e.g. 10.20.0.0/24.")
    ] = None,
    *,
    basis: JudgingOptions,
    ending: Ending,
    threshold: Threshold,
    keeping: Keeping,
    schedule: Schedule,
    scope: options.ScopeFile = None,
    exclude: options.Exclude = None,
    iface: options.Interfaces = None,
    pace: options.Pace = None,
    deep: Annotated[bool, typer.Option("--deep", help="Ask nmap about hosts that stay unidentified.")] = False,
    credentials: Annotated[
        Path | None, typer.Option("--credentials", metavar="FILE", help="Accounts that may read devices (TOML, mode 0600).")
    ] = None,
    infrastructure: Annotated[
        list[str] | None,
        typer.Option(
            "--infrastructure", metavar="ADDRESS", help="Switch or router whose tables may be read by SNMP; repeatable."
        ),
    ] = None,
    listen: Annotated[
        str | None, typer.Option("--listen", metavar="SECONDS", help="Also listen so long to what devices announce; 30s, 10m.")
    ] = None,
    require: options.Require = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be sent, from where and when; send nothing.")
    ] = False,
    allow_public: Annotated[
        bool, typer.Option("--allow-public", help="The public addresses among the targets are meant.")
    ] = False,
    allow_large: Annotated[bool, typer.Option("--allow-large", help="Ranges larger than a /16 are meant.")] = False,
    inventory: options.Inventory = False,
    resume: options.Resume = False,
) -> None:
    """Find the cameras of a range, say who made each, and judge them."""
    from camscan import pipeline
    from camscan.cli.sites import chosen_site, with_own_ranges
    from camscan.collect.interfaces import choose_interfaces, interfaces
    from camscan.collect.scope import allowed_until, authorise, build_scope
    from camscan.rejudge import filled_in
    from camscan.report.deliver import open_outputs

    settings = configuration()
    watch = watch_of(settings, schedule)
    keeping, ending = watch.keeping(keeping), watch.ending(ending)
    pulse = Pulse(site=site_meant(basis.site or (), settings.site), command="scan", unattended=watch.unattended)
    noted = partial(failures_recorded, settings, keeping, pulse) if watch.unattended and not dry_run else nullcontext
    with ExitStack() as opened:
        outset = opened.enter_context(Outset())
        with noted():
            refuse_unknown(ending, threshold, compares=True)
            refuse_without_store(settings, keeping, threshold)
            sending = deliveries_of(ending, settings.delivery)
        if not dry_run:
            opened.enter_context(sending)
            opened.enter_context(failures_told(sending, watch, ending, pulse))
        opened.enter_context(noted())
        listen_s = options.duration(listen, "--listen") if listen is not None else 0
        left = to_resume(settings, keeping, basis) if resume else None
        if left is not None:
            run = left.interrupted.beginning.run
            basis, keeping = as_before(basis, left), kept_as_before(keeping, left)
            deep, inventory = deep or left.facts.deep, inventory or left.facts.inventory
            listen_s = listen_s or float(left.facts.listen_s or 0)
            require = require or list(run.require)
            ending = replace(ending, marking=ending.marking or run.marking)
        judging = judging_by(
            settings,
            basis,
            command="scan",
            marking=ending.marking,
            require=require,
            inventory=inventory,
            ask=_ask_policies if show.may_ask() and not watch.unattended else None,
        )
        pulse.judged_by(judging)
        refuse_unjudged(judging.policies, ending)
        known = interfaces()
        named = chosen_site(basis.site or (), basis.sites or settings.sites)
        targets, scope, exclude = with_own_ranges(named, targets, scope, exclude)
        asked = not targets and scope is None and left is None
        if asked:
            targets = _links_to_scan(known, iface or (), unattended=watch.unattended)
        if left is not None and not targets and scope is None:
            wanted = scope_before(left)
        else:
            wanted = build_scope(
                targets,
                exclude,
                iface or (),
                pace or settings.pace,
                scope,
                allow_public=allow_public,
                allow_large=allow_large,
                infrastructure=infrastructure or (),
            )
        snmp = _snmp_access(credentials)
        accounts = _accounts(credentials)
        with_credentials = credentials is not None or bool(accounts) or bool(snmp.accounts)
        asked_for = [name for name, asked in (("deep", deep), ("credentials", with_credentials), ("listen", listen_s)) if asked]
        if scope is None:
            wanted = replace(wanted, techniques=tuple(dict.fromkeys((*wanted.techniques, *asked_for))))
        for technique in ("active", *asked_for):
            authorise(wanted, now(), technique)
        if left is not None:
            judging = filled_in(judging, left.interrupted.beginning.run, keep_name=False)
            refuse_another(left, wanted, judging, credentials=with_credentials)
        tell = partial(show.note, quiet=ending.quiet)
        down = tuple(link for link in known if not link.up and not link.loopback)
        plan = _plan(
            wanted,
            choose_interfaces(known, wanted.interfaces, wanted.ranges),
            judging,
            settings,
            deep,
            accounts,
            snmp,
            listen_s,
            ending.quiet,
        )
        if dry_run:
            from camscan.cli.notice import notice

            show.result(notice(plan, judging.site, sending.names))
            return
        if asked and not show.confirm(_question(plan)):
            raise UsageError("nothing was sent")
        if not watch.unattended:
            opened.enter_context(failures_recorded(settings, keeping, pulse))
        wait_for_turn(watch, judging.site.name, tell)
        if watch.unattended or keeps(settings, keeping):
            folder = state_folder(settings, keeping.store)
            opened.enter_context(Lock(folder, judging.site.name, "scan", wait_s=watch.lock_wait_s, tell=tell))
        for technique in ("active", *asked_for):
            authorise(wanted, now(), technique)  # the waiting may have outlasted what the scope allows
        keeper = opened.enter_context(keeper_of(settings, keeping, judging, pulse))
        facts = facts_of(keeper, judging, deep=deep, credentials=with_credentials, listen_s=listen_s)
        journal = opened.enter_context(
            journalling(settings, keeping, keeper, judging, facts, resume=resume, quiet=ending.quiet)
        )
        outputs = opened.enter_context(open_outputs(ending.outputs, formats_of(ending)))
        judging = replace(
            judging,
            as_of=options.as_of_date(basis.as_of, today()),
            warnings=(*judging.warnings, *keeper.clock_set_back(now()), *journal.warnings),
        )
        plan = replace(journal.planned(plan), deadline=watch.deadline(allowed_until(wanted, now()), now()), down=down)
        outset.over = True
        with progress("scan", quiet=ending.quiet) as steps:
            told = replace(plan, steps=steps), replace(judging, steps=steps)
            (report, observations), by_signal = asyncio.run(until_signalled(lambda: pipeline.scan(*told)))
        conclude(
            report,
            observations,
            outputs,
            ending,
            threshold,
            by_signal=by_signal,
            sending=sending,
            keeper=keeper,
            watch=watch,
            journal=journal,
        )


def _plan(
    scope: Scope,
    links: Sequence[Interface],
    judging: Judging,
    settings: Configuration,
    deep: bool,
    credentials: Mapping[str, Credentials],
    snmp: SnmpAccess,
    listen_s: float,
    quiet: bool,
) -> ScanPlan:
    """Return the plan: who may be asked what, by which collectors."""
    from camscan.cli.snmp_credentials import must_be_allowed
    from camscan.codecs.registry import DATAGRAM_CODECS
    from camscan.collect import ndp
    from camscan.collect.registry import collectors
    from camscan.collect.scope import Guard
    from camscan.collect.stages import ScanPlan

    probes = [probe for codec in DATAGRAM_CODECS for probe in codec.probes(bytes(16))]
    guard = Guard(
        scope,
        [network for link in links for network in link.on_link],
        groups=[*((probe.group, probe.port) for probe in probes if probe.group), *ndp.GROUPS],
        broadcast_ports=[probe.port for probe in probes if probe.broadcast],
    )
    must_be_allowed(snmp, scope, {ip: guard.allows_infrastructure(ip) for ip in (*snmp.switches, *snmp.routers)})
    return ScanPlan(
        site=judging.site.name,
        scope=scope,
        guard=guard,
        interfaces=tuple(links),
        collectors=collectors(deep=deep, credentials=credentials, snmp=snmp, listen_s=listen_s),
        contact=settings.contact,
        now=now,
        progress=lambda line: show.note(line, quiet=quiet),
    )


def _accounts(credentials: Path | None) -> dict[str, Credentials]:
    """Return the accounts of the credentials file and of the environment, which the latter then holds no more. Raises UsageError."""
    import os

    from camscan.cli.credentials import read_credentials, take_from_environment

    ours = take_from_environment(os.environ)
    return ours | (read_credentials(credentials) if credentials else {})


def _snmp_access(credentials: Path | None) -> SnmpAccess:
    """Return what the credentials file and the environment say of SNMP. Raises UsageError."""
    import os

    from camscan.cli.credentials import read_tables
    from camscan.cli.snmp_credentials import TABLE, snmp_access

    table = read_tables(credentials).get(TABLE) if credentials else None
    return snmp_access(table, os.environ, f"--credentials {credentials}" if credentials else "CAMSCAN_SNMP_*")


def _links_to_scan(known: Sequence[Interface], wanted: Sequence[str], *, unattended: bool = False) -> list[str]:
    """Return the networks on our links, for a person to confirm. Raises UsageError where nobody can be asked."""
    if unattended or not show.may_ask():
        raise UsageError(NO_TARGET)
    links = [i for i in known if i.up and not i.loopback and (not wanted or i.name in wanted)]
    # Public networks of IPv6 are usual on links; who means them names them.
    own_v6 = [n for i in links for n in i.networks_v6 if n.is_private and not n.is_link_local]
    found = [str(n) for n in dict.fromkeys([*(n for i in links for n in i.networks), *own_v6])]
    if not found:
        raise UsageError("no interface with a network is up: name a range (camscan scan 10.20.0.0/24)")
    return found


def _question(plan: ScanPlan) -> str:
    """Return what would happen, as a question: interface, range, packets and duration."""
    from camscan.cli.notice import estimate

    packets, seconds = estimate(plan)
    links = ", ".join(i.name for i in plan.interfaces)
    return f"Scan {', '.join(plan.scope.ranges)} on {links}: about {packets:,} packets, {seconds:.0f} s?"


def _ask_policies(known: Mapping[str, str]) -> tuple[str, ...]:
    """Ask for a policy, and offer to keep the answer."""
    import os

    chosen = show.ask_policies(known)
    path = user_file(os.environ)
    if chosen and show.confirm(f"Keep this answer in {path}?"):
        keep_policies(chosen, path)
    return chosen
