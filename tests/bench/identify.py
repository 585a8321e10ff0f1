"""`camscan identify` on distinct lines, start-up left out."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.commands import CAMSCAN
from tests.bench.values import distinct_values

LINES = 60_000
RUNS = 3


def cost(file: Path, *options: str) -> tuple[float, float]:
    """Return the least processor time and the least wall time of one run, in seconds."""
    best: Sequence[float] = (1e9, 1e9)
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        subprocess.run([CAMSCAN, "identify", str(file), *options], stdout=subprocess.DEVNULL, check=True)
        wall = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best[0], after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime), min(best[1], wall)
    return best[0], best[1]


def identify() -> None:
    """How many distinct lines a second `camscan identify` answers, with one process and with two."""
    with tempfile.TemporaryDirectory() as folder:
        file, empty = Path(folder) / "lines.jsonl", Path(folder) / "empty.jsonl"
        lines = (
            json.dumps({"id": number, "field": name, "value": value})
            for number, (name, value) in enumerate(distinct_values(LINES))
        )
        file.write_text("\n".join(lines) + "\n", "utf-8")
        empty.touch()
        idle = cost(empty)
        alone, two = cost(file), cost(file, "--jobs", "2")
    sys.stdout.write(f"\nidentify: {LINES} distinct lines, {idle[1] * 1000:.0f} ms of start-up left out\n")
    sys.stdout.write(f"  {'one process, processor time':<28} {LINES / (alone[0] - idle[0]):9.0f} lines a second\n")
    sys.stdout.write(f"  {'one process, wall time':<28} {LINES / (alone[1] - idle[1]):9.0f} lines a second\n")
    sys.stdout.write(f"  {'--jobs 2, wall time':<28} {LINES / (two[1] - idle[1]):9.0f} lines a second\n")
