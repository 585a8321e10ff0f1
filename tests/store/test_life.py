"""What a store tells of one device over time, on every database alike."""

from __future__ import annotations

from dataclasses import replace

from camscan.model import Verdict
from camscan.store.store import Store
from tests.report import making
from tests.store.test_contract import NIGHT, add, moved, observations_of


def test_a_device_is_seen_by_runs_oldest_first(store: Store) -> None:
    first = making.report(making.assessed(11, Verdict.REVIEW))
    nights = [moved(first, by * NIGHT) for by in (2, 0, 1)]
    names = [store.add(one, observations_of(one), origin="import") for one in nights]
    (device,) = store.devices()
    seen = store.sightings(device.number)
    assert [one.run for one in seen] == [names[1], names[2], names[0]]
    assert [one.started_at for one in seen] == [making.START + by * NIGHT for by in range(3)]
    assert {one.facts.device for one in seen} == {device.number}
    assert store.sightings(device.number + 1) == ()


def test_several_devices_are_asked_for_at_once_as_one_by_one(store: Store) -> None:
    first = making.report(making.assessed(11, Verdict.REVIEW), making.assessed(12, Verdict.PROHIBITED))
    for by in range(3):
        add(store, moved(first, by * NIGHT))
    numbers = [device.number for device in store.devices()]
    assert store.sightings_of([*numbers, max(numbers) + 1]) == {number: store.sightings(number) for number in numbers}
    assert store.sightings_of([]) == {}


def test_a_known_device_is_as_the_newest_run_saw_it(store: Store) -> None:
    old = making.report(making.assessed(11, None))
    (judged,) = old.assets
    changed = replace(old, assets=(replace(judged, asset=replace(judged.asset, ips=("10.20.0.99",))),))
    newer = moved(changed, NIGHT)
    store.add(newer, observations_of(newer), origin="import")
    add(store, old)
    (device,) = store.devices("Poznań")
    assert device.last is not None
    assert device.last.ips == ("10.20.0.99",)
