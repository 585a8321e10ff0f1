"""One execution and all that any renderer needs of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from camscan.model.carriers import Fields
from camscan.model.identified import Attachment, Channel, ChannelRange, Identification
from camscan.model.judged import Judgement, Verdict
from camscan.model.observed import Asset, CollectorAttempt, Coverage, Ledger
from camscan.model.stated import DeviceException, Scope, SiteContext, StandingAttestation, StatementsUsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution, as every output names it."""

    id: str
    command: str
    started_at: datetime
    ended_at: datetime
    site: SiteContext
    policies: tuple[str, ...]
    """Empty where nothing was judged."""
    version: str
    data_version: str
    as_of: date
    privileged: bool = False
    interrupted: bool = False
    require: tuple[str, ...] = ()
    """`link` or names of collectors without which the run is incomplete."""
    marking: str | None = None
    inputs: tuple[str, ...] = ()
    sites: tuple[SiteContext, ...] = ()
    """Sites of which ranges are stated; of several that hold an address the most specific speaks, and `site` where none does."""
    attestations: StatementsUsed | None = None
    """None where no file of attestations was read."""
    exceptions: StatementsUsed | None = None
    chain_head: str = ""
    """Hash of the newest record of the chain of runs, as `history/chain.py` makes it; empty where no store kept the run."""


Purpose = Literal["registration", "relay", "ddns", "update", "time", "telemetry", "recording", "service"]
"""What devices call a cloud for; `service` where that is not known more closely, or is several of these."""
Grade = Literal["confirmed", "reported", "unverified"]
"""How well it is known whose cloud a name belongs to: seen in traffic or code, told by others, not verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """Whom a device called beyond its site, answered there, or tried to be reached from there."""

    how: Literal["connected", "attempted", "served", "asked", "port-mapping", "router-search"]
    """attempted: nothing came back; served: the other one called, and was answered; asked: a name was asked for, and no connection to it
    was seen; the last two: a router was asked to open a port, or looked for."""
    destination: str | None = None
    """An address; of a port mapping that of the router."""
    names: tuple[str, ...] = ()
    """By which the device knows it, as far as it told."""
    who: str | None = None
    """Slug of the company whose cloud it is."""
    service: str | None = None
    """That cloud, as people call it."""
    purpose: Purpose | None = None
    grade: Grade | None = None
    ports: tuple[str, ...] = ()
    """`443/tcp`; where it served, its own; of a port mapping the one that the router was asked to open."""
    bytes_out: int = 0
    bytes_in: int = 0
    bound: Literal["exact", "at-least"] | None = None
    """None where no connection was seen, or nothing was sent and nobody answered."""
    first_seen: datetime
    last_seen: datetime
    outside: bool = False
    """The destination is outside the ranges of the site."""
    internet: bool = False
    """It is no private address either."""
    evidence: tuple[int, ...] = ()
    """Indexes into the asset's observations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Since when a device is known, as far as runs of the same site were kept."""

    since: datetime
    """First seen by any of them."""
    absent_until: datetime | None = None
    """The last complete run before `since` that covered its address and did not see it; None where there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """What one earlier run of the same site and policies counted."""

    at: datetime
    verdicts: tuple[tuple[Verdict, int], ...]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedAsset:
    """An asset with what it is and what follows."""

    asset: Asset
    identification: Identification
    judgement: Judgement
    ledger: Ledger = field(default_factory=Ledger)
    channels: tuple[Channel, ...] = ()
    """Of a recorder, as far as it told them; by number."""
    channels_inferred: ChannelRange | None = None
    """Of a recorder that told none; None too where nothing shows how many it may have."""
    site: SiteContext | None = None
    """Under which site's facts it was judged, of several what holds of all; None: those of the run."""
    sites: tuple[SiteContext, ...] = ()
    """The sites it stands at, where they are several, by name."""
    attached_to: Attachment | None = None
    """None where no switch was asked, or none knows the device."""
    attestations: tuple[StandingAttestation, ...] = ()
    """What persons stated of it, those that lapsed among them."""
    egress: tuple[Egress, ...] = ()
    """As far as it was overheard."""
    presence: Presence | None = None
    """None where no history is kept."""
    exceptions: tuple[DeviceException, ...] = ()
    """Those that give its findings their status, sorted by id; lapsed ones too."""

    @property
    def each_site(self) -> tuple[SiteContext, ...]:
        """Return every site it stands at by a range; none where those of the run alone hold."""
        return self.sites or ((self.site,) if self.site is not None else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that any renderer needs; the same for scan, replay and judge."""

    run: Run
    scope: Scope
    attempts: tuple[CollectorAttempt, ...]
    coverage: tuple[Coverage, ...]
    assets: tuple[AssessedAsset, ...]
    """Sorted by urgency, then by address."""
    complete: bool
    incomplete_because: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    display: Fields = ()
    """Slug → name as its company writes it, for people; only slugs that occur."""
    past: tuple[PastRun, ...] = ()
    """Earlier runs, oldest first; empty where no history is kept."""
