"""Whose label a device wears and whose firmware it shows: brand and maker out of all evidence, with what contradicts them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from camscan.identify.match import Hit
from camscan.identify.relations import Relations
from camscan.identify.rules import Knowledge
from camscan.identify.weigh import RANK, Claims, Supporters, at_most, together
from camscan.model import Alternative, Basis, Confidence, Conflict

READING = "consistent with a relabel, a proxy or an altered banner"
NAMELESS = frozenset({"module", "component"})
"""Kinds of registrant that say nothing of brand or maker."""
SURVEILLANCE = frozenset({"surveillance", "cameras"})
"""Kinds of registrant that make surveillance equipment and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Brand and maker, and how well they are known."""

    brand: str | None = None
    maker: str | None = None
    basis: Basis | None = None
    confidence: Confidence | None = None
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
        self.assigned = registry.get("brand", {})

    def result(self) -> Attribution:
        maker, tied = strongest(self.makers, self.makers_support)
        brand, brands_tied = strongest(self.labels, self.label_support, prefer=self.child)
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
            alternatives=self.alternatives(brand, maker),
            conflicts=self.conflicts(brand, maker, basis),
        )

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
        for slug in {*self.labels, *self.assigned} - {brand, maker}:
            lineage = self.relations.lineage(slug)
            if slug not in self.labels and maker is not None and self.relations.related(slug, maker):
                continue
            where = "label" if slug in self.labels else "the registrant of its MAC"
            grade = together(self.label_support(slug)) or Confidence.TENTATIVE
            found.append(
                Alternative(brand=slug, maker=lineage.maker, confidence=grade, reason=f"{self.name(slug)} is shown as {where}")
            )
        for slug in self.makers.keys() - {maker}:
            grade = together(self.makers_support(slug)) or Confidence.TENTATIVE
            found.append(
                Alternative(brand=None, maker=slug, confidence=grade, reason=f"a mark of {self.name(slug)} firmware is shown")
            )
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
                found.append(Conflict(kind="maker-differs", detail=f"firmware marks of {names} in one device: {READING}"))
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


def strongest(
    candidates: Supporters,
    support: Callable[[str], Sequence[Hit]],
    *,
    prefer: Callable[[str, str], bool] | None = None,
    arbitrary: bool = False,
) -> tuple[str | None, bool]:
    """Return the best supported candidate, and whether several were equally good, so that none is returned.

    prefer: says of two equal ones whether the first is the more particular. arbitrary: takes the smallest of equals.
    """
    if len(candidates) < 2:
        return next(iter(candidates), None), False
    worth = {slug: (RANK[together(support(slug))], len({hit.evidence.witness for hit in support(slug)})) for slug in candidates}
    top = max(worth.values())
    best = sorted(slug for slug, value in worth.items() if value == top)
    if len(best) > 1 and prefer is not None:
        particular = [one for one in best if all(one == other or prefer(one, other) for other in best)]
        best = particular or best
    if len(best) == 1 or arbitrary:
        return best[0], False
    return None, True
