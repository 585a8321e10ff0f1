"""The judge of what leaves a scan can say no: each planted frame, request and burst is reported, and each honest one passes."""

from __future__ import annotations

import socket
import struct
import tomllib
from collections.abc import Sequence

import pytest

from tests.lab.allowed import SHAPES
from tests.lab.allowed_requests import GETS, ONVIF_PATH, POSTS
from tests.lab.frames import PCAP_NANOSECONDS, busiest, sent_by, streams
from tests.lab.harm import counts, harms, too_fast
from tests.lab.segment import ROOT
from tests.lab.wiring import SCANNER_MAC

DEVICE_MAC, DEVICE = "44:19:b6:10:00:11", "10.20.0.11"
EVERYONE_MAC, EVERYONE = "ff:ff:ff:ff:ff:ff", "255.255.255.255"
DHIP = bytes.fromhex("20000000444849500000000000000000")
AGENT = b"User-Agent: camscan/0.1.0\r\n"


def recording(*frames: tuple[float, bytes]) -> bytes:
    head = struct.pack("<IHHiIII", PCAP_NANOSECONDS, 2, 4, 0, 0, 65535, 1)
    return head + b"".join(struct.pack("<IIII", int(at), int(at % 1 * 1e9), len(raw), len(raw)) + raw for at, raw in frames)


def ethernet(payload: bytes, ethertype: int, to: str = DEVICE_MAC) -> bytes:
    return bytes.fromhex((to + SCANNER_MAC).replace(":", "")) + struct.pack("!H", ethertype) + payload


def ipv4(payload: bytes, protocol: int, ip: str, ttl: int) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, ttl, protocol, 0)
    group = int(ip.split(".")[0]) in range(224, 240)
    to = "01:00:5e:" + bytes([socket.inet_aton(ip)[1] & 0x7F, *socket.inet_aton(ip)[2:]]).hex(":") if group else DEVICE_MAC
    to = EVERYONE_MAC if ip.endswith(".255") else to
    return ethernet(head + socket.inet_aton("10.20.0.1") + socket.inet_aton(ip) + payload, 0x0800, to)


def udp(payload: bytes, port: int, ip: str = EVERYONE, ttl: int = 1) -> bytes:
    return ipv4(struct.pack("!HHHH", 40_000, port, 8 + len(payload), 0) + payload, 17, ip, ttl)


def tcp(said: bytes, port: int = 80, ip: str = DEVICE, *, first: int = 1_000, flags: int = 0x18) -> bytes:
    return ipv4(struct.pack("!HHIIBBHHH", 40_000, port, first, 1, 0x50, flags, 1_000, 0, 0) + said, 6, ip, 64)


def conversation(said: bytes, port: int = 80, ip: str = DEVICE) -> list[bytes]:
    return [tcp(b"", port, ip, first=999, flags=0x02), tcp(said, port, ip)]


def arp(operation: int, sender: str, target: str) -> bytes:
    addresses = bytes(6) + socket.inet_aton(sender) + bytes(6) + socket.inet_aton(target)
    return ethernet(struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + addresses, 0x0806, EVERYONE_MAC)


def dhip(body: bytes) -> bytes:
    return DHIP + struct.pack("<QQ", len(body), len(body)) + body


def sadp(kind: bytes) -> bytes:
    return (
        b'<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>13A888A9-F1B1-4020-AE9F-05607682D23B</Uuid><Types>'
        + kind
        + b"</Types></Probe>"
    )


def soap(call: bytes, head: bytes = b"") -> bytes:
    body = (
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">' + head + b"<s:Body><" + call
        + b' xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>'
    )  # fmt: skip
    return (
        b"POST /onvif/device_service HTTP/1.1\r\nHost: 10.20.0.11\r\n%sContent-Length: %d\r\n\r\n" % (AGENT, len(body)) + body
    )


def get(target: bytes, *lines: bytes, method: bytes = b"GET") -> bytes:
    return method + b" " + target + b" HTTP/1.1\r\nHost: 10.20.0.11\r\n" + AGENT + b"".join(lines) + b"\r\n"


def rtsp(method: bytes, target: bytes = b"rtsp://10.20.0.11:554/") -> bytes:
    return method + b" " + target + b" RTSP/1.0\r\nCSeq: 1\r\n" + AGENT + b"\r\n"


def dns(flags: int, name: bytes, kind: int, authority: int = 0) -> bytes:
    return struct.pack("!HHHHHH", 0, flags, 1, 0, authority, 0) + name + struct.pack("!HH", kind, 1)


def harms_of(frames: Sequence[bytes], sealed: dict[str, Sequence[bytes]] | None = None) -> list[str]:
    return list(harms(sent_by(SCANNER_MAC, recording(*((1.0, frame) for frame in frames))), sealed or {}))


