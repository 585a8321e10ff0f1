"""A capture of a busy camera network to a JSON report, beside tcpdump and tshark on the same file; start-up included."""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from camscan.codecs.registry import DATAGRAM_CODECS
from tests.bench.capture_file import DEVICES, FRAMES, write
from tests.bench.commands import CAMSCAN

RUNS = 3
TIMES = 10
"""Of the frames of one capture, those of the longer ones have so many."""
MANY_DEVICES = 16_000
"""As many senders as are kept of one run."""
SAMPLED_EVERY_S = 0.02
PORTS = sorted({port for codec in DATAGRAM_CODECS for port in codec.PORTS})
DISCOVERY_BPF = " or ".join(("arp", *(f"udp port {port}" for port in PORTS), "tcp port 80", "tcp[13] & 7 != 0"))
DISCOVERY = " or ".join(
    ("arp", f"udp.port in {{{', '.join(map(str, PORTS))}}}", "tcp.port == 80", "tcp.flags.syn == 1", "tcp.flags.fin == 1")
)
PART = 100_000


Cost = tuple[float, float, float]
"""Wall time and processor time in seconds, most memory in MB."""


@contextmanager
def as_installed(folder: Path) -> Iterator[None]:
    """Have commands run as they do from an installed package, whose modules are compiled, whatever is set here and cached of others."""
    before = dict(os.environ)
    (folder / "cache").mkdir(mode=0o700)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ |= {"PYTHONPYCACHEPREFIX": str(folder / "modules"), "XDG_CACHE_HOME": str(folder / "cache")}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before


def run(argv: Sequence[str], source: Path | None = None) -> Cost:
    """Return what a command took with all its processes; source: what it reads from a pipe. Raises RuntimeError where it fails."""
    started = time.perf_counter()
    with source.open("rb") if source else contextlib.nullcontext(subprocess.DEVNULL) as stdin:
        feeder = subprocess.Popen(["cat"], stdin=stdin, stdout=subprocess.PIPE) if source else None
        process = subprocess.Popen(
            argv, stdin=feeder.stdout if feeder else stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    if feeder is not None and feeder.stdout is not None:
        feeder.stdout.close()
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if feeder is not None:
        feeder.wait()
    if process.returncode:
        raise RuntimeError(f"{argv[0]} ended with {process.returncode}: its time says nothing")
    return took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def memory(argv: Sequence[str]) -> float:
    """Return the most memory in MB that a command and the processes that it begins held at a time, what they share counted once."""
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        most = max(most, sum(map(share, (process.pid, *children(process.pid)))))
        time.sleep(SAMPLED_EVERY_S)
    return most / 1024


def share(pid: int) -> int:
    """Return the memory of a process in KiB, of what it shares with others its part; 0 of one that has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except (OSError, ProcessLookupError):
        return 0
    return next((int(row.split()[1]) for row in text.splitlines() if row.startswith("Pss:")), 0)


def children(pid: int) -> list[int]:
    """Return the processes that a process began."""
    try:
        return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except OSError:
        return []


def median(argv: Sequence[str], source: Path | None = None, runs: int = RUNS) -> Cost:
    """Return the median of the times and the most memory of several runs."""
    walls, works, memories = zip(*(run(argv, source) for _ in range(runs)), strict=True)
    return statistics.median(walls), statistics.median(works), max(memories)


def line(name: str, cost: Cost, ours: Cost | None = None) -> None:
    """Print one result; ours: what camscan takes for the same frames."""
    ratio = "" if ours is None else f"   camscan takes {ours[0] / cost[0]:.2f} x, {ours[1] / cost[1]:.2f} x of the processor"
    sys.stdout.write(f"  {name:<40} {cost[0]:9.2f} s {cost[1]:9.2f} s of processor {cost[2]:6.0f} MB{ratio}\n")
    sys.stdout.flush()


REPLAY = (CAMSCAN, "replay", "--policy", "none", "--format", "json", "--quiet")


def capture() -> None:
    """How long a million frames take, beside others that read them."""
    with tempfile.TemporaryDirectory() as folder, as_installed(Path(folder)):
        file, part = Path(folder) / "busy.pcap", Path(folder) / "part.pcap"
        write(file)
        write(part, PART)
        run([*REPLAY, str(part)])
        size = file.stat().st_size / 1e6
        load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        sys.stdout.write(f"\ncapture: {FRAMES} frames, {size:.0f} MB, to a JSON report; {load}\n")
        own = median([*REPLAY, str(file)])
        line("camscan", (*own[:2], memory([*REPLAY, str(file)])))
        line("tcpdump -n -r, discovery", median(["tcpdump", "-n", "-r", str(file), DISCOVERY_BPF]), own)
        if shutil.which("tshark"):
            tshark = ["-n", "-Y", DISCOVERY, "-T", "fields", "-e", "frame.number"]
            some = median([*REPLAY, str(part)])
            line(f"camscan, {PART} frames", some)
            line(f"tshark -Y, {PART} frames", median(["tshark", "-r", str(part), *tshark]), some)
            line("tshark -Y, discovery", run(["tshark", "-r", str(file), *tshark]), own)
        line("camscan, on one core", run(["taskset", "-c", "0", *REPLAY, str(file)]))
        line("camscan, from a pipe", median([*REPLAY, "-"], file))


def longer_capture() -> None:
    """Whether a frame of ten million takes as long as one of a million. Needs 11 GB in the folder for temporary files."""
    with tempfile.TemporaryDirectory() as folder, as_installed(Path(folder)):
        file = Path(folder) / "busy.pcap"
        write(file)
        run([*REPLAY, str(file)])
        once = median([*REPLAY, str(file)])
        sys.stdout.write(f"\nlonger capture: {TIMES * FRAMES} frames beside {FRAMES}\n")
        line(f"{FRAMES} frames of {DEVICES} devices", once)
        for devices in (DEVICES, MANY_DEVICES):
            write(file, TIMES * FRAMES, devices)
            longer = run([*REPLAY, str(file)])
            line(f"{TIMES * FRAMES} frames of {devices} devices", longer)
            sys.stdout.write(
                f"    a frame of them takes {longer[0] / once[0] / TIMES:.2f} of its time,"
                f" {longer[1] / once[1] / TIMES:.2f} of its processor time, start and report included\n"
            )
