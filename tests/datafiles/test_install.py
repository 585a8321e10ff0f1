"""Imported data: unpacked beside what is there, checked, switched to in one step; the latest folder of a machine counts."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

import camscan.datafiles.locate as locating
from camscan.datafiles.bundle import files_of
from camscan.datafiles.contents import read_contents
from camscan.datafiles.install import Installed, foreign, install, place_of
from camscan.datafiles.knowledge import load_knowledge
from camscan.datafiles.locate import imported_folders, layer_of, locate, noted, released, standing
from camscan.errors import DataFileError, UsageError
from tests.small_data import write_data

EARLY, LATE = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose shipped data is of 1 November; its own folder is empty."""
    shipped = write_data(tmp_path / "shipped")
    (shipped / "release.toml").write_text(f"released = {EARLY.isoformat()}\n")
    monkeypatch.setattr(locating, "installed_places", lambda: (shipped, shipped))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "service"))
    return tmp_path


def files(at: datetime = LATE, **changed: bytes) -> dict[str, bytes]:
    return {**small(), "release.toml": f"released = {at.isoformat()}\n".encode(), **changed}


def small() -> dict[str, bytes]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return files_of(write_data(Path(folder)))


def no_problem(_: Path) -> list[str]:
    return []


def put(machine: Path, content: dict[str, bytes], **notes: object) -> Installed:
    return install(content, machine / "home" / "camscan" / "data", no_problem, at=LATE, notes=notes)


def test_imported_data_that_is_later_is_used_in_place_of_what_came_with_camscan(machine: Path) -> None:
    assert locate() == machine / "shipped" / "fingerprints"
    done = put(machine, files())
    assert locate() == done.path.resolve()
    assert released(locate()) == LATE
    assert load_knowledge(locate()).version == read_contents(locate()).version


def test_imported_data_that_is_older_than_what_came_with_camscan_is_not_used(machine: Path) -> None:
    put(machine, files(datetime(2026, 10, 1, tzinfo=UTC)))
    assert locate() == machine / "shipped" / "fingerprints"


def test_imported_data_of_the_same_day_is_used(machine: Path) -> None:
    assert locate() != put(machine, files(EARLY)).path
    assert locate() == (machine / "home" / "camscan" / "data").resolve()


def test_data_that_was_forced_over_a_later_release_is_used_until_a_later_one_comes(machine: Path) -> None:
    older = datetime(2026, 10, 1, tzinfo=UTC)
    done = put(machine, files(older), over=EARLY.isoformat())
    assert (released(done.path), standing(done.path)) == (older, EARLY)
    assert locate() == done.path.resolve()
    (machine / "shipped" / "fingerprints" / "release.toml").write_text(f"released = {LATE.isoformat()}\n")
    assert locate() == machine / "shipped" / "fingerprints"


def test_of_the_user_and_the_machine_the_later_counts(machine: Path) -> None:
    put(machine, files(EARLY))
    service = install(files(LATE), machine / "service" / "data", no_problem, at=LATE, notes={})
    assert locate() == service.path.resolve()
    assert len(imported_folders()) == 2


def test_a_folder_that_was_named_goes_before_all_others(machine: Path, tmp_path: Path) -> None:
    put(machine, files())
    named = write_data(tmp_path / "named")
    assert locate(named) == named


def test_what_stood_there_is_kept_as_previous_and_only_that(machine: Path) -> None:
    first = put(machine, files(EARLY))
    one = first.path.resolve()
    assert first.previous is None
    second = put(machine, files(LATE))
    two = second.path.resolve()
    assert second.previous == first.path.with_name("data.previous")
    assert second.previous.resolve() == one
    put(machine, files(LATE, **{"vendors/more.toml": b"# more\n"}))
    assert second.previous.resolve() == two
    assert not one.exists()
    assert len([path for path in first.path.parent.iterdir() if not path.is_symlink()]) == 2


def test_a_reader_that_began_with_the_old_data_finds_it_whole(machine: Path) -> None:
    put(machine, files(EARLY))
    root = locate()
    before = read_contents(root).version
    put(machine, files(LATE, **{"vendors/more.toml": b"# more\n"}))
    assert read_contents(root).version == before
    assert read_contents(locate()).version != before


def test_data_with_problems_changes_nothing_and_leaves_nothing(machine: Path) -> None:
    put(machine, files(EARLY))
    before = sorted(path.name for path in (machine / "home" / "camscan").iterdir())
    with pytest.raises(DataFileError, match="1 problems, first: entry x: wrong: nothing was changed"):
        install(files(), machine / "home" / "camscan" / "data", lambda _: ["entry x: wrong"], at=LATE, notes={})
    assert sorted(path.name for path in (machine / "home" / "camscan").iterdir()) == before
    assert released(locate()) == EARLY


