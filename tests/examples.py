"""How many examples a property is tried on: what its test says, times CAMSCAN_EXAMPLES."""

from __future__ import annotations

import os

TIMES = int(os.environ.get("CAMSCAN_EXAMPLES", "1"))
USUAL = 100
"""Examples of a test that states no number."""


def examples(usual: int) -> int:
    """Return the number of examples of a test that usually takes this many."""
    return usual * TIMES
