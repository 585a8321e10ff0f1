from __future__ import annotations

import pytest

from camscan.codecs.demux import Demux
from camscan.codecs.dissect import Dissection
from camscan.codecs.frame import LINK_ETHERNET
from camscan.codecs.messages import Messages
from camscan.codecs.outcome import Outcome, Undecoded
from camscan.codecs.pcapfile import Batch
from camscan.model import Endpoint, Observation, Via
from tests.factories import CAMERA_MAC, NOON, SCANNER_MAC, ethernet, handshake, ip_packet, tcp_frame, udp, udp_frame

CLIENT, SERVER = Endpoint("10.20.0.1", 50123), Endpoint("10.20.0.64", 80)
SADP = Endpoint("10.20.0.64", 37020)
ANSWER = b"<ProbeMatch><DeviceDescription>DS-2CD2143G2-I</DeviceDescription></ProbeMatch>"


def dissect(*frames: bytes, link_type: int = 1) -> list[Outcome]:
    dissection = Dissection(via=Via.PASSIVE, collector="capture", site="s")
    return [said for raw in frames for said in dissection.feed(raw, NOON, link_type)] + list(dissection.flush())


def test_a_datagram_on_a_tagged_link_is_observed_with_its_link_mac() -> None:
    [seen] = dissect(udp_frame(ANSWER, SADP, Endpoint("239.255.255.250", 37020), tags=b"\x81\0\0\x28"))
    assert isinstance(seen, Observation)
    assert (seen.protocol, seen.ip, seen.port, seen.link_mac, seen.via) == ("sadp", SADP.ip, 37020, CAMERA_MAC, Via.PASSIVE)
    assert (seen.collector, seen.site, seen.truncated, seen.raw) == ("capture", "s", False, ANSWER)


def with_hop_limit(frame: bytes, hop_limit: int) -> bytes:
    """Return an untagged frame with IPv4 as it is after some hops."""
    return frame[:22] + bytes([hop_limit]) + frame[23:]


GROUP, TO_GROUP = Endpoint("239.255.255.250", 37020), bytes.fromhex("01005e7ffffa")


@pytest.mark.parametrize(
    ("hop_limit", "dst", "mac"),
    [
        (64, CLIENT, CAMERA_MAC),
        (63, CLIENT, None),
        (126, CLIENT, None),
        (4, CLIENT, CAMERA_MAC),
        (1, GROUP, CAMERA_MAC),
        (63, GROUP, CAMERA_MAC),
        (63, Endpoint("10.20.0.255", 37020), CAMERA_MAC),
    ],
)
def test_the_mac_of_a_router_is_not_taken_for_that_of_who_spoke(hop_limit: int, dst: Endpoint, mac: str | None) -> None:
    frame = with_hop_limit(udp_frame(ANSWER, SADP, dst), hop_limit)
    to = TO_GROUP if dst == GROUP else b"\xff" * 6 if dst.ip.endswith("255") else frame[:6]
    [seen] = [one for one in dissect(to + frame[6:]) if isinstance(one, Observation) and one.protocol == "sadp"]
    assert seen.link_mac == mac
    cooked = b"\0\0\0\x01\0\x06" + frame[6:12] + b"\0\0" + frame[12:]
    [seen] = [one for one in dissect(cooked, link_type=113) if isinstance(one, Observation) and one.protocol == "sadp"]
    assert seen.link_mac == mac


@pytest.mark.parametrize(("hop_limit", "mac"), [(64, CAMERA_MAC), (63, None)])
def test_what_comes_through_a_router_has_no_mac_of_its_own_in_connections_either(hop_limit: int, mac: str | None) -> None:
    said = b"HTTP/1.1 401 Unauthorized\r\nServer: App-webs/\r\nContent-Length: 0\r\n\r\n"
    frames = [*handshake(CLIENT, SERVER), tcp_frame(said, SERVER, CLIENT, seq=901)]
    of_server = bytes(int(part) for part in SERVER.ip.split("."))
    seen = dissect(*(with_hop_limit(raw, hop_limit) if raw[26:30] == of_server else raw for raw in frames))
    assert [one.link_mac for one in seen if isinstance(one, Observation) and one.protocol == "http"] == [mac]


def test_the_first_fragment_of_a_long_answer_is_observed_and_marked() -> None:
    longer = udp(ANSWER + b"...", 37020, 37020, length=3000)
    [seen] = dissect(ethernet(ip_packet(longer, 17, src=SADP.ip, dst="239.255.255.250", fragment=0x2000), 0x0800))
    assert isinstance(seen, Observation)
    assert seen.truncated
    assert seen.values("sadp.model") == ("DS-2CD2143G2-I",)


