"""What this process may do, and giving all of it up for good."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

CAP_NET_ADMIN = 12
CAP_NET_RAW = 13

PR_CAPBSET_DROP = 24
PR_SET_SECUREBITS = 28
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
SECBIT_NOROOT_AND_LOCK = 0b11
LINUX_CAPABILITY_VERSION_3 = 0x20080522
EPERM = 1


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilitySets(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def effective_capabilities() -> int:
    """Return the effective capability set of this thread as a bit mask; 0 where the system has none."""
    try:
        status = Path("/proc/thread-self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    line = next((line for line in status.splitlines() if line.startswith("CapEff:")), "CapEff: 0")
    return int(line.split()[1], 16)


def may(capability: int) -> bool:
    """Return whether this thread holds a capability (CAP_NET_RAW = 13, CAP_NET_ADMIN = 12)."""
    return bool(effective_capabilities() >> capability & 1)


def remedy_for_privilege(arguments: str = "scan …") -> str:
    """Return the exact command that runs camscan with privileges on this machine."""
    return f"sudo {program_path()} {arguments}"


def program_path() -> str:
    """Return the full path of the camscan that is running, fit to be typed."""
    script = Path(sys.argv[0] or "camscan")
    if script.name == "__main__.py":
        return f"{sys.executable} -m camscan"
    beside = Path(sys.executable).with_name("camscan")
    if script.name == "camscan" and script.exists():
        return str(script.absolute())
    return str(beside) if beside.exists() else "camscan"


def drop_capabilities() -> None:
    """Give up every capability of this thread for good; the user id stays, so that files stay writable.

    Call while the process has one thread: capabilities belong to threads, and later threads inherit the empty sets.
    Clears the bounding, ambient, inheritable, permitted and effective sets, locks SECBIT_NOROOT, sets no_new_privs.
    Raises OSError when the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="ascii"))
    for capability in range(last + 1):
        _prctl(libc, PR_CAPBSET_DROP, capability, may_lack=True)
    _prctl(libc, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    _prctl(libc, PR_SET_SECUREBITS, SECBIT_NOROOT_AND_LOCK, may_lack=True)
    _prctl(libc, PR_SET_NO_NEW_PRIVS, 1)
    header = _CapabilityHeader(LINUX_CAPABILITY_VERSION_3, 0)
    empty = (_CapabilitySets * 2)()
    if libc.capset(ctypes.byref(header), ctypes.byref(empty)) != 0:
        raise OSError(ctypes.get_errno(), f"capset: {os.strerror(ctypes.get_errno())}")


def _prctl(libc: ctypes.CDLL, option: int, argument: int, *, may_lack: bool = False) -> None:
    """Call prctl; EPERM is fine where an unprivileged process has nothing to drop."""
    if libc.prctl(option, ctypes.c_ulong(argument), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
        fault = ctypes.get_errno()
        if not (may_lack and fault == EPERM):
            raise OSError(fault, f"prctl({option}): {os.strerror(fault)}")
