"""What was seen, by which collector's run, and how closely a range was looked at; and the device it is joined to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from camscan.model.carriers import Fields, Via, address_order

MAX_DISTINCT = 64
"""Distinct observations kept of one protocol of one asset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One distinct message that a device sent. Equal messages fold into one with a count."""

    protocol: str
    collector: str
    via: Via
    site: str
    fields: Fields
    first_seen_at: datetime
    last_seen_at: datetime
    count: int = 1
    ip: str | None = None
    port: int | None = None
    link_mac: str | None = None
    """MAC of the frame or the neighbour table; never a claim."""
    raw: bytes = b""
    truncated: bool = False
    outside_scope: bool = False

    def values(self, name: str) -> tuple[str, ...]:
        """Return every value of one field, in order."""
        return tuple([value for key, value in self.fields if key == name])

    def of_several(self, count: int, first_seen_at: datetime, last_seen_at: datetime, raw: bytes) -> Observation:
        """Return the observation that stands for so many equal messages.

        Written out, because `dataclasses.replace` takes three times as long, and captures ask for it thousands of times.
        """
        return Observation(
            protocol=self.protocol,
            collector=self.collector,
            via=self.via,
            site=self.site,
            fields=self.fields,
            first_seen_at=first_seen_at,
            last_seen_at=last_seen_at,
            count=count,
            ip=self.ip,
            port=self.port,
            link_mac=self.link_mac,
            raw=raw,
            truncated=self.truncated,
            outside_scope=self.outside_scope,
        )

    def order(self) -> tuple[object, ...]:
        """Return a total order that does not depend on arrival: who, what, then when."""
        return (
            self.site,
            address_order(self.ip),
            self.link_mac or "",
            self.protocol,
            self.port or 0,
            self.fields,
            self.raw,
            self.via,
            self.collector,
            self.first_seen_at,
            self.last_seen_at,
            self.count,
        )


class AttemptStatus(StrEnum):
    """How one collector's run ended."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"


class AttemptReason(StrEnum):
    """Why an attempt is not simply complete."""

    NO_PRIVILEGE = "no_privilege"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    BUDGET = "budget"
    MISSING_TOOL = "missing_tool"
    DISABLED = "disabled"
    OUT_OF_SCOPE = "out_of_scope"
    INTERRUPTED = "interrupted"
    DEADLINE = "deadline"
    """The time that the run was given was over."""
    DROPPED = "dropped"
    """The kernel dropped frames before we read them."""
    DAMAGED = "damaged"
    """An input ended before its end or holds unreadable parts."""
    BUG = "bug"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorAttempt:
    """One run of one collector on one target: "nothing found" is a fact only beside COMPLETED."""

    collector: str
    target: str
    status: AttemptStatus
    started_at: datetime
    ended_at: datetime
    reason: AttemptReason | None = None
    """None for a completed run, and for a skipped one that was not needed."""
    detail: str = ""
    """One sentence for a person; where something is missing, the command that mends it."""
    sent: int = 0
    """Packets."""
    received: int = 0
    """Messages decoded."""
    undecoded: int = 0
    dropped: int = 0
    """Frames that the kernel counted as lost."""
    sample: bytes = b""
    """The first undecodable message, ≤ 256 bytes."""


class CoverageLevel(StrEnum):
    """How closely a range was looked at; later is weaker."""

    LINK = "link"
    ROUTED = "routed"
    LISTENED = "listened"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What was done about one range of addresses."""

    range: str
    """A network in CIDR form."""
    level: CoverageLevel
    complete: bool
    hosts_alive: int = 0
    detail: str = ""
    """What was not done, or why the range is not complete."""
    site: str | None = None
    """Name of the site that the range stands at, where evidence of several was read together; None: that of the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What was sent to one device, counted by us."""

    packets: int = 0
    connections: int = 0
    requests: int = 0
    bytes_sent: int = 0
    metered: bool = True
    """False where a program of others (nmap) also sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One physical network device, built by `correlate()` alone; independent of the order of arrival."""

    key: str
    """`mac:…`, `serial:<maker>:…` or `ip:<site>:…`, the first that is known."""
    site: str
    macs: tuple[str, ...]
    ips: tuple[str, ...]
    hostnames: tuple[str, ...]
    observations: tuple[Observation, ...]
    """Sorted; ≤ MAX_DISTINCT a protocol."""
    first_seen: datetime
    last_seen: datetime
    left_out: int = 0
    """Distinct observations beyond the cap."""
    conflicts: tuple[Conflict, ...] = ()
    """Contradictions about who this is: `duplicate-identity`, `address-shared`."""
    relays: bool = False
    """One MAC that answers for many addresses: a gateway or proxy, whose OUI says nothing of the devices behind it."""
    outside_scope: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two statements that do not agree, and what that is consistent with."""

    kind: str
    detail: str
