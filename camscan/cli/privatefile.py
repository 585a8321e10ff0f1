"""Files that hold secrets: read where nobody else may read them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from camscan.errors import UsageError

OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO


def read_private(path: Path, named: str, most: int) -> bytes:
    """Return what a file holds. Raises UsageError with `named` in front, never with a value.

    A file is refused that others own or may read, or that is longer than `most` bytes.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())  # of what was opened, whatever stands at the path by now
            mode = stat.S_IMODE(status.st_mode)
            if mode & OTHERS_MAY:
                raise UsageError(f"{named} {path}: others may read it (mode {mode:04o}): chmod 600 {path}")
            if status.st_uid not in owners():
                raise UsageError(f"{named} {path}: another user owns it (uid {status.st_uid}): chown {os.geteuid()} {path}")
            content = file.read(most + 1)
    except OSError as fault:
        raise UsageError(f"{named} {path}: cannot be read: {fault.strerror}") from None
    if len(content) > most:
        raise UsageError(f"{named} {path}: longer than {most} bytes")
    return content


def owners() -> set[int]:
    """Return who may own the file: whoever runs camscan, root, and under sudo whoever called it."""
    caller = os.environ.get("SUDO_UID", "") if os.geteuid() == 0 else ""
    return {0, os.geteuid(), *([int(caller)] if caller.isascii() and caller.isdecimal() else ())}
