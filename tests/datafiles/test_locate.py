from __future__ import annotations

from pathlib import Path

import pytest

import camscan
from camscan.datafiles.locate import locate, read_toml
from camscan.errors import DataFileError


def folder(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "fields.toml").write_text("")
    return path


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package folder elsewhere, so that neither this checkout nor an installation is found."""
    monkeypatch.delenv("CAMSCAN_DATA", raising=False)
    place = tmp_path / "site" / "camscan"
    place.mkdir(parents=True)
    monkeypatch.setattr(camscan, "__file__", str(place / "__init__.py"))
    return place


def test_explicit_folder_wins_over_the_environment_and_the_package(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(package / "_data" / "fingerprints")
    monkeypatch.setenv("CAMSCAN_DATA", str(folder(package.parent.parent / "environment")))
    given = folder(package.parent.parent / "given")
    assert locate(given) == given
    assert locate(None) == package.parent.parent / "environment"


def test_installed_data_comes_before_the_folder_beside_the_package(package: Path) -> None:
    beside = folder(package.parent / "fingerprints")
    assert locate() == beside
    installed = folder(package / "_data" / "fingerprints")
    assert locate() == installed


def test_nothing_found_names_the_places_and_the_remedy(package: Path) -> None:
    with pytest.raises(DataFileError, match=r"no data files in .*_data.* and .*CAMSCAN_DATA"):
        locate()


def test_named_folder_without_data_is_refused_by_the_name_of_what_named_it(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder(package.parent / "fingerprints")
    with pytest.raises(DataFileError, match="--data must name"):
        locate(package)
    monkeypatch.setenv("CAMSCAN_DATA", str(package))
    with pytest.raises(DataFileError, match="CAMSCAN_DATA must name"):
        locate()


def test_broken_toml_is_named_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('a = 1\nb = "\n')
    with pytest.raises(DataFileError, match=r"^fingerprints/x.toml: .*line 2"):
        read_toml(tmp_path / "x.toml", tmp_path)
    (tmp_path / "y.toml").write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(DataFileError, match=r"^fingerprints/y.toml: line 2: not UTF-8"):
        read_toml(tmp_path / "y.toml", tmp_path)
    with pytest.raises(DataFileError, match="No such file"):
        read_toml(tmp_path / "z.toml", tmp_path)
