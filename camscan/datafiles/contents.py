"""What the data files hold, byte for byte: their digest, and the version that reports name."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from camscan.datafiles.locate import layer_of, read_bytes

DEPTH = 3
"""Folders below a data folder that hold TOML files, itself among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The files of a data folder and the local ones, read once."""

    registry: bytes
    """Text of the OUI registry."""
    digest: str
    """Changes with any byte, name or layer of them."""
    version: str
    """`<date of the registry>.<hash of the data folder>`, and `+local.<hash>` where local files stand over it."""


def read_contents(root: Path, local: Sequence[Path] = ()) -> Contents:
    """Return the digest of all files of a data folder and of local files. Raises DataFileError where one cannot be read."""
    registry = read_bytes(root / "oui" / "registry.txt", root)
    ours = hashlib.sha256()
    for name in sorted(toml_names(root)):
        ours.update(f"{name}\0".encode())
        ours.update(read_bytes(root / name, root))
    ours.update(registry)
    theirs = hashlib.sha256()
    for path in local:
        content = read_bytes(path)
        theirs.update(f"{path}\0{len(content)}\0".encode())
        theirs.update(content)
    first = registry.split(b"\n", 1)[0].decode("utf-8", "replace")
    read_on = first.rpartition("read on ")[2] if first.startswith("#") and "read on " in first else "undated"
    return Contents(
        registry=registry,
        digest=hashlib.sha256(f"{layer_of(root)} {ours.hexdigest()} {theirs.hexdigest()}".encode()).hexdigest(),
        version=f"{read_on}.{ours.hexdigest()[:10]}" + (f"+local.{theirs.hexdigest()[:10]}" if local else ""),
    )


def toml_names(root: Path, below: str = "", depth: int = DEPTH) -> Iterator[str]:
    """Yield the TOML files of a folder and its folders, by their path in it."""
    with os.scandir(root / below) as entries:
        for entry in entries:
            name = f"{below}{entry.name}"
            if entry.name.endswith(".toml"):
                yield name
            elif depth > 1 and entry.is_dir():
                yield from toml_names(root, f"{name}/", depth - 1)
