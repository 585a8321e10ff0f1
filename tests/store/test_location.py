"""Which store a path or URL names, and how it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from camscan.errors import StoreError
from camscan.store.location import default_path, location

SECRET = "hunter2-but-longer"


@pytest.mark.parametrize(
    ("where", "path"),
    [
        ("runs.sqlite3", "runs.sqlite3"),
        ("/srv/runs", "/srv/runs"),
        ("sqlite:////srv/runs", "/srv/runs"),
        ("sqlite:///runs", "runs"),
    ],
)
def test_a_path_is_a_file_of_sqlite(where: str, path: str) -> None:
    assert location(where).path == Path(path)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_server_is_named_by_its_url_and_shown_without_passwords(scheme: str) -> None:
    found = location(f"{scheme}://r:{SECRET}@db.example.org/camscan?sslmode=verify-full&sslpassword={SECRET}")
    assert str(found) == "postgresql+psycopg://r:***@db.example.org/camscan?sslmode=verify-full&sslpassword=%2A%2A%2A"
    assert SECRET not in repr(found)
    assert found.url is not None
    assert found.url.password == SECRET
    assert found.masked(f"wrong {SECRET} for r") == "wrong *** for r"


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        (" ", "an empty text"),
        ("sqlite://", "names no file"),
        ("sqlite:///", "names no file"),
        (f"mysql://r:{SECRET}@h/d", "no kind of store"),
        (f"postgresql://r:{SECRET}@h:port/d", "not a URL of a database"),
    ],
)
def test_what_names_no_store_is_refused_without_repeating_a_password(where: str, reason: str) -> None:
    with pytest.raises(StoreError, match=reason) as caught:
        location(where)
    assert SECRET not in str(caught.value)


def test_a_store_that_nobody_named_is_in_the_folder_of_the_service_or_of_the_user(tmp_path: Path) -> None:
    home = {"HOME": "/home/r"}
    missing = tmp_path / "missing"
    assert default_path({"STATE_DIRECTORY": "/srv/state:/other", **home}, as_root=True) == Path("/srv/state/camscan.sqlite3")
    assert default_path(home, as_root=True) == Path("/var/lib/camscan/camscan.sqlite3")
    assert default_path(home, as_root=False, service_folder=tmp_path) == tmp_path / "camscan.sqlite3"
    assert default_path(home, as_root=False, service_folder=missing) == Path("/home/r/.local/state/camscan/camscan.sqlite3")
    state = {"XDG_STATE_HOME": "/srv/s", **home}
    assert default_path(state, as_root=False, service_folder=missing) == Path("/srv/s/camscan/camscan.sqlite3")