LOCAL = b"\x0b_axis-video\x04_tcp\x05local\0"
HELLO = b"\x16\x03\x01\x00\x04\x01\x00\x00\x00"

HONEST = {
    "a search of Dahua": [udp(dhip(b'{"method":"DHDiscover.search","params":{"mac":"","uni":1}}\n'), 37810)],
    "an inquiry of SADP": [udp(sadp(b"inquiry"), 37020, "239.255.255.250")],
    "an inquiry of SADP to one device": [udp(sadp(b"inquiry"), 37020, DEVICE, 64)],
    "a question by mDNS": [udp(dns(0, LOCAL, 12), 5353, "224.0.0.251", 255)],
    "a question by ARP": [arp(1, "10.20.0.1", DEVICE)],
    "a front page": conversation(get(b"/") + get(b"/camscan-control-" + b"0af3" * 8)),
    "a date": conversation(soap(b"GetSystemDateAndTime")),
    "a stream's description": conversation(rtsp(b"OPTIONS") + rtsp(b"DESCRIBE"), 554),
    "a handshake": conversation(HELLO + b"\x17\x03\x03\x00\x02ab", 443),
    "silence": conversation(b"", 37777),
}

PLANTED = {
    "a setter of Dahua": [udp(dhip(b'{"method":"DHDiscover.setConfig","params":{"mac":"","uni":1}}\n'), 37810)],
    "a bare search with more behind it": [
        udp(dhip(b'{"method":"DHDiscover.search","params":{"mac":"","uni":1}}\n') + b"x", 37810)
    ],
    "an activation by SADP": [udp(sadp(b"activate"), 37020, "239.255.255.250")],
    "an address by SADP": [udp(sadp(b"update"), 37020, DEVICE, 64)],
    "a reset by SADP in frames": [ethernet(bytes.fromhex("210201420000000006040a00") + bytes(54), 0x8033)],
    "a setter of Xiongmai": [udp(bytes.fromhex("ff00000000000000000000000000fc0500000000"), 34569)],
    "a setter of TVT": [udp(b"MHED\x09\0\1\0\3\0\0\0" + bytes(128), 23456, "234.55.55.55")],
    "a setter of Kedacom": [udp(b"NDT1" + bytes(12) + b"\0\3", 5513)],
    "a setter of Panasonic": [udp(bytes.fromhex("0001002a0002") + bytes(88), 10670)],
    "a login by UDP": [udp(b'{"method":"global.login"}', 37810)],
    "a protocol that nobody declared": [udp(b"hello", 4444)],
    "a broadcast that a router may pass on": [udp(bytes(4), 5678, ttl=64)],
    "a group that nobody declared": [udp(sadp(b"inquiry"), 37020, "239.1.2.3")],
    "a device outside the scope": [udp(sadp(b"inquiry"), 37020, "10.21.0.5", 64)],
    "a connection outside the scope": [tcp(b"", ip="10.21.0.5", flags=0x02)],
    "an update of names": [udp(dns(0x2800, LOCAL, 12), 5353, "224.0.0.251", 255)],
    "a claim of a name": [udp(dns(0, LOCAL, 255, authority=1), 5353, "224.0.0.251", 255)],
    "a question for a name of the Internet": [udp(dns(0, b"\x07example\x03org\0", 1), 5353, "224.0.0.251", 255)],
    "somebody's address claimed": [arp(1, DEVICE, DEVICE)],
    "a redirect": [ipv4(b"\x05\x01" + bytes(6), 1, DEVICE, 64)],
    "an unknown EtherType": [ethernet(bytes(46), 0x88B5)],
    "an exploit path": conversation(get(b"/System/deviceInfo?auth=YWRtaW46MTEK")),
    "a leak of passwords": conversation(get(b"/current_config/passwd")),
    "a way up": conversation(get(b"/icons/../../etc/shadow.png")),
    "a page that is nowhere listed": conversation(get(b"/cgi-bin/hi3510/param.cgi")),
    "a password": conversation(get(b"/", b"Authorization: Basic YWRtaW46MTIzNDU=\r\n")),
    "a cookie": conversation(get(b"/", b"Cookie: SESSION=1\r\n")),
    "no name of who asks": conversation(b"GET / HTTP/1.1\r\nHost: 10.20.0.11\r\n\r\n"),
    "another method": conversation(get(b"/", method=b"PUT")),
    "a form": conversation(get(b"/", b"Content-Length: 3\r\n", method=b"POST") + b"a=b"),
    "a reboot": conversation(soap(b"SystemReboot")),
    "the list of users": conversation(soap(b"GetUsers")),
    "a second call in a body": conversation(soap(b'GetHostname xmlns="http://www.onvif.org/ver10/device/wsdl"/><SetHostname')),
    "a token": conversation(soap(b"GetHostname", b"<s:Header><Security/></s:Header>")),
    "another command to an interface": conversation(
        get(b"/cgi-bin/api.cgi", b"Content-Length: 17\r\n", method=b"POST") + b'[{"cmd":"Login"}]'
    ),
    "a stream": conversation(rtsp(b"SETUP"), 554),
    "a stream with a password": conversation(rtsp(b"DESCRIBE", b"rtsp://admin:12345@10.20.0.11:554/"), 554),
    "a stream's path": conversation(rtsp(b"DESCRIBE", b"rtsp://10.20.0.11:554/Streaming/Channels/101"), 554),
    "a heartbeat": conversation(HELLO + b"\x18\x03\x02\x00\x03\x01\x40\x00", 443),
    "TLS without a hello": conversation(b"\x16\x03\x01\x00\x04\x02\x00\x00\x00", 443),
    "a word to a vendor's SDK": conversation(get(b"/"), 37777),
    "a login by Telnet": conversation(b"root\r\n", 23),
    "half a request": conversation(b"GET / HT"),
    "data in a SYN": [tcp(b"GET", flags=0x02)],
}