def test_a_later_fragment_and_unknown_traffic_say_nothing() -> None:
    later = ethernet(ip_packet(ANSWER, 17, src=SADP.ip, dst="10.20.0.1", fragment=0x0010), 0x0800)
    later_tcp = ethernet(ip_packet(ANSWER, 6, src=SADP.ip, dst="10.20.0.1", fragment=0x0010), 0x0800)
    power = ethernet(b"\x02\x07", 0x88E1)
    media = udp_frame(b"\x80\x60" + bytes(100), Endpoint("10.20.0.64", 6970), Endpoint("10.20.0.1", 6970))
    ping = ethernet(ip_packet(b"\x08\0", 1, src=SADP.ip, dst="10.20.0.1"), 0x0800)
    assert dissect(later, later_tcp, power, media, ping) == []


def test_arp_is_observed_on_a_tagged_and_on_a_cooked_link() -> None:
    packet = bytes.fromhex("0001080006040002bcad28000001") + bytes([10, 20, 0, 64]) + bytes(6) + bytes([10, 20, 0, 1])
    cooked = b"\0\0\0\x01\0\x06\xbc\xad\x28\0\0\x01\0\0\x08\x06" + packet
    for seen in (*dissect(ethernet(packet, 0x0806, tags=b"\x81\0\0\x07")), *dissect(cooked, link_type=113)):
        assert isinstance(seen, Observation)
        assert (seen.protocol, seen.ip, seen.link_mac) == ("arp", "10.20.0.64", CAMERA_MAC)


def test_a_connection_is_observed_as_what_its_server_said() -> None:
    answer = b"HTTP/1.1 401 Unauthorized\r\nServer: App-webs/\r\nContent-Length: 0\r\n\r\n"
    seen = dissect(*handshake(CLIENT, SERVER), tcp_frame(answer, SERVER, CLIENT, seq=901))
    observed = [one for one in seen if isinstance(one, Observation) and one.protocol == "http"]
    assert [(one.ip, one.port, one.values("http.server"), one.link_mac) for one in observed] == [
        (SERVER.ip, 80, ("App-webs/",), CAMERA_MAC)
    ]


def test_an_answer_to_the_control_of_some_scanner_is_known_by_the_path_it_was_asked_for() -> None:
    asked = b"".join(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path for path in (b"/", b"/camscan-control-" + b"0f" * 16))
    answers = b"".join(b"HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n<title>%s</title>" % name for name in (b"one", b"two"))
    seen = dissect(
        *handshake(CLIENT, SERVER),
        tcp_frame(asked, CLIENT, SERVER, seq=101, src_mac=SCANNER_MAC, dst_mac=CAMERA_MAC),
        tcp_frame(answers, SERVER, CLIENT, seq=901),
    )
    [page] = [one for one in seen if isinstance(one, Observation) and one.protocol == "http" and one.ip == SERVER.ip]
    assert (page.values("http.title"), page.values("http.control.title")) == (("one",), ("two",))


def test_an_undecodable_message_and_a_damaged_frame_are_counted_with_a_sample() -> None:
    broken = udp_frame(b"\x01\x02", Endpoint("10.20.0.64", 5353), Endpoint("224.0.0.251", 5353))
    message, damaged = dissect(broken, ethernet(b"\x45" * 300, 0x86DD))
    assert isinstance(message, Undecoded)
    assert (message.protocol, message.sample) == ("mdns", b"\x01\x02")
    assert isinstance(damaged, Undecoded)
    assert (damaged.protocol, len(damaged.sample)) == ("frame", 40)


def test_datagrams_that_the_capture_cut_are_told_by_their_own_bytes() -> None:
    notify = b"NOTIFY * HTTP/1.1\r\nSERVER: Linux/4.9 UPnP/1.0 IPCamera/1.0\r\nNT: upnp:rootdevice\r\nUSN: uuid:1::upnp:rootdevice\r\n\r\n"
    frame = udp_frame(notify, Endpoint("10.20.0.64", 1900), Endpoint("239.255.255.250", 1900))[:-8]
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s", at_once=False)
    batch = Batch(frame, [(1_800_000_000 + second, 0, 0, len(frame)) for second in range(3)], LINK_ETHERNET)
    messages = Messages(via=Via.PCAP, collector="pcap", site="s", at_once=False)
    for passed in Demux(Via.PCAP).take(batch):
        assert not messages.take(passed)
    for second in range(3):
        assert not dissection.feed(frame, NOON.replace(second=second))
    for given in (messages.flush(), dissection.flush()):
        [seen] = [one for one in given if isinstance(one, Observation)]
        assert (seen.count, seen.truncated, seen.raw) == (3, True, notify[:-8])
