"""Every value that crosses the border of a package: what arrived, what was said, what is concluded.

All types are frozen dataclasses without behaviour beyond derivation. Instants are aware and in UTC. Addresses are
canonical text: an IP as `ipaddress` prints it (IPv6 lower case and without a zone), a MAC as lower case with colons.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Literal

Fields = tuple[tuple[str, str], ...]
"""Sorted pairs of a field name of fingerprints/fields.toml and a value; a name may occur several times."""

MAX_VALUE = 8 * 1024
"""Characters kept of one field value."""
MAX_RAW = 16 * 1024
"""Bytes kept of one message."""
MAX_DISTINCT = 64
"""Distinct observations kept of one protocol of one asset."""


class Via(StrEnum):
    """How a message reached us; provenance only, never a branch in a codec."""

    ACTIVE = "active"
    PASSIVE = "passive"
    PCAP = "pcap"
    IMPORT = "import"
    ATTESTED = "attested"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and a port of UDP or TCP."""

    ip: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Datagram:
    """One UDP payload as it arrived, ≤ 64 KiB."""

    payload: bytes
    src: Endpoint
    dst: Endpoint
    received_at: datetime
    via: Via
    src_mac: str | None = None
    """Source MAC of the frame, or of the neighbour table; never a claim of the payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One layer-2 frame, ≤ 64 KiB (mirror ports deliver merged frames)."""

    payload: bytes
    received_at: datetime
    via: Via


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamHead:
    """The first bytes of a TCP connection, ≤ 16 KiB a direction. `server` is the side that was connected to."""

    client: Endpoint
    server: Endpoint
    sent: bytes
    """What the client said."""
    received: bytes
    """What the server said."""
    received_at: datetime
    via: Via
    server_mac: str | None = None
    client_mac: str | None = None
    over_tls: bool = False
    """The bytes travelled inside TLS; only the end of the connection can have read them."""


Carrier = Datagram | Frame | StreamHead


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
        return tuple(value for key, value in self.fields if key == name)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two statements that do not agree, and what that is consistent with."""

    kind: str
    detail: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A dated, sourced statement about two companies or a brand and a company."""

    type: Literal["owned_by", "brand_of", "made_by", "component"]
    child: str
    parent: str
    status: Literal["asserted", "disputed", "alleged"]
    confidence: Literal["high", "medium", "low"]
    sources: tuple[str, ...]
    since: date | None = None
    until: date | None = None
    scope: str = ""
    """To which products the statement is limited; empty: all."""
    alleged_by: str = ""


class Verdict(StrEnum):
    """About the equipment, not anyone's conduct."""

    PROHIBITED = "prohibited"
    RESTRICTED = "restricted"
    REVIEW = "review"
    UNIDENTIFIED = "unidentified"
    NO_FINDING = "no_finding"
    NOT_APPLICABLE = "not_applicable"
    NOT_ASSESSED = "not_assessed"


Because = Literal["identity", "relabel", "component", "ownership", "site", "purpose", "date", "rule-text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """The cheapest step that would decide a finding, and what it would then become."""

    question: str
    """One question in plain words; equal questions of several devices are one step."""
    outcomes: tuple[tuple[str, Verdict], ...] = ()
    """Answer and the verdict it leads to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One effect of one rule on one asset."""

    policy: str
    rule: str
    verdict: Verdict
    act: Literal["buy", "deploy", "connect", "keep", "contract", "sell"]
    force: Literal["statute", "regulation", "contract clause", "instruction", "commitment", "advice", "proposal"]
    installed: Literal["remove", "disconnect", "consider", "silent", "may stay"]
    reason: str
    status: Literal["open", "planned", "accepted", "lapsed"] = "open"
    because: tuple[Because, ...] = ()
    settle: Settle | None = None
    assumptions: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    evidence: tuple[int, ...] = ()
    """Indexes into the identification's evidence."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The overall verdict on one asset and every finding behind it. `verdict` is None where nothing was judged."""

    verdict: Verdict | None
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    """Why an asset without findings has the verdict it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteContext:
    """What the operator states; None is unknown, never assumed."""

    name: str
    class_: Literal["sensitive", "other"] | None = None
    zone: Literal["core", "separate"] | None = None
    purpose: Literal["facility-security", "critical-infrastructure", "public-safety", "national-security", "none"] | None = None
    decision: Literal["extend", "not-extend", "pending"] | None = None
    """What a department has decided about sites that its instruction leaves to it."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedAsset:
    """An asset with what it is and what follows."""

    asset: Asset
    identification: Identification
    judgement: Judgement
    ledger: Ledger = field(default_factory=Ledger)


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


def address_order(ip: str | None) -> tuple[int, int]:
    """Return a key that sorts addresses by family and number; None comes last."""
    if ip is None:
        return (9, 0)
    parsed = ip_address(ip)
    return (parsed.version, int(parsed))


def is_local_mac(mac: str) -> bool:
    """Return whether a MAC is locally administered or a group address: such a MAC is never an identity."""
    return int(mac[:2], 16) & 0b11 != 0
