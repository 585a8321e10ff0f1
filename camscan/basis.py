"""What a run of a store is compared with: what was known of each device by then, and the runs before it that looked where it did."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from camscan.history.reach import without
from camscan.history.remembered import Remembered, remembered
from camscan.history.sight import Sight
from camscan.model import DeviceFacts, Run, Sighting
from camscan.store.store import Store
from camscan.store.values import KeptRun

AT_ONCE = 50
"""Devices whose sightings are read at a time."""
READ_WHOLE = 3
"""Runs before the newest of which all devices are read at once; those that none of them saw are asked for one by one."""


def kind_of(one: KeptRun) -> tuple[object, ...]:
    """Return what two runs must share to be compared: site and policies."""
    return one.run.site.name, frozenset(one.run.policies)


def age(one: KeptRun) -> tuple[object, ...]:
    """Return a key that orders runs by time, older first."""
    return one.at, one.id


def placed(one: KeptRun) -> Run:
    """Return a run as if the clock had never been set back, so that what is later also looks later."""
    return replace(one.run, started_at=one.at)


def ranges_of(store: Store, one: KeptRun) -> Sight:
    """Return what a run knew of its ranges, without its devices. Raises StoreError."""
    return Sight.of(one.id, placed(one), one.complete, store.coverage(one.id), ())


def alike_before(runs: Iterable[KeptRun], after: KeptRun) -> list[KeptRun]:
    """Return those of a site's runs, newest first, that are by a run's policies and came before it."""
    return [one for one in runs if kind_of(one) == kind_of(after) and age(one) < age(after)]


def covering(store: Store, alike: Sequence[KeptRun], after: KeptRun) -> list[Sight]:
    """Return the complete runs that together looked where a run did, newest first and at least one where there is any; without devices.

    alike: as of `alike_before`. What none of them covered is left out. Raises StoreError.
    """
    lacking, found, enough = ranges_of(store, after).reach(), list[Sight](), 0
    for one in alike:
        if not one.complete:
            continue
        found.append(ranges_of(store, one))
        left = without(lacking, found[-1].reach())
        if left != lacking or not enough:
            lacking, enough = left, len(found)
        if not lacking:
            break
    return found[:enough]


def lately_seen(store: Store, newest: Sight, older: Sequence[KeptRun], wanted: Collection[int]) -> dict[int, DeviceFacts]:
    """Return what runs shortly before the newest saw of devices that it did not see, and that none missed since. older: newest first. Raises StoreError."""
    found: dict[int, DeviceFacts] = {}
    later, shown = [newest], set(newest.facts)
    for one in older[:READ_WHOLE]:
        if shown.issuperset(wanted):
            break
        sight = replace(ranges_of(store, one), facts={facts.device: facts for facts in store.report_facts(one.id)})
        for number in sight.facts.keys() - shown:
            state = sight.facts[number].state
            level = sight.level(state.site, state.ips)
            if not any(run.would_have_seen(state.site, state.ips, level) for run in later):
                found[number] = sight.facts[number]
        later.append(sight)
        shown |= sight.facts.keys()
    return found


class Memory:
    """What runs of a site and policies had told of single devices, as far as they are kept."""

    def __init__(self, store: Store, runs: Iterable[KeptRun], until: KeptRun) -> None:
        """Remember by those of a site's runs that are by the policies of one, and not after it."""
        self._store = store
        alike = (one for one in runs if kind_of(one) == kind_of(until) and age(one) <= age(until))
        self._runs = {one.id: one for one in sorted(alike, key=age)}
        self._sights: dict[str, Sight] = {}

    def of(self, numbers: Collection[int]) -> dict[int, Remembered]:
        """Return what was known of devices, of those that any run had seen. Raises StoreError."""
        asked = sorted(numbers)
        found = {}
        for first in range(0, len(asked), AT_ONCE):
            for number, sightings in self._store.sightings_of(asked[first : first + AT_ONCE]).items():
                known = remembered(self._looks(sightings))
                if known is not None:
                    found[number] = known
        return found

    def missed(self, known: Remembered) -> bool:
        """Return whether a run looked for a device in vain after it was seen last. Raises StoreError."""
        last = age(self._runs[known.last])
        return any(known.missed_by(self._sight(one)) for one in self._runs.values() if age(one) > last)

    def run(self, name: str) -> KeptRun:
        """Return a run that saw a device."""
        return self._runs[name]

    def _looks(self, sightings: Iterable[Sighting]) -> Iterator[tuple[Sight, DeviceFacts]]:
        """Yield the looks at a device, oldest first."""
        known = ((self._runs[one.run], one.facts) for one in sightings if one.run in self._runs)
        for run, facts in sorted(known, key=lambda one: age(one[0])):
            yield self._sight(run), facts

    def _sight(self, one: KeptRun) -> Sight:
        if one.id not in self._sights:
            self._sights[one.id] = ranges_of(self._store, one)
        return self._sights[one.id]
