"""Because of what two runs differ: the evidence that showed a device judged again, with one thing after another as it is now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property

from camscan.assessment import Found, Judging, identified
from camscan.history.causes import Step, causes_of
from camscan.history.changes import Causes
from camscan.history.closeness import concluding, fades, same_conclusion, settled
from camscan.history.matching import Matching
from camscan.history.sight import Sight
from camscan.identity import identities
from camscan.model import Attestation, Cause, DeviceException, DeviceFacts, DeviceState, KnownDevice, Run
from camscan.policy.rules import days_in
from camscan.progress import NOBODY
from camscan.rejudge import report_of
from camscan.report.observations import ObservationFile
from camscan.statements import Recorded
from camscan.store.devices import state_of

NO_ENTRIES: Mapping[str, DeviceException] = {}


@dataclass(frozen=True, slots=True)
class Side:
    """One of two runs that are compared: what it knew, and from what that followed."""

    sight: Sight
    run: Run
    evidence: Callable[[], ObservationFile]
    """Reads what it heard, where a cause is to be found."""
    attestations: tuple[Attestation, ...] = ()
    """Those that it used."""
    shown_by: Mapping[int, Side] = field(default_factory=dict)
    """By device the run that showed what it is recognised as, where that is an older one; its devices need not be known."""
    seen_by: Mapping[int, Side] = field(default_factory=dict)
    """By device the run that saw it last, where that is an older one; as of `shown_by`."""


def established(
    before: Side,
    after: Side,
    devices: Collection[int],
    facts: Mapping[int, DeviceFacts],
    known: Sequence[KnownDevice],
    judging: Judging,
) -> tuple[Causes, Mapping[int, DeviceState]]:
    """Return because of what these devices are judged or recognised otherwise, and what was to be told of them by the earlier run.

    facts: what was known of them. The second: of those of which an older run showed more than the earlier one. judging: by the data of
    today; its policies and site count for nothing.
    """
    causes, told = _Causes(), dict[int, DeviceState]()
    groups: dict[str, dict[str, list[int]]] = {}
    sides = {one.sight.run: one for one in (before, *before.shown_by.values(), *before.seen_by.values())}
    for number in sorted(devices):
        shown, seen = (some.get(number, before).sight.run for some in (before.shown_by, before.seen_by))
        groups.setdefault(shown, {}).setdefault(seen, []).append(number)
    last: Mapping[int, DeviceState] = {number: one.state for number, one in after.sight.facts.items() if number in devices}
    if devices and after.run.data_version != judging.knowledge.version:
        last = _Again(after, devices, known, judging).by(after.run, after.attestations)
    for shown, by_last in groups.items():
        again = _Again(sides[shown], {number for numbers in by_last.values() for number in numbers}, known, judging)
        for seen, numbers in by_last.items():
            was = {number: facts[number].state for number in numbers}
            if shown != seen:
                was = _brought_up(again, sides[seen], was, judging)
                told |= was
            _weigh(again, sides[seen], after, was, last, causes)
    return Causes(verdict=causes.verdict, identity=causes.identity, standing=causes.standing), told


def judged_otherwise(before: Side, after: Side, judging: Judging) -> bool:
    """Return whether by the later of two runs anything but a device may have made its verdict or identification another."""
    ours, theirs = (
        (one.run.data_version, one.run.version, one.run.policies, one.run.site, one.run.sites, one.attestations)
        for one in (before, after)
    )
    entries = [*before.sight.exceptions.values(), *after.sight.exceptions.values()]
    if ours != theirs or before.sight.exceptions != after.sight.exceptions:
        return True
    longest = timedelta(days=judging.recorded.longest)
    ends = {entry.recorded_on + longest for entry in entries}
    days = judging.book.days() | ends | set(days_in((tuple(entries), ours)))
    first, last = sorted((before.run.as_of, after.run.as_of))
    return any(first <= day <= last for day in days) and first != last


@dataclass
class _Causes:
    """What was found so far."""

    verdict: dict[int, Cause] = field(default_factory=dict)
    identity: dict[int, Cause] = field(default_factory=dict)
    standing: dict[int, DeviceState] = field(default_factory=dict)


def _brought_up(again: _Again, before: Side, was: Mapping[int, DeviceState], judging: Judging) -> dict[int, DeviceState]:
    """Return what an older run showed of devices, judged as by the time of a later one that showed less."""
    old, new = again.side.run, before.run
    then = again.by(new, before.attestations, before.sight.exceptions)
    same_data = old.data_version == new.data_version
    found = dict(was)
    for number in was.keys() & then.keys():
        state = then[number]
        otherwise = (
            not same_conclusion(again.own[number], state) if same_data else new.data_version == judging.knowledge.version
        )
        if otherwise:
            found[number] = concluding(was[number], settled(was[number], state, by_itself=same_data))
    return found


def _weigh(
    again: _Again, before: Side, after: Side, was: Mapping[int, DeviceState], last: Mapping[int, DeviceState], causes: _Causes
) -> None:
    """Add the causes of the devices that one run showed. was: what was told of them; last: what the later run shows."""
    old, new = before.run, after.run
    same_data = (old.data_version, old.version) == (new.data_version, new.version)
    entries = {**before.sight.exceptions, **after.sight.exceptions}
    used = before.attestations
    then = again.by(old, used, before.sight.exceptions)
    states = then if same_data else was
    steps = [] if same_data else [Step("data", then)]
    sited = replace(old, site=new.site, sites=new.sites)
    if (old.site, old.sites) != (new.site, new.sites):
        steps.append(Step("site", again.by(sited, used, entries)))
    if {one.id: one for one in used} != {one.id: one for one in after.attestations}:
        used = after.attestations
        steps.append(Step("attestation", again.by(sited, used, entries)))
    if old.as_of != new.as_of:
        steps.append(Step("rule", again.by(replace(sited, as_of=new.as_of), used, entries)))
    by_us = causes_of(states, steps)
    by_all = causes_of(states, [*steps, Step("device", {number: last[number] for number in was if number in last})])
    for number, stood in was.items():
        began = states.get(number, stood)
        stands = next((step.states[number] for step in reversed(steps) if number in step.states), began)
        if same_conclusion(stands, began):
            stands = stood
        else:
            by_itself = by_us.identity.get(number) not in ("data", "attestation")
            stands = causes.standing[number] = concluding(stood, settled(stood, stands, by_itself=by_itself))
        seen = after.sight.facts[number].state
        faded = fades(stands, seen, closely=after.sight.looked_at(seen.site, seen.ips) is not None)
        found = by_us if faded else by_all
        causes.verdict |= {number: found.verdict[number]} if number in found.verdict else {}
        causes.identity |= {number: found.identity[number]} if number in found.identity else {}


class _Again:
    """The evidence of one run, judged again by the data of today."""

    def __init__(self, side: Side, devices: Collection[int], known: Sequence[KnownDevice], judging: Judging) -> None:
        self.side = side
        self._devices, self._known = devices, known
        self._judging = replace(judging, steps=NOBODY)
        self._evidence = side.evidence()
        self._found: Found = identified(self._evidence.observations, self._judging)

    @cached_property
    def own(self) -> Mapping[int, DeviceState]:
        """What follows by the run's own site, day and policies, and by what persons had stated."""
        return self.by(self.side.run, self.side.attestations)

    def by(
        self, run: Run, attestations: tuple[Attestation, ...], exceptions: Mapping[str, DeviceException] = NO_ENTRIES
    ) -> Mapping[int, DeviceState]:
        """Return what follows by the site, day and policies of a run, and by what persons stated, of each device by its number.

        exceptions: by id, beside those that the run used itself.
        """
        evidence, claims = self._evidence, self._judging.knowledge.claims
        judging = replace(
            self._judging,
            policies=run.policies,
            site=run.site,
            sites=run.sites,
            as_of=run.as_of,
            recorded=Recorded(
                attestations=attestations,
                exceptions=tuple({**self.side.sight.exceptions, **exceptions}.values()),
                longest=self._judging.recorded.longest,
            ),
        )
        report = report_of(run, evidence, judging, found=self._found)
        marks = identities([judged.asset for judged in report.assets], claims)
        numbers = Matching(claims)(self._known, report, marks)
        return {number: state_of(report.assets[place]) for place, number in numbers.items() if number in self._devices}
