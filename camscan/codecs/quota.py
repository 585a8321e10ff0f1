"""How much is kept of one sender, and of how many senders: whoever floods a network must not fill the memory of who listens."""

from __future__ import annotations

from camscan.model import Observation

MAX_SENDERS = 16_384
"""Senders, by MAC and address, more than one link ever holds; each costs a run about 25 KB, its report included."""
MAX_OF_ONE = 256
"""Observations of one protocol of one sender."""


class Quota:
    """Counts what is kept of a capture."""

    def __init__(self) -> None:
        self._senders: dict[tuple[str | None, str | None], dict[str, int]] = {}
        self.refused_senders = 0
        """Observations of senders beyond MAX_SENDERS."""
        self.refused_messages = 0
        """Observations beyond MAX_OF_ONE."""

    def admits(self, seen: Observation) -> bool:
        """Return whether one observation more may be kept."""
        sender = (seen.link_mac, seen.ip)
        kept = self._senders.get(sender)
        if kept is None:
            if len(self._senders) >= MAX_SENDERS:
                self.refused_senders += 1
                return False
            kept = self._senders[sender] = {}
        count = kept.get(seen.protocol, 0)
        if count >= MAX_OF_ONE:
            self.refused_messages += 1
            return False
        kept[seen.protocol] = count + 1
        return True
