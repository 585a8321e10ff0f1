"""What an asset is: every mark in its messages, weighed together. Order of arrival never changes the result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from camscan.identify import control
from camscan.identify.attribution import (
    NAMELESS,
    SURVEILLANCE,
    Attribution,
    attribute,
    is_firmware,
    replies_for_vendor,
)
from camscan.identify.kinds import read_model, sort_of
from camscan.identify.match import Hit, hits_of_message
from camscan.identify.rules import STANDARDS, Conclusion, Knowledge
from camscan.identify.weigh import RANK, Supporters, alone, at_most, best_value, by_claim
from camscan.model import (
    CAMERA_KINDS,
    HONEYPOT,
    SOFTWARE_DIFFERS,
    Asset,
    Confidence,
    Conflict,
    Evidence,
    Fields,
    Identification,
)

LINK = -1
"""Message number of what no message says: the address on the link."""
NOTHING = Identification()
MAX_KEPT = 4096
"""Different sets of marks whose conclusion is remembered."""
OF_ONE_INTERFACE = frozenset({"mac"})
OF_ONE_DEVICE = OF_ONE_INTERFACE | {"serial"}
"""Claims whose values differ between devices that are alike."""
HONEYPOT_MARKS = 3
"""Unrelated vendors in one value, or unrelated makers in one device, that no real device shows together."""
Value = tuple[int, str, str]
"""Number of a message, field and value."""


def identify(asset: Asset, knowledge: Knowledge) -> Identification:
    """Return what an asset is, with the evidence for it and what contradicts it. Bounded by the asset's own caps."""
    links: dict[str, int] = {}
    if not asset.relays:
        for mac in asset.macs:
            links[mac] = next((n for n, one in enumerate(asset.observations) if one.link_mac == mac), 0)
    known = identify_messages([one.fields for one in asset.observations], links, knowledge)
    if known.made_on is not None and known.made_on > asset.last_seen.date():
        return replace(known, made_on=None, made_on_evidence=None)  # a unit that speaks has been made
    return known


def identify_fields(fields: Fields, knowledge: Knowledge, *, mac: str | None = None) -> Identification:
    """Return what a device is that said these fields."""
    return identify_messages(messages_of(fields), {mac: 0} if mac else {}, knowledge)


def messages_of(fields: Fields) -> list[Fields]:
    """Return loose fields as messages: those of one protocol are taken as one message, in order of the protocols."""
    if len(fields) < 2:
        return [fields] if fields else []
    messages: dict[str, set[tuple[str, str]]] = {}
    for pair in fields:
        messages.setdefault(pair[0].partition(".")[0], set()).add(pair)
    return [tuple(sorted(messages[protocol])) for protocol in sorted(messages)]


def identify_messages(messages: Sequence[Fields], links: Mapping[str, int], knowledge: Knowledge) -> Identification:
    """Return what a device is that sent these messages. links: its own MACs, and the number of a message that each was seen on."""
    hits = (hit for number, fields in enumerate(messages) for hit in hits_of_message(fields, number, knowledge))
    wire = in_order(control.split(hits, messages, knowledge)[0])
    registry = in_order(registry_hits(messages, links, knowledge))
    if not wire and not registry:
        return NOTHING
    trap, poisoned = honeypot(wire, knowledge)
    unheard = [without_claims(hit) for hit in wire if value_of(hit) in poisoned] if poisoned else []
    if trap is not None:
        wire = [hit for hit in wire if value_of(hit) not in poisoned]
    every = [*wire, *registry, *unheard]
    evidence = tuple([hit.evidence for hit in every])
    marks = (trap, *marks_of(evidence, [hit.message for hit in every]))
    concluded = knowledge.conclusions.get(marks)
    if concluded is None:
        if len(knowledge.conclusions) >= MAX_KEPT:
            knowledge.conclusions.clear()
        concluded = knowledge.conclusions[marks] = conclude(wire, registry, knowledge, trap)
    known, serial_at, files = concluded
    if serial_at is None:
        return Identification(**known, evidence=evidence)
    serial = wire[serial_at].said("serial")
    made_on = manufacture_date(serial, files, knowledge) if serial is not None else None
    dated_by = evidence[serial_at] if made_on is not None else None
    return Identification(**known, serial=serial, made_on=made_on, evidence=evidence, made_on_evidence=dated_by)


def marks_of(evidence: Sequence[Evidence], messages: Sequence[int]) -> tuple[object, ...]:
    """Return what devices have in common of which the same follows.

    An entry's id stands for its weight, field and witness. From a MAC nothing follows, and from the only serial of a device no
    more than that it has one.
    """
    serials = {value for one in evidence for name, value in one.says if name == "serial"}
    unique = OF_ONE_DEVICE if len(serials) == 1 else OF_ONE_INTERFACE
    return tuple(
        [
            (one.fingerprint, message, tuple([name if name in unique else (name, value) for name, value in one.says]))
            for one, message in zip(evidence, messages, strict=True)
        ]
    )


