"""A second process that works ahead: what it makes arrives here in the order in which it was made, as if it had been made here."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, NoReturn, TypeVar

from camscan.errors import CamscanError

T = TypeVar("T")
PIPE = 1024 * 1024
"""Bytes that wait between the two, as many as Linux allows everybody."""

PR_SET_PDEATHSIG = 1
"""linux/prctl.h: the signal that a process gets when the one that made it ends; prctl(2)."""

_ENDING = frozenset({signal.SIGINT, signal.SIGTERM})


class AheadError(RuntimeError):
    """The second process came to grief through a fault of ours; the message is its traceback, or how it ended."""


class KilledError(CamscanError):
    """The second process was ended from outside; the message says how, as a predicate: "was …"."""


@contextmanager
def ahead(given: Iterable[T]) -> Iterator[Iterator[T]]:
    """Give what `given` gives, which is asked for in another process from now on, if there may be one. What it gives is pickled.

    What is given raises AheadError where the other process raised or crashed, and KilledError where somebody ended it. To be called
    while this process has no other thread.
    """
    reading, writing = os.pipe()
    with contextlib.suppress(OSError):
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE)
    first, pid = os.getpid(), -1
    try:
        with _signals_held_back(), contextlib.suppress(OSError):  # where no process more is allowed, this one does it all
            pid = os.fork()
            if pid == 0:
                _become(given, reading, writing, first)
        os.close(writing)
        with os.fdopen(reading, "rb", PIPE) as pipe:
            yield iter(given) if pid < 0 else _received(pipe, pid)
    finally:
        if pid > 0:
            os.kill(pid, signal.SIGKILL)  # it holds nothing, and one that is stopped hears no other signal
            os.waitpid(pid, 0)


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Let signals that end a process wait: one that came at the fork would be met by both, with all that the first one has open."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _become(given: Iterable[T], reading: int, writing: int, first: int) -> NoReturn:
    """Be the second process: whatever happens, nothing of what the first one does follows."""
    status = 1
    try:
        _end_with(first)
        os.close(reading)
        status = _make(given, writing)
    finally:
        os._exit(status)


def _end_with(first: int) -> None:
    """End when the process `first` ends, which made this one; only Linux knows how, and elsewhere the closed pipe is met at the next write.

    While nothing comes in, nothing is written, and a process that was killed cannot end another.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, *map(ctypes.c_ulong, (signal.SIGKILL, 0, 0, 0)))
    if os.getppid() != first:  # it ended before it was asked for
        os._exit(1)


def _make(given: Iterable[T], writing: int) -> int:
    """Write what `given` gives, and return the status with which the process ends.

    Whoever interrupts the other process ends this one too, by closing the pipe.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    try:
        with os.fdopen(writing, "wb", PIPE) as pipe:
            try:
                for one in given:
                    pickle.dump((one,), pipe, pickle.HIGHEST_PROTOCOL)
                    pipe.flush()
                pickle.dump((), pipe)
            except BrokenPipeError:
                raise
            except BaseException:
                pickle.dump(traceback.format_exc(), pipe)
    except BrokenPipeError:
        return 1
    return 0


def _received(pipe: BinaryIO, pid: int) -> Iterator[T]:
    while True:
        try:
            got: tuple[T] | tuple[()] | str = pickle.load(pipe)  # noqa: S301 - our own process wrote it
        except (EOFError, pickle.UnpicklingError):
            raise _end_of(pid) from None
        if isinstance(got, str):
            raise AheadError(got)
        if not got:
            return
        yield got[0]


def _end_of(pid: int) -> Exception:
    """Return what a process that ended too early ended by."""
    ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    if ended is None or ended.si_code == os.CLD_EXITED:
        return AheadError("the process that reads ahead ended before it was done")
    if ended.si_status == signal.SIGKILL:
        return KilledError("was killed, as a system does where memory runs out")
    if ended.si_status == signal.SIGTERM:
        return KilledError("was ended by SIGTERM")
    by = signal.strsignal(ended.si_status) or "it"
    return AheadError(f"the process that reads ahead ended before it was done, by signal {ended.si_status} ({by})")
