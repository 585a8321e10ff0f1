"""A capture of a busy camera network to a JSON report, beside tcpdump and tshark on the same file; start-up included."""

from __future__ import annotations

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
from tests.bench.capture_file import FRAMES, write
from tests.bench.commands import CAMSCAN

RUNS = 3
SOME, MANY = 5, 10
"""Times that a capture goes through a pipe, to see whether later frames take longer than earlier ones."""
PORTS = sorted({port for codec in DATAGRAM_CODECS for port in codec.PORTS})
DISCOVERY_BPF = " or ".join(("arp", *(f"udp port {port}" for port in PORTS), "tcp port 80", "tcp[13] & 7 != 0"))
DISCOVERY = " or ".join(
    ("arp", f"udp.port in {{{', '.join(map(str, PORTS))}}}", "tcp.port == 80", "tcp.flags.syn == 1", "tcp.flags.fin == 1")
)
PCAP_HEADER = 24
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


def run(argv: Sequence[str], source: Path | None = None, times: int = 1) -> Cost:
    """Return what a command took; source: what it reads from a pipe, so many times over. Raises RuntimeError where it fails."""
    started = time.perf_counter()
    stdin = subprocess.PIPE if source else subprocess.DEVNULL
    process = subprocess.Popen(argv, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if source is not None and process.stdin is not None:
        with process.stdin as pipe:
            for turn in range(times):
                with source.open("rb") as file:
                    file.seek(PCAP_HEADER if turn else 0)
                    shutil.copyfileobj(file, pipe, 1 << 20)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{argv[0]} ended with {process.returncode}: its time says nothing")
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def median(argv: Sequence[str], source: Path | None = None, times: int = 1, runs: int = RUNS) -> Cost:
    """Return the median of the times and the most memory of several runs."""
    walls, works, memories = zip(*(run(argv, source, times) for _ in range(runs)), strict=True)
    return statistics.median(walls), statistics.median(works), max(memories)


def line(name: str, cost: Cost, ours: Cost | None = None) -> None:
    """Print one result; ours: what camscan takes for the same frames."""
    ratio = "" if ours is None else f"   camscan takes {ours[0] / cost[0]:.2f} x, {ours[1] / cost[1]:.2f} x of the processor"
    sys.stdout.write(f"  {name:<36} {cost[0]:9.2f} s {cost[1]:9.2f} s of processor {cost[2]:6.0f} MB{ratio}\n")
    sys.stdout.flush()


def capture() -> None:
    """How long a million frames take, and whether ten million take ten times as long."""
    replay = [CAMSCAN, "replay", "--policy", "none", "--format", "json", "--quiet"]
    with tempfile.TemporaryDirectory() as folder, as_installed(Path(folder)):
        file, part = Path(folder) / "busy.pcap", Path(folder) / "part.pcap"
        write(file)
        write(part, PART)
        run([*replay, str(part)])
        size = file.stat().st_size / 1e6
        load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        sys.stdout.write(f"\ncapture: {FRAMES} frames, {size:.0f} MB, to a JSON report; {load}\n")
        own = median([*replay, str(file)])
        line("camscan", own)
        line("tcpdump -n -r, discovery", median(["tcpdump", "-n", "-r", str(file), DISCOVERY_BPF]), own)
        if shutil.which("tshark"):
            tshark = ["-n", "-Y", DISCOVERY, "-T", "fields", "-e", "frame.number"]
            some = median([*replay, str(part)])
            line(f"camscan, {PART} frames", some)
            line(f"tshark -Y, {PART} frames", median(["tshark", "-r", str(part), *tshark]), some)
            line("tshark -Y, discovery", run(["tshark", "-r", str(file), *tshark]), own)
        once = median([*replay, "-"], file)
        line("camscan, from a pipe", once)
        some, many = (run([*replay, "-"], file, times) for times in (SOME, MANY))
        line(f"camscan, {MANY * FRAMES} frames from a pipe", many)
        early, late = (some[1] - once[1]) / (SOME - 1), (many[1] - some[1]) / (MANY - SOME)
        sys.stdout.write(
            f"  processor time of a million more: {early:.2f} s up to {SOME} million, {late:.2f} s up to {MANY} million"
            f" ({(late / early - 1) * 100:+.0f} %); of each frame, start and report included: {many[1] / once[1] / MANY:.2f} x\n"
        )
