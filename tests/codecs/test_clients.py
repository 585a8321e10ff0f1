"""What clients say of themselves: requests, hellos and certificates are observations of the one who asks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from camscan.codecs import http, rtsp, tls
from camscan.codecs.registry import dispatch_client, dispatch_stream
from camscan.model import Endpoint, Observation, StreamHead, Via
from tests import factories

CLIENT, CLOUD = Endpoint("10.20.0.64", 50001), Endpoint("192.0.2.80", 443)


def connection(sent: bytes, received: bytes = b"") -> StreamHead:
    return factories.stream_head(
        received, sent=sent, client=CLIENT, server=CLOUD, client_mac=factories.CAMERA_MAC, server_mac=None, via=Via.PCAP
    )


def client(sent: bytes, received: bytes = b"") -> Observation | None:
    return dispatch_client(connection(sent, received), collector="listen", site="s")


def record(content: bytes, kind: int = 22) -> bytes:
    return bytes([kind, 3, 3]) + len(content).to_bytes(2) + content


def handshake(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + len(content).to_bytes(3) + content


def hello(name: bytes = b"Cloud.Example.com") -> bytes:
    listed = b"\0" + len(name).to_bytes(2) + name
    extension = b"\0\0" + (len(listed) + 2).to_bytes(2) + len(listed).to_bytes(2) + listed
    extensions = len(extension).to_bytes(2) + extension
    return handshake(1, b"\x03\x03" + bytes(32) + b"\0" + b"\0\x02\x00\x2f" + b"\x01\0" + extensions)


@pytest.fixture(scope="module")
def certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Camera 000000000001")])
    made = x509.CertificateBuilder(
        name, name, key.public_key(), 1, datetime(2024, 1, 1, tzinfo=UTC), datetime(2044, 1, 1, tzinfo=UTC)
    )
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def listed(der: bytes) -> bytes:
    one = len(der).to_bytes(3) + der
    return len(one).to_bytes(3) + one


def test_a_request_is_an_observation_of_the_client_at_no_port_of_its_own() -> None:
    seen = client(b"POST /register HTTP/1.1\r\nHost: Home.Example.com:8080\r\nUser-Agent: Cam/1.0\r\n\r\n")
    assert seen is not None
    assert (seen.protocol, seen.ip, seen.port, seen.link_mac) == ("http", CLIENT.ip, None, factories.CAMERA_MAC)
    assert seen.fields == (("http.host", "home.example.com"), ("http.user_agent", "Cam/1.0"))


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        (b"cam.example.com.", ["cam.example.com"]),
        (b"10.20.0.1:80", []),
        (b"[fd00:20::1]:80", []),
        (b"1234", []),
        (b"person:word@cam.example.com", ["cam.example.com"]),
        (b"", []),
    ],
)
def test_a_host_is_told_by_name_alone(host: bytes, shown: list[str]) -> None:
    said = http.observe_client(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
    assert [value for name, value in said if name == "http.host"] == shown


def test_requests_behind_one_with_a_body_are_read_too() -> None:
    sent = b"POST / HTTP/1.1\r\nUser-Agent: One\r\nContent-Length: 4\r\n\r\nbodyGET / HTTP/1.1\r\nUser-Agent: Two\r\n\r\n"
    assert http.observe_client(sent) == (("http.user_agent", "One"), ("http.user_agent", "Two"))


def test_a_recorder_that_fetches_a_stream_is_told_by_its_agent() -> None:
    sent = b"OPTIONS rtsp://10.20.0.64/ RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Recorder/3\r\n\r\n"
    seen = client(sent, b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n")
    assert seen is not None
    assert (seen.protocol, seen.ip, seen.fields) == ("rtsp", CLIENT.ip, (("rtsp.user_agent", "Recorder/3"),))


@pytest.mark.parametrize("codec", [http, rtsp], ids=lambda codec: codec.NAME)
def test_our_own_requests_say_nothing_of_the_one_who_runs_them(codec: object) -> None:
    for sent in http.greetings("10.20.0.64", "camscan/1.0 (soc@example.com)") + rtsp.greetings("10.20.0.64", "camscan/1.0"):
        assert codec.observe_client(sent) == ()  # type: ignore[attr-defined]
        assert client(sent) is None


@pytest.mark.parametrize(
    "sent", [b"", b"SSH-2.0-x\r\n", b"\x16\x03", b"\x16\x03\x01\0\x04\x02\0\0\0", b"login\r\n", b"GET\r\n\r\n"]
)
def test_other_first_words_say_nothing(sent: bytes) -> None:
    assert client(sent) is None


def test_the_name_in_a_hello_is_one_of_the_client_also_in_two_records() -> None:
    whole = hello()
    for sent in (record(whole), record(whole[:20]) + record(whole[20:])):
        seen = client(sent)
        assert seen is not None
        assert (seen.protocol, seen.ip, seen.fields) == ("tls", CLIENT.ip, (("tls.sni", "cloud.example.com"),))


def test_a_client_that_shows_a_certificate_is_observed_with_it(certificate: bytes) -> None:
    sent = (
        record(hello())
        + record(handshake(11, listed(certificate)) + handshake(16, bytes(8)))
        + record(b"\x01", 20)
        + record(bytes(40), 23)
    )
    said = dict(tls.observe_client(sent))
    assert (said["tls.sni"], said["tls.subject"]) == ("cloud.example.com", "CN=Camera 000000000001")
    assert "tls.version" not in said
    assert tls.observe_client(record(hello()) + record(handshake(11, listed(b"\x30\x00")))) == (
        ("tls.sni", "cloud.example.com"),
    )


@pytest.mark.parametrize("size", [16384, 300, 47, 5])
def test_a_certificate_of_a_server_is_read_across_as_many_records_as_it_takes(certificate: bytes, size: int) -> None:
    flight = handshake(2, b"\x03\x03" + bytes(32) + b"\0\0\x2f\0") + handshake(11, listed(certificate)) + handshake(14, b"")
    received = b"".join(record(flight[at : at + size]) for at in range(0, len(flight), size))
    seen = dispatch_stream(connection(record(hello()), received), collector="listen", site="s")
    assert isinstance(seen, Observation)
    assert (seen.ip, seen.values("tls.subject"), seen.values("tls.version")) == (
        CLOUD.ip,
        ("CN=Camera 000000000001",),
        ("TLS 1.2",),
    )
