"""The files of a data folder as they go into an archive, and the version that they have together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from camscan.datafiles.contents import read_contents, toml_names
from camscan.datafiles.locate import local_files, local_policy_folders, locate, read_bytes, toml_files
from camscan.errors import DataFileError
from camscan.sealed import NAME_CHARACTERS

REGISTRY = "oui/registry.txt"


def files_of(root: Path) -> dict[str, bytes]:
    """Return what a data folder is read from, by name: its TOML files and the OUI registry. Raises DataFileError."""
    names = sorted([*toml_names(root), REGISTRY])
    return {name: read_bytes(root / name, root) for name in names}


def files_used(explicit: Path | None = None, *, version: str, local: bool = True) -> dict[str, bytes]:
    """Return the data files in use, those of the folder under `data/`, local ones under `local/`.

    version: the one that was judged by. local: False leaves the operator's own files out. Raises DataFileError where a file
    changed since.
    """
    root = locate(explicit)
    found = {f"data/{name}": content for name, content in files_of(root).items()}
    if local:
        for number, path in enumerate(_local(explicit)):
            found[f"local/{number:03}-{plain(path.name)}"] = read_bytes(path)
    now = read_contents(root, local_files(explicit)).version
    if now != version:
        raise DataFileError(f"{root}: changed while it was used (was {version}, is {now}): do it again")
    return found


def _local(explicit: Path | None) -> Iterator[Path]:
    yield from local_files(explicit)
    for folder in local_policy_folders(explicit):
        for part in ("entities", "edges", "rules", "sets"):
            yield from toml_files(folder / "policies" / part)


def plain(name: str) -> str:
    """Return a file's name with what no archive of ours takes replaced."""
    return "".join(letter if letter in NAME_CHARACTERS else "_" for letter in name)[:80]
