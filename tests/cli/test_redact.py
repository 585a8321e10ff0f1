"""`--redact` on a command: everything that leaves it is masked, and it ends as it would have ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from camscan.cli.app import app
from camscan.errors import UsageError
from camscan.report.observations import dump, read
from tests.report import making
from tests.report.test_redact import found_in, planted

LINES = ("-o", "all.json", "-o", "all.csv", "-o", "all.obs.jsonl", "-o", "all.html", "--format", "jsonl")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The planted report as a run, as far as evidence carries it."""
    before = planted()
    file = tmp_path_factory.mktemp("kept") / "run.obs.jsonl"
    observed = [one for judged in before.assets for one in judged.asset.observations]
    run = making.run(id=before.run.id, site=before.run.site, marking="OFFICIAL")
    file.write_text("".join(dump(run, before.scope, before.attempts, observed, before.coverage)), encoding="utf-8")
    return file


@pytest.mark.parametrize("command", ["judge", "report", "replay"])
def test_nothing_that_leaves_a_command_holds_an_original(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    plain, masked = (
        CliRunner().invoke(app, [command, str(kept), "--policy", "uk-department", *LINES, *flag], catch_exceptions=False)
        for flag in ((), ("--redact",))
    )
    assert masked.exit_code == plain.exit_code
    assert found_in(plain.stdout)
    assert found_in(masked.stdout) == found_in(masked.stderr) == set()
    for name in ("all.json", "all.csv", "all.obs.jsonl", "all.html"):
        assert found_in((tmp_path / name).read_text(encoding="utf-8")) == set(), name
    assert read(tmp_path / "all.obs.jsonl").run.site.name == "site-1"


def test_a_comparison_which_is_not_masked_is_refused(kept: Path) -> None:
    with pytest.raises(UsageError, match="a comparison is not redacted"):
        CliRunner().invoke(
            app, ["judge", str(kept), "--against", "run", "--redact", "--policy", "none"], catch_exceptions=False
        )
