"""What `camscan scan` would refuse each night, found today: no network, and nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import typer
from typer.exceptions import TyperException

from camscan.cli import options
from camscan.cli.clock import now
from camscan.cli.conclude import formats_of, refuse_unjudged, refuse_unknown
from camscan.cli.configuration import Configuration, configuration
from camscan.cli.groups import Ending, JudgingOptions, Keeping, Schedule, Threshold
from camscan.cli.judging import judging_by
from camscan.cli.kept import keeps, place_of, refuse_without_store
from camscan.cli.sending import deliveries_of
from camscan.cli.sites import chosen_site, with_own_ranges
from camscan.cli.unattended import watch_of
from camscan.errors import UsageError
from camscan.model import Scope

G = TypeVar("G", JudgingOptions, Ending, Threshold, Keeping, Schedule)

WHOLE = "a scheduled run starts in another folder: give the whole path"
SERVICE_FOLDER = Path("/var/lib/camscan")
"""Which a service may write to anyway."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The arguments of `camscan scan` as it would read them."""

    parameters: Mapping[str, Any]

    def group(self, kind: type[G]) -> G:
        """Return the options of one group."""
        return kind(**{one.name: self.parameters[one.name] for one in fields(kind)})


def rehearsed(arguments: Sequence[str], hour: int, minute: int) -> tuple[str, ...]:
    """Return the folders, absolute, that a scan writes to. Raises what `camscan scan` would raise at that time of day."""
    asked = _read(arguments)
    given, settings = asked.parameters, configuration()
    for name, value in given.items():
        if isinstance(value, Path) and not value.is_absolute():
            raise UsageError(f"--{name.replace('_', '-')} {value}: {WHOLE}")
    watch = watch_of(settings, asked.group(Schedule))
    keeping, ending, basis = watch.keeping(asked.group(Keeping)), asked.group(Ending), asked.group(JudgingOptions)
    threshold = asked.group(Threshold)
    folders = [*_of_outputs(ending), *_of_store(settings, keeping)]
    refuse_unknown(ending, threshold, compares=True)
    refuse_without_store(settings, keeping, threshold)
    deliveries_of(ending, settings.delivery)
    judging = judging_by(
        settings,
        basis,
        command="scan",
        marking=ending.marking,
        require=given["require"],
        inventory=given["inventory"],
    )
    refuse_unjudged(judging.policies, ending)
    _refuse_scope(settings, basis, given, hour, minute)
    return tuple(dict.fromkeys(str(one) for one in folders))


def _read(arguments: Sequence[str]) -> Rehearsal:
    """Return the arguments as `camscan scan` reads them. Raises UsageError where it would not take them, or would scan nothing."""
    from camscan.cli.app import load, with_values

    line = f"camscan scan {' '.join(arguments)}"
    try:
        context = load("scan").make_context("scan", with_values(arguments))
    except typer.Exit as asked:
        raise UsageError(f"{line}: asks for help and scans nothing") from asked
    except TyperException as fault:
        raise UsageError(f"{line}: {fault.format_message()}") from fault
    for name, why in (("dry_run", "sends nothing"), ("resume", "a scheduled run begins anew")):
        if context.params[name]:
            raise UsageError(f"--{name.replace('_', '-')}: {why}: leave it out")
    if not context.params["unattended"]:
        raise UsageError("--attended: nobody watches a scheduled run: leave it out")
    return Rehearsal(context.params)


def _of_outputs(ending: Ending) -> list[Path]:
    """Return the folders of the files that are written. Raises UsageError."""
    from camscan.report.deliver import parse_output

    formats = formats_of(replace(ending, color="never"))
    written = [(spec, parse_output(spec, formats).path) for spec in ending.outputs]
    for spec, path in written:
        if not path.is_absolute():
            raise UsageError(f"-o {spec}: {WHOLE}")
    return [path.parent for _, path in written]


def _of_store(settings: Configuration, keeping: Keeping) -> list[Path]:
    """Return the folder of the store, where that is a file that a service could not write otherwise. Raises UsageError."""
    if not keeps(settings, keeping) or (keeping.store or settings.store) is None:
        return []
    path = place_of(settings, keeping.store).path
    if path is not None and not path.is_absolute():
        raise UsageError(f"--store {path}: {WHOLE}")
    return [path.parent] if path is not None and path.parent != SERVICE_FOLDER else []


def _refuse_scope(settings: Configuration, basis: JudgingOptions, given: Mapping[str, Any], hour: int, minute: int) -> None:
    """Refuse what no scope allows at that time of day. Raises UsageError, RefusedError."""
    from camscan.cli.scan import NO_TARGET
    from camscan.collect.scope import authorise, build_scope

    named = chosen_site(basis.site or (), basis.sites or settings.sites)
    targets, scope, exclude = with_own_ranges(named, given["targets"], given["scope"], given["exclude"])
    if not targets and scope is None:
        raise UsageError(NO_TARGET)
    wanted = build_scope(
        targets,
        exclude,
        given["iface"] or (),
        given["pace"] or settings.pace,
        scope,
        allow_public=given["allow_public"],
        allow_large=given["allow_large"],
        infrastructure=given["infrastructure"] or (),
    )
    if given["listen"] is not None:
        options.duration(given["listen"], "--listen")
    asked = [name for name in ("deep", "credentials", "listen") if given[name]]
    if scope is None:
        wanted = replace(wanted, techniques=tuple(dict.fromkeys((*wanted.techniques, *asked))))
    for technique in ("active", *asked):
        authorise(wanted, _first_night(wanted, hour, minute), technique)


def _first_night(scope: Scope, hour: int, minute: int) -> datetime:
    """Return when a job of this hour runs next, or first after the scope begins."""
    begin = max(now(), scope.not_before or now()).astimezone()
    at = begin.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return at if at >= begin else at + timedelta(days=1)
