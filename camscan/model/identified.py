"""What a device is, and from what that is taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from camscan.model.carriers import Fields
from camscan.model.observed import Conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The observation and the fingerprint behind one claim."""

    fingerprint: str
    """Id of the entry, `oui:<prefix>` for the registry, `attest:<id>` for a person."""
    field: str
    value: str
    observation: int
    """Index into the asset's observations."""
    layer: str = "shipped"
    """`shipped` or `local`."""
    says: Fields = ()
    """What this evidence claims, e.g. (("maker", "hikvision"), ("model", "DS-…"))."""
    editable: bool = False
    """True when the owner of a device can set this value."""
    witness: str = ""
    """Independent witnesses have different names: oui, wire, certificate, realm, page, scopes, banner, …"""


class Confidence(StrEnum):
    """How well an identification is established.

    tentative: OUI alone or one editable banner. firm: two independent witnesses.
    certain: a witness that the owner cannot edit (vendor protocol, factory certificate, device information).
    """

    TENTATIVE = "tentative"
    FIRM = "firm"
    CERTAIN = "certain"


Kind = Literal["camera", "nvr", "dvr", "encoder", "intercom", "doorbell", "software", "other", "unknown"]
Basis = Literal["own-label", "wire-shows-maker", "documented-relabel", "attested"]
CAMERA_KINDS = frozenset({"camera", "nvr", "dvr", "encoder", "intercom", "doorbell"})
RECORDER_KINDS = frozenset({"nvr", "dvr"})


HONEYPOT = "honeypot"
"""Kind of the conflict of what shows the marks of several unrelated makers, as no real device does."""
SOFTWARE_DIFFERS = "software-differs"
"""Kind of the conflict of what shows itself as software, and has the firmware or the interface of a maker of devices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another reading of the same evidence."""

    brand: str | None
    maker: str | None
    confidence: Confidence
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """What an asset is. `brand` is the label, `maker` whose design and firmware the wire shows."""

    kind: Kind = "unknown"
    kind_confidence: Confidence | None = None
    """How well the kind itself is established; None where it is unknown."""
    form: str | None = None
    brand: str | None = None
    maker: str | None = None
    maker_basis: Basis | None = None
    model: str | None = None
    firmware: str | None = None
    serial: str | None = None
    confidence: Confidence | None = None
    """None where nothing is known."""
    components: tuple[str, ...] = ()
    """Slugs of companies whose parts the wire shows inside (a SoC maker), never makers."""
    made_on: date | None = None
    """Manufacture date where serial or certificate shows it."""
    made_on_evidence: Evidence | None = None
    evidence: tuple[Evidence, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    maker_is_surveillance_only: bool = False
    """The registrant or maker makes surveillance equipment and nothing else."""
    maker_attested: bool = False
    """A named person read this maker off the unit or its invoice, and nothing that the device sent speaks of another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One camera behind a recorder, as the recorder tells it: never a device, never judged."""

    number: int
    brand: str | None = None
    """Slug of the label that the recorder claims."""
    maker: str | None = None
    model: str | None = None
    address: str | None = None
    """Behind the recorder: it may mean nothing on our side."""
    online: bool | None = None
    source: str
    """What told it, and in which words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRange:
    """How many channels a recorder may have in use, where none was read. Never a number of cameras."""

    at_least: int
    at_most: int
    source: str
    """What it is inferred from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """Where a device hangs on the network, as a switch told."""

    switch: str
    """Its name; its address where it has none."""
    port: str
    vlan: int | None
    seen_on: datetime
    direct: bool
    """False where the port leads to another switch, or to many devices: the device is somewhere behind it."""
    behind: str | None = None
    """Name of the switch that stands at that port, where it announces itself."""
    port_macs: int = 1
    """Devices that the switch learned at that port."""
