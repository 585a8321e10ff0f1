"""The sentence that says how a finding comes about, in a fixed order, for people who will be asked how they know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from camscan.model import Asset, Evidence, Identification
from camscan.policy.logic import Open
from camscan.policy.rules import Case, Installed, Limb, Rule
from camscan.policy.situation import Situation

VIA_WORDS = {
    "active": "answers to our own questions",
    "passive": "traffic we overheard",
    "pcap": "a capture file",
    "import": "an imported file",
    "attested": "a person's statement",
}
INSTALLED_WORDS: dict[Installed, str] = {
    "remove": "equipment already there {must} be removed",
    "disconnect": "equipment already there {must} be disconnected",
    "consider": "replacing equipment already there {must} be considered",
    "silent": "of equipment already there it says nothing",
    "may stay": "equipment already there may stay",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a reason says of one device beyond what rules ask about."""

    words: str
    """Which fields the identification rests on and how they reached us; no byte of the device is repeated."""
    evidence: tuple[int, ...]
    """Indexes of the evidence that names a maker, a brand, a model or a component."""
    unit_date: date | None
    made: bool = False
    """The device shows when it was made; otherwise a person states when it was acquired."""


def finding_reason(
    sight: Sight,
    situation: Situation,
    rule: Rule,
    *,
    limbs: tuple[Limb, ...],
    case: Case,
    points: tuple[Open, ...] = (),
    assumptions: tuple[str, ...] = (),
) -> str:
    """Return what was seen, whose it is, what the rule says, the dates, what is open, what is assumed, and where to read it."""
    must = "should" if case.force in ("advice", "proposal") else "is to"
    installed = INSTALLED_WORDS[case.installed].format(must=must)
    return _joined(
        (
            sight.words,
            made_by(situation),
            cited(rule, limbs, case.force),
            f"on this the rule {case.says}; {installed}",
            _dates(sight, rule),
            _open(points),
            _assumed(assumptions),
            _read_at(rule),
        )
    )


def spared_reason(
    sight: Sight, situation: Situation, rule: Rule, *, limbs: tuple[Limb, ...], why: str, assumptions: tuple[str, ...] = ()
) -> str:
    """Return why a rule yields no finding on an identified device."""
    force = rule.effects[0].cases[0].force
    parts = (sight.words, made_by(situation), cited(rule, limbs, force), why)
    return _joined((*parts, _assumed(assumptions), _read_at(rule)))


def sight_of(asset: Asset, identification: Identification, acquired: date | None) -> Sight:
    """Return what reasons say of a device."""
    used = naming(identification.evidence)
    return Sight(
        words=_seen(asset, used),
        evidence=tuple(index for index, item in enumerate(identification.evidence) if item in used),
        unit_date=identification.made_on or acquired,
        made=identification.made_on is not None,
    )


def _seen(asset: Asset, used: tuple[Evidence, ...]) -> str:
    if not used:
        return ""
    fields = ", ".join(sorted({item.field for item in used}))
    ways = {asset.observations[item.observation].via for item in used if item.observation < len(asset.observations)}
    how = " and ".join(VIA_WORDS[way] for way in sorted(ways))
    witnesses = len({item.witness for item in used if item.witness})
    counted = f"{witnesses} independent witnesses" if witnesses > 1 else "one witness"
    return f"seen in {fields} ({counted}{', ' + how if how else ''})"


def naming(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return the evidence that names a maker, a brand, a model or a component; all of it where none does."""
    items = tuple(evidence)
    wanted = {"brand", "maker", "model", "component"}
    return tuple(item for item in items if wanted & {key for key, _ in item.says}) or items


def made_by(situation: Situation) -> str:
    """Return whose label and whose firmware it is, and from what the maker is taken."""
    identification, name = situation.identification, situation.book.name
    brand = identification.brand
    makers = " or ".join(name(slug) for slug in situation.candidates)
    labelled = f"the label reads {name(brand)}" if brand else "no label is seen"
    if situation.oui_only:
        return f"only a MAC address points to {name(brand) if brand else makers}: it names who made the network interface"
    if identification.maker is None or identification.maker_basis == "documented-relabel":
        return f"{labelled}; that {makers} makes such units is documented, not seen on the wire"
    if identification.maker_basis == "attested":
        return f"{labelled}; a named person states that {makers} made it"
    if brand == identification.maker:
        return f"label and firmware are of {makers}, from which {makers} is taken as its maker"
    return f"{labelled}, the firmware is of {makers}, from which {makers} is taken as its maker"


def cited(rule: Rule, limbs: tuple[Limb, ...], force: str) -> str:
    """Return the rule as one cites it: title, clause, version, date and force."""
    clauses = ", ".join(dict.fromkeys(limb.clause for limb in limbs)) or rule.clause
    status = {"draft": ", its text not yet read at an official source", "proposal": ", a proposal"}.get(rule.status, "")
    return f"{rule.id}: {rule.title}, {clauses} ({rule.version}, from {rule.since.isoformat()}; {force}{status})"


def _dates(sight: Sight, rule: Rule) -> str:
    unit = sight.unit_date
    if unit is None:
        return "when the unit was made, bought or deployed is not known to camscan"
    side = "before" if unit < rule.since else "after"
    word = "made" if sight.made else "acquired"
    return f"the unit was {word} on {unit.isoformat()}, {side} the rule's date; when it was deployed is not known to camscan"


def _open(points: tuple[Open, ...]) -> str:
    questions = list(dict.fromkeys(point.question for point in points))
    return "open: " + " ".join(questions) if questions else ""


def _assumed(assumptions: tuple[str, ...]) -> str:
    return "assumed: " + ", and ".join(assumptions) if assumptions else ""


def _read_at(rule: Rule) -> str:
    official = [reference for reference in rule.references if reference.official]
    return f"see {official[0].text()}" if official else ""


def _joined(parts: Iterable[str]) -> str:
    text = "; ".join(part for part in parts if part)
    return f"{text[:1].upper()}{text[1:]}."
