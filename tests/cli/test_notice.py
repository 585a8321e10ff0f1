"""The note before a scan: everything that an account, SNMP or listening adds is announced, and no secret is in it."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network

import pytest

from camscan.cli.notice import estimate, notice
from camscan.collect.account import Credentials
from camscan.collect.interfaces import Interface
from camscan.collect.reads import ONVIF_CALLS
from camscan.collect.registry import collectors
from camscan.collect.scope import Guard
from camscan.collect.stages import ScanPlan
from camscan.model import Scope, SiteContext
from tests.factories import NOON

PASSWORD = "planted-Łąka-secret"
AUDITOR = Credentials(user="planted-auditor", password=PASSWORD)
NETWORK = IPv4Network("10.20.0.0/24")
LINK = Interface(
    name="cam0", index=2, mac="02:00:00:00:00:01", addresses=("10.20.0.1",), networks=(NETWORK,), up=True, loopback=False
)


def plan(accounts: Mapping[str, Credentials] | None = None, *, listen_s: float = 0) -> ScanPlan:
    scope = Scope(ranges=(str(NETWORK),))
    return ScanPlan(
        site="lab",
        scope=scope,
        guard=Guard(scope, [NETWORK]),
        interfaces=(LINK,),
        collectors=collectors(deep=False, credentials=accounts or {}, listen_s=listen_s),
        now=lambda: NOON,
    )


def told(accounts: Mapping[str, Credentials] | None = None, *, listen_s: float = 0) -> str:
    return notice(plan(accounts, listen_s=listen_s), SiteContext(name="lab"))


def test_without_an_account_nothing_but_what_anybody_may_ask_is_announced() -> None:
    text = told()
    assert [operation for operation, _ in ONVIF_CALLS if operation not in text] == []
    assert "account:" not in text
    assert "/ISAPI/" not in text
    assert "listening:" not in text


@pytest.mark.parametrize(
    ("places", "whom"),
    [
        (("default",), "for all hosts:"),
        (("10.20.0.65", "10.20.0.64"), "for 10.20.0.64, 10.20.0.65:"),
        (("default", "10.20.0.64"), "for 10.20.0.64, all other hosts:"),
    ],
)
def test_an_account_announces_for_whom_it_is_and_every_request_that_follows(places: tuple[str, ...], whom: str) -> None:
    text = told(dict.fromkeys(places, AUDITOR))
    assert whom in text
    for said in (
        "GetSystemDateAndTime, GetDeviceInformation, GetNetworkInterfaces, GetScopes, GetServices, GetVideoSources, GetProfiles",
        "GET /ISAPI/System/deviceInfo, /ISAPI/ContentMgmt/InputProxy/channels, /ISAPI/ContentMgmt/InputProxy/channels/status",
        "HTTP Digest or a WS-Security password digest alone",
    ):
        assert said in text
    assert PASSWORD not in text
    assert AUDITOR.user not in text


def test_listening_is_announced_with_its_time_and_prolongs_the_scan() -> None:
    assert "listening:   600 s" in told(listen_s=600)
    packets, seconds = estimate(plan())
    assert seconds < 600
    assert estimate(plan(listen_s=600))[0] == packets
    assert 600 < estimate(plan(listen_s=600))[1] <= 600 + seconds
