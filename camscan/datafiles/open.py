"""The knowledge that a command works with: shipped or named, with the local layer over it, from the cache where that holds."""

from __future__ import annotations

from pathlib import Path

from camscan.datafiles.cache import cache_folder, keep, recall
from camscan.datafiles.contents import read_contents
from camscan.datafiles.locate import local_files, locate
from camscan.identify.rules import Knowledge


def open_knowledge(explicit: Path | None = None) -> Knowledge:
    """Return the knowledge of the data folder in use and of the local files. Raises DataFileError."""
    root, local = locate(explicit), local_files(explicit)
    contents = read_contents(root, local)
    folder = cache_folder()
    found = recall(contents, folder) if folder is not None else None
    if found is None:
        from camscan.datafiles.knowledge import load_knowledge  # pydantic, which a cached start never pays

        found = load_knowledge(root, local, contents=contents)
        if folder is not None:
            keep(found, contents, folder)
    return found
