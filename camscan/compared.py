"""The orchestration of history: two runs compared, and because of what they differ; what a report says of earlier runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from camscan.assessment import Judging
from camscan.basis import Memory, age, alike_before, covering, kind_of, lately_seen, placed, ranges_of
from camscan.history.changes import Beyond, changes, differing
from camscan.history.closeness import told_in_full, unlike
from camscan.history.life import Life, Look, life_of
from camscan.history.matching import Matching, as_known
from camscan.history.sight import Sight
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
from camscan.report.observations import ObservationFile
from camscan.store.devices import state_of
from camscan.store.store import Store
from camscan.store.values import KeptRun
from camscan.why import Side, established, judged_otherwise

MOST_LOOKS = 60
"""Complete runs that are asked when they had looked for a device that is new."""
MOST_PAST = 400
"""Earlier runs that a report tells of."""
NOTHING: Mapping[int, DeviceFacts] = {}


def between(before: Side, after: Side, known: Sequence[KnownDevice], judging: Judging, beyond: Beyond) -> Diff:
    """Return how two runs of a site differ, and because of what. judging: by the data of today; its policies and site count for nothing."""
    found = differing(before.sight, after.sight, beyond)
    causes, told = established(before, after, found, {**beyond.earlier, **before.sight.facts}, known, judging)
    earlier = replace(before.sight, facts=_as_told(before.sight.facts, told))
    different = changes(earlier, after.sight, replace(beyond, earlier=_as_told(beyond.earlier, told)), causes)
    slugs = {word for one in different.changes for text in (one.before, one.after) for word in text.split(" ")}
    display = judging.knowledge.display
    names = ((slug, display.get(slug) or judging.book.name(slug)) for slug in sorted(slugs))
    return replace(different, display=tuple((slug, name) for slug, name in names if name != slug))


def _as_told(facts: Mapping[int, DeviceFacts], told: Mapping[int, DeviceState]) -> Mapping[int, DeviceFacts]:
    return {number: replace(one, state=told[number]) if number in told else one for number, one in facts.items()}


def between_kept(store: Store, earlier: str, later: str, judging: Judging) -> Diff:
    """Return how two runs of a store differ, the older one first whatever their order. judging: as of `between`. Raises StoreError."""
    one, other = sorted((store.run(name) for name in (earlier, later)), key=age)
    before, after = _side(store, one), _side(store, other)
    memory = Memory(store, store.runs(site=one.run.site.name), one)
    return _of_store(store, before, after, store.devices(), before.sight.facts.keys(), memory, judging)


def since_before(store: Store, name: str, judging: Judging) -> Diff | None:
    """Return what a run of a store found different from all that runs before it knew; None for the first of its site and policies.

    What was told of an earlier run is not told again; a run that nobody was told of counts for nothing. judging: as of `between`. Raises StoreError.
    """
    after = store.run(name)
    untold = store.untold(after.run.site.name)
    told = [one for one in store.runs(site=after.run.site.name) if one.id not in untold]
    alike = alike_before(told, after)
    if not alike:
        return None
    before, later = _side(store, alike[0]), _side(store, after)
    lately = lately_seen(store, before.sight, alike[1:], later.sight.facts.keys())
    looked = covering(store, alike, after)
    if looked:
        rows = dict.fromkeys(row for one in looked for row in one.coverage)
        before = replace(before, sight=replace(before.sight, complete=True, coverage=tuple(rows)))
    sites = {row.site or after.run.site.name for row in later.sight.coverage}
    known = store.devices()
    there = {device.number for device in known if device.site in sites} | before.sight.facts.keys()
    return _of_store(store, before, later, known, there, Memory(store, told, alike[0]), judging, lately)


def newest_two(store: Store, site: str | None = None) -> tuple[KeptRun, KeptRun] | None:
    """Return the two newest complete runs of the newest run's site and policies, older one first; None where there are not two."""
    runs = store.runs(site=site)
    same = [one for one in runs if one.complete and kind_of(one) == kind_of(runs[0])]
    return (same[1], same[0]) if len(same) > 1 else None


def untold_before(store: Store, name: str) -> tuple[KeptRun, ...]:
    """Return the runs before one, back to the last that was told, of which nobody was told, newest first. Raises StoreError."""
    after = store.run(name)
    untold = store.untold(after.run.site.name)
    alike = alike_before(store.runs(site=after.run.site.name), after)
    return tuple(takewhile(lambda one: one.id in untold, alike))


