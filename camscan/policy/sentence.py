"""The sentence that says how a finding comes about, in a fixed order, for people who will be asked how they know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from camscan.model import HONEYPOT, Asset, Evidence, Identification
from camscan.policy.calendar import in_words
from camscan.policy.logic import Open
from camscan.policy.rules import Case, Force, Installed, Limb, PolicyBook, Rule
from camscan.policy.situation import Situation

VIA_WORDS = {
    "active": "answers to our own questions",
    "passive": "traffic we overheard",
    "pcap": "a capture file",
    "import": "an imported file",
    "attested": "a person's statement",
}
MUST: dict[Force, str] = {"advice": "should", "proposal": "should", "commitment": "is, as undertaken, to"}
DATED_FORCES: frozenset[Force] = frozenset({"instruction"})
"""Forces under which a rule's date is the day it was given; other texts were passed on another day than they bind from."""
NOT_FIRMWARE = frozenset({"name", "traffic", "oui"})
"""Witnesses that name a maker and are no mark of firmware: what an owner calls the device, whom it calls, its interface."""
TITLE = "http.title"
"""A page's title is a label, also where the page itself is a mark of firmware."""
EARLIEST_CLOCK = date(2005, 1, 1)
"""Certificates that begin before were made by a clock that had not been set."""
INSTALLED_WORDS: dict[Installed, str] = {
    "remove": "equipment already there {must} be removed",
    "disconnect": "equipment already there {must} be disconnected",
    "consider": "replacing equipment already there should be considered",
    "silent": "of equipment already there it says nothing",
    "may stay": "equipment already there may stay",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a reason says of one device beyond what rules ask about."""

    words: str
    """Which fields the identification rests on and how they reached us, and which speak against it; no byte of the device is repeated."""
    evidence: tuple[int, ...]
    """Indexes of the evidence that names a maker, a brand, a model or a component, and does not speak against the identification."""
    unit_date: date | None
    """When it was made or acquired."""
    shown_by: str = ""
    """What on the device shows that it was made then; empty where a person states when it was acquired."""
    certificate: date | None = None
    """Where nothing shows when it was made: the day on which its certificate begins."""
    first_seen: date | None = None
    """By camscan itself."""
    without_firmware: bool = False
    """No mark of its maker's firmware is among the evidence that names it."""
    rivals: tuple[tuple[str, str, tuple[int, ...]], ...] = ()
    """Another maker that evidence names, with the words and the evidence where it is taken as the maker."""

    def of_rival(self, maker: str | None) -> Sight:
        """Return the same sight where a rival is taken as the maker."""
        for slug, words, evidence in self.rivals:
            if slug == maker:
                return replace(self, words=words, evidence=evidence)
        return self


def finding_reason(
    sight: Sight,
    situation: Situation,
    rule: Rule,
    *,
    limbs: tuple[Limb, ...],
    case: Case,
    points: tuple[Open, ...] = (),
    assumptions: tuple[str, ...] = (),
    presumed: frozenset[str] = frozenset(),
) -> str:
    """Return what was seen, whose it is, what the rule says, the dates, what is open, what is assumed, and where to read it.

    presumed: names of the site facts that nobody stated; no sentence that the rule ends with hangs on them.
    """
    installed = INSTALLED_WORDS[case.installed].format(must=MUST.get(case.force, "is to"))
    return _joined(
        (
            sight.words,
            made_by(situation, without_firmware=sight.without_firmware),
            _parts(situation, limbs),
            cited(rule, limbs, case.force),
            f"on this the rule {case.says}{_decided(situation, case)}; {installed}",
            dated(sight, rule, case.force),
            _open(points),
            _assumed(assumptions),
            _read_at(rule),
        ),
        _closing(rule, situation, presumed),
    )


def spared_reason(
    sight: Sight, situation: Situation, rule: Rule, *, limbs: tuple[Limb, ...], why: str, assumptions: tuple[str, ...] = ()
) -> str:
    """Return why a rule yields no finding on an identified device."""
    force = rule.effects[0].cases[0].force
    maker = made_by(situation, without_firmware=sight.without_firmware)
    parts = (sight.words, maker, cited(rule, limbs, force), why)
    return _joined((*parts, _assumed(assumptions), _read_at(rule)))


def sight_of(asset: Asset, identification: Identification, acquired: date | None, as_of: date, book: PolicyBook) -> Sight:
    """Return what reasons say of a device; a date after the day of judgement says nothing on that day."""
    known = [day for day in (identification.made_on, acquired) if day is not None and day <= as_of]
    made = known and known[0] == identification.made_on
    shown_by = identification.made_on_evidence
    words, evidence = _rests_on(asset, identification, identification.maker, book)
    rivals = sorted({one.maker for one in identification.alternatives if one.maker} - {identification.maker})
    return Sight(
        words=words,
        evidence=evidence,
        without_firmware=_without_firmware(identification),
        unit_date=known[0] if known else None,
        shown_by=_shower(shown_by) if made else "",
        certificate=None if known else _certificate_begins(asset, as_of),
        first_seen=asset.first_seen.date(),
        rivals=tuple([(slug, *_rests_on(asset, identification, slug, book)) for slug in rivals]),
    )


def _shower(evidence: Evidence | None) -> str:
    says = {key for key, _ in evidence.says} if evidence is not None else set()
    return "the serial number" if evidence is None or "serial" in says else "the device"


def _certificate_begins(asset: Asset, as_of: date) -> date | None:
    """Return the earliest day on which a certificate of the device begins, of those that its clock may have known."""
    days = []
    for observation in asset.observations:
        for value in observation.values("tls.not_before"):
            try:
                days.append(date.fromisoformat(value[:10]))
            except ValueError:
                continue
    return min((day for day in days if EARLIEST_CLOCK <= day <= as_of), default=None)


def _rests_on(asset: Asset, identification: Identification, maker: str | None, book: PolicyBook) -> tuple[str, tuple[int, ...]]:
    """Return the words of what a conclusion rests on, and the indexes of that evidence. maker: who is taken as the maker."""
    words, standing = _standing(asset, identification, maker, book)
    traps = [f"left out as a honeypot's: {one.detail}" for one in identification.conflicts if one.kind == HONEYPOT]
    return "; ".join(part for part in (words, *traps) if part), standing


def _standing(asset: Asset, identification: Identification, maker: str | None, book: PolicyBook) -> tuple[str, tuple[int, ...]]:
    every = identification.evidence
    standing: list[int] = []
    against: list[tuple[str, str]] = []
    for number, item in enumerate(every):
        says = dict(item.says)
        slug = says.get("maker", says.get("brand"))
        if slug is not None:
            known = (maker,) if maker is not None and "maker" in says else (identification.brand, maker)
            if slug in known or known == (None, None) or any(one and _of_one_house(slug, one, book) for one in known):
                standing.append(number)
            else:
                against.append((item.field, slug))
        elif "component" in says or (
            "model" in says and maker == identification.maker and says["model"] == identification.model
        ):
            standing.append(number)  # a model is that of the maker it was found with
    if not standing:
        return _seen(asset, every), tuple(range(len(every)))
    words = _seen(asset, [every[number] for number in standing])
    if against:
        fields = ", ".join(sorted({field for field, _ in against}))
        words += f", against it {fields} ({', '.join(sorted({book.name(slug) for _, slug in against}))})"
    return words, tuple(standing)


def _of_one_house(one: str, other: str, book: PolicyBook) -> bool:
    """Return whether an edge names two companies together, in either direction."""
    pairs = ((one, other), (other, one))
    return any(edge.parent == above for child, above in pairs for edge in book.edges_of.get(child, ()))


def listed(parts: Sequence[str]) -> str:
    """Return parts as one lists them in a sentence."""
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def _seen(asset: Asset, used: Sequence[Evidence]) -> str:
    if not used:
        return ""
    fields = ", ".join(sorted({item.field for item in used}))
    ways = {asset.observations[item.observation].via for item in used if item.observation < len(asset.observations)}
    how = " and ".join(VIA_WORDS[way] for way in sorted(ways))
    witnesses = len({item.witness for item in used if item.witness})
    counted = f"{witnesses} independent witnesses" if witnesses > 1 else "one witness"
    return f"seen in {fields} ({counted}{', ' + how if how else ''})"


def _without_firmware(identification: Identification) -> bool:
    """Return whether a maker is named, and by no mark of its firmware."""
    naming = [item for item in identification.evidence if {"brand", "maker"} & {key for key, _ in item.says}]
    shown = ("maker", identification.maker)
    return bool(naming) and not any(
        shown in item.says and item.witness not in NOT_FIRMWARE and item.field != TITLE for item in naming
    )


def made_by(situation: Situation, *, without_firmware: bool = False) -> str:
    """Return whose label and whose firmware it is, and from what the maker is taken.

    without_firmware: no mark of the maker's firmware was seen.
    """
    identification, name = situation.identification, situation.book.name
    brand = identification.brand
    makers = " or ".join(name(slug) for slug in situation.candidates)
    labelled = f"the label reads {name(brand)}" if brand else "no label is seen"
    if situation.oui_only:
        return f"only a MAC address points to {name(brand) if brand else makers}: it names who made the network interface"
    if situation.doubt is not None:
        return f"{labelled}; {name(situation.doubt.beside)} is named as its maker, yet {situation.doubt.reason}: who made it is open"
    if identification.maker is None or identification.maker_basis == "documented-relabel":
        return f"{labelled}; that {makers} makes such units is documented, not seen on the wire"
    if identification.maker_basis == "attested":
        return f"{labelled}; a named person states that {makers} made it"
    if without_firmware:
        shown = (
            "a label, an interface or a cloud" if brand is None or identification.maker_basis != "own-label" else "the label"
        )
        return f"{labelled}, no mark of firmware is seen; from {shown} {makers} is taken as its maker"
    if brand == identification.maker:
        return f"label and firmware are of {makers}, from which {makers} is taken as its maker"
    return f"{labelled}, the firmware is of {makers}, from which {makers} is taken as its maker"


def cited(rule: Rule, limbs: tuple[Limb, ...], force: str) -> str:
    """Return the rule as one cites it: title, clause, version, date and force."""
    clauses = ", ".join(dict.fromkeys(limb.clause for limb in limbs)) or rule.clause
    status = {"draft": ", its text not yet read at an official source", "proposal": ", a proposal"}.get(rule.status, "")
    return f"{rule.id}: {rule.title}, {clauses} ({rule.version}, from {in_words(rule.since)}; {force}{status})"


def dated(sight: Sight, rule: Rule, force: str) -> str:
    """Return when the unit was made, acquired or first seen, against the rule's date.

    A unit made or acquired after that date was deployed after it; of any other the date of deployment is unknown.
    """
    start = f"the {force}" if force in DATED_FORCES else "the rule's date"
    start += f" of {in_words(rule.since)}"
    if sight.unit_date is None:
        side = "before" if sight.first_seen is not None and sight.first_seen < rule.since else "after"
        seen = f"camscan first saw it on {in_words(sight.first_seen)}, {side} {start}; " if sight.first_seen else ""
        weak = f"its certificate begins on {in_words(sight.certificate)}, a weak sign of its age; " if sight.certificate else ""
        return f"{seen}{weak}date of manufacture and deployment date unknown to camscan"
    day = in_words(sight.unit_date)
    shown = f"{sight.shown_by} shows {day}" if sight.shown_by else f"a named person states that it was acquired on {day}"
    if sight.unit_date > rule.since:
        return f"{shown}, after {start}: deployed later"
    side = "before" if sight.unit_date < rule.since else "the day of"
    return f"{shown}, {side} {start}; deployment date unknown to camscan"


def _open(points: tuple[Open, ...]) -> str:
    questions = list(dict.fromkeys(point.question for point in points))
    return "open: " + " ".join(questions) if questions else ""


def _assumed(assumptions: tuple[str, ...]) -> str:
    return "assumed: " + ", and ".join(assumptions) if assumptions else ""


def _read_at(rule: Rule) -> str:
    official = [reference for reference in rule.references if reference.official]
    return f"see {official[0].text()}" if official else ""


def _parts(situation: Situation, limbs: tuple[Limb, ...]) -> str:
    """Return whose part was seen, where the rule's branch is about parts."""
    if not any(limb.subject.kind == "component" for limb in limbs):
        return ""
    names = " and ".join(situation.book.name(part) for part in situation.identification.components)
    return f"a part by {names} was seen inside" if names else ""


def _decided(situation: Situation, case: Case) -> str:
    """Return date and reference of the department's own decision, where the case is about it."""
    about = any(condition.fact == "decision" for condition in case.when)
    return f" (decision {situation.decided})" if about and situation.decided else ""


def with_sentence(reason: str, said: str, rule: Rule, situation: Situation) -> str:
    """Return a reason with one more sentence; what the rule's findings end with stays at the end.

    situation: with the facts that were stated, and no others.
    """
    closing = _closing(rule, situation)
    if closing and reason.endswith(closing):
        return f"{reason.removesuffix(closing)}{said} {closing}"
    return f"{reason} {said}"


def _closing(rule: Rule, situation: Situation, presumed: frozenset[str] = frozenset()) -> str:
    """Return what the finding ends with at a site of which that was stated."""
    return " ".join(
        item.says
        for item in rule.closings
        if (item.since is None or item.since <= situation.as_of)
        and all(
            condition.fact not in presumed and situation.fact(condition.fact) in condition.values for condition in item.when
        )
    )


def _joined(parts: Iterable[str], closing: str = "") -> str:
    text = "; ".join(part for part in parts if part)
    ended = f"{text[:1].upper()}{text[1:]}."
    return f"{ended} {closing}" if closing else ended
