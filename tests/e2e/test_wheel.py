"""What a user installs: the wheel alone, in an empty folder, without capabilities and without a network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.unprivileged import WITHOUT_CAPABILITIES

ROOT = Path(__file__).parents[2]


def built(kind: str, source: Path, folder: Path) -> Path:
    """Build a wheel or an sdist from a source tree and return the file."""
    command = [sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr + done.stdout
    (made,) = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the wheel's content and nothing else; the libraries come from the environment of the tests."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([*pip, "--root-user-action=ignore", "--target", str(folder), str(wheel)], check=True, timeout=120)
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def run(
    installed: Path | None, empty: Path, *arguments: str, program: tuple[str, ...] = ("-m", "camscan"), **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run Python in an empty folder, without capabilities, with the installed package in front of every other."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CAMSCAN", "PYTHON"))}
    environment |= {
        "HOME": str(empty),
        "XDG_CONFIG_HOME": str(empty / "config"),
        "XDG_CACHE_HOME": str(empty / "cache"),
    } | variables
    if installed is not None:
        environment["PYTHONPATH"] = str(installed)
    command = [*(WITHOUT_CAPABILITIES if os.geteuid() == 0 else ()), sys.executable, *program, *arguments]
    return subprocess.run(
        command, cwd=empty, env=environment, capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL
    )


def test_the_installed_package_is_the_one_that_runs_with_its_own_data(installed: Path, empty: Path) -> None:
    code = "import camscan; from camscan.datafiles.locate import locate; print(camscan.__file__); print(locate())"
    done = run(installed, empty, code, program=("-c",))
    package, data = map(Path, done.stdout.splitlines())
    assert package == installed / "camscan" / "__init__.py", done.stderr
    assert data == installed / "camscan" / "_data" / "fingerprints"


def test_demo_shows_its_table_and_a_report_that_keeps_to_the_shipped_schema(installed: Path, empty: Path) -> None:
    done = run(installed, empty, "demo", "-o", "report.json")
    assert done.returncode == 0, done.stderr
    assert "Hikvision" in done.stdout
    assert [line.partition(":")[0] for line in done.stdout.splitlines()[-4:]] == ["Answer", "Not seen", "Because", "Next"]
    from jsonschema import validate  # seconds that only the process pays which checks

    schema = json.loads((installed / "camscan" / "report" / "schema" / "report-1.0.json").read_text(encoding="utf-8"))
    report = json.loads((empty / "report.json").read_text(encoding="utf-8"))
    validate(report, schema)
    assert report["assets"]


def test_the_shipped_data_passes_its_self_test(installed: Path, empty: Path) -> None:
    done = run(installed, empty, "data", "check", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_store_is_made_by_the_migrations_of_the_package(installed: Path, empty: Path) -> None:
    assert run(installed, empty, "demo", "-o", "run.obs.jsonl").returncode == 0
    kept = run(installed, empty, "history", "import", "run.obs.jsonl", "--store", "camscan.sqlite3")
    assert (kept.returncode, kept.stderr) == (0, "")
    assert "kept as" in kept.stdout


def test_a_scan_says_what_is_missing_and_sends_nothing(installed: Path, empty: Path) -> None:
    done = run(installed, empty, "scan", "192.0.2.0/24")
    assert done.returncode == 2
    assert "no policy chosen" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("way", ["flag", "environment"])
def test_other_data_is_used_where_it_is_named(installed: Path, empty: Path, way: str) -> None:
    other = ROOT / "fingerprints"
    done = (
        run(installed, empty, "data", "status", "--data", str(other))
        if way == "flag"
        else run(installed, empty, "data", "status", CAMSCAN_DATA=str(other))
    )
    assert done.returncode == 0, done.stderr
    assert f"{other}\n" in done.stdout


def test_a_folder_without_data_is_refused_by_name(installed: Path, empty: Path) -> None:
    done = run(installed, empty, "data", "status", "--data", str(empty))
    assert done.returncode == 8
    assert f"{empty}: no fields.toml and no vendor file in it: --data must name a folder" in done.stderr


@pytest.mark.parametrize("checkout", [ROOT, None], ids=["in front", "editable"])
def test_a_checkout_finds_the_data_beside_it(checkout: Path | None, empty: Path) -> None:
    code = "import camscan; from camscan.datafiles.locate import locate; print(camscan.__file__); print(locate())"
    done = run(checkout, empty, code, program=("-c",))
    package, data = map(Path, done.stdout.splitlines())
    assert data == package.parents[1] / "fingerprints", done.stderr
    assert checkout is None or package.parents[1] == checkout


def test_the_source_archive_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    archive = built("sdist", ROOT, tmp_path / "sdist")
    unpacked = tmp_path / "source"
    unpacked.mkdir()
    subprocess.run(["tar", "--extract", "--gzip", f"--file={archive}", f"--directory={unpacked}"], check=True)
    (source,) = unpacked.iterdir()
    again = built("wheel", source, tmp_path / "wheel")
    names = [sorted(name for name in zipfile.ZipFile(one).namelist() if "/_data/" in name) for one in (wheel, again)]
    assert names[0] == names[1]
    assert "camscan/_data/fingerprints/fields.toml" in names[0]
    assert "camscan/_data/fingerprints/oui/registry.txt" in names[0]
    held = set(zipfile.ZipFile(again).namelist())
    assert {"camscan/cli/demo.pcap", "camscan/report/schema/report-1.0.json", "camscan/py.typed"} <= held
    assert not [name for name in held if name.startswith("tests/")]
