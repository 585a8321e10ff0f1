from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from camscan.cli.app import app
from camscan.errors import UsageError
from tests.small_data import ACME, write_data

POLICIES = Path(__file__).parents[2] / "fingerprints" / "policies"


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A copy of the shipped data with one vendor file more."""
    folder = tmp_path / "fingerprints"
    shutil.copytree(POLICIES.parent, folder)
    return folder


def check(folder: Path, *flags: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["data", "check", "--data", str(folder), *flags], catch_exceptions=False)
    return done.exit_code, done.output


def test_shipped_data_passes_and_prints_what_it_covers(shipped: Path) -> None:
    code, text = check(shipped)
    assert code == 0, text
    assert "hikvision" in text
    assert "policies" in text
    assert "IEEE MA-L" in text


def test_failing_entry_ends_with_8_and_is_named(shipped: Path) -> None:
    target = shipped / "vendors" / "acme.toml"
    target.write_text(ACME.replace('counter = ["ACME_router"]', 'counter = ["ACME"]'))
    code, text = check(shipped, "--quiet")
    assert code == 8
    assert "fingerprints/vendors/acme.toml: entry acme.http.realm: counter 'ACME' is matched" in text


def test_a_vendor_without_an_entity_is_named_and_ends_with_8(shipped: Path) -> None:
    (shipped / "vendors" / "acme.toml").write_text(ACME)
    code, text = check(shipped, "--quiet")
    assert code == 8
    assert "fingerprints/vendors/acme.toml: there is no entity acme" in text


def test_small_data_without_policies_is_refused_by_name(tmp_path: Path) -> None:
    from camscan.errors import DataFileError

    with pytest.raises(DataFileError):
        check(write_data(tmp_path))


def said(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["data", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("ACME-video", "vendors/acme.toml: vendor acme: aliases = acme-video"),
        ("acme-home", "vendors/acme.toml: brand acme-home: slug = acme-home"),
        ("Acme Home Ltd.", "vendors/acme.toml: brand acme-home: registrants = Acme Home Ltd."),
        ("acme.rtsp.realm", "vendors/acme.toml: fingerprint acme.rtsp.realm: id = acme.rtsp.realm"),
        ("Zenith-Webs/1", "vendors/zenith.toml: fingerprint zenith.http.server: examples.text = Zenith-Webs/1.0"),
        ("^ACME(?:_", "vendors/acme.toml: fingerprint acme.http.realm: match.regex = ^ACME(?:_(?P<mac>[0-9A-F]{12}))?$"),
        ("001122", "oui/registry.txt: registrant Acme Video Co., Ltd.: prefix = 001122/24"),
        ("00:11:77:0A:BB:CC", "oui/registry.txt: registrant Acme Home Ltd.: prefix = 0011770/28"),
        ("nobody in", "oui/registry.txt: registrant Nobody in particular: prefix = 001188/24"),
        ("made_by", "policies/edges/made-up.toml: edge relabel made_by acme: type = made_by"),
        ("standards.onvif", "standards.toml: fingerprint standards.onvif.model: id = standards.onvif.model"),
    ],
)
def test_a_word_is_found_wherever_it_stands(tmp_path: Path, word: str, expected: str) -> None:
    assert f"fingerprints/{expected}\n" in said("search", word, "--data", str(write_data(tmp_path)))


def test_companies_rules_and_policies_are_found_too() -> None:
    text = said("search", "hikvision", "--data", str(POLICIES.parent))
    assert text.startswith("fingerprints/policies/entities/hikvision.toml: entity hikvision: slug = hikvision\n")
    assert "fingerprints/policies/rules/uk.hcws386.toml: rule uk.hcws386: " in said(
        "search", "HCWS386", "--data", str(POLICIES.parent)
    )
    assert "fingerprints/policies/sets/uk-department.toml: policy uk-department: name = uk-department\n" in said(
        "search", "uk-department", "--data", str(POLICIES.parent)
    )


def test_what_the_word_names_comes_before_what_mentions_it(tmp_path: Path) -> None:
    lines = said("search", "relabel", "--data", str(write_data(tmp_path))).splitlines()
    assert lines[0].startswith("fingerprints/vendors/relabel.toml: vendor relabel: ")
    assert "edge relabel made_by acme" in lines[-1] or "edge relabel made_by acme" in lines[-2]


def test_a_search_that_finds_much_is_cut_and_says_so(shipped: Path) -> None:
    done = CliRunner().invoke(app, ["data", "search", "a", "--data", str(shipped)], catch_exceptions=False)
    assert len(done.stdout.splitlines()) == 200
    assert "are not listed: give a longer word" in done.stderr


def test_nothing_found_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["data", "search", "x\x1by", "--data", str(write_data(tmp_path))], catch_exceptions=False)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.startswith("0 entries hold x\\x1by in ")


def test_a_blank_word_is_refused() -> None:
    with pytest.raises(UsageError, match="give a word"):
        said("search", " ")


def test_status_tells_folder_versions_ages_and_what_is_overdue(shipped: Path) -> None:
    rule = shipped / "policies" / "rules" / "uk.hcws386.toml"
    text = rule.read_text()
    assert "review_by    = 2027-05-31" in text
    rule.write_text(text.replace("review_by    = 2027-05-31", "review_by    = 2026-01-31"))
    told = said("status", "--data", str(shipped))
    assert f"folder        {shipped}\n" in told
    assert "assignments, read on 20" in told
    assert "OVERDUE since 2026-01-31" in next(line for line in told.splitlines() if "uk.hcws386" in line)
    assert "to be read again by" in next(line for line in told.splitlines() if "us.s889.a1A" in line)


def test_a_registry_without_its_day_is_no_bug(shipped: Path) -> None:
    registry = shipped / "oui" / "registry.txt"
    registry.write_text("# composed by hand\n" + registry.read_text().partition("\n")[2])
    assert "day of reading not stated" in said("status", "--data", str(shipped))
