from __future__ import annotations

from pathlib import Path

import pytest

import camscan
from camscan.datafiles.check import check_data
from camscan.datafiles.knowledge import load_knowledge
from camscan.datafiles.locate import layer_of, local_files, locate
from camscan.datafiles.open import open_knowledge
from camscan.errors import DataFileError
from camscan.identify.engine import identify_fields
from camscan.identify.rules import Knowledge
from tests.small_data import write_data

OVERRIDE = """
[vendor]
slug = "zenith"

[[fingerprint]]
id = "zenith.http.server"
field = "http.server"
match = { prefix = "Zenith-Webs/2" }
confidence = "firm"
gives = { brand = "zenith", kind = "nvr" }
source = "made up"
examples = [{ text = "Zenith-Webs/2.0" }]

[[fingerprint]]
id = "zenith.http.title"
field = "http.title"
match = { exact = "Apex" }
confidence = "firm"
gives = { brand = "zenith" }
source = "made up"
examples = [{ text = "Apex" }]
"""

NEW = """
[vendor]
slug = "nadir"
name = "Nadir"

[[fingerprint]]
id = "nadir.http.title"
field = "http.title"
match = { regex = '^Nadir (?P<model>N[0-9]+)$' }
confidence = "firm"
gives = { brand = "nadir", maker = "nadir", model = "{model}" }
source = "made up"
examples = [{ text = "Nadir N1", gives = { model = "N1" } }]

[[model]]
match = { regex = '^N[0-9]+$' }
kind = "camera"
examples = ["N1"]
"""


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package whose data is the small folder, and a user without files of their own."""
    package = tmp_path / "site" / "camscan"
    package.mkdir(parents=True)
    monkeypatch.setattr(camscan, "__file__", str(package / "__init__.py"))
    monkeypatch.delenv("CAMSCAN_DATA", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    return write_data(tmp_path / "site")


def said(knowledge: Knowledge, name: str, value: str) -> list[tuple[str, str]]:
    return [(one.fingerprint, one.layer) for one in identify_fields(((name, value),), knowledge).evidence]


def test_local_entry_stands_in_place_of_the_shipped_one_with_its_id(shipped: Path, tmp_path: Path) -> None:
    knowledge = load_knowledge(shipped, [written(tmp_path / "z.toml", OVERRIDE)])
    assert said(knowledge, "http.server", "Zenith-Webs/1.0") == []
    assert said(knowledge, "http.server", "Zenith-Webs/2.0") == [("zenith.http.server", "local")]
    assert said(knowledge, "http.title", "Apex") == [("zenith.http.title", "local")]
    assert said(knowledge, "tls.subject", "O=Zenith BV") == [("zenith.tls.subject", "shipped")]


def test_local_file_of_a_new_vendor_brings_its_grammar(shipped: Path, tmp_path: Path) -> None:
    knowledge = load_knowledge(shipped, [written(tmp_path / "nadir.toml", NEW)])
    found = identify_fields((("http.title", "Nadir N7"),), knowledge)
    assert (found.maker, found.model, found.kind, found.evidence[0].layer) == ("nadir", "N7", "camera", "local")


def test_of_two_local_entries_the_later_folder_is_believed(shipped: Path, tmp_path: Path) -> None:
    first = written(tmp_path / "a" / "z.toml", OVERRIDE)
    second = written(tmp_path / "b" / "z.toml", OVERRIDE.replace("Zenith-Webs/2", "Zenith-Webs/3"))
    knowledge = load_knowledge(shipped, [first, second])
    assert said(knowledge, "http.server", "Zenith-Webs/2.0") == []
    assert said(knowledge, "http.server", "Zenith-Webs/3.0") == [("zenith.http.server", "local")]


def test_version_shows_the_local_layer_and_changes_with_it(shipped: Path, tmp_path: Path) -> None:
    bare = load_knowledge(shipped).version
    path = written(tmp_path / "z.toml", OVERRIDE)
    first = load_knowledge(shipped, [path]).version
    written(path, OVERRIDE.replace("Apex", "Apogee"))
    assert first.startswith(f"{bare}+local.")
    assert load_knowledge(shipped, [path]).version not in (bare, first)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[vendor", "must be TOML"),
        (OVERRIDE.replace('"zenith"', '"unknown"', 1), "vendor.name: Field required"),
        (OVERRIDE.replace('slug = "zenith"', 'slug = "zenith"\nname = "Z"'), "vendor.name: Extra inputs"),
        (OVERRIDE.replace("http.title", "http.tittle"), "not in fields.toml"),
        (OVERRIDE.replace('exact = "Apex"', "regex = '(?!a)'"), "RE2 refuses"),
        (NEW.replace("[[fingerprint]]", '[[brand]]\nslug = "acme"\n[[fingerprint]]', 1), "acme: described already"),
    ],
)
def test_mistake_in_a_local_file_is_named_by_its_path(shipped: Path, tmp_path: Path, text: str, complaint: str) -> None:
    path = written(tmp_path / "local.toml", text)
    with pytest.raises(DataFileError) as caught:
        load_knowledge(shipped, [path])
    assert str(caught.value).startswith(f"{path}: ")
    assert complaint in str(caught.value)


def test_local_files_are_checked_against_their_own_examples(shipped: Path, tmp_path: Path) -> None:
    good, new = written(tmp_path / "z.toml", OVERRIDE), written(tmp_path / "nadir.toml", NEW)
    assert check_data(shipped, [good, new])[0] == []
    written(good, OVERRIDE.replace('text = "Apex"', 'text = "Apogee"'))
    written(new, NEW.replace('examples = ["N1"]', 'examples = ["M1"]'))
    assert [str(one) for one in check_data(shipped, [good, new])[0]] == [
        f"{good}: entry zenith.http.title: example 'Apogee' is not matched",
        f'{new}: model 1: example "M1" is not matched',
    ]


def test_folders_of_the_user_and_of_the_option_are_found_in_that_order(shipped: Path, tmp_path: Path) -> None:
    mine = written(tmp_path / "config" / "camscan" / "fingerprints.d" / "z.toml", OVERRIDE)
    named = written(tmp_path / "named" / "nadir.toml", NEW)
    (named.parent / "notes.txt").write_text("x")
    assert local_files() == (mine,)
    assert local_files(named.parent) == (mine, named)
    assert locate(named.parent) == shipped
    knowledge = open_knowledge(named.parent)
    assert said(knowledge, "http.title", "Nadir N1") == [("nadir.http.title", "local")]
    assert said(knowledge, "http.title", "Apex") == [("zenith.http.title", "local")]


def test_whole_folder_that_was_named_is_local_and_the_installed_one_is_not(shipped: Path, tmp_path: Path) -> None:
    other = write_data(tmp_path / "other")
    assert (layer_of(shipped), layer_of(other)) == ("shipped", "local")
    assert said(open_knowledge(other), "http.title", "Relabel") == [("relabel.http.title", "local")]
    assert said(open_knowledge(), "http.title", "Relabel") == [("relabel.http.title", "shipped")]
