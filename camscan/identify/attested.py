"""What persons state of a device, beside what it sends and never in its place: where the two differ, that is a conflict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time

from camscan.identify.relations import Relations
from camscan.identify.rules import Knowledge
from camscan.identify.weigh import RANK
from camscan.model import (
    MAX_VALUE,
    Alternative,
    Asset,
    Attestation,
    Confidence,
    Conflict,
    Evidence,
    Fields,
    Identification,
    Observation,
    Via,
)

PROTOCOL = "attested"
"""Of the observation that holds what a person states."""
WITNESS = "person"
LIFTING = frozenset({"label", "invoice"})
"""What a person read off the unit or its papers; a supplier's word or hearsay settles nothing by itself."""
READING = "consistent with a relabel, a mistaken unit or an altered banner"


def state(
    asset: Asset, found: Identification, stated: Sequence[Attestation], knowledge: Knowledge
) -> tuple[Asset, Identification]:
    """Return the asset with each statement as an observation at its end, and what it is in view of them.

    stated: attestations that hold for this asset; their order does not matter. With none, both come back unchanged.
    """
    ordered = sorted(stated, key=_order)
    if not ordered:
        return asset, found
    first = len(asset.observations)
    said = [_observation(asset, one) for one in ordered]
    evidence = tuple(_evidence(one, first + number) for number, one in enumerate(ordered))
    asset = replace(asset, observations=(*asset.observations, *said))
    found = replace(found, evidence=(*found.evidence, *evidence))
    for step in (_with_kind, _with_maker, _with_model):
        found = step(found, ordered, knowledge)
    return asset, _with_dates(asset, found, ordered)


def acquired_on(stated: Iterable[Attestation]) -> date | None:
    """Return when the unit was bought, by the latest statement that says so; None where none does."""
    return next((one.acquired for one in sorted(stated, key=_order, reverse=True) if one.acquired), None)


def _order(one: Attestation) -> tuple[object, ...]:
    """Later statements of stronger basis come last: they are the ones that count where several differ."""
    return (one.basis in LIFTING, one.recorded_on, one.id)


def _observation(asset: Asset, one: Attestation) -> Observation:
    at = datetime.combine(one.recorded_on, time(), UTC)
    return Observation(
        protocol=PROTOCOL,
        collector="attestations",
        via=Via.ATTESTED,
        site=asset.site,
        fields=_fields(one),
        first_seen_at=at,
        last_seen_at=at,
    )


def _fields(one: Attestation) -> Fields:
    pairs: dict[str, str | None] = {
        "attested.maker": one.maker,
        "attested.model": one.model,
        "attested.kind": "other" if one.not_a_camera else None,
        "attested.acquired": one.acquired.isoformat() if one.acquired else None,
        "attested.disposed": one.disposed.isoformat() if one.disposed else None,
        "attested.location": one.location,
        "attested.asset_tag": one.asset_tag,
        "attested.by": one.by,
        "attested.basis": one.basis,
        "attested.ref": one.ref,
    }
    return tuple(sorted((name, value[:MAX_VALUE]) for name, value in pairs.items() if value))


def _evidence(one: Attestation, observation: int) -> Evidence:
    says = {"kind": "other" if one.not_a_camera else None, "maker": one.maker, "model": one.model}
    known = tuple((name, value) for name, value in says.items() if value)
    field = f"attested.{known[0][0]}" if known else "attested.by"
    return Evidence(
        fingerprint=f"attest:{one.id}",
        field=field,
        value=known[0][1] if known else one.by,
        observation=observation,
        layer="local",
        says=known,
        editable=one.basis not in LIFTING,
        witness=WITNESS,
    )


def _with_maker(found: Identification, stated: Sequence[Attestation], knowledge: Knowledge) -> Identification:
    named = [one for one in stated if one.maker]
    if not named:
        return found
    relations = knowledge.relations
    one, maker = named[-1], _maker_of(named[-1].maker or "", relations)
    others = {_maker_of(other.maker or "", relations) for other in named} - {maker}
    lifts = one.basis in LIFTING and not others
    for other in sorted(others):
        detail = f"persons state different makers: {_name(maker, knowledge)} and {_name(other, knowledge)}"
        found = _disputed(_or_else(found, other, "a person states it as the maker"), detail)
    shown = found.maker if found.maker_basis != "documented-relabel" else None
    if shown is None:
        return _named_by_person(found, one, maker, lifts=lifts, knowledge=knowledge)
    if shown == maker:
        rivals = _rivals(found, maker, relations)
        lifted = lifts and not rivals
        found = replace(found, maker_attested=lifted)
        firmer = RANK[found.confidence] < RANK[Confidence.FIRM] and lifted
        return replace(found, maker_basis="attested", confidence=Confidence.FIRM) if firmer else found
    found = _or_else(found, maker, f"{one.by} states it as the maker, by {one.basis}")
    if relations.related(maker, shown):
        return found
    detail = (
        f"{one.by} states {_name(maker, knowledge)} by {one.basis}, what it sends shows {_name(shown, knowledge)}: {READING}"
    )
    return _disputed(found, detail)


