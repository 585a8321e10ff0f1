"""How fast: the limits of each pace, the buckets that keep them, and the ledger of what was sent to whom."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Literal

from camscan.model import Ledger

PaceName = Literal["polite", "normal", "fast"]

PACKETS_OF_A_CONNECTION = 8
"""SYN, ACK, FIN and the acknowledgements in between: what one connection is charged."""
PACKETS_OF_A_REQUEST = 3
SYNS_PER_DEVICE = 24
"""Connection attempts, answered or not, to one device in one run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The limits of one pace. Rates are packets a second."""

    total: float
    shared: float
    """Broadcast and multicast together."""
    per_device: float
    """Unicast to one device."""
    connections_at_once: int
    connections_per_run: int


PACES: dict[str, Pace] = {
    "polite": Pace(total=1_000, shared=500, per_device=40, connections_at_once=1, connections_per_run=12),
    "normal": Pace(total=5_000, shared=500, per_device=200, connections_at_once=2, connections_per_run=16),
    "fast": Pace(total=100_000, shared=20_000, per_device=2_000, connections_at_once=6, connections_per_run=24),
}
ORDER = ("polite", "normal", "fast")

BURST_S = 0.02
"""A bucket holds this many seconds of its rate, so that any one-second window stays within the rate and 2 %."""


class Bucket:
    """Lets `rate` packets a second through; callers wait their turn in order."""

    def __init__(self, rate: float, start: float) -> None:
        self.rate = rate
        self._free_at = start

    def delay(self, packets: int, now: float) -> float:
        """Book `packets` and return the seconds to wait before they may be sent."""
        earliest = max(self._free_at, now - BURST_S)
        self._free_at = earliest + packets / self.rate
        return max(0.0, earliest - now)


@dataclass(slots=True)
class Account:
    """What one device has been sent, and what it still may be."""

    bucket: Bucket
    gate: asyncio.Semaphore
    packets: int = 0
    syns: int = 0
    connections: int = 0
    requests: int = 0
    bytes_sent: int = 0
    metered: bool = True

    def ledger(self) -> Ledger:
        """Return the account as it stands in the report."""
        return Ledger(
            packets=self.packets,
            connections=self.connections,
            requests=self.requests,
            bytes_sent=self.bytes_sent,
            metered=self.metered,
        )


@dataclass(slots=True)
class Meter:
    """Every packet that leaves is booked here first."""

    pace: Pace
    start: float
    """The event loop's clock when the run began."""
    accounts: dict[str, Account] = field(default_factory=dict)
    _total: Bucket = field(init=False)
    _shared: Bucket = field(init=False)

    def __post_init__(self) -> None:
        self._total = Bucket(self.pace.total, self.start)
        self._shared = Bucket(self.pace.shared, self.start)

    def account(self, ip: str) -> Account:
        """Return the account of one address."""
        found = self.accounts.get(ip)
        if found is None:
            found = Account(
                bucket=Bucket(self.pace.per_device, self.start), gate=asyncio.Semaphore(self.pace.connections_at_once)
            )
            self.accounts[ip] = found
        return found

    async def unicast(self, ip: str, packets: int = 1, size: int = 0) -> None:
        """Wait until `packets` may go to one device."""
        account = self.account(ip)
        account.packets += packets
        account.bytes_sent += size
        now = asyncio.get_running_loop().time()
        await _sleep(max(account.bucket.delay(packets, now), self._total.delay(packets, now)))

    async def everyone(self, packets: int = 1) -> None:
        """Wait until `packets` may go to a group or to all."""
        now = asyncio.get_running_loop().time()
        await _sleep(max(self._shared.delay(packets, now), self._total.delay(packets, now)))


async def _sleep(seconds: float) -> None:
    """Wait; a due packet still lets other tasks run."""
    await asyncio.sleep(seconds)
