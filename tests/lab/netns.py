"""Network namespaces of Linux: make one, step into it, wire it with `ip -batch`. Needs CAP_SYS_ADMIN and CAP_NET_ADMIN."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1

CARRIER_S = 20.0
LOOK_AGAIN_S = 0.002
SIOCGIFFLAGS = 0x8913
IFF_RUNNING = 1 << 6
SIOCETHTOOL = 0x8946
# linux/ethtool.h: receive and transmit checksums, scatter-gather, TCP segmentation, generic segmentation and receive offload.
OFFLOADS = (0x15, 0x17, 0x19, 0x1F, 0x24, 0x2C)

_libc = ctypes.CDLL(None, use_errno=True)


class NamespaceError(Exception):
    """The kernel or the privileges of this process do not allow network namespaces."""


def _call(name: str, *arguments: int) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        code = ctypes.get_errno()
        raise NamespaceError(f"{name}: {os.strerror(code)}")


def open_current() -> int:
    """Return a descriptor of the calling thread's network namespace."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def unshare() -> None:
    """Put the calling thread, and every process it starts later, into a new network namespace."""
    _call("unshare", CLONE_NEWNET)


def create() -> int:
    """Return a descriptor of a new network namespace; it ends with its last descriptor and process."""
    home = open_current()
    try:
        unshare()
        try:
            return open_current()
        finally:
            _call("setns", home, CLONE_NEWNET)
    finally:
        os.close(home)


@contextmanager
def inside(namespace: int) -> Iterator[None]:
    """Run the body in a namespace; sockets made there stay there."""
    home = open_current()
    try:
        _call("setns", namespace, CLONE_NEWNET)
        try:
            yield
        finally:
            _call("setns", home, CLONE_NEWNET)
    finally:
        os.close(home)


def ip_batch(lines: Iterable[str], *, pass_fds: Sequence[int] = ()) -> None:
    """Run `ip -batch` in the calling thread's namespace. Raises NamespaceError with the first complaint of `ip`."""
    script = "".join(line + "\n" for line in lines)
    done = subprocess.run(["ip", "-batch", "-"], input=script, text=True, capture_output=True, pass_fds=pass_fds, check=False)
    if done.returncode != 0:
        raise NamespaceError(f"ip: {(done.stderr or done.stdout).strip().splitlines()[0]}")


def set_sysctl(path: str, value: str) -> None:
    """Write a value under /proc/sys/net of the calling thread's namespace; absent keys are left out."""
    target = Path("/proc/sys/net") / path
    if target.exists():
        target.write_text(value)


def await_carrier(ends: Iterable[tuple[int | None, str]]) -> None:
    """Wait until interfaces pass packets, each named by its namespace (None: the caller's) and name. Raises NamespaceError.

    After a cable is plugged in, the kernel activates the queues of its ends behind the caller's back; what is sent before is
    dropped.
    """
    until = time.monotonic() + CARRIER_S
    for namespace, interface in ends:
        with nullcontext() if namespace is None else inside(namespace):
            while not _is_running(interface):
                if time.monotonic() > until:
                    raise NamespaceError(f"{interface}: no carrier")
                time.sleep(LOOK_AGAIN_S)


def _is_running(interface: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        answer = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sH22x", interface.encode(), 0))
    return bool(struct.unpack_from("H", answer, 16)[0] & IFF_RUNNING)


def disable_offloads(interface: str) -> None:
    """Make an interface send frames as they would stand on a wire: complete checksums, nothing merged."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in OFFLOADS:
            value = ctypes.create_string_buffer(struct.pack("II", command, 0))
            request = struct.pack("16sP", interface.encode(), ctypes.addressof(value)) + bytes(16)
            try:
                fcntl.ioctl(control, SIOCETHTOOL, request)
            except OSError:
                continue  # a driver need not know every switch


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends; for use between fork and exec."""
    _libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)
