"""Compiled fingerprints: the vocabulary, the vendors and what each of their marks means. Built once by the loader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from camscan.identify.index import LiteralIndex
from camscan.identify.oui import Assignment, OuiRegistry
from camscan.identify.pattern import Pattern
from camscan.identify.relations import Relations
from camscan.model import Confidence, Edge, Fields, Kind

RegistrantKind = Literal["surveillance", "cameras", "mixed", "module", "component"]
"""surveillance: makes nothing else; cameras: nothing but cameras; module: names nobody; component: a part inside."""
Production = Literal["own", "mixed", "others"]
"""Whether what carries the label is the company's own product."""

GIVES = ("brand", "maker", "kind", "form", "model", "firmware", "serial", "mac", "family", "component", "other")
"""What a fingerprint may claim."""

STANDARDS = "standards"
"""In place of a vendor, for the fingerprints of open standards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """One name of the vocabulary."""

    name: str
    meaning: str
    example: str
    codec: str
    witness: str
    """Fields of one group are one witness, however many agree."""
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
    """What is claimed: constants, or templates such as `{model}`."""
    editable: bool
    witness: str
    layer: str = "shipped"
    shares_with: tuple[str, ...] = ()


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

    @cached_property
    def claims(self) -> Mapping[str, str]:
        """Field name → kind of identifier, for the fields whose value identifies one device."""
        return {rule.name: rule.claim for rule in self.fields.values() if rule.claim is not None}

    @cached_property
    def relations(self) -> Relations:
        """Who owns and makes what."""
        owners = {vendor.slug: vendor.owner for vendor in self.vendors.values() if vendor.owner}
        own = {vendor.slug for vendor in self.vendors.values() if vendor.production == "own" and not vendor.non_camera}
        return Relations(self.edges, owners, own)

    def registrant(self, assignment: Assignment) -> Vendor | None:
        """Return the vendor that an assignment names; None for companies of which no file speaks."""
        return self._registrants.get(assignment.registrant)

    def looked_for_in(self, name: str) -> tuple[Fingerprint, ...]:
        """Return the fingerprints whose first condition is about a field."""
        return self._by_field.get(name, ())

    def index_of(self, name: str) -> LiteralIndex:
        """Return the prefilter of `looked_for_in(name)`, built on first use."""
        if name not in self._indexes:
            self._indexes[name] = LiteralIndex([entry.conditions[0].pattern for entry in self.looked_for_in(name)])
        return self._indexes[name]

    @cached_property
    def _registrants(self) -> Mapping[str, Vendor]:
        return {name: vendor for vendor in self.vendors.values() for name in vendor.registrants}

    @cached_property
    def _by_field(self) -> Mapping[str, tuple[Fingerprint, ...]]:
        table: dict[str, list[Fingerprint]] = {}
        for entry in self.fingerprints:
            table.setdefault(entry.conditions[0].field, []).append(entry)
        return {name: tuple(entries) for name, entries in table.items()}

    @cached_property
    def _indexes(self) -> dict[str, LiteralIndex]:
        return {}
