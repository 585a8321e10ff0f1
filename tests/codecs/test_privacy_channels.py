"""What is kept of TLS, RTSP, SSDP, FTP, Telnet and messages that cannot be read: the words that say who a device is, and no secret."""

from __future__ import annotations

import pytest

from camscan.codecs import banner, privacy
from camscan.codecs.dissect import Dissection
from camscan.codecs.outcome import Undecoded
from camscan.codecs.registry import DATAGRAM_CODECS, dispatch_datagram, dispatch_frame, dispatch_stream
from camscan.model import Endpoint, Frame, Observation, Via
from tests import factories, planted
from tests.codecs.conversations import WORD, kept, overheard


def test_of_tls_what_is_encrypted_is_not_kept() -> None:
    def records(*kinds: int) -> bytes:
        return b"".join(bytes([kind]) + b"\x03\x03\x00\x04" + b"\x10\0\0\0" for kind in kinds)

    encrypted = b"\x14\x03\x03\x00\x01\x01" + b"\x16\x03\x03\x00\x0b" + WORD + b"\x17\x03\x03\x00\x0b" + WORD
    for said in (encrypted, b"\x17\x03\x03\x00\x0b" + WORD):
        head = privacy.without_secrets(overheard(records(22, 22) + said, records(22, 21) + said, port=443))
        assert (head.sent, head.received) == (records(22, 22), records(22, 21))
    assert privacy.without_secrets(overheard(encrypted, encrypted, port=443)).received == b""
    cut_off = records(22) + b"\x16\x03\x03\x10\x00ab"
    assert privacy.without_secrets(overheard(cut_off, cut_off, port=443)).received == cut_off


def test_a_description_of_a_stream_keeps_no_query() -> None:
    body = b"v=0\r\ns=Media\r\na=control:rtsp://cam/x?any=%s\r\n" % WORD
    told = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    both = kept(b"DESCRIBE rtsp://cam/x RTSP/1.0\r\nCSeq: 1\r\n\r\n", told, port=554)
    assert WORD not in both
    assert b"s=Media" in both


@pytest.mark.parametrize("via", [Via.PASSIVE, Via.PCAP, Via.ACTIVE])
@pytest.mark.parametrize(
    "location", [b"http://cam/d.xml?pw=%s" % WORD, b"http://cam/d.xml?any=%s" % WORD], ids=["named", "not named"]
)
def test_an_announcement_keeps_no_secret_in_bytes_or_fields(via: Via, location: bytes) -> None:
    lines = (b"NOTIFY * HTTP/1.1", b"NT: upnp:rootdevice", b"USN: uuid:1", b"LOCATION: " + location)
    payload = b"".join(line + b"\r\n" for line in (*lines, b"SERVER: Linux UPnP/1.0 password=%s" % WORD, b""))
    datagram = factories.datagram(payload, src=Endpoint("10.20.0.64", 1900), dst=Endpoint("239.255.255.250", 1900), via=via)
    seen = dispatch_datagram(datagram, collector="c", site="s")
    assert isinstance(seen, Observation)
    shown = seen.raw.decode() + str(seen.fields)
    assert "Linux UPnP/1.0" in shown
    assert shown.count(WORD.decode()) == (2 if via is Via.ACTIVE and b"any" in location else 0)


def test_media_behind_the_answers_of_rtsp_are_not_kept() -> None:
    told = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\nRTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 4\r\n\r\nv=0\n$\0\0\x10" + WORD
    sent = b"OPTIONS rtsp://cam/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    assert kept(sent, told, port=554).endswith(b"CSeq: 2\r\nContent-Length: 4\r\n\r\nv=0\n")


@pytest.mark.parametrize(
    ("sent", "received", "shown"),
    [
        (b"USER x\r\n", b"220 ready\r\n331 Password for x\r\n", b"220 ready\r\n"),
        (b"USER x\r\n", b"220-Cam\r\n220-FTP\r\n220 ready\r\n331 x\r\n", b"220-Cam\r\n220-FTP\r\n220 ready\r\n"),
    ],
)
def test_of_ftp_the_greeting_is_left(sent: bytes, received: bytes, shown: bytes) -> None:
    seen = dispatch_stream(overheard(sent, received, port=21), collector="c", site="s")
    assert isinstance(seen, Observation)
    assert seen.raw == shown


