"""What a store promises, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from camscan.errors import StoreError
from camscan.identity import identities
from camscan.model import (
    Attestation,
    Confidence,
    Identification,
    Mark,
    Presence,
    Report,
    StandingAttestation,
    Verdict,
)
from camscan.report.observations import load
from camscan.store.opening import open_store
from camscan.store.store import Store
from tests.report import canned, making
from tests.store.runs import add, as_kept, dumped, file_of, moved, observations_of

NIGHT = timedelta(days=1)

CANNED = {
    "every verdict": canned.every_verdict,
    "nothing covered": canned.empty,
    "nothing judged": canned.nothing_judged,
    "hostile": canned.hostile,
}


@pytest.mark.parametrize("made", CANNED.values(), ids=CANNED.keys())
def test_the_evidence_of_a_run_is_its_observation_file_byte_for_byte(store: Store, made: type[Report]) -> None:
    report = made()
    name = add(store, report)
    expected = file_of(as_kept(report, store, name), observations_of(report))
    assert dumped(store.evidence(name)) == expected
    assert dumped(load(expected.splitlines())) == expected


def test_a_run_that_was_kept_is_there_after_closing(place: str) -> None:
    report = canned.every_verdict()
    with open_store(place) as first:
        name = add(first, report)
    with open_store(place, create=False) as again:
        kept = again.run(name)
    assert len(kept.run.chain_head) == 64
    assert replace(kept.run, chain_head="") == report.run
    assert (kept.complete, kept.devices, kept.origin, kept.thinned) == (True, 9, "run", 0)
    assert dict(kept.verdicts)[Verdict.PROHIBITED] == 2
    assert sum(count for _, count in kept.verdicts) == 9


def test_what_a_run_concluded_comes_back_in_the_order_of_its_report(store: Store) -> None:
    report = canned.every_verdict()
    facts = store.report_facts(add(store, report))
    assert [one.state.key for one in facts] == [judged.asset.key for judged in report.assets]
    assert [one.state.verdict for one in facts] == [judged.judgement.verdict for judged in report.assets]
    planned = facts[1].state
    assert (planned.kind, planned.brand, planned.maker, planned.model) == ("nvr", "hikvision", "hikvision", "DS-7804HQH-K1")
    assert [(one.rule, one.act, one.status, one.exception) for one in planned.findings] == [
        ("uk.hcws386", "deploy", "planned", "ex-0123456789ab")
    ]
    assert [one.state.something_else for one in facts] == [False] * 8 + [True]
    assert facts[0].first_seen == making.START


def test_where_a_device_hangs_comes_back_and_its_hour_makes_no_new_state(store: Store) -> None:
    hanging = replace(making.assessed(11, None), attached_to=making.ATTACHED)
    tonight = making.report(hanging)
    later = moved(making.report(replace(hanging, attached_to=replace(making.ATTACHED, seen_on=making.START + NIGHT))), NIGHT)
    first, second = (store.report_facts(add(store, one))[0] for one in (tonight, later))
    assert first.attached_to == making.ATTACHED
    assert second.attached_to is not None
    assert second.attached_to.seen_on == making.START + NIGHT
    assert first.state == second.state
    assert (first.state.switch, first.state.port, first.state.vlan) == ("sw-3", "14", 20)


def test_a_hostile_device_is_kept_as_it_spoke(store: Store) -> None:
    report = canned.hostile()
    facts = store.report_facts(add(store, report))
    assert [one.state.model for one in facts] == [judged.identification.model for judged in report.assets]
    assert [one.state.hostnames for one in facts] == [judged.asset.hostnames for judged in report.assets]


def test_runs_are_listed_newest_first_by_site_and_policy(store: Store) -> None:
    here = canned.every_verdict()
    there = replace(
        here, run=replace(here.run, id="elsewhere", site=replace(here.run.site, name="Gdańsk"), policies=("us-farms",))
    )
    names = [add(store, one) for one in (here, moved(here, NIGHT))]
    names.append(store.add(older := moved(here, -NIGHT), observations_of(older), origin="import"))
    names.append(add(store, there))
    assert [one.id for one in store.runs()][:1] == [names[1]]
    assert [one.id for one in store.runs(site="Poznań")] == [names[1], names[0], names[2]]
    assert [one.id for one in store.runs(policy="us-farms")] == ["elsewhere"]
    assert [one.id for one in store.runs(limit=2)] == [one.id for one in store.runs()][:2]
    newest = store.newest_run("Poznań")
    assert newest is not None
    assert newest.id == names[1]
    assert store.newest_run("nowhere") is None


def test_a_run_that_is_kept_after_the_clock_was_set_back_is_the_newest_all_the_same(store: Store) -> None:
    report = canned.every_verdict()
    names = [add(store, one) for one in (report, moved(report, -3 * NIGHT), moved(report, -2 * NIGHT), moved(report, NIGHT))]
    assert [one.id for one in store.runs()] == names[::-1]
    assert store.run("last").id == names[-1]
    kept = [store.run(name) for name in names]
    assert [one.at for one in kept] == sorted({one.at for one in kept})
    assert kept[1].run.started_at < kept[0].run.started_at
    (device, *_) = store.report_facts(names[0])
    assert [one.run for one in store.sightings(device.device)] == names


def test_a_run_is_named_by_its_id_its_begin_or_last(store: Store) -> None:
    report = canned.every_verdict()
    first, second = add(store, report), add(store, moved(report, NIGHT))
    assert store.run(first).id == first
    assert store.run(second[:8]).id == second
    assert store.run("last").id == second
    with pytest.raises(StoreError, match="several runs begin with 202611"):
        store.run("202611")
    with pytest.raises(StoreError, match=r"no run 2027.*camscan history"):
        store.run("2027")
    with pytest.raises(StoreError, match="no run %"):
        store.run("%")


def test_an_empty_store_has_no_last_run(store: Store) -> None:
    with pytest.raises(StoreError, match="no run is kept yet"):
        store.run("last")
    assert store.newest_run() is None
    assert store.runs() == ()


def test_the_same_run_is_kept_once(store: Store) -> None:
    report = canned.every_verdict()
    assert add(store, report) == add(store, report)
    assert len(store.runs()) == 1


def test_two_runs_with_one_id_are_both_kept(store: Store) -> None:
    report = canned.every_verdict()
    other = replace(report, run=replace(report.run, policies=("us-farms",)))
    first, second = add(store, report), add(store, other)
    assert second == f"{first}-2"
    assert store.evidence(first).run == as_kept(report, store, first).run
    assert store.evidence(second).run == as_kept(other, store, second).run


def test_coverage_comes_back_as_it_was(store: Store) -> None:
    report = canned.empty()
    assert store.coverage(add(store, report)) == report.coverage


def test_a_device_seen_again_under_its_key_is_the_same_device(store: Store) -> None:
    report = canned.every_verdict()
    first = store.report_facts(add(store, report))
    second = store.report_facts(add(store, moved(report, NIGHT)))
    assert [one.device for one in first] == [one.device for one in second]
    known = {device.number: device for device in store.devices()}
    assert len(known) == 9
    device = known[first[0].device]
    assert (device.first_seen, device.last_seen) == (making.START, making.END + NIGHT)
    assert [(mark.text, mark.first_seen, mark.last_seen) for mark in device.marks] == [
        ("key=mac:bc:ad:28:00:00:0b", making.START, making.START + NIGHT)
    ]


def test_a_run_of_the_past_that_is_kept_late_moves_only_the_first_sight(store: Store) -> None:
    tonight = making.report(making.assessed(11, None))
    before = moved(making.report(making.assessed(11, None, identification=Identification())), -NIGHT)
    add(store, tonight)
    add(store, before)
    (device,) = store.devices("Poznań")
    assert (device.first_seen, device.last_seen, device.kind) == (making.START - NIGHT, making.END, "camera")
    assert store.devices("Gdańsk") == ()


def test_marks_of_identity_are_kept_with_the_device(store: Store) -> None:
    report = making.report(making.assessed(11, None))
    found = identities([judged.asset for judged in report.assets], {})
    store.add(report, observations_of(report), identities=found)
    (device,) = store.devices()
    assert {mark.text for mark in device.marks} == {"key=mac:bc:ad:28:00:00:0b", "mac=bc:ad:28:00:00:0b"}


def test_a_matcher_decides_who_is_known(store: Store) -> None:
    before = making.report(making.assessed(11, None))
    after = moved(making.report(making.assessed(12, None)), NIGHT)
    (old,) = store.report_facts(add(store, before))
    asked = []

    def match(known: object, report: Report, marks: object) -> dict[int, int]:
        asked.append((known, marks))
        return {0: old.device}

    identity = ((Mark("mac", "mac", "bc:ad:28:00:00:0c"),),)
    name = store.add(after, observations_of(after), identities=identity, match=match)
    assert [one.device for one in store.report_facts(name)] == [old.device]
    assert len(asked) == 1
    (device,) = store.devices()
    assert device.key == "mac:bc:ad:28:00:00:0c"
    assert len(device.marks) == 3


def test_a_matcher_that_gives_one_device_to_two_keeps_nothing(store: Store) -> None:
    (old,) = store.report_facts(add(store, making.report(making.assessed(11, None))))
    two = moved(making.report(making.assessed(12, None), making.assessed(13, None)), NIGHT)
    with pytest.raises(ValueError, match="several"):
        store.add(two, observations_of(two), match=lambda *_: {0: old.device, 1: old.device})
    assert len(store.runs()) == 1


def test_absence_before_the_first_sight_is_remembered(store: Store) -> None:
    report = making.report(making.assessed(11, None))
    (judged,) = report.assets

    def after(nights: int, absent_until: datetime) -> Report:
        seen = replace(judged, presence=Presence(since=judged.asset.first_seen, absent_until=absent_until))
        return moved(replace(report, assets=(seen,)), nights * NIGHT)

    add(store, after(0, making.START - NIGHT))
    add(store, after(1, making.START - 9 * NIGHT))
    assert [device.absent_until for device in store.devices()] == [making.START - NIGHT]


def test_statements_that_were_used_are_kept_as_they_read(store: Store) -> None:
    used = Attestation(
        id="at-1", device="mac:bc:ad:28:00:00:0b", bound_to=("mac=bc:ad:28:00:00:0b",), by="R. Nowak", basis="label",
        recorded_on=making.START.date(), maker="hikvision",
    )  # fmt: skip
    report = canned.every_verdict()
    first, second, *rest = (replace(judged, attestations=(), exceptions=()) for judged in report.assets)
    first = replace(first, attestations=(StandingAttestation(attestation=used, lapsed="the MAC is another one"),))
    second = replace(second, exceptions=(canned.PLANNED,))
    name = add(store, replace(report, assets=(first, second, *rest)))
    assert store.statements(name) == ((used,), (canned.PLANNED,))
    report = replace(report, assets=tuple(rest))
    other = add(store, moved(report, NIGHT))
    assert store.statements(other) == ((), ())


def something_else(number: int) -> object:
    found = Identification(kind="other", confidence=Confidence.FIRM, kind_confidence=Confidence.FIRM)
    return making.assessed(number, Verdict.NOT_APPLICABLE, identification=found)


def test_retention_takes_old_runs_and_what_only_they_knew(store: Store) -> None:
    now = making.START + timedelta(days=400, hours=1)
    old = making.report(making.assessed(11, None), making.assessed(12, None))
    new = moved(making.report(making.assessed(12, None)), timedelta(days=300))
    first, second = add(store, old), add(store, new)
    would = store.prune(timedelta(days=400), now, dry_run=True)
    assert [one.id for one in store.runs()] == [second, first]
    assert store.prune(timedelta(days=400), now) == would
    assert (would.runs, would.devices, would.messages) == ((first,), 1, 1)
    assert [one.id for one in store.runs()] == [second]
    assert [device.key for device in store.devices()] == ["mac:bc:ad:28:00:00:0c"]
    assert dumped(store.evidence(second)) == file_of(as_kept(new, store, second), observations_of(new))
    assert store.prune(timedelta(days=400), now).runs == ()


def test_hosts_that_are_something_else_leave_after_thirty_days(store: Store) -> None:
    report = making.report(making.assessed(11, None), something_else(12))
    old, new = add(store, report), add(store, moved(report, timedelta(days=2)))
    now = making.START + timedelta(days=31)
    would = store.prune(timedelta(days=400), now, dry_run=True)
    assert store.prune(timedelta(days=400), now) == would
    assert (would.runs, would.hosts, would.devices) == ((), 1, 0)
    assert [one.state.key for one in store.report_facts(old)] == ["mac:bc:ad:28:00:00:0b"]
    assert {one.link_mac for one in store.evidence(old).observations} == {"bc:ad:28:00:00:0b"}
    assert (store.run(old).thinned, store.run(old).devices, store.run(old).observations) == (1, 2, 1)
    assert len(store.report_facts(new)) == 2
    assert len(store.evidence(new).observations) == 2
    gone = store.prune(timedelta(days=400), now + timedelta(days=3))
    assert (gone.hosts, gone.devices, gone.messages) == (1, 1, 1)
    assert len(store.evidence(new).observations) == 1


def test_a_message_that_a_camera_shares_with_another_host_stays(store: Store) -> None:
    camera, other = making.assessed(11, None), something_else(12)
    shared = camera.asset.observations
    other = replace(other, asset=replace(other.asset, observations=shared))
    name = add(store, making.report(other, camera))
    store.prune(timedelta(days=400), making.START + timedelta(days=60))
    assert set(store.evidence(name).observations) == set(shared)


def test_a_run_is_read_while_another_one_is_written(place: str) -> None:
    report = canned.every_verdict()
    with open_store(place) as writer, open_store(place) as reader:
        name = add(writer, report)
        with writer._database.writing():
            assert replace(reader.run(name).run, chain_head="") == report.run


def test_the_store_says_where_it_is_without_a_password(store: Store, place: str) -> None:
    assert "camscan" in store.name
    assert store.name == str(Path(place)) or store.name.startswith("postgresql+psycopg://camscan@")
