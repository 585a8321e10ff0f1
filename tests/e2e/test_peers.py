"""Real daemons of Debian among the devices: each is found by what it says of itself, and none is called a camera."""

from __future__ import annotations

import base64
import json
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import assets_by_mac, camscan, scan_of
from tests.lab.check import CAMERA_KINDS
from tests.lab.daemons import peers
from tests.lab.fixtures import need_daemons
from tests.lab.segment import Segment

pytestmark = pytest.mark.netns

PEERS = {device.name: device for device in peers.DEVICES}
SAID_LIVE = (
    ("nginx", "http.server", "nginx/1."),
    ("lighttpd", "http.server", "lighttpd/1."),
    ("mini-httpd", "http.server", "mini_httpd/1."),
    ("mini-httpd", "http.auth.realm", "."),
    ("dropbear", "ssh.banner", "SSH-2.0-dropbear"),
    ("vsftpd", "ftp.banner", "220 (vsFTPd 3."),
    ("minidlna", "ssdp.location", "http://10.20.0.200:8200/rootDesc.xml"),
    ("minidlna", "http.title", "MiniDLNA"),
    ("avahi", "mdns.service", "_sftp-ssh._tcp"),
    ("avahi", "mdns.service", "_rtsp._tcp"),
    ("snmpd", "snmp.sysdescr", "Linux "),
    ("gstreamer", "rtsp.server", "GStreamer RTSP server"),
    ("gstreamer", "rtsp.sdp", "v=0\r\n"),
)
SAID_TO_NMAP = (
    ("nginx", "80", "nginx", "http.server", "nginx"),
    ("lighttpd", "80", "lighttpd", "http.server", "lighttpd"),
    ("mini-httpd", "80", "mini_httpd", "http.server", "mini_httpd"),
    ("dropbear", "22", "Dropbear sshd", "ssh.banner", "dropbear_"),
    ("vsftpd", "21", "vsftpd", "ftp.banner", "vsFTPd "),
    ("minidlna", "8200", "MiniDLNA", "http.server", "MiniDLNA/"),
    ("gstreamer", "554", "GStreamer rtspd", "rtsp.server", "GStreamer RTSP server"),
)
"""Daemon, port, nmap's name for it, and the words of its own that stand behind the name."""


@dataclass(frozen=True)
class Visited:
    """What one scan of the daemons left behind, and what nmap said of them at the same time."""

    code: int
    stderr: str
    report: dict[str, Any]
    evidence: Path
    capture: Path
    ledger: dict[str, Any]
    services: dict[tuple[str, str], tuple[str, str]]
    """nmap's product and version by daemon and port."""

    def said(self, name: str, field: str) -> list[str]:
        """Return the values of a field that a daemon sent."""
        lines = map(json.loads, self.evidence.read_text().splitlines())
        seen = [line["observation"] for line in lines if "observation" in line]
        mine = [one for one in seen if PEERS[name].ip in (one.get("source_ip"), one.get("ip"))]
        return [value for one in mine for value in one["fields"].get(field, ())]


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Visited:
    need_daemons()
    folder = tmp_path_factory.mktemp("visited")
    capture, evidence, report, services = (folder / name for name in ("run.pcap", "run.obs.jsonl", "report.json", "nmap.xml"))
    accounts = folder / "accounts.toml"
    accounts.write_text(f'[snmp."{PEERS["snmpd"].ip}"]\ncommunity = "{peers.COMMUNITY}"\n')
    accounts.chmod(0o600)
    ports = ",".join(sorted({port for _, port, *_ in SAID_TO_NMAP}))
    with Segment(devices=list(PEERS), pcap=capture) as segment:
        nmap = segment.popen_in_scanner(
            ["nmap", "-n", "-sV", "-p", ports, "-oX", str(services), *(str(device.ip) for device in PEERS.values())],
            stdout=subprocess.DEVNULL,
        )
        done = scan_of(
            segment,
            peers.RANGE,
            *("--policy", "uk-department", "--site", "class=sensitive", "--site", "name=lab"),
            *("--credentials", str(accounts), "-o", str(report), "-o", str(evidence)),
        )
        ledger = segment.ledger()
        assert nmap.wait(60) == 0
    assert report.exists(), done.stderr
    return Visited(done.returncode, done.stderr, json.loads(report.read_text()), evidence, capture, ledger, _services(services))


