"""How much several pieces of evidence for one claim weigh together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from camscan.identify.match import Hit
from camscan.model import Confidence

RANK = {None: 0, Confidence.TENTATIVE: 1, Confidence.FIRM: 2, Confidence.CERTAIN: 3}


def alone(hit: Hit) -> Confidence:
    """Return what one piece of evidence is worth by itself: never more than tentative where the owner can set it."""
    return Confidence.TENTATIVE if hit.evidence.editable else hit.weight


def together(hits: Iterable[Hit]) -> Confidence | None:
    """Return the confidence of a claim that all these hits make; None for no hit.

    The strongest by itself; at least firm where two have different witnesses in different messages.
    """
    hits = list(hits)
    best = max((alone(hit) for hit in hits), key=RANK.__getitem__, default=None)
    if best is Confidence.TENTATIVE and independent(hits):
        return Confidence.FIRM
    return best


def independent(hits: Sequence[Hit]) -> bool:
    """Return whether two of the hits differ in both witness and message."""
    seen = {(hit.evidence.witness, hit.message) for hit in hits}
    return any(one[0] != other[0] and one[1] != other[1] for one in seen for other in seen)


def at_most(confidence: Confidence | None, limit: Confidence) -> Confidence | None:
    """Return a confidence, lowered to a limit."""
    return limit if RANK[confidence] > RANK[limit] else confidence


def best_value(hits: Iterable[Hit], name: str, agrees: Callable[[Hit], bool]) -> tuple[str, Hit] | None:
    """Return the value of a claim that its evidence supports best, and that evidence.

    Evidence that agrees with what the device was found to be goes first, then the stronger, then what more evidence says,
    then the longer value (a model with its suffix), then the smaller text.
    """
    supporters: dict[str, list[Hit]] = {}
    for hit in hits:
        value = hit.said(name)
        if value is not None:
            supporters.setdefault(value, []).append(hit)
    if not supporters:
        return None

    def worth(value: str) -> tuple[object, ...]:
        every = supporters[value]
        return (not any(map(agrees, every)), -RANK[together(every)], -len(every), -len(value), value)

    value = min(supporters, key=worth)
    return value, min(supporters[value], key=lambda hit: (not agrees(hit), -RANK[alone(hit)], hit.order()))
