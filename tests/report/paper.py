"""The text of a PDF, page by page."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def pages_of(paper: Path) -> list[str]:
    """Return the text of each page as it is laid out; skips where the program that reads it is missing."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is missing: apt-get install --no-install-recommends poppler-utils")
    text = subprocess.run(["pdftotext", "-layout", str(paper), "-"], capture_output=True, text=True, check=True).stdout
    return text.split("\f")[:-1]
