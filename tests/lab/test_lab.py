"""The segment behaves as its devices would, seen through raw sockets of the scanner's namespace."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from zeroconf._protocol.incoming import DNSIncoming

from tests.lab.fixtures import bring_up
from tests.lab.roster import select_devices
from tests.lab.segment import ROOT, TRUTH, LabError, Segment
from tests.lab.simulators.dhip import Dhip
from tests.lab.simulators.sadp import Sadp
from tests.lab.simulators.wsd import Wsd
from tests.lab.wiring import SCANNER_MAC

pytestmark = pytest.mark.netns

Heard = list[tuple[bytes, tuple[str, int]]]
PATIENCE_S = 3.0
SADP_GROUP = "239.255.255.250"
SADP_INQUIRY = b'<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>13A888A9</Uuid><Types>inquiry</Types></Probe>'
WSD_PROBE = (
    '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"'
    ' xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"><e:Header><w:MessageID>uuid:84ede3de</w:MessageID></e:Header>'
    "<e:Body><d:Probe>{types}</d:Probe></e:Body></e:Envelope>"
)
DHIP_SEARCH = b'{"method":"DHDiscover.search","params":{"mac":"","uni":1}}\n'


@contextmanager
def udp(segment: Segment, *, port: int = 0, group: str | None = None) -> Iterator[socket.socket]:
    with segment.at_scanner():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("", port))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        if group is not None:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + bytes(4))
    with sock:
        yield sock


def hear(sock: socket.socket, expected: int, patience_s: float = PATIENCE_S) -> Heard:
    """Return what arrives until `expected` messages came; a full patience is waited only where fewer come."""
    heard: Heard = []
    until = time.monotonic() + patience_s
    while len(heard) < expected and (left := until - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            heard.append(sock.recvfrom(65535))
        except TimeoutError:
            break
    return heard


def ask_tcp(segment: Segment, ip: str, port: int, request: bytes, *, until: bytes = b"\r\n\r\n") -> bytes:
    with segment.at_scanner():
        sock = socket.create_connection((ip, port), PATIENCE_S)
    with sock:
        sock.sendall(request)
        heard = b""
        while until not in heard and (chunk := sock.recv(4096)):
            heard += chunk
        return heard


def ask_tls(segment: Segment, ip: str) -> tuple[str | None, x509.Certificate]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with segment.at_scanner():
        sock = socket.create_connection((ip, 443), PATIENCE_S)
    with context.wrap_socket(sock) as wrapped:
        der = wrapped.getpeercert(binary_form=True)
        assert der is not None
        return wrapped.version(), x509.load_der_x509_certificate(der)


def hear_from(sock: socket.socket, wanted: set[str]) -> Heard:
    """Return what arrives until every wanted address has spoken."""
    heard: Heard = []
    until = time.monotonic() + PATIENCE_S
    while not wanted <= {source[0] for _, source in heard} and time.monotonic() < until:
        heard += hear(sock, 1, 0.5)
    return heard


def speakers(kind: type[Any], holds: Callable[[Any], bool] = lambda service: True) -> set[str]:
    """Return the addresses of IPv4 of the devices that have such a service."""
    return {
        device.ip
        for device in select_devices()
        if device.ip and ":" not in device.ip and any(isinstance(one, kind) and holds(one) for one in device.services)
    }


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: camera\r\n\r\n".encode()


def dhip_frame(body: bytes) -> bytes:
    return struct.pack("<I4sQQQ", 32, b"DHIP", 0, len(body), len(body)) + body


def test_every_address_answers_arp_with_its_own_mac(segment: Segment, truth: dict[str, dict[str, Any]]) -> None:
    own_mac = bytes.fromhex(SCANNER_MAC.replace(":", ""))
    own_ip = socket.inet_aton("10.20.0.1")
    answers = {}
    with segment.at_scanner():
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
        sock.bind(("eth0", 0x0806))
    with sock:
        for last in range(2, 255):
            body = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, own_mac, own_ip, bytes(6), bytes((10, 20, 0, last)))
            sock.send(b"\xff" * 6 + own_mac + b"\x08\x06" + body)
        wanted = {entry["ip"]: entry["mac"] for entry in truth.values() if entry["ip"].startswith("10.20.0.")}
        wanted |= {ip: device.mac for device in select_devices() for ip in device.more_ips}
        for frame, _ in hear(sock, len(wanted)):
            assert struct.unpack_from("!H", frame, 20) == (2,)
            answers[socket.inet_ntoa(frame[28:32])] = frame[22:28].hex(":")
    assert answers == wanted


def test_the_silent_camera_answers_nothing_but_arp(segment: Segment) -> None:
    with segment.at_scanner():
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with sock:
        sock.settimeout(0.5)
        with pytest.raises(TimeoutError):
            sock.connect(("10.20.0.40", 80))


def test_a_closed_port_of_a_camera_refuses(segment: Segment) -> None:
    with segment.at_scanner():
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with sock, pytest.raises(ConnectionRefusedError):
        sock.connect(("10.20.0.41", 80))


def test_sadp_answers_go_to_the_group_and_not_to_the_asker(segment: Segment) -> None:
    with udp(segment) as asker, udp(segment, port=37020, group=SADP_GROUP) as member:
        asker.sendto(SADP_INQUIRY, (SADP_GROUP, 37020))
        wanted = speakers(Sadp, lambda one: one.needs_probes == 1 and not one.to_asker)
        heard = hear_from(member, wanted)
        assert hear(asker, 1, 0.1) == []
    sources = {source for _, source in heard}
    assert {("10.20.0.11", 37020), ("10.20.0.12", 37020), ("192.168.1.64", 37020)} <= sources
    assert wanted <= {ip for ip, _ in sources}
    ezviz = next(payload.decode() for payload, source in heard if source[0] == "10.20.0.12")
    assert "<Uuid>13A888A9</Uuid>" in ezviz
    assert "<DeviceDescription>CS-C6N-A0-1C2WFR</DeviceDescription>" in ezviz
    assert "<MAC>0c-a6-4c-10-00-12</MAC>" in ezviz


def test_sadp_ignores_an_inquiry_without_uuid_and_every_other_verb(segment: Segment) -> None:
    with udp(segment, port=37020, group=SADP_GROUP) as member:
        member.sendto(b"<Probe><Types>inquiry</Types></Probe>", (SADP_GROUP, 37020))
        member.sendto(SADP_INQUIRY.replace(b"inquiry", b"activate"), (SADP_GROUP, 37020))
        assert hear(member, 1, 0.5) == []


def test_one_sadp_camera_wakes_at_the_second_inquiry_and_one_answers_twice() -> None:
    running = bring_up(Segment(devices=["hilook-bullet", "hikvision-dome"]))
    with running_down(running), udp(running, port=37020, group=SADP_GROUP) as member:
        member.sendto(SADP_INQUIRY, (SADP_GROUP, 37020))
        first = [source[0] for _, source in hear(member, 3, 0.6)]
        member.sendto(SADP_INQUIRY, (SADP_GROUP, 37020))
        second = [source[0] for _, source in hear(member, 3)]
    assert sorted(first) == ["10.20.0.11", "10.20.0.11"]
    assert sorted(second) == ["10.20.0.11", "10.20.0.11", "10.20.0.13"]


def test_dhip_answers_a_framed_search_by_unicast_and_ignores_bare_json(segment: Segment) -> None:
    with udp(segment) as asker:
        asker.sendto(DHIP_SEARCH, ("239.255.255.251", 37810))
        assert hear(asker, 1, 0.3) == []
        asker.sendto(dhip_frame(DHIP_SEARCH), ("239.255.255.251", 37810))
        heard = hear_from(asker, speakers(Dhip))
    assert {source[0] for _, source in heard} == speakers(Dhip)
    amcrest = next(payload for payload, source in heard if source[0] == "10.20.0.28")
    assert amcrest[:8] == bytes.fromhex("2000000044484950")
    assert struct.unpack_from("<QQ", amcrest, 16) == (len(amcrest) - 32, len(amcrest) - 32)
    record = json.loads(amcrest[32:].rstrip(b"\0"))
    assert record["params"]["deviceInfo"]["Vendor"] == "Amcrest"
    assert record["mac"] == "9c:8e:cd:10:00:28"


def test_wsd_answers_by_unicast_to_the_source_port_and_by_type(segment: Segment) -> None:
    with udp(segment) as asker:
        asker.sendto(WSD_PROBE.format(types="<d:Types>dn:NetworkVideoTransmitter</d:Types>").encode(), (SADP_GROUP, 3702))
        wanted = speakers(Wsd, lambda one: "dn:NetworkVideoTransmitter" in one.types)
        cameras = {source[0]: payload.decode("latin-1") for payload, source in hear_from(asker, wanted)}
        hear(asker, 99, 0.6)
        asker.sendto(WSD_PROBE.format(types="").encode(), (SADP_GROUP, 3702))
        everything = {source[0] for _, source in hear_from(asker, speakers(Wsd))}
    assert set(cameras) == wanted
    assert "10.20.0.52" not in cameras
    assert {"10.20.0.52", "10.20.0.55"} <= everything == speakers(Wsd)
    assert "<wsa:RelatesTo>uuid:84ede3de</wsa:RelatesTo>" in cameras["10.20.0.11"]
    assert "onvif://www.onvif.org/MAC/44:19:b6:10:00:11" in cameras["10.20.0.11"]
    assert "onvif://www.onvif.org/extension/unique_identifier" in cameras["10.20.0.30"]


def test_mdns_answers_a_legacy_question_by_unicast(segment: Segment) -> None:
    question = bytes.fromhex("123401000001000000000000") + b"\x0b_axis-video\x04_tcp\x05local\0" + bytes.fromhex("000c0001")
    with udp(segment) as asker:
        asker.sendto(question, ("224.0.0.251", 5353))
        heard = {source[0]: payload for payload, source in hear(asker, 2)}
    assert set(heard) == {"10.20.0.20", "10.20.0.37"}
    message = DNSIncoming(heard["10.20.0.20"])
    assert message.valid
    assert message.id == 0x1234
    text = str(message.answers())
    assert "AXIS P3245-LVE - ACCC8E100020._axis-video._tcp.local." in text
    assert "server=axis-accc8e100020.local." in text


def test_ssdp_answers_only_the_targets_of_the_device(segment: Segment) -> None:
    search = 'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: {}\r\n\r\n'
    with udp(segment) as asker:
        asker.sendto(search.format("urn:axis-com:service:BasicService:1").encode(), (SADP_GROUP, 1900))
        ((payload, source),) = hear(asker, 1)
        assert hear(asker, 1, 0.3) == []
    assert source[0] == "10.20.0.20"
    assert b"LOCATION: http://10.20.0.20:49152/rootdesc1.xml\r\n" in payload
    page = ask_tcp(segment, "10.20.0.20", 49152, get("/rootdesc1.xml"), until=b"</root>")
    assert b"<manufacturer>AXIS</manufacturer>" in page


def test_dahua_pages_have_capital_headers_no_server_and_a_byte_order_mark(segment: Segment) -> None:
    head, _, body = ask_tcp(segment, "10.20.0.14", 80, get("/"), until=b"</html>").partition(b"\r\n\r\n")
    assert b"\r\nCONNECTION: close\r\n" in head
    assert b"\r\nCONTENT-LENGTH: " in head
    assert b"server:" not in head.lower()
    assert body.startswith(b"\xef\xbb\xbf<!DOCTYPE html")
    assert b"<title>WEB SERVICE</title>" in body


@pytest.mark.parametrize(
    ("ip", "path", "expected"),
    [
        ("10.20.0.11", "/ISAPI/System/deviceInfo", b'realm="IP Camera(C2183)"'),
        ("10.20.0.16", "/LAPI/V1.0/Nothing", b"HTTP/1.1 599 "),
        ("10.20.0.20", "/axis-cgi/usergroup.cgi", b'realm="AXIS_ACCC8E100020"'),
        ("10.20.0.21", "/stw-cgi/system.cgi", b'realm="iPolis_E4-30-22-10-00-21"'),
        ("10.20.0.33", "/", b"Server: Interlogix-Webs\r\n"),
        ("10.20.0.50", "/", b'Basic realm="Router Webserver"'),
    ],
)
def test_http_answers_with_the_marks_of_its_maker(segment: Segment, ip: str, path: str, expected: bytes) -> None:
    assert expected in ask_tcp(segment, ip, 80, get(path))


def test_http_keeps_the_connection_for_a_second_request(segment: Segment) -> None:
    heard = ask_tcp(segment, "10.20.0.11", 80, get("/SDK/activateStatus") + get("/absent"), until=b" 404 ")
    assert heard.index(b"<Activated>true</Activated>") < heard.index(b"HTTP/1.1 404 Not Found")


@pytest.mark.parametrize(
    ("ip", "expected"),
    [
        ("10.20.0.11", b'Basic realm="IP Camera(C2183)"'),
        ("10.20.0.14", b'Digest realm="Login to 6H00000PAG00014"'),
        ("10.20.0.16", b'Digest realm="48ea63100016"'),
        ("10.20.0.19", b"\r\nCseq: 2\r\nServer: H264DVR 1.0\r\n"),
        ("10.20.0.24", b'Digest realm="BC Streaming Media"'),
        ("10.20.0.25", b'realm="TP-LINK IP-Camera"'),
        ("10.20.0.58", b'Basic realm="go2rtc"'),
    ],
)
def test_rtsp_describe_is_refused_with_the_realm_of_its_maker(segment: Segment, ip: str, expected: bytes) -> None:
    heard = ask_tcp(segment, ip, 554, f"DESCRIBE rtsp://{ip}/ RTSP/1.0\r\nCSeq: 2\r\n\r\n".encode())
    assert heard.startswith(b"RTSP/1.0 401 Unauthorized\r\n")
    assert expected in heard


def test_rtsp_options_is_open_on_hikvision_and_closed_on_dahua(segment: Segment) -> None:
    request = b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    hikvision = ask_tcp(segment, "10.20.0.11", 554, request)
    assert hikvision.startswith(b"RTSP/1.0 200 OK\r\n")
    assert b"\r\nDate:  " in hikvision
    assert ask_tcp(segment, "10.20.0.14", 554, request).startswith(b"RTSP/1.0 401 ")


@pytest.mark.parametrize(
    ("ip", "version", "subject"),
    [
        ("10.20.0.11", "TLSv1.2", "CN=www.hikvision.com,OU=DVRNVR,O=HIKVISION,L=HangZhou,ST=ZheJiang,C=CN"),
        ("10.20.0.14", "TLSv1.2", "CN=10.20.0.14,OU=DAHUATECH,O=DAHUA,L=HANGZHOU,ST=ZHEJIANG,C=CN"),
        ("10.20.0.20", "TLSv1.3", "O=Axis Communications AB,CN=axis-accc8e100020"),
        ("10.20.0.25", "TLSv1.2", "CN=TPRI-DEVICE,O=TPRI,C=US"),
        ("10.20.0.52", "TLSv1.2", "CN=Canon Imaging Product"),
    ],
)
def test_tls_shows_the_factory_certificate(segment: Segment, ip: str, version: str, subject: str) -> None:
    spoken, certificate = ask_tls(segment, ip)
    assert spoken == version
    assert certificate.subject.rfc4514_string() == subject


def test_certificate_keys_differ_between_devices(segment: Segment) -> None:
    keys = {ask_tls(segment, ip)[1].public_key().public_numbers() for ip in ("10.20.0.11", "10.20.0.32")}  # type: ignore[union-attr]
    assert len(keys) == 2


def test_onvif_information_is_open_on_the_board_and_refused_elsewhere(segment: Segment) -> None:
    body = b"<Envelope><Body><GetDeviceInformation/></Body></Envelope>"
    request = f"POST /onvif/device_service HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    board = ask_tcp(segment, "10.20.0.19", 8899, request, until=b":Envelope>")
    assert b"<tds:Manufacturer>H264</tds:Manufacturer>" in board
    reolink = ask_tcp(segment, "10.20.0.24", 8000, request, until=b":Envelope>")
    assert reolink.startswith(b"HTTP/1.1 401 ")
    assert b"ter:NotAuthorized" in reolink


def test_some_ports_speak_first_and_some_never(segment: Segment) -> None:
    assert (
        ask_tcp(segment, "10.20.0.20", 21, b"", until=b"\r\n")
        == b"220 AXIS P3245-LVE Network Camera 10.12.165 (2022) ready.\r\n"
    )
    assert ask_tcp(segment, "10.20.0.18", 9008, b"", until=b"head").startswith(b"head")
    with segment.at_scanner():
        sock = socket.create_connection(("10.20.0.12", 8000), PATIENCE_S)
    with sock:
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        sock.settimeout(0.4)
        with pytest.raises(TimeoutError):
            sock.recv(1)


def test_the_segment_has_no_way_out(segment: Segment) -> None:
    with segment.at_scanner():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sock, pytest.raises(OSError, match="unreachable"):
        sock.sendto(b"?", ("192.0.2.1", 53))


def test_the_ledger_counts_connections_refusals_requests_and_packets(segment: Segment) -> None:
    segment.forget()
    with segment.at_scanner():
        first = socket.create_connection(("10.20.0.11", 80), PATIENCE_S)
        second = socket.create_connection(("10.20.0.11", 554), PATIENCE_S)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("10.20.0.11", 37777), PATIENCE_S)
    with first, second:
        first.sendall(get("/"))
        assert first.recv(4096).startswith(b"HTTP/1.1 200 OK")
    ask_tcp(segment, "10.20.0.11", 80, get("/absent"))
    with udp(segment) as asker:
        asker.sendto(SADP_INQUIRY, ("10.20.0.11", 37020))
    visit = eventually(
        segment, lambda ledger: ledger["devices"]["hikvision-dome"], lambda visit: "udp/37020" in visit["packets"]
    )
    assert visit["tcp"] == {"attempts": 4, "established": 3, "refused": 1, "at_once": 2, "ports": {"80": 2, "554": 1}}
    assert visit["request_lines"] == ["http:80 GET / HTTP/1.1", "http:80 GET /absent HTTP/1.1"]
    assert visit["packets"]["udp/37020"] == 1
    assert visit["packets_total"] == sum(visit["packets"].values())
    others = segment.ledger()["devices"]
    # Not their packets: the scanner's kernel asks its neighbours by ARP when it likes.
    assert all(others[name]["tcp"]["attempts"] == 0 for name in others if name != "hikvision-dome")


def test_an_unplugged_device_answers_no_more_until_it_is_plugged_in(segment: Segment) -> None:
    request = dhip_frame(DHIP_SEARCH)
    with udp(segment) as asker:
        segment.unplug("dahua-bullet")
        asker.sendto(request, ("239.255.255.251", 37810))
        assert "10.20.0.14" not in {source[0] for _, source in hear(asker, 99, 0.5)}
        segment.plug("dahua-bullet")
        asker.sendto(request, ("239.255.255.251", 37810))
        assert "10.20.0.14" in {source[0] for _, source in hear_from(asker, {"10.20.0.14"})}
    with pytest.raises(LabError, match="unknown: unplug toaster"):
        segment.unplug("toaster")


def test_a_recording_holds_the_announcements_of_power_up(tmp_path: Path) -> None:
    pcap, ledger = tmp_path / "lab.pcap", tmp_path / "ledger.json"
    running = bring_up(Segment(devices=["axis-dome", "hikvision-dome"], pcap=pcap, ledger=ledger))
    with running_down(running), running.at_scanner():
        socket.create_connection(("10.20.0.11", 80), PATIENCE_S).close()
    frames = list(read_pcap(pcap.read_bytes()))
    udp_payloads = [frame[42:] for frame in frames if frame[12:14] == b"\x08\x00" and frame[23] == 17]
    assert any(b"<Types>hello</Types>" in payload for payload in udp_payloads)
    assert any(b"AXIS,Network Camera,P3245-LVE,10.12.165" in payload for payload in udp_payloads)
    assert any(b"NTS: ssdp:alive" in payload for payload in udp_payloads)
    assert any(payload[2:4] == b"\x84\x00" and b"_axis-video" in payload for payload in udp_payloads)
    syns = [frame for frame in frames if frame[12:14] == b"\x08\x00" and frame[23] == 6 and frame[47] == 0x02]
    assert len(syns) == 1
    assert all(internet_checksum(segment_with_pseudo_header(frame)) == 0 for frame in syns)
    counted = json.loads(ledger.read_text())
    assert counted["frames"] == len(frames)
    assert counted["dropped"] == 0
    assert counted["devices"]["hikvision-dome"]["tcp"]["established"] == 1


def test_nothing_is_left_behind_when_the_owner_is_killed() -> None:
    bring_up(Segment(devices=["server-nginx"])).down()
    interfaces = sorted(os.listdir("/sys/class/net"))
    program = (
        "import sys, time; from tests.lab.segment import Segment; s = Segment(devices=['server-nginx']); s.up();"
        "p = s.popen_in_scanner(['sleep', '60']);"
        "print(s.ready['pid'], s.ready['scanner_pid'], p.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pids = [int(pid) for pid in owner.stdout.readline().split()]
        owner.send_signal(signal.SIGKILL)
    until = time.monotonic() + PATIENCE_S
    while any(alive(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.02)
    assert [pid for pid in pids if alive(pid)] == []
    assert sorted(os.listdir("/sys/class/net")) == interfaces


@pytest.mark.parametrize(("command", "code"), [("exit 0", 0), ("exit 9", 9), ("kill -TERM $$", 143)])
def test_exec_runs_a_program_at_the_scanner_and_returns_its_exit_code(command: str, code: int) -> None:
    bring_up(Segment(devices=["server-nginx"])).down()
    program = f"ls /sys/class/net; pwd; echo $CAMSCAN_LAB_TRUTH; {command}"
    argv = [sys.executable, "-m", "tests.lab", "exec", "--device", "server-nginx", "--", "sh", "-c", program]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stdout.split() == ["eth0", "lo", str(ROOT), str(TRUTH)]


@contextmanager
def running_down(segment: Segment) -> Iterator[None]:
    try:
        yield
    finally:
        segment.down()


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def eventually(segment: Segment, look: Any, enough: Any) -> Any:
    """Return what `look` sees in the ledger as soon as it is `enough`, or at the end of the patience."""
    until = time.monotonic() + PATIENCE_S
    while not enough(seen := look(segment.ledger())) and time.monotonic() < until:
        time.sleep(0.02)
    return seen


def read_pcap(raw: bytes) -> Iterator[bytes]:
    assert raw[:4] == bytes.fromhex("4d3cb2a1")
    position = 24
    while position < len(raw):
        (size,) = struct.unpack_from("<I", raw, position + 8)
        yield raw[position + 16 : position + 16 + size]
        position += 16 + size


def segment_with_pseudo_header(frame: bytes) -> bytes:
    payload = frame[34 : 14 + int.from_bytes(frame[16:18])]
    return frame[26:34] + struct.pack("!BBH", 0, 6, len(payload)) + payload


def internet_checksum(raw: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(raw) // 2}H", raw))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
