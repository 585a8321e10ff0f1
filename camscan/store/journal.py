"""The journal of a scan that is under way: JSON Lines that only grow, so that a kill or a power loss at any moment loses nothing finished.

Line 1: `{"whole", "schema", "beginning", "facts"}`; then one record a line, as it happens: `{"observation"}`, `{"attempt"}`,
`{"asked": collector, "what", "ips", "mac", "at"}` and `{"finished": collector, "ips", "mac", "at"}`, `{"spent", "ip"}` (all that an address
has had; of a connection before it is made), `{"resumed": instant}`, `{"kept_as": id}`. Every line is written at once. What must not be lost to a
power loss is synced by a thread; those who wait for the same sync share it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from camscan.collect.base import Host
from camscan.collect.journal import Beginning, Interrupted, Journal
from camscan.collect.pace import Spent
from camscan.errors import LockedError, StoreError
from camscan.model import CollectorAttempt, Observation, Via
from camscan.report.records import RecordError, encode
from camscan.store.leftover import SCHEMA, Facts, Leftover, left_in

PRIVATE = 0o600
OPEN_TRIES = 8
"""How often a file is opened that is replaced meanwhile."""
HEARD_AT_A_TIME = 200
"""Messages that were only overheard and are written in one moment: they never keep the listening from its work."""
WHOLE, NOT_WHOLE = b'{"whole":true ,', b'{"whole":false,'
"""How the first line begins; both are as long, so that one can be written over the other on a full disk."""


class JournalFile(Journal):
    """The journal of one site, held by a lock from opening to closing. `open_journal` opens one."""

    def __init__(self, path: Path, folder: int, descriptor: int, now: Callable[[], datetime]) -> None:
        self.path = path
        self.lost: str | None = None
        self._folder = folder
        self._descriptor = descriptor
        self._now = now
        self._length = os.fstat(descriptor).st_size
        self._facts = Facts()
        self._heard: set[int] = set()
        self._waiting: deque[Observation] = deque()
        self._running: asyncio.Future[None] | None = None
        self._next: asyncio.Future[None] | None = None

    def left(self) -> Leftover | None:
        """Return what a run that was interrupted left; None where it left nothing. Raises StoreError."""
        with open(os.dup(self._descriptor), "rb") as file:  # noqa: PTH123 - a descriptor
            file.seek(0)
            try:
                return left_in(file)
            except RecordError as fault:
                raise StoreError(f"{self.path}: not a journal of this camscan: {fault}: move it away") from fault

    def prepare(self, facts: Facts, after: Leftover | None = None) -> None:
        """Take what the command line said, and after what the run goes on; without it the journal begins anew. Raises StoreError."""
        self._facts = facts
        try:
            self._cut(0 if after is None else after.length)
        except OSError as fault:
            raise StoreError(f"{self.path}: cannot be written: {fault.strerror}") from fault

    def begin(self, beginning: Beginning) -> None:
        """Write the first line, or that the run goes on, and sync it. Raises StoreError: nothing was sent yet."""
        if self._length:
            self._write({"resumed": encode(self._now())})
        else:
            self._write_line(_first_line(beginning, self._facts))
        try:
            os.fsync(self._descriptor)
            os.fsync(self._folder)
        except OSError as fault:
            self._lose(fault)
        if self.lost is not None:
            raise StoreError(f"{self.path}: cannot be written: {self.lost}: no run is begun that could not be resumed")

    def observed(self, seen: Observation) -> None:
        """Write what was sent to us, once; what was merely overheard is written a little later."""
        mark = hash((seen.site, seen.ip, seen.link_mac, seen.protocol, seen.fields, seen.via))
        if mark in self._heard:
            return
        self._heard.add(mark)
        if seen.via is Via.PASSIVE:
            self._waiting.append(seen)
        else:
            self._write({"observation": encode(seen)})

    def asked(self, collector: str, host: Host, what: str) -> None:
        """Write that a question is done."""
        self._write({"asked": collector, "what": what, **self._of(host)})

    def finished(self, collector: str, host: Host) -> None:
        """Write that a host is done, behind everything that was heard of it, and have it synced."""
        while self._waiting:
            self.tick()
        self._write({"finished": collector, **self._of(host)})
        self._synced()

    def attempted(self, attempt: CollectorAttempt) -> None:
        """Write how a collector's run ended."""
        self._write({"attempt": encode(attempt)})

    async def spending(self, ip: str, spent: Spent) -> None:
        """Write what an address will have had, and return once it is on the disk, or cannot be."""
        self.spent(ip, spent)
        done = self._synced()
        if done is not None:
            await asyncio.shield(done)

    def spent(self, ip: str, spent: Spent) -> None:
        """Write what an address has had."""
        self._write({"ip": ip, "spent": encode(spent)})

    def tick(self) -> None:
        """Write some of what was overheard."""
        for _ in range(min(HEARD_AT_A_TIME, len(self._waiting))):
            self._write({"observation": encode(self._waiting.popleft())})

    async def catch_up(self) -> None:
        """Write what was overheard, and sync everything."""
        while self._waiting:
            self.tick()
            await asyncio.sleep(0)
        done = self._synced()
        if done is not None:
            await asyncio.shield(done)

    def settle(self, kept_as: str | None, observations: Iterable[Observation]) -> None:
        """Keep what a resumed run needs, now that this part ended in order. observations: no more of them than may be kept.

        kept_as: where this part is kept elsewhere. A journal that cannot be replaced says that alone.
        """
        left = self.left()
        if left is None:
            return
        try:
            self._replace(replace(left.interrupted, observations=tuple(observations)), left.facts, kept_as)
        except OSError:
            if kept_as is not None:
                self._write({"kept_as": kept_as})
            with contextlib.suppress(OSError):
                os.fsync(self._descriptor)

    def remove(self) -> None:
        """Remove the file; where the folder does not let us, empty it."""
        try:
            if os.path.samestat(os.stat(self.path.name, dir_fd=self._folder), os.fstat(self._descriptor)):
                os.unlink(self.path.name, dir_fd=self._folder)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, 0)
                os.fsync(self._descriptor)
        with contextlib.suppress(OSError):
            os.fsync(self._folder)

    def close(self) -> None:
        """Close the file, and remove it where nothing was written."""
        if self._descriptor < 0:
            return
        if os.fstat(self._descriptor).st_size == 0:
            self.remove()
        os.close(self._descriptor)
        os.close(self._folder)
        self._descriptor = -1

    def _of(self, host: Host) -> dict[str, Any]:
        ips = dict.fromkeys((host.ip, *(seen.ip for seen in host.observations if seen.ip)))
        return {"ips": list(ips), "mac": host.mac, "at": encode(self._now())}

    def _write(self, record: Mapping[str, Any]) -> None:
        self._write_line(_line(record))

    def _write_line(self, line: bytes) -> None:
        """Write a whole line or nothing of it; the first that cannot be written is the last that was tried."""
        if self.lost is not None:
            return
        try:
            _write_all(self._descriptor, line, self._length)
            self._length += len(line)
        except OSError as fault:
            with contextlib.suppress(OSError):
                self._cut(self._length)
            self._lose(fault)

    def _lose(self, fault: OSError) -> None:
        """Give up writing. What is written stays; that it is not all stands in the first line."""
        if self.lost is None:
            self.lost = fault.strerror or str(fault)
            with contextlib.suppress(OSError):
                if os.pread(self._descriptor, len(WHOLE), 0) == WHOLE:
                    os.pwrite(self._descriptor, NOT_WHOLE, 0)

    def _cut(self, length: int) -> None:
        os.ftruncate(self._descriptor, length)
        self._length = length

    def _synced(self) -> asyncio.Future[None] | None:
        """Return what is done once all that is written by now is on the disk; None where nothing is written any more."""
        if self.lost is not None:
            return None
        coming = self._next
        if coming is None:
            coming = self._next = asyncio.get_running_loop().create_future()
            if self._running is None:
                self._sync()
        return coming

    def _sync(self) -> None:
        """Begin the sync that the next ones wait for."""
        waited_for, self._next = self._next, None

        def over(done: asyncio.Future[None]) -> None:
            self._running = None
            fault = None if done.cancelled() else done.exception()
            if isinstance(fault, OSError):
                self._lose(fault)
            if waited_for is not None and not waited_for.done():
                waited_for.set_result(None)
            if self._next is not None:
                self._sync()

        self._running = asyncio.get_running_loop().run_in_executor(None, os.fdatasync, self._descriptor)
        self._running.add_done_callback(over)

    def _replace(self, left: Interrupted, facts: Facts, kept_as: str | None) -> None:
        """Put a journal of these contents in the place of this one, in one step, under the same lock. Raises OSError."""
        beside = f"{self.path.name}.new"
        descriptor = os.open(
            beside,
            os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC,
            PRIVATE,
            dir_fd=self._folder,
        )
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            length = 0
            for line in _lines_of(left, facts, kept_as):
                _write_all(descriptor, line, length)
                length += len(line)
            os.fsync(descriptor)
            os.rename(beside, self.path.name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        except OSError:
            os.close(descriptor)
            with contextlib.suppress(OSError):
                os.unlink(beside, dir_fd=self._folder)
            raise
        with contextlib.suppress(OSError):
            os.fsync(self._folder)
        os.close(self._descriptor)
        self._descriptor, self._length = descriptor, length


def open_journal(path: Path, now: Callable[[], datetime], *, create: bool = True) -> JournalFile | None:
    """Open and lock the journal of a site; None where there is none and `create` does not allow to make it.

    Call it while the process still has its privileges. Raises StoreError naming the file and the remedy, LockedError where another
    run holds it.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        if not create:
            return None
        raise StoreError(f"{path}: there is no folder {path.parent}: mkdir -p -m 700 {path.parent}") from None
    except OSError as fault:
        raise StoreError(f"{path}: the folder cannot be opened: {fault.strerror}") from fault
    try:
        descriptor = _locked(path, folder, create=create)
    except BaseException:
        os.close(folder)
        raise
    if descriptor is None:
        os.close(folder)
        return None
    return JournalFile(path, folder, descriptor, now)


def _locked(path: Path, folder: int, *, create: bool) -> int | None:
    """Return the descriptor of the file that stands at the path once it is locked; None where there is none."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | (os.O_CREAT if create else 0)
    for _ in range(OPEN_TRIES):
        try:
            descriptor = os.open(path.name, flags, PRIVATE, dir_fd=folder)
        except FileNotFoundError:
            return None
        except OSError as fault:
            link = (
                stat.S_ISLNK(os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode) if os.path.lexists(path) else 0
            )
            why = "is a symbolic link: remove it" if link else f"cannot be opened: {fault.strerror}"
            raise StoreError(f"{path}: {why}") from fault
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise StoreError(f"{path}: is not a regular file: remove it")
            if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) != PRIVATE:
                os.fchmod(descriptor, PRIVATE)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.stat(path.name, dir_fd=folder, follow_symlinks=False), os.fstat(descriptor)):
                    return descriptor
        except BlockingIOError:
            os.close(descriptor)
            raise LockedError(f"{path}: another run of this site is at work: wait until it has ended") from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
    raise StoreError(f"{path}: is replaced again and again: who else writes to {path.parent}?")


