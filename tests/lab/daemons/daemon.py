"""A real program as a service of a device: started in its namespaces, waited for until it listens, gone with the lab."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab import netns
from tests.lab.place import Place

READY_S = 20.0
LOOK_AGAIN_S = 0.02
KERNEL_TABLES = {"tcp": ("tcp", "tcp6"), "udp": ("udp", "udp6"), "packet": ("packet",)}
TCP_LISTEN = "0A"
UNCONNECTED = "07"

# Pid 1 of a pid namespace: when it ends, everything that the daemon started ends, whichever user it became. Files stand in
# memory that only this mount namespace sees, so that neither settings nor leftovers touch the machine.
_START = """
set -e
while [ "$1" != -- ]; do mount -t tmpfs -o mode=755 peer "$1"; shift; done; shift
while [ "$1" != -- ]; do mkdir -p "$(dirname "$1")"; printf %s "$2" >"$1"; shift 2; done; shift
"$@" &
wait $!
"""


class DaemonError(Exception):
    """A daemon did not come up; one line that says which, and its last words."""


@dataclass(frozen=True, kw_only=True)
class Daemon:
    """One program of Debian. Its settings and whatever it writes stand in /run and `covers`, which only it sees."""

    argv: Sequence[str]
    """Stays in the foreground."""
    listens: Sequence[tuple[str, int]]
    """What shows that it is ready: `tcp` or `udp` with a port, or `packet` with 0 for a packet socket."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Content by absolute path below /run or one of `covers`."""
    covers: Sequence[str] = ()
    """Existing folders that are replaced by empty ones."""

    async def start(self, place: Place) -> None:
        """Start the program and wait until it listens. Raises DaemonError."""
        files = [word for path, content in self.files.items() for word in (path, content)]
        spaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", _START, "daemon"]
        with tempfile.TemporaryFile("w+") as said:
            program = place.start_program([*spaces, "/run", *self.covers, "--", *files, "--", *self.argv], said.fileno())
            until = time.monotonic() + READY_S
            while not self._ready(place):
                if program.poll() is not None or time.monotonic() > until:
                    said.seek(0)
                    raise DaemonError(f"{place.device.name}: {_ending(program)}: {_last_words(said.read())}")
                await asyncio.sleep(LOOK_AGAIN_S)

    def _ready(self, place: Place) -> bool:
        with netns.inside(place.namespace):
            return all(_bound(kind, port) for kind, port in self.listens)


def _bound(kind: str, port: int) -> bool:
    """Return whether the kernel lists a waiting socket of the calling thread's namespace."""
    for table in KERNEL_TABLES[kind]:
        path = Path("/proc/thread-self/net") / table
        rows = [line.split() for line in path.read_text().splitlines()[1:]] if path.exists() else []
        if kind == "packet":
            return bool(rows)
        state = TCP_LISTEN if kind == "tcp" else UNCONNECTED
        if any(row[3] == state and int(row[1].rpartition(":")[2], 16) == port for row in rows):
            return True
    return False


def _ending(program: subprocess.Popen[bytes]) -> str:
    code = program.poll()
    return f"not ready after {READY_S:.0f} s" if code is None else f"ended with {code}"


def _last_words(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return " | ".join(lines[-3:]) or "it said nothing"
