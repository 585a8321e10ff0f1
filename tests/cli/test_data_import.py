"""Data carried to machines without the internet: exported, signed, imported, refreshed, and how old it may be."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import camscan.datafiles.locate as locating
from camscan import sealed, signature
from camscan.cli import dataorigin
from camscan.cli.app import with_values
from camscan.datafiles.locate import locate
from camscan.errors import DataFileError
from camscan.report.observations import dump
from tests.cli.invoked import invoked, refused
from tests.cli.test_packages import forged, key_pair, members
from tests.report import making
from tests.small_data import ENTITIES, write_data


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return key_pair(tmp_path_factory.mktemp("keys"), "publisher")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small set of data that passes every check, released long ago."""
    folder = write_data(tmp_path_factory.mktemp("small"))
    (folder / "policies" / "entities").mkdir()
    (folder / "policies" / "entities" / "made-up.toml").write_text(ENTITIES)
    (folder / "release.toml").write_text("released = 2026-01-31T00:00:00Z\n")
    return folder


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, small: Path, keys: tuple[Path, Path]) -> Path:
    file = tmp_path_factory.mktemp("bundle") / "data.zip"
    done = invoked("data", "export", file, "--data", small, "--sign-with", keys[0], "--marking", "OFFICIAL")
    assert done.exit_code == 0
    return file


