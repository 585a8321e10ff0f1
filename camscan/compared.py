"""The orchestration of history: two runs compared, and because of what they differ; what a report says of earlier runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from camscan.basis import Memory, age, basis_of, kept_before, kind_of, placed, ranges_of
from camscan.history.changes import Beyond, changes, differing
from camscan.history.closeness import unlike
from camscan.history.life import Life, Look, life_of
from camscan.history.matching import Matching, as_known
from camscan.history.sight import Sight, overlaid
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
from camscan.pipeline import Judging
from camscan.report.observations import ObservationFile
from camscan.store.devices import state_of
from camscan.store.store import Store
from camscan.store.values import KeptRun
from camscan.why import Side, established

MOST_LOOKS = 60
"""Complete runs that are asked when they had looked for a device that is new."""
MOST_PAST = 400
"""Earlier runs that a report tells of."""


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
    return _of_store(store, (one,), other, judging)


def since_before(store: Store, name: str, judging: Judging) -> Diff | None:
    """Return what a run of a store found different from all that runs before it knew; None for the first of its site and policies.

    What was told of an earlier run is not told again; a run that nobody was told of counts for nothing. judging: as of `between`. Raises StoreError.
    """
    after = store.run(name)
    basis = basis_of(store, after)
    return _of_store(store, basis, after, judging) if basis else None


def newest_two(store: Store, site: str | None = None) -> tuple[KeptRun, KeptRun] | None:
    """Return the two newest complete runs of the newest run's site and policies, older one first; None where there are not two."""
    runs = store.runs(site=site)
    same = [one for one in runs if one.complete and kind_of(one) == kind_of(runs[0])]
    return (same[1], same[0]) if len(same) > 1 else None


def untold_before(store: Store, name: str) -> tuple[KeptRun, ...]:
    """Return the runs before one, back to the last that was told, of which nobody was told, newest first. Raises StoreError."""
    after = store.run(name)
    untold = store.untold(after.run.site.name)
    return tuple(takewhile(lambda one: one.id in untold, kept_before(store, after)))


def _of_store(store: Store, runs: Sequence[KeptRun], after: KeptRun, judging: Judging) -> Diff:
    """Compare a run with what others together knew, oldest first."""
    newest, later = _side(store, runs[-1]), _side(store, after)
    together = overlaid([*(_side(store, one).sight for one in runs[:-1]), newest.sight])
    known = store.devices()
    disposed = disposals(known, judging, later.run)
    memory = Memory(store, runs[-1])
    seen = later.sight.facts
    asked = {number for number, facts in together.facts.items() if number not in seen or unlike(facts, seen[number])}
    asked |= (seen.keys() | disposed.keys()) - together.facts.keys()
    remembered = {number: one for number in sorted(asked) if (one := memory.of(number)) is not None}
    away = remembered.keys() - together.facts.keys()
    facts = {**together.facts, **{number: one.facts for number, one in remembered.items() if number not in away}}
    older = {name for one in remembered.values() for name in (one.run, one.last)} - {runs[-1].id}
    sides = {name: _side(store, memory.run(name)) for name in sorted(older)}
    before = replace(
        newest,
        sight=replace(together, facts=facts),
        shown_by={number: sides[one.run] for number, one in remembered.items() if one.run in sides},
        seen_by={number: sides[one.last] for number, one in remembered.items() if one.last in sides},
    )
    beyond = Beyond(
        earlier={number: remembered[number].facts for number in away},
        seen_by={number: memory.last(remembered[number]) for number in away},
        disposed=disposed,
        disposed_before=frozenset(disposals(known, judging, newest.run)),
    )
    return between(before, later, known, judging, beyond)


def _side(store: Store, one: KeptRun) -> Side:
    attestations, exceptions = store.statements(one.id)
    seen = Sight.of(one.id, placed(one), one.complete, store.coverage(one.id), store.report_facts(one.id), exceptions)
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
            or any(one.run in came_before for one in store.sightings(device.number))
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
