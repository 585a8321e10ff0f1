from __future__ import annotations

from pathlib import Path

import pytest

from camscan.datafiles.knowledge import load_knowledge
from camscan.errors import DataFileError
from tests.small_data import ACME, ZENITH, write_data


def test_knowledge_holds_what_the_files_say(tmp_path: Path) -> None:
    knowledge = load_knowledge(write_data(tmp_path))
    assert knowledge.claims == {"sadp.serial": "serial", "sadp.mac": "mac"}
    assert knowledge.display["acme-home"] == "Acme Home"
    assert knowledge.vendors["acme-home"].owner == "acme"
    assert [edge.child for edge in knowledge.edges] == ["relabel"]
    assert knowledge.version.startswith("2026-01-31.")


def test_version_changes_with_any_file_and_not_otherwise(tmp_path: Path) -> None:
    folder = write_data(tmp_path / "a")
    version = load_knowledge(folder).version
    assert load_knowledge(write_data(tmp_path / "b")).version == version
    (folder / "policies" / "edges" / "made-up.toml").write_text("edge = []\n")
    assert load_knowledge(folder).version != version


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('confidence = "firm"', 'confidence = "sure"'), r"entry zenith.http.server: confidence: "),
        (('prefix = "Zenith-Webs"', 'prefx = "Zenith-Webs"'), r"entry zenith.http.server: match.prefx: Extra inputs"),
        (('prefix = "Zenith-Webs"', 'prefix = "a", exact = "b"'), r"entry zenith.http.server: match: .*give one of"),
        (('prefix = "Zenith-Webs"', "regex = '(?=a)b'"), r"entry zenith.http.server: match: .*RE2 refuses"),
        (('prefix = "Zenith-Webs"', 'prefix = ""'), r"entry zenith.http.server: match: .*any = true"),
        (
            ('field = "http.server"', 'field = "http.sever"'),
            r"entry zenith.http.server: field http.sever is not in fields.toml",
        ),
        (('source = "made up"', ""), r"entry zenith.http.server: source: Field required"),
        (('examples = [{ text = "Zenith-Webs/1.0" }]', "examples = []"), r"entry zenith.http.server: examples: "),
        (('slug = "zenith"', 'slug = "other"'), r"vendor.slug: other is not the file's name"),
        (('kind = "camera"', 'kind = "kamera"'), r"entry zenith.http.server: gives.kind: "),
        (('name = "Zenith"', 'nam = "Zenith"'), r"vendor"),
    ],
)
def test_mistake_is_named_by_file_and_entry_in_one_line(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    folder = write_data(tmp_path, zenith=ZENITH.replace(*change, 1))
    with pytest.raises(DataFileError, match=rf"^fingerprints/vendors/zenith.toml: {complaint}") as caught:
        load_knowledge(folder)
    assert "\n" not in str(caught.value)


def test_slug_described_twice_is_refused(tmp_path: Path) -> None:
    folder = write_data(tmp_path, zenith=ZENITH.replace("[[fingerprint]]", '[[brand]]\nslug = "acme"\n[[fingerprint]]', 1))
    with pytest.raises(DataFileError, match=r"zenith.toml: acme: also described in vendors/acme.toml"):
        load_knowledge(folder)


def test_field_declared_twice_is_refused(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    fields = folder / "fields.toml"
    fields.write_text(
        fields.read_text()
        + '\n[[field]]\nname = "mac"\nmeaning = "x"\nexample = ""\ncodec = ""\nwitness = "x"\neditable = true\n'
    )
    with pytest.raises(DataFileError, match="entry mac: declared twice"):
        load_knowledge(folder)


def test_broken_edge_is_named(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    (folder / "policies" / "edges" / "made-up.toml").write_text('edge = [{ type = "made_by", child = "a" }]\n')
    with pytest.raises(DataFileError, match=r"edges/made-up.toml: a: edge 1 parent: Field required"):
        load_knowledge(folder)


def test_missing_registry_is_named(tmp_path: Path) -> None:
    folder = write_data(tmp_path, acme=ACME)
    (folder / "oui" / "registry.txt").unlink()
    with pytest.raises(DataFileError, match=r"oui/registry.txt"):
        load_knowledge(folder)
