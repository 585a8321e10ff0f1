"""Whose label a device wears and whose firmware it shows: brand and maker out of all evidence, with what contradicts them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from camscan.identify.match import Hit
from camscan.identify.relations import Relations
from camscan.identify.rules import NAME, TRAFFIC, Knowledge
from camscan.identify.weigh import RANK, Claims, Supporters, alone, at_most, together
from camscan.model import Alternative, Basis, Confidence, Conflict

READING = "consistent with a relabel, a proxy or an altered banner"
NAMELESS = frozenset({"module", "component"})
"""Kinds of registrant that say nothing of brand or maker."""
SURVEILLANCE = frozenset({"surveillance", "cameras"})
"""Kinds of registrant that make surveillance equipment and nothing else."""
NOT_FIRMWARE = frozenset({NAME, TRAFFIC, "oui"})
"""Witnesses that say nothing of the firmware: names that an owner gives, whom a device calls, its interface."""
NO_DEVICE = frozenset({"software", "other"})
"""Kinds whose own marks name the company behind a program or an office device, not the firmware of a camera."""
WIRE, ISAPI = "wire", "isapi."
"""Witness of the replies of vendors' own protocols, and how the fields of one begin that is read over HTTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Brand and maker, and how well they are known."""

    brand: str | None = None
    maker: str | None = None
    basis: Basis | None = None
    confidence: Confidence | None = None
    firmware: Confidence | None = None
    """How well marks of the maker's firmware alone show it; None where there are none."""
    alternatives: tuple[Alternative, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


def attribute(wire: Claims, registry: Claims, knowledge: Knowledge) -> Attribution:
    """Return brand and maker. wire: what messages claim; registry: what the OUI of each MAC says."""
    return _Attribution(wire, registry, knowledge).result()


class _Attribution:
    """One attribution: the tables of who says what, and the steps that read them."""

    def __init__(self, wire: Claims, registry: Claims, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.relations: Relations = knowledge.relations
        self.labels = wire.get("brand", {})
        self.makers = wire.get("maker", {})
        self.called = {slug for slug, hits in self.makers.items() if is_called(hits)}
        self.assigned = registry.get("brand", {})

    def result(self) -> Attribution:
        brand, brands_tied = strongest(self.labels, self.label_support, prefer=self.child)
        maker, tied = strongest(self.candidates(brand), self.makers_support, worth=worth_of_maker)
        basis: Basis | None = None
        confidence: Confidence | None = None
        if maker is not None:
            confidence = together(self.makers_support(maker))
        elif not tied and brand is not None:
            maker, basis, confidence = self.maker_behind(brand)
        elif not tied and not brands_tied and self.assigned:
            brand, _ = strongest(self.assigned, self.assigned.__getitem__, arbitrary=True)
            assert brand is not None, "the registry names someone, and a tie is broken"
            maker, basis, confidence = self.maker_behind(brand)
        if brand is None and not brands_tied and maker is not None:
            mine = {slug: hits for slug, hits in self.assigned.items() if self.documented(slug, maker)}
            brand, _ = strongest(mine, mine.__getitem__, arbitrary=True)
        if maker is not None and basis is None:
            basis = "own-label" if brand is not None and self.relations.is_own_label(brand, maker) else "wire-shows-maker"
        if maker is None and brand is not None:
            confidence = together(self.label_support(brand))
        if maker is None and tied:
            confidence = confidence and Confidence.TENTATIVE
        return Attribution(
            brand=brand,
            maker=maker,
            basis=basis,
            confidence=confidence,
            firmware=self.firmware(maker) if maker is not None else None,
            alternatives=self.alternatives(brand, maker),
            conflicts=self.conflicts(brand, maker, basis),
        )

    def candidates(self, brand: str | None) -> Supporters:
        """Return who may be the maker: whose clouds alone are called, only where no other mark and no label of its own maker is shown."""
        shown = {slug: hits for slug, hits in self.makers.items() if slug not in self.called}
        labelled = brand is not None and self.own_maker(brand) is not None and not is_called(self.labels[brand])
        return shown if shown or labelled else self.makers

    def maker_behind(self, brand: str) -> tuple[str | None, Basis | None, Confidence | None]:
        """Return who made what wears a label, where no message shows it."""
        lineage = self.relations.lineage(brand)
        label = together(self.label_support(brand))
        established = lineage.basis == "own-label" and RANK[label] >= RANK[Confidence.FIRM]
        if brand in self.labels and not established:
            # A label over another surveillance maker's network interface is that maker's product, as far as can be seen.
            other = self.interface_maker(brand, lineage.maker)
            if other is not None:
                return other, "wire-shows-maker", Confidence.TENTATIVE
        if lineage.maker is None:
            return None, None, None
        if lineage.basis == "documented-relabel":
            return lineage.maker, lineage.basis, at_most(label, Confidence.FIRM)
        return lineage.maker, lineage.basis, together(self.makers_support(lineage.maker))

    def interface_maker(self, brand: str, expected: str | None) -> str | None:
        """Return the surveillance maker whose interface a device has, where its label expects another one."""
        makers = set()
        for slug in self.assigned:
            maker = self.relations.lineage(slug).maker
            if maker is None or self.knowledge.vendors[slug].registrant_kind not in SURVEILLANCE:
                continue
            if expected is None or not (self.relations.related(maker, expected) or self.relations.related(slug, brand)):
                makers.add(maker)
        return min(makers) if len(makers) == 1 else None

    def makers_support(self, maker: str) -> list[Hit]:
        """Return all evidence for a maker: what shows it, its own labels, and its interfaces."""
        own = [hit for brand, hits in self.labels.items() if self.own_maker(brand) == maker for hit in hits]
        interface = [hit for slug, hits in self.assigned.items() if self.own_maker(slug) == maker for hit in hits]
        return list(self.makers.get(maker, ())) + own + interface

    def firmware(self, maker: str) -> Confidence | None:
        """Return how well marks of a maker's firmware alone show it."""
        return together([hit for hit in self.makers.get(maker, ()) if is_firmware(hit)])

    def is_established(self, maker: str) -> bool:
        """Return whether a maker is firm, and shown by its firmware: what an owner calls the device is then no other reading of it."""
        return self.firmware(maker) is not None and RANK[together(self.makers_support(maker))] >= RANK[Confidence.FIRM]

    def own_maker(self, brand: str) -> str | None:
        """Return the maker that sells under a label as its own."""
        lineage = self.relations.lineage(brand)
        return lineage.maker if lineage.basis == "own-label" else None

    def label_support(self, brand: str) -> list[Hit]:
        """Return all evidence for a label: what shows it, and its owner's interfaces."""
        return [*self.labels.get(brand, ()), *self.assigned.get(brand, ())]

    def child(self, one: str, other: str) -> bool:
        """Return whether one label is the more particular of two."""
        return self.relations.owner(one) == other or self.relations.lineage(one).maker == other != one

    def name(self, slug: str) -> str:
        return self.knowledge.display.get(slug, slug)

    def alternatives(self, brand: str | None, maker: str | None) -> tuple[Alternative, ...]:
        """Return every other reading of the evidence, strongest first."""
        found = []
        established = maker is not None and self.is_established(maker)
        for slug in {*self.labels, *self.assigned} - {brand, maker}:
            lineage = self.relations.lineage(slug)
            if established and slug not in self.assigned and is_given(self.labels[slug]):
                continue
            if slug not in self.labels and maker is not None and self.relations.related(slug, maker):
                continue
            where = "label" if slug in self.labels else "the registrant of its MAC"
            grade = together(self.label_support(slug)) or Confidence.TENTATIVE
            found.append(
                Alternative(brand=slug, maker=lineage.maker, confidence=grade, reason=f"{self.name(slug)} is shown as {where}")
            )
        for slug in self.makers.keys() - {maker}:
            grade = self.firmware(slug) or Confidence.TENTATIVE
            name = self.name(slug)
            reason = f"a cloud of {name} is called" if slug in self.called else f"a mark of {name} firmware is shown"
            found.append(Alternative(brand=None, maker=slug, confidence=grade, reason=reason))
        if brand is not None:
            for slug in self.relations.lineage(brand).possible:
                if slug != maker:
                    reason = f"{self.name(slug)} is named as a maker of {self.name(brand)} products"
                    found.append(Alternative(brand=brand, maker=slug, confidence=Confidence.TENTATIVE, reason=reason))
        found.sort(key=lambda a: (-RANK[a.confidence], a.brand or "", a.maker or "", a.reason))
        return tuple(found)

    def conflicts(self, brand: str | None, maker: str | None, basis: Basis | None) -> tuple[Conflict, ...]:
        """Return the contradictions between label, firmware and interface."""
        found = []
        related = self.relations.related
        for other in sorted(self.makers.keys() - {maker}):
            against = [maker] if maker is not None else sorted(self.makers.keys() - {other})
            if not any(related(other, one) for one in against if one is not None):
                names = " and ".join(sorted({self.name(other), *(self.name(one) for one in against if one)}))
                what = "firmware marks or clouds" if self.called & {other, *against} else "firmware marks"
                found.append(Conflict(kind="maker-differs", detail=f"{what} of {names} in one device: {READING}"))
        for other in sorted(self.labels.keys() - {brand}):
            known = [slug for slug in (brand, maker) if slug is not None] or sorted(self.labels.keys() - {other})
            if not any(related(other, slug) for slug in known):
                names = f"{self.name(other)} beside {' / '.join(sorted({self.name(slug) for slug in known}))}"
                found.append(Conflict(kind="brand-differs", detail=f"labels differ, {names}: {READING}"))
        if brand is not None and maker is not None and brand in self.labels and not self.documented(brand, maker):
            detail = f"the label is {self.name(brand)}, the maker shown is {self.name(maker)}: {READING}"
            found.append(Conflict(kind="label-differs", detail=detail))
        for slug in sorted(self.assigned):
            known = [
                one
                for one in (brand, maker)
                if one is not None and (one in self.labels or one in self.makers or basis == "documented-relabel")
            ]
            if known and not any(related(slug, one) or self.documented(slug, one) for one in known):
                shown = " / ".join(dict.fromkeys(self.name(one) for one in known))
                detail = f"the MAC is assigned to {self.name(slug)}, the messages show {shown}: {READING}"
                found.append(Conflict(kind="oui-differs", detail=detail))
        return tuple(sorted(set(found), key=lambda c: (c.kind, c.detail)))

    def documented(self, brand: str, maker: str) -> bool:
        """Return whether it is known that this maker makes what wears this label, or that the label belongs to no one maker."""
        vendor = self.knowledge.vendors.get(brand)
        return self.relations.related(brand, maker) or (vendor is not None and vendor.production != "own")


def is_called(hits: Sequence[Hit]) -> bool:
    """Return whether nothing shows a claim but the clouds that a device calls."""
    return all(hit.evidence.witness == TRAFFIC for hit in hits)


def is_given(hits: Sequence[Hit]) -> bool:
    """Return whether nothing shows a claim but what an owner calls the device."""
    return all(hit.evidence.witness == NAME for hit in hits)


def is_firmware(hit: Hit) -> bool:
    """Return whether a piece of evidence that names a maker is a mark of a device's firmware."""
    return hit.evidence.witness not in NOT_FIRMWARE and hit.said("kind") not in NO_DEVICE


def replies_for_vendor(hit: Hit) -> bool:
    """Return whether a piece of evidence is the reply of a vendor's own protocol."""
    return hit.evidence.witness == WIRE or hit.evidence.field.startswith(ISAPI)


def worth_by_witnesses(hits: Sequence[Hit]) -> tuple[int, ...]:
    """Return what all evidence for a claim is worth: its confidence, then how many witnesses there are."""
    return RANK[together(hits)], len({hit.evidence.witness for hit in hits})


def worth_of_maker(hits: Sequence[Hit]) -> tuple[int, ...]:
    """Return what all evidence for a maker is worth.

    Above a certain one stands only who is shown by the reply of a vendor's own protocol: no other maker's firmware answers it.
    Else witnesses count that the owner cannot set.
    """
    if together(hits) is not Confidence.CERTAIN:
        return worth_by_witnesses(hits)
    if any(replies_for_vendor(hit) and alone(hit) is Confidence.CERTAIN for hit in hits):
        return RANK[Confidence.CERTAIN] + 1, 0
    return RANK[Confidence.CERTAIN], len({hit.evidence.witness for hit in hits if not hit.evidence.editable})


def strongest(
    candidates: Supporters,
    support: Callable[[str], Sequence[Hit]],
    *,
    worth: Callable[[Sequence[Hit]], tuple[int, ...]] = worth_by_witnesses,
    prefer: Callable[[str, str], bool] | None = None,
    arbitrary: bool = False,
) -> tuple[str | None, bool]:
    """Return the best supported candidate, and whether several were equally good, so that none is returned.

    worth: of all evidence for one. prefer: says of two equal ones whether the first is the more particular. arbitrary: takes
    the smallest of equals.
    """
    if len(candidates) < 2:
        return next(iter(candidates), None), False
    values = {slug: worth(support(slug)) for slug in candidates}
    top = max(values.values())
    best = sorted(slug for slug, value in values.items() if value == top)
    if len(best) > 1 and prefer is not None:
        particular = [one for one in best if all(one == other or prefer(one, other) for other in best)]
        best = particular or best
    if len(best) == 1 or arbitrary:
        return best[0], False
    return None, True
