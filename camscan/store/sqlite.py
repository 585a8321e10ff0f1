"""A store in a file of SQLite: 0600, with a log beside it, opened only where nobody else can put another file in its place."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import time
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import StaticPool, create_engine

from camscan.errors import StoreError
from camscan.store.database import Database
from camscan.store.location import Location

PRIVATE = 0o600
APPLICATION_ID = 0x43414D53
"""`CAMS`, in the header of the file."""
MAGIC = b"SQLite format 3\0"
CHECK_SECONDS = 1.0
"""For which a file is looked through when it is opened; a large one is then looked through in part."""
CHECK_EVERY = 20_000
"""Steps of SQLite's machine between two looks at the clock."""
WAIT_SECONDS = 60.0
"""For which a writer waits for another one."""
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite puts beside its file."""

_REMEDY = "put a copy back in its place, or move it away; camscan then begins a new one"
_SETTINGS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",
    "PRAGMA temp_store = MEMORY",  # a temporary file could not be made after the capabilities are gone
    "PRAGMA secure_delete = ON",  # what retention takes shall not stay in free pages
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
)


def make_private_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, 0700. Raises StoreError."""
    try:
        for one in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
            one.mkdir(mode=0o700, exist_ok=True)
    except OSError as fault:
        raise StoreError(f"{folder}: cannot be made: {fault.strerror}: name another place with --store") from fault


def open_file(path: Path, *, create: bool, look_through: bool = True, environment: Mapping[str, str] = os.environ) -> Database:
    """Return the database of a file, which is made where `create` allows it. Raises StoreError naming file, reason and remedy.

    Where it is not to be made, a file that may not be written to is read as it is.
    """
    read_only = not create and not _writable(path)
    check_folder(path, environment, to_write=not read_only)
    fresh = _check_file(path, create=create, read_only=read_only)
    try:
        raw = _to_read(path) if read_only else _to_write(path)
        _prepare(raw, path, look_through=look_through, read_only=read_only)
    except sqlite3.Error as fault:
        if fresh:
            path.unlink(missing_ok=True)
        raise StoreError(f"{path}: cannot be opened: {fault}: {_REMEDY}") from fault
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)

    def shrink() -> None:
        with contextlib.suppress(sqlite3.Error):  # what was taken is gone; the file stays as long as it is
            raw.executescript("PRAGMA incremental_vacuum")  # `execute` would free one page
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close() -> None:
        engine.dispose()
        with contextlib.suppress(sqlite3.Error):
            raw.close()

    return Database(
        place=Location(path=path),
        engine=engine,
        to_read=("BEGIN",),
        to_write=("BEGIN IMMEDIATE",),
        read_only=read_only,
        after_pruning=shrink,
        close=close,
    )


def backup(database: Database, version: str) -> Path:
    """Copy the file beside itself, named after the schema that it has, and return the copy. Raises StoreError."""
    path = database.place.path
    assert path is not None
    copy = next(
        one
        for number in range(1, 1000)
        if not os.path.lexists(one := path.with_name(f"{path.name}.schema-{version}{'' if number == 1 else f'-{number}'}"))
    )
    try:
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE))
        with database.engine.connect() as connection, contextlib.closing(sqlite3.connect(copy)) as target:
            source = connection.connection.driver_connection
            assert isinstance(source, sqlite3.Connection)
            source.backup(target)
    except (OSError, sqlite3.Error) as fault:
        with contextlib.suppress(OSError):
            copy.unlink()
        raise StoreError(
            f"{path}: has an older schema, and no copy of it could be made before it is changed: {fault}"
        ) from fault
    return copy


def check_folder(path: Path, environment: Mapping[str, str], *, to_write: bool = True) -> None:
    """Refuse a folder that is missing, in which others could put another file in place of ours, or, `to_write`, that we may not write to."""
    folder = path.parent
    try:
        found = folder.stat()
    except FileNotFoundError as fault:
        raise StoreError(f"{path}: there is no folder {folder}: mkdir -p -m 700 {folder}") from fault
    except OSError as fault:
        raise StoreError(f"{path}: the folder cannot be opened: {fault.strerror}") from fault
    if not stat.S_ISDIR(found.st_mode):
        raise StoreError(f"{path}: {folder} is not a folder")
    if found.st_mode & stat.S_IWOTH:
        raise StoreError(f"{path}: anybody may write to {folder}: name a file in a folder of your own: mkdir -m 700 FOLDER")
    trusted = {0, os.geteuid()}
    caller = environment.get("SUDO_UID", "")
    if caller.isdecimal():
        trusted.add(int(caller))
    if os.geteuid() == 0 and found.st_uid not in trusted:
        raise StoreError(
            f"{path}: {folder} belongs to another user, who could put another file in its place: "
            "as root, keep the store in a folder of root, such as /var/lib/camscan"
        )
    if to_write and not os.access(folder, os.W_OK | os.X_OK):
        raise StoreError(f"{path}: {folder} cannot be written to: a store needs a folder that you may write to")


