"""Cameras over IPv6, with and without privilege, and two links in one scan: three scans side by side."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import CAMSCAN, assets_by_mac, camscan, needs_root
from tests.lab import netns
from tests.lab.devices import ipv6
from tests.lab.segment import Segment
from tests.unprivileged import WITHOUT_CAPABILITIES

pytestmark = pytest.mark.netns

NAMES = [device.name for device in ipv6.DEVICES]
MACS = {device.name: device.mac for device in ipv6.DEVICES}
NETWORK = "fd00:20::/64"
OPTIONS = ("--policy", "uk-department", "--site", "class=sensitive", "--site", "name=lab", "--format", "json", "--quiet")
PATIENCE_S = 120
ECHO_FOR_ALL = "0 2147483647"
FAR_MACS = ("44:19:b6:10:00:d1", "44:19:b6:10:00:d2")


@dataclass(frozen=True)
class Runs:
    """What the three scans left behind."""

    privileged: dict[str, Any]
    unprivileged: dict[str, Any]
    two_links: dict[str, Any]
    ledger: dict[str, Any]
    capture: Path
    second_link: str


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    needs_root()
    folder = tmp_path_factory.mktemp("ipv6")
    capture = folder / "segment.pcap"
    with ExitStack() as stack:
        first = stack.enter_context(Segment(devices=NAMES, pcap=capture))
        second = stack.enter_context(Segment(devices=NAMES))
        with second.at_scanner():
            netns.set_sysctl("ipv4/ping_group_range", ECHO_FOR_ALL)
        scanner, second_link = _two_links(stack)
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        scan = [CAMSCAN, "scan", *OPTIONS]
        programs = [
            first.popen_in_scanner([*scan, "10.20.0.0/24", NETWORK], **pipes),
            second.popen_in_scanner([*WITHOUT_CAPABILITIES, *scan, NETWORK], **pipes),
            _in_namespace(scanner, [*scan, "10.20.0.0/24", NETWORK, "192.168.1.0/24", "2001:db8:1::40/127"], **pipes),
        ]
        said = [program.communicate(timeout=PATIENCE_S) for program in programs]
        ledger = first.ledger()
    reports = []
    for stdout, stderr in said:
        assert stdout.startswith("{"), stderr
        reports.append(json.loads(stdout))
    return Runs(*reports, ledger, capture, second_link)


def _two_links(stack: ExitStack) -> tuple[int, str]:
    """Return the namespace of a scanner with two links, and the name of the second: a VLAN on the first where the kernel has them."""
    scanner, far = netns.create(), netns.create()
    stack.callback(os.close, scanner)
    stack.callback(os.close, far)
    for namespace in (scanner, far):
        with netns.inside(namespace):
            netns.set_sysctl("ipv6/conf/default/accept_dad", "0")
            netns.set_sysctl("ipv4/conf/all/arp_ignore", "1")
    with netns.inside(scanner):
        netns.ip_batch(
            ["link set lo up", f"link add eth0 type veth peer name far0 address {FAR_MACS[0]} netns /proc/self/fd/{far}"],
            pass_fds=[far],
        )
        try:
            netns.ip_batch(["link add link eth0 name eth0.20 type vlan id 20"])
            second, far_second = "eth0.20", f"link add link far0 name far1 address {FAR_MACS[1]} type vlan id 20"
        except netns.NamespaceError:
            second, far_second = "eth1", "link set lo up"
            netns.ip_batch(
                [f"link add eth1 type veth peer name far1 address {FAR_MACS[1]} netns /proc/self/fd/{far}"], pass_fds=[far]
            )
    with netns.inside(far):
        netns.ip_batch(["link set far0 up", far_second, *_addresses("far0", "far1", last=64)])
    with netns.inside(scanner):
        netns.ip_batch(_addresses("eth0", second, last=1))
    netns.await_carrier([(scanner, "eth0"), (scanner, second), (far, "far0"), (far, "far1")])
    return scanner, second


def _addresses(first: str, second: str, *, last: int) -> list[str]:
    return [
        *(f"link set {name} up" for name in (first, second)),
        f"addr add 10.20.0.{last}/24 dev {first}",
        f"addr add fd00:20::{last:x}/64 dev {first} nodad",
        f"addr add 192.168.1.{last}/24 dev {second}",
        f"addr add 2001:db8:1::{last:x}/64 dev {second} nodad",
    ]


def _in_namespace(namespace: int, argv: list[str], **options: Any) -> subprocess.Popen[str]:
    with netns.inside(namespace):
        return subprocess.Popen(argv, preexec_fn=netns.die_with_parent, **options)


def test_every_device_of_ipv6_is_found_once_with_all_its_addresses(runs: Runs) -> None:
    found = assets_by_mac(runs.privileged)
    assert set(found) == set(MACS.values())
    assert len(runs.privileged["assets"]) == len(NAMES)
    assert found[MACS["ipv6-wsd"]]["ips"] == ["fd00:20::be", "fe80::4619:b6ff:fe10:be"]
    assert found[MACS["dual-stack-dome"]]["ips"] == ["10.20.0.180", "fe80::e630:22ff:fe10:b4"]


@pytest.mark.parametrize(("name", "protocol"), [("ipv6-wsd", "wsd"), ("ipv6-mdns", "mdns"), ("ipv6-ssdp", "ssdp")])
def test_each_discovery_protocol_reaches_a_device_over_ipv6(runs: Runs, name: str, protocol: str) -> None:
    for report in (runs.privileged, runs.unprivileged):
        spoken = {one["protocol"] for one in assets_by_mac(report)[MACS[name]]["observations"]}
        assert {protocol, "ndp"} <= spoken


def test_a_web_server_of_ipv6_alone_is_visited_at_one_address(runs: Runs) -> None:
    seen = runs.ledger["devices"]["ipv6-wsd"]
    assert seen["tcp"]["ports"] == {"80": 1}
    assert seen["request_lines"][0] == "http:80 GET / HTTP/1.1"
    asset = assets_by_mac(runs.privileged)[MACS["ipv6-wsd"]]
    assert asset["ledger"]["connections"] == 1
    assert "http" in {one["protocol"] for one in asset["observations"]}


def test_a_device_with_both_families_is_visited_over_ipv4_alone(runs: Runs) -> None:
    assert runs.ledger["devices"]["dual-stack-dome"]["packets"].keys() >= {"arp", "tcp"}
    assert assets_by_mac(runs.privileged)[MACS["dual-stack-dome"]]["ledger"]["packets"] <= 40
    assert runs.ledger["strangers"] == {}


def test_a_device_without_an_address_of_the_range_is_visited_at_its_link_local_one(runs: Runs) -> None:
    asset = assets_by_mac(runs.unprivileged)[MACS["dual-stack-dome"]]
    assert runs.unprivileged["scope"]["ranges"] == [NETWORK]
    assert asset["ledger"]["packets"] > 0
    assert "wsd" in {one["protocol"] for one in asset["observations"]}
    assert asset["outside_scope"] is False


def test_no_network_of_ipv6_is_swept(runs: Runs) -> None:
    groups = runs.ledger["groups"]
    assert groups["ff02::1"] == 4
    solicited = {group for group in groups if group.startswith("ff02::1:ff")}
    assert len(solicited) <= len(NAMES)


def test_the_coverage_says_what_a_network_of_ipv6_was_asked(runs: Runs) -> None:
    for report in (runs.privileged, runs.unprivileged):
        (row,) = (one for one in report["coverage"] if one["range"] == NETWORK)
        assert (row["level"], row["complete"], row["hosts_alive"] >= 3) == ("link", True, True)
        assert "too many addresses to ask each" in row["detail"]


def test_without_privilege_the_same_devices_are_found_with_their_macs(runs: Runs) -> None:
    assert set(assets_by_mac(runs.unprivileged)) == set(MACS.values())
    attempts = {one["collector"]: one for one in runs.unprivileged["attempts"]}
    assert attempts["ndp"]["reason"] == "no_privilege"
    assert attempts["echo"]["status"] == "completed"


def test_the_recorded_traffic_names_the_same_devices(runs: Runs) -> None:
    done = camscan("replay", str(runs.capture), "--policy", "uk-department", "--site", "class=sensitive", "--format", "json")
    replayed, live = assets_by_mac(json.loads(done.stdout)), assets_by_mac(runs.privileged)
    for name, mac in MACS.items():
        for key in ("brand", "maker", "model", "kind"):
            assert replayed[mac]["identification"][key] == live[mac]["identification"][key], name
        assert set(live[mac]["ips"]) <= set(replayed[mac]["ips"])


def test_two_links_are_covered_in_one_scan_each_range_by_itself(runs: Runs) -> None:
    rows = {one["range"]: one for one in runs.two_links["coverage"]}
    assert set(rows) == {"10.20.0.0/24", NETWORK, "192.168.1.0/24", "2001:db8:1::40/127"}
    assert {(row["level"], row["complete"]) for row in rows.values()} == {("link", True)}
    assert {range_: row["hosts_alive"] for range_, row in rows.items() if "." in range_} == {
        "10.20.0.0/24": 1,
        "192.168.1.0/24": 1,
    }
    assert rows["2001:db8:1::40/127"]["hosts_alive"] == 1
    found = assets_by_mac(runs.two_links)
    assert {"10.20.0.64", "fd00:20::40"} <= set(found[FAR_MACS[0]]["ips"])
    assert {"192.168.1.64", "2001:db8:1::40"} <= set(found[FAR_MACS[1]]["ips"])


def test_the_second_link_is_a_vlan(runs: Runs) -> None:
    if runs.second_link != "eth0.20":
        pytest.skip("this kernel has no VLAN interfaces (8021q); a second interface took the place")
    assert not [asset for asset in runs.two_links["assets"] if len(asset["macs"]) > 1 or asset["conflicts"]]