def test_a_check_that_fails_leaves_nothing(machine: Path) -> None:
    def broken(_: Path) -> list[str]:
        raise DataFileError("vendors/x.toml: not TOML")

    with pytest.raises(DataFileError, match="not TOML"):
        install(files(), machine / "home" / "camscan" / "data", broken, at=LATE, notes={})
    assert list((machine / "home" / "camscan").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["evil.py", "../up.toml", "vendors/a.sh", "a/b/c/d/e.toml", "/etc/x.toml", "oui/registry.txt.bak", ".hidden"]
)
def test_a_file_that_is_no_data_is_refused(machine: Path, name: str) -> None:
    assert foreign({**files(), name: b""}) == name
    with pytest.raises(DataFileError, match="not a set of data files"):
        put(machine, files(**{name: b""}))
    assert not (machine / "home").exists()


@pytest.mark.parametrize("name", ["fields.toml", "oui/registry.txt", "release.toml"])
def test_a_set_without_what_every_set_has_is_refused(machine: Path, name: str) -> None:
    content = files()
    del content[name]
    with pytest.raises(DataFileError, match=f"{name}: not a set of data files"):
        put(machine, content)


def test_files_of_a_user_are_private_and_those_of_the_machine_are_for_whom_its_folder_is_opened(machine: Path) -> None:
    old = os.umask(0o027)
    try:
        own = put(machine, files()).path.resolve()
        service = install(files(), machine / "service" / "data", no_problem, at=LATE, notes={}).path.resolve()
    finally:
        os.umask(old)
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in (own, *own.rglob("*"))}
    assert modes == {(True, 0o700), (False, 0o600)}
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in (service, *service.rglob("*"))}
    assert modes == {(True, 0o755), (False, 0o644)}
    assert service.parent.stat().st_mode & 0o777 == 0o700  # the history lies beside it


def test_a_folder_that_others_may_write_is_passed_over(machine: Path) -> None:
    real = put(machine, files()).path.resolve()
    real.chmod(0o777)
    assert imported_folders() == ()
    assert locate() == machine / "shipped" / "fingerprints"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_passed_over(machine: Path) -> None:
    os.chown(put(machine, files()).path.resolve(), 1234, 1234)
    assert locate() == machine / "shipped" / "fingerprints"


def test_a_place_that_camscan_did_not_make_is_left_alone(machine: Path) -> None:
    place = machine / "home" / "camscan" / "data"
    place.mkdir(parents=True)
    with pytest.raises(UsageError, match="is not what data import made"):
        put(machine, files())
    assert list(place.iterdir()) == []


def test_data_that_a_trusted_key_signed_counts_as_shipped_and_any_other_as_local(machine: Path) -> None:
    assert layer_of(put(machine, files(), signed_by=None).path) == "local"
    assert layer_of(put(machine, files(), signed_by="SHA256:00").path) == "shipped"
    assert layer_of(machine) == "local"


def test_notes_stand_beside_the_files_and_damaged_ones_count_for_nothing(machine: Path) -> None:
    done = put(machine, files(), source="bundle.zip")
    assert json.loads((done.path / "import.json").read_text())["source"] == "bundle.zip"
    (done.path / "import.json").write_text("[")
    assert noted(done.path) == {}
    (done.path / "import.json").write_text('{"over": "soon"}')
    assert standing(done.path) == LATE


@pytest.mark.parametrize("text", ["", "released = 'soon'", "released = 2026-11-22", "released = 2026-11-22T00:00:00", "["])
def test_a_release_that_names_no_instant_is_not_stated(tmp_path: Path, text: str) -> None:
    (tmp_path / "release.toml").write_text(text)
    assert released(tmp_path) is None


def test_root_imports_for_the_machine_and_everyone_else_for_himself(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"XDG_DATA_HOME": "/home/x/.local/share"}
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert place_of(environment) == Path("/var/lib/camscan/data")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert place_of(environment) == Path("/home/x/.local/share/camscan/data")
    with pytest.raises(UsageError, match="no home folder"):
        place_of({})


def test_the_shipped_data_says_when_it_was_released_and_not_before_its_registry_was_read() -> None:
    root = Path(__file__).parents[2] / "fingerprints"
    at = released(root)
    assert at is not None
    assert read_contents(root).version[:10] <= at.date().isoformat()
