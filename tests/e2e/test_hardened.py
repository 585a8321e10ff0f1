"""camscan under what the units of `camscan schedule systemd` forbid: no memory may become executable."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1
NOT_HERE = 77
UNDER = f"""
import ctypes, mmap, sys
if ctypes.CDLL(None).prctl({PR_SET_MDWE}, {REFUSE_EXEC_GAIN}, 0, 0, 0):
    sys.exit({NOT_HERE})
try:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
except OSError:
    from camscan.cli.app import run
    sys.exit(run(sys.argv[1:]))
sys.exit("memory could still be written and executed")
"""


def test_a_scan_that_is_kept_lives_without_executable_memory(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    scan = ("scan", "127.0.0.0/30", "--unattended", "--policy", "uk-department", "--site", "name=hq")
    done = subprocess.run(
        [sys.executable, "-c", UNDER, *scan, "--store", str(tmp_path / "camscan.sqlite3"), "-o", str(report)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode == NOT_HERE:
        pytest.skip("this kernel cannot forbid executable memory (PR_SET_MDWE)")
    assert done.returncode in (0, 5), done.stderr
    assert json.loads(report.read_text(encoding="utf-8"))["run"]["chain_head"]
