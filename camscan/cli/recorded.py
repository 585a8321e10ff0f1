"""Where attestations and exceptions are kept, and how a command reads them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from camscan.cli.configuration import Configuration
from camscan.errors import UsageError
from camscan.model import Attestation, DeviceException, StatementsUsed
from camscan.policy.exceptions import LONGEST
from camscan.statements import Recorded


def attestations_path(settings: Configuration, given: Path | None) -> Path:
    """Return the file of attestations: of the flag, the configuration, or the user's data folder."""
    return given or settings.attestations or user_folder(os.environ) / "attestations.toml"


def exceptions_path(settings: Configuration, given: Path | None) -> Path:
    """Return the file of exceptions: of the flag, the configuration, or the user's data folder."""
    return given or settings.exceptions or user_folder(os.environ) / "exceptions.toml"


def user_folder(environment: Mapping[str, str]) -> Path:
    """Return the user's own data folder, whether it exists or not."""
    folder = environment.get("XDG_DATA_HOME", "")
    base = Path(folder) if folder.startswith("/") else Path(environment.get("HOME") or "~").expanduser() / ".local" / "share"
    return base / "camscan"


def longest(settings: Configuration) -> int:
    """Return the days for which an exception may be given."""
    return settings.exception_days or LONGEST


def recorded_by(settings: Configuration, attestations: Path | None, exceptions: Path | None) -> Recorded:
    """Return what persons recorded. A file in the user's folder that is not there counts for nothing.

    Raises UsageError for a file that a flag names and that is not there, and for one that cannot be read.
    """
    for flag, given in (("--attestations", attestations), ("--exceptions", exceptions)):
        if given is not None and not given.exists():
            raise UsageError(f"{flag} {given}: there is no such file")
    stated = attestations_path(settings, attestations)
    given_for = exceptions_path(settings, exceptions)
    if not stated.exists() and not given_for.exists() and not (settings.attestations or settings.exceptions):
        return Recorded(longest=longest(settings))
    from camscan.datafiles.statements import read_attestations, read_exceptions

    said, granted = read_attestations(stated), read_exceptions(given_for)
    return Recorded(
        attestations=said.entries,
        attestations_from=_used(said.path, said.sha256, len(said.entries), named=settings.attestations is not None),
        exceptions=granted.entries,
        exceptions_from=_used(granted.path, granted.sha256, len(granted.entries), named=settings.exceptions is not None),
        longest=longest(settings),
    )


def _used(path: Path, sha256: str, entries: int, *, named: bool) -> StatementsUsed | None:
    """Return the file as read; one that the configuration names and that is not there is told too, with an empty digest."""
    return StatementsUsed(file=str(path), sha256=sha256, entries=entries) if sha256 or named else None


def flag_of(key: str) -> str:
    """Return the option that gives a key of an entry."""
    return f"--{key.replace('_', '-')}"


def in_flags(fault: ValueError, keys: Iterable[str]) -> str:
    """Return what is wrong with an entry, with the option in place of the key that it names."""
    key, colon, said = str(fault).partition(": ")
    return f"{flag_of(key)}: {said}" if colon and key in keys else str(fault)


def edit_file(path: Path, table: str, edit: Callable[[str], str]) -> None:
    """Replace a file of statements by what an edit makes of it; one that holds something else stays as it is. Raises UsageError."""
    from camscan.datafiles.statements import entries_of
    from camscan.report.deliver import rewrite

    def checked_edit(text: str) -> str:
        entries_of(text.encode(), table, str(path))
        try:
            return edit(text)
        except ValueError as fault:
            raise UsageError(f"{path}: {fault}") from fault

    rewrite(path, checked_edit)


def record(path: Path, table: str, entries: Sequence[Attestation | DeviceException], replaced: Sequence[str] = ()) -> None:
    """Write entries to the end of a file, and take those out that they replace. Raises UsageError."""
    from camscan.datafiles.statements import appended, removed

    edit_file(path, table, lambda text: appended(removed(text, table, replaced) if replaced else text, table, entries))
