"""The orchestration of history: two runs compared, and because of what they differ; what a report says of earlier runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from camscan.history.causes import Step, causes_of
from camscan.history.changes import Beyond, Causes, changes, differing
from camscan.history.life import Life, Look, life_of
from camscan.history.matching import Matching, as_known
from camscan.history.sight import Sight, after_a_look, overlaid
from camscan.identity import Bindings, Identity, bound, identities
from camscan.model import (
    Attestation,
    DeviceFacts,
    DeviceState,
    Diff,
    KnownDevice,
    PastRun,
    Presence,
    Report,
    Run,
)
from camscan.pipeline import Found, Judging, identified
from camscan.progress import NOBODY
from camscan.rejudge import report_of
from camscan.report.observations import ObservationFile
from camscan.statements import Recorded
from camscan.store.devices import state_of
from camscan.store.store import Store
from camscan.store.values import KeptRun

MOST_BACK = 60
"""Runs that are looked back on, for ranges that not every run covers."""
MOST_LOOKS = 12
"""Sightings from which it is told what was known of a device that was away."""
MOST_PAST = 400
"""Earlier runs that a report tells of."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of two runs that are compared: what it knew, and from what that followed."""

    sight: Sight
    run: Run
    evidence: Callable[[], ObservationFile]
    """Reads what it heard, where a cause is to be found."""
    attestations: tuple[Attestation, ...] = ()
    """Those that it used."""


def between(before: Side, after: Side, known: Sequence[KnownDevice], judging: Judging, beyond: Beyond) -> Diff:
    """Return how two runs of a site differ, and because of what. judging: by the data of today; its policies and site count for nothing."""
    found = differing(before.sight, after.sight)
    causes = established(before, after, found, known, judging) if found else Causes()
    return changes(before.sight, after.sight, beyond, causes)


def between_kept(store: Store, earlier: str, later: str, judging: Judging) -> Diff:
    """Return how two runs of a store differ, the older one first whatever their order. judging: as of `between`. Raises StoreError."""
    one, other = sorted((store.run(name) for name in (earlier, later)), key=_age)
    return _of_store(store, (one,), other, judging)


def since_before(store: Store, name: str, judging: Judging) -> Diff | None:
    """Return what a run of a store found different from all that runs before it knew; None for the first of its site and policies.

    What was told of an earlier run is not told again. judging: as of `between`. Raises StoreError.
    """
    after = store.run(name)
    basis = _basis(store, after)
    return _of_store(store, basis, after, judging) if basis else None


def newest_two(store: Store, site: str | None = None) -> tuple[KeptRun, KeptRun] | None:
    """Return the two newest complete runs of the newest run's site and policies, older one first; None where there are not two."""
    runs = store.runs(site=site)
    same = [one for one in runs if one.complete and _kind_of(one) == _kind_of(runs[0])]
    return (same[1], same[0]) if len(same) > 1 else None


def _kind_of(one: KeptRun) -> tuple[object, ...]:
    return one.run.site.name, frozenset(one.run.policies)


def _age(one: KeptRun) -> tuple[object, ...]:
    return one.at, one.id


def _placed(one: KeptRun) -> Run:
    """Return a run as if the clock had never been set back, so that what is later also looks later."""
    return replace(one.run, started_at=one.at)


def _basis(store: Store, after: KeptRun) -> tuple[KeptRun, ...]:
    """Return the runs that together looked where a run did, newest last: back to a complete one, at most so far."""
    wanted = _sight(store, after)
    same = [one for one in store.runs(site=after.run.site.name) if _kind_of(one) == _kind_of(after) and _age(one) < _age(after)]
    found: list[KeptRun] = []
    sights: list[Sight] = []
    for one in same[:MOST_BACK]:
        found.append(one)
        sights.append(_sight(store, one))
        if overlaid(sights).covers(wanted):
            return tuple(reversed(found))
    enough = next((place for place, one in enumerate(found) if one.complete), len(found) - 1)
    return tuple(reversed(found[: enough + 1]))


def _sight(store: Store, one: KeptRun) -> Sight:
    """Return what a run knew of its ranges, without its devices."""
    return Sight.of(one.id, _placed(one), one.complete, store.coverage(one.id), ())


def _of_store(store: Store, basis: Sequence[KeptRun], after: KeptRun, judging: Judging) -> Diff:
    earlier, later = [_side(store, one) for one in basis], _side(store, after)
    first, newest = earlier[0], earlier[-1]
    kept = {one.id: one for one in store.runs(site=after.run.site.name)}
    came_later = {number for one in earlier[1:] for number in one.sight.facts} - first.sight.facts.keys()
    memory = {number: facts for number in came_later if (facts := _remembered(store, number, first.sight, kept)) is not None}
    before = replace(newest, sight=overlaid([one.sight for one in earlier], memory))
    known = store.devices()
    disposed = disposals(known, judging, later.run)
    asked = (later.sight.facts.keys() | disposed.keys()) - before.sight.facts.keys()
    beyond = Beyond(
        earlier={number: facts for number in asked if (facts := _remembered(store, number, before.sight, kept)) is not None},
        disposed=disposed,
        disposed_before=frozenset(disposals(known, judging, newest.run)),
    )
    return between(before, later, known, judging, beyond)


