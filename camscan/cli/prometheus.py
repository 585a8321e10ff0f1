"""What monitoring reads of the runs: a file for the textfile collector of Prometheus' node exporter.

Format: Prometheus text exposition 0.0.4.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from camscan.errors import DeliveryError, UsageError
from camscan.history.freshness import SiteState
from camscan.history.heartbeat import Recorded
from camscan.report.escape import visible

SUFFIX = ".prom"
"""The collector reads no other files."""
PRIVATE, FOR_GROUP = 0o600, 0o640
Sample = tuple[Mapping[str, str], float]


def refuse_name(path: Path) -> None:
    """Refuse a file that the collector would not read. Raises UsageError."""
    if path.suffix != SUFFIX:
        raise UsageError(f"--prometheus {path}: the textfile collector reads files that end in {SUFFIX} alone")
    if not path.parent.is_dir():
        raise UsageError(f"--prometheus {path}: there is no folder {path.parent}")


def metrics(sites: Sequence[SiteState], newest: Recorded | None, lapsed: int, now: datetime, *, fresh: bool) -> str:
    """Return the file. lapsed: exceptions in the file of exceptions that have lapsed; fresh: whether all is that was asked for."""
    ranges = [(site, one) for site in sites for one in site.ranges]
    last = [(site, site.last) for site in sites if site.last is not None]
    families: list[tuple[str, str, Iterable[Sample]]] = [
        ("camscan_fresh", "Whether each range of each site is fresh; 0 too where no run is recorded.", [({}, float(fresh))]),
        (
            "camscan_range_last_complete_timestamp_seconds",
            "End of the last run that covered a range completely; 0 where none is known.",
            [(_labels(site, one.range), one.last.at.timestamp() if one.last else 0) for site, one in ranges],
        ),
        (
            "camscan_range_fresh",
            "Whether that is as recent as it must be.",
            [(_labels(site, one.range), float(one.fresh)) for site, one in ranges],
        ),
        (
            "camscan_last_run_timestamp_seconds",
            "End of the newest run, whether it was complete or not.",
            [({"site": site.site}, beat.at.timestamp()) for site, beat in last],
        ),
        (
            "camscan_last_run_complete",
            "Whether the newest run was complete.",
            [({"site": site.site}, float(beat.complete)) for site, beat in last],
        ),
        (
            "camscan_last_run_devices",
            "Devices of the newest run by verdict, where it judged.",
            [
                ({"site": site.site, "verdict": str(one.verdict)}, one.devices)
                for site, beat in last
                if beat.policies
                for one in beat.verdicts
            ],
        ),
        ("camscan_exceptions_lapsed", "Recorded exceptions that have lapsed.", [({}, lapsed)]),
        ("camscan_chain_records", "Records of the chain of runs.", [({}, newest.number if newest is not None else 0)]),
        ("camscan_status_timestamp_seconds", "When this file was written.", [({}, now.timestamp())]),
    ]
    if newest is not None:
        families.append(("camscan_chain_head_info", "Head of the chain of runs.", [({"head": newest.head}, 1)]))
    return "".join(_family(*family) for family in families)


def write(path: Path, text: str) -> None:
    """Replace the file in one step. Its folder's group may read it, where we may give it to that group; else its owner alone.

    Raises DeliveryError.
    """
    try:
        descriptor, made = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    except OSError as fault:
        raise DeliveryError(f"--prometheus {path}: cannot be written: {fault.strerror}") from fault
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            _share(file.fileno(), path.parent)
        os.replace(made, path)  # noqa: PTH105  (a name of tempfile, no Path)
    except OSError as fault:
        with suppress(OSError):
            Path(made).unlink()
        raise DeliveryError(f"--prometheus {path}: cannot be written: {fault.strerror}") from fault


def _share(descriptor: int, folder: Path) -> None:
    found = folder.stat()
    if not found.st_mode & stat.S_IRGRP:
        return
    with suppress(PermissionError):
        os.fchown(descriptor, -1, found.st_gid)
        os.fchmod(descriptor, FOR_GROUP)


def _family(name: str, said: str, samples: Iterable[Sample]) -> str:
    lines = [f"{name}{_in_braces(labels)} {value:.15g}\n" for labels, value in samples]
    return "".join((f"# HELP {name} {said}\n", f"# TYPE {name} gauge\n", *lines)) if lines else ""


def _labels(site: SiteState, range_: str) -> dict[str, str]:
    return {"site": site.site, "range": range_}


def _in_braces(labels: Mapping[str, str]) -> str:
    shown = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items())
    return f"{{{shown}}}" if shown else ""


def _escaped(value: str) -> str:
    return visible(value).replace("\\", "\\\\").replace('"', '\\"')
