"""What follows from rules: companies and their relations, findings, verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal


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
class Step:
    """One step of an action plan."""

    name: Literal["rule", "verify", "core", "cloud", "stabilise", "plan", "dispose", "prevent"]
    """`rule`: not a step, but what the rule itself says, with its force."""
    text: str


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
    action: tuple[Step, ...] = ()
    """The rule's own wording, then what to do about it, in order; empty where nothing is to be done."""
    exception: str = ""
    """Id of the exception that gives the status; empty where it is open."""
    status_note: str = ""
    """What must be read beside the status: until when, who recorded it, what it is not; or why it lapsed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A company's place on a list that is context and no rule."""

    list: str
    """Id of the list."""
    title: str
    says: str
    """What being on it means."""
    entity: str
    since: date
    cite: str
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The overall verdict on one asset and every finding behind it. `verdict` is None where nothing was judged."""

    verdict: Verdict | None
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    """Why an asset without findings has the verdict it has."""
    context: tuple[Badge, ...] = ()
    """Lists that name the maker or the company above it; no verdict rests on them."""
