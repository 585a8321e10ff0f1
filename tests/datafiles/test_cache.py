from __future__ import annotations

import os
from pathlib import Path

import pytest

from camscan.datafiles import cache
from camscan.datafiles.cache import cache_folder, document_of, keep, recall
from camscan.datafiles.contents import Contents, read_contents
from camscan.datafiles.knowledge import load_knowledge
from camscan.datafiles.open import open_knowledge
from camscan.identify.engine import identify_fields
from camscan.identify.rules import Knowledge
from tests.small_data import write_data


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return read_contents(write_data(tmp_path))


@pytest.fixture
def knowledge(tmp_path: Path, contents: Contents) -> Knowledge:
    return load_knowledge(tmp_path / "fingerprints", contents=contents)


@pytest.fixture
def folder(tmp_path: Path, knowledge: Knowledge, contents: Contents) -> Path:
    """A folder that holds the small data, compiled."""
    (tmp_path / "cache").mkdir()
    keep(knowledge, contents, tmp_path / "cache" / "camscan")
    return tmp_path / "cache" / "camscan"


def kept(folder: Path) -> Path:
    (path,) = folder.glob("knowledge-*.json")
    return path


def test_what_was_kept_is_what_was_compiled(folder: Path, knowledge: Knowledge, contents: Contents) -> None:
    again = recall(contents, folder)
    assert again is not None
    assert document_of(again) == document_of(knowledge)
    for name in ("vendors", "fields", "edges", "display", "version"):
        assert getattr(again, name) == getattr(knowledge, name)
    for name, value in [
        ("sadp.serial", "A100P20210304AA"),
        ("http.auth.realm", "ACME_001122AABBCC"),
        ("http.title", "Relabel"),
    ]:
        assert identify_fields(((name, value),), again) == identify_fields(((name, value),), knowledge)


def test_only_we_can_read_and_write_it(folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700
    assert kept(folder).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == [kept(folder).name]


def test_other_contents_are_not_taken_for_these(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "fingerprints" / "vendors" / "chips.toml").unlink()
    changed = read_contents(tmp_path / "fingerprints")
    assert recall(changed, folder) is None
    # not even where the file bears their name
    kept(folder).rename(cache.path_of(changed, folder))
    assert recall(changed, folder) is None


@pytest.mark.parametrize("damage", [b"", b"x", b"\n", None])
def test_damaged_file_is_compiled_anew_without_a_word(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], damage: bytes | None
) -> None:
    path = kept(folder)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"acme", b"acne", 1) if damage is None else damage)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder.parent))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    assert "acme" in open_knowledge(tmp_path / "fingerprints").vendors
    assert path.read_bytes() == whole
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_file_that_others_could_have_written_is_ignored(folder: Path, contents: Contents, mode: int) -> None:
    assert recall(contents, folder) is not None
    kept(folder).chmod(mode)
    assert recall(contents, folder) is None


def test_folder_that_others_can_write_to_is_neither_read_nor_written(
    folder: Path, knowledge: Knowledge, contents: Contents
) -> None:
    folder.chmod(0o770)
    assert recall(contents, folder) is None
    kept(folder).unlink()
    keep(knowledge, contents, folder)
    assert list(folder.iterdir()) == []


def test_link_is_not_followed(folder: Path, contents: Contents, tmp_path: Path) -> None:
    path = kept(folder)
    path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(tmp_path / "elsewhere.json")
    assert recall(contents, folder) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a file away")
def test_file_or_folder_of_another_user_is_ignored(
    folder: Path, knowledge: Knowledge, contents: Contents, tmp_path: Path
) -> None:
    os.chown(kept(folder), 65534, -1)
    assert recall(contents, folder) is None
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 65534, -1)
    keep(knowledge, contents, home / "camscan")
    assert not (home / "camscan").exists()


def test_place_that_cannot_be_written_is_no_fault(knowledge: Knowledge, contents: Contents, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    keep(knowledge, contents, tmp_path / "file" / "camscan")
    keep(knowledge, contents, tmp_path / "none" / "camscan")
    assert recall(contents, tmp_path / "none" / "camscan") is None


def test_old_files_go(folder: Path, knowledge: Knowledge, contents: Contents) -> None:
    for number in range(cache.KEPT + 2):
        old = folder / f"knowledge-{number}.json"
        old.write_text("")
        os.utime(old, ns=(number, number))
    kept_before = {path.name for path in folder.iterdir()}
    keep(knowledge, contents, folder)
    left = {path.name for path in folder.glob("knowledge-*.json")}
    assert left < kept_before
    assert len(left) == cache.KEPT
    assert cache.path_of(contents, folder).name in left


def test_place_follows_xdg_and_a_relative_one_is_not_believed() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/x", "HOME": "/h"}) == Path("/x/camscan")
    assert cache_folder({"XDG_CACHE_HOME": "x", "HOME": "/h"}) == Path("/h/.cache/camscan")
    assert cache_folder({}) is None
