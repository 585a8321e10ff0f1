"""Compiled fingerprints: the vocabulary, the vendors and what each of their marks means. Built once by the loader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from camscan.identify.clouds import Clouds
from camscan.identify.index import LiteralIndex
from camscan.identify.oui import Assignment, OuiRegistry
from camscan.identify.pattern import Pattern
from camscan.identify.relations import Relations
from camscan.model import Confidence, Edge, Fields, Kind

if TYPE_CHECKING:
    from camscan.identify.match import Hit
    from camscan.identify.reads import Read

RegistrantKind = Literal["surveillance", "cameras", "mixed", "module", "component"]
"""surveillance: makes nothing else; cameras: nothing but cameras; module: names nobody; component: a part inside."""
Production = Literal["own", "mixed", "others"]
"""Whether what carries the label is the company's own product."""

GIVES = ("brand", "maker", "kind", "form", "model", "firmware", "serial", "mac", "family", "component", "other")
"""What a fingerprint may claim."""

STANDARDS = "standards"
"""In place of a vendor, for the fingerprints of open standards."""

NAME = "name"
"""Witness of what an owner calls a device, in whatever protocol."""
TRAFFIC = "traffic"
"""Witness of what a device asks for and connects to: a telephone with the maker's app calls the same clouds as the camera does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """One name of the vocabulary."""

    name: str
    meaning: str
    example: str
    codec: str
    witness: str
    """Values of one witness are one, however many agree."""
    group: str
    """Whose witness the field would be if nobody could name a device in it: beside that it proves nothing new."""
    editable: bool
    claim: Literal["mac", "serial", "endpoint", "key"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A company or a label that the network can show."""

    slug: str
    name: str
    file: str
    """Slug of the file that describes it."""
    aliases: tuple[str, ...] = ()
    registrants: tuple[str, ...] = ()
    registrant_kind: RegistrantKind = "mixed"
    kinds: tuple[str, ...] = ()
    production: Production = "own"
    non_camera: bool = False
    owner: str | None = None
    """The vendor whose own label this is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A pattern that one value of a field must hold."""

    field: str
    pattern: Pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """A mark in one message and what it claims."""

    id: str
    vendor: str
    """Slug of its file."""
    conditions: tuple[Condition, ...]
    """All must hold in one message; the first is the one that is looked for."""
    none: tuple[Condition, ...] = ()
    """None may hold in that message."""
    confidence: Confidence
    gives: Fields
    """What is claimed, by name in order: constants, or templates such as `{model}`."""
    editable: bool
    witness: str
    group: str
    """That of its field; another one than the witness where the entry or the field says so."""
    layer: str = "shipped"
    shares_with: tuple[str, ...] = ()
    templates: bool = True
    """Whether a claim is more than a constant."""

    @property
    def depends(self) -> bool:
        """Whether more than the first condition decides."""
        return len(self.conditions) > 1 or bool(self.none)


class Conclusion(NamedTuple):
    """What follows from the marks of a device."""

    known: Mapping[str, Any]
    """Fields of an Identification, all but its evidence, its serial and what that shows."""
    serial_at: int | None
    """Number of the evidence that shows the serial best."""
    files: tuple[str, ...]
    """Slugs of the vendor files that may speak of the serial."""