def conclude(wire: Sequence[Hit], registry: Sequence[Hit], knowledge: Knowledge, trap: Conflict | None = None) -> Conclusion:
    """Return what follows from all evidence. wire: what messages show; registry: what the OUI of each MAC says; both in order.

    trap: that a value was left out which no real device sends. Beside it, what an owner can set is tentative, however much of
    it there is.
    """
    shown, assigned = by_claim(wire), by_claim(registry)
    spread = spread_marks(shown.get("maker", {}), knowledge)
    who = attribute(shown, assigned, knowledge) if spread is None else Attribution(conflicts=(spread,))
    doubted = trap is not None and all(alone(hit) is Confidence.TENTATIVE for hit in wire)
    if doubted:
        who = tentative(who)
    files = vendor_files(who, knowledge)

    def agrees(hit: Hit) -> bool:
        return (
            hit.vendor in (*files, STANDARDS)
            or {hit.said("brand"), hit.said("maker")} & {who.brand, who.maker} - {None} != set()
        )

    model, firmware, serial, form = (
        best_value(shown[name], agrees) if name in shown else None for name in ("model", "firmware", "serial", "form")
    )
    rule = read_model(model[0], files, knowledge) if model is not None else None
    watched = any(is_watched(slug, knowledge) for slug in assigned.get("brand", ()))
    grammar = (rule, model[1]) if rule is not None and model is not None else None
    sort = sort_of(shown.get("kind", {}), assigned.get("kind", {}), grammar, form[0] if form else None, watched=watched)
    if (doubted or spread is not None) and sort.kind not in CAMERA_KINDS:
        sort = replace(sort, kind="unknown", confidence=None)
    elif doubted:
        sort = replace(sort, confidence=at_most(sort.confidence, Confidence.TENTATIVE))
    doubts = doubts_of_software(who, knowledge, watched=watched) if sort.kind == "software" else ()
    components = {*shown.get("component", ()), *assigned.get("component", ())}
    confidence = who.confidence or sort.confidence
    if confidence is None and (components or model or firmware or serial):
        confidence = Confidence.TENTATIVE
    return Conclusion(
        known={
            "kind": sort.kind,
            "kind_confidence": sort.confidence,
            "form": sort.form,
            "brand": who.brand,
            "maker": who.maker,
            "maker_basis": who.basis,
            "model": model[0] if model else None,
            "firmware": firmware[0] if firmware else None,
            "confidence": confidence,
            "components": tuple(sorted(components)),
            "alternatives": who.alternatives,
            "conflicts": (*([trap] if trap is not None else []), *who.conflicts, *sort.conflicts, *doubts),
            "maker_is_surveillance_only": watched or spread is not None or is_watched(who.maker, knowledge),
        },
        serial_at=wire.index(serial[1]) if serial is not None else None,
        files=files,
    )


def tentative(who: Attribution) -> Attribution:
    """Return the same attribution with every confidence lowered to tentative."""
    return replace(
        who,
        confidence=at_most(who.confidence, Confidence.TENTATIVE),
        firmware=at_most(who.firmware, Confidence.TENTATIVE),
        alternatives=tuple([replace(one, confidence=Confidence.TENTATIVE) for one in who.alternatives]),
    )


def in_order(hits: Iterable[Hit]) -> list[Hit]:
    """Return evidence in an order that does not depend on arrival."""
    every = list(hits)
    if len(every) > 1:
        every.sort(key=Hit.order)
    return every


def registry_hits(messages: Sequence[Fields], links: Mapping[str, int], knowledge: Knowledge) -> Iterator[Hit]:
    """Yield what the registry says of each global MAC of a device: of its links, and in its payloads."""
    claimed = knowledge.mac_fields
    places: dict[str, tuple[str, int, int]] = {}
    for number, fields in enumerate(messages):
        for name, value in fields:
            if name in claimed:
                places.setdefault(value, (name, number, number))
    places |= {mac: ("mac", number, LINK) for mac, number in links.items()}
    for mac, (name, number, message) in sorted(places.items()):
        assignment = knowledge.oui.lookup(mac)
        if assignment is None:
            continue
        vendor = knowledge.registrant(assignment)
        says = [("registrant", assignment.registrant)]
        if vendor is not None and vendor.registrant_kind == "component":
            says.append(("component", vendor.slug))
        elif vendor is not None and vendor.registrant_kind not in NAMELESS:
            says.append(("brand", vendor.slug))
            if vendor.registrant_kind == "cameras":
                says.append(("kind", "camera"))
            elif vendor.non_camera:
                says.append(("kind", "other"))
        yield Hit(
            evidence=Evidence(
                fingerprint=f"oui:{assignment.prefix}",
                field=name,
                value=mac,
                observation=number,
                says=tuple(sorted(says)),
                editable=True,
                witness="oui",
            ),
            weight=Confidence.TENTATIVE,
            message=message,
            vendor=vendor.file if vendor is not None else "",
        )


