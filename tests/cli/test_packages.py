"""Evidence packages and `camscan verify`: what is handed on can be checked elsewhere, and says plainly what does not hold."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from camscan.cli.app import app
from camscan.errors import SealError
from camscan.model import SiteContext
from camscan.report.observations import dump
from camscan.report.package import MAIN_FORMATS
from camscan.report.registry import FORMATS
from tests import factories
from tests.cli.invoked import invoked, refused
from tests.report import making
from tests.small_data import ENTITIES, write_data
from tests.test_sealed import put

SADP = (
    ("sadp.model", "DS-2CD2385G1-I"),
    ("sadp.serial", "DS-2CD2385G1-I20230514AAWR000000000"),
    ("sadp.type", "IPCamera"),
)


LOCAL = """
vendor.slug = "acme"
[[fingerprint]]
id = "acme.local.one"
field = "http.server"
match = { exact = "Acme-Local/1" }
confidence = "tentative"
gives = { maker = "acme" }
source = "made up"
examples = [{ text = "Acme-Local/1" }]
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    observed = factories.observation(
        SADP, ip="10.20.0.11", port=37020, link_mac="bc:ad:28:00:00:11", site="Poznań", raw=b"raw bytes of a device"
    )
    lines = dump(making.run(site=SiteContext(name="Poznań")), making.scope(), [making.attempt()], [observed], [making.LINK])
    file = folder / "run.obs.jsonl"
    file.write_text("".join(lines), encoding="utf-8")
    return file


def key_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """Make keys as the guide says."""
    private, public = folder / f"{name}.pem", folder / f"{name}-public.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True, capture_output=True)
    private.chmod(0o600)
    public.chmod(0o644)
    return private, public


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return key_pair(tmp_path_factory.mktemp("keys"), "signer")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return key_pair(tmp_path_factory.mktemp("stranger"), "stranger")


