"""Where accounts come from, and who may see them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from camscan.cli.credentials import read_credentials, take_from_environment
from camscan.collect.account import Credentials
from camscan.errors import UsageError

PASSWORD = "Straße-und-Höhe"
MINE = f'[default]\nuser = "viewer"\npassword = "{PASSWORD}"\n\n["10.20.0.11"]\nuser = "auditor"\npassword = "other-one"\n'


@pytest.fixture
def accounts(tmp_path: Path) -> Path:
    path = tmp_path / "accounts.toml"
    path.write_text(MINE, encoding="utf-8")
    path.chmod(0o600)
    return path


def test_a_device_has_its_own_account_or_the_default(accounts: Path) -> None:
    read = read_credentials(accounts)
    assert {name: one.user for name, one in read.items()} == {"default": "viewer", "10.20.0.11": "auditor"}
    assert read["default"].password == PASSWORD


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o666])
def test_a_file_that_others_may_read_or_write_is_refused(accounts: Path, mode: int) -> None:
    accounts.chmod(mode)
    with pytest.raises(UsageError, match="chmod 600") as raised:
        read_credentials(accounts)
    assert PASSWORD not in str(raised.value)


def test_a_file_of_another_user_is_refused(accounts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    monkeypatch.delenv("SUDO_UID", raising=False)
    os.chown(accounts, 12345, 12345)
    with pytest.raises(UsageError, match="another user owns it"):
        read_credentials(accounts)
    monkeypatch.setenv("SUDO_UID", "12345")
    assert set(read_credentials(accounts)) == {"default", "10.20.0.11"}


@pytest.mark.parametrize(
    "content",
    [
        f'[default]\nuser = "viewer"\npassword = "{PASSWORD}"\nextra = 1\n',
        f'[gate]\nuser = "viewer"\npassword = "{PASSWORD}"\n',
        f'[default]\nuser = ""\npassword = "{PASSWORD}"\n',
        f'[default]\npassword = "{PASSWORD}\n',
        f'default = "{PASSWORD}"\n',
    ],
)
def test_a_mistake_in_the_file_is_told_without_what_stands_in_it(accounts: Path, content: str) -> None:
    accounts.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        read_credentials(accounts)
    assert PASSWORD not in str(raised.value)


def test_two_variables_are_an_account_for_all_and_are_taken_out() -> None:
    environment = {"CAMSCAN_USER": "viewer", "CAMSCAN_PASSWORD": PASSWORD, "PATH": "/bin"}
    assert take_from_environment(environment) == {"default": Credentials(user="viewer", password=PASSWORD)}
    assert environment == {"PATH": "/bin"}
    assert take_from_environment(environment) == {}


@pytest.mark.parametrize("name", ["CAMSCAN_USER", "CAMSCAN_PASSWORD"])
def test_one_variable_without_the_other_is_a_mistake(name: str) -> None:
    with pytest.raises(UsageError, match="set both, or neither") as raised:
        take_from_environment({name: PASSWORD})
    assert PASSWORD not in str(raised.value)


def test_an_account_shows_neither_user_nor_password() -> None:
    assert repr(Credentials(user="viewer", password=PASSWORD)) == "Credentials()"
