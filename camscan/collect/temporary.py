"""Files that hold something for a while, where only a file will do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from camscan.errors import UsageError


@contextmanager
def temporary_file(name: str, fill: Callable[[BinaryIO], object]) -> Iterator[Path]:
    """Give a file in a folder that nobody else can read; both are gone afterwards. Raises UsageError where it cannot be written."""
    with ExitStack() as opened:
        try:
            path = Path(opened.enter_context(TemporaryDirectory(prefix="camscan-")), name)
            with path.open("wb") as file:
                fill(file)
        except OSError as fault:
            raise UsageError(f"no temporary file can be written: {fault.strerror}: set TMPDIR to a folder with room") from fault
        yield path