@pytest.mark.parametrize(
    ("sent", "received", "shown"),
    [
        (b"name\r\n", b"\xff\xfd\x01Cam\r\nlogin: name\r\nPassword: ", b"\xff\xfd\x01Cam\r\nlogin: "),
        (b"\xff\xfb\x01", b"\xff\xfd\x01Cam 1.0\r\n> ", b"\xff\xfd\x01Cam 1.0\r\n> "),
        (b"\xff\xfb\x01typed\r\n", b"\xff\xfd\x01typed\r\n# ", b"\xff\xfd\x01"),
    ],
    ids=["a login", "no login", "no prompt was heard"],
)
@pytest.mark.parametrize("port", [23, 2323])
def test_of_telnet_what_stands_before_the_login_is_left(sent: bytes, received: bytes, shown: bytes, port: int) -> None:
    seen = dispatch_stream(overheard(sent, received, port=port, from_start=True), collector="c", site="s")
    if seen is not None:
        assert seen.raw == shown if isinstance(seen, Observation) else seen.sample == shown
    assert b"Cam" not in shown or seen is not None


@pytest.mark.parametrize("sent", [b"", b"ls\r\n"])
@pytest.mark.parametrize("negotiation", [b"", b"\xff\xfb\x01\xff\xfd\x18"])
@pytest.mark.parametrize("shown", [b"Benutzer: x\r\n# cat /etc/shadow\r\nroot:%s:0", b"%s\r\nlogin: "])
def test_of_telnet_heard_from_the_middle_negotiation_alone_is_left(sent: bytes, negotiation: bytes, shown: bytes) -> None:
    head = banner.without_secrets(overheard(sent, negotiation + shown % WORD, port=2323))
    assert head.received == negotiation


def test_an_unreadable_message_to_a_device_keeps_no_more_than_its_first_bytes() -> None:
    for codec in DATAGRAM_CODECS:
        for lead in (b"", b"{", b"<a>", b"\xff" * 8, b"\0" * 8):
            payload = lead + bytes(range(1, 40)) + WORD
            datagram = factories.datagram(payload, src=Endpoint("10.20.0.9", 50000), dst=Endpoint("10.20.0.64", codec.PORTS[0]))
            found = dispatch_datagram(datagram, collector="c", site="s")
            assert not isinstance(found, Undecoded) or len(found.sample) <= 16


@pytest.mark.parametrize(("via", "most"), [(Via.PASSIVE, 16), (Via.PCAP, 16), (Via.ACTIVE, 256)])
def test_of_what_others_said_no_more_than_the_first_bytes_are_a_sample(via: Via, most: int) -> None:
    long = b"x" * 400
    announced = factories.datagram(
        bytes(4) + b"\x00\x00\x00\x09" + bytes(4) + long,
        src=Endpoint("10.20.0.9", 5353), dst=Endpoint("224.0.0.251", 5353), via=via,
    )  # fmt: skip
    lldp = bytes.fromhex("0180c200000e00005e00535088cc") + b"\x02\x07\x04" + long
    found = (
        dispatch_datagram(announced, collector="c", site="s"),
        dispatch_stream(overheard(b"", b"HTTP/1.1 abc of a person\r\n" + long, via=via), collector="c", site="s"),
        dispatch_stream(overheard(b"", b"\x16\x03\x03\x00\x40\x02\xff\xff" + long, via=via), collector="c", site="s"),
        dispatch_frame(Frame(payload=lldp, received_at=factories.NOON, via=via), collector="c", site="s"),
    )
    for one in found:
        assert isinstance(one, Undecoded)
        assert 0 < len(one.sample) <= most


def test_of_every_kind_of_login_in_a_capture_nothing_is_left() -> None:
    capture = planted.capture()
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    found = [one for frame in capture.frames for one in dissection.feed(frame, factories.NOON)] + list(dissection.flush())
    shown = [one.sample if isinstance(one, Undecoded) else one.raw + repr(one.fields).encode() for one in found]
    assert len(shown) > 50
    assert [(secret, text) for secret in capture.secrets for text in shown if secret.lower() in text.lower()] == []