@pytest.fixture
def machine(tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with the small set, into which nothing was imported."""
    for module in (locating, dataorigin):
        monkeypatch.setattr(module, "installed_places", lambda: (small, small))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "service"))
    return tmp_path


def test_a_bundle_holds_the_data_folder_a_release_and_the_marking(bundle: Path, small: Path) -> None:
    held = members(bundle)
    about = json.loads(held["manifest.json"])["about"]
    assert held["vendors/acme.toml"] == (small / "vendors" / "acme.toml").read_bytes()
    assert about["released"].encode() in held["release.toml"]
    assert about["marking"] == "OFFICIAL"
    assert bundle.stat().st_mode & 0o777 == 0o600


def test_a_bundle_is_imported_used_and_shown_with_its_signature(
    machine: Path, small: Path, bundle: Path, keys: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMSCAN_TRUSTED_KEYS", str(keys[1]))
    done = invoked("data", "import", bundle)
    assert done.exit_code == 0
    assert "in use from now on" in done.stderr
    root = locate()
    assert machine in root.parents
    status = invoked("data", "status").stdout
    assert f"folder        {root}\n" in status
    assert "from          imported on " in status
    assert "a key that you trust" in next(line for line in status.splitlines() if line.startswith("signature"))
    assert f"not in use    {small}: older than " in status
    with (root / "vendors" / "acme.toml").open("a") as file:
        file.write("# changed\n")
    assert "DOES NOT HOLD: vendors/acme.toml: not the file that was sealed" in invoked("data", "status").stdout


def test_a_bundle_that_no_trusted_key_signed_is_refused_unless_that_is_said(
    machine: Path, bundle: Path, tmp_path: Path
) -> None:
    _, other = key_pair(tmp_path, "other")
    code, said = refused("data", "import", bundle)
    assert (code, "no key is trusted here" in said, "--unsigned takes it" in said) == (8, True, True)
    code, said = refused("data", "import", bundle, "--key", other)
    assert (code, "which is no key that you trust" in said) == (8, True)
    assert not (machine / "home").exists()
    assert not (machine / "service").exists()
    assert invoked("data", "import", bundle, "--unsigned").exit_code == 0
    assert "says nothing of who holds it" in invoked("data", "status").stdout


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda held: held.update({"fields.toml": b"# nothing\n"}), "fields.toml: not the file that was sealed"),
        (lambda held: held.update({"../../evil.toml": b""}), "its name leads elsewhere"),
        (lambda held: held.pop("manifest.json.sig"), "there is no signature"),
    ],
)
def test_a_bundle_that_was_changed_is_refused_even_where_none_need_sign(
    machine: Path, bundle: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], object], said: str
) -> None:
    code, told = refused("data", "import", forged(bundle, change, tmp_path / "forged.zip"), "--unsigned", "--force")
    assert (code, said in told) == (8, True)
    assert not (machine / "home").exists()
    assert not (machine / "service").exists()


def test_a_bundle_whose_data_fails_its_own_examples_is_refused(
    machine: Path, small: Path, tmp_path: Path, keys: tuple[Path, Path], bundle: Path
) -> None:
    held = members(bundle)
    files = {name: content for name, content in held.items() if not name.startswith("manifest")}
    files["vendors/acme.toml"] = files["vendors/acme.toml"].replace(b'counter = ["ACME_router"]', b'counter = ["ACME"]')
    signer = signature.signer_of(keys[0].read_bytes())
    (tmp_path / "bad.zip").write_bytes(sealed.write("data", files, made_at=datetime(2026, 11, 22, tzinfo=UTC), signer=signer))
    code, said = refused("data", "import", tmp_path / "bad.zip", "--key", keys[1])
    assert (code, "counter 'ACME' is matched: nothing was changed" in said) == (8, True)
    assert locate() == small


def test_an_evidence_package_is_no_bundle_of_data(machine: Path, tmp_path: Path) -> None:
    (tmp_path / "p.zip").write_bytes(sealed.write("evidence", {"a": b""}, made_at=datetime(2026, 11, 22, tzinfo=UTC)))
    assert refused("data", "import", tmp_path / "p.zip", "--unsigned")[1].endswith("holds evidence, where data is wanted")


def test_a_bundle_older_than_what_is_in_use_is_refused_unless_forced(
    machine: Path, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = tmp_path / "newer"
    (newer / "x").mkdir(parents=True)
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(newer)
    (newer / "release.toml").write_text("released = 2030-01-01T00:00:00Z\n")
    monkeypatch.setenv("CAMSCAN_DATA", str(newer))
    code, said = refused("data", "import", bundle, "--unsigned")
    assert (code, "older than what is in use (2030-01-01T00:00:00Z); --force takes it" in said) == (8, True)


CSV = b"Registry,Assignment,Organization Name,Organization Address\r\nMA-L,ABCDE0,New Camera Co,Somewhere\r\n"


def test_a_csv_of_the_ieee_refreshes_the_registry_of_this_machine(machine: Path, small: Path, tmp_path: Path) -> None:
    (tmp_path / "oui.csv").write_bytes(CSV)
    done = invoked("data", "import", "--oui", tmp_path / "oui.csv", "--read-on", "2026-11-22")
    assert done.exit_code == 0
    assert "1 assignments new, 0 renamed" in done.stderr
    assert "the day of reading stays 2026-01-31: MA-L, MA-M, MA-S not supplied whole" in done.stderr
    assert machine in locate().parents
    assert "registrant New Camera Co: prefix = abcde0/24" in invoked("data", "search", "abcde0").stdout
    assert "registrant Zenith BV: prefix = 001133/24" in invoked("data", "search", "001133").stdout
    assert "signature     none: imported without a bundle" in invoked("data", "status").stdout
    assert (locate() / "vendors" / "acme.toml").read_bytes() == (small / "vendors" / "acme.toml").read_bytes()


def test_a_csv_that_takes_the_registrants_of_a_vendor_away_is_refused_unless_forced(
    machine: Path, small: Path, tmp_path: Path
) -> None:
    (tmp_path / "oui.csv").write_bytes(CSV + b"MA-L,001133,Somebody Else,x\r\n")
    code, said = refused("data", "import", "--oui", tmp_path / "oui.csv")
    assert (code, 'registrant "Zenith BV" is not in oui/registry.txt' in said) == (8, True)
    assert locate() == small
    done = invoked("data", "import", "--oui", tmp_path / "oui.csv", "--force")
    assert (done.exit_code, 'warning: fingerprints/vendors/zenith.toml: zenith: registrant "Zenith BV"' in done.stderr) == (
        0,
        True,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give a bundle, or --oui"),
        (("b.zip", "--oui", "x.csv"), "one of the two"),
        (("absent.zip", "--unsigned"), "cannot be read"),
        (("--oui", "absent.csv"), "--oui absent.csv: cannot be read"),
        (("--oui", __file__, "--read-on", "2999-01-01"), "is yet to come"),
        (("--oui", __file__, "--read-on", "soon"), "is not a date"),
        (("--oui", __file__), "the first row must name"),
    ],
)
def test_what_cannot_be_imported_is_refused_with_the_remedy(machine: Path, arguments: tuple[str, ...], said: str) -> None:
    code, told = refused("data", "import", *arguments)
    assert (code, said in told) == (2, True)


def test_data_older_than_is_asked_for_ends_with_8_before_anything_is_sent(small: Path) -> None:
    arguments = ("scan", "10.20.0.0/24", "--policy", "none", "--data", small, "--dry-run")
    code, said = refused(*arguments, "--require-fresh", "30d")
    assert code == 8
    assert "older than --require-fresh 30d allows: " in said
    assert "the fingerprints and policies: " in said
    assert "camscan data import" in said
    assert refused(*arguments, "--require-fresh", "soon")[0] == 2


def test_fresh_data_is_let_through(machine: Path, tmp_path: Path) -> None:
    run = tmp_path / "run.obs.jsonl"
    run.write_text("".join(dump(making.run(), making.scope(), [], [], [])))
    assert invoked("judge", run, "--policy", "none", "--require-fresh", "9999d", "--quiet").exit_code == 0
    with pytest.raises(DataFileError):
        invoked("judge", run, "--policy", "none", "--require-fresh", "1s", "--quiet")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["scan", "--require-fresh"], ["scan", "--require-fresh=30d"]),
        (["scan", "--require-fresh", "--quiet"], ["scan", "--require-fresh=30d", "--quiet"]),
        (["scan", "--require-fresh", "10.20.0.0/24"], ["scan", "--require-fresh=30d", "10.20.0.0/24"]),
        (["scan", "--require-fresh", "7d"], ["scan", "--require-fresh", "7d"]),
        (["scan", "--require-fresh=7d"], ["scan", "--require-fresh=7d"]),
        (["replay", "--", "--require-fresh"], ["replay", "--", "--require-fresh"]),
        ([], []),
    ],
)
def test_the_age_can_be_left_out(given: list[str], meant: list[str]) -> None:
    assert with_values(given) == meant
