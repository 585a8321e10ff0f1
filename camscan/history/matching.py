"""Which devices of a run are known already: by what identifies them, and where nothing does, by their place.

The MAC of the link counts before one that a device claims, that before a serial, then endpoint reference and TLS key, and the address
last. Where a MAC or serial is known of both sides and none is the same, endpoint references, keys and addresses count for nothing; a
serial in the same field that differs always means another device. What several known devices carry counts for nothing, and made-up
MACs never do. Order changes nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from camscan.identity import FIRM, KINDS, LINK_FIELD, Identity, Kind, as_text, bound, serials_differ
from camscan.model import AssessedAsset, DeviceState, Identification, KnownDevice, KnownMark, Mark, Report

_BY_PLACE = len(KINDS) + 1
"""Rank of a match by address alone, after all others."""
Value = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class _Known:
    """A known device with its marks."""

    device: KnownDevice
    marks: Identity
    seen: Mapping[Value, datetime]
    """When each was last shown."""
    kinds: frozenset[Kind]


@dataclass(frozen=True, slots=True, order=True)
class _Pair:
    """That a device of a run may be a known one. The first in order is the one to believe."""

    rank: int
    """0 for the MAC of the link; then by kind of mark; addresses last."""
    age: float
    """Of what they share, as seconds since 1970, negated: what was shown last comes first."""
    shared: int
    """Marks that both have, negated: more first."""
    unlike: bool
    """The keys differ."""
    number: int
    key: str
    place: int


class Matching:
    """Knows devices again. An instance is a `camscan.store.values.Match`."""

    def __init__(self, claims: Mapping[str, str]) -> None:
        """claims: as `correlate` takes them."""
        self._claims = claims

    def __call__(self, known: Sequence[KnownDevice], report: Report, identities: Sequence[Identity]) -> Mapping[int, int]:
        """Return the number of each device that is known, by its place in the report; no number twice.

        identities: of the report's assets, in order, as `camscan.identity.identities` gives them.
        """
        marks = identities or ((),) * len(report.assets)
        roll = _Roll([self._known(device) for device in known])
        pairs = sorted(
            pair
            for place, (judged, identity) in enumerate(zip(report.assets, marks, strict=True))
            for pair in roll.pairs(place, judged, identity)
        )
        found: dict[int, int] = {}
        taken: set[int] = set()
        for pair in pairs:
            if pair.place not in found and pair.number not in taken:
                found[pair.place] = pair.number
                taken.add(pair.number)
        return found

    def _known(self, device: KnownDevice) -> _Known:
        shown: dict[Value, datetime] = {}
        marks: set[Mark] = set()
        for text in device.marks:
            for mark in bound((text.text,), self._claims):
                marks.add(mark)
                value = (mark.kind, mark.value)
                shown[value] = max(text.last_seen, shown.get(value, text.last_seen))
        return _Known(device, tuple(sorted(marks)), shown, frozenset(mark.kind for mark in marks))


def as_known(report: Report, identities: Sequence[Identity], states: Sequence[DeviceState]) -> tuple[KnownDevice, ...]:
    """Return the devices of a run as if they had been kept, numbered from 1 in its order. identities and states: in that order too."""
    return tuple(
        KnownDevice(
            number=number,
            site=judged.asset.site,
            key=judged.asset.key,
            kind=judged.identification.kind,
            first_seen=judged.asset.first_seen,
            last_seen=judged.asset.last_seen,
            marks=tuple(
                KnownMark(text=text, first_seen=judged.asset.first_seen, last_seen=judged.asset.last_seen)
                for text in as_text(identity)
            ),
            last=state,
        )
        for number, (judged, identity, state) in enumerate(zip(report.assets, identities, states, strict=True), 1)
    )


class _Roll:
    """Known devices by what they are known by."""

    def __init__(self, known: Sequence[_Known]) -> None:
        self._by_value: dict[tuple[str, Value], list[_Known]] = defaultdict(list)
        self._by_ip: dict[tuple[str, str], list[_Known]] = defaultdict(list)
        for one in known:
            for value in one.seen:
                self._by_value[one.device.site, value].append(one)
            for ip in one.device.last.ips if one.device.last else ():
                self._by_ip[one.device.site, ip].append(one)
        carriers = Counter({place: len(found) for place, found in self._by_value.items()})
        # An interface may move to another device, and the newest has it; anything else that several carry was copied.
        self._copied = frozenset(place for place, number in carriers.items() if number > 1 and place[1][0] != "mac")

    def pairs(self, place: int, judged: AssessedAsset, seen: Identity) -> Iterator[_Pair]:
        """Yield the known devices that one of a run may be."""
        site = judged.asset.site
        usable = [mark for mark in seen if (site, (mark.kind, mark.value)) not in self._copied]
        sharing = {one.device.number: one for mark in usable for one in self._by_value.get((site, (mark.kind, mark.value)), ())}
        for one in sharing.values():
            shared = [mark for mark in usable if (mark.kind, mark.value) in one.seen]
            if not serials_differ(one.marks, seen) and _believed(shared, judged, seen, one):
                rank = min(map(_rank, shared))
                newest = max(one.seen[mark.kind, mark.value] for mark in shared if _rank(mark) == rank)
                yield _pair(rank, newest, len(shared), place, judged, one)
        for one in {one.device.number: one for ip in judged.asset.ips for one in self._by_ip.get((site, ip), ())}.values():
            if one.device.number not in sharing and not serials_differ(one.marks, seen) and _stands_there(judged, seen, one):
                yield _pair(_BY_PLACE, one.device.last_seen, 0, place, judged, one)


def _pair(rank: int, newest: datetime, shared: int, place: int, judged: AssessedAsset, known: _Known) -> _Pair:
    key = judged.asset.key
    return _Pair(rank, -newest.timestamp(), -shared, key != known.device.key, known.device.number, key, place)


def _rank(mark: Mark) -> int:
    return 0 if mark.field == LINK_FIELD else KINDS.index(mark.kind) + 1


def _believed(shared: Sequence[Mark], judged: AssessedAsset, seen: Identity, known: _Known) -> bool:
    """Return whether what two devices share makes them one, in view of what they do not share."""
    best = min(shared, key=_rank).kind
    if best == "mac":
        return True
    if best == "serial":  # a device gets another interface, and makers give one serial to many
        return not _both_have("mac", seen, known) or (known.device.last is not None and _alike(judged, known.device.last))
    return not any(_both_have(kind, seen, known) for kind in FIRM)


def _both_have(kind: Kind, seen: Identity, known: _Known) -> bool:
    return kind in known.kinds and any(mark.kind == kind for mark in seen)


def _stands_there(judged: AssessedAsset, seen: Identity, known: _Known) -> bool:
    """Return whether a device stands where a known one was last seen, and nothing says that it is another one."""
    last = known.device.last
    if last is None or any(_both_have(kind, seen, known) for kind in (*FIRM, "endpoint")):
        return False
    # A certificate may have been made anew: then what the device is must speak for it.
    return _same_product(judged.identification, last) if _both_have("key", seen, known) else _alike(judged, last)


def _alike(judged: AssessedAsset, last: DeviceState) -> bool:
    """Return whether what is known of two devices may be of one."""
    found = judged.identification
    same_kind = found.kind == last.kind or "unknown" in (found.kind, last.kind)
    same_maker = found.maker == last.maker or None in (found.maker, last.maker)
    return _same_product(found, last) or (same_kind and same_maker)


def _same_product(found: Identification, last: DeviceState) -> bool:
    return (found.model, found.maker) == (last.model, last.maker) and (found.model is not None or found.maker is not None)
