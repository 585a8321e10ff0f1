"""The table [snmp] of the credentials file and its variables: what is taken, what is refused, and that no value is told."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from camscan.cli.credentials import read_credentials
from camscan.cli.snmp_credentials import must_be_allowed, snmp_access
from camscan.collect.snmpaccess import DEFAULT, Account, SnmpAccess
from camscan.errors import RefusedError, UsageError
from camscan.model import Scope

FILE = """
[default]
user = "auditor"
password = "of-onvif"
[snmp]
user = "reader"
auth = "sha256"
auth_key = "authauth12"
priv = "aes128"
priv_key = "privpriv12"
switches = ["10.20.0.2", "10.20.0.2"]
routers = ["2001:DB8::1"]
[snmp."10.20.0.2"]
community = "of-the-switch"
"""


def access(text: str, **environment: str) -> SnmpAccess:
    return snmp_access(tomllib.loads(text).get("snmp"), environment, "--credentials f")


def test_accounts_switches_and_routers_are_read() -> None:
    found = access(FILE)
    reader = Account(user="reader", auth="sha256", auth_key="authauth12", priv="aes128", priv_key="privpriv12")
    assert found == SnmpAccess(
        accounts={DEFAULT: reader, "10.20.0.2": Account(community="of-the-switch")},
        switches=("10.20.0.2",),
        routers=("2001:db8::1",),
    )
    assert found.account("10.20.0.9") == reader


def test_the_table_is_no_account_of_onvif(tmp_path: Path) -> None:
    path = tmp_path / "credentials.toml"
    path.write_text(FILE)
    path.chmod(0o600)
    assert set(read_credentials(path)) == {"default"}


def test_without_a_table_nobody_is_asked() -> None:
    assert access("") == SnmpAccess()


def test_variables_stand_above_the_file() -> None:
    found = access(FILE, CAMSCAN_SNMP_COMMUNITY="from-outside", CAMSCAN_SNMP_SWITCHES="10.20.0.3, 10.20.0.4")
    assert found.accounts[DEFAULT] == Account(community="from-outside")
    assert found.switches == ("10.20.0.3", "10.20.0.4")
    assert found.routers == ("2001:db8::1",)
    assert access("", CAMSCAN_SNMP_COMMUNITY="x").accounts == {DEFAULT: Account(community="x")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("snmp = 5", "must be a table"),
        ("[snmp]\ncommunity = 5", "community must be text"),
        ("[snmp]\ncommunity = ''", "community must be text"),
        ("[snmp]\ncommunity = 'planted-x'\nuser = 'planted-y'", "a community or a user"),
        ("[snmp]\nuser = 'planted-x'", "needs auth"),
        ("[snmp]\nuser = 'planted-x'\nauth = 'sha256'\nauth_key = 'planted-yy'\npriv = 'aes128'", "together"),
        ("[snmp]\nuser = 'planted-x'\nauth = 'planted-y'\nauth_key = 'planted-zz'", "auth is not known: use md5"),
        (
            "[snmp]\nuser = 'u'\nauth = 'sha1'\nauth_key = 'planted-zz'\npriv = 'des'\npriv_key = 'planted-z'",
            "priv is not known",
        ),
        ("[snmp]\nuser = 'u'\nauth = 'sha1'\nauth_key = 'plante'", "auth_key is shorter than 8"),
        ("[snmp]\npassword = 'planted-x'", '"password" is not a key'),
        ("[snmp]\nswitches = ['10.20.0.2']", "neither a community nor a user"),
        ("[snmp]\ncommunity = 'planted-x'\nswitches = '10.20.0.2'", "wants a list"),
        ("[snmp]\ncommunity = 'planted-x'\nswitches = ['sw-3']", '"sw-3" is not an address'),
        ("[snmp.switch]\ncommunity = 'planted-x'", '"switch" is not an address'),
        ("[snmp.'10.20.0.2']\ncommunity = 'planted-x'\nswitches = []", '"switches" is not a key'),
    ],
)
def test_what_cannot_be_used_is_named_without_its_value(text: str, said: str) -> None:
    with pytest.raises(UsageError) as fault:
        access(text)
    assert said in str(fault.value)
    assert "plante" not in str(fault.value).replace('planted-x" is not', "")


def test_no_community_is_ever_assumed() -> None:
    assert access("[snmp]").accounts == {}


def test_a_switch_that_the_scope_does_not_name_is_refused() -> None:
    found = access(FILE)
    must_be_allowed(found, Scope(), {"10.20.0.2": True, "2001:db8::1": True})
    with pytest.raises(RefusedError, match="--infrastructure 2001:db8::1"):
        must_be_allowed(found, Scope(), {"10.20.0.2": True, "2001:db8::1": False})
