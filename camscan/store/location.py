"""Where a store is: a file of SQLite, or a PostgreSQL server by its URL."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from camscan.errors import StoreError

SERVICE_FOLDER = Path("/var/lib/camscan")
FILE_NAME = "camscan.sqlite3"
DRIVER = "postgresql+psycopg"
_SECRETS = ("password", "sslpassword")
_MASK = "***"
_EXAMPLES = f"a file, or {DRIVER}://USER@HOST/DATABASE"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a store is. Exactly one of the two is given."""

    path: Path | None = None
    url: URL | None = None

    def __str__(self) -> str:
        """Return the place as people may see it, passwords masked."""
        if self.url is None:
            return str(self.path)
        hidden = {key: _MASK if key in _SECRETS else value for key, value in self.url.query.items()}
        return self.url.set(query=hidden).render_as_string(hide_password=True)

    def __repr__(self) -> str:
        """Return what `str` does: a password shows nowhere."""
        return f"Location({self})"

    def masked(self, text: str) -> str:
        """Return a text in which no password of this place stands."""
        if self.url is None:
            return text
        said = (self.url.password, *(self.url.query.get(key) for key in _SECRETS))
        for secret in (one for one in said if isinstance(one, str) and one):
            text = text.replace(secret, _MASK)
        return text


def location(where: str) -> Location:
    """Return the place that a path or URL names. Raises StoreError."""
    scheme, colon, rest = where.partition("://")
    if not colon:
        if not where.strip():
            raise StoreError(f"the store is named by an empty text: give {_EXAMPLES}")
        return Location(path=Path(where).expanduser())
    if scheme == "sqlite":
        if not rest.startswith("/") or rest == "/":
            raise StoreError(f"{where}: names no file: write it as sqlite:///FILE, or as the file alone")
        return Location(path=Path(rest[1:]).expanduser())
    if scheme in ("postgresql", "postgres", DRIVER):
        try:
            return Location(url=make_url(f"{DRIVER}://{rest}"))
        except (ArgumentError, ValueError) as fault:
            raise StoreError(f"{scheme}://…: not a URL of a database: give {_EXAMPLES}") from fault
    raise StoreError(f"{scheme}://…: no kind of store: give {_EXAMPLES}")


def default_path(environment: Mapping[str, str], *, as_root: bool, service_folder: Path = SERVICE_FOLDER) -> Path:
    """Return the file where a store is that nobody named, whether it exists or not. A service's folder is told by systemd."""
    told = environment.get("STATE_DIRECTORY", "").partition(":")[0]
    if told.startswith("/"):
        return Path(told) / FILE_NAME
    if as_root or os.access(service_folder, os.W_OK | os.X_OK):
        return service_folder / FILE_NAME
    folder = environment.get("XDG_STATE_HOME", "")
    base = Path(folder) if folder.startswith("/") else Path(environment.get("HOME") or "~").expanduser() / ".local" / "state"
    return base / "camscan" / FILE_NAME
