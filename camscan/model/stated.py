"""What people state: of a site, of what may be touched, of a device, and what they accept or plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """One value that tells a device from any other."""

    kind: Literal["mac", "serial", "endpoint", "key"]
    field: str
    """Field of the message that shows it; `mac` for the link; `serial` where a person names it without a field."""
    value: str
    """A MAC in the form of the model, anything else as its letters and digits in lower case."""


StatedBasis = Literal["label", "invoice", "supplier", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """What a named person saw or knows of one device: evidence of its own kind, beside what the device sends."""

    id: str
    device: str
    """Key under which the device stood when it was recorded; for people, never matched."""
    bound_to: tuple[str, ...]
    """`field=value` of each mark of the device; its end is the end of the attestation."""
    by: str
    basis: StatedBasis
    recorded_on: date
    ref: str = ""
    maker: str | None = None
    """Slug."""
    model: str | None = None
    not_a_camera: bool = False
    acquired: date | None = None
    location: str = ""
    asset_tag: str = ""
    disposed: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingAttestation:
    """An attestation that names a device of a run, and whether it still holds for it."""

    attestation: Attestation
    lapsed: str = ""
    """Why it holds no more; empty where it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """A finding that an exception was given for."""

    rule: str
    act: str
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceException:
    """Our own recorded acceptance or replacement plan for one device; never a statutory exception or waiver."""

    id: str
    status: Literal["planned", "accepted"]
    device: str
    """Key under which the device stood when it was recorded; for people, never matched."""
    bound_to: tuple[str, ...]
    """`field=value` of each mark of the device."""
    owner: str
    """Who recorded it and answers for it."""
    ticket: str
    recorded_on: date
    expires_on: date
    """The last day on which it holds."""
    covers: tuple[Covered, ...]
    reason: str = ""
    """Of an acceptance."""
    due: date | None = None
    """Of a plan."""
    replacement: str = ""
    """Of a plan."""
    maker: str | None = None
    """As it was identified when the exception was given."""
    model: str | None = None
    firmware: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementsUsed:
    """A file of attestations or exceptions, as a run read it."""

    file: str
    sha256: str
    entries: int
    used: tuple[str, ...] = ()
    """Ids of those that held for a device of the run, sorted."""
    lapsed: tuple[str, ...] = ()
    """Ids of those that name a device of the run and hold no more."""
    not_yet: tuple[str, ...] = ()
    """Ids of exceptions that were recorded after the day of judgement, so that nothing follows from them."""
    not_seen: tuple[str, ...] = ()
    """Ids of those whose device the run did not see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteContext:
    """What the operator states; None is unknown, never assumed."""

    name: str
    class_: Literal["sensitive", "other"] | None = None
    zone: Literal["core", "separate"] | None = None
    purpose: Literal["facility-security", "critical-infrastructure", "public-safety", "national-security", "none"] | None = None
    decision: Literal["extend", "not-extend", "pending"] | None = None
    """What a department has decided about sites that its instruction leaves to it."""
    decision_on: date | None = None
    """The day of that decision; before it the decision does not hold."""
    decision_reference: str | None = None
    equipment_owner: str | None = None
    controller: str | None = None
    """Who decides what the equipment there records, and for what."""
    ranges: tuple[str, ...] = ()
    """Networks of the site in CIDR form: what a device calls beyond them is outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a run may touch, as used; printed in every report."""

    ranges: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    """Addresses, ranges and MACs; always wins, always listed."""
    interfaces: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ("active", "listen")
    pace: str = "polite"
    highest_pace: str = "normal"
    authorised_by: str | None = None
    reference: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    hours: str | None = None
    """`HH:MM-HH:MM` in local time."""
    sha256: str | None = None
    """Of the scope file, as read."""
    allow_public: bool = False
    allow_large: bool = False
    infrastructure: tuple[str, ...] = ()
    """Switches and routers outside the ranges whose tables may be read by SNMP; nothing else is sent to them."""