def _side(store: Store, one: KeptRun) -> Side:
    attestations, exceptions = store.statements(one.id)
    sight = Sight.of(one.id, _placed(one), one.complete, store.coverage(one.id), store.report_facts(one.id), exceptions)
    return Side(sight, one.run, lambda: store.evidence(one.id), attestations)


def _remembered(store: Store, number: int, sight: Sight, kept: Mapping[str, KeptRun]) -> DeviceFacts | None:
    """Return what was known of a device before a run that did not see it; None where no earlier run did."""
    known: DeviceFacts | None = None
    data = ""
    for one in [one for one in store.sightings(number) if one.at < sight.started_at][-MOST_LOOKS:]:
        run = kept.get(one.run)
        closely, version = run is not None and run.complete, run.run.data_version if run is not None else ""
        known = one.facts if known is None else after_a_look(known, one.facts, closely=closely, same_data=version == data)
        data = version
    return known


def disposals(known: Iterable[KnownDevice], judging: Judging, run: Run) -> dict[int, Attestation]:
    """Return the devices that persons state to be disposed of, by number, as a run knew it and did not see them."""
    unseen = frozenset(run.attestations.not_seen) if run.attestations is not None else frozenset[str]()
    stated = sorted(
        (
            one
            for one in judging.recorded.attestations
            if one.id in unseen and one.disposed is not None and max(one.disposed, one.recorded_on) <= run.as_of
        ),
        key=lambda one: (one.recorded_on, one.id),
    )
    claims = judging.knowledge.claims
    bindings = Bindings((one.bound_to for one in stated), claims)
    found: dict[int, Attestation] = {}
    for device in known if stated else ():
        marks = bound((mark.text for mark in device.marks), claims)
        for number, _ in bindings.naming(marks):
            found[device.number] = stated[number]
    return found


def established(before: Side, after: Side, devices: Collection[int], known: Sequence[KnownDevice], judging: Judging) -> Causes:
    """Return because of what these devices are judged or recognised otherwise: the earlier evidence judged again, step by step."""
    again = _Again(before, devices, known, judging)
    old, new = before.run, after.run
    same_data = (old.data_version, old.version) == (new.data_version, new.version)
    first = {number: facts.state for number, facts in before.sight.facts.items() if number in devices}
    then = again.by(old, before.attestations)
    states: Mapping[int, DeviceState] = first if not same_data else then
    steps = [] if same_data else [Step("data", then)]
    sited = replace(old, site=new.site, sites=new.sites)
    stated = before.attestations
    if (old.site, old.sites) != (new.site, new.sites):
        steps.append(Step("site", again.by(sited, stated)))
    if {one.id: one for one in stated} != {one.id: one for one in after.attestations}:
        stated = after.attestations
        steps.append(Step("attestation", again.by(sited, stated)))
    if old.as_of != new.as_of:
        steps.append(Step("rule", again.by(replace(sited, as_of=new.as_of), stated)))
    if new.data_version == judging.knowledge.version:
        last: Mapping[int, DeviceState] = {n: facts.state for n, facts in after.sight.facts.items() if n in devices}
    else:
        last = _Again(after, devices, known, judging).by(new, after.attestations)
    return causes_of(states, [*steps, Step("device", last)])


class _Again:
    """The evidence of one run, judged again by the data of today."""

    def __init__(self, side: Side, devices: Collection[int], known: Sequence[KnownDevice], judging: Judging) -> None:
        self._devices, self._known = devices, known
        self._judging = replace(judging, steps=NOBODY)
        self._evidence = side.evidence()
        self._found: Found = identified(self._evidence.observations, self._judging)

    def by(self, run: Run, attestations: tuple[Attestation, ...]) -> Mapping[int, DeviceState]:
        """Return what follows by the site, day and policies of a run, and by what persons stated, of each device by its number."""
        evidence, claims = self._evidence, self._judging.knowledge.claims
        judging = replace(
            self._judging,
            policies=run.policies,
            site=run.site,
            sites=run.sites,
            as_of=run.as_of,
            recorded=Recorded(attestations=attestations),
        )
        report = report_of(run, evidence, judging, found=self._found)
        marks = identities([judged.asset for judged in report.assets], claims)
        numbers = Matching(claims)(self._known, report, marks)
        return {number: state_of(report.assets[place]) for place, number in numbers.items() if number in self._devices}