def _writable(path: Path) -> bool:
    """Return whether a file may be written to, and its log beside it; True where there is none yet."""
    folder = os.access(path.parent, os.W_OK | os.X_OK)
    return folder and (os.access(path, os.W_OK) or not os.path.lexists(path))


def _check_file(path: Path, *, create: bool, read_only: bool) -> bool:
    """Refuse what is no file of ours, and make one where there is none; return whether it was made."""
    for name in (path.name, *(f"{path.name}{end}" for end in BESIDE)):
        beside = path.with_name(name)
        try:
            found = beside.lstat()
        except FileNotFoundError:
            continue
        except OSError as fault:
            raise StoreError(f"{beside}: cannot be opened: {fault.strerror}") from fault
        if stat.S_ISLNK(found.st_mode):
            raise StoreError(f"{beside}: is a symbolic link: name the file itself: {beside.resolve()}")
        if not stat.S_ISREG(found.st_mode):
            raise StoreError(f"{beside}: is not a regular file: name another one with --store")
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
            if not read_only and _mode(file.fileno()) & 0o077 and os.fstat(file.fileno()).st_uid == os.geteuid():
                os.fchmod(file.fileno(), PRIVATE)
    except FileNotFoundError:
        if not create:
            raise StoreError(f"{path}: no such file: no run was kept here yet") from None
        return _made(path)
    except OSError as fault:
        raise StoreError(f"{path}: cannot be read: {fault.strerror}") from fault
    if head not in (b"", MAGIC):
        raise StoreError(f"{path}: not a database: name the store with --store, or move this file away")
    if not read_only and not os.access(path, os.W_OK):
        raise StoreError(f"{path}: cannot be written to: it belongs to another user, or its mode forbids it")
    return False


def _mode(descriptor: int) -> int:
    """Return the permissions of an open file."""
    return stat.S_IMODE(os.fstat(descriptor).st_mode)


def _made(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE))
    except OSError as fault:
        raise StoreError(f"{path}: cannot be made: {fault.strerror}") from fault
    return True


def _to_write(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)


def _to_read(path: Path) -> sqlite3.Connection:
    """Return a connection that makes nothing beside the file. Without a log nobody has it open, and SQLite may take it as it is."""
    log = path.with_name(f"{path.name}-wal")
    how = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=WAIT_SECONDS, isolation_level=None)


def _prepare(raw: sqlite3.Connection, path: Path, *, look_through: bool, read_only: bool) -> None:
    """Make a connection ready, its log open beside it; close it where it is none of ours. Raises sqlite3.Error, StoreError."""
    try:
        tables = raw.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        (owner,) = raw.execute("PRAGMA application_id").fetchone()
        if tables and owner != APPLICATION_ID:
            raise StoreError(f"{path}: a database of another program: name the store with --store")
        if not tables and not read_only:
            raw.execute("PRAGMA auto_vacuum = INCREMENTAL")
            raw.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        if look_through:
            _look_through(raw, path)
        for setting in _SETTINGS:
            raw.execute(setting)
        if read_only:
            return
        (mode,) = raw.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise StoreError(f"{path}: this file system does not let SQLite keep its log: name a local disk, or PostgreSQL")
    except BaseException:
        raw.close()
        raise


def _look_through(raw: sqlite3.Connection, path: Path) -> None:
    """Refuse a damaged file, as far as can be seen in CHECK_SECONDS. Raises StoreError."""
    until = time.monotonic() + CHECK_SECONDS
    raw.set_progress_handler(lambda: int(time.monotonic() > until), CHECK_EVERY)
    try:
        (said,) = raw.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as fault:
        if fault.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:  # the time is over
            return
        said = str(fault)
    finally:
        raw.set_progress_handler(None, 0)
    if said != "ok":
        raise StoreError(f"{path}: damaged: {said.splitlines()[-1]}: {_REMEDY}")