def doubts_of_software(who: Attribution, knowledge: Knowledge, *, watched: bool) -> tuple[Conflict, ...]:
    """Return what speaks against software that a device shows itself as. watched: its MAC's registrant makes surveillance only."""
    details = []
    if who.maker is not None and RANK[who.firmware] >= RANK[Confidence.FIRM]:
        details.append(f"marked as software, but it bears marks of {knowledge.display.get(who.maker, who.maker)} firmware")
    if watched:
        details.append("marked as software, but its MAC belongs to a company that makes surveillance equipment alone")
    return tuple([Conflict(kind=SOFTWARE_DIFFERS, detail=detail) for detail in details])


def is_watched(slug: str | None, knowledge: Knowledge) -> bool:
    """Return whether a vendor makes surveillance equipment and nothing else."""
    vendor = knowledge.vendors.get(slug or "")
    return vendor is not None and vendor.registrant_kind in SURVEILLANCE


def vendor_files(who: Attribution | Identification, knowledge: Knowledge) -> tuple[str, ...]:
    """Return the vendor files that may speak of a device's model and serial: of its label, then of its maker."""
    known = (knowledge.vendors.get(slug) for slug in (who.brand, who.maker) if slug is not None)
    return tuple(dict.fromkeys(vendor.file for vendor in known if vendor is not None))


def value_of(hit: Hit) -> Value:
    """Return the value that a piece of evidence was found in."""
    return hit.message, hit.evidence.field, hit.evidence.value


def without_claims(hit: Hit) -> Hit:
    """Return a piece of evidence that claims nothing any more."""
    return hit._replace(evidence=replace(hit.evidence, says=()))


def honeypot(wire: Sequence[Hit], knowledge: Knowledge) -> tuple[Conflict | None, frozenset[Value]]:
    """Return the conflict of values that bear the marks of several unrelated vendors at once, and those values; it names the worst."""
    if len(wire) < HONEYPOT_MARKS or len({hit.said("maker") or hit.said("brand") for hit in wire}) < HONEYPOT_MARKS:
        return None, frozenset()
    marks: dict[Value, list[str]] = {}
    for hit in wire:
        brand = hit.said("brand")
        slug = hit.said("maker") or (knowledge.relations.lineage(brand).maker or brand if brand else None)
        families = marks.setdefault(value_of(hit), [])
        if slug is not None and not any(knowledge.relations.related(slug, one) for one in families):
            families.append(slug)
    poisoned = frozenset(value for value, families in marks.items() if len(families) >= HONEYPOT_MARKS)
    if not poisoned:
        return None, poisoned
    worst = max(poisoned, key=lambda value: (len(marks[value]), value))
    names = ", ".join(sorted(knowledge.display.get(slug, slug) for slug in marks[worst]))
    return Conflict(kind=HONEYPOT, detail=f"one {worst[1]} bears the marks of {names}: no real device does"), poisoned


def spread_marks(makers: Supporters, knowledge: Knowledge) -> Conflict | None:
    """Return the conflict of a device whose values bear the marks of several unrelated makers' firmware.

    Only distinctive marks count. Where one maker's own protocol replies, that is a device of it, whatever else its address shows.
    """
    if len(makers) < HONEYPOT_MARKS:
        return None
    families: list[str] = []
    for slug, hits in sorted(makers.items()):
        vendor = knowledge.vendors.get(slug)
        marks = [hit for hit in hits if RANK[hit.weight] >= RANK[Confidence.FIRM] and is_firmware(hit)]
        if any(replies_for_vendor(hit) and not hit.evidence.editable for hit in marks):
            return None
        unrelated = not any(knowledge.relations.related(slug, one) for one in families)
        if marks and unrelated and not (vendor is not None and vendor.non_camera):
            families.append(slug)
    if len(families) < HONEYPOT_MARKS:
        return None
    names = ", ".join(sorted(knowledge.display.get(slug, slug) for slug in families))
    return Conflict(kind=HONEYPOT, detail=f"marks of the firmware of {names} at one address: no real device bears them all")


def manufacture_date(serial: str, files: Sequence[str], knowledge: Knowledge) -> date | None:
    """Return the day of manufacture that a serial shows."""
    for file in files:
        for pattern in knowledge.serials.get(file, ()):
            found = pattern.search(serial.encode())
            day = day_of(found.captures) if found is not None else None
            if day is not None:
                return day
    return None


def day_of(captures: object) -> date | None:
    """Return the day in the groups `date`, or `year`, `month` and `day`, of a serial pattern; None where it is no real day."""
    if not isinstance(captures, dict):
        return None
    parts = captures.get("date") or b"".join(captures.get(name, b"") for name in ("year", "month", "day"))
    digits = parts.decode("latin-1")
    if len(digits) != 8 or not digits.isascii() or not digits.isdigit():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