@pytest.fixture(scope="module")
def signed(kept: Path, keys: tuple[Path, Path]) -> Path:
    file = kept.with_name("signed.zip")
    done = invoked("report", kept, "--package", file, "--sign-with", keys[0], "--marking", "OFFICIAL-SENSITIVE", "--quiet")
    assert done.exit_code == 0
    return file


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small folder of data, by which nothing is judged."""
    folder = write_data(tmp_path_factory.mktemp("small"))
    (folder / "policies" / "entities").mkdir()
    (folder / "policies" / "entities" / "made-up.toml").write_text(ENTITIES)
    return folder


@pytest.fixture(scope="module")
def packed(kept: Path, small: Path) -> Callable[..., Path]:
    """Packs the kept run by the small data, unjudged, under a name."""

    def pack(name: Path | str, *flags: str | Path, run: Path = kept) -> Path:
        file = kept.with_name(name) if isinstance(name, str) else name
        assert invoked("report", run, "--package", file, "--data", small, "--policy", "none", "--quiet", *flags).exit_code == 0
        return file

    return pack


@pytest.fixture(scope="module")
def unsigned(packed: Callable[..., Path]) -> Path:
    return packed("unsigned.zip")


def members(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forged(file: Path, change: Callable[[dict[str, bytes]], object], to: Path) -> Path:
    held = members(file)
    change(held)
    with zipfile.ZipFile(file) as before, zipfile.ZipFile(to, "w") as archive:
        at = datetime(*before.infolist()[0].date_time, tzinfo=UTC)
        for name, content in held.items():
            put(archive, name, content, at=at)
    return to


def test_a_package_holds_the_evidence_as_it_was_kept_every_main_format_and_the_data(signed: Path, kept: Path) -> None:
    held = members(signed)
    assert held["run.obs.jsonl"] == kept.read_bytes()
    assert {f"report{FORMATS[name].SUFFIX}" for name in MAIN_FORMATS if name in FORMATS} <= set(held)
    assert {
        "data/fields.toml",
        "data/oui/registry.txt",
        "data/vendors/hikvision.toml",
        "data/policies/rules/uk.hcws386.toml",
    } <= set(held)
    assert signed.stat().st_mode & 0o777 == 0o600


def test_the_marking_stands_in_manifest_reports_and_at_head_and_foot_of_what_verify_says(signed: Path) -> None:
    held = members(signed)
    assert json.loads(held["manifest.json"])["about"]["marking"] == "OFFICIAL-SENSITIVE"
    for name in ("report.txt", "READ-ME.txt"):
        lines = held[name].decode().splitlines()
        assert lines[0] == lines[-1] == "OFFICIAL-SENSITIVE"
    said = invoked("verify", signed).stdout.splitlines()
    assert said[0] == said[-1] == "OFFICIAL-SENSITIVE"


def test_no_marking_is_invented(unsigned: Path) -> None:
    assert json.loads(members(unsigned)["manifest.json"])["about"]["marking"] is None
    assert "OFFICIAL" not in invoked("verify", unsigned).stdout


def test_a_package_that_holds_ends_with_0_and_says_by_which_key_it_is_signed(signed: Path, keys: tuple[Path, Path]) -> None:
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", keys[1], "-outform", "DER"], check=True, capture_output=True
    ).stdout
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-r"], input=der, check=True, capture_output=True).stdout.split()[0]
    done = invoked("verify", signed, "--key", keys[1])
    assert done.exit_code == 0
    assert f"signed by SHA256:{digest.decode()}, a key that you trust ({keys[1]})" in done.stdout
    assert done.stderr.startswith(f"HOLDS: {signed}: ")


def test_the_signature_and_totals_come_first_and_each_file_only_where_it_is_asked_for(
    signed: Path, unsigned: Path, tmp_path: Path
) -> None:
    said = invoked("verify", unsigned).stdout.splitlines()
    held = members(unsigned)
    size = sum(len(content) for name, content in held.items() if name != "manifest.json")
    assert said[0].startswith("evidence package, sealed ")
    assert said[1] == "not signed: whoever changed it could have sealed it anew"
    assert said[2] == f"{len(held) - 1} of {len(held) - 1} files are as they were sealed, {size} bytes (each: --list)"
    assert not [line for line in said if line.startswith("holds ")]
    assert invoked("verify", signed).stdout.splitlines()[2].startswith("signed by SHA256:")
    listed = invoked("verify", unsigned, "--list").stdout
    assert listed.startswith("\n".join(said[:2]))
    assert len([line for line in listed.splitlines() if line.startswith("holds ")]) == len(held) - 1
    assert "  run.obs.jsonl\n" in listed
    broken = forged(unsigned, lambda held: held.pop("run.obs.jsonl"), tmp_path / "forged.zip")
    lines = CliRunner().invoke(app, ["verify", str(broken)]).stdout.splitlines()
    assert lines[2].startswith(f"{len(held) - 2} of {len(held) - 1} files are as they were sealed")
    assert lines[-1] == "DOES NOT HOLD: run.obs.jsonl: listed, and not there"


def test_openssl_alone_can_check_the_signature(signed: Path, keys: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("manifest.json", "manifest.json.sig"):
        (tmp_path / name).write_bytes(members(signed)[name])
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", keys[1], "-rawin", "-in", "manifest.json", "-sigfile"]
    done = subprocess.run([*command, "manifest.json.sig"], cwd=tmp_path, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_a_signature_by_a_key_that_nobody_named_is_told_as_saying_nothing_of_who_holds_it(signed: Path) -> None:
    done = invoked("verify", signed, "--quiet")
    assert done.exit_code == 0
    assert "a key that says nothing of who holds it until you compare it" in done.stderr


def test_another_key_than_the_one_that_is_trusted_ends_with_8(signed: Path, stranger: tuple[Path, Path]) -> None:
    code, said = refused("verify", signed, "--key", stranger[1])
    assert code == 8
    assert "which is no key that you trust" in said


def test_keys_of_the_configuration_are_trusted_without_being_named(
    signed: Path, unsigned: Path, keys: tuple[Path, Path], stranger: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMSCAN_TRUSTED_KEYS", f"{stranger[1]},{keys[1]}")
    assert "a key that you trust" in invoked("verify", signed, "--quiet").stderr
    assert refused("verify", unsigned)[0] == 8
    monkeypatch.setenv("CAMSCAN_TRUSTED_KEYS", str(stranger[1]))
    assert refused("verify", signed)[0] == 8


def test_the_key_of_the_configuration_signs(
    packed: Callable[..., Path], keys: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMSCAN_SIGNING_KEY", str(keys[0]))
    assert invoked("verify", packed(tmp_path / "p.zip"), "--key", keys[1]).exit_code == 0


def test_a_package_without_a_signature_says_so_and_holds_only_where_no_key_is_asked_for(
    unsigned: Path, keys: tuple[Path, Path]
) -> None:
    done = invoked("verify", unsigned)
    assert done.exit_code == 0
    assert "not signed: whoever changed it could have sealed it anew" in done.stdout
    code, said = refused("verify", unsigned, "--key", keys[1])
    assert (code, "no signature that holds" in said) == (8, True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda held: held.update({"report.json": b"{}"}), "report.json: not the file that was sealed"),
        (lambda held: held.pop("run.obs.jsonl"), "run.obs.jsonl: listed, and not there"),
        (lambda held: held.update({"more.txt": b"x"}), "more.txt: there, and not listed"),
        (lambda held: held.update({"manifest.json.sig": bytes(64)}), "the signature over manifest.json does not hold"),
        (lambda held: held.update({"../../evil": b"x"}), "../../evil: its name leads elsewhere"),
    ],
)
def test_what_does_not_hold_is_named_on_a_line_of_its_own_and_ends_with_8(
    signed: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], object], said: str
) -> None:
    file = forged(signed, change, tmp_path / "forged.zip")
    with pytest.raises(SealError):
        invoked("verify", file)
    runner = CliRunner()
    done = runner.invoke(app, ["verify", str(file), "--quiet"])
    first = next(line for line in done.stdout.splitlines() if line.startswith("DOES NOT HOLD: "))
    assert first.startswith(f"DOES NOT HOLD: {said}")
    assert not (tmp_path.parent / "evil").exists()


def test_text_of_a_forged_manifest_cannot_move_the_cursor(unsigned: Path, tmp_path: Path) -> None:
    def plant(held: dict[str, bytes]) -> None:
        document = json.loads(held["manifest.json"])
        document["about"]["site"] = "\x1b[2Jsite\n\u202e"
        held["manifest.json"] = json.dumps(document).encode()

    text = invoked("verify", forged(unsigned, plant, tmp_path / "p.zip")).stdout
    assert "\x1b" not in text
    assert "\\x1b[2Jsite\\x0a\\u202e" in text


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04"])
def test_a_file_that_cannot_be_read_ends_with_2(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "p.zip"
    file.write_bytes(content)
    assert refused("verify", file)[0] == 2
    assert refused("verify", tmp_path / "absent.zip")[0] == 2


def test_a_package_is_a_run_that_can_be_judged_and_reported_again(signed: Path, kept: Path) -> None:
    again = invoked("report", signed, "--format", "json", "--quiet")
    assert again.exit_code == 0
    assert json.loads(again.stdout)["assets"] == json.loads(invoked("report", kept, "--format", "json").stdout)["assets"]
    assert invoked("judge", signed, "--policy", "us-federal-agency", "--quiet").exit_code == 3


def test_a_package_of_a_package_holds_the_same_evidence(
    packed: Callable[..., Path], signed: Path, kept: Path, tmp_path: Path
) -> None:
    assert members(packed(tmp_path / "again.zip", run=signed))["run.obs.jsonl"] == kept.read_bytes()


def test_a_package_that_does_not_hold_is_not_judged(signed: Path, tmp_path: Path) -> None:
    file = forged(signed, lambda held: held.update({"run.obs.jsonl": b"{}"}), tmp_path / "forged.zip")
    code, said = refused("judge", file, "--policy", "none")
    assert (code, "run.obs.jsonl: not the file that was sealed" in said) == (8, True)


def test_a_redacted_package_holds_no_original_and_no_local_files_and_says_that_it_is_redacted(
    packed: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = tmp_path / "config" / "camscan" / "fingerprints.d"
    local.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (local / "our own.toml").write_text(LOCAL, encoding="utf-8")
    assert members(packed(tmp_path / "full.zip"))["local/000-our_own.toml"] == LOCAL.encode()
    held = members(packed(tmp_path / "p.zip", "--redact"))
    assert json.loads(held["manifest.json"])["about"]["redacted"] is True
    assert not [name for name in held if name.startswith("local/")]
    ours = b"".join(content for name, content in held.items() if not name.startswith("data/"))
    for original in ("DS-2CD2385G1-I20230514AAWR000000000", "bc:ad:28:00:00:11", "10.20.0.11", "Poznań", "Pozna\\u0144"):
        assert original.encode() not in ours
    assert packed(tmp_path / "again.zip", run=tmp_path / "p.zip").exists()


def test_two_packages_of_one_run_hold_the_same_files(packed: Callable[..., Path], unsigned: Path, tmp_path: Path) -> None:
    one, two = members(unsigned), members(packed(tmp_path / "two.zip"))
    assert {name: content for name, content in one.items() if name != "manifest.json"} == {
        name: content for name, content in two.items() if name != "manifest.json"
    }


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_signing_key_that_others_may_read_is_refused_before_anything_is_written(
    kept: Path, keys: tuple[Path, Path], tmp_path: Path, mode: int
) -> None:
    open_key = tmp_path / "key.pem"
    shutil.copy(keys[0], open_key)
    open_key.chmod(mode)
    code, said = refused("report", kept, "--package", tmp_path / "p.zip", "--sign-with", open_key)
    assert code == 2
    assert said == f"--sign-with {open_key}: others may read it (mode {mode:04o}): chmod 600 {open_key}"
    assert not (tmp_path / "p.zip").exists()


def test_a_trusted_key_that_others_may_change_is_refused(signed: Path, keys: tuple[Path, Path], tmp_path: Path) -> None:
    public = tmp_path / "public.pem"
    shutil.copy(keys[1], public)
    public.chmod(0o666)
    code, said = refused("verify", signed, "--key", public)
    assert (code, "others may change it" in said) == (2, True)


def test_a_public_key_that_is_none_is_refused(signed: Path, keys: tuple[Path, Path], tmp_path: Path) -> None:
    assert "a private key, where the public one is wanted" in refused("verify", signed, "--key", keys[0])[1]
    assert "cannot be read" in refused("verify", signed, "--key", tmp_path / "absent.pem")[1]


def test_a_signature_needs_a_package(kept: Path, keys: tuple[Path, Path]) -> None:
    assert refused("report", kept, "--sign-with", keys[0]) == (2, "--sign-with signs a package: add --package FILE.zip")


def test_a_package_that_cannot_be_written_is_refused_first(kept: Path, tmp_path: Path) -> None:
    code, said = refused("report", kept, "--package", tmp_path / "absent" / "p.zip")
    assert (code, "there is no folder" in said) == (2, True)
