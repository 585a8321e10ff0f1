"""What is judged and under which suppositions: the one value that every statement is evaluated on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from camscan.model import CAMERA_KINDS, Edge, Identification, SiteContext
from camscan.policy.calendar import in_words
from camscan.policy.logic import Key, Truth
from camscan.policy.rules import SITE_FACTS, PolicyBook

UNIT_DATE: Key = ("date",)
"""The open point whose answer is the unit's date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """That another maker is supposed than the one that the identification names, so that a rule's question about it is asked."""

    beside: str
    """The maker that the identification names."""
    reason: str
    """What speaks for the other one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """An identified device at a site on a date, with what is supposed for the sake of a question."""

    book: PolicyBook
    identification: Identification
    """Reduced to what rules ask about, so that equal devices make equal situations."""
    oui_only: bool
    """The registrant of a MAC is all that names a maker or a brand."""
    site: str
    decided: str
    """Date and reference of the department's own decision, as printed."""
    facts: tuple[tuple[str, str], ...]
    """Stated and presumed site facts, sorted."""
    as_of: date
    unit_date: date | None
    """When the unit was made or acquired; None where nobody knows or no relation of its companies has dates."""
    truths: tuple[tuple[Key, Truth], ...] = ()
    """Open points supposed to be settled."""
    doubt: Doubt | None = None
    """Why another maker stands in the identification than evidence names first; None where it is the one found."""

    def fact(self, name: str) -> str | None:
        """Return the value of a site fact; None where nothing is stated or presumed."""
        return next((value for key, value in self.facts if key == name), None)

    def supposed(self, key: Key) -> Truth | None:
        """Return what is supposed of an open point."""
        return next((truth for supposed, truth in self.truths if supposed == key), None)

    def suppose(self, key: Key, value: Truth | str | date) -> Situation:
        """Return the situation in which the open point `key` has the value."""
        if isinstance(value, Truth):
            return replace(self, truths=(*self.truths, (key, value)))
        if isinstance(value, date):
            return replace(self, unit_date=value)
        return self.with_facts({key[1]: value})

    def with_facts(self, further: Mapping[str, str]) -> Situation:
        """Return the situation with further site facts; they go before those that stand."""
        return replace(self, facts=tuple(sorted({**dict(self.facts), **further}.items())))

    @property
    def candidates(self) -> tuple[str, ...]:
        """Return who may have made it: the maker; where none is known those whom edges name for the brand; else a registrant."""
        if self.identification.maker is not None:
            return (self.identification.maker,)
        brand = self.identification.brand
        if brand is None:
            return ()
        edges = self.book.edges_of.get(brand, ())
        named = {edge.parent for edge in edges if edge.type in ("made_by", "brand_of") and self.may_cover(edge)}
        return tuple(sorted(named)) if named or not self.oui_only else (brand,)

    def may_cover(self, edge: Edge) -> bool:
        """Return whether an edge's period can hold the unit's date, which is never after the day of judgement."""
        if self.unit_date is None:
            return edge.since is None or edge.since <= self.as_of
        return (edge.since is None or edge.since <= self.unit_date) and (edge.until is None or self.unit_date <= edge.until)

    @property
    def maker_established(self) -> bool:
        """Return whether anyone is named who can be called the maker; a firmware family is nobody."""
        named = [slug for slug in self.candidates if not self._is_family(slug)]
        return bool(named)

    @property
    def makers_in_part(self) -> tuple[str, ...]:
        """Return whom edges name as makers of a part of what wears the label; none where a maker is known, or one of them makes it all."""
        if self.identification.maker is not None or self.identification.brand is None:
            return ()
        edges = [edge for edge in self.book.edges_of.get(self.identification.brand, ()) if edge.type == "made_by"]
        standing = [edge for edge in edges if self.may_cover(edge)]
        if any(edge.status == "asserted" and not edge.scope for edge in standing):
            return ()
        return tuple(sorted({edge.parent for edge in standing}))

    @property
    def makers_shown(self) -> tuple[str, ...]:
        """Return whom evidence names as makers where it settles on none of them; who is merely documented for the label is not shown."""
        found = self.identification
        if found.maker is not None:
            return ()
        return tuple(
            sorted({one.maker for one in found.alternatives if one.maker and (one.brand is None or one.brand != found.brand)})
        )

    @property
    def maker_is_surveillance_only(self) -> bool:
        """Return whether whoever is named makes surveillance equipment and nothing else."""
        if self.identification.maker_is_surveillance_only:
            return True
        slugs = {*self.candidates, *filter(None, (self.identification.brand,))}
        known = [self.book.entities[slug] for slug in sorted(slugs) if slug in self.book.entities]
        return any(entity.surveillance_only for entity in known)

    @property
    def camera_like(self) -> bool:
        """Return whether the device is seen to be surveillance equipment."""
        return self.identification.kind in CAMERA_KINDS

    def _is_family(self, slug: str) -> bool:
        entity = self.book.entities.get(slug)
        return entity is not None and entity.role == "family"


def by_oui_only(identification: Identification) -> bool:
    """Return whether the registrant of a MAC is all that names a maker or a brand."""
    naming = [item for item in identification.evidence if {key for key, _ in item.says} & {"brand", "maker"}]
    return bool(naming) and all(item.witness == "oui" or item.fingerprint.startswith("oui:") for item in naming)


def essence(identification: Identification) -> Identification:
    """Return an identification without what no rule asks about: model, firmware, serial, form, evidence."""
    return replace(
        identification,
        form=None,
        model=None,
        firmware=None,
        serial=None,
        made_on=None,
        made_on_evidence=None,
        evidence=(),
        conflicts=(),
    )


def dates_matter(situation: Situation) -> bool:
    """Return whether any relation of the companies named, or of those above them, begins or ends."""
    waiting = [
        slug for slug in (situation.identification.brand, *situation.candidates, *situation.identification.components) if slug
    ]
    waiting += [item.maker for item in situation.identification.alternatives if item.maker]
    seen = set(waiting)
    while waiting:
        for edge in situation.book.edges_of.get(waiting.pop(), ()):
            if edge.since is not None or edge.until is not None:
                return True
            if edge.parent not in seen:
                seen.add(edge.parent)
                waiting.append(edge.parent)
    return False


def stated_facts(site: SiteContext, as_of: date) -> dict[str, str]:
    """Return every fact about the site that the operator stated; a decision holds from its day on."""
    pairs = ((name, getattr(site, "class_" if name == "class" else name)) for name in SITE_FACTS)
    not_yet = site.decision_on is not None and as_of < site.decision_on
    return {name: str(value) for name, value in pairs if value is not None and not (name == "decision" and not_yet)}


def decision_cited(site: SiteContext) -> str:
    """Return date and reference of the department's own decision as printed; empty where neither is stated."""
    on = f"of {in_words(site.decision_on)}" if site.decision_on else ""
    return ", ".join(part for part in (on, f"reference {site.decision_reference}" if site.decision_reference else "") if part)
