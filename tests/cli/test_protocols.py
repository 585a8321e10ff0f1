"""Whole messages of every protocol go through `camscan identify` and name their device."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from camscan.cli.app import app
from camscan.cli.messages import message_readers

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples"
DHIP_HEADER = 32

NAMED = {
    "wsd/axis_m2036-le": ("axis", "axis", "M2036-LE"),
    "ssdp/d-link_dcs-935l_1.06": ("d-link", "d-link", "DCS-935L"),
    "mdns/axis_m1065-l": ("axis", "axis", "M1065-L"),
    "sadp/hikvision_ds-7804hqh-k1_3.5.38": ("hikvision", "hikvision", "DS-7804HQH-K1"),
    "dhip/dahua_vto2000a_3.120": ("dahua", "dahua", "VTO2000A"),
    "dhip/dahua_vto2000a_3.120 without header": ("dahua", "dahua", "VTO2000A"),
    "http/hikvision_ds-2cd_5.5": (None, "hikvision", None),
    "rtsp/reolink_rlc-810a_3.0": (None, "reolink", None),
    "tls/hikvision_2012_tls1.2": ("hikvision", "hikvision", None),
    "banner/axis_m1011_5.00": ("axis", "axis", "M1011"),
    "dhcp/axis_p3225-lv_9.70": ("axis", "axis", "P3225-LV Mk II"),
    "dns/hikvision_cloud": (None, "hikvision", None),
    "snmp/axis_q1656_10.12.240": ("axis", "axis", "Q1656"),
    "onvif/axis_p3818_11.9.60": ("axis", "axis", "P3818-PVE"),
    "onvif/axis_p3818_11.9.60 in HTTP": ("axis", "axis", "P3818-PVE"),
    "isapi/hikvision_ds-2cd2t46g2_5.7.18": ("hikvision", "hikvision", "DS-2CD2T46G2-ISU/SL"),
    "isapi/hikvision_ds-2cd2t46g2_5.7.18 in HTTP": ("hikvision", "hikvision", "DS-2CD2T46G2-ISU/SL"),
    "upnp/axis_m1014": ("axis", "axis", "M1014"),
    "upnp/axis_m1014 in HTTP": ("axis", "axis", "M1014"),
    "tplink/tapo_c210_1.4.7": ("tapo", "tp-link", "C210"),
    "tplink/kasa_ec60_2.3.6": ("kasa", "tp-link", "EC60(US)"),
}
"""Brand, maker and model behind one sample of each protocol."""


def message(name: str) -> bytes:
    """Return the bytes of a sample, bare or in a response of HTTP."""
    sample, _, form = name.partition(" ")
    raw = (SAMPLES / f"{sample}.bin").read_bytes()
    if form == "without header":
        return raw[DHIP_HEADER:]
    if form == "in HTTP" and not raw.startswith(b"HTTP/"):
        return b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n" % len(raw) + raw
    return raw


def answers(messages: dict[str, bytes], tmp_path: Path) -> dict[str, dict[str, Any]]:
    file = tmp_path / "messages.jsonl"
    lines = (
        json.dumps({"id": name, "protocol": name.partition("/")[0], "payload_base64": base64.b64encode(raw).decode()})
        for name, raw in messages.items()
    )
    file.write_text("".join(f"{line}\n" for line in lines))
    done = CliRunner().invoke(app, ["identify", str(file), "--data", str(ROOT / "fingerprints")], catch_exceptions=False)
    return {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}


def test_a_message_of_every_protocol_names_its_device(tmp_path: Path) -> None:
    found = answers({name: message(name) for name in NAMED}, tmp_path)
    said = {name: (one.get("brand"), one.get("maker"), one.get("model")) for name, one in found.items()}
    assert said == NAMED


def test_every_protocol_that_is_promised_is_taken() -> None:
    promised = {
        "ssdp",
        "mdns",
        "sadp",
        "dhip",
        "upnp",
        "tplink",
        "onvif",
        "isapi",
        "wsd",
        "http",
        "rtsp",
        "tls",
        "dhcp",
        "snmp",
    }
    assert promised <= set(message_readers())


@pytest.mark.parametrize("protocol", sorted(message_readers()))
def test_no_sample_of_a_protocol_is_refused(protocol: str, tmp_path: Path) -> None:
    samples = {f"{protocol}/{path.stem}": path.read_bytes() for path in (SAMPLES / protocol).glob("*.bin")}
    refused = {name: one["error"] for name, one in answers(samples, tmp_path).items() if "error" in one}
    assert refused == {}
