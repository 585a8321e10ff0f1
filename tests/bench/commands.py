"""Whole commands beside those of other tools."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

RUNS = 5
CAMSCAN = str(Path(sys.executable).with_name("camscan"))
CAPTURE = Path(__file__).parents[2] / "camscan" / "cli" / "demo.pcap"


def timed(argv: Sequence[str], runs: int = RUNS) -> float:
    """Return the median wall time of a command, in seconds, after one run that is not counted."""
    taken = []
    for number in range(runs + 1):
        started = time.perf_counter()
        subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if number:
            taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def side_by_side(title: str, ours: Sequence[str], others: dict[str, Sequence[str]], runs: int = RUNS) -> None:
    """Time camscan and its yardsticks in the same sitting, and print each with the ratio to camscan."""
    own = timed(ours, runs)
    sys.stdout.write(f"\n{title}\n  {'camscan':<28} {own * 1000:9.0f} ms\n")
    for name, argv in others.items():
        if shutil.which(argv[0]) is None:
            sys.stdout.write(f"  {name:<28}   not installed\n")
            continue
        theirs = timed(argv, runs)
        sys.stdout.write(f"  {name:<28} {theirs * 1000:9.0f} ms   camscan takes {own / theirs:.2f} x\n")


def start_up() -> None:
    """How long until `camscan --version` has answered."""
    side_by_side(
        "start-up: --version",
        [CAMSCAN, "--version"],
        {"python -c pass": [sys.executable, "-c", "pass"], "nmap --version": ["nmap", "--version"]},
    )


def replay() -> None:
    """The shipped capture of the lab to a JSON report, start-up included."""
    side_by_side(
        f"replay: {CAPTURE.name} to a JSON report ({CAPTURE.stat().st_size // 1024} KiB)",
        [CAMSCAN, "replay", str(CAPTURE), "--policy", "none", "--format", "json"],
        {"tcpdump -n -r": ["tcpdump", "-n", "-r", str(CAPTURE)], "tshark -r": ["tshark", "-n", "-r", str(CAPTURE)]},
    )


def scan() -> None:
    """The lab's segment, scanned by camscan, and by nmap for open ports and services."""
    lab = [sys.executable, "-m", "tests.lab", "exec", "--"]
    target = "10.20.0.0/24"
    side_by_side(
        f"scan: {target} of the lab, pace polite",
        [*lab, CAMSCAN, "scan", target, "--policy", "none", "--format", "json"],
        {
            "nmap -sn (presence only)": [*lab, "nmap", "-n", "-sn", target],
            "nmap -sV, 12 ports": [
                *lab, "nmap", "-n", "-sV", "--version-intensity", "2",
                "-p", "80,443,554,8000,8080,81,88,8443,8554,8899,34567,37777", target,
            ],
        },
        runs=1,
    )  # fmt: skip