def of_reports(before: tuple[Report, ObservationFile], after: tuple[Report, ObservationFile], judging: Judging) -> Diff:
    """Return how two reports differ whose runs no store keeps; devices are numbered for this comparison alone."""
    claims = judging.knowledge.claims
    old, new = before[0], after[0]
    states = [state_of(judged) for judged in old.assets]
    known = as_known(old, identities([judged.asset for judged in old.assets], claims), states)
    marks = identities([judged.asset for judged in new.assets], claims)
    numbers = dict(Matching(claims)(known, new, marks))
    for place in range(len(new.assets)):
        numbers.setdefault(place, len(old.assets) + 1 + place)
    sides = (
        _side_of(old, before[1], {place: place + 1 for place in range(len(old.assets))}),
        _side_of(new, after[1], numbers),
    )
    disposed = disposals(known, judging, new.run)
    beyond = Beyond(disposed=disposed, disposed_before=frozenset(disposals(known, judging, old.run)))
    return between(*sides, known, judging, beyond)


def _side_of(report: Report, evidence: ObservationFile, numbers: Mapping[int, int]) -> Side:
    facts = [
        DeviceFacts(
            device=numbers[place],
            state=state_of(judged),
            first_seen=judged.asset.first_seen,
            last_seen=judged.asset.last_seen,
            attached_to=judged.attached_to,
        )
        for place, judged in enumerate(report.assets)
    ]
    exceptions = {entry.id: entry for judged in report.assets for entry in judged.exceptions}
    stated = {one.attestation.id: one.attestation for judged in report.assets for one in judged.attestations}
    sight = Sight.of(report.run.id, report.run, report.complete, report.coverage, facts, tuple(exceptions.values()))
    return Side(sight, report.run, lambda: evidence, tuple(stated.values()))


def with_history(report: Report, store: Store, marks: Sequence[Identity], claims: Mapping[str, str]) -> Report:
    """Return a report with what the store knows of earlier runs, and since when each device is known. Raises StoreError.

    marks: identities of the report's assets, in order.
    """
    run = report.run
    kept = [one for one in store.runs(site=run.site.name) if one.run.started_at < run.started_at]
    same = [one for one in kept if frozenset(one.run.policies) == frozenset(run.policies)][:MOST_PAST]
    past = tuple(PastRun(at=one.run.started_at, verdicts=one.verdicts, complete=one.complete) for one in reversed(same))
    known = {device.number: device for device in store.devices()}
    numbers = Matching(claims)(tuple(known.values()), report, marks)
    looks = [_sight(store, one) for one in [one for one in kept if one.complete][:MOST_BACK]]
    assets = []
    for place, judged in enumerate(report.assets):
        device = known.get(numbers.get(place, 0))
        first_seen = judged.asset.first_seen
        if device is not None and (device.first_seen < first_seen or device.absent_until is not None):
            since, absent = min(device.first_seen, first_seen), device.absent_until
        else:
            looked = (one for one in looks if one.looked_at(judged.asset.site, judged.asset.ips) is not None)
            since, absent = first_seen, next((one.started_at for one in looked), None)
        assets.append(replace(judged, presence=Presence(since=since, absent_until=absent)))
    return replace(report, past=past, assets=tuple(assets))


def remember_absences(store: Store, name: str, report: Report) -> None:
    """Record of the devices that a kept run saw for the first time when a complete run had last looked for them. Raises StoreError."""
    known = {device.number: device for device in store.devices()}
    for facts, judged in zip(store.report_facts(name), report.assets, strict=True):
        device, presence = known[facts.device], judged.presence
        if presence is None or presence.absent_until is None or device.absent_until is not None:
            continue
        if device.first_seen >= presence.since:
            store.remember_absence(device.number, presence.absent_until)


def life(store: Store, device: KnownDevice) -> Life:
    """Return the life of a known device, as far as runs are kept. Raises StoreError."""
    sightings = store.sightings(device.number)
    addresses: dict[str, tuple[str, ...]] = {one.run: one.facts.state.ips for one in sightings}
    last: tuple[str, ...] = ()
    looks = []
    for one in sorted(store.runs(site=device.site), key=_age):
        last = addresses.get(one.id) or last
        looked = bool(last) and one.id not in addresses and _sight(store, one).looked_at(device.site, last) is not None
        looks.append(Look(run=one.id, at=one.run.started_at, policies=one.run.policies, looked=looked))
    stated = [store.statements(one) for one in addresses]
    attestations = {one.id: one for some, _ in stated for one in some}
    exceptions = {one.id: one for _, some in stated for one in some}
    return life_of(device, sightings, looks, attestations.values(), exceptions.values())
