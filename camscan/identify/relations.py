"""Who owns and makes what: what a label says of the maker behind it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from camscan.model import Basis, Edge

MAX_DEPTH = 8
"""Steps up a chain of owners; a cycle in the data ends here."""

PARTIAL = ("part of ", "some ")
"""How the scope of an edge begins that covers less than most of a label's products: such an edge states no maker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What a label alone says of its maker."""

    maker: str | None
    basis: Basis | None
    possible: tuple[str, ...] = ()
    """Makers that are alleged, or some of several: never stated, only shown."""


class Relations:
    """Edges between brands and companies, with the labels that a vendor file calls its own."""

    def __init__(self, edges: Iterable[Edge], owners: Mapping[str, str], own_production: Collection[str]) -> None:
        self._owners = dict(owners)
        self._own_production = own_production
        self._makers: dict[str, list[Edge]] = {}
        self._parents: dict[str, set[str]] = {}
        self._lineages: dict[str, Lineage] = {}
        self._ancestors: dict[str, frozenset[str]] = {}
        for child, owner in owners.items():
            self._parents.setdefault(child, set()).add(owner)
        for edge in edges:
            if edge.type == "component":
                continue
            self._parents.setdefault(edge.child, set()).add(edge.parent)
            if edge.type == "made_by":
                self._makers.setdefault(edge.child, []).append(edge)
            elif edge.type == "brand_of" and edge.status == "asserted" and edge.until is None and edge.parent in own_production:
                self._owners.setdefault(edge.child, edge.parent)

    def owner(self, brand: str) -> str | None:
        """Return the vendor whose own label a brand is."""
        return self._owners.get(brand)

    def lineage(self, brand: str) -> Lineage:
        """Return what a label alone says of its maker."""
        if brand not in self._lineages:
            self._lineages[brand] = self._lineage(brand)
        return self._lineages[brand]

    def _lineage(self, brand: str) -> Lineage:
        owner = self._owners.get(brand)
        if owner is not None:
            return Lineage(maker=owner, basis="own-label")
        edges = self._makers.get(brand, [])
        stated = {edge.parent for edge in edges if states_maker(edge)}
        possible = tuple(sorted({edge.parent for edge in edges} - (stated if len(stated) == 1 else set())))
        if len(stated) == 1:
            return Lineage(maker=min(stated), basis="documented-relabel", possible=possible)
        if not edges and brand in self._own_production:
            return Lineage(maker=brand, basis="own-label")
        return Lineage(maker=None, basis=None, possible=possible)

    def is_own_label(self, brand: str, maker: str) -> bool:
        """Return whether a maker sells under this label as its own."""
        return brand == maker or self._owners.get(brand) == maker

    def related(self, one: str, other: str) -> bool:
        """Return whether one is the other, or belongs to it, or is said to be made by it."""
        return one == other or other in self._above(one) or one in self._above(other)

    def stands_alone(self, slug: str) -> bool:
        """Return whether nothing says who owns it or who makes what wears it."""
        return not self._above(slug)

    def _above(self, slug: str) -> frozenset[str]:
        if slug not in self._ancestors:
            self._ancestors[slug] = self._climb(slug)
        return self._ancestors[slug]

    def _climb(self, slug: str) -> frozenset[str]:
        seen: set[str] = set()
        level = {slug}
        for _ in range(MAX_DEPTH):
            level = {parent for child in level for parent in self._parents.get(child, ())} - seen
            seen |= level
        return frozenset(seen)


def states_maker(edge: Edge) -> bool:
    """Return whether an edge says who makes what wears a label, rather than who may."""
    return edge.status != "alleged" and edge.confidence != "low" and not edge.scope.startswith(PARTIAL)