def _first_line(beginning: Beginning, facts: Facts) -> bytes:
    return WHOLE + _line({"schema": SCHEMA, "beginning": encode(beginning), "facts": encode(facts)})[1:]


def _lines_of(left: Interrupted, facts: Facts, kept_as: str | None) -> Iterator[bytes]:
    """Yield the lines of a journal that holds what is given."""
    yield _first_line(left.beginning, facts)
    at = encode(left.at)
    for _ in range(left.parts - 1):
        yield _line({"resumed": at})
    for seen in left.observations:
        yield _line({"observation": encode(seen)})
    for attempt in left.attempts:
        yield _line({"attempt": encode(attempt)})
    for ip, spent in left.spent.items():
        yield _line({"ip": ip, "spent": encode(spent)})
    for collector, hosts in left.asked.items():
        for ip, questions in hosts.items():
            for what in sorted(questions):
                yield _line({"asked": collector, "what": what, "ips": [ip], "mac": left.macs.get(ip), "at": at})
    for collector, ips in left.finished.items():
        for ip in sorted(ips):
            yield _line({"finished": collector, "ips": [ip], "mac": left.macs.get(ip), "at": at})
    if kept_as is not None:
        yield _line({"kept_as": kept_as})


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _write_all(descriptor: int, content: bytes, at: int) -> None:
    """Write everything at an offset. Raises OSError, with perhaps a part written."""
    while content:
        written = os.pwrite(descriptor, content, at)
        content, at = content[written:], at + written
