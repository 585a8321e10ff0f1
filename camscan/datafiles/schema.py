"""The form of fields.toml and of vendor files. Unknown keys are errors: a misspelt key must not go unnoticed."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from camscan.identify.pattern import compile_re2
from camscan.model import Confidence, Kind

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$")]
EntryId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9_-]+)+$")]
Form = Literal["fixed", "dome", "ptz", "thermal", "anpr", "body-worn"]
RegistrantKind = Literal["surveillance", "cameras", "mixed", "module", "component"]
Production = Literal["own", "mixed", "others"]


class Strict(BaseModel):
    """A table whose keys are all known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FieldEntry(Strict):
    """One name of the vocabulary."""

    name: FieldName
    meaning: str = Field(min_length=1)
    example: str
    codec: str
    witness: str = Field(min_length=1)
    group: str | None = Field(default=None, min_length=1)
    editable: bool
    claim: Literal["mac", "serial", "endpoint", "key"] | None = None


class FieldsFile(Strict):
    """fields.toml."""

    field: list[FieldEntry]


class BrandEntry(Strict):
    """A label that the file's vendor owns."""

    slug: Slug
    name: str | None = None
    aliases: list[str] = []
    registrants: list[str] = []
    registrant_kind: RegistrantKind = "mixed"
    kinds: list[Kind] = []
    production: Production = "own"
    non_camera: bool = False


class VendorEntry(BrandEntry):
    """The vendor of a file."""

    name: str


class MatchEntry(Strict):
    """One condition on one value: exactly one of the modes."""

    exact: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    contains: str | None = None
    regex: str | None = None
    any: Literal[True] | None = None
    ignore_case: bool = False

    @model_validator(mode="after")
    def _one_mode(self) -> MatchEntry:
        modes = [self.exact, self.prefix, self.suffix, self.contains, self.regex, self.any]
        given = [mode for mode in modes if mode is not None]
        if len(given) != 1:
            raise ValueError("give one of exact, prefix, suffix, contains, regex, any")
        if given[0] == "":
            raise ValueError("an empty text matches everything: use any = true")
        if self.regex is not None:
            compile_re2(self.regex.encode(), ignore_case=self.ignore_case)
        return self


class ConditionEntry(Strict):
    """A match on a named field."""

    field: FieldName
    match: MatchEntry


class ExampleEntry(Strict):
    """A real value, and what the templates must produce from it."""

    text: str | None = None
    fields: dict[str, str] | None = None
    gives: dict[str, str] = {}


class CounterEntry(Strict):
    """A message that an entry of several fields must not match."""

    fields: dict[str, str]


class GivesEntry(Strict):
    """What an entry claims: constants or templates."""

    brand: str | None = None
    maker: str | None = None
    kind: Kind | None = None
    form: Form | None = None
    model: str | None = None
    firmware: str | None = None
    serial: str | None = None
    mac: str | None = None
    family: str | None = None
    component: Slug | None = None
    other: str | None = None


class FingerprintEntry(Strict):
    """A mark and what it claims."""

    id: EntryId
    field: FieldName | None = None
    match: MatchEntry | None = None
    all: list[ConditionEntry] = []
    none: list[ConditionEntry] = []
    confidence: Annotated[Confidence, Field(strict=False)]
    gives: GivesEntry
    editable: bool | None = None
    witness: str | None = None
    source: str = Field(min_length=3)
    examples: list[ExampleEntry] = Field(min_length=1)
    counter: list[str | CounterEntry] = []
    shares_with: list[str] = []
    note: str = ""

    @model_validator(mode="after")
    def _one_form(self) -> FingerprintEntry:
        if (self.field is None) != (self.match is None) or (self.field is None) == (not self.all):
            raise ValueError("give either field and match, or all")
        if self.shares_with and not self.note:
            raise ValueError("shares_with needs a note that says why")
        return self


class ModelEntry(Strict):
    """What models of a vendor mean."""

    match: MatchEntry
    kind: Kind
    form: Form | None = None
    examples: list[str] = Field(min_length=1)
    counter: list[str] = []


class SerialExample(Strict):
    """A serial and the day it shows."""

    text: str
    made_on: Annotated[date, Field(strict=False)]


class SerialEntry(Strict):
    """Where a serial shows the day of manufacture."""

    match: MatchEntry
    examples: list[SerialExample] = Field(min_length=1)
    counter: list[str] = []


class ChannelsExample(Strict):
    """A recorder's model and how many channels it has."""

    text: str
    channels: int = Field(ge=1, le=1024)


class ChannelsEntry(Strict):
    """Where the model of a recorder shows how many channels it has."""

    match: MatchEntry
    source: str = Field(min_length=3)
    examples: list[ChannelsExample] = Field(min_length=1)
    counter: list[str] = []


class VendorFile(Strict):
    """vendors/<slug>.toml."""

    vendor: VendorEntry
    brand: list[BrandEntry] = []
    fingerprint: list[FingerprintEntry] = []
    model: list[ModelEntry] = []
    serial: list[SerialEntry] = []
    channels: list[ChannelsEntry] = []


class NamedVendor(Strict):
    """A vendor that another file describes."""

    slug: Slug


class AdditionFile(Strict):
    """A local file: more fingerprints of a vendor that is known already, or others in their place."""

    vendor: NamedVendor
    fingerprint: list[FingerprintEntry] = Field(min_length=1)


class StandardsFile(Strict):
    """standards.toml: fingerprints of no vendor."""

    fingerprint: list[FingerprintEntry] = []
