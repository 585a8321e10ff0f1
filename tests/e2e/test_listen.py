"""Listening: nothing is sent, nothing is lost, what is lost is counted, and what is heard is what a capture of it would show."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from camscan.codecs.packet import ACK, SYN
from camscan.model import Endpoint
from tests.bench.capture_file import Device
from tests.e2e.conftest import CAMSCAN, RANGE, Scanned, assets_by_mac, camscan, scan_of
from tests.e2e.wire import EAR, EAR_MAC, MOUTH, Wire, wire
from tests.factories import tcp_frame, udp_frame
from tests.lab import netns
from tests.lab.frames import _records
from tests.lab.segment import Segment
from tests.unprivileged import WITHOUT_CAPABILITIES

pytestmark = pytest.mark.netns

SAYS = (Device.arp, Device.hello, Device.ssdp, Device.vendor, Device.mdns)
ICON = {"http.favicon.md5", "http.favicon.mmh3"}
SCOPE = 'authorised_by = "R. Nowak"\nreference = "CHG-2041"\ntechniques = ["listen"]\n'


def announcements(devices: int, rounds: int) -> list[bytes]:
    """Return what so many cameras say to groups and to everybody, in turn, under another message id each time."""
    chance = random.Random(4)
    cameras = [Device(number, chance) for number in range(devices)]
    return [SAYS[turn % len(SAYS)](camera) for turn in range(rounds) for camera in cameras]


def frames_of(capture: Path) -> list[bytes]:
    return [frame for _, frame in _records(capture.read_bytes())]


@pytest.fixture
def quiet() -> Iterator[Wire]:
    """A wire without IPv6, whose listening end has an address that nobody asks for."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    with wire(address="10.20.0.250/24") as laid:
        yield laid


@pytest.fixture
def authorised(tmp_path: Path) -> Path:
    scope = tmp_path / "scope.toml"
    scope.write_text(SCOPE)
    return scope


def ended(running: subprocess.Popen[str], number: int | None = None) -> tuple[str, str]:
    """Return both outputs of a run, after a signal where one is given."""
    if number is not None:
        running.send_signal(number)
    said = running.communicate(timeout=60)
    return said[0], said[1]


def heard(running: subprocess.Popen[str]) -> dict[str, Any]:
    """Return the report that a run writes to standard output when SIGINT ends it."""
    said, complaints = ended(running, signal.SIGINT)
    assert running.returncode == 130, complaints
    report: dict[str, Any] = json.loads(said)
    return report


def test_a_hundred_thousand_announcements_at_twenty_thousand_a_second_are_all_read(quiet: Wire) -> None:
    frames = announcements(2_000, 50)
    running = quiet.listen("--policy", "uk-department", "--format", "json")
    quiet.prefer(running)
    quiet.play(frames, 20_000)
    report = heard(running)
    (attempt,) = report["attempts"]
    assert (attempt["received"], attempt["undecoded"], attempt["dropped"]) == (len(frames), 0, 0)
    assert len(report["assets"]) == 2_000
    assert {asset["identification"]["maker"] for asset in report["assets"]} >= {"hikvision", "dahua"}


def test_what_is_lost_is_counted_to_the_frame_and_the_run_is_incomplete(quiet: Wire, tmp_path: Path) -> None:
    frames = [one.ljust(1_400, b"\0") for one in announcements(100, 500)]
    running = quiet.listen("--for", "3s", "--policy", "none", "--quiet", "-o", str(tmp_path / "report.json"))
    running.send_signal(signal.SIGSTOP)
    quiet.play(frames, 200_000)
    running.send_signal(signal.SIGCONT)
    _, complaints = ended(running)
    assert running.returncode == 5, complaints
    (attempt,) = json.loads((tmp_path / "report.json").read_text())["attempts"]
    assert attempt["dropped"] > 0
    assert attempt["received"] + attempt["dropped"] == len(frames)
    assert attempt["reason"] == "dropped"
    assert f"dropped {attempt['dropped']} frames" in complaints.splitlines()[-1]
    assert complaints.startswith("INCOMPLETE")


