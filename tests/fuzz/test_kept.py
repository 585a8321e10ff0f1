"""Everything that fuzzing began with or found is read without an error; the fuzzing itself belongs to `make test-long`."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

SECONDS = int(os.environ.get("CAMSCAN_FUZZ_SECONDS", "60"))
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_kept_and_the_samples_break_nothing(target: str) -> None:
    known = list(seeds(target))
    assert len(known) > 3
    for seed in known:
        TARGETS[target](seed)
        TARGETS[target](seed[: len(seed) // 2])


@pytest.mark.long
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this Python")
@pytest.mark.parametrize("target", TARGETS)
def test_fuzzing_finds_nothing(target: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", target, str(SECONDS), str(tmp_path / "found")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=SECONDS + 120,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-4000:]
