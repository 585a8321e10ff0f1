from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from camscan.cli.app import app
from camscan.errors import UsageError
from tests.small_data import RELABEL_MAC, write_data


def explained(folder: Path, field: str, value: str) -> str:
    done = CliRunner().invoke(app, ["explain", "--field", field, value, "--data", str(folder)], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_data(tmp_path)


def test_match_says_what_it_gives_what_it_weighs_and_what_would_raise_it(folder: Path) -> None:
    text = explained(folder, "http.title", "Acme A100")
    assert "acme.http.title" in text
    assert "says brand acme, model A100" in text
    assert "weight tentative by itself: the owner can set this value" in text
    assert "Alone this means: brand acme, maker acme, model A100" in text
    assert "sadp.model: acme.sadp.model (prefix A), certain by itself" in text


def test_near_matches_say_how_near(folder: Path) -> None:
    assert "acme.http.realm  (regex ^ACME" in explained(folder, "http.auth.realm", "ACME_XYZ")
    assert "the literal is there, the rest differs" in explained(folder, "http.auth.realm", "ACME_XYZ")
    assert "zenith.http.server  (prefix Zenith-Webs): begins with the same 7 characters" in explained(
        folder, "http.server", "Zenith-"
    )
    assert "depends on http.title of the same message" in explained(folder, "http.server", "Boa/1")


def test_address_is_explained_by_its_registrant(folder: Path) -> None:
    text = explained(folder, "mac", RELABEL_MAC.upper().replace(":", "-"))
    assert "oui:001144/24  says brand relabel, registrant Relabel Inc" in text
    assert "maker by documented-relabel" in text


def test_hostile_value_is_shown_inert(folder: Path) -> None:
    assert "\x1b" not in explained(folder, "http.title", "Acme \x1b[2J")


def test_unknown_field_names_the_nearest(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"did you mean http\.title"):
        explained(folder, "http.titel", "x")


def test_what_is_no_mac_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="is not a MAC address"):
        explained(folder, "mac", "x")
