"""Whether a rule reaches a device: its definition of equipment, who made it, and how surely that is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from camscan.model import Alternative, Because, Confidence, Edge, Verdict
from camscan.policy.calendar import in_words
from camscan.policy.logic import FAILS, HOLDS, Key, Open, Statement, Truth, all_of, any_of, unknown
from camscan.policy.ownership import YES_NO, belongs, during, organised, settled_or
from camscan.policy.rules import FACT_BECAUSE, Condition, Limb, PolicySet, Rule, Subject
from camscan.policy.situation import Doubt, Situation

WEAKEST_FIRST = (Confidence.TENTATIVE, Confidence.FIRM, Confidence.CERTAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The statement that a rule's definition covers a device, and the limbs that make it so."""

    statement: Statement
    limbs: tuple[Limb, ...]
    """Those that hold or, where none holds, those that are open."""
    why_not: str = ""
    """Where the statement is false, the clause that says why."""


def reach(rule: Rule, policy: PolicySet, situation: Situation) -> Reach:
    """Return whether a rule's definition covers the device; site conditions of its limbs included."""
    judged = [(limb, _limb(limb, rule, policy, situation)) for limb in rule.limbs if _in_force(limb, situation)]
    statement = any_of(part for _, part in judged)
    limbs = tuple(limb for limb, part in judged if part.truth is statement.truth)
    if statement.truth is not Truth.FALSE:
        return Reach(statement=statement, limbs=limbs)
    return Reach(statement=statement, limbs=(), why_not=_why_not(rule, limbs, situation))


def _why_not(rule: Rule, limbs: tuple[Limb, ...], situation: Situation) -> str:
    for limb in limbs:
        if limb.when and _subject(limb.subject, situation).truth is not Truth.FALSE:
            stated = ", ".join(
                f"{item.fact}={situation.fact(item.fact)}" for item in limb.when if situation.fact(item.fact) is not None
            )
            return f"{limb.clause} reaches equipment of this maker only under conditions that {stated} does not meet"
    overdue = f"it was due to be read again by {in_words(rule.review_by)}" if rule.review_by < situation.as_of else ""
    if rule.partial or overdue:
        doubts = ("the list behind it is known in part" if rule.partial else "", overdue)
        return f"this maker is not among the names recorded here: {', and '.join(part for part in doubts if part)}"
    return "it does not reach equipment of this maker"


def conditions_hold(conditions: Iterable[Condition], policy: PolicySet, situation: Situation) -> Statement:
    """Return whether every condition on stated facts holds; an unstated fact is open with the policy's question."""
    return all_of(_condition(condition, policy, situation) for condition in conditions)


def fact_point(fact: str, policy: PolicySet, situation: Situation) -> Open:
    """Return the open point of an unstated site fact."""
    ask = policy.asks[fact]
    return Open(
        key=("fact", fact),
        because=FACT_BECAUSE[fact],
        question=ask.question.replace("{site}", situation.site),
        answers=ask.answers,
    )


@lru_cache(maxsize=1024)
def identity(situation: Situation) -> Statement:
    """Return whether it is established who made the device; everything open here ends at review."""
    supposed = situation.supposed(maker_key(situation))
    if supposed is not None:
        return all_of((Statement(supposed), _is_surveillance(situation)))
    parts = (_known_surely, _edge_is_direct, _label_undisputed, _is_surveillance)
    return all_of(part(situation) for part in parts)


def maker_key(situation: Situation) -> Key:
    """Return the key under which every doubt about who made the device is settled."""
    return ("maker", situation.identification.brand or "", *situation.candidates)


def doubtful_edges(situation: Situation) -> tuple[Edge, ...]:
    """Return the disputed and alleged edges of the label, whatever their dates."""
    edges = situation.book.edges_of.get(situation.identification.brand or "", ())
    return tuple(edge for edge in edges if edge.status != "asserted" and edge.type != "component")


def text_is_settled(rule: Rule, situation: Situation) -> Statement:
    """Return whether the rule's text counts as read, in force and within its review date."""
    points = []
    if rule.status == "draft":
        points.append(_text_point(rule, "read", f"Does the official text of {rule.id} say what is recorded here?"))
    if rule.review_by < situation.as_of:
        question = f"Has {rule.id} been read again since {rule.review_by.isoformat()}, and does it stand as recorded?"
        points.append(_text_point(rule, "review-by", question))
    return all_of(settled_or(point, situation) for point in points)


