"""Where the data files are, shipped and local, and how one of them is read."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import camscan
from camscan.errors import DataFileError

ENVIRONMENT = "CAMSCAN_DATA"
MARK = "fields.toml"
"""The file by which a folder is known to be a whole data folder, rather than one of local files."""
LOCAL_FOLDER = "fingerprints.d"
SYSTEM_FOLDER = Path("/etc/camscan") / LOCAL_FOLDER
MAX_FILE = 16 << 20
"""Bytes of the largest file that is read."""


def locate(explicit: Path | None = None) -> Path:
    """Return the folder fingerprints/: the one given, that of CAMSCAN_DATA, the installed one, or the one beside the package.

    A folder that was named and holds local files alone stands beside the installed one.
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
    for place in places:
        if (place / MARK).is_file():
            return place
    tried = " and ".join(str(place) for place in places)
    raise DataFileError(f"no data files in {tried}: reinstall camscan, or name their folder with --data or {ENVIRONMENT}")


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
    """Return whether a data folder came with camscan."""
    return "shipped" if root.resolve() in [place.resolve() for place in installed_places()] else "local"


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
