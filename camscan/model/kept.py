"""What the store knows of devices: what one run concluded of each, and as what each is known over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from camscan.model.identified import Attachment, Confidence, Kind
from camscan.model.judged import Because, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFacts:
    """A finding as a run made it, without its wording."""

    policy: str
    rule: str
    act: str
    force: str
    verdict: Verdict
    status: str
    exception: str = ""
    because: tuple[Because, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """What a run concluded of a device; nights on which nothing changed have equal ones."""

    key: str
    site: str
    ips: tuple[str, ...]
    macs: tuple[str, ...]
    hostnames: tuple[str, ...] = ()
    outside_scope: bool = False
    verdict: Verdict | None = None
    kind: Kind = "unknown"
    form: str | None = None
    brand: str | None = None
    maker: str | None = None
    maker_basis: str | None = None
    model: str | None = None
    firmware: str | None = None
    serial: str | None = None
    confidence: Confidence | None = None
    channels: int = 0
    switch: str | None = None
    port: str | None = None
    vlan: int | None = None
    findings: tuple[FindingFacts, ...] = ()
    something_else: bool = False
    """It is positively known and no video equipment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """One device of one run."""

    device: int
    """Number of the long-lived device."""
    state: DeviceState
    first_seen: datetime
    last_seen: datetime
    attached_to: Attachment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMark:
    """A value by which a device was known, and when it was seen to be."""

    text: str
    """`field=value` as statements are bound to them, or `key=…`."""
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDevice:
    """A device as it is known over time, by as many runs as saw it."""

    number: int
    site: str
    key: str
    """Under which the newest of them knows it."""
    kind: Kind
    first_seen: datetime
    last_seen: datetime
    absent_until: datetime | None = None
    """The last complete run before `first_seen` that covered its address and did not see it; None where that is not known."""
    marks: tuple[KnownMark, ...] = ()
    last: DeviceState | None = None
    """What the newest of them concluded of it; None where no run that saw it is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One device in one run that is kept."""

    run: str
    """Its id in the store."""
    started_at: datetime
    at: datetime
    """Its place in time among the runs of its site, whatever the clock said."""
    facts: DeviceFacts
