"""Each device that speaks one vendor's protocol and nothing else is found by that protocol."""

from __future__ import annotations

import base64
import json

import pytest

from tests.e2e.conftest import Scanned, assets_by_mac
from tests.lab.check import truth
from tests.lab.devices import discovery

pytestmark = pytest.mark.netns

PLANTED = ("planted-password", "4780000105", "41e6000000000064", "VSTD000107")
FOUND_BY = [
    (one["name"], one["mac"], one["only_by"][0]) for one in truth() if one["name"] in {d.name for d in discovery.DEVICES}
]


@pytest.mark.parametrize(("name", "mac", "protocol"), FOUND_BY, ids=[name for name, *_ in FOUND_BY])
def test_a_protocol_reaches_the_device_that_speaks_nothing_else(scanned: Scanned, name: str, mac: str, protocol: str) -> None:
    asset = assets_by_mac(scanned.report)[mac]
    assert {one["protocol"] for one in asset["observations"]} - {"arp", "tcp"} == {protocol}


def test_passwords_and_handles_of_remote_access_are_in_no_output(scanned: Scanned) -> None:
    lines = [json.loads(line) for line in scanned.evidence.read_text().splitlines()]
    raw = [base64.b64decode(line["observation"]["raw_base64"]) for line in lines if "observation" in line]
    assert any(raw), "the evidence holds the messages themselves"
    text = (scanned.stdout + json.dumps(lines) + json.dumps(scanned.report)).encode()
    assert [secret for secret in PLANTED if any(secret.encode() in kept for kept in (text, *raw))] == []
