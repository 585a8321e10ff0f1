"""How fast: the limits of each pace, the buckets that keep them, and the ledger of what was sent to whom."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from camscan.claims import MAX_ADDRESSES
from camscan.model import Ledger

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
    round_s: float
    """Between two rounds of probes to groups and everyone."""
    listen_s: float
    """After the last round; SSDP lets a device wait two seconds."""
    answer_s: float
    """After the last probe to a single device."""


PATIENT = {"round_s": 1.0, "listen_s": 3.0, "answer_s": 2.0}

PACES: dict[str, Pace] = {
    "polite": Pace(total=1_000, shared=500, per_device=40, connections_at_once=1, connections_per_run=12, **PATIENT),
    "normal": Pace(total=5_000, shared=500, per_device=200, connections_at_once=2, connections_per_run=16, **PATIENT),
    "fast": Pace(
        total=100_000,
        shared=20_000,
        per_device=2_000,
        connections_at_once=6,
        connections_per_run=24,
        round_s=0.5,
        listen_s=2.2,
        answer_s=1.2,
    ),
}
ORDER = ("polite", "normal", "fast")

BURST_S = 0.02
"""A bucket holds this many seconds of its rate, so that any one-second window stays within the rate and 2 %."""


class Bucket:
    """Lets `rate` packets a second through; callers wait their turn in order."""

    def __init__(self, rate: float, start: float) -> None:
        self.rate = rate
        self._free_at = start
        self._turn = asyncio.Lock()

    def delay(self, packets: int, now: float) -> float:
        """Book `packets` and return the seconds to wait before they may be sent."""
        earliest = max(self._free_at, now - BURST_S)
        self._free_at = earliest + packets / self.rate
        return max(0.0, earliest - now)

    async def admit(self, packets: int) -> None:
        """Return when `packets` may be sent.

        One caller waits at a time and the others behind it: after a moment in which this program stood still, those who were due
        meanwhile follow each other at the rate instead of all leaving at once.
        """
        async with self._turn:
            wait_s = self.delay(packets, asyncio.get_running_loop().time())
            if wait_s > 0:
                await asyncio.sleep(wait_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one device has been sent."""

    packets: int = 0
    syns: int = 0
    unanswered: int = 0
    connections: int = 0
    requests: int = 0
    bytes_sent: int = 0
    metered: bool = True


@dataclass(slots=True)
class Account:
    """What one device has been sent, and what it still may be."""

    bucket: Bucket
    gate: asyncio.Semaphore
    ip: str = ""
    """The address under which it stands."""
    packets: int = 0
    syns: int = 0
    unanswered: int = 0
    """Connection attempts that nobody answered, repetitions left out."""
    connections: int = 0
    under_way: int = 0
    """Connections that are being made."""
    requests: int = 0
    bytes_sent: int = 0
    metered: bool = True

    def book_repeated_syns(self, count: int) -> None:
        """Count the SYNs that the kernel sent again, of its own accord."""
        self.syns += count
        self.packets += count

    def spent(self) -> Spent:
        """Return what was spent, connections that are being made among it."""
        return Spent(
            packets=self.packets,
            syns=self.syns,
            unanswered=self.unanswered,
            connections=self.connections + self.under_way,
            requests=self.requests,
            bytes_sent=self.bytes_sent,
            metered=self.metered,
        )

    def add(self, spent: Spent, times: int = 1) -> None:
        """Book what was spent before. times: -1 takes it back."""
        self.packets += times * spent.packets
        self.syns += times * spent.syns
        self.unanswered += times * spent.unanswered
        self.connections += times * spent.connections
        self.requests += times * spent.requests
        self.bytes_sent += times * spent.bytes_sent
        self.metered = self.metered and (spent.metered or times < 0)

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
    """By address; the further addresses of a device that has several stand under the first."""
    touched: set[str] = field(default_factory=set)
    """Addresses of the accounts that changed since somebody emptied this."""
    _first: dict[str, str] = field(default_factory=dict)
    """The address whose account a further address of the same device shares."""
    _total: Bucket = field(init=False)
    _shared: Bucket = field(init=False)

    def __post_init__(self) -> None:
        self._total = Bucket(self.pace.total, self.start)
        self._shared = Bucket(self.pace.shared, self.start)

    def account(self, ip: str) -> Account:
        """Return the account of the device at an address."""
        ip = self._first.get(ip, ip)
        found = self.accounts.get(ip)
        if found is None:
            found = Account(
                bucket=Bucket(self.pace.per_device, self.start),
                gate=asyncio.Semaphore(self.pace.connections_at_once),
                ip=ip,
            )
            self.accounts[ip] = found
        return found

    def share(self, macs: Mapping[str, str]) -> None:
        """Let all addresses of one device draw on one account. macs: MAC by address, empty where it is in doubt.

        A MAC behind which more addresses of IPv4 stand than devices have is a router's; they keep an account each.
        """
        by_mac: dict[str, list[str]] = {}
        for ip, mac in macs.items():
            if mac:
                by_mac.setdefault(mac, []).append(ip)
        for ips in by_mac.values():
            if sum(":" not in ip for ip in ips) <= MAX_ADDRESSES:
                ips.sort(key=lambda ip: (ip not in self.accounts, ":" in ip, len(ip), ip))
                self._first.update((ip, ips[0]) for ip in ips[1:] if ip not in self.accounts)

    def not_metered(self, ip: str) -> None:
        """Mark the device at an address as one to which a program of others sends too."""
        account = self.account(ip)
        account.metered = False
        self.touched.add(account.ip)

    async def unicast(self, ip: str, packets: int = 1, size: int = 0) -> None:
        """Wait until `packets` may go to one device."""
        account = self.account(ip)
        account.packets += packets
        account.bytes_sent += size
        self.touched.add(account.ip)
        await asyncio.sleep(0)  # a due packet still lets other tasks run
        await account.bucket.admit(packets)
        await self._total.admit(packets)

    async def everyone(self, packets: int = 1) -> None:
        """Wait until `packets` may go to a group or to all."""
        await asyncio.sleep(0)
        await self._shared.admit(packets)
        await self._total.admit(packets)
