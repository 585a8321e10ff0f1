"""Loading the shipped knowledge: compiled anew, and from the cache."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

RUNS = 5
PROGRAM = """
import time
from camscan.datafiles.open import open_knowledge
started = time.perf_counter()
open_knowledge()
print(time.perf_counter() - started)
"""


def seconds(cache: str) -> float:
    """Return the time of one load in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**os.environ, "XDG_CACHE_HOME": cache}, capture_output=True, check=True
    )
    return float(done.stdout)


def load() -> None:
    """How long loading takes."""
    with tempfile.TemporaryDirectory() as folder:
        first = seconds(folder)
        cached = statistics.median(seconds(folder) for _ in range(RUNS))
    sys.stdout.write(f"\nload: the shipped knowledge\n  {'compiled anew':<28} {first * 1000:9.0f} ms\n")
    sys.stdout.write(f"  {'from the cache':<28} {cached * 1000:9.0f} ms\n")
