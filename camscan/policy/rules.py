"""Compiled policy types: companies, edges, rules and the named bundles of rules an operator chooses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from typing import Literal

from camscan.model import Badge, Because, Edge, Step, Verdict

Act = Literal["buy", "deploy", "connect", "keep", "contract", "sell"]
Force = Literal["statute", "regulation", "contract clause", "instruction", "commitment", "advice", "proposal"]
Installed = Literal["remove", "disconnect", "consider", "silent", "may stay"]
RuleStatus = Literal["draft", "proposal", "in_force"]
"""draft: its text has not been read at an official source; proposal: not law; both end at review."""
SubjectKind = Literal["entities", "jurisdiction", "component", "everything"]
Equipment = Literal["video", "telecommunications"]
Mode = Literal["binds", "note"]

BINDING: frozenset[Force] = frozenset({"statute", "regulation", "contract clause", "instruction"})
"""Forces that forbid in binding words."""

SITE_FACTS: Mapping[str, tuple[str, ...]] = {
    "class": ("sensitive", "other"),
    "zone": ("core", "separate"),
    "purpose": ("facility-security", "critical-infrastructure", "public-safety", "national-security", "none"),
    "decision": ("extend", "not-extend", "pending"),
}
"""What an operator can state about a range, and the values of each."""

SINGLE = "rule:"
"""What a policy's name begins with that is one rule alone."""

