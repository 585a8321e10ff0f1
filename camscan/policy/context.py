"""Lists that say something of a company and are no rule: shown beside a judgement, never part of it."""

from __future__ import annotations

from camscan.model import Badge
from camscan.policy.logic import Truth
from camscan.policy.ownership import belongs
from camscan.policy.situation import Situation


def badges(situation: Situation) -> tuple[Badge, ...]:
    """Return the places on lists, on the day of judgement, of the makers named and of companies that surely stand above them."""
    if situation.oui_only:
        return ()
    return tuple(
        badge
        for badge in situation.book.badges
        if badge.since <= situation.as_of
        and (badge.until is None or situation.as_of <= badge.until)
        and any(belongs(slug, frozenset({badge.entity}), situation).truth is Truth.TRUE for slug in situation.candidates)
    )
