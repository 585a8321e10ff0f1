"""The segment as others use it: bring it up, run programs where the scanner stands, read the ledger, take it down."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.lab import netns

TRUTH = Path(__file__).with_name("truth.toml")
ROOT = Path(__file__).resolve().parents[2]
READY_S = 30.0
ANSWER_S = 20.0
DOWN_S = 10.0


class LabError(Exception):
    """The segment cannot be brought up; one line that says why."""


class Segment:
    """A running segment. Needs root; everything happens in namespaces that end with it, even after SIGKILL."""

    PROGRAM: Sequence[str] = ("tests.lab", "up")
    """The module that serves it, and its first words."""

    def __init__(
        self,
        *,
        devices: Sequence[str] = (),
        without: Sequence[str] = (),
        size: int = 0,
        pcap: Path | None = None,
        ledger: Path | None = None,
    ) -> None:
        """Prepare a segment with the named devices (default: all), perhaps recorded into a pcap and a ledger file.

        `without`: services that are switched off. `size`: the roster and copies of its devices, so many in all.
        """
        self._arguments = ["--device=" + name for name in devices]
        if without:
            self._arguments.append("--without=" + ",".join(without))
        if size:
            self._arguments.append(f"--size={size}")
        if pcap is not None:
            self._arguments.append(f"--pcap={pcap.absolute()}")
        if ledger is not None:
            self._arguments.append(f"--ledger={ledger.absolute()}")
        self._process: subprocess.Popen[str] | None = None
        self.ready: dict[str, Any] = {}
        """What the lab said when it was ready: pid, scanner_pid, scanner_address, enter, devices, seconds."""

    def up(self) -> None:
        """Start the segment and wait until every device answers. Raises LabError."""
        if os.geteuid() != 0:
            raise LabError("the lab needs root for network namespaces: run it with sudo")
        with tempfile.TemporaryFile("w+") as complaints:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *self.PROGRAM, *self._arguments],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
                start_new_session=True,  # Ctrl-C is for the program under test, not for the segment
            )
            try:
                self.ready = self._hear(READY_S)
            except LabError:
                self.down()
                complaints.seek(0)
                said = complaints.read().strip().splitlines()
                raise LabError(said[-1].removeprefix("lab: ") if said else "the lab ended before it was ready") from None

    def down(self) -> None:
        """End the segment; writes the ledger and pcap that were asked for."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(DOWN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._process = None

    def __enter__(self) -> Segment:
        self.up()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.down()

    def enter_command(self) -> list[str]:
        """Return the words that, put before a command, run it where the scanner stands."""
        return ["nsenter", f"--target={self.ready['scanner_pid']}", "--net", "--mount", f"--wd={Path.cwd()}", "--"]

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return this process's environment with CAMSCAN_LAB_TRUTH and `extra`."""
        return {**os.environ, "CAMSCAN_LAB_TRUTH": str(TRUTH), **(extra or {})}

    def popen_in_scanner(self, argv: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
        """Start a program in the scanner's namespace; it dies with this process. Options are those of Popen."""
        options["env"] = self.environment(options.pop("env", None))
        return subprocess.Popen([*self.enter_command(), *argv], preexec_fn=netns.die_with_parent, **options)

    def run_in_scanner(self, argv: Sequence[str], **options: Any) -> subprocess.CompletedProcess[Any]:
        """Run a program in the scanner's namespace to its end. Options are those of subprocess.run."""
        options["env"] = self.environment(options.pop("env", None))
        options.setdefault("check", False)
        return subprocess.run([*self.enter_command(), *argv], preexec_fn=netns.die_with_parent, **options)

    @contextmanager
    def at_scanner(self) -> Iterator[None]:
        """Run the body in the scanner's network namespace: sockets made there stay there."""
        namespace = os.open(f"/proc/{self.ready['scanner_pid']}/ns/net", os.O_RDONLY)
        try:
            with netns.inside(namespace):
                yield
        finally:
            os.close(namespace)

    def ledger(self) -> dict[str, Any]:
        """Return what the segment counted so far: groups, strangers, and per device packets, tcp, requests, datagrams."""
        return self._ask("ledger")

    def addressed(self) -> set[str]:
        """Return the devices to which a program sent something; ARP to one device alone is the kernel's, which looks when it likes."""
        visits = self.ledger()["devices"]
        return {name for name, seen in visits.items() if seen["packets_total"] > seen["packets"].get("arp", 0)}

    def forget(self) -> None:
        """Start counting anew."""
        self._ask("forget")

    def unplug(self, name: str) -> None:
        """Pull a device's cable."""
        self._ask(f"unplug {name}")

    def plug(self, name: str) -> None:
        """Plug a device's cable in again."""
        self._ask(f"plug {name}")

    def _ask(self, words: str) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(words + "\n")
        self._process.stdin.flush()
        answer = self._hear(ANSWER_S)
        if "error" in answer:
            raise LabError(answer["error"])
        return answer

    def _hear(self, patience_s: float) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        # One line an answer and never more than one outstanding: nothing waits in the text layer's buffer.
        heard, _, _ = select.select([self._process.stdout], [], [], patience_s)
        line = self._process.stdout.readline() if heard else ""
        if not line:
            raise LabError("the lab does not answer")
        answer: dict[str, Any] = json.loads(line)
        return answer
