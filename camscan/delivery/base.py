"""What every delivery keeps to: how long a server is waited for, how often it is tried, and how a failure is told."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from camscan.errors import DeliveryError

MOST_SAID = 300
"""Characters that are kept of what a server says in a failure."""
Security = Literal["starttls", "tls", "none"]
"""How a connection to a mail server is secured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The bounds of one delivery: at most `tries` tries of `try_s` seconds each, with the waits between them."""

    tries: int = 3
    waits_s: tuple[float, ...] = (2.0, 8.0)
    """Before the second try and the third; the last one before each further try."""
    silence_s: float = 20.0
    """How long a server may say and take nothing."""
    try_s: float = 120.0
    """How long one try may last; what the resolver needs for the name comes on top."""


USUAL = Patience()


class TransportError(DeliveryError):
    """One delivery failed; the message is the cause in words. Text of a server in it is not escaped yet."""

    def __init__(self, cause: str, *, passing: bool) -> None:
        super().__init__(cause)
        self.passing = passing
        """Whether it may succeed a little later."""


def persistently(once: Callable[[], None], patience: Patience, wait: Callable[[float], None] = time.sleep) -> None:
    """Call `once` until it succeeds, fails for good, or was tried often enough. Raises the last TransportError, with the number of tries."""
    for number in range(1, patience.tries + 1):
        try:
            once()
        except TransportError as fault:
            if fault.passing and number < patience.tries:
                wait(patience.waits_s[min(number, len(patience.waits_s)) - 1] if patience.waits_s else 0.0)
                continue
            if number == 1:
                raise
            raise TransportError(f"{fault} (tried {number} times)", passing=fault.passing) from fault
        return


def said(text: bytes | str) -> str:
    """Return the beginning of what a server says, on one line."""
    words = text.decode("utf-8", "backslashreplace") if isinstance(text, bytes) else text
    line = " ".join(words.split())
    return line if len(line) <= MOST_SAID else f"{line[:MOST_SAID]}…"


def digest(*parts: str | bytes) -> str:
    """Return 128 bits of a SHA-256 over the parts, each with its length in front, in hexadecimal."""
    found = hashlib.sha256()
    for part in parts:
        octets = part.encode("utf-8", "backslashreplace") if isinstance(part, str) else part
        found.update(len(octets).to_bytes(8, "big") + octets)
    return found.hexdigest()[:32]
