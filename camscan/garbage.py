"""The collector of cycles, held back where millions of values live to the end of a run anyway."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

COLLECT_AT = 100_000
"""Values made, and not freed, before the collector of cycles looks among the newest of them."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Let the collector of cycles look seldom, also in processes that are begun meanwhile: else it takes a quarter of the time of a run."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECT_AT, 50, 1000)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
