"""Where the data in use comes from, and whether it is still what was signed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from camscan.cli.keys import Trusted
from camscan.cli.verify import signature_words, trust_faults
from camscan.datafiles.bundle import files_of
from camscan.datafiles.install import PREVIOUS
from camscan.datafiles.locate import NOTED, imported_folders, installed_places, machine_places, noted
from camscan.errors import CamscanError
from camscan.sealed import MANIFEST, SIGNATURE, compare


def origin_of(root: Path) -> str:
    """Return how a data folder came here."""
    real = root.resolve()
    if real in [place.resolve() for place in installed_places()]:
        return "came with camscan"
    if real in imported_folders():
        return f"imported on {_said(real, 'at')}, from {_said(real, 'source')}"
    return "named by --data, CAMSCAN_DATA or the configuration"


def _said(root: Path, key: str) -> str:
    found = noted(root).get(key)
    return found if isinstance(found, str) else "a source not noted"


def passed_over(root: Path, at: datetime | None, *, named: bool) -> Iterator[str]:
    """Yield other data of this machine, and why it is not used. at: the release in use."""
    why = "another folder is named" if named else f"older than {at:%Y-%m-%d %H:%M}" if at else "older"
    for folder in (*imported_folders(), *(place for place in installed_places() if place.is_dir())):
        if folder.resolve() != root.resolve():
            yield f"{folder}: {why}"
    for place in machine_places(os.environ):
        if place.with_name(PREVIOUS).is_dir():
            yield f"{place.with_name(PREVIOUS)}: what stood there before the last import"


def signature_of(root: Path, trusted: Sequence[Trusted]) -> str:
    """Return who signed a data folder, and whether it is as it was signed."""
    if not (root / MANIFEST).is_file():
        return "none: imported without a bundle" if (root / NOTED).is_file() else "none: it came with no bundle"
    try:
        seal = {name: (root / name).read_bytes() for name in (MANIFEST, SIGNATURE) if (root / name).is_file()}
        found = compare({**seal, **files_of(root)}, str(root))
    except (CamscanError, OSError) as fault:
        return f"cannot be checked: {fault}"
    if found.faults:
        return f"DOES NOT HOLD: {'; '.join(found.faults)}"
    return "; ".join([signature_words(found, trusted), *trust_faults(found, trusted)])
