"""What became different between two sights of a site, by meaning: what varies from night to night without one never shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from camscan.history.closeness import concluding, fades, same_firmware, settled, weaker
from camscan.history.places import differences, same_place
from camscan.history.reach import CLOSENESS, pieces, without
from camscan.history.sight import Sight
from camscan.history.statuses import held_and_lapsed
from camscan.model import (
    CAMERA_KINDS,
    Attestation,
    Cause,
    Change,
    ChangeKind,
    Coverage,
    CoverageLevel,
    DeviceFacts,
    DeviceState,
    Diff,
    Verdict,
    is_local_mac,
)
from camscan.policy.totals import open_verdict

_WORST_FIRST = (Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.UNIDENTIFIED, Verdict.REVIEW)
"""Verdicts that an exit code speaks of, as `--fail-on` orders them."""
_STRENGTH = (Verdict.NO_FINDING, Verdict.REVIEW, Verdict.RESTRICTED, Verdict.PROHIBITED)
_ORDER = tuple(ChangeKind)
_IDENTITY = ("maker", "brand", "model", "kind")
"""What a device is recognised as, the weightiest first."""
_CONCLUDED = frozenset(
    {
        ChangeKind.RECOGNISED,
        ChangeKind.VERDICT,
        ChangeKind.EXCEPTION_OPENED,
        ChangeKind.EXCEPTION_LAPSED,
        ChangeKind.EXCEPTION_OVERDUE,
    }
)
"""Kinds of change that follow from what was heard, and do not stand in it."""
_TOLD_NOW_AND_THEN = frozenset({"brand", "model"})
"""What a device that answers more fully one night than another is not recognised by anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Causes:
    """Because of what verdicts and identifications differ, by number of the device; the device itself where nothing is said."""

    verdict: Mapping[int, Cause] = field(default_factory=dict)
    identity: Mapping[int, Cause] = field(default_factory=dict)
    standing: Mapping[int, DeviceState] = field(default_factory=dict)
    """What by now follows of devices from what they showed before, where that is not what followed then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """What else is known of the devices that two sights speak of."""

    earlier: Mapping[int, DeviceFacts] = field(default_factory=dict)
    """What was known of devices that were gone by the earlier sight."""
    levels: Mapping[int, CoverageLevel | None] = field(default_factory=dict)
    """How closely a run looked that showed a device, None where it was only heard; as the earlier sight where nothing is said."""
    disposed: Mapping[int, Attestation] = field(default_factory=dict)
    """Devices that persons stated to be disposed of, by the day of the later sight."""
    disposed_before: frozenset[int] = frozenset()
    """Those of which that was stated by the day of the earlier one already."""


NOTHING_BEYOND = Beyond()


def changes(before: Sight, after: Sight, beyond: Beyond = NOTHING_BEYOND, causes: Causes | None = None) -> Diff:
    """Return what became different of each device, most urgent first, whatever the order in which devices are given.

    causes: None where they were not established; all is then put down to the devices.
    """
    return _Comparison(before, after, beyond, causes).diff()


def differing(before: Sight, after: Sight, beyond: Beyond = NOTHING_BEYOND) -> frozenset[int]:
    """Return the devices of both sights of which verdict, finding, status or identification differs, or may, so that a cause is due."""
    found = {one.device for one in changes(before, after, beyond).changes if one.kind in _CONCLUDED}
    known = {**beyond.earlier, **before.facts}
    both = known.keys() & after.facts.keys()
    return frozenset(found | {number for number in both if weaker(known[number].state, after.facts[number].state)})


class _Comparison:
    """Two sights, compared."""

    def __init__(self, before: Sight, after: Sight, beyond: Beyond, causes: Causes | None) -> None:
        self.before, self.after, self.beyond = before, after, beyond
        self.causes = causes or Causes()
        self.same_policies = set(before.policies) == set(after.policies)

    def diff(self) -> Diff:
        seen, known = self.after.facts.keys(), self.before.facts.keys()
        staying, gone = sorted(seen & known), [number for number in sorted(known - seen) if self._is_gone(number)]
        returned = sorted(seen & self.beyond.earlier.keys() - known)
        new = sorted(seen - known - self.beyond.earlier.keys())
        replaced = self._replaced(new, gone)
        found = [
            *(change for number in staying for change in self._compared(number)),
            *(change for number in returned for change in self._returned(number)),
            *(change for number in new for change in self._new(number, replaced.get(number))),
            *(change for number in gone if number not in replaced.values() for change in self._gone(number)),
            *self._removed(),
        ]
        touched = {change.device for change in found}
        return Diff(
            before=self.before.run,
            after=self.after.run,
            changes=tuple(sorted(found, key=_urgency)),
            unchanged=sum(number not in touched for number in staying),
            not_comparable=self._not_comparable(),
            data=(self.before.data_version, self.after.data_version),
            site=self.after.site,
        )

    def _is_gone(self, number: int) -> bool:
        state = self.before.facts[number].state
        place = state.site, state.ips
        level = self.beyond.levels[number] if number in self.beyond.levels else self.before.level(*place)
        return self.after.would_have_seen(*place, level)

    def _replaced(self, new: Iterable[int], gone: Iterable[int]) -> dict[int, int]:
        """Return by new device the one that is gone whose place it took."""
        left = list(gone)
        found = {}
        for number in new:
            state = self.after.facts[number].state
            stood = [one for one in left if _took_place(state, self.before.facts[one].state)]
            if stood:
                found[number] = min(stood, key=lambda one: (*_farness(state, self.before.facts[one].state), one))
                left.remove(found[number])
        return found

    def _new(self, number: int, in_place_of: int | None) -> Iterator[Change]:
        seen = self.after.facts[number]
        if seen.state.something_else:
            if in_place_of is not None:
                yield from self._gone(in_place_of)
            return
        if in_place_of is None:
            yield self._change(
                ChangeKind.NEW, number, seen.state, "device", "", what_it_is(seen.state), opens=True, since=seen.first_seen
            )
            return
        old = self.before.facts[in_place_of]
        was = f"{old.state.key} {what_it_is(old.state)}".rstrip()
        now = f"{seen.state.key} {what_it_is(seen.state)}".rstrip()
        yield self._change(ChangeKind.REPLACED, number, seen.state, "device", was, now, opens=True, since=seen.first_seen)

    def _returned(self, number: int) -> Iterator[Change]:
        seen, earlier = self.after.facts[number], self.beyond.earlier[number]
        if seen.state.something_else:
            return
        where = earlier.state.ips[0] if earlier.state.ips else ""
        yield self._change(
            ChangeKind.RETURNED, number, seen.state, "device", where, _address(seen.state), opens=True, since=earlier.last_seen
        )
        yield from (one for one in self._of_device(number, earlier, seen) if one.what != "address")

    def _gone(self, number: int) -> Iterator[Change]:
        last = self.before.facts[number]
        if last.state.something_else:
            return
        if number in self.beyond.disposed:
            yield self._disposed(number, last)
            return
        yield self._change(ChangeKind.GONE, number, last.state, "device", what_it_is(last.state), "", since=last.last_seen)

    def _removed(self) -> Iterator[Change]:
        """Yield the devices that were gone already and of which a person now states that they were disposed of."""
        for number in sorted(self.beyond.disposed):
            known = self.after.facts.keys() | self.before.facts.keys() | self.beyond.disposed_before
            if number not in known and number in self.beyond.earlier:
                yield self._disposed(number, self.beyond.earlier[number])

    def _disposed(self, number: int, last: DeviceFacts) -> Change:
        stated = self.beyond.disposed[number]
        day = stated.disposed.isoformat() if stated.disposed else ""
        what = f"disposed of on {day}, stated by {stated.by}" + (f" ({stated.ref})" if stated.ref else "")
        before = what_it_is(last.state)
        return self._change(
            ChangeKind.REMOVED, number, last.state, "device", before, what, since=last.last_seen, cause="attestation"
        )

    def _compared(self, number: int) -> Iterator[Change]:
        """Yield how a device differs from what was known of it."""
        before, seen = self.before.facts[number], self.after.facts[number]
        if before.state.something_else and seen.state.something_else:
            return
        yield from self._of_device(number, before, seen)
        was = before.state
        now = self._known_now(number, was, seen.state)
        yield from self._recognised(number, was, now)
        if self.same_policies:
            yield from self._verdict(number, was, now)
            yield from self._statuses(number, was, now)

    def _of_device(self, number: int, before: DeviceFacts, seen: DeviceFacts) -> Iterator[Change]:
        """Yield where it went, and its new firmware."""
        was = before.state
        now = settled(was, seen.state)
        direct = seen.attached_to is not None and seen.attached_to.direct
        for what, one, other in differences(before, now, direct):
            yield self._change(ChangeKind.MOVED, number, now, what, one, other)
        if was.firmware and now.firmware and not same_firmware(was.firmware, now.firmware):
            yield self._change(ChangeKind.FIRMWARE, number, now, "firmware", was.firmware, now.firmware)

    def _recognised(self, number: int, was: DeviceState, now: DeviceState) -> Iterator[Change]:
        cause = self.causes.identity.get(number, "device")
        for what in _IDENTITY:
            before, after = getattr(was, what), getattr(now, what)
            learned = before is None and what in _TOLD_NOW_AND_THEN and cause == "device"
            if before != after and not learned:
                yield self._change(ChangeKind.RECOGNISED, number, now, what, before or "", after or "", cause=cause)
                return

    def _verdict(self, number: int, was: DeviceState, now: DeviceState) -> Iterator[Change]:
        cause = self.causes.verdict.get(number, "device")
        worse = _rank(standing(now)) < _rank(standing(was))
        if was.verdict is not now.verdict:
            before, after = (str(state.verdict or "") for state in (was, now))
            yield self._change(ChangeKind.VERDICT, number, now, "verdict", before, after, cause=cause, worse=worse)
            return
        ours, theirs = strongest(was), strongest(now)
        for rule in sorted(ours.keys() | theirs.keys()):
            if ours.get(rule) is not theirs.get(rule):
                before, after = str(ours.get(rule, "")), str(theirs.get(rule, ""))
                yield self._change(ChangeKind.VERDICT, number, now, f"rule {rule}", before, after, cause=cause, worse=worse)

    def _statuses(self, number: int, was: DeviceState, now: DeviceState) -> Iterator[Change]:
        entries = {**self.before.exceptions, **self.after.exceptions}
        for kind, name, before, after in held_and_lapsed(was, now, entries, self.after.as_of):
            worse = kind is not ChangeKind.EXCEPTION_OPENED and standing(now) is not None
            what = f"exception {name}"
            yield self._change(kind, number, now, what, before, after, cause="exception", worse=worse)

    def _change(
        self,
        kind: ChangeKind,
        number: int,
        state: DeviceState,
        what: str,
        before: str,
        after: str,
        *,
        cause: Cause = "device",
        worse: bool = False,
        opens: bool = False,
        since: datetime | None = None,
    ) -> Change:
        return Change(
            kind=kind,
            device=number,
            key=state.key,
            address=_address(state),
            cause=cause,
            what=what,
            before=before,
            after=after,
            verdict=state.verdict,
            worse=worse or (opens and standing(state) is not None),
            since=since,
        )

    def _known_now(self, number: int, was: DeviceState, seen: DeviceState) -> DeviceState:
        """Return what is known of a device after the look."""
        closely = self.after.looked_at(seen.site, seen.ips) is not None
        by_itself = self.causes.identity.get(number) not in ("data", "attestation")
        stands = self.causes.standing.get(number, was)
        if (by_itself or number in self.causes.standing) and fades(stands, seen, closely=closely):
            return concluding(settled(was, seen), stands)
        return settled(was, seen, by_itself=by_itself)

    def _not_comparable(self) -> tuple[str, ...]:
        """Return why something could not be compared."""
        said = []
        if self.before.site != self.after.site:
            said.append(f"the runs are of two sites, {self.before.site} and {self.after.site}")
        if not self.same_policies:
            names = [", ".join(one.policies) or "none" for one in (self.before, self.after)]
            said.append(f"verdicts: the runs were judged by other policies, {names[0]} and {names[1]}")
        said += [
            f"run {one.run} is incomplete: what only it did not see is not called gone, nor returned"
            for one in (self.before, self.after)
            if not one.complete
        ]
        if self.before.complete and self.after.complete:
            for network, site in sorted({row for one in (self.before, self.after) for row in _ranges(one)}):
                ours, theirs = (_level(one, network, site) for one in (self.before, self.after))
                if ours != theirs:
                    said.append(f"{network}: {ours} in run {self.before.run}, {theirs} in run {self.after.run}")
        return tuple(said)


def standing(state: DeviceState) -> Verdict | None:
    """Return the strongest verdict that is neither accepted nor planned, of those that an exit code speaks of."""
    return open_verdict(state.verdict, state.findings)


def strongest(state: DeviceState) -> dict[str, Verdict]:
    """Return each rule's strongest finding that is more than none."""
    found: dict[str, Verdict] = {}
    for finding in state.findings:
        if finding.verdict is not Verdict.NO_FINDING:
            found[finding.rule] = max(finding.verdict, found.get(finding.rule, finding.verdict), key=_STRENGTH.index)
    return found


