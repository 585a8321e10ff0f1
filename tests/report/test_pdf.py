"""The report as PDF: the same page on paper, made without loading anything, and refused in time where it cannot be made."""

from __future__ import annotations

import contextlib
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from camscan.cli import show
from camscan.cli.app import app
from camscan.errors import UsageError
from camscan.report import pdf
from camscan.report.deliver import open_outputs
from camscan.report.html.document import MOST_PRINTED, MOST_ROWS_PRINTED, document
from camscan.report.observations import dump
from tests.report import canned, making
from tests.report.paper import pages_of

MARKED = replace(canned.hostile(), run=making.run(marking="OFFICIAL-SENSITIVE"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hostile device on paper, written as `-o report.pdf` does."""
    path = tmp_path_factory.mktemp("pdf") / "report.pdf"
    with open_outputs([str(path)]) as outputs:
        outputs.commit(MARKED)
    return path


def test_the_file_is_a_pdf_that_nobody_else_may_read(made: Path) -> None:
    assert made.read_bytes().startswith(b"%PDF-")
    assert made.stat().st_mode & 0o777 == 0o600


def test_the_marking_stands_at_head_and_foot_of_every_page(made: Path) -> None:
    pages = pages_of(made)
    assert len(pages) > 2
    for page in pages:
        lines = [line for line in page.splitlines() if line.strip()]
        assert "OFFICIAL-SENSITIVE" in lines[0]
        assert "OFFICIAL-SENSITIVE" in lines[-1]


def test_the_answer_stands_on_the_first_page_and_the_notice_once(made: Path) -> None:
    pages = pages_of(made)
    for expected in ("under a rule", "What was covered", "What was not seen"):
        assert expected in pages[0]
    assert sum(page.count("Not legal advice.") for page in pages) == 1


def objects_of(path: Path) -> bytes:
    """Everything in a PDF, unpacked."""
    parts = path.read_bytes().split(b"stream\n")
    packed = [part.partition(b"\nend")[0] for part in parts]
    unpacked = []
    for one in packed:
        with contextlib.suppress(zlib.error):
            unpacked.append(zlib.decompress(one))
    return b"\n".join(unpacked)


def test_text_of_a_device_is_text_and_no_link(made: Path) -> None:
    links = [part[:80] for part in objects_of(made).split(b"/URI (")[1:]]
    assert links
    assert all(link.startswith(b"https://questions-statements.parliament.uk/") for link in links)
    assert "<script>alert(1)" in "".join(" ".join(page.split()) for page in pages_of(made))


def test_the_same_report_gives_the_same_bytes() -> None:
    assert pdf.render_bytes(canned.partial()) == pdf.render_bytes(canned.partial())


def test_what_a_document_of_pages_leaves_out_is_said() -> None:
    text = document(canned.ten_thousand(), paged=True)
    assert text.count("<tbody id=") == MOST_ROWS_PRINTED
    assert text.count('<tr class="more">') == MOST_PRINTED
    assert f"The first {MOST_ROWS_PRINTED} are listed here." in text
    assert f"The evidence of the first {MOST_PRINTED} stands here" in text


def test_nothing_is_ever_loaded() -> None:
    with pytest.raises(ValueError, match="not loaded"):
        pdf._refuse("file:///etc/passwd")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "run.obs.jsonl"
    run = making.run(policies=())
    path.write_text(
        "".join(dump(run, making.scope(), [making.attempt()], [making.observation()], [making.LINK])), encoding="utf-8"
    )
    return path


def test_a_pipe_gets_the_document_itself(kept: Path) -> None:
    done = CliRunner().invoke(app, ["report", str(kept), "--format", "pdf", "--quiet"], catch_exceptions=False)
    assert done.exit_code == 0
    assert done.stdout_bytes.startswith(b"%PDF-")
    assert done.stdout_bytes.rstrip().endswith(b"%%EOF")


def test_a_terminal_is_refused_with_what_to_do_instead(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "on_terminal", lambda: True)
    with pytest.raises(UsageError, match=r"--format pdf: is no text: write it to a file \(-o NAME\.pdf\) or a pipe"):
        CliRunner().invoke(app, ["report", str(kept), "--format", "pdf"], catch_exceptions=False)


@pytest.mark.parametrize("flags", [["--format", "pdf"], ["-o", "report.pdf"], ["-o", "pdf:report"]])
def test_without_weasyprint_the_remedy_is_named_before_anything_is_done(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UsageError, match=r'pip install "camscan\[pdf\]"'):
        CliRunner().invoke(app, ["report", str(kept), *flags], catch_exceptions=False)
    assert list(tmp_path.iterdir()) == [kept]
