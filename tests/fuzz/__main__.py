"""`python -m tests.fuzz TARGET SECONDS [FOLDER]`: looks for bytes that break a target; what it finds is to be kept in tests/fuzz/kept/TARGET/."""

from __future__ import annotations

import sys
from pathlib import Path

import atheris  # type: ignore[import-not-found]

with atheris.instrument_imports(include=["camscan"]):  # whatever of camscan was imported before would be fuzzed blindly
    from tests.fuzz.seeds import seeds
    from tests.fuzz.targets import TARGETS

LONGEST = 8192


def main(target: str, seconds: str, folder: str) -> None:
    """Fuzz one target for some seconds, beginning with the samples, and add to a folder what reaches further."""
    found = Path(folder)
    found.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(target)):
        (found / f"seed-{number}").write_bytes(seed)
    limits = [
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST}",
        "-timeout=20",
        "-rss_limit_mb=2048",
        f"-artifact_prefix={found}/",
    ]
    atheris.Setup([sys.argv[0], *limits, str(found)], lambda raw: TARGETS[target](bytes(raw)))
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else f"/tmp/camscan-fuzz-{sys.argv[1]}")
