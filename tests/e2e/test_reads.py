"""Which device got which identity read, counted on the devices' side."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Scanned, assets_by_mac
from tests.lab.check import truth

pytestmark = pytest.mark.netns

ONVIF = "POST /onvif/device_service"
READS_OF = {
    "d-link-dcs": ["GET /common/info.cgi"],
    "xiongmai-board": [ONVIF],
    "bosch-flexidome": [ONVIF] * 2,
    "noname-camera": [ONVIF],
    "onvif-token": [ONVIF] * 4,
    "onvif-digest": [ONVIF] * 3,
    "onvif-locks": [ONVIF] * 4,
    "onvif-basic": [ONVIF] * 3,
}
"""All that is asked beside front pages, the control page and streams."""


ICON = "/favicon.ico"


def requests_of(seen: dict[str, list[str]]) -> list[str]:
    """Return method and path of the HTTP requests that a device got, but for front pages, the control's and icons."""
    lines = [line.split(" ") for line in seen["request_lines"] if line.startswith(("http:", "https:"))]
    asked = [(words[1], words[2]) for words in lines if len(words) == 4]
    return [
        f"{method} {path}"
        for method, path in asked
        if (method, path) not in (("GET", "/"), ("GET", ICON)) and not path.startswith("/camscan-control-")
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


def test_no_device_got_more_than_two_reads_and_all_calls_of_a_device_service_are_one(scanned: Scanned) -> None:
    assert all(len(set(requests_of(seen))) <= 2 for seen in scanned.ledger["devices"].values())


def test_the_icon_was_asked_for_once_where_the_maker_was_open_and_nowhere_else(scanned: Scanned) -> None:
    icons = {
        name: sum(line.split(" ")[2:3] == [ICON] for line in seen["request_lines"])
        for name, seen in scanned.ledger["devices"].items()
    }
    assert {"provision-isr-recorder", "noname-camera"} <= {name for name, asked in icons.items() if asked}
    assert max(icons.values()) == 1
    vouched = {device["mac"]: device["name"] for device in truth()}
    found = assets_by_mac(scanned.report)
    certain = {name for mac, name in vouched.items() if found[mac]["identification"]["confidence"] == "certain"}
    assert "hikvision-dome" in certain
    assert not {name for name in certain if icons[name]}


def test_an_icon_is_a_second_witness_of_a_relabel(scanned: Scanned) -> None:
    recorder = next(device for device in truth() if device["name"] == "provision-isr-recorder")
    identification = assets_by_mac(scanned.report)[recorder["mac"]]["identification"]
    evidence = {(one["field"], one["value"]) for one in identification["evidence"]}
    assert ("http.favicon.mmh3", "-374235895") in evidence
    assert (identification["maker"], identification["confidence"]) == ("tvt", "firm")