def rival_reached(rule: Rule, policy: PolicySet, situation: Situation) -> Alternative | None:
    """Return the strongest reading under a maker that other evidence names and the rule would or may reach; None where there is none.

    Whom it would reach goes before whom it may.
    Beside a certain maker only marks of firmware count, firm ones: no registrant and no label.
    """
    found = situation.identification
    if not found.alternatives:
        return None
    rivals: dict[str, Alternative] = {}
    for other in sorted(found.alternatives, key=_strongest_first):
        # An alternative under the same label is a documented edge, of which the wire has already disposed.
        if other.maker is None or other.maker in situation.candidates or (other.brand == found.brand is not None):
            continue
        if found.confidence is Confidence.CERTAIN and (other.brand is not None or other.confidence is Confidence.TENTATIVE):
            continue
        rivals.setdefault(other.maker, other)
    reached = sorted((-speaks_of(rule, maker, situation), maker) for maker in rivals)
    return rivals[reached[0][1]] if reached and reached[0][0] != -Truth.FALSE else None


def speaks_of(rule: Rule, maker: str, situation: Situation) -> Truth:
    """Return whether a rule names a maker by any limb in force, whatever else that limb asks for."""
    return any_of(_names(limb.subject, maker, situation) for limb in rule.limbs if _in_force(limb, situation)).truth


def supposing(rival: Alternative, situation: Situation) -> Situation:
    """Return the situation in which a rival made the device, as far as is known tentatively, and what it stands beside."""
    found = situation.identification
    told = replace(found, maker=rival.maker, confidence=Confidence.TENTATIVE, maker_basis="wire-shows-maker")
    doubt = Doubt(beside=found.maker, reason=rival.reason) if found.maker is not None else None
    return replace(situation, identification=told, doubt=doubt)


def _strongest_first(other: Alternative) -> tuple[object, ...]:
    return (-WEAKEST_FIRST.index(other.confidence), other.brand or "", other.reason)


def _limb(limb: Limb, rule: Rule, policy: PolicySet, situation: Situation) -> Statement:
    return all_of(
        (
            _subject(limb.subject, situation),
            _equipment(limb, rule, situation),
            _reading(limb, rule, situation),
            conditions_hold(limb.when, policy, situation),
        )
    )


def _subject(subject: Subject, situation: Situation) -> Statement:
    if subject.kind == "everything":
        return HOLDS
    if subject.kind == "component":
        return any_of(_component(part, subject, situation) for part in situation.identification.components)
    candidates = situation.candidates
    made = [_names(subject, slug, situation) for slug in candidates]
    by_maker = made[0] if len(made) == 1 else _one_of_several(made, situation)
    brand = situation.identification.brand
    if brand is None or brand in candidates or brand not in situation.book.entities:
        return by_maker
    by_brand = _names(subject, brand, situation)
    if subject.of == "brand":
        return _first_and_else(by_brand, by_maker, _label_point(brand, "relabel", situation), situation)
    return _first_and_else(by_maker, by_brand, _label_point(brand, "ownership", situation), situation)


def _names(subject: Subject, slug: str, situation: Situation) -> Statement:
    if subject.kind == "everything":
        return HOLDS
    if subject.kind == "component":
        return FAILS
    if subject.kind == "jurisdiction":
        return organised(slug, subject, situation)
    return belongs(slug, subject.members, situation) if subject.affiliates else Statement(_truth(slug in subject.members))


def _first_and_else(first: Statement, second: Statement, point: Open, situation: Situation) -> Statement:
    """Return the first; where it fails and the second does not, the norm's wording leaves the case open."""
    if first.truth is not Truth.FALSE or second.truth is Truth.FALSE:
        return first
    return settled_or(point, situation)


def _one_of_several(made: list[Statement], situation: Situation) -> Statement:
    if len({part.truth for part in made}) == 1 and made:
        return made[0]
    if not made or any_of(made).truth is Truth.FALSE:
        return FAILS
    return settled_or(_maker_point(situation, "relabel"), situation)


def _component(part: str, subject: Subject, situation: Situation) -> Statement:
    if belongs(part, subject.members, situation).truth is Truth.FALSE:
        return FAILS
    name = situation.book.name(part)
    question = f"Is the {name} part a substantial or essential component of the equipment, in the rule's sense?"
    return settled_or(Open(key=("component", part), because="component", question=question, answers=YES_NO), situation)