def _of_store(
    store: Store,
    before: Side,
    after: Side,
    known: Sequence[KnownDevice],
    there: Collection[int],
    memory: Memory,
    judging: Judging,
    lately: Mapping[int, DeviceFacts] = NOTHING,
) -> Diff:
    """Compare a run with what was known of each device by an earlier one.

    there: devices that may have been there by then, and be gone. lately: as of `lately_seen`.
    """
    disposed = disposals(known, judging, after.run)
    seen, shown = after.sight.facts, before.sight.facts
    otherwise = judged_otherwise(before, after, judging)
    same = {
        number: facts
        for number, facts in {**lately, **shown}.items()
        if (
            _tells_nothing(facts, seen[number], otherwise=otherwise or number not in shown)
            if number in seen
            else _out_of_sight(facts, after.sight)
        )
    }
    remembered = memory.of({*seen, *shown, *disposed, *there} - same.keys())
    gone = {
        number
        for number, one in remembered.items()
        if number not in shown and (memory.missed(one) or number not in (seen.keys() | there))
    }
    facts = same | {number: one.facts for number, one in remembered.items() if number not in gone}
    compared = {number: remembered[number] for number in seen.keys() & remembered.keys()}
    older = {name for one in compared.values() for name in (one.run, one.last)} - {before.sight.run}
    sides = {name: _side(store, memory.run(name), devices=False) for name in sorted(older)}
    entries = {name: entry for one in (*sides.values(), before) for name, entry in one.sight.exceptions.items()}
    known_by = replace(
        before,
        sight=replace(before.sight, facts=facts, exceptions=entries),
        shown_by={number: sides[one.run] for number, one in compared.items() if one.run in sides},
        seen_by={number: sides[one.last] for number, one in compared.items() if one.last in sides},
    )
    beyond = Beyond(
        earlier={number: remembered[number].facts for number in gone},
        levels={number: one.level for number, one in remembered.items()},
        disposed=disposed,
        disposed_before=frozenset(disposals(known, judging, before.run)),
    )
    return between(known_by, after, known, judging, beyond)


def _tells_nothing(before: DeviceFacts, seen: DeviceFacts, *, otherwise: bool) -> bool:
    """Return whether a look like the one before is no change, whatever looks before both had shown. otherwise: as of `judged_otherwise`."""
    return not unlike(before, seen) and (told_in_full(seen.state) or not otherwise)


def _out_of_sight(facts: DeviceFacts, sight: Sight) -> bool:
    """Return whether a run looked nowhere where a device was."""
    return bool(facts.state.ips) and sight.looked_at(facts.state.site, facts.state.ips) is None


def _side(store: Store, one: KeptRun, *, devices: bool = True) -> Side:
    """Return a run as one of two that are compared. devices: whether those that it saw are asked for."""
    attestations, exceptions = store.statements(one.id)
    facts = store.report_facts(one.id) if devices else ()
    seen = Sight.of(one.id, placed(one), one.complete, store.coverage(one.id), facts, exceptions)
    return Side(seen, one.run, lambda: store.evidence(one.id), attestations)


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
    kept = _before(store, run)
    came_before = {one.id for one in kept}
    same = [one for one in kept if frozenset(one.run.policies) == frozenset(run.policies)][:MOST_PAST]
    past = tuple(PastRun(at=one.run.started_at, verdicts=one.verdicts, complete=one.complete) for one in reversed(same))
    known = {device.number: device for device in store.devices()}
    numbers = Matching(claims)(tuple(known.values()), report, marks)
    looks = [ranges_of(store, one) for one in [one for one in kept if one.complete][:MOST_LOOKS]]
    assets = []
    for place, judged in enumerate(report.assets):
        device = known.get(numbers.get(place, 0))
        first_seen = judged.asset.first_seen
        if device is not None and (
            device.first_seen < first_seen
            or device.absent_until is not None
            or (came_before and any(one.run in came_before for one in store.sightings(device.number)))
        ):
            since, absent = min(device.first_seen, first_seen), device.absent_until
        else:
            looked = (one for one in looks if one.looked_at(judged.asset.site, judged.asset.ips) is not None)
            since, absent = first_seen, next((one.started_at for one in looked), None)
        assets.append(replace(judged, presence=Presence(since=since, absent_until=absent)))
    return replace(report, past=past, assets=tuple(assets))


def _before(store: Store, run: Run) -> list[KeptRun]:
    """Return the runs of a run's site that came before it, newest first, whatever the clock said; before one that is to be kept, all own ones."""
    runs = store.runs(site=run.site.name)
    itself = next((one for one in runs if (one.run.id, one.run.started_at) == (run.id, run.started_at)), None)
    if itself is not None:
        return [one for one in runs if age(one) < age(itself)]
    return [one for one in runs if one.origin == "run" or one.at < run.started_at]


def life(store: Store, device: KnownDevice) -> Life:
    """Return the life of a known device, as far as runs are kept. Raises StoreError."""
    sightings = store.sightings(device.number)
    addresses: dict[str, tuple[str, ...]] = {one.run: one.facts.state.ips for one in sightings}
    last: tuple[str, ...] = ()
    looks = []
    for one in sorted(store.runs(site=device.site), key=age):
        last = addresses.get(one.id) or last
        looked = bool(last) and one.id not in addresses and ranges_of(store, one).looked_at(device.site, last) is not None
        looks.append(Look(run=one.id, at=one.run.started_at, policies=one.run.policies, looked=looked))
    stated = [store.statements(one) for one in addresses]
    attestations = {one.id: one for some, _ in stated for one in some}
    exceptions = {one.id: one for _, some in stated for one in some}
    return life_of(device, sightings, looks, attestations.values(), exceptions.values())
