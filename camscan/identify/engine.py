"""What an asset is: every mark in its messages, weighed together. Order of arrival never changes the result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from camscan.identify import control
from camscan.identify.attribution import NAMELESS, SURVEILLANCE, Attribution, attribute
from camscan.identify.kinds import read_model, sort_of
from camscan.identify.match import Hit, hits_of_message
from camscan.identify.rules import STANDARDS, Knowledge
from camscan.identify.weigh import best_value
from camscan.model import Asset, Confidence, Conflict, Evidence, Fields, Identification, Observation, Via

LINK = -1
"""Message number of what no message says: the address on the link."""
HONEYPOT_MARKS = 3
"""Unrelated vendors in one value that no real device names together."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def identify(asset: Asset, knowledge: Knowledge) -> Identification:
    """Return what an asset is, with the evidence for it and what contradicts it. Bounded by the asset's own caps."""
    wire = sorted(wire_hits(asset.observations, knowledge), key=Hit.order)
    registry = sorted(registry_hits(asset, knowledge), key=Hit.order)
    evidence = tuple(hit.evidence for hit in (*wire, *registry))
    trap = honeypot(wire, knowledge)
    if trap is not None:
        return Identification(evidence=evidence, conflicts=(trap,))
    who = attribute(wire, registry, knowledge)
    files = vendor_files(who, knowledge)

    def agrees(hit: Hit) -> bool:
        return (
            hit.vendor in (*files, STANDARDS)
            or {hit.said("brand"), hit.said("maker")} & {who.brand, who.maker} - {None} != set()
        )

    model, firmware, serial, form = (best_value(wire, name, agrees) for name in ("model", "firmware", "serial", "form"))
    rule = read_model(model[0], files, knowledge) if model is not None else None
    watched = any(is_watched(hit, knowledge) for hit in registry)
    grammar = (rule, model[1]) if rule is not None and model is not None else None
    sort = sort_of(wire, registry, grammar, form[0] if form else None, watched=watched)
    made_on, shown_by = manufacture_date(serial, files, knowledge)
    components = {slug for hit in (*wire, *registry) if (slug := hit.said("component")) is not None}
    confidence = who.confidence or sort.confidence
    if confidence is None and (components or model or firmware or serial):
        confidence = Confidence.TENTATIVE
    maker = knowledge.vendors.get(who.maker or "")
    return Identification(
        kind=sort.kind,
        kind_confidence=sort.confidence,
        form=sort.form,
        brand=who.brand,
        maker=who.maker,
        maker_basis=who.basis,
        model=model[0] if model else None,
        firmware=firmware[0] if firmware else None,
        serial=serial[0] if serial else None,
        confidence=confidence,
        components=tuple(sorted(components)),
        made_on=made_on,
        made_on_evidence=shown_by,
        evidence=evidence,
        alternatives=who.alternatives,
        conflicts=(*who.conflicts, *sort.conflicts),
        maker_is_surveillance_only=watched or (maker is not None and maker.registrant_kind in SURVEILLANCE),
    )


def identify_fields(fields: Fields, knowledge: Knowledge, *, mac: str | None = None) -> Identification:
    """Return what a device is that said these fields. Fields of one protocol are taken as one message."""
    return identify(asset_of_fields(fields, macs=(mac,) if mac else ()), knowledge)


def asset_of_fields(fields: Fields, *, macs: Sequence[str] = ()) -> Asset:
    """Return an asset of one observation a protocol, for fields gathered elsewhere."""
    messages: dict[str, set[tuple[str, str]]] = {}
    for name, value in fields:
        messages.setdefault(name.split(".", 1)[0], set()).add((name, value))
    if not messages:
        messages["mac"] = {("mac", mac) for mac in macs}
    observations = tuple(
        Observation(
            protocol=protocol,
            collector="import",
            via=Via.IMPORT,
            site="",
            fields=tuple(sorted(said)),
            first_seen_at=EPOCH,
            last_seen_at=EPOCH,
            link_mac=macs[0] if macs else None,
        )
        for protocol, said in sorted(messages.items())
    )
    return Asset(
        key="",
        site="",
        macs=tuple(sorted(set(macs))),
        ips=(),
        hostnames=(),
        observations=observations,
        first_seen=EPOCH,
        last_seen=EPOCH,
    )


def wire_hits(observations: Sequence[Observation], knowledge: Knowledge) -> tuple[Hit, ...]:
    """Return what messages show, without the marks of pages that the negative control bears as well."""
    hits = [hit for number, one in enumerate(observations) for hit in hits_of_message(one.fields, number, knowledge)]
    return control.split(hits, observations, knowledge)[0]


def registry_hits(asset: Asset, knowledge: Knowledge) -> Iterator[Hit]:
    """Yield what the registry says of each global MAC of an asset: on its link, unless it relays for others, and in its payloads."""
    places: dict[str, tuple[str, int, int]] = {}
    claimed = [name for name, kind in knowledge.claims.items() if kind == "mac"]
    for number, one in enumerate(asset.observations):
        for name in claimed:
            for value in one.values(name):
                places.setdefault(value, (name, number, number))
    if not asset.relays:
        for mac in asset.macs:
            number = next((n for n, one in enumerate(asset.observations) if one.link_mac == mac), 0)
            places[mac] = ("mac", number, LINK)
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


def is_watched(hit: Hit, knowledge: Knowledge) -> bool:
    """Return whether the registrant of a MAC makes surveillance equipment and nothing else."""
    vendor = knowledge.vendors.get(hit.said("brand") or "")
    return vendor is not None and vendor.registrant_kind in SURVEILLANCE


def vendor_files(who: Attribution, knowledge: Knowledge) -> tuple[str, ...]:
    """Return the vendor files that may speak of a device's model and serial: of its label, then of its maker."""
    known = (knowledge.vendors.get(slug) for slug in (who.brand, who.maker) if slug is not None)
    return tuple(dict.fromkeys(vendor.file for vendor in known if vendor is not None))


def honeypot(wire: Sequence[Hit], knowledge: Knowledge) -> Conflict | None:
    """Return the conflict of a value that bears the marks of several unrelated vendors at once."""
    marks: dict[tuple[int, str, str], list[str]] = {}
    for hit in wire:
        brand = hit.said("brand")
        slug = hit.said("maker") or (knowledge.relations.lineage(brand).maker or brand if brand else None)
        families = marks.setdefault((hit.message, hit.evidence.field, hit.evidence.value), [])
        if slug is not None and not any(knowledge.relations.related(slug, one) for one in families):
            families.append(slug)
    worst = max(marks.items(), key=lambda item: (len(item[1]), item[0]), default=None)
    if worst is None or len(worst[1]) < HONEYPOT_MARKS:
        return None
    names = ", ".join(sorted(knowledge.display.get(slug, slug) for slug in worst[1]))
    return Conflict(kind="honeypot", detail=f"one {worst[0][1]} bears the marks of {names}: no real device does")


def manufacture_date(
    serial: tuple[str, Hit] | None, files: Sequence[str], knowledge: Knowledge
) -> tuple[date | None, Evidence | None]:
    """Return the day of manufacture that a serial shows, and the evidence that holds the serial."""
    if serial is None:
        return None, None
    value, hit = serial
    for file in files:
        for pattern in knowledge.serials.get(file, ()):
            found = pattern.search(value.encode())
            day = day_of(found.captures) if found is not None else None
            if day is not None:
                return day, hit.evidence
    return None, None


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