def test_listening_sends_nothing(quiet: Wire) -> None:
    frames = announcements(50, 5)
    quiet.play(frames, 5_000)
    without = quiet.transmitted()
    running = quiet.listen("--policy", "none", "--format", "json")
    quiet.play(frames, 5_000)
    report = heard(running)
    assert len(report["assets"]) == 50
    assert (without, quiet.transmitted()) == (0, 0)
    assert report["attempts"][0]["sent"] == 0


def test_joining_sends_what_it_says_and_nothing_else(quiet: Wire) -> None:
    with quiet.recording() as sent:
        _, complaints = ended(quiet.listen("--join", "--for", "1s", "--policy", "none"))
        quiet.come_to_rest()
    assert all(word in complaints for word in ("IGMP", "TTL 1", "239.255.255.250", "224.0.0.251", "234.55.55.56"))
    assert quiet.transmitted() == len(sent) > 0
    assert {(frame[12:14], frame[23], frame[22]) for frame in sent} == {(b"\x08\0", 2, 1)}  # IGMP with TTL 1


def test_what_others_say_to_each_other_is_not_heard_unless_somebody_answers_for_it(quiet: Wire, authorised: Path) -> None:
    camera = Device(1, random.Random(1))
    between = [frame for frame in camera.page(0) if frame[6:12] == camera.mac]
    plainly = quiet.listen("--policy", "none", "--format", "json")
    closely = quiet.listen("--policy", "none", "--format", "json", "--promisc", "--scope", str(authorised))
    quiet.play(between, 1_000)
    assert heard(plainly)["assets"] == []
    report = heard(closely)
    (asset,) = report["assets"]
    assert "http" in {seen["protocol"] for seen in asset["observations"]}
    assert (report["scope"]["authorised_by"], report["scope"]["reference"]) == ("R. Nowak", "CHG-2041")


