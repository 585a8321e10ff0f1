"""How long an answer is waited for: by the clock, but for a while in which this process did not run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

STALL_S = 0.2
"""Who wakes so late did not run meanwhile: the machine was paused, or busy with others."""
MOST_STALLS = 3
"""Forgiven of one wait."""


@asynccontextmanager
async def patience(seconds: float) -> AsyncIterator[None]:
    """Raise TimeoutError where the body takes longer.

    What arrives while this process does not run lies unread: as long again is waited, `seconds` at most, and MOST_STALLS times.
    """
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle | None = None
    stalls = 0

    def wake_at(due: float) -> None:
        nonlocal timer
        timer = loop.call_at(due, woken, due)

    def woken(due: float) -> None:
        nonlocal stalls
        late = loop.time() - due
        if late < STALL_S or stalls == MOST_STALLS:
            limit.reschedule(loop.time())
        else:
            stalls += 1
            wake_at(loop.time() + min(late, seconds))

    wake_at(loop.time() + seconds)
    try:
        async with asyncio.timeout(None) as limit:
            yield
    finally:
        if timer is not None:
            timer.cancel()
