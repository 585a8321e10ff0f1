"""A store on a server: what cannot be opened is told without a password, and a restart costs no run."""

from __future__ import annotations

import sys
import threading
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, text

from camscan.errors import DeliveryError, StoreError
from camscan.store.opening import open_store
from tests.report import canned
from tests.store.postgres import Server
from tests.store.runs import add, moved

SECRET = "hunter2-but-longer"


def with_password(url: str) -> str:
    return url.replace("camscan@", f"camscan:{SECRET}@")


def test_a_server_that_is_not_there_is_told_without_the_password(server: Server) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(f"postgresql+psycopg://camscan:{SECRET}@/store?host=/nowhere&sslpassword={SECRET}")
    said = str(caught.value)
    assert said.startswith("postgresql+psycopg://camscan:***@/store?")
    assert "cannot be opened" in said
    assert SECRET not in said
    assert SECRET not in repr(caught.value.__cause__.args if caught.value.__cause__ else "")


def test_a_database_that_is_not_there_is_told_with_its_place(server: Server) -> None:
    with pytest.raises(StoreError, match=r'cannot be opened: .*database "missing" does not exist.*: try psql'):
        open_store(server.url("missing"))


def test_the_password_stands_in_no_name_and_no_fault(database: str) -> None:
    with open_store(with_password(database)) as store:
        assert SECRET not in store.name + repr(store._database)
        assert "camscan:***@" in store.name
        with pytest.raises(StoreError) as caught:
            store.run("missing")
    assert SECRET not in str(caught.value)


def test_an_encoding_that_cannot_hold_every_name_is_refused(server: Server) -> None:
    url = server.database("--encoding", "LATIN1", "--template", "template0", "--locale", "C")
    with pytest.raises(StoreError, match="its encoding is LATIN1: make the database with createdb"):
        open_store(url)


def test_tables_of_another_program_are_left_alone(server: Server) -> None:
    url = server.database()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE passwords (word text)"))
    engine.dispose()
    with pytest.raises(StoreError, match="holds tables of another program"):
        open_store(url)


def test_without_its_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"needs psycopg: pip install 'camscan\[postgres\]'"):
        open_store("postgresql://camscan@/store")


def test_a_server_that_was_restarted_meanwhile_keeps_the_run(server: Server, database: str) -> None:
    with open_store(database) as store:
        first = add(store, canned.every_verdict())
        server.stop()
        server.start()
        second = add(store, moved(canned.every_verdict(), timedelta(days=1)))
        assert [one.id for one in store.runs()] == [second, first]


def test_a_server_that_is_gone_keeps_nothing_and_says_so(server: Server, database: str) -> None:
    with open_store(with_password(database)) as store:
        server.stop()
        try:
            with pytest.raises(DeliveryError, match=r"camscan:\*\*\*@.*: the run was not kept: .*connection") as caught:
                add(store, canned.every_verdict())
        finally:
            server.start()
    assert SECRET not in str(caught.value)
    with open_store(database) as store:
        assert store.runs() == ()


def test_a_server_that_ends_in_the_middle_leaves_the_store_as_it_was(server: Server, database: str) -> None:
    report = canned.every_verdict()

    def match(*_: object) -> dict[str, int]:
        server.stop()
        return {}

    with open_store(database) as store:
        try:
            with pytest.raises(DeliveryError, match="the run was not kept"):
                store.add(report, (), match=match)
        finally:
            server.start()
        assert store.runs() == ()
        assert store.devices() == ()
        add(store, report)
        assert len(store.runs()) == 1


def test_two_writers_at_once_both_keep_their_run(database: str) -> None:
    report = canned.every_verdict()
    open_store(database).close()
    faults: list[BaseException] = []

    def write(days: int) -> None:
        try:
            with open_store(database) as store:
                add(store, moved(report, timedelta(days=days)))
        except BaseException as fault:
            faults.append(fault)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    assert faults == []
    with open_store(database) as store:
        assert len(store.runs()) == 4
        assert len(store.devices()) == 9
