"""Folders of the user that only one test sees."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def no_user_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No statement, lock or store of another test stands where camscan looks for the user's."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
