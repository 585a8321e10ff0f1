"""Which addresses runs looked at to the end and how closely, piece by piece: what several of them covered together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_network

from camscan.model import Coverage, CoverageLevel

CLOSENESS = (CoverageLevel.LINK, CoverageLevel.ROUTED)
"""Levels at which a device that is there answers; closest first."""


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """Addresses in a row that were looked at."""

    site: str
    space: str
    """`4` or `6`; of a range that is no network its own text."""
    first: int
    last: int
    farness: int
    """Place in CLOSENESS."""


def pieces(covered: Iterable[Coverage], site: str) -> frozenset[Piece]:
    """Return what was looked at to its end, closely enough that a device answers. site: where a range names none."""
    return frozenset(
        _piece(one.range, one.site or site, CLOSENESS.index(one.level))
        for one in covered
        if one.complete and one.level in CLOSENESS
    )


def without(wanted: Iterable[Piece], held: Iterable[Piece]) -> frozenset[Piece]:
    """Return what of some pieces others do not cover as closely."""
    left = frozenset(wanted)
    for one in held:
        left = frozenset(piece for each in left for piece in _rest(each, one))
    return left


def _piece(text: str, site: str, farness: int) -> Piece:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return Piece(site, text, 0, 0, farness)
    return Piece(site, str(network.version), int(network.network_address), int(network.broadcast_address), farness)


def _rest(wanted: Piece, held: Piece) -> Iterator[Piece]:
    apart = held.last < wanted.first or wanted.last < held.first
    if apart or (held.site, held.space) != (wanted.site, wanted.space) or held.farness > wanted.farness:
        yield wanted
        return
    if wanted.first < held.first:
        yield replace(wanted, last=held.first - 1)
    if held.last < wanted.last:
        yield replace(wanted, first=held.last + 1)
