"""Which device got which identity read, counted on the devices' side."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Scanned, assets_by_mac
from tests.lab.check import truth

pytestmark = pytest.mark.netns

ONVIF = "POST /onvif/device_service"
READS_OF = {
    "axis-dome": ["POST /axis-cgi/basicdeviceinfo.cgi"],
    "d-link-dcs": ["GET /common/info.cgi"],
    "xiongmai-board": [ONVIF],
    "bosch-flexidome": [ONVIF],
    "noname-camera": [ONVIF],
}
"""All that is asked beside front pages, the control page and streams."""


def requests_of(seen: dict[str, list[str]]) -> list[str]:
    """Return method and path of the HTTP requests that a device got, but for front pages and the control's."""
    lines = [line.split(" ") for line in seen["request_lines"] if line.startswith(("http:", "https:"))]
    asked = [(words[1], words[2]) for words in lines if len(words) == 4]
    return [
        f"{method} {path}"
        for method, path in asked
        if (method, path) != ("GET", "/") and not path.startswith("/camscan-control-")
    ]


def test_each_device_got_the_reads_of_its_maker_and_no_other(scanned: Scanned) -> None:
    got = {name: asked for name, seen in scanned.ledger["devices"].items() if (asked := requests_of(seen))}
    assert got == READS_OF


def test_the_reads_tell_what_nothing_else_did(scanned: Scanned) -> None:
    found = assets_by_mac(scanned.report)
    macs = {device["name"]: device["mac"] for device in truth()}
    shown = {name: found[macs[name]]["identification"] for name in ("axis-dome", "d-link-dcs", "xiongmai-board")}
    assert {name: one["firmware"] for name, one in shown.items()} == {
        "axis-dome": "10.12.165",
        "d-link-dcs": "1.06",
        "xiongmai-board": "V5.00.R02.000807B2.10010.349f17..ONVIF 16.12",
    }


def test_no_device_got_more_than_two_reads(scanned: Scanned) -> None:
    assert all(len(requests_of(seen)) <= 2 for seen in scanned.ledger["devices"].values())