def _services(path: Path) -> dict[tuple[str, str], tuple[str, str]]:
    names = {device.ip: name for name, device in PEERS.items()}
    found = {}
    for host in ElementTree.parse(path).iter("host"):
        address = next(one.get("addr") for one in host.iter("address") if one.get("addrtype") == "ipv4")
        for port in host.iter("port"):
            service = port.find("service")
            if service is not None:
                key = names[address], str(port.get("portid"))
                found[key] = service.get("product", ""), service.get("version", "")
    return found


def _taken_for_equipment(report: dict[str, Any], verdicts: Collection[str | None]) -> list[tuple[str, str, Any]]:
    """Return what a report says of the daemons that it may say of cameras alone."""
    found = assets_by_mac(report)
    wrong = []
    for name, device in PEERS.items():
        said = found[device.mac]["identification"]
        wrong += [(name, key, said[key]) for key in ("brand", "maker", "model", "form") if said[key] is not None]
        wrong += [(name, "kind", said["kind"])] if said["kind"] in CAMERA_KINDS else []
        wrong += [(name, "findings", finding["rule"]) for finding in found[device.mac]["findings"]]
        verdict = found[device.mac]["verdict"]
        wrong += [(name, "verdict", verdict)] if verdict not in verdicts else []
    return wrong


def test_every_daemon_is_one_asset_at_its_address(visited: Visited) -> None:
    found = assets_by_mac(visited.report)
    assert {name: found[device.mac]["ips"] for name, device in PEERS.items()} == {n: [d.ip] for n, d in PEERS.items()}
    assert len(visited.report["assets"]) == len(PEERS)


@pytest.mark.parametrize(("name", "field", "beginning"), SAID_LIVE, ids=[f"{name} {field}" for name, field, _ in SAID_LIVE])
def test_what_a_daemon_says_of_itself_is_read(visited: Visited, name: str, field: str, beginning: str) -> None:
    assert [value for value in visited.said(name, field) if value.startswith(beginning)], visited.said(name, field)


def test_none_is_called_a_camera_and_the_scan_ends_with_0(visited: Visited) -> None:
    assert _taken_for_equipment(visited.report, {"not_applicable", "not_assessed"}) == []
    assert visited.code == 0, visited.stderr
    assert visited.report["complete"] is True


def test_another_policy_calls_none_a_camera_either(visited: Visited) -> None:
    done = camscan("judge", str(visited.evidence), "--policy", "us-federal-agency", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert _taken_for_equipment(json.loads(done.stdout), {"not_applicable", "not_assessed"}) == []


def test_the_recorded_frames_call_none_a_camera_and_hold_what_only_a_listener_hears(visited: Visited) -> None:
    done = camscan("replay", str(visited.capture), "--policy", "none", "--format", "json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert _taken_for_equipment(report, {None}) == []
    neighbour = assets_by_mac(report)[PEERS["lldpd"].mac]
    assert "lldp" in {one["protocol"] for one in neighbour["observations"]}


@pytest.mark.parametrize(("name", "port", "product", "field", "words"), SAID_TO_NMAP, ids=[name for name, *_ in SAID_TO_NMAP])
def test_nmap_reads_the_same_product_from_the_same_words(
    visited: Visited, name: str, port: str, product: str, field: str, words: str
) -> None:
    theirs, version = visited.services[name, port]
    assert theirs == product
    said = visited.said(name, field)
    assert [value for value in said if words in value and version.split(" ")[0] in value], (said, version)


def test_only_the_agent_whose_community_was_given_is_asked_in_snmp_and_the_community_stays_unsaid(visited: Visited) -> None:
    asked = {name for name, seen in visited.ledger["devices"].items() if "udp/161" in seen["packets"]}
    assert asked == {"snmpd"}
    lines = [json.loads(line) for line in visited.evidence.read_text().splitlines()]
    raw = b"".join(base64.b64decode(line["observation"]["raw_base64"]) for line in lines if "observation" in line)
    said = json.dumps(lines) + json.dumps(visited.report) + visited.stderr
    assert raw
    assert [where for where in (said.encode(), raw) if peers.COMMUNITY.encode() in where] == []