@pytest.mark.parametrize("name", HONEST)
def test_what_a_scan_says_passes(name: str) -> None:
    assert harms_of(HONEST[name]) == []


@pytest.mark.parametrize("name", PLANTED)
def test_what_a_scan_never_says_is_reported(name: str) -> None:
    assert harms_of(PLANTED[name])


def test_a_bad_request_inside_tls_is_reported() -> None:
    assert harms_of([], {DEVICE: [get(b"/")]}) == []
    assert harms_of([], {DEVICE: [get(b"/config/getuser")]})


def test_a_forbidden_word_that_two_segments_share_is_reported() -> None:
    said = get(b"/favicon.ico", b"Accept: factory\r\n")
    cut = said.index(b"factory") + 3
    frames = [tcp(b"", first=999, flags=0x02), tcp(said[:cut]), tcp(said[cut:], first=1_000 + cut)]
    assert any("factory" in line for line in harms_of(frames))


@pytest.mark.parametrize(
    ("count", "seconds", "limit", "reported"),
    [(42, 0.99, 40, False), (43, 0.99, 40, True), (100, 2.6, 40, False), (100, 2.0, 40, True)],
)
def test_a_burst_to_one_device_is_reported(count: int, seconds: float, limit: int, reported: bool) -> None:
    frames = [(100 + i * seconds / count, tcp(b"", flags=0x10)) for i in range(count)]
    found = list(too_fast(sent_by(SCANNER_MAC, recording(*frames)), total=1_000, shared=500, per_device=limit))
    assert bool(found) is reported
    assert all(DEVICE_MAC in line for line in found)


def test_a_burst_to_everyone_and_one_in_all_are_reported() -> None:
    frames = [(5 + i / 700, arp(1, "10.20.0.1", f"10.20.0.{i % 200 + 2}")) for i in range(700)]
    found = list(too_fast(sent_by(SCANNER_MAC, recording(*frames)), total=600, shared=500, per_device=40))
    assert [line.split(" within")[0].split(" ", 2)[2] for line in found] == ["in all", "to groups and to all"]


def test_the_busiest_window_is_found_wherever_it_begins() -> None:
    assert busiest([]) == 0
    assert busiest([0.0, 0.9, 1.0, 1.1, 1.2, 5.0]) == 4


def test_what_went_to_a_device_is_counted_without_the_neighbour_questions_of_the_kernel() -> None:
    said = get(b"/") + get(b"/favicon.ico")
    frames = [*conversation(said), tcp(said[:40]), udp(sadp(b"inquiry"), 37020, DEVICE, 64), arp(2, "10.20.0.1", DEVICE)]
    found = counts(sent_by(SCANNER_MAC, recording(*((1.0, frame) for frame in frames))), DEVICE_MAC, [get(b"/")])
    assert (found.packets, found.syns, found.requests) == (4, 1, 3)
    assert found.payload == len(said) + len(sadp(b"inquiry")) + len(get(b"/"))


def test_a_hole_in_a_recorded_connection_is_an_error() -> None:
    frames = sent_by(SCANNER_MAC, recording((1.0, tcp(b"", first=999, flags=0x02)), (1.0, tcp(b"x", first=2_000))))
    with pytest.raises(ValueError, match="missing"):
        streams(frames)


def test_every_read_of_the_data_files_is_written_down_here_a_second_time() -> None:
    for file in sorted((ROOT / "fingerprints" / "reads").glob("*.toml")):
        for read in tomllib.loads(file.read_text("utf-8"))["read"]:
            if read.get("method", "GET") == "POST":
                assert read["path"] == ONVIF_PATH or POSTS[read["path"]] == read.get("body", "").encode(), read["id"]
            else:
                assert read["path"] in GETS, read["id"]


def test_no_shape_says_more_than_a_search() -> None:
    for shapes in SHAPES.values():
        assert all(shape.groups or shape.broadcast or shape.unicast for shape in shapes)
