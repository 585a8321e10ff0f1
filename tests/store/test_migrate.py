"""Older stores: every released schema is migrated, all of it or nothing, and a copy of the file stays."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from camscan.errors import StoreError
from camscan.store import migrate, sqlite
from camscan.store.opening import open_store
from camscan.store.schema import HEAD, metadata
from camscan.store.store import Store
from tests.report import canned
from tests.store.runs import add, dumped

SCHEMAS = sorted(Path(__file__).with_name("schemas").glob("*.sql"))
ADDED = """
from alembic import op
import sqlalchemy as sa
revision = "0002"
down_revision = "0001"
def upgrade():
    op.add_column("runs", sa.Column("note", sa.Text()))
    op.execute("UPDATE runs SET note = 'migrated'")
"""


def test_the_newest_migration_is_the_one_that_the_code_names() -> None:
    settings = Config()
    settings.set_main_option("script_location", str(migrate.MIGRATIONS))
    settings.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(settings).get_heads() == [HEAD]
    assert [path.stem for path in SCHEMAS][-1] == HEAD


def test_a_new_store_has_the_tables_that_the_code_names(bare_place: str) -> None:
    with open_store(bare_place) as store, store._database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, migrate.VERSION_TABLE}


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda path: path.stem)
def test_a_released_schema_is_brought_to_the_newest(schema: Path, tmp_path: Path) -> None:
    file = tmp_path / "camscan.sqlite3"
    raw = sqlite3.connect(file)
    raw.executescript(schema.read_text(encoding="utf-8"))
    raw.close()
    with open_store(str(file)) as store:
        with store._database.engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert [one.id for one in store.runs()] == ["20261121T180000Z-poznań"]
        assert store.run("last").devices == len(store.report_facts("last")) == 9
        assert len(store.evidence("last").observations) == 9
    copies = [path.name for path in tmp_path.iterdir() if path != file]
    assert copies == ([] if schema.stem == HEAD else [f"{file.name}.schema-{schema.stem}"])


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """Migrations with one more step than the code has."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "m0002.py").write_text(ADDED, encoding="utf-8")
    return folder


def columns(store: Store) -> set[str]:
    with store._database.engine.connect() as connection:
        return {column["name"] for column in inspect(connection).get_columns("runs")}


def test_an_older_store_is_migrated_with_its_runs(bare_place: str, newer: Path) -> None:
    with open_store(bare_place) as store:
        name = add(store, canned.every_verdict())
        before = dumped(store.evidence(name))
        migrate.bring_to(store._database, head="0002", migrations=newer)
        assert "note" in columns(store)
        assert dumped(store.evidence(name)) == before


def test_a_copy_of_an_older_file_is_kept_and_can_be_opened(tmp_path: Path, newer: Path) -> None:
    file = tmp_path / "camscan.sqlite3"
    for number in (1, 2):
        with open_store(str(file)) as store:
            add(store, canned.every_verdict())
            migrate.bring_to(store._database, head="0002", migrations=newer)
        copy = file.with_name(f"{file.name}.schema-0001{'' if number == 1 else '-2'}")
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        with open_store(str(copy)) as store:
            assert len(store.runs()) == 1
        with sqlite3.connect(file) as raw:
            assert raw.execute("SELECT note FROM runs").fetchall() == [("migrated",)]
        raw.close()
        file.unlink()
        shutil.copy(copy, file)


def test_a_migration_that_fails_changes_nothing(bare_place: str, newer: Path) -> None:
    script = newer / "versions" / "m0002.py"
    script.write_text(ADDED.replace("UPDATE runs", "UPDATE nothing"), encoding="utf-8")
    with open_store(bare_place) as store:
        add(store, canned.every_verdict())
        with pytest.raises(StoreError, match="its schema cannot be brought to 0002"):
            migrate.bring_to(store._database, head="0002", migrations=newer)
        assert "note" not in columns(store)
        assert len(store.runs()) == 1
    open_store(bare_place).close()


def test_without_a_copy_an_older_file_is_not_changed(tmp_path: Path, newer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    with open_store(str(tmp_path / "camscan.sqlite3")) as store:
        monkeypatch.setattr(sqlite.os, "open", no_room)
        with pytest.raises(StoreError, match="no copy of it could be made"):
            migrate.bring_to(store._database, head="0002", migrations=newer)
        monkeypatch.undo()
        assert "note" not in columns(store)
