"""What becomes of a carrier that a codec claims."""

from __future__ import annotations

from dataclasses import dataclass

from camscan.model import Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecoded:
    """A carrier that a codec claimed and could not read, or so many equal ones."""

    protocol: str
    reason: str
    sample: bytes
    """≤ 256 bytes."""
    count: int = 1


Outcome = Observation | Undecoded
