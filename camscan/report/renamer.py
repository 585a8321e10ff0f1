"""A tiny process that keeps the right to rename finished files when camscan gives up its capabilities.

Under sudo the folder of an output often belongs to a user. Root without CAP_DAC_OVERRIDE may not rename there, and without
CAP_FOWNER not replace another user's file in a sticky folder. The process is forked before the drop; it knows the pairs of
names and nothing else, reads one byte at a time from a pipe, and ends when the pipe closes.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

CAP_DAC_OVERRIDE = 1
CAP_FOWNER = 3
LINUX_CAPABILITY_VERSION_3 = 0x20080522
PR_SET_NO_NEW_PRIVS = 38

Pair = tuple[int, str, str]
"""Descriptor of a folder, the unfinished file's name, the finished one's."""


def needs_renamer(folder: int, name: str) -> bool:
    """Return whether a rename to `name` works now and would fail once the capabilities are gone."""
    if not _holds_capabilities():
        return False
    place = os.fstat(folder)
    me = os.geteuid()
    if _permission(place, me) & 3 != 3:
        return True
    if not place.st_mode & stat.S_ISVTX or place.st_uid == me:
        return False
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_uid != me
    except OSError:
        return False


def _permission(place: os.stat_result, user: int) -> int:
    """Return the three permission bits that apply to us without capabilities."""
    if place.st_uid == user:
        return place.st_mode >> 6 & 0b111
    if place.st_gid in {os.getegid(), *os.getgroups()}:
        return place.st_mode >> 3 & 0b111
    return place.st_mode & 0b111


def _holds_capabilities() -> bool:
    try:
        status = Path("/proc/thread-self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    effective = next((int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff:")), 0)
    return bool(effective & (1 << CAP_DAC_OVERRIDE | 1 << CAP_FOWNER))


class Renamer:
    """The parent's end: asks for one rename at a time. pairs: at most 255, fixed from now on."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        assert len(pairs) <= 255
        order_read, self._order = os.pipe()
        self._answer, answer_write = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            _serve(pairs, order_read, answer_write)
        os.close(order_read)
        os.close(answer_write)

    def rename(self, number: int) -> None:
        """Rename the pair of this number. Raises OSError as the rename itself would."""
        try:
            os.write(self._order, bytes([number]))
            answer = os.read(self._answer, 1)
        except BrokenPipeError:
            answer = b""
        if not answer:
            raise OSError("the renaming process ended")
        if answer != b"\0":
            raise OSError(answer[0], os.strerror(answer[0]))

    def close(self) -> None:
        """Close the pipe: the process removes what was not renamed, and ends."""
        os.close(self._order)
        os.close(self._answer)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._process, 0)


def _serve(pairs: Sequence[Pair], order: int, answer: int) -> NoReturn:
    """Rename on demand until the pipe closes, then remove what is left. Runs in the child and never returns."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        _close_all_but({order, answer, *(folder for folder, _, _ in pairs)})
        _keep_only(1 << CAP_DAC_OVERRIDE | 1 << CAP_FOWNER)
        waiting = dict(enumerate(pairs))
        while byte := os.read(order, 1):
            try:
                folder, temporary, name = waiting[byte[0]]
                os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
                del waiting[byte[0]]
                os.write(answer, b"\0")
            except (KeyError, OSError) as fault:
                os.write(answer, bytes([(fault.errno if isinstance(fault, OSError) else None) or 255]))
        for folder, temporary, _ in waiting.values():
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=folder)
    finally:
        os._exit(0)


def _close_all_but(kept: set[int]) -> None:
    first = 0
    for descriptor in [*sorted(kept), os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") > 0 else 4096]:
        os.closerange(first, descriptor)
        first = descriptor + 1


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def _keep_only(mask: int) -> None:
    """Give up every capability but these two; where the kernel refuses, the process goes on as it is."""
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))
    header = _Header(LINUX_CAPABILITY_VERSION_3, 0)
    sets = (_Sets * 2)()
    sets[0].effective = sets[0].permitted = mask
    library.capset(ctypes.byref(header), ctypes.byref(sets))