FACT_BECAUSE: Mapping[str, Because] = {"class": "site", "zone": "site", "decision": "site", "purpose": "purpose"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A company, a brand or a firmware family that names no company."""

    slug: str
    name: str
    role: Literal["company", "brand", "family"]
    legal_name: str = ""
    jurisdiction: str | None = None
    """ISO 3166 code of the organisation itself (CN, HK, MO and TW apart); None: not established."""
    may_be: tuple[str, ...] = ()
    """Other jurisdictions that are possible because the producing company decides."""
    why: str = ""
    """Why the jurisdiction is not certain."""
    surveillance_only: bool = False
    """It makes surveillance equipment and nothing else."""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A stated site fact is one of the values; an unstated fact leaves it unknown."""

    fact: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose equipment a limb names."""

    kind: SubjectKind
    members: frozenset[str] = frozenset()
    """Slugs, or ISO codes where kind is jurisdiction."""
    affiliates: bool = False
    """Subsidiaries, affiliates and brands of the members count too."""
    of: Literal["maker", "brand"] = "maker"
    """Whether the rule speaks of the producer or of the label."""
    unsettled: frozenset[str] = frozenset()
    """ISO codes of which the rule's text does not say whether they belong to the members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limb:
    """One branch of a rule's definition of equipment; a rule reaches what any of its limbs reaches."""

    id: str
    clause: str
    subject: Subject
    equipment: frozenset[Equipment]
    when: tuple[Condition, ...] = ()
    since: date | None = None
    until: date | None = None
    reading: str = ""
    """A question about the text itself that is open; such a limb never gives more than review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of an effect's decision table; the first row that holds decides."""

    when: tuple[Condition, ...]
    verdict: Verdict | None
    """None: the effect does not arise; `says` tells why."""
    force: Force
    installed: Installed
    says: str
    """What the rule says, as a clause that follows "the rule"."""
    since: date | None = None
    until: date | None = None
    because: tuple[Because, ...] = ()
    """For a row that ends at review by itself."""
    asks: str | None = None
    """The site fact that would decide such a row."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One act that a rule speaks of."""

    id: str
    act: Act
    cases: tuple[Case, ...]
    asked_elsewhere: frozenset[str] = frozenset()
    """Site facts that another effect of the rule asks for; unstated, they count here as not holding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A public document, and when its text was read."""

    cite: str
    url: str = ""
    official: bool = False
    read_on: date | None = None

    def text(self) -> str:
        """Return the citation as printed."""
        return f"{self.cite} <{self.url}>" if self.url else self.cite


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What a finding of a rule ends with where conditions on stated facts hold, from a day on."""

    when: tuple[Condition, ...]
    says: str
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One norm."""

    id: str
    title: str
    clause: str
    jurisdiction: str
    status: RuleStatus
    version: str
    """Which text this is, as its readers cite it."""
    since: date
    review_by: date
    limbs: tuple[Limb, ...]
    effects: tuple[Effect, ...]
    references: tuple[Reference, ...]
    until: date | None = None
    assumptions: tuple[str, ...] = ()
    """Printed where the rule reaches or may reach the equipment."""
    partial: bool = False
    """Not all names that the text lists are recorded."""
    spared_assumption: str = ""
    """Printed where the rule does not reach an identified maker."""
    spared_unless: tuple[Condition, ...] = ()
    """Where one of these holds, the assumption would decide nothing and is not printed."""
    component_note: str = ""
    """Printed where a part of a company of the members is seen, and no limb speaks of parts."""
    closings: tuple[Closing, ...] = ()

    @property
    def binding(self) -> bool:
        """Return whether any effect forbids in binding words."""
        return any(case.verdict not in (None, Verdict.NO_FINDING) and case.force in BINDING
                   for effect in self.effects for case in effect.cases)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """How a policy applies a rule: it binds, or it is told as a note that yields no finding."""

    rule: str
    mode: Mode = "binds"
    note: str = ""
    force: Force = "advice"
    """Of a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question about a site; the same words for every device there."""

    fact: str
    question: str
    """`{site}` stands for the site's name."""
    answers: tuple[tuple[str, str], ...]
    """Answer in words and the value that it states."""
    explain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presumption:
    """What a policy takes as given where the operator states nothing; always printed."""

    fact: str
    value: str
    assumption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """A case that the shipped rules must decide so: one row of evidence, one expectation a site."""

    name: str
    policy: str
    brand: str | None
    maker: str | None
    basis: str | None
    confidence: str | None
    kind: str
    witness: str
    components: tuple[str, ...]
    acquired: date | None
    made_on: date | None
    as_of: date
    site: Mapping[str, str]
    verdict: Verdict
    because: Because | None = None
    note: bool = False
    assumption: bool = False
    isolation: bool = False
    """A reason says that isolation does not hold."""
    calls: str | None = None
    """An address outside the site to which the device sends."""
    findings: tuple[tuple[str, ...], ...] = ()
    """Words of findings that must be there: act, verdict, force, installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySet:
    """A named bundle of rules for a kind of organisation."""

    name: str
    title: str
    applies: tuple[Application, ...]
    asks: Mapping[str, Ask]
    """By fact, in the order in which one would ask."""
    presumptions: tuple[Presumption, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A step of the action plans of findings of these acts, verdicts and words on equipment already there."""

    step: Step
    acts: frozenset[Act]
    installed: frozenset[Installed]
    verdicts: frozenset[Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holidays:
    """The days on which a government's offices stand still, as observed, from one year to another."""

    id: str
    cite: str
    first: date
    last: date
    days: frozenset[date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A report that a clause asks for, counted from an event."""

    name: Literal["first", "second", "only"]
    after: str
    business_days: int | None = None
    hours: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A contract clause on reporting covered equipment."""

    id: str
    title: str
    since: date
    status: Literal["read", "unverified"]
    cite: str
    reports: tuple[Deadline, ...]
    url: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PolicyBook:
    """Everything under fingerprints/policies, compiled; two books are equal where they are one."""

    entities: Mapping[str, Entity]
    edges: tuple[Edge, ...]
    rules: Mapping[str, Rule]
    sets: Mapping[str, PolicySet]
    golden: tuple[Golden, ...] = ()
    asks: Mapping[str, Ask] = field(default_factory=dict)
    """By fact: the questions of rules that are asked for by themselves."""
    badges: tuple[Badge, ...] = ()
    clauses: tuple[Clause, ...] = ()
    advice: tuple[Advice, ...] = ()
    """Steps in the order in which they are taken."""
    holidays: tuple[Holidays, ...] = ()
    version: str = ""
    """A digest of the files."""
    edges_of: Mapping[str, tuple[Edge, ...]] = field(init=False)
    """Edges by child, sorted, so that the order of files never matters."""

    singles: Mapping[str, PolicySet] = field(init=False)
    """A policy of each rule alone, by `rule:ID`."""

    def __post_init__(self) -> None:
        singles = {SINGLE + rule.id: _alone(rule, self.asks) for rule in self.rules.values()}
        object.__setattr__(self, "singles", singles)
        grouped: dict[str, list[Edge]] = {}
        for edge in sorted(self.edges, key=edge_order):
            grouped.setdefault(edge.child, []).append(edge)
        object.__setattr__(self, "edges_of", {child: tuple(edges) for child, edges in grouped.items()})

    def policy(self, name: str) -> PolicySet | None:
        """Return a set, or a rule alone as `rule:ID`; None where there is neither."""
        return self.sets.get(name) or self.singles.get(name)

    def days(self) -> frozenset[date]:
        """Return the days on which anything that judges a device begins, ends or is to be read again."""
        return frozenset(days_in((self.entities, self.edges, self.rules, self.badges)))

    def name(self, slug: str | None) -> str:
        """Return a company's name as it writes it; the slug where the book does not know it."""
        if slug is None:
            return "an unknown company"
        entity = self.entities.get(slug)
        return entity.name if entity else slug


def days_in(value: object) -> Iterator[date]:
    """Yield the days that a value names, in records, tuples, sets and mappings to any depth; no times of day."""
    if isinstance(value, datetime):
        return
    if isinstance(value, date):
        yield value
    elif isinstance(value, Mapping):
        yield from days_in(tuple(value.values()))
    elif isinstance(value, tuple | frozenset):
        yield from (day for one in value for day in days_in(one))
    elif is_dataclass(value):
        yield from days_in(tuple(getattr(value, each.name) for each in fields(value)))


def edge_order(edge: Edge) -> tuple[str, ...]:
    """Return a total order of edges."""
    return (edge.child, edge.type, edge.parent, edge.status, str(edge.since), str(edge.until), edge.scope)


def _alone(rule: Rule, asks: Mapping[str, Ask]) -> PolicySet:
    return PolicySet(
        name=SINGLE + rule.id, title=f"{rule.title}, {rule.clause}", applies=(Application(rule=rule.id),), asks=asks
    )