class Held(NamedTuple):
    """A fingerprint whose first condition holds in one value."""

    entry: Fingerprint
    shown: str
    """The value, or what surrounds the match in a long one."""
    captures: Mapping[str, bytes]
    """None were asked for where the claims are constants."""
    hits: dict[int, Hit]
    """Number of a message → the evidence that it is there, as far as that was made; empty where more than this value decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRule:
    """What a model of a vendor is."""

    pattern: Pattern
    kind: Kind
    form: str | None = None


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """All that identification knows."""

    fields: Mapping[str, FieldRule]
    vendors: Mapping[str, Vendor]
    """Slug → vendor or brand."""
    fingerprints: tuple[Fingerprint, ...]
    models: Mapping[str, tuple[ModelRule, ...]]
    """Slug of a vendor file → its model grammar, in order."""
    serials: Mapping[str, tuple[Pattern, ...]]
    """Slug of a vendor file → patterns that hold the day of manufacture."""
    edges: tuple[Edge, ...]
    oui: OuiRegistry
    display: Mapping[str, str]
    """Slug → name as its company writes it."""
    version: str
    """`<date of the registry>.<hash of all files>`."""
    reads: tuple[Read, ...] = ()
    """Requests that devices answer without a login, by id."""
    channels: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)
    """Slug of a vendor file → patterns whose group `channels` is how many channels a recorder's model has."""
    clouds: Clouds = field(default_factory=Clouds)
    """The clouds that cameras call."""

    @cached_property
    def claims(self) -> Mapping[str, str]:
        """Field name → kind of identifier, for the fields whose value identifies one device."""
        return {rule.name: rule.claim for rule in self.fields.values() if rule.claim is not None}

    @cached_property
    def mac_fields(self) -> frozenset[str]:
        """The fields whose value is a MAC address."""
        return frozenset(name for name, claim in self.claims.items() if claim == "mac")

    @cached_property
    def relations(self) -> Relations:
        """Who owns and makes what."""
        owners = {vendor.slug: vendor.owner for vendor in self.vendors.values() if vendor.owner}
        own = {vendor.slug for vendor in self.vendors.values() if vendor.production == "own" and not vendor.non_camera}
        return Relations(self.edges, owners, own)

    @cached_property
    def conclusions(self) -> dict[tuple[object, ...], Conclusion]:
        """Marks → what follows from them, as far as the engine remembers it."""
        return {}

    @cached_property
    def held(self) -> dict[tuple[str, str], tuple[Held, ...]]:
        """Field and value → the fingerprints that begin to hold in it, as far as it is remembered: devices have most values in common."""
        return {}

    def fingerprint(self, name: str) -> Fingerprint | None:
        """Return a fingerprint by its id; None where there is none."""
        return self._by_id.get(name)

    def registrant(self, assignment: Assignment) -> Vendor | None:
        """Return the vendor that an assignment names; None for companies of which no file speaks."""
        return self._registrants.get(assignment.registrant)

    def index_of(self, name: str) -> LiteralIndex[Fingerprint] | None:
        """Return what finds the fingerprints that look for a field first; None where none does. Built on first use."""
        try:
            return self._indexes[name]
        except KeyError:
            entries = self._by_field.get(name)
            self._indexes[name] = LiteralIndex([(one.conditions[0].pattern, one) for one in entries]) if entries else None
            return self._indexes[name]

    def model_rules(self, file: str, model: bytes) -> Sequence[ModelRule]:
        """Return the lines of a vendor file's model grammar that may hold for a model, in order."""
        if file not in self._grammars:
            rules = self.models.get(file)
            self._grammars[file] = LiteralIndex([(one.pattern, one) for one in rules]) if rules else None
        index = self._grammars[file]
        return index.candidates(model) if index is not None else ()

    @cached_property
    def looked_at(self) -> frozenset[str]:
        """The fields that a fingerprint looks for first."""
        return frozenset(self._by_field)

    @cached_property
    def _grammars(self) -> dict[str, LiteralIndex[ModelRule] | None]:
        return {}

    @cached_property
    def _registrants(self) -> Mapping[str, Vendor]:
        return {name: vendor for vendor in self.vendors.values() for name in vendor.registrants}

    @cached_property
    def _by_id(self) -> Mapping[str, Fingerprint]:
        return {entry.id: entry for entry in self.fingerprints}

    @cached_property
    def _by_field(self) -> Mapping[str, tuple[Fingerprint, ...]]:
        table: dict[str, list[Fingerprint]] = {}
        for entry in self.fingerprints:
            table.setdefault(entry.conditions[0].field, []).append(entry)
        return {name: tuple(entries) for name, entries in table.items()}

    @cached_property
    def _indexes(self) -> dict[str, LiteralIndex[Fingerprint] | None]:
        return {}
