"""Who belongs to whom and where it is organised, at the date of a unit, as three-valued statements."""

from __future__ import annotations

from datetime import date, timedelta

from camscan.model import Edge, Verdict
from camscan.policy.countries import country
from camscan.policy.logic import FAILS, HOLDS, Key, Open, Statement, Truth, all_of, any_of, unknown
from camscan.policy.rules import Entity, Subject
from camscan.policy.situation import UNIT_DATE, Situation

AFFILIATION = ("owned_by", "brand_of")
"""Edges along which a company's group extends; who makes a unit for whom is no affiliation."""
ONE_DAY = timedelta(days=1)


def during(edge: Edge, situation: Situation) -> Statement:
    """Return whether an edge's period covers the unit's date."""
    if not situation.may_cover(edge):
        return FAILS
    if situation.unit_date is not None or (edge.since is None and (edge.until is None or edge.until >= situation.as_of)):
        return HOLDS
    return unknown(_date_point(edge, situation))


def edge_holds(edge: Edge, situation: Situation) -> Statement:
    """Return whether an edge is established at the unit's date; disputed and alleged ones are open."""
    if edge.status == "asserted":
        return during(edge, situation)
    question = f"Does {_name(edge.child, situation)} belong to {_name(edge.parent, situation)}?"
    point = Open(key=("edge", edge.child, edge.parent), because="ownership", question=question, answers=YES_NO)
    return all_of((during(edge, situation), settled_or(point, situation)))


def belongs(slug: str, members: frozenset[str], situation: Situation, seen: frozenset[str] = frozenset()) -> Statement:
    """Return whether a company is one of the members or, at the unit's date, of their groups."""
    if slug in members:
        return HOLDS
    if slug in seen:
        return FAILS
    edges = (edge for edge in situation.book.edges_of.get(slug, ()) if edge.type in AFFILIATION)
    return any_of(
        all_of((edge_holds(edge, situation), belongs(edge.parent, members, situation, seen | {slug}))) for edge in edges
    )


def organised(slug: str, subject: Subject, situation: Situation, seen: frozenset[str] = frozenset()) -> Statement:
    """Return whether a company is organised in one of the subject's jurisdictions.

    A possible other producer, an unsettled jurisdiction and a parent there leave it open: the norm's text decides none of them.
    """
    entity = situation.book.entities.get(slug)
    parents = [] if slug in seen else [edge for edge in situation.book.edges_of.get(slug, ()) if edge.type in AFFILIATION]
    above = any_of(
        all_of((edge_holds(edge, situation), organised(edge.parent, subject, situation, seen | {slug}))) for edge in parents
    )
    if entity is not None and entity.role == "brand" and entity.jurisdiction is None and parents:
        return above
    own = _own(entity, subject)
    if own is not Truth.UNKNOWN and not (own is Truth.FALSE and above.truth is not Truth.FALSE):
        return Statement(own)
    if subject.of == "brand" and above.truth is Truth.TRUE:
        return HOLDS
    return settled_or(_ownership_point(slug, entity, subject, situation), situation)


def settled_or(point: Open, situation: Situation) -> Statement:
    """Return what is supposed of a point, or that it is open."""
    supposed = situation.supposed(point.key)
    return unknown(point) if supposed is None else Statement(supposed)


YES_NO: tuple[tuple[str, Truth | str | date], ...] = (("yes", Truth.TRUE), ("no", Truth.FALSE))


def _own(entity: Entity | None, subject: Subject) -> Truth:
    if entity is None or entity.jurisdiction is None:
        return Truth.UNKNOWN
    if entity.jurisdiction in subject.members:
        return Truth.UNKNOWN if set(entity.may_be) - subject.members else Truth.TRUE
    if entity.jurisdiction in subject.unsettled or set(entity.may_be) & (subject.members | subject.unsettled):
        return Truth.UNKNOWN
    return Truth.FALSE


def _ownership_point(slug: str, entity: Entity | None, subject: Subject, situation: Situation) -> Open:
    places = " or ".join(country(code) for code in sorted(subject.members))
    key: Key = ("ownership", slug, *sorted(subject.members))
    question = f"Is the company that produces {_name(slug, situation)} equipment organised in {places}?"
    if entity is not None and entity.why:
        question += f" ({entity.why})"
    return Open(key=key, because="ownership", question=question, answers=YES_NO, falls_to=Verdict.NO_FINDING)


def _date_point(edge: Edge, situation: Situation) -> Open:
    answers: list[tuple[str, Truth | str | date]] = []
    if edge.since is not None:
        answers.append((f"before {edge.since.isoformat()}", edge.since - ONE_DAY))
        answers.append((f"from {edge.since.isoformat()}", edge.since))
    if edge.until is not None and edge.until < situation.as_of:
        if not answers:
            answers.append((f"by {edge.until.isoformat()}", edge.until))
        answers.append((f"after {edge.until.isoformat()}", edge.until + ONE_DAY))
    question = f"When were the {_name(edge.child, situation)} units made or bought?"
    return Open(key=(*UNIT_DATE, edge.child), because="date", question=question, answers=tuple(answers))


def _name(slug: str, situation: Situation) -> str:
    return situation.book.name(slug)
