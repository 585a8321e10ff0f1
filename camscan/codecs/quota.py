"""How much is kept of one sender, and of how many senders: whoever floods a network must not fill the memory of who listens."""

from __future__ import annotations

from enum import Enum

from camscan.model import Observation

MAX_SENDERS = 16_384
"""Senders, by MAC and address, more than one link ever holds; each costs a run about 25 KB, its report included."""
MAX_OF_ONE = 256
"""Observations of one protocol of one sender."""


class Refusal(Enum):
    """Why an observation is not kept."""

    SENDER = "senders"
    """It is of a sender beyond MAX_SENDERS."""
    MESSAGE = "messages"
    """It is beyond MAX_OF_ONE."""


class Quota:
    """Counts what is kept of a capture."""

    def __init__(self) -> None:
        self._senders: dict[tuple[str | None, str | None], dict[str, int]] = {}
        self.refused = dict.fromkeys(Refusal, 0)
        """How often messages came whose observations are not kept."""

    def admit(self, seen: Observation) -> Refusal | None:
        """Count one observation more as kept, or return why it may not be."""
        sender = (seen.link_mac, seen.ip)
        kept = self._senders.get(sender)
        if kept is None:
            if len(self._senders) >= MAX_SENDERS:
                return Refusal.SENDER
            kept = self._senders[sender] = {}
        count = kept.get(seen.protocol, 0)
        if count >= MAX_OF_ONE:
            return Refusal.MESSAGE
        kept[seen.protocol] = count + 1
        return None

    def refuse(self, refusal: Refusal, times: int = 1) -> None:
        """Count a message of which nothing is kept as often as it came."""
        self.refused[refusal] += times
