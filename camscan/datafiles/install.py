"""Puts a set of data files in the place of this machine: unpacked beside what is there, checked, then switched to in one step."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from camscan.datafiles.bundle import REGISTRY
from camscan.datafiles.contents import DEPTH
from camscan.datafiles.locate import IMPORTED, MARK, NOTED, RELEASE, machine_places
from camscan.errors import DataFileError, UsageError
from camscan.sealed import MANIFEST, SIGNATURE, name_fault

PREVIOUS = f"{IMPORTED}.previous"
READABLE = (0o755, 0o644)
"""Modes of folders and files for every user of a machine."""
PRIVATE = (0o700, 0o600)
Check = Callable[[Path], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """Where data was put, and what stood there before."""

    path: Path
    previous: Path | None


def place_of(environment: Mapping[str, str]) -> Path:
    """Return where this user's imports go: for root the machine's place, else the user's own. Raises UsageError."""
    places = machine_places(environment)
    if os.geteuid() != 0 and len(places) < 2:
        raise UsageError("there is no home folder to import into: set HOME or XDG_DATA_HOME")
    return places[-1] if os.geteuid() == 0 else places[0]


def foreign(names: Mapping[str, bytes]) -> str:
    """Return the first name that is of no data file; empty where all are."""
    own = {REGISTRY, MANIFEST, SIGNATURE, NOTED}
    return next(
        (name for name in sorted(names) if name_fault(name) or (name not in own and not _is_data(name))),
        "",
    )


def _is_data(name: str) -> bool:
    return name.endswith(".toml") and name.count("/") < DEPTH


def install(
    files: Mapping[str, bytes],
    place: Path,
    check: Check,
    *,
    at: datetime,
    notes: Mapping[str, object],
) -> Installed:
    """Put files in place and return where; what stood there is kept as `data.previous`, and what stood there before that goes.

    check: says what is wrong with a folder; with anything wrong nothing changes. Raises DataFileError, UsageError.
    """
    if wrong := foreign(files) or next((name for name in (MARK, RELEASE, REGISTRY) if name not in files), ""):
        raise DataFileError(f"{wrong}: not a set of data files: a file that is none, or one that is missing")
    if place.exists() and not place.is_symlink():
        raise UsageError(f"{place}: is not what data import made: move it away first")
    folders, plain = READABLE if place == machine_places(os.environ)[-1] else PRIVATE
    target = place.with_name(f"{IMPORTED}-{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}")
    try:
        _make_parents(place.parent)
        _unpack({**files, NOTED: json.dumps(dict(notes), indent=1).encode()}, target, folders, plain)
        problems = check(target)
        if problems:
            raise DataFileError(f"{len(problems)} problems, first: {problems[0]}: nothing was changed")
        return _switch(place, target)
    except OSError as fault:
        raise UsageError(f"{place.parent}: cannot be written: {fault.strerror or fault}") from fault
    finally:
        if target.is_dir() and _points_to(place) != target:
            shutil.rmtree(target, ignore_errors=True)


def _make_parents(folder: Path) -> None:
    """Make a folder and those above it that are missing, for their owner alone: the machine's own holds its history too."""
    for one in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        one.mkdir(mode=PRIVATE[0], exist_ok=True)


def _unpack(files: Mapping[str, bytes], target: Path, folders: int, plain: int) -> None:
    target.mkdir(mode=0o700)
    for name, content in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), plain)
    for folder in (target, *(one for one in target.rglob("*") if one.is_dir())):
        folder.chmod(folders)


def _switch(place: Path, target: Path) -> Installed:
    """Let the place name the new folder; a reader that began with the old one finds it whole."""
    before, oldest = _points_to(place), _points_to(place.with_name(PREVIOUS))
    if before is not None:
        _link(place.with_name(PREVIOUS), before)
    _link(place, target)
    if oldest is not None and oldest not in (before, target):
        shutil.rmtree(oldest, ignore_errors=True)
    return Installed(path=place, previous=place.with_name(PREVIOUS) if before is not None else None)


def _link(place: Path, target: Path) -> None:
    beside = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        beside.symlink_to(target.name)
        beside.replace(place)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def _points_to(place: Path) -> Path | None:
    """Return the folder beside it that a place names; None where it names none."""
    try:
        return place.parent / place.readlink().name
    except OSError:
        return None