def what_it_is(state: DeviceState) -> str:
    """Return label, maker and model as slugs; empty where nothing is known."""
    names = dict.fromkeys(name for name in (state.brand, state.maker) if name)
    kind = state.kind if state.kind != "unknown" else None
    return " ".join(part for part in (" → ".join(names), state.model, None if names else kind) if part)


def _address(state: DeviceState) -> str:
    return state.ips[0] if state.ips else state.key


def _rank(verdict: Verdict | None) -> int:
    return len(_WORST_FIRST) if verdict is None else _WORST_FIRST.index(verdict)


def _ranges(sight: Sight) -> dict[tuple[str, str], CoverageLevel]:
    """Return the ranges that were covered, each with its site."""
    return {(row.range, row.site or sight.site): row.level for row in sight.coverage if row.complete}


def _level(sight: Sight, network: str, site: str) -> str:
    """Return how closely a complete run looked at a whole range."""
    own = _ranges(sight).get((network, site))
    for level in CLOSENESS:
        wanted = pieces([Coverage(range=network, level=level, complete=True, site=site)], sight.site)
        if not without(wanted, sight.reach()):
            return f"covered ({level})"
    return f"covered ({own})" if own is not None else "not covered"


def _took_place(new: DeviceState, gone: DeviceState) -> bool:
    alike = new.kind == gone.kind or {new.kind, gone.kind} <= CAMERA_KINDS
    return new.site == gone.site and alike and (_same_interface(new, gone) or same_place(new, gone))


def _farness(one: DeviceState, other: DeviceState) -> tuple[bool, bool]:
    """Return a key by which what shares an interface comes first, then what shares an address."""
    return not _same_interface(one, other), not set(one.ips) & set(other.ips)


def _same_interface(one: DeviceState, other: DeviceState) -> bool:
    return any(not is_local_mac(mac) for mac in set(one.macs) & set(other.macs))


def _urgency(change: Change) -> tuple[object, ...]:
    rank = _rank(change.verdict if change.verdict in _WORST_FIRST else None)
    return (not change.worse, _ORDER.index(change.kind), rank, change.key, change.what, change.device)
