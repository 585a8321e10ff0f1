"""How much several pieces of evidence for one claim weigh together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from camscan.identify.match import Hit
from camscan.identify.rules import TRAFFIC
from camscan.model import Confidence

Supporters = Mapping[str, Sequence[Hit]]
"""Value of one claim → the evidence for it."""
Claims = Mapping[str, Supporters]
"""Name of a claim (brand, maker, model, …) → its values. Equal values keep the order of the evidence."""

RANK = {None: 0, Confidence.TENTATIVE: 1, Confidence.FIRM: 2, Confidence.CERTAIN: 3}


def by_claim(hits: Iterable[Hit]) -> Claims:
    """Return what pieces of evidence claim, with the evidence for each value."""
    table: dict[str, dict[str, list[Hit]]] = {}
    for hit in hits:
        for name, value in hit.evidence.says:
            table.setdefault(name, {}).setdefault(value, []).append(hit)
    return table


def alone(hit: Hit) -> Confidence:
    """Return what one piece of evidence is worth by itself: never more than tentative where the owner can set it, or asks for it."""
    return Confidence.TENTATIVE if hit.evidence.editable or hit.evidence.witness == TRAFFIC else hit.weight


def together(hits: Sequence[Hit]) -> Confidence | None:
    """Return the confidence of a claim that all these hits make; None for no hit.

    The strongest by itself; at least firm where two are independent of each other.
    """
    if len(hits) < 2:
        return alone(hits[0]) if hits else None
    best = max((alone(hit) for hit in hits), key=RANK.__getitem__)
    if best is Confidence.TENTATIVE and independent(hits):
        return Confidence.FIRM
    return best


def independent(hits: Sequence[Hit]) -> bool:
    """Return whether two of the hits differ in witness, group and message.

    What a device asks for is left out: people's telephones and recorders ask for the clouds of cameras as well.
    """
    seen = {(hit.evidence.witness, hit.group, hit.message) for hit in hits if hit.evidence.witness != TRAFFIC}
    return any(one[0] != other[0] and one[1] != other[1] and one[2] != other[2] for one in seen for other in seen)


def at_most(confidence: Confidence | None, limit: Confidence) -> Confidence | None:
    """Return a confidence, lowered to a limit."""
    return limit if RANK[confidence] > RANK[limit] else confidence


def best_value(supporters: Supporters, agrees: Callable[[Hit], bool]) -> tuple[str, Hit]:
    """Return the value of a claim that its evidence supports best, and the best piece of that evidence.

    Evidence that agrees with what the device was found to be goes first, then the stronger, then what more evidence says,
    then the longer value (a model with its suffix), then the smaller text.
    """

    def worth(value: str) -> tuple[object, ...]:
        every = supporters[value]
        return (not any(map(agrees, every)), -RANK[together(every)], -len(every), -len(value), value)

    value = min(supporters, key=worth) if len(supporters) > 1 else next(iter(supporters))
    if len(supporters[value]) == 1:
        return value, supporters[value][0]
    return value, min(supporters[value], key=lambda hit: (not agrees(hit), -RANK[alone(hit)], hit.order()))
