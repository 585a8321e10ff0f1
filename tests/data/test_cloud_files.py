"""The clouds that are shipped: every name that identifies a vendor is one of them, and what is wrong with a file is told."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from camscan.datafiles.check import check_data
from camscan.datafiles.knowledge import load_knowledge
from camscan.errors import DataFileError
from tests.small_data import write_data

FINGERPRINTS = Path(__file__).parents[2] / "fingerprints"
NAMED_BY = {"dns.name", "tls.sni", "http.host"}
ENTRY = """
[[cloud]]
id = "acme.cloud"
service = "Acme"
purpose = "service"
grade = "confirmed"
who = "acme"
suffixes = ["acme-cam.com"]
source = "made up"
examples = ["api.acme-cam.com"]
counter = ["www.acme.com"]
"""


def written(folder: Path, content: str) -> Path:
    root = write_data(folder)
    (root / "clouds").mkdir()
    (root / "clouds" / "acme.toml").write_text(content)
    return root


def test_every_name_that_identifies_a_vendor_is_that_of_a_cloud() -> None:
    clouds = load_knowledge(FINGERPRINTS).clouds
    names = [
        example["text"]
        for path in sorted((FINGERPRINTS / "vendors").glob("*.toml"))
        for entry in tomllib.loads(path.read_text("utf-8")).get("fingerprint", [])
        if entry.get("field") in NAMED_BY
        for example in entry["examples"]
    ]
    assert len(names) > 20
    assert [name for name in names if clouds.named(name) is None] == []


def test_a_whole_file_is_loaded_and_nothing_is_wrong_with_it(tmp_path: Path) -> None:
    root = written(tmp_path, ENTRY)
    cloud = load_knowledge(root).clouds.named("x.acme-cam.com")
    assert cloud is not None
    assert (cloud.id, cloud.who, cloud.purpose, cloud.grade) == ("acme.cloud", "acme", "service", "confirmed")
    assert [str(one) for one in check_data(root)[0] if "clouds" in one.file] == []


@pytest.mark.parametrize(
    ("was", "now", "problem"),
    [
        ('who = "acme"', 'who = "nobody"', "entry acme.cloud: who nobody has no file in vendors/"),
        ('examples = ["api.acme-cam.com"]', "", "give an example"),
        ('suffixes = ["acme-cam.com"]', "", "give suffixes, ports, or both"),
        ('suffixes = ["acme-cam.com"]', 'suffixes = ["com"]', "suffixes"),
        ('suffixes = ["acme-cam.com"]', 'suffixes = ["Acme-Cam.com"]', "suffixes"),
        ('purpose = "service"', 'purpose = "spying"', "purpose"),
        ('grade = "confirmed"', "", "grade"),
        ('source = "made up"', 'source = "made up"\ncolour = "red"', "colour"),
    ],
)
def test_a_wrong_file_is_refused_with_its_entry(tmp_path: Path, was: str, now: str, problem: str) -> None:
    assert was in ENTRY
    with pytest.raises(DataFileError) as refused:
        load_knowledge(written(tmp_path, ENTRY.replace(was, now)))
    assert "fingerprints/clouds/acme.toml" in str(refused.value)
    assert problem in str(refused.value)


def test_a_suffix_or_an_id_belongs_to_one_entry(tmp_path: Path) -> None:
    for number, second in enumerate((ENTRY, ENTRY.replace("acme.cloud", "acme.other"))):
        with pytest.raises(DataFileError, match=r"used twice|is also of acme\.cloud"):
            load_knowledge(written(tmp_path / str(number), ENTRY + second))


@pytest.mark.parametrize(
    ("was", "now", "problem"),
    [
        ('examples = ["api.acme-cam.com"]', 'examples = ["api.acme.com"]', 'example "api.acme.com" is of no entry'),
        ('counter = ["www.acme.com"]', 'counter = ["acme-cam.com"]', 'counter "acme-cam.com" is matched'),
    ],
)
def test_examples_and_counters_are_tried(tmp_path: Path, was: str, now: str, problem: str) -> None:
    found = [str(one) for one in check_data(written(tmp_path, ENTRY.replace(was, now)))[0]]
    assert f"fingerprints/clouds/acme.toml: entry acme.cloud: {problem}" in found
