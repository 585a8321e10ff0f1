"""Where the data files are, shipped and local, and how one of them is read."""

from __future__ import annotations

import json
import os
import stat
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import camscan
from camscan.errors import DataFileError

ENVIRONMENT = "CAMSCAN_DATA"
MARK = "fields.toml"
"""The file by which a folder is known to be a whole data folder, rather than one of local files."""
LOCAL_FOLDER = "fingerprints.d"
SYSTEM_FOLDER = Path("/etc/camscan") / LOCAL_FOLDER
SERVICE_FOLDER = Path("/var/lib/camscan")
IMPORTED = "data"
"""Name of the folder that `data import` unpacked last."""
RELEASE = "release.toml"
NOTED = "import.json"
"""What `data import` writes beside what it unpacked: who signed it, and over which release it was forced."""
NEVER = datetime.min.replace(tzinfo=UTC)
MAX_FILE = 16 << 20
"""Bytes of the largest file that is read."""


def locate(explicit: Path | None = None) -> Path:
    """Return the folder fingerprints/: the one given, that of CAMSCAN_DATA, else the latest of this machine.

    Those of this machine are what `data import` unpacked, and what came with camscan: in the package or beside it. A folder that was named and holds local files alone stands beside the installed one.
    Raises DataFileError where a folder was named and holds no data, or none is found.
    """
    named = named_folder(explicit)
    if named is not None:
        if (named / MARK).is_file():
            return named
        if not toml_files(named) and not (named / "policies").is_dir():
            origin = "--data" if explicit is not None else ENVIRONMENT
            raise DataFileError(
                f"{named}: no {MARK} and no vendor file in it: {origin} must name a folder like fingerprints/, or one of vendor files"
            )
    places = installed_places()
    shipped = next((place for place in places if (place / MARK).is_file()), None)
    imported = [folder for folder in imported_folders() if shipped is None or standing(folder) >= standing(shipped)]
    if imported:
        return max(imported, key=standing)
    if shipped is not None:
        return shipped
    tried = " and ".join(str(place) for place in places)
    raise DataFileError(f"no data files in {tried}: reinstall camscan, or name their folder with --data or {ENVIRONMENT}")


def imported_folders(environment: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """Return the folders that `data import` unpacked for this user and for the machine, as they stand; the user's comes first.

    One that another user than root could write is passed over.
    """
    environment = os.environ if environment is None else environment
    found = []
    for place in machine_places(environment):
        try:
            real = place.resolve(strict=True)
            status = real.stat()
            there = (real / MARK).is_file()
        except OSError:
            continue
        if there and status.st_uid in (0, os.geteuid()) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            found.append(real)
    return tuple(dict.fromkeys(found))


def machine_places(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return where data that was imported lies, of the user and of the machine, whether it is there or not."""
    base = user_folder(environment, "XDG_DATA_HOME", ".local/share")
    return (*((base / IMPORTED,) if base is not None else ()), service_folder(environment) / IMPORTED)


def service_folder(environment: Mapping[str, str]) -> Path:
    """Return where camscan keeps what belongs to the machine: the folder that systemd gives, else the usual one."""
    given = environment.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(given) if given.startswith("/") else SERVICE_FOLDER


def released(root: Path) -> datetime | None:
    """Return when a data folder was released, in UTC; None where it does not say."""
    try:
        stated = tomllib.loads((root / RELEASE).read_text(encoding="utf-8")).get("released")
    except (OSError, ValueError):
        return None
    return stated.astimezone(UTC) if isinstance(stated, datetime) and stated.tzinfo is not None else None


def standing(root: Path) -> datetime:
    """Return the release that a folder counts as: its own, or the later one over which it was imported on purpose."""
    over = noted(root).get("over")
    try:
        forced = datetime.fromisoformat(over).astimezone(UTC) if isinstance(over, str) else NEVER
    except ValueError:
        forced = NEVER
    return max(released(root) or NEVER, forced)


def noted(root: Path) -> dict[str, Any]:
    """Return what `data import` noted beside the files that it unpacked; nothing for any other folder."""
    try:
        found = json.loads((root / NOTED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def local_policy_folders(explicit: Path | None = None, environment: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """Return the local folders that hold policies/: of /etc, of the user, and a named folder that holds no more."""
    return tuple(folder for folder in local_folders(explicit, environment) if (folder / "policies").is_dir())


def local_files(explicit: Path | None = None, environment: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """Return the local vendor files, later ones first to be believed: of /etc, of the user, and of a named folder that holds no more."""
    return tuple(path for folder in local_folders(explicit, environment) for path in toml_files(folder))


def local_folders(explicit: Path | None = None, environment: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """Return the folders of the local layer, whether they are there or not."""
    environment = os.environ if environment is None else environment
    folders = [SYSTEM_FOLDER]
    base = user_folder(environment, "XDG_CONFIG_HOME", ".config")
    if base is not None:
        folders.append(base / LOCAL_FOLDER)
    named = named_folder(explicit)
    if named is not None and not (named / MARK).is_file():
        folders.append(named)
    return tuple(folders)


def layer_of(root: Path) -> Literal["shipped", "local"]:
    """Return whether a data folder came with camscan, or from whoever signs its data."""
    real = root.resolve()
    if real in [place.resolve() for place in installed_places()]:
        return "shipped"
    return "shipped" if real in imported_folders() and noted(real).get("signed_by") else "local"


def named_folder(explicit: Path | None) -> Path | None:
    """Return the folder that a person named, by option or environment."""
    if explicit is not None:
        return explicit
    return Path(os.environ[ENVIRONMENT]) if os.environ.get(ENVIRONMENT) else None


def installed_places() -> tuple[Path, Path]:
    """Return where the data can lie that came with camscan: in the package, or beside it in a checkout."""
    package = Path(camscan.__file__).parent
    return package / "_data" / "fingerprints", package.parent / "fingerprints"


def user_folder(environment: Mapping[str, str], variable: str, below_home: str) -> Path | None:
    """Return camscan's folder of a kind that XDG names; None for a user without a home."""
    named, home = environment.get(variable, ""), environment.get("HOME", "")
    base = Path(named) if named.startswith("/") else Path(home) / below_home if home.startswith("/") else None
    return base / "camscan" if base is not None else None


def toml_files(folder: Path) -> list[Path]:
    """Return the TOML files of a folder, by name. Raises DataFileError where it is there and cannot be listed."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as fault:
        raise DataFileError(f"{folder}: {fault.strerror}: the folder must be readable") from fault


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
