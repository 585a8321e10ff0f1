"""The record of runs in the store: what is added to it, and how a walk along it shows what was done to the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from camscan.errors import DeliveryError
from camscan.history.heartbeat import Heartbeat
from camscan.store import chain
from camscan.store.glance import glance
from camscan.store.opening import open_store
from camscan.store.schema import heartbeats, runs
from camscan.store.store import Store
from tests.report import canned, making
from tests.store.runs import add, moved, observations_of

NIGHT = timedelta(days=1)


def began(**changes: object) -> Heartbeat:
    return Heartbeat(event="began", at=making.START, site="Poznań", command="scan", **changes)  # type: ignore[arg-type]


def documents(store: Store) -> list[str]:
    with store._database.reading() as connection:
        return list(connection.execute(select(heartbeats.c.document).order_by(heartbeats.c.number)).scalars())


def nights(store: Store, number: int) -> list[str]:
    return [add(store, moved(canned.every_verdict(), NIGHT * night)) for night in range(number)]


def test_a_run_is_recorded_with_its_begin_and_end(store: Store) -> None:
    begun = store.record(began(unattended=True, machine="probe-1"))
    report = canned.every_verdict()
    name = store.add(report, observations_of(report), begun=begun)
    found = store.verify_chain()
    assert (found.records, found.faults, found.unended) == (2, (), ())
    assert found.newest is not None
    assert found.newest.head == store.run(name).run.chain_head
    beat = found.newest.beat
    assert (beat.event, beat.run, beat.began, beat.unattended, beat.machine) == ("ended", name, 1, True, "probe-1")
    assert (beat.complete, beat.devices, beat.observations, beat.lapsed) == (True, 9, 9, 0)
    assert {str(one.verdict): one.devices for one in beat.verdicts}["prohibited"] == 2
    assert [(one.range, one.complete, one.hosts_alive) for one in beat.coverage] == [("10.20.0.0/24", True, 12)]


def test_an_empty_chain_holds(store: Store) -> None:
    found = store.verify_chain()
    assert (found.records, found.newest, found.faults) == (0, None, ())


def test_a_run_that_began_and_never_ended_is_no_fault_and_is_told(store: Store) -> None:
    store.record(began())
    nights(store, 1)
    found = store.verify_chain()
    assert found.faults == ()
    assert [one.number for one in found.unended] == [1]


def test_a_run_of_another_machine_is_no_record_of_this_one(store: Store) -> None:
    report = canned.every_verdict()
    head = "ab" * 32
    name = store.add(replace(report, run=replace(report.run, chain_head=head)), observations_of(report), origin="import")
    assert store.run(name).run.chain_head == head
    assert (store.verify_chain().records, store.verify_chain().faults) == (0, ())


def test_the_same_run_is_recorded_once(store: Store) -> None:
    report = canned.every_verdict()
    name = add(store, report)
    again = replace(report, run=store.run(name).run)
    assert add(store, again) == name
    assert store.verify_chain().records == 1


def test_a_run_that_is_not_kept_leaves_no_end(store: Store) -> None:
    begun = store.record(began())
    huge = making.report(making.assessed(11, None, observations=(replace(making.observation(), count=2**70),)))
    with pytest.raises(DeliveryError):
        store.add(huge, observations_of(huge), begun=begun)
    found = store.verify_chain()
    assert (found.records, [one.number for one in found.unended]) == (1, [1])


def test_a_head_held_elsewhere_is_found_with_what_came_since(store: Store) -> None:
    first, _, last = nights(store, 3)
    held = store.run(first).run.chain_head
    found = store.verify_chain((held, store.run(last).run.chain_head[:16]))
    assert found.faults == ()
    assert [(one.record and one.record.beat.run, one.later) for one in found.heads] == [(first, 2), (last, 0)]


def test_a_store_that_was_put_back_lacks_the_head_held_elsewhere(store: Store) -> None:
    *_, last = nights(store, 2)
    held = store.run(last).run.chain_head
    with store._database.writing() as connection:
        connection.execute(delete(heartbeats).where(heartbeats.c.number == 2))
        connection.execute(delete(runs).where(runs.c.id == last))
    assert store.verify_chain().faults == ()
    (fault,) = store.verify_chain((held,)).faults
    assert fault.startswith(f"{held} is no head of this chain: ")


def forge_document(store: Store) -> None:
    first = documents(store)[0].replace('"devices":9', '"devices":8')
    with store._database.writing() as connection:
        connection.execute(update(heartbeats).where(heartbeats.c.number == 1).values(document=first))


def forge_document_and_head(store: Store) -> None:
    first = documents(store)[0].replace('"devices":9', '"devices":8')
    with store._database.writing() as connection:
        values = {"document": first, "head": chain.linked(None, {}, "").head}
        connection.execute(update(heartbeats).where(heartbeats.c.number == 1).values(**values))


def drop_record(store: Store) -> None:
    with store._database.writing() as connection:
        connection.execute(delete(heartbeats).where(heartbeats.c.number == 2))


def drop_newest_record(store: Store) -> None:
    with store._database.writing() as connection:
        connection.execute(delete(heartbeats).where(heartbeats.c.number == 3))


def drop_run(store: Store) -> None:
    with store._database.writing() as connection:
        connection.execute(delete(runs).where(runs.c.number == 2))


def change_counts(store: Store) -> None:
    with store._database.writing() as connection:
        connection.execute(update(runs).where(runs.c.number == 2).values(devices=8))


def change_summary(store: Store) -> None:
    with store._database.writing() as connection:
        (summary,) = connection.execute(select(runs.c.summary).where(runs.c.number == 2)).scalars()
        changed = summary.replace("uk-department", "us-farms")
        assert changed != summary
        connection.execute(update(runs).where(runs.c.number == 2).values(summary=changed))


def change_columns(store: Store) -> None:
    with store._database.writing() as connection:
        connection.execute(update(heartbeats).where(heartbeats.c.number == 2).values(site="elsewhere"))


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (forge_document, "record 1 was changed: its hash is not the one that was kept with it"),
        (forge_document_and_head, "record 1 was changed"),
        (drop_record, "record 2 is missing"),
        (drop_newest_record, "is kept, and no record speaks of it"),
        (drop_run, "is not kept any more, and no `camscan history prune` removed it"),
        (change_counts, "is not kept as record 2 says that it was"),
        (change_summary, "is not kept as record 2 says that it was"),
        (change_columns, "record 2 stands in the store under another site or kind than it says"),
    ],
)
def test_what_was_done_to_the_store_is_said(store: Store, tamper: Callable[[Store], None], said: str) -> None:
    nights(store, 3)
    assert store.verify_chain().faults == ()
    tamper(store)
    assert any(said in fault for fault in store.verify_chain().faults)


@pytest.mark.parametrize("document", ["", "null", '{"number":4}', '{"event":"x","at":"y"}', '{"event":[],"at":{}}'])
def test_a_record_that_holds_anything_is_a_fault_and_no_crash(store: Store, document: str) -> None:
    nights(store, 3)
    with store._database.writing() as connection:
        values = {"number": 4, "site": "Poznań", "event": "ended", "head": "0" * 64, "document": document}
        connection.execute(insert(heartbeats).values(**values))
    assert store.verify_chain(("0" * 64,)).faults


def test_runs_that_retention_removed_are_recorded_and_no_fault(store: Store) -> None:
    nights(store, 3)
    now = making.START + 400 * NIGHT + timedelta(hours=1)
    assert store.prune(timedelta(days=400), now, dry_run=True).runs
    assert store.verify_chain().records == 3
    (gone,) = store.prune(timedelta(days=400), now).runs
    found = store.verify_chain()
    assert (found.records, found.faults) == (4, ())
    assert found.newest is not None
    assert (found.newest.beat.event, found.newest.beat.runs, found.newest.beat.hosts) == ("pruned", 1, 2)
    assert gone == "20261121T180000Z-Poznań"
    store.prune(timedelta(days=400), now)
    assert store.verify_chain().records == 4


def test_records_are_read_in_steps_and_all_of_them(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "AT_ONCE", 2)
    nights(store, 5)
    assert store.verify_chain().records == 5


def test_a_glance_sees_the_newest_records_of_each_site(place: str) -> None:
    with open_store(place) as store:
        nights(store, 3)
        store.record(Heartbeat(event="failed", at=making.END, site="hq", because="locked"))
        where = store._database.place
    newest, records = glance(where, 2)
    assert newest is not None
    assert (newest.number, newest.beat.site) == (4, "hq")
    assert [one.number for one in records] == [4, 3, 2]


def test_two_writers_make_one_chain(place: str) -> None:
    with open_store(place) as one, open_store(place) as other:
        for number in range(6):
            (one if number % 2 else other).record(began())
        assert (one.verify_chain().records, other.verify_chain().faults) == (6, ())
