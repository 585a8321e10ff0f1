"""The form of the files under fingerprints/policies: what may stand in them, entry by entry."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from camscan.model import Because, Confidence, Kind
from camscan.policy.rules import Act, Equipment, Force, Installed, Mode, RuleStatus


def _first_day(value: object) -> object:
    """Return a date of `YYYY`, `YYYY-MM` or a TOML date; the first day where only a part is known."""
    parts = _parts(value)
    return value if parts is None else date(parts[0], parts[1] or 1, parts[2] or 1)


def _last_day(value: object) -> object:
    """Return a date as `_first_day` does, but the last day of a month or year."""
    parts = _parts(value)
    if parts is None:
        return value
    year, month, day = parts[0], parts[1] or 12, parts[2]
    return date(year, month, day or monthrange(year, month)[1])


def _parts(value: object) -> tuple[int, int | None, int | None] | None:
    if not isinstance(value, str):
        return None
    numbers = [int(part) for part in value.split("-") if part.isdigit()]
    if len(numbers) != len(value.split("-")) or not 1 <= len(numbers) <= 3:
        raise ValueError("write a date as YYYY, YYYY-MM or YYYY-MM-DD")
    year, month, day = (*numbers, None, None)[:3]
    assert year is not None
    return year, month, day


Since = Annotated[date, BeforeValidator(_first_day)]
Until = Annotated[date, BeforeValidator(_last_day)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Code = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Text = Annotated[str, Field(min_length=1)]
Facts = dict[str, str]
When = dict[str, list[str] | str]


class Strict(BaseModel):
    """Base of every entry: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EntityEntry(Strict):
    """A company, a brand or a firmware family."""

    slug: Slug
    name: Text
    role: Literal["company", "brand", "family"]
    legal_name: str = ""
    jurisdiction: Code | None = None
    may_be: list[Code] = []
    why: str = ""
    surveillance_only: bool = False
    sources: list[Text] = []


class EdgeEntry(Strict):
    """A dated, sourced statement about two entities."""

    type: Literal["owned_by", "brand_of", "made_by", "component"]
    child: Slug
    parent: Slug
    status: Literal["asserted", "disputed", "alleged"] = "asserted"
    confidence: Literal["high", "medium", "low"]
    sources: list[Text] = Field(min_length=1)
    since: Since | None = None
    until: Until | None = None
    scope: str = ""
    alleged_by: str = ""


class SubjectEntry(Strict):
    """Whose equipment a limb names: exactly one of the four kinds."""

    entities: list[Slug] = []
    affiliates: bool = False
    jurisdiction: list[Code] = []
    unsettled: list[Code] = []
    of: Literal["maker", "brand"] = "maker"
    component_of: list[Slug] = []
    everything: bool = False


class LimbEntry(Strict):
    """One branch of a definition."""

    id: Text
    clause: Text
    subject: SubjectEntry
    equipment: list[Equipment] = Field(min_length=1)
    when: When = {}
    since: Since | None = None
    until: Until | None = None
    reading: str = ""


class CaseEntry(Strict):
    """One row of an effect's decision table."""

    when: When = {}
    verdict: Literal["prohibited", "restricted", "review", "no_finding", "none"]
    force: Force
    installed: Installed
    says: Text
    since: Since | None = None
    until: Until | None = None
    because: list[Because] = []
    asks: str | None = None
    note: str = ""


class EffectEntry(Strict):
    """One act that a rule speaks of."""

    id: Text
    act: Act
    asked_elsewhere: list[str] = []
    case: list[CaseEntry] = Field(min_length=1)


class ReferenceEntry(Strict):
    """A public document."""

    cite: Text
    url: str = ""
    official: bool = False
    read_on: date | None = None


class ClosingEntry(Strict):
    """What findings of a rule end with."""

    when: When
    says: Text
    since: Since | None = None


class RuleFile(Strict):
    """A file of rules/: one norm."""

    id: Annotated[str, Field(pattern=r"^[a-z]{2}(\.[a-z0-9-]+|\.[a-z][0-9A-Za-z]+)+$")]
    title: Text
    clause: Text
    jurisdiction: Code
    status: RuleStatus
    version: Text
    since: Since
    until: Until | None = None
    review_by: date
    partial: bool = False
    assumptions: list[Text] = []
    spared_assumption: str = ""
    spared_unless: When = {}
    component_note: str = ""
    limb: list[LimbEntry] = Field(min_length=1)
    effect: list[EffectEntry] = Field(min_length=1)
    reference: list[ReferenceEntry] = Field(min_length=1)
    closing: list[ClosingEntry] = []
    golden: GoldenEntry | None = None
    """Cases of the rule asked for by itself, as `rule:ID`."""