def _named_by_person(
    found: Identification, one: Attestation, maker: str, *, lifts: bool, knowledge: Knowledge
) -> Identification:
    """Return what follows where no message shows a maker: who read it off the unit or its papers counts, also above documentation."""
    documented = found.maker
    if documented not in (None, maker):
        detail = f"{one.by} states {_name(maker, knowledge)} by {one.basis}, documented is {_name(documented or '', knowledge)}"
        found = _disputed(found, detail)
    if not lifts:
        return found if documented == maker else _or_else(found, maker, f"{one.by} states it as the maker, by {one.basis}")
    if documented not in (None, maker):
        # Under the label it wears: documentation of a label gives way to what stands on this unit.
        found = _or_else(found, documented or "", "documentation of the label names it", brand=found.brand)
    lifted = not _rivals(found, maker, knowledge.relations) - {documented}
    firm = max(found.confidence or Confidence.FIRM, Confidence.FIRM, key=RANK.__getitem__)
    return replace(
        found,
        maker=maker,
        maker_basis="attested",
        maker_attested=lifted,
        confidence=firm if lifted else Confidence.TENTATIVE,
        alternatives=tuple(other for other in found.alternatives if other.maker != maker),
    )


def _rivals(found: Identification, maker: str, relations: Relations) -> set[str]:
    """Return the makers whose firmware marks the device shows beside, and that have nothing to do with the stated one."""
    shown = {other.maker for other in found.alternatives if other.brand is None and other.maker}
    return {slug for slug in shown if not relations.related(slug, maker)}


def _maker_of(slug: str, relations: Relations) -> str:
    """Return the company behind its own label."""
    lineage = relations.lineage(slug)
    return lineage.maker if lineage.basis == "own-label" and lineage.maker else slug


def _or_else(found: Identification, maker: str, reason: str, brand: str | None = None) -> Identification:
    if any((other.brand, other.maker) == (brand, maker) for other in found.alternatives):
        return found
    other = Alternative(brand=brand, maker=maker, confidence=Confidence.TENTATIVE, reason=reason)
    return replace(found, alternatives=(*found.alternatives, other))


def _with_model(found: Identification, stated: Sequence[Attestation], knowledge: Knowledge) -> Identification:
    named = [one for one in stated if one.model]
    if not named:
        return found
    one = named[-1]
    model = one.model or ""
    if found.model is None:
        confidence = found.confidence or Confidence.TENTATIVE
        return replace(found, model=model, confidence=confidence)
    ours, theirs = _plain(model), _plain(found.model)
    if ours in theirs or theirs in ours:
        return found
    return _disputed(found, f"{one.by} states the model {model} by {one.basis}, what it sends shows {found.model}: {READING}")


def _with_kind(found: Identification, stated: Sequence[Attestation], knowledge: Knowledge) -> Identification:
    denied = [one for one in stated if one.not_a_camera]
    if not denied or found.kind == "other":
        return found if not denied else replace(found, kind_confidence=_at_least_firm(found.kind_confidence))
    one = denied[-1]
    if found.kind == "unknown":
        return replace(
            found, kind="other", kind_confidence=Confidence.FIRM, confidence=found.confidence or Confidence.TENTATIVE
        )
    detail = (
        f"{one.by} states that it is no camera, by {one.basis}; what it sends shows a device of kind {found.kind}: {READING}"
    )
    firmly = RANK[found.kind_confidence] >= RANK[Confidence.FIRM]
    if firmly and not (_nobody_is_named(found, knowledge.relations) and _kind_is_editable(found)):
        return _disputed(found, detail)
    return replace(_disputed(found, detail), kind="other", form=None, kind_confidence=Confidence.FIRM)


def _nobody_is_named(found: Identification, relations: Relations) -> bool:
    """Return whether no maker is known, nor a label or registrant behind which one may stand."""
    if found.maker is not None:
        return False
    on_the_wire = any(("brand", found.brand) in one.says and not one.fingerprint.startswith("oui:") for one in found.evidence)
    return found.brand is None or (on_the_wire and relations.stands_alone(found.brand))


def _kind_is_editable(found: Identification) -> bool:
    """Return whether all that shows the kind are values that the owner can set."""
    # Under a label, a model is read by the grammar of that label: then it may be what shows the kind.
    telling = {"kind"} if found.brand is None else {"kind", "model"}
    shown_by = [one for one in found.evidence if one.witness != WITNESS and any(name in telling for name, _ in one.says)]
    return bool(shown_by) and all(one.editable for one in shown_by)


def _with_dates(asset: Asset, found: Identification, stated: Sequence[Attestation]) -> Identification:
    bought = {one.acquired for one in stated if one.acquired}
    if len(bought) > 1:
        found = _disputed(found, f"persons state different days of acquisition: {', '.join(map(str, sorted(bought)))}")
    if found.made_on is not None and bought and found.made_on > max(bought):
        found = _disputed(found, f"stated as acquired on {max(bought)}, its own serial shows manufacture on {found.made_on}")
    gone = [one for one in stated if one.disposed]
    if gone and asset.last_seen.date() > max(one.disposed for one in gone if one.disposed):
        one = gone[-1]
        detail = f"{one.by} states that it was disposed of on {one.disposed}, it was seen on {asset.last_seen.date()}"
        found = _disputed(found, detail)
    return found


def _disputed(found: Identification, detail: str) -> Identification:
    conflict = Conflict(kind="attestation-differs", detail=detail)
    return found if conflict in found.conflicts else replace(found, conflicts=(*found.conflicts, conflict))


def _at_least_firm(confidence: Confidence | None) -> Confidence:
    return confidence if confidence is not None and RANK[confidence] >= RANK[Confidence.FIRM] else Confidence.FIRM


def _name(slug: str, knowledge: Knowledge) -> str:
    return knowledge.display.get(slug, slug)


def _plain(model: str) -> str:
    return "".join(filter(str.isalnum, model.lower()))
