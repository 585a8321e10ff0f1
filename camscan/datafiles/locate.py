"""Where the data files are, and how one of them is read."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import camscan
from camscan.errors import DataFileError

ENVIRONMENT = "CAMSCAN_DATA"
MARK = "fields.toml"
"""The file by which a folder is known to be a data folder."""
MAX_FILE = 16 << 20
"""Bytes of the largest file that is read."""


def locate(explicit: Path | None = None) -> Path:
    """Return the folder fingerprints/: the one given, that of CAMSCAN_DATA, the installed one, or the one beside the package.

    Raises DataFileError where a folder was named and holds no data, or none is found.
    """
    named = explicit if explicit is not None else Path(os.environ[ENVIRONMENT]) if os.environ.get(ENVIRONMENT) else None
    if named is not None:
        if not (named / MARK).is_file():
            origin = "--data" if explicit is not None else ENVIRONMENT
            raise DataFileError(f"{named}: no {MARK} in it: {origin} must name a folder like fingerprints/")
        return named
    package = Path(camscan.__file__).parent
    places = (package / "_data" / "fingerprints", package.parent / "fingerprints")
    for place in places:
        if (place / MARK).is_file():
            return place
    tried = " and ".join(str(place) for place in places)
    raise DataFileError(f"no data files in {tried}: reinstall camscan, or name their folder with --data or {ENVIRONMENT}")


def shown(path: Path, root: Path | None) -> str:
    """Return a file's name as messages show it: below fingerprints/ where it is in the data folder."""
    return f"fingerprints/{path.relative_to(root)}" if root is not None and path.is_relative_to(root) else str(path)


def read_bytes(path: Path, root: Path | None = None) -> bytes:
    """Return a data file's bytes. Raises DataFileError where it cannot be read or is too large."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except OSError as fault:
        raise DataFileError(f"{shown(path, root)}: {fault.strerror or fault}: the file must be readable") from fault
    if len(content) > MAX_FILE:
        raise DataFileError(f"{shown(path, root)}: larger than {MAX_FILE >> 20} MiB")
    return content


def read_toml(path: Path, root: Path | None = None) -> dict[str, Any]:
    """Return a TOML file's content. Raises DataFileError naming file and line."""
    content = read_bytes(path, root)
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as fault:
        line = content[: fault.start].count(b"\n") + 1
        raise DataFileError(f"{shown(path, root)}: line {line}: not UTF-8: save the file as UTF-8") from fault
    except tomllib.TOMLDecodeError as fault:
        raise DataFileError(f"{shown(path, root)}: {fault}: the file must be TOML") from fault
