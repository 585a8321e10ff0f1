"""`python -m tests.bench [WORD…]`: runs the benchmarks whose name holds one of the words, all without one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from tests.bench.capture import capture, longer_capture
from tests.bench.commands import replay, scan, start_up
from tests.bench.identify import identify
from tests.bench.judge import judge
from tests.bench.load import load
from tests.bench.match import match
from tests.bench.reports import reports
from tests.bench.segment import segment
from tests.bench.store import store

BENCHMARKS: dict[str, Callable[[], None]] = {
    "start_up": start_up,
    "load": load,
    "match": match,
    "identify": identify,
    "judge": judge,
    "replay": replay,
    "capture": capture,
    "longer": longer_capture,
    "scan": scan,
    "segment": segment,
    "reports": reports,
    "store": store,
}


def main(words: Sequence[str]) -> None:
    """Run the benchmarks that were asked for."""
    for name, run in BENCHMARKS.items():
        if not words or any(word in name for word in words):
            run()


if __name__ == "__main__":
    main(sys.argv[1:])
