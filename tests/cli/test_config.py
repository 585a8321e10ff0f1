"""`camscan config show`: every setting has its line, its value, its origin; no password is in it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from camscan.cli.app import app
from camscan.cli.configuration import KEYS, VARIABLES, configuration
from camscan.cli.delivery_settings import KEYS as DELIVERY_KEYS
from camscan.cli.delivery_settings import DeliverySettings
from camscan.cli.options import SITE_KEYS
from camscan.cli.settings import SETTINGS, held, masked, unknown_variables
from camscan.cli.unattended_settings import KEYS as UNATTENDED_KEYS
from camscan.errors import UsageError
from camscan.policy.exceptions import LONGEST

PASSWORD = "planted-Łąka-secret"


def invoked(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(app, ["config", "show", *arguments], env=environment, catch_exceptions=False)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def written(folder: Path, text: str) -> Path:
    file = folder / "camscan" / "config.toml"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    return file


def file_of_all() -> str:
    """Every setting with its example, as a file has it."""
    plain = [f"{one.key} = {one.example}" for one in SETTINGS if "." not in one.key]
    tables = [
        f"[{table}]\n"
        + "\n".join(f"{one.key[len(table) + 1 :]} = {one.example}" for one in SETTINGS if one.key.startswith(f"{table}."))
        for table in ("site", "unattended", "delivery")
    ]
    return "\n".join([*plain, *tables]) + "\n"


def test_every_key_that_a_file_may_hold_is_described_once() -> None:
    described = [one.key for one in SETTINGS]
    tables = {"site": SITE_KEYS, "delivery": DELIVERY_KEYS, "unattended": UNATTENDED_KEYS}
    expected = [key for key in KEYS if key not in tables]
    expected += [f"{table}.{key}" for table, keys in tables.items() for key in keys]
    assert sorted(described) == sorted(expected)
    assert set(VARIABLES.values()) <= set(described)


def test_every_example_is_a_value_that_the_setting_takes(tmp_path: Path) -> None:
    file = tmp_path / "all.toml"
    file.write_text(file_of_all(), encoding="utf-8")
    found = held(configuration({"HOME": str(tmp_path)}, file))
    assert {one.origin for one in found} == {str(file)}
    assert all(one.value for one in found)
    in_file = tomllib.loads(file.read_text())
    assert {one.setting.key: one.value for one in found}["exception_days"] == str(in_file["exception_days"])


def test_defaults_of_numbers_are_those_of_the_code() -> None:
    defaults = {one.key: one.default for one in SETTINGS}
    plain = DeliverySettings()
    assert defaults["exception_days"] == str(LONGEST)
    assert (defaults["delivery.timeout"], defaults["delivery.retries"]) == (str(plain.timeout), str(plain.retries))
    assert (defaults["delivery.smtp_tls"], defaults["delivery.sendmail"]) == (plain.smtp_tls, str(plain.sendmail))


def test_each_value_stands_with_its_origin(tmp_path: Path) -> None:
    file = written(
        tmp_path, 'pace = "normal"\ncontact = "soc@example.org"\n[site]\nclass = "sensitive"\n[delivery]\nretries = 4\n'
    )
    done = invoked("--format", "json", CAMSCAN_PACE="polite")
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    said = {one["key"]: (one["value"], one["origin"]) for one in report["settings"]}
    assert said["pace"] == ("polite", "CAMSCAN_PACE")
    assert said["contact"] == ("soc@example.org", str(file))
    assert said["site.class"] == ("sensitive", str(file))
    assert said["delivery.retries"] == ("4", str(file))
    assert said["delivery.timeout"] == (None, "default")
    assert {"path": str(file), "exists": True} in report["files"]


def test_the_table_names_what_is_set_and_what_holds_otherwise(tmp_path: Path) -> None:
    file = written(tmp_path, 'pace = "normal"\n')
    out = invoked().stdout
    assert f"read: {file}" in out
    assert f"normal  ({file})" in out
    assert "Not set, so this holds:" in out
    assert any(line.split() == ["exception_days", "180"] for line in out.splitlines())


@pytest.mark.parametrize("form", ["table", "json"])
def test_no_password_is_shown(form: str) -> None:
    done = invoked(
        "--format",
        form,
        CAMSCAN_STORE=f"postgresql://keeper:{PASSWORD}@192.0.2.5/runs?sslpassword={PASSWORD}",
        CAMSCAN_PASSWORD=PASSWORD,
        CAMSCAN_SNMP_COMMUNITY=PASSWORD,
    )
    assert PASSWORD not in done.output
    assert "keeper:***@192.0.2.5" in done.stdout
    assert "CAMSCAN_SNMP_COMMUNITY" in done.stdout


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/srv/runs.sqlite", "/srv/runs.sqlite"),
        ("postgresql://h/db", "postgresql://h/db"),
        ("postgresql://u@h/db", "postgresql://u@h/db"),
        ("postgresql://u:a@b:c@h/db", "postgresql://u:***@h/db"),
        ("postgresql://h/db?password=x&sslmode=require", "postgresql://h/db?password=***&sslmode=require"),
        ("postgresql://[broken", "***"),
    ],
)
def test_a_url_keeps_all_but_its_password(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_a_variable_that_sets_nothing_is_told_with_the_nearest_that_does() -> None:
    done = invoked(CAMSCAN_POLCY="none")
    assert "CAMSCAN_POLCY is no setting and changes nothing: did you mean CAMSCAN_POLICY?" in done.stderr
    assert unknown_variables({"CAMSCAN_SNMP_USER": "x", "CAMSCAN_PACE": "polite", "PATH": "/bin"}) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('polcy = "x"', '"polcy" is not a setting: did you mean policy?'),
        ('[site]\nclas = "other"', "(nearest: class)"),
        ('[delivery]\nsmpt = "x"', "delivery.smpt is not a setting: did you mean smtp?"),
        ('[sites.hq]\nclass = "other"', "sites names a file of sites"),
    ],
)
def test_an_unknown_key_of_any_table_names_the_nearest(tmp_path: Path, text: str, said: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        invoked()
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_format_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match='--format: "yaml" is not a format: use table or json'):
        invoked("--format", "yaml")
