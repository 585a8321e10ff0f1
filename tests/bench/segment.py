"""A segment of 254 devices, scanned at the paces polite and fast, and beside it what other tools need for less of an answer."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.commands import CAMSCAN
from tests.lab.check import disagreements, truth
from tests.lab.segment import Segment

SIZE = 254
TARGET = "10.20.0.0/24"
PEER_PATIENCE_S = 120
PORTS = "80,443,554,8000,8080,81,88,8443,8554,8899,34567,37777"
GOALS_S = {"polite": 60.0, "fast": 12.0}
PEERS: dict[str, Sequence[str]] = {
    "arp-scan (presence only)": ("arp-scan", "--interface=eth0", "--plain", TARGET),
    "nmap -sn (presence only)": ("nmap", "-n", "-sn", TARGET),
    "nmap -sS, 12 ports (no names)": ("nmap", "-n", "-sS", "-p", PORTS, TARGET),
    "nmap -sV, 12 ports": ("nmap", "-n", "-sV", "--version-intensity", "2", "-p", PORTS, TARGET),
}


def cost_of(segment: Segment, argv: Sequence[str], patience_s: float) -> tuple[float, float, int | None]:
    """Return wall time and processor time in seconds, and the exit code; None where it had not ended in time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    try:
        done = segment.run_in_scanner(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=patience_s)
        code = int(done.returncode)
    except subprocess.TimeoutExpired:
        code = None
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, code


def identified(report: dict[str, Any]) -> int:
    """Return of how many devices a report says nothing that is not the truth."""
    wrong = {line.partition(":")[0] for line in disagreements(report, "uk-department", SIZE)}
    return sum(device["name"] not in wrong for device in truth(SIZE))


def segment() -> None:
    """How long until every device of a full /24 is named rightly."""
    with tempfile.TemporaryDirectory() as name, Segment(size=SIZE) as lab:
        folder = Path(name)
        (folder / "scope.toml").write_text(f'ranges = ["{TARGET}"]\nhighest_pace = "fast"\n', "utf-8")
        sys.stdout.write(f"\nsegment: {SIZE} devices on a /24 of the lab\n")
        own: dict[str, float] = {}
        for pace, goal_s in GOALS_S.items():
            report = folder / f"{pace}.json"
            argv = [CAMSCAN, "scan", "--scope", str(folder / "scope.toml"), "--pace", pace, "--policy", "uk-department"]
            argv += ["--site", "class=sensitive", "--site", "name=lab", "--quiet", "-o", str(report)]
            own[pace], processor, code = cost_of(lab, argv, 4 * goal_s)
            if not report.exists():
                sys.stdout.write(f"  {'camscan, pace ' + pace:<30}   no report; exit code {code}\n")
                continue
            found = identified(json.loads(report.read_text("utf-8")))
            sys.stdout.write(
                f"  {'camscan, pace ' + pace:<30} {own[pace]:7.1f} s   processor {processor:5.1f} s   {found} of {SIZE} identified;"
                f" goal {goal_s:.0f} s\n"
            )
        for title, peer in PEERS.items():
            if shutil.which(peer[0]) is None:
                sys.stdout.write(f"  {title:<30}   not installed\n")
                continue
            wall, processor, code = cost_of(lab, peer, PEER_PATIENCE_S)
            bound = ">" if code is None else " "
            ratios = ", ".join(f"{pace} {seconds / wall:.2f} x" for pace, seconds in own.items())
            sys.stdout.write(f"  {title:<30} {bound}{wall:6.1f} s   processor {processor:5.1f} s   camscan takes {ratios}\n")
