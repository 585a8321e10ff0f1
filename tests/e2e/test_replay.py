"""What a network's own servers know is put together with what a capture holds: one device stays one device."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from camscan.codecs.packet import ACK, SYN
from camscan.codecs.pcapfile import records
from camscan.model import Endpoint
from tests.e2e.conftest import CAMSCAN, assets_by_mac, camscan
from tests.factories import ethernet, later, mac_bytes, pcap, tcp_frame
from tests.samples_of import CAPTURE

HIKVISION, DAHUA, UNHEARD = "44:19:b6:10:00:11", "3c:ef:8c:10:00:14", "ec:71:db:00:00:64"
LEASES = f"""# The format of this file is documented in the dhcpd.leases(5) manual page.
lease 10.20.0.11 {{
  starts 0 2026/03/01 11:00:00;
  hardware ethernet {HIKVISION};
  client-hostname "front-gate";
}}
lease 10.20.0.200 {{
  starts 0 2026/03/01 11:00:00;
  hardware ethernet {UNHEARD};
  client-hostname "depot";
}}
"""
NEIGHBOURS = f"10.20.0.14 dev eth0 lladdr {DAHUA} REACHABLE\n10.20.0.200 dev eth0 lladdr {UNHEARD} STALE\n"
PORTS = "port,ip\n9000,10.20.0.200\n"


def report_of(*files: Path, **options: Any) -> dict[str, Any]:
    done = camscan("replay", *map(str, files), "--policy", "none", "--format", "json", **options)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture
def lists(tmp_path: Path) -> tuple[Path, ...]:
    named = {"dhcpd.leases": LEASES, "neigh.txt": NEIGHBOURS, "ports.csv": PORTS}
    for name, content in named.items():
        (tmp_path / name).write_text(content)
    return tuple(tmp_path / name for name in named)


def test_leases_neighbours_and_a_capture_become_the_same_devices(lists: tuple[Path, ...]) -> None:
    alone, together = report_of(CAPTURE), report_of(CAPTURE, *lists)
    before, after = assets_by_mac(alone), assets_by_mac(together)
    assert set(after) == {*before, UNHEARD}
    assert len(together["assets"]) == len(alone["assets"]) + 1
    assert "front-gate" in after[HIKVISION]["hostnames"]
    assert before[HIKVISION]["identification"]["model"]
    for word in ("brand", "maker", "model", "confidence"):
        assert after[HIKVISION]["identification"][word] == before[HIKVISION]["identification"][word]
    for mac, protocols in ((HIKVISION, {"dhcp"}), (DAHUA, {"arp"}), (UNHEARD, {"arp", "dhcp", "table"})):
        assert {o["protocol"] for o in after[mac]["observations"] if o["via"] == "import"} == protocols
    assert after[UNHEARD]["hostnames"] == ["depot"]
    assert [a["collector"] for a in together["attempts"]] == ["capture", "isc-leases", "ip-neigh", "table"]


def test_the_order_of_the_files_changes_nothing(lists: tuple[Path, ...]) -> None:
    assert report_of(CAPTURE, *lists)["assets"] == report_of(*reversed(lists), CAPTURE)["assets"]


def test_standard_input_is_a_file_like_any_other(lists: tuple[Path, ...]) -> None:
    report = report_of(Path("-"), lists[0], input=NEIGHBOURS)
    assert report["run"]["inputs"] == ["stdin", "dhcpd.leases"]
    assert {mac for asset in report["assets"] for mac in asset["macs"]} == {DAHUA, UNHEARD}


def test_standard_input_can_be_read_only_once() -> None:
    done = subprocess.run([CAMSCAN, "replay", "-", "-"], input="", capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "standard input can be read once" in done.stderr


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[Callable[[bytes], Path]]:
    """Give a function that makes a pipe with a name, into which somebody writes bytes."""
    writers: list[subprocess.Popen[bytes]] = []

    def made(content: bytes) -> Path:
        path, kept = tmp_path / f"pipe{len(writers)}", tmp_path / f"kept{len(writers)}"
        os.mkfifo(path)
        kept.write_bytes(content)
        writers.append(subprocess.Popen(["dd", f"if={kept}", f"of={path}", "status=none"], stderr=subprocess.DEVNULL))
        return path

    yield made
    for writer in writers:
        writer.kill()
        writer.wait()


def test_what_comes_through_pipes_with_names_is_read_once(fifo: Callable[[bytes], Path], some: Path) -> None:
    plain = report_of(some)
    report = report_of(fifo(gzip.compress(some.read_bytes())), fifo(NEIGHBOURS.encode()))
    assert report["run"]["inputs"] == ["pipe0", "pipe1"]
    assert {mac for asset in plain["assets"] for mac in asset["macs"]} < {
        mac for asset in report["assets"] for mac in asset["macs"]
    }
    assert [attempt["collector"] for attempt in report["attempts"]] == ["capture", "ip-neigh"]


def test_a_pipe_that_holds_nothing_that_is_read_is_named_as_it_was_given(fifo: Callable[[bytes], Path]) -> None:
    path = fifo(b"hello, what is this?")
    done = camscan("replay", str(path), "--policy", "none")
    assert (done.returncode, done.stderr.startswith(f"camscan: {path}: not a pcap")) == (2, True), done.stderr
    twice = camscan("replay", str(path), str(path), "--policy", "none")
    assert (twice.returncode, f"{path} can be read once" in twice.stderr) == (2, True), twice.stderr


@pytest.mark.parametrize(("given", "words"), [("", "nothing came; see whether"), ("hello", "not a pcap")])
def test_standard_input_is_called_by_its_name(given: str, words: str) -> None:
    done = subprocess.run(
        [CAMSCAN, "replay", "-", "--policy", "none"], input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"camscan: standard input: {words}"), done.stderr


def test_a_list_with_an_unreadable_line_says_so_and_gives_the_others(tmp_path: Path) -> None:
    path = tmp_path / "neigh.txt"
    path.write_text(NEIGHBOURS + "10.20.0.15 dev eth0 lladdr somewhere STALE\n")
    report = report_of(path)
    assert report["attempts"][0]["undecoded"] == 1
    assert len(report["assets"]) == 2


# Captures


def test_a_capture_that_ends_early_is_reported_as_far_as_it_goes_and_the_exit_code_says_so(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(CAPTURE.read_bytes()[:60_001])
    nothing = camscan("replay", str(cut), "--policy", "none", "--format", "json")
    judged = camscan("replay", str(cut), "--policy", "uk-department", "--site", "class=sensitive", "--format", "json")
    assert (nothing.returncode, judged.returncode) == (5, 9)
    assert "INCOMPLETE" in nothing.stderr.splitlines()[-1]
    report = json.loads(nothing.stdout)
    assert report["assets"]
    assert [(a["status"], a["reason"]) for a in report["attempts"]] == [("partial", "damaged")]


def test_a_capture_of_a_link_that_is_not_read_is_no_proof_of_silence(tmp_path: Path) -> None:
    content = bytearray(CAPTURE.read_bytes())
    content[20:24] = (105).to_bytes(4, "little")
    path = tmp_path / "air.pcap"
    path.write_bytes(content)
    done = camscan("replay", str(path), "--policy", "uk-department", "--site", "class=sensitive")
    assert done.returncode == 5, done.stderr
    assert done.stderr.splitlines()[-1].startswith("INCOMPLETE")
    assert "link type 105 (IEEE 802.11) is not read" in done.stderr


@pytest.fixture
def some(tmp_path: Path) -> Path:
    """The first frames of the demonstration."""
    path = tmp_path / "some.pcap"
    path.write_bytes(pcap([(record.at, record.frame) for record in islice(records([CAPTURE.read_bytes()]), 60)]))
    return path


def test_a_packed_capture_and_one_through_a_pipe_say_what_the_plain_one_says(tmp_path: Path, some: Path) -> None:
    packed = tmp_path / "some.pcap.gz"
    packed.write_bytes(gzip.compress(some.read_bytes()))
    plain = report_of(some)
    assert report_of(packed)["assets"] == plain["assets"]
    with some.open("rb") as file:
        done = subprocess.run([CAMSCAN, "replay", "-", "--policy", "none", "--format", "json"], stdin=file, capture_output=True)
    assert done.returncode == 0, done.stderr
    piped = json.loads(done.stdout)
    assert piped["assets"] == plain["assets"]
    assert piped["run"]["inputs"] == ["stdin"]


def test_cameras_behind_one_router_are_devices_of_their_own(tmp_path: Path) -> None:
    router, client = "00:00:5e:00:53:01", Endpoint("10.20.0.50", 42_000)
    said = {
        "10.9.0.5": b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="AXIS_ACCC8E000006", nonce="x"\r\n\r\n',
        "10.9.0.6": b"HTTP/1.1 401 Unauthorized\r\nServer: App-webs/\r\n\r\n",
    }
    announced = (
        bytes.fromhex("0001080006040001") + mac_bytes(router) + bytes((10, 20, 0, 1)) + bytes(6) + bytes((10, 20, 0, 50))
    )
    frames = [ethernet(announced, 0x0806, src_mac=router)]
    for ip, words in said.items():
        server = Endpoint(ip, 80)
        answers = [
            tcp_frame(b"", server, client, seq=900, flags=SYN | ACK, src_mac=router),
            tcp_frame(words, server, client, seq=901, src_mac=router),
        ]
        frames.append(tcp_frame(b"", client, server, seq=100, flags=SYN, dst_mac=router))
        frames += [raw[:22] + b"\x3f" + raw[23:] for raw in answers]
    path = tmp_path / "routed.pcap"
    path.write_bytes(pcap([(later(number), raw) for number, raw in enumerate(frames)]))
    assets = {asset["ips"][0]: asset for asset in report_of(path)["assets"]}
    assert {ip: asset["identification"]["maker"] for ip, asset in assets.items() if ip in said} == {
        "10.9.0.5": "axis",
        "10.9.0.6": "hikvision",
    }
    assert assets["10.20.0.1"]["ips"] == ["10.20.0.1"]
    assert assets["10.20.0.1"]["macs"] == [router]
    assert [asset["macs"] for ip, asset in assets.items() if ip in said] == [[], []]


def test_captures_of_two_sites_with_the_same_addresses_stay_two_sets_of_devices(tmp_path: Path, some: Path) -> None:
    kept = [tmp_path / f"{name}.obs.jsonl" for name in ("north", "south")]
    for path in kept:
        site = f"name={path.name.partition('.')[0]}"
        assert camscan("replay", str(some), "--policy", "none", "--site", site, "-o", str(path)).returncode == 0
    alone, together = report_of(some), report_of(*kept)
    assert len(together["assets"]) == 2 * len(alone["assets"]) > 2
    assert {asset["site"] for asset in together["assets"]} == {"north", "south"}
    rows = {name: [row for row in together["coverage"] if row["site"] == name] for name in ("north", "south")}
    assert (
        [{**row, "site": None} for row in rows["north"]]
        == [{**row, "site": None} for row in rows["south"]]
        == alone["coverage"]
    )
    assert not any("names nothing" in warning for warning in together["warnings"])
    named = ("--policy", "none", "--format", "json", "--site")
    lost = json.loads(camscan("replay", *map(str, kept), *named, "name=depot").stdout)
    assert any("--site name=depot names nothing" in warning and "(north, south)" in warning for warning in lost["warnings"])
    used = json.loads(camscan("replay", *map(str, kept), str(some), *named, "name=depot").stdout)
    assert not any("names nothing" in warning for warning in used["warnings"])