def _equipment(limb: Limb, rule: Rule, situation: Situation) -> Statement:
    if "video" in limb.equipment:
        return HOLDS
    kinds = " and ".join(sorted(limb.equipment))
    question = f"Does {rule.id} {limb.clause}, which speaks of {kinds} equipment, reach video surveillance equipment?"
    return settled_or(
        Open(key=("equipment", rule.id, limb.id), because="rule-text", question=question, answers=YES_NO), situation
    )


def _reading(limb: Limb, rule: Rule, situation: Situation) -> Statement:
    if not limb.reading:
        return HOLDS
    return settled_or(
        Open(key=("reading", rule.id, limb.id), because="rule-text", question=limb.reading, answers=YES_NO), situation
    )


def _condition(condition: Condition, policy: PolicySet, situation: Situation) -> Statement:
    value = situation.fact(condition.fact)
    if value is None:
        return unknown(fact_point(condition.fact, policy, situation))
    return Statement(_truth(value in condition.values))


def _known_surely(situation: Situation) -> Statement:
    if situation.identification.confidence in (Confidence.FIRM, Confidence.CERTAIN) and not situation.oui_only:
        return HOLDS
    return unknown(_maker_point(situation, "identity"))


def _edge_is_direct(situation: Situation) -> Statement:
    named_by_wire = situation.identification.maker is not None and situation.identification.maker_basis != "documented-relabel"
    return HOLDS if named_by_wire else unknown(_maker_point(situation, "relabel"))


def _label_undisputed(situation: Situation) -> Statement:
    """Return whether no disputed or alleged edge of the label covers the unit's date: such disputes are about production.

    Who read the maker off this very unit has answered them for it.
    """
    if situation.identification.maker_attested:
        return HOLDS
    return all_of(_not_in_doubt(edge, situation) for edge in doubtful_edges(situation))


def _not_in_doubt(edge: Edge, situation: Situation) -> Statement:
    covers = during(edge, situation)
    if covers.truth is Truth.FALSE:
        return HOLDS
    return unknown(*covers.open, _maker_point(situation, "relabel"))


def _is_surveillance(situation: Situation) -> Statement:
    """Return whether it is surveillance equipment; open where a maker of nothing else sells it as something else."""
    if situation.identification.kind not in ("other", "software"):
        return HOLDS
    makers = " or ".join(situation.book.name(slug) for slug in situation.candidates)
    point = Open(
        key=("kind", *situation.candidates),
        because="identity",
        question=f"Does the {makers} equipment that shows itself as something else record or hand on video?",
        answers=YES_NO,
        falls_to=Verdict.NOT_APPLICABLE,
    )
    return settled_or(point, situation)


def _maker_point(situation: Situation, because: Because) -> Open:
    makers = " or ".join(situation.book.name(slug) for slug in situation.candidates)
    brand = situation.identification.brand
    units = f"the {situation.book.name(brand)} units" if brand and brand not in situation.candidates else "these devices"
    doubt = situation.doubt
    if doubt is not None and doubt.beside != brand:
        units += f", which name {situation.book.name(doubt.beside)} as well"
    return Open(
        key=maker_key(situation),
        because=because,
        question=f"Did {makers} make {units}? (label, invoice, or device information read with credentials)",
        answers=YES_NO,
        falls_to=Verdict.UNIDENTIFIED if doubt is None else Verdict.NO_FINDING,
    )


def _label_point(brand: str, because: Because, situation: Situation) -> Open:
    name = situation.book.name(brand)
    makers = " or ".join(situation.book.name(slug) for slug in situation.candidates)
    question = f"Who counts as producer of units with the label {name} that {makers} made: does the rule reach them?"
    return Open(key=("label", brand, *situation.candidates), because=because, question=question, answers=YES_NO)


def _text_point(rule: Rule, what: str, question: str) -> Open:
    return Open(key=("rule-text", rule.id, what), because="rule-text", question=question, answers=YES_NO)


def _in_force(limb: Limb, situation: Situation) -> bool:
    return (limb.since is None or limb.since <= situation.as_of) and (limb.until is None or situation.as_of <= limb.until)


def _truth(value: bool) -> Truth:
    return Truth.TRUE if value else Truth.FALSE
