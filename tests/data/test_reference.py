from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).parents[2]


def script(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("script", PROJECT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["fields.md", "vendors.md"])
def test_reference_page_is_what_the_data_gives(name: str) -> None:
    expected = script(".ci/reference.py").PAGES[name]()
    assert (PROJECT / "docs" / "reference" / name).read_text("utf-8") == expected, "run .ci/reference.py"


def test_paths_that_the_checklist_names_exist() -> None:
    words = (PROJECT / "docs" / "adding" / "fingerprint.md").read_text("utf-8").split("`")[1::2]
    paths = [word for word in words if "/" in word and " " not in word and "<" not in word]
    assert len(paths) > 5
    assert [path for path in paths if not (PROJECT / path).exists()] == []