def test_without_privilege_one_line_says_what_is_lacking_and_what_to_type(quiet: Wire) -> None:
    running = quiet.popen(
        [*WITHOUT_CAPABILITIES, CAMSCAN, "listen", "--policy", "none"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    said, complaints = ended(running)
    assert (running.returncode, said, len(complaints.splitlines())) == (2, "", 1), complaints
    assert "CAP_NET_RAW" in complaints
    assert f"sudo {CAMSCAN} listen" in complaints


def test_a_signal_ends_it_and_keeps_what_was_heard(quiet: Wire, tmp_path: Path) -> None:
    files = [tmp_path / "report.json", tmp_path / "run.obs.jsonl", tmp_path / "report.txt"]
    running = quiet.listen("--policy", "none", *(word for file in files for word in ("-o", str(file))))
    quiet.play(announcements(20, 5), 5_000)
    said, complaints = ended(running, signal.SIGTERM)
    assert running.returncode == 143
    assert complaints.splitlines()[-1].startswith("INTERRUPTED")
    assert "20 devices seen" in said
    assert len(json.loads(files[0].read_text())["assets"]) == 20
    assert all(file.stat().st_size > 1_000 for file in files)
    assert len(from_evidence(files[1])["assets"]) == 20


def test_devices_stand_in_the_stream_while_it_runs_and_the_last_line_counts_them(quiet: Wire) -> None:
    running = quiet.listen("--policy", "none", "--format", "jsonl", "--quiet")
    quiet.play(announcements(10, 5), 5_000)
    assert running.stdout is not None
    lines = [json.loads(running.stdout.readline()) for _ in range(11)]  # would wait for ever if they came at the end
    assert running.poll() is None
    said, complaints = ended(running, signal.SIGINT)
    lines += [json.loads(line) for line in said.splitlines()]
    assert lines[0]["event"] == "begin"
    assert [line["event"] for line in lines[1:-1]].count("device") >= 10
    last = lines[-1]
    assert (last["event"], last["counts"]["devices"], last["run"]["command"]) == ("summary", 10, "listen")
    final = {line["key"]: line for line in lines if line["event"] == "device"}
    assert len(final) == 10
    assert all(line["identification"]["model"] for line in final.values())
    assert complaints.splitlines() == ["INTERRUPTED: interrupted before its end; nothing was judged; 10 devices seen"]


def test_a_reader_that_goes_away_ends_it_and_the_files_are_written(quiet: Wire, tmp_path: Path) -> None:
    running = quiet.listen("--policy", "none", "--format", "jsonl", "--quiet", "-o", str(tmp_path / "report.json"))
    assert running.stdout is not None
    running.stdout.readline()
    running.stdout.close()
    quiet.play(announcements(10, 5), 5_000)
    assert running.wait(timeout=30) == 10
    assert len(json.loads((tmp_path / "report.json").read_text())["assets"]) == 10


def test_frames_of_this_machine_are_left_out_and_tags_that_the_kernel_takes_off_are_restored(quiet: Wire) -> None:
    (hello,) = announcements(1, 2)[1:]
    tagged = hello[:12] + bytes.fromhex("8100a014") + hello[12:]
    twice = hello[:12] + bytes.fromhex("88a80064") + tagged[12:]
    running = quiet.listen("--policy", "none", "--format", "json")
    with netns.inside(quiet.ear), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.sendto(b"who is there?", ("10.20.0.77", 9))  # which the kernel asks by ARP first
    assert quiet.transmitted() > 0
    quiet.play([tagged, twice], 1_000)
    report = heard(running)
    assert EAR_MAC not in assets_by_mac(report)
    (asset,) = report["assets"]
    assert [(seen["protocol"], seen["count"]) for seen in asset["observations"]] == [("wsd", 2)]


def test_a_kernel_with_little_room_for_filters_hears_the_same(quiet: Wire) -> None:
    with netns.inside(quiet.ear):
        netns.set_sysctl("core/optmem_max", "8192")
    running = quiet.listen("--policy", "none", "--format", "json")
    quiet.play(announcements(20, 5), 5_000)
    report = heard(running)
    assert len(report["assets"]) == 20
    assert report["attempts"][0]["received"] == 100


def test_an_interface_that_goes_down_makes_the_run_incomplete(quiet: Wire) -> None:
    running = quiet.listen("--for", "2s", "--policy", "none")
    for state in ("down", "up"):
        with netns.inside(quiet.ear):
            netns.ip_batch([f"link set {EAR} {state}"])
        time.sleep(0.2)
    quiet.play(announcements(3, 1), 1_000)
    said, complaints = ended(running)
    assert running.returncode == 5, complaints
    assert f"{EAR} went down" in complaints
    assert "3 devices seen" in said


@pytest.mark.parametrize("times", [0, 1, 2])
def test_a_cable_that_was_out_makes_the_run_incomplete(quiet: Wire, times: int) -> None:
    running = quiet.listen("--for", "2s", "--policy", "none")
    for _ in range(times):
        for state in ("down", "up"):
            with netns.inside(quiet.mouth):
                netns.ip_batch([f"link set {MOUTH} {state}"])
            time.sleep(0.2)
    quiet.play(announcements(3, 1), 1_000)
    said, complaints = ended(running)
    assert running.returncode == (5 if times else 0), complaints
    assert (f"{EAR} lost its link {['', 'once', '2 times'][times]}" in complaints) == bool(times)
    assert "3 devices seen" in said


def test_whom_a_camera_called_stands_in_the_stream(quiet: Wire, authorised: Path) -> None:
    camera, gateway = "bc:ad:28:00:00:64", "00:00:5e:00:53:01"
    client, cloud = Endpoint("10.20.0.64", 40_000), Endpoint("203.0.113.7", 8666)
    announced = b"<ProbeMatch><DeviceDescription>DS-2CD2143G2-I</DeviceDescription><DeviceSN>S1</DeviceSN></ProbeMatch>"
    group = Endpoint("239.255.255.250", 37020)
    running = quiet.listen("--policy", "none", "--format", "jsonl", "--promisc", "--scope", str(authorised), "--quiet")
    quiet.play(
        [
            udp_frame(announced, Endpoint(client.ip, 37020), group, src_mac=camera, dst_mac="01:00:5e:7f:ff:fa"),
            tcp_frame(b"", client, cloud, seq=100, flags=SYN, src_mac=camera, dst_mac=gateway),
            tcp_frame(b"", cloud, client, seq=900, flags=SYN | ACK, src_mac=gateway, dst_mac=camera),
            tcp_frame(b"x" * 700, client, cloud, seq=101, src_mac=camera, dst_mac=gateway),
        ],
        1_000,
    )
    said, complaints = ended(running, signal.SIGINT)
    devices = [line for line in map(json.loads, said.splitlines()) if line["event"] == "device"]
    last = {line["key"]: line for line in devices}
    assert [(one["destination"], one["bytes_out"]) for line in last.values() for one in line["egress"]] == [
        ("203.0.113.7", 700)
    ], complaints


def passively(laid: Wire, authorised: Path, frames: Sequence[bytes]) -> dict[str, Any]:
    """Return the report on frames that pass by while somebody listens."""
    running = laid.listen("--policy", "none", "--format", "json", "--promisc", "--scope", str(authorised), "--quiet")
    laid.play(frames, 5_000)
    return heard(running)


def from_evidence(file: Path) -> dict[str, Any]:
    done = camscan("replay", str(file), "--policy", "none", "--format", "json")
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def messages(report: dict[str, Any]) -> dict[tuple[str, str, str], dict[str, list[str]]]:
    """Return the fields of each message of a report, by who said it, the protocol and the bytes."""
    return {
        (seen["link_mac"], seen["protocol"], seen["raw_sha256"]): seen["fields"]
        for asset in report["assets"]
        for seen in asset["observations"]
        if seen["link_mac"] and seen["raw_sha256"]
    }


def identities(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    words = ("kind", "form", "brand", "maker", "maker_basis", "model", "firmware", "serial", "confidence")
    return {mac: {word: asset["identification"][word] for word in words} for mac, asset in assets_by_mac(report).items()}


def test_devices_are_the_same_asked_listened_to_and_read_from_a_capture(
    scanned: Scanned, quiet: Wire, authorised: Path
) -> None:
    live, kept = passively(quiet, authorised, frames_of(scanned.capture)), from_evidence(scanned.capture)
    asked, listened, read = messages(scanned.report), messages(live), messages(kept)
    assert listened == read
    assert identities(live) == identities(kept)
    same = asked.keys() & listened.keys()
    assert len({protocol for _, protocol, _ in same}) >= 20
    for key in same:
        if ICON.issuperset(asked[key]):  # of an icon that it asked for a scan takes the hashes alone
            assert asked[key].items() <= listened[key].items()
        else:
            assert asked[key] == listened[key], key


def test_a_scan_listens_beside_its_questions(few: Segment, tmp_path: Path) -> None:
    done = scan_of(few, RANGE, "--policy", "none", "--listen", "3s", "--quiet", "-o", str(tmp_path / "report.json"))
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    (attempt,) = [one for one in report["attempts"] if one["collector"] == "listen"]
    assert (attempt["status"], attempt["dropped"], attempt["sent"]) == ("completed", 0, 0)
    assert attempt["received"] > 0
    assert "passive" in {seen["via"] for asset in report["assets"] for seen in asset["observations"]}
    assert report["scope"]["techniques"] == ["active", "listen"]
