"""What a run of a store is compared with: the runs before it that looked where it did, and what was known of each device by then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from camscan.history.reach import without
from camscan.history.sight import Sight, after_a_look
from camscan.model import DeviceFacts, Run
from camscan.store.store import Store
from camscan.store.values import KeptRun

MOST_BACK = 60
"""Runs that are looked back on where none of them is complete."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was known of a device after all looks at it."""

    facts: DeviceFacts
    run: str
    """Id of the run that showed what it is recognised as; later ones showed less."""
    last: str
    """Id of the run that saw it last."""


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


def kept_before(store: Store, after: KeptRun) -> list[KeptRun]:
    """Return the runs of a run's site and policies that were kept before it, newest first. Raises StoreError."""
    return [one for one in store.runs(site=after.run.site.name) if kind_of(one) == kind_of(after) and age(one) < age(after)]


def basis_of(store: Store, after: KeptRun) -> tuple[KeptRun, ...]:
    """Return the runs that together looked where a run did, newest last, back to a complete one at least; what none ever covered is left out.

    Runs that nobody was told of are not among them. Raises StoreError.
    """
    untold = store.untold(after.run.site.name)
    told = [one for one in kept_before(store, after) if one.id not in untold]
    lacking, enough = ranges_of(store, after).reach(), 0
    for number, one in enumerate(told, 1):
        if not one.complete:
            continue
        left = without(lacking, ranges_of(store, one).reach())
        if left != lacking or not enough:
            lacking, enough = left, number
        if not lacking:
            break
    return tuple(reversed(told[: enough or MOST_BACK]))


class Memory:
    """What all runs up to one had told of single devices, as far as they are kept."""

    def __init__(self, store: Store, until: KeptRun) -> None:
        self._store, self._until = store, until
        self._untold = store.untold(until.run.site.name)
        self._runs = {one.id: one for one in store.runs(site=until.run.site.name)}
        self._sights: dict[str, Sight] = {}

    def of(self, number: int) -> Remembered | None:
        """Return what was known of a device; None where no run had seen it. Raises StoreError."""
        known: Remembered | None = None
        for run, facts in self._looks(number):
            if known is None:
                known = Remembered(facts, run.id, run.id)
                continue
            closely = self._sight(run.id).looked_at(facts.state.site, facts.state.ips) is not None
            same_data = self._runs[known.run].run.data_version == run.run.data_version
            taken, faded = after_a_look(known.facts, facts, closely=closely, same_data=same_data)
            known = Remembered(taken, known.run if faded else run.id, run.id)
        return known

    def last(self, known: Remembered) -> Sight:
        """Return the run that saw a device last, without its devices. Raises StoreError."""
        return self._sight(known.last)

    def run(self, name: str) -> KeptRun:
        """Return a run that saw a device."""
        return self._runs[name]

    def _looks(self, number: int) -> Sequence[tuple[KeptRun, DeviceFacts]]:
        """Return the looks of runs by the same policies, oldest first; those of others where there are none."""
        every = list(self._told(number))
        return [one for one in every if kind_of(one[0]) == kind_of(self._until)] or every

    def _told(self, number: int) -> Iterator[tuple[KeptRun, DeviceFacts]]:
        for one in self._store.sightings(number):
            run = self._runs.get(one.run)
            if run is not None and run.id not in self._untold and age(run) <= age(self._until):
                yield run, one.facts

    def _sight(self, name: str) -> Sight:
        if name not in self._sights:
            self._sights[name] = ranges_of(self._store, self._runs[name])
        return self._sights[name]
