"""One wire between two namespaces: at one end somebody plays frames, at the other a program listens. Nothing else is on it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from tests.e2e.conftest import CAMSCAN
from tests.lab import netns

REST_S = 2.5
"""Twice the longest interval after which IGMPv3 repeats a change (RFC 3376, 8.11), and a little more."""
REST_AT_MOST_S = 15.0

EAR, MOUTH = "ear0", "mouth0"
EAR_MAC, MOUTH_MAC = "28:d2:44:00:00:02", "28:d2:44:00:00:03"
MTU = 65_000
"""Captures hold frames that network cards have merged."""
EVERY_S, LATE_S = 0.001, 0.01
ETH_P_ALL = 3
PREFERRED = -10


class Wire:
    """The two ends."""

    def __init__(self, ear: int, mouth: int) -> None:
        self.ear = ear
        self.mouth = mouth
        self._started: list[subprocess.Popen[str]] = []

    def popen(self, argv: Sequence[str], **options: Any) -> subprocess.Popen[str]:
        """Start a program where it can listen; it dies with this process."""
        command = ["nsenter", f"--net=/proc/{os.getpid()}/fd/{self.ear}", "--", *argv]
        started = subprocess.Popen(command, text=True, preexec_fn=netns.die_with_parent, **options)
        self._started.append(started)
        return started

    def end(self) -> None:
        """End what still runs."""
        for started in self._started:
            started.kill()
            for stream in (started.stdout, started.stderr):
                if stream is not None:
                    stream.close()
            started.wait()

    def listen(self, *arguments: str, ready: bool = True, **options: Any) -> subprocess.Popen[str]:
        """Start `camscan listen`, and return when it hears."""
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        running = self.popen([CAMSCAN, "listen", *arguments], **streams)
        if ready:
            self.wait_for_ear(running)
        return running

    def wait_for_ear(self, running: subprocess.Popen[str]) -> None:
        """Return when a program has a ring on the wire. Raises AssertionError where it ended before, or half a minute has passed."""
        for _ in range(3_000):
            with netns.inside(self.ear), open("/proc/thread-self/net/packet") as table:
                # The ring is there before the filter of the interface's groups, and that before the capabilities are dropped.
                if len(table.readlines()) > 1 and _without_capabilities(running.pid):
                    return
            assert running.poll() is None, running.communicate()
            time.sleep(0.01)
        raise AssertionError("nobody listens")

    def prefer(self, running: subprocess.Popen[str]) -> None:
        """Let a program run before others of this machine, where that may be asked: what they compute is no part of the question."""
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, running.pid, PREFERRED)

    def play(self, frames: Sequence[bytes], rate: float) -> None:
        """Send frames at so many a second, or as fast as this machine can: what it was late with is not sent faster."""
        with netns.inside(self.mouth), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
            sock.bind((MOUTH, 0))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 * 1024 * 1024)
            began, sent = time.monotonic(), 0
            while sent < len(frames):
                now = time.monotonic()
                began = max(began, now - sent / rate - LATE_S)
                due = min(len(frames), int((now - began) * rate) + 1)
                for frame in frames[sent:due]:
                    sock.send(frame)
                sent = due
                time.sleep(EVERY_S)

    @contextmanager
    def recording(self) -> Iterator[list[bytes]]:
        """Give a list that afterwards holds the frames that left the listening end during the body."""
        sent: list[bytes] = []
        with netns.inside(self.mouth):
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        with sock:
            sock.bind((MOUTH, ETH_P_ALL))
            sock.setblocking(False)
            yield sent
            with suppress(BlockingIOError):
                while True:
                    frame, (_, _, kind, *_) = sock.recvfrom(MTU)
                    if kind != socket.PACKET_OUTGOING:
                        sent.append(frame)

    def come_to_rest(self) -> None:
        """Wait until the listening end has sent nothing for REST_S: the kernel repeats what it says of groups after a random while."""
        deadline = time.monotonic() + REST_AT_MOST_S
        count, since = self.transmitted(), time.monotonic()
        while time.monotonic() < min(deadline, since + REST_S):
            time.sleep(0.05)
            now = self.transmitted()
            if now != count:
                count, since = now, time.monotonic()

    def transmitted(self) -> int:
        """Return how many frames the listening end has sent."""
        with netns.inside(self.ear), open("/proc/thread-self/net/dev") as table:
            line = next(line for line in table if line.strip().startswith(f"{EAR}:"))
        return int(line.split(":")[1].split()[9])


@contextmanager
def wire(*, ipv6: bool = False, address: str | None = "10.20.0.1/24") -> Iterator[Wire]:
    """Lay a wire; it is gone with its ends."""
    ear, mouth = netns.create(), netns.create()
    try:
        for end in (ear, mouth):
            with netns.inside(end):
                quiet = "0" if ipv6 and end == ear else "1"
                netns.set_sysctl("ipv6/conf/default/disable_ipv6", quiet)
                netns.set_sysctl("ipv6/conf/all/disable_ipv6", quiet)
        with netns.inside(mouth):
            netns.ip_batch(
                [
                    f"link add {MOUTH} address {MOUTH_MAC} mtu {MTU} type veth"
                    f" peer name {EAR} address {EAR_MAC} mtu {MTU} netns /proc/self/fd/{ear}",
                    f"link set {MOUTH} arp off up",
                ],
                pass_fds=[ear],
            )
        with netns.inside(ear):
            given = [f"addr add {address} dev {EAR}"] if address else []
            netns.ip_batch([*given, "link set lo up", f"link set {EAR} up"])
        netns.await_carrier([(ear, EAR), (mouth, MOUTH)])
        laid = Wire(ear, mouth)
        try:
            yield laid
        finally:
            laid.end()
    finally:
        os.close(ear)
        os.close(mouth)


def _without_capabilities(pid: int) -> bool:
    """Return whether a program has given up what it may do, which is the last thing before it reads."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return any(line.split() == ["CapBnd:", "0000000000000000"] for line in status)
    except OSError:
        return False
