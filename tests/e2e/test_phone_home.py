"""A capture with a camera that calls home and a PC that browses: the camera's calls are told, the PC's are kept nowhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from camscan.codecs.packet import ACK, FIN, SYN
from camscan.model import Endpoint
from tests.e2e.conftest import assets_by_mac, camscan
from tests.factories import NOON, pcap, tcp_frame, udp_frame

CAMERA, CAMERA_MAC = "10.20.0.31", "bc:ad:28:00:00:31"
PC, PC_MAC = "10.20.0.7", "00:1b:21:00:00:07"
ROUTER_MAC = "00:1b:21:00:00:01"
CLOUD, OTHER, BLOCKED, BANK = "203.0.113.7", "198.51.100.9", "198.51.100.10", "198.51.100.77"
PRIVATE = ("bank.example.org", "payroll", "s3ss1on", "dating.example.org", BANK, "Mozilla", "intranet")
SADP = (
    b'<?xml version="1.0" encoding="UTF-8"?><ProbeMatch><Types>inquiry</Types><DeviceDescription>DS-2CD2143G2-I</DeviceDescription>'
    b"<MAC>bc-ad-28-00-00-31</MAC><IPv4Address>10.20.0.31</IPv4Address></ProbeMatch>"
)
MAPPING = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:AddPortMapping xmlns:u="urn:x">'
    b"<NewExternalPort>8000</NewExternalPort><NewProtocol>TCP</NewProtocol><NewInternalPort>8000</NewInternalPort>"
    b"</u:AddPortMapping></s:Body></s:Envelope>"
)
SOAP = (
    b"POST /ctl/IPConn HTTP/1.1\r\nHost: 10.20.0.1\r\nContent-Length: %d\r\n"
    b'SOAPAction: "urn:schemas-upnp-org:service:WANIPConnection:1#AddPortMapping"\r\n\r\n%s' % (len(MAPPING), MAPPING)
)


def question(name: str) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return b"\0\7\1\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"


def answer(name: str, address: str) -> bytes:
    octets = bytes(int(part) for part in address.split("."))
    head = b"\0\7\x81\x80\0\1\0\1\0\0\0\0" + question(name)[12:]
    return head + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + octets


def asked(ip: str, mac: str, name: str, address: str) -> list[bytes]:
    client, resolver = Endpoint(ip, 40053), Endpoint("10.20.0.1", 53)
    return [
        udp_frame(question(name), client, resolver, src_mac=mac, dst_mac=ROUTER_MAC),
        udp_frame(answer(name, address), resolver, client, src_mac=ROUTER_MAC, dst_mac=mac),
    ]


def connection(
    client: Endpoint, mac: str, server: Endpoint, sent: bytes, received: bytes, *, whole: bool = True
) -> list[bytes]:
    out: dict[str, Any] = {"src_mac": mac, "dst_mac": ROUTER_MAC}
    back: dict[str, Any] = {"src_mac": ROUTER_MAC, "dst_mac": mac}
    opening = [
        tcp_frame(b"", client, server, seq=100, flags=SYN, **out),
        tcp_frame(b"", server, client, seq=900, flags=SYN | ACK, **back),
    ]
    talk = [tcp_frame(sent, client, server, seq=101, **out), tcp_frame(received, server, client, seq=901, **back)]
    closing = [
        tcp_frame(b"", client, server, seq=101 + len(sent), flags=FIN | ACK, **out),
        tcp_frame(b"", server, client, seq=901 + len(received), flags=FIN | ACK, **back),
    ]
    return [*opening, *talk, *(closing if whole else [])]


def frames() -> list[bytes]:
    camera = [
        udp_frame(
            SADP, Endpoint(CAMERA, 37020), Endpoint("239.255.255.250", 37020), src_mac=CAMERA_MAC, dst_mac="01:00:5e:7f:ff:fa"
        ),
        *asked(CAMERA, CAMERA_MAC, "litedev.hik-connect.com", CLOUD),
        *connection(Endpoint(CAMERA, 50001), CAMERA_MAC, Endpoint(CLOUD, 8666), b"\x01" * 700, b"\x02" * 300),
        *connection(Endpoint(CAMERA, 50002), CAMERA_MAC, Endpoint(OTHER, 9999), b"\x03" * 50, b"\x04" * 20, whole=False),
        *connection(Endpoint(CAMERA, 50003), CAMERA_MAC, Endpoint("10.20.0.1", 5000), SOAP, b"HTTP/1.1 200 OK\r\n\r\n"),
        udp_frame(b"\xf1\0\0\0", Endpoint(CAMERA, 50004), Endpoint(OTHER, 32100), src_mac=CAMERA_MAC, dst_mac=ROUTER_MAC),
        udp_frame(b"\xf1\1\0\0", Endpoint(OTHER, 32100), Endpoint(CAMERA, 50004), src_mac=ROUTER_MAC, dst_mac=CAMERA_MAC),
        tcp_frame(
            b"", Endpoint(CAMERA, 50005), Endpoint(BLOCKED, 443), seq=100, flags=SYN, src_mac=CAMERA_MAC, dst_mac=ROUTER_MAC
        ),
    ]
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: sid=s3ss1on\r\nContent-Length: 22\r\n\r\n<title>payroll</title>"
    get = b"GET /payroll HTTP/1.1\r\nHost: %s\r\nUser-Agent: Mozilla/5.0\r\nCookie: sid=s3ss1on\r\n\r\n"
    pc = [
        *asked(PC, PC_MAC, "bank.example.org", BANK),
        *asked(PC, PC_MAC, "dating.example.org", "198.51.100.78"),
        *connection(Endpoint(PC, 51001), PC_MAC, Endpoint(BANK, 80), get % b"bank.example.org", page),
        *connection(Endpoint(PC, 51002), PC_MAC, Endpoint("10.20.0.80", 80), get % b"intranet.example.org", page),
    ]
    return [*camera, *pc]


@dataclass(frozen=True)
class Replayed:
    folder: Path
    table: str
    report: dict[str, Any]


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    folder = tmp_path_factory.mktemp("phone-home")
    (folder / "link.pcap").write_bytes(pcap([(NOON + timedelta(seconds=n), raw) for n, raw in enumerate(frames())]))
    done = camscan(
        "replay", str(folder / "link.pcap"), "--policy", "uk-department", "--site", "class=other", "--site", "zone=separate",
        "--site", "name=annex", "-o", str(folder / "report.json"), "-o", str(folder / "run.obs.jsonl"), "--format", "table",
    )  # fmt: skip
    assert done.returncode in (3, 4), done.stderr
    return Replayed(folder, done.stdout, json.loads((folder / "report.json").read_text()))


def test_no_output_holds_what_the_pc_asked_for_or_called(replayed: Replayed) -> None:
    outputs = {path.name: path.read_text() for path in replayed.folder.iterdir() if path.suffix != ".pcap"}
    outputs["table"] = replayed.table
    assert len(outputs) == 3
    for name, content in outputs.items():
        assert [word for word in PRIVATE if word.lower() in content.lower()] == [], name


def test_the_pc_is_still_there_and_what_was_left_out_is_counted(replayed: Replayed) -> None:
    assert PC_MAC in assets_by_mac(replayed.report)
    [said] = [text for text in replayed.report["warnings"] if "not kept" in text]
    assert "other hosts" in said
    assert f"Warning: {said}" in replayed.table


def test_the_camera_s_calls_are_told_with_bytes_and_evidence(replayed: Replayed) -> None:
    camera = assets_by_mac(replayed.report)[CAMERA_MAC]
    calls = {(one["how"], one["destination"]): one for one in camera["egress"]}
    of_others = {("connected", CLOUD), ("connected", OTHER), ("attempted", BLOCKED)}
    assert set(calls) == {*of_others, ("port-mapping", "10.20.0.1")}
    cloud = calls["connected", CLOUD]
    assert (cloud["names"], cloud["who"], cloud["ports"]) == (["litedev.hik-connect.com"], "hikvision", ["8666/tcp"])
    assert (cloud["bytes_out"], cloud["bytes_in"], cloud["bound"]) == (700, 300, "exact")
    assert (cloud["purpose"], cloud["grade"], cloud["internet"]) == ("registration", "confirmed", True)
    protocols = {camera["observations"][number]["protocol"] for number in cloud["evidence"]}
    assert protocols == {"dns", "flow"}
    other = calls["connected", OTHER]
    assert (other["bound"], other["ports"], other["purpose"]) == ("at-least", ["9999/tcp", "32100/udp"], "relay")
    assert other["bytes_out"] >= 50
    assert calls["port-mapping", "10.20.0.1"]["ports"] == ["8000/tcp"]


def test_the_reason_says_that_isolation_does_not_hold(replayed: Replayed) -> None:
    camera = assets_by_mac(replayed.report)[CAMERA_MAC]
    [reason] = {f["reason"] for f in camera["findings"] if "Isolation does not hold" in f["reason"]}
    assert f"{CAMERA} sent 700 bytes to {CLOUD} (litedev.hik-connect.com, Hik-Connect), port 8666/tcp" in reason
    assert BLOCKED not in reason


def test_the_table_says_whom_the_camera_calls(replayed: Replayed) -> None:
    [line] = [line for line in replayed.table.splitlines() if CLOUD in line and line.startswith("Calls out")]
    assert (
        f"{CAMERA} talked to {CLOUD} port 8666/tcp (litedev.hik-connect.com, Hik-Connect, Hikvision), on the internet" in line
    )
    assert f"{CAMERA} tried to reach {BLOCKED} port 443/tcp, on the internet: no answer seen" in replayed.table
    assert "Assumed: no ranges of the site are stated" in replayed.table


def test_judging_the_kept_run_again_gives_the_same_calls(replayed: Replayed) -> None:
    run = replayed.folder / "run.obs.jsonl"
    done = camscan("judge", str(run), "--policy", "uk-department", "--format", "json")
    again = assets_by_mac(json.loads(done.stdout))
    assert again[CAMERA_MAC]["egress"] == assets_by_mac(replayed.report)[CAMERA_MAC]["egress"]
    assert json.loads(done.stdout)["warnings"] == replayed.report["warnings"]


def test_stated_ranges_decide_what_is_outside(replayed: Replayed) -> None:
    run = replayed.folder / "run.obs.jsonl"
    stated = "ranges=10.20.0.0/24,198.51.100.0/24"
    done = camscan("judge", str(run), "--policy", "uk-department", "--site", stated, "--format", "json")
    document = json.loads(done.stdout)
    calls = assets_by_mac(document)[CAMERA_MAC]["egress"]
    assert {one["destination"] for one in calls if one["outside"]} == {CLOUD}
    assert not [text for text in document["assumptions"] if "no ranges" in text]


def test_explain_shows_the_calls_with_their_messages(replayed: Replayed) -> None:
    done = camscan("explain", CAMERA, "--run", str(replayed.folder / "run.obs.jsonl"))
    lines = [line.strip() for line in done.stdout.splitlines()]
    at = lines.index("Calls out")
    assert lines[at + 1].startswith(f"talked to {OTHER}") or lines[at + 1].startswith(f"talked to {CLOUD}")
    assert "asked the router 10.20.0.1 to open port 8000/tcp" in done.stdout


def test_an_inventory_keeps_everything(replayed: Replayed) -> None:
    done = camscan("replay", str(replayed.folder / "link.pcap"), "--policy", "none", "--inventory", "--format", "json")
    report = json.loads(done.stdout)
    assert "bank.example.org" in done.stdout
    assert not [text for text in report["warnings"] if "not kept" in text]
