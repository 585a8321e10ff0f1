"""Long work that a signal ends early, and that keeps what it has."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until_signalled(work: Callable[[], Awaitable[T]]) -> tuple[T, int | None]:
    """Return what work gives, and 130 or 143 where a signal ended it: the first SIGINT or SIGTERM cancels it, a second one ends the program."""
    loop = asyncio.get_running_loop()
    received: list[int] = []
    current = asyncio.current_task()
    assert current is not None

    def stop(number: int) -> None:
        received.append(128 + number)
        loop.remove_signal_handler(number)
        current.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    try:
        given = await work()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    return given, received[0] if received else None