class ApplicationEntry(Strict):
    """How a policy applies a rule."""

    id: Text
    mode: Mode = "binds"
    note: str = ""
    force: Force = "advice"


class AnswerEntry(Strict):
    """An answer and the value that it states."""

    text: Text
    value: Text


class AskEntry(Strict):
    """A question about a site."""

    fact: Text
    question: Text
    explain: str = ""
    answer: list[AnswerEntry] = Field(min_length=2)


class PresumptionEntry(Strict):
    """What a policy takes as given."""

    fact: Text
    value: Text
    assumption: Text


class SeenEntry(Strict):
    """The evidence of a golden case."""

    brand: Slug | None = None
    maker: Slug | None = None
    basis: Literal["own-label", "wire-shows-maker", "documented-relabel", "attested"] | None = None
    confidence: Confidence | None = None
    kind: Kind = "camera"
    witness: str = "wire"
    components: list[Slug] = []
    acquired: Since | None = None
    made_on: Since | None = None
    calls: str | None = None
    """An address outside the site to which the device was overheard to send."""


class GoldenCaseEntry(Strict):
    """One row of evidence and what each site must come to."""

    name: Text
    seen: SeenEntry
    expect: dict[str, str]
    as_of: date | None = None
    findings: dict[str, list[str]] = {}


class GoldenEntry(Strict):
    """The golden cases of a policy."""

    as_of: date
    sites: dict[str, Facts]
    case: list[GoldenCaseEntry] = Field(min_length=1)


class ColumnEntry(Strict):
    """A policy at a site, and the words of findings there."""

    policy: Text
    site: Facts = {}
    finds: str = ""
    """Act, force and installed of a finding at review or above: `buy statute/silent`."""
    tells: str = ""
    """The same of a note."""


class MatrixFile(Strict):
    """golden.toml: rows of evidence, columns of policies and sites, a verdict a cell."""

    as_of: date
    column: dict[str, ColumnEntry] = Field(min_length=1)
    case: list[GoldenCaseEntry] = Field(min_length=1)


class SetFile(Strict):
    """A file of sets/: one policy."""

    name: Slug
    title: Text
    rule: list[ApplicationEntry] = Field(min_length=1)
    ask: list[AskEntry] = []
    presume: list[PresumptionEntry] = []
    golden: GoldenEntry | None = None
    """Left out in a set of the operator's own."""


class AskFile(Strict):
    """asks.toml: the question for each site fact where a policy has no words of its own."""

    ask: list[AskEntry] = Field(min_length=1)


class ListedEntry(Strict):
    """A company on a list."""

    entity: Slug
    since: Since
    until: Until | None = None


class ListEntry(Strict):
    """A list that is context and no rule."""

    id: Text
    title: Text
    says: Text
    cite: Text
    url: str = ""
    entry: list[ListedEntry] = Field(min_length=1)


class BadgeFile(Strict):
    """badges.toml."""

    badge: list[ListEntry] = Field(min_length=1)


class ReportEntry(Strict):
    """A report that a clause asks for: within business days or hours after an event."""

    name: Literal["first", "second", "only"]
    business_days: int | None = Field(default=None, ge=1, le=60)
    hours: int | None = Field(default=None, ge=1, le=720)
    after: Text


class ClauseEntry(Strict):
    """A contract clause."""

    id: Text
    title: Text
    since: Since
    until: Until | None = None
    status: Literal["read", "unverified"]
    cite: Text
    url: str = ""
    report: list[ReportEntry] = Field(min_length=1)


class ClauseFile(Strict):
    """clauses.toml."""

    clause: list[ClauseEntry] = Field(min_length=1)


class StepEntry(Strict):
    """A step of action plans; a list that is left out stands for all."""

    step: Literal["verify", "core", "cloud", "stabilise", "plan", "dispose", "prevent"]
    text: Text
    acts: list[Act] = list(get_args(Act))
    installed: list[Installed] = list(get_args(Installed))
    verdicts: list[Literal["prohibited", "restricted", "review"]] = ["prohibited", "restricted", "review"]


class StepFile(Strict):
    """actions.toml."""

    step: list[StepEntry] = Field(min_length=1)


class HolidayEntry(Strict):
    """A holiday, and the day on which it is observed where that is another."""

    name: Text
    day: date
    observed: date | None = None


class HolidaysEntry(Strict):
    """The holidays of a government over whole years."""

    id: Text
    cite: Text
    url: str = ""
    first: int
    last: int
    holiday: list[HolidayEntry] = Field(min_length=1)


class HolidayFile(Strict):
    """holidays.toml."""

    calendar: list[HolidaysEntry] = Field(min_length=1)


class EntityFile(Strict):
    """A file of entities/."""

    entity: list[EntityEntry] = Field(min_length=1)


class EdgeFile(Strict):
    """A file of edges/."""

    edge: list[EdgeEntry] = []
