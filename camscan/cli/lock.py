"""One run of a site at a time: a file that the kernel locks, so that the lock of a dead process is free by itself."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from camscan.cli.clock import now
from camscan.errors import LockedError, UsageError

PRIVATE = 0o600
MOST_READ = 4096
"""Bytes that are read of what a holder wrote."""
LOOK_AGAIN_S = 1.0
LOOKS_FOR_A_NAME = 20
A_MOMENT_S = 0.05
LONGEST_SLUG = 40
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def site_slug(name: str) -> str:
    """Return a part of a file name that stands for a site: a few letters to know it by, and a hash that tells it from every other one."""
    letters = "".join(letter if letter in _PLAIN else "-" for letter in name.lower())[:LONGEST_SLUG].strip("-")
    exact = hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:8]
    return f"{letters}-{exact}" if letters else exact


class Lock:
    """The lock of a site while the context is open. folder: where camscan keeps what lasts; wait_s: how long to wait for another run.

    tell: is told once whom is waited for.
    """

    def __init__(
        self, folder: Path, site: str, command: str, *, wait_s: float = 0.0, tell: Callable[[str], None] = lambda line: None
    ) -> None:
        self.path = folder / f"lock-{command}-{site_slug(site)}"
        self._site, self._command, self._wait_s, self._tell = site, command, wait_s, tell
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Take it. Raises LockedError where another run holds it, UsageError where the file cannot be used."""
        descriptor = self._opened()
        try:
            self._take(descriptor)
            self._sign(descriptor)
        except OSError as fault:
            os.close(descriptor)
            raise UsageError(f"{self.path}: cannot be locked: {fault.strerror}: keep the store on a local disk") from fault
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        """Let it go; the file stays, because whoever waits has it open."""
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)  # also for processes that were forked meanwhile
            os.close(self._descriptor)
            self._descriptor = None

    def _opened(self) -> int:
        try:
            descriptor = os.open(
                self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY, PRIVATE
            )
        except OSError as fault:
            if fault.errno == errno.ELOOP:
                raise UsageError(f"{self.path}: is a symbolic link, where camscan keeps its lock: remove it") from fault
            raise UsageError(
                f"{self.path}: the lock cannot be opened: {fault.strerror}: run as the user who made it, or remove it"
            ) from fault
        found = os.fstat(descriptor)
        wrong = (
            "is not a regular file"
            if not stat.S_ISREG(found.st_mode)
            else "has a second name"
            if found.st_nlink > 1
            else "belongs to another user"
            if found.st_uid not in _ours()
            else ""
        )
        if wrong:
            os.close(descriptor)
            raise UsageError(f"{self.path}: {wrong}, where camscan keeps its lock: remove it")
        if found.st_uid == os.geteuid():
            os.fchmod(descriptor, PRIVATE)
        return descriptor

    def _take(self, descriptor: int) -> None:
        """Lock the file, waiting as long as may be. Raises LockedError, OSError."""
        until = time.monotonic() + self._wait_s
        waiting = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                left = until - time.monotonic()
                if left <= 0:
                    waited = "" if self._wait_s else "; --lock-wait 2h waits for it"
                    raise LockedError(f"{self._held(descriptor)}{waited}") from None
                if not waiting:
                    self._tell(f"waiting: {self._held(descriptor)}")
                    waiting = True
                time.sleep(min(LOOK_AGAIN_S, left))

    def _held(self, descriptor: int) -> str:
        """Return who holds the lock, as far as the file tells."""
        try:
            for _ in range(LOOKS_FOR_A_NAME):  # whoever has just taken it has yet to write
                if raw := os.pread(descriptor, MOST_READ, 0):
                    break
                time.sleep(A_MOMENT_S)
            said = json.loads(raw)
            who = f"process {int(said['process'])}, since {str(said['since'])[:40]}"
        except (OSError, ValueError, KeyError, TypeError):
            who = "who does not say so"
        return f'another {self._command} of site "{self._site}" is running ({who}; {self.path})'

    def _sign(self, descriptor: int) -> None:
        holder = {
            "process": os.getpid(),
            "process_started": _started(os.getpid()),
            "since": now().isoformat(timespec="seconds"),
            "site": self._site,
            "command": self._command,
        }
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{json.dumps(holder)}\n".encode(), 0)


def _ours() -> frozenset[int]:
    """Return whose files we take for our own: those of this user, and as root those of who called sudo."""
    caller = os.environ.get("SUDO_UID", "") if os.geteuid() == 0 else ""
    return frozenset({os.geteuid(), *([int(caller)] if caller.isdecimal() else [])})


def _started(process: int) -> int | None:
    """Return when a process was started, in ticks since the machine was (field 22 of proc(5) stat); None where that is not told."""
    try:
        return int(Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None
