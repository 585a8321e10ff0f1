"""A store of each kind, empty: tests that take `store` or `place` run on both; and where a journal is kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from camscan.store.opening import open_store
from camscan.store.schema import metadata
from camscan.store.store import Store
from tests.store import postgres

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    found = postgres.programs()
    if found is None:
        if (ROOT / ".venv/.ready-tests").exists():
            pytest.fail("PostgreSQL is missing: .ci/setup-tests")
        pytest.skip("PostgreSQL is missing: .ci/setup-tests")
    made = postgres.Server(found)
    try:
        made.set_up()
        yield made
    finally:
        made.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store may be made, and nothing is yet."""
    if request.param == "sqlite":
        return str(tmp_path / "camscan.sqlite3")
    server: postgres.Server = request.getfixturevalue("server")
    return server.database()


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("empty") / "camscan.sqlite3"
    open_store(str(file)).close()
    return file


@pytest.fixture(scope="session")
def prepared_database(server: postgres.Server) -> str:
    url = server.database()
    open_store(url).close()
    return url


@pytest.fixture
def database(prepared_database: str) -> str:
    """The URL of a database whose tables are empty; a new one for each test would cost a thousand files."""
    engine = create_engine(prepared_database)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY"))
    engine.dispose()
    return prepared_database


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store is."""
    if request.param == "sqlite":
        return str(shutil.copy(request.getfixturevalue("empty_file"), tmp_path / "camscan.sqlite3"))
    url: str = request.getfixturevalue("database")
    return url


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    with open_store(place) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the runs of a site keep their journal."""
    return tmp_path / "journal-lab.jsonl"
