"""Certificates and first flights of TLS servers, built here byte by byte."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from camscan.codecs import tls
from camscan.codecs.base import DecodeError
from camscan.codecs.certificate import MAX_NAMES
from camscan.model import Fields
from tests import factories
from tests.examples import examples

KEY = ec.derive_private_key(0x5EED, ec.SECP256R1())
SHUFFLED = (
    (NameOID.COUNTRY_NAME, "CN"),
    (NameOID.EMAIL_ADDRESS, "soc@example.com"),
    (NameOID.COMMON_NAME, "0A00000PAJ00000"),
    (NameOID.STATE_OR_PROVINCE_NAME, "ZHEJIANG"),
    (NameOID.ORGANIZATION_NAME, 'DAHUA, "Inc" + <x>'),
    (NameOID.LOCALITY_NAME, " HANGZHOU "),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "DAHUATECH"),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "#2"),
)


def certificate(
    subject: tuple[tuple[x509.ObjectIdentifier, str], ...] = SHUFFLED,
    names: tuple[x509.GeneralName, ...] = (),
    serial: int = 0xABC,
) -> bytes:
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in subject])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Product Root CA")]))
        .public_key(KEY.public_key())
        .serial_number(serial)
        .not_valid_before(datetime(2001, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2070, 12, 31, 23, 59, 59, tzinfo=UTC))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


DER = certificate()


def message(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + len(content).to_bytes(3) + content


def record(kind: int, content: bytes, version: int = 0x0303) -> bytes:
    return bytes([kind]) + version.to_bytes(2) + len(content).to_bytes(2) + content


def server_hello(version: int = 0x0303, extensions: bytes | None = b"") -> bytes:
    tail = b"" if extensions is None else len(extensions).to_bytes(2) + extensions
    return message(2, version.to_bytes(2) + bytes(32) + b"\x04abcd" + b"\xc0\x2f" + b"\0" + tail)


def certificate_message(*ders: bytes) -> bytes:
    chain = b"".join(len(der).to_bytes(3) + der for der in ders)
    return message(11, len(chain).to_bytes(3) + chain)


def said(raw: bytes) -> dict[str, list[str]]:
    return grouped(tls.observe(tls.decode(factories.stream_head(raw))))


def grouped(fields: Fields) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found


def test_a_subject_is_written_in_one_order_whatever_its_own() -> None:
    subject = grouped(tls.observe_certificate(DER, "TLSv1.2"))["tls.subject"]
    assert subject == [
        'CN=0A00000PAJ00000,OU=DAHUATECH,OU=\\#2,O=DAHUA\\, \\"Inc\\" \\+ \\<x\\>,L=\\ HANGZHOU\\ ,ST=ZHEJIANG,C=CN,'
        "emailAddress=soc@example.com"
    ]


def test_a_certificate_says_issuer_validity_serial_and_key() -> None:
    found = grouped(tls.observe_certificate(DER, "TLSv1.2"))
    key_info = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert found["tls.issuer"] == ["CN=Product Root CA"]
    assert found["tls.not_before"] == ["2001-01-01T00:00:00Z"]
    assert found["tls.not_after"] == ["2070-12-31T23:59:59Z"]
    assert found["tls.serial"] == ["0abc"]
    assert found["tls.key"] == [hashlib.sha256(key_info).hexdigest()]
    assert found["tls.version"] == ["TLS 1.2"]


def test_alternative_names_of_every_useful_kind_are_kept() -> None:
    names = (
        x509.DNSName("axis-accc8e000001.local"),
        x509.IPAddress(ip_address("2001:db8::64")),
        x509.UniformResourceIdentifier("urn:example:1"),
        x509.RFC822Name("soc@example.com"),
        x509.DirectoryName(x509.Name([])),
    )
    assert grouped(tls.observe_certificate(certificate(names=names), None))["tls.san"] == [
        "2001:db8::64",
        "axis-accc8e000001.local",
        "soc@example.com",
        "urn:example:1",
    ]


def test_names_beyond_the_cap_are_left_out() -> None:
    names = tuple(x509.DNSName(f"name-{number}.example") for number in range(MAX_NAMES + 9))
    assert len(grouped(tls.observe_certificate(certificate(names=names), None))["tls.san"]) == MAX_NAMES


def test_a_certificate_without_names_is_read() -> None:
    found = grouped(tls.observe_certificate(certificate(subject=()), None))
    assert "tls.subject" not in found
    assert found["tls.issuer"] == ["CN=Product Root CA"]


def test_a_flight_in_any_cut_into_records_gives_its_certificate() -> None:
    flight = server_hello() + certificate_message(DER, certificate(serial=2)) + message(14, b"")
    whole = tls.decode_flight(record(22, flight))
    assert (whole.version, whole.certificate, whole.alert) == ("TLS 1.2", DER, None)
    for size in (1, 7, 100):
        cut = b"".join(record(22, flight[at : at + size]) for at in range(0, len(flight), size))
        assert tls.decode_flight(cut) == whole


@pytest.mark.parametrize(
    ("version", "name"), [(0x0300, "SSL 3.0"), (0x0301, "TLS 1.0"), (0x0302, "TLS 1.1"), (0x0305, "0x0305")]
)
def test_old_and_odd_versions_are_named(version: int, name: str) -> None:
    flight = server_hello(version, extensions=None) + certificate_message(DER)
    assert said(record(22, flight, 0x0301))["tls.version"] == [name]


def test_of_tls_1_3_only_the_version_shows() -> None:
    hello = server_hello(extensions=b"\x00\x33\x00\x02\x00\x1d\x00\x2b\x00\x02\x03\x04")
    raw = record(22, hello) + record(20, b"\x01") + record(23, bytes(200))
    assert said(raw) == {"tls.version": ["TLS 1.3"]}
    assert tls.complete(raw)


def test_a_certificate_that_was_cut_off_leaves_the_version() -> None:
    raw = record(22, server_hello() + certificate_message(DER))[: len(DER) // 2]
    assert said(raw) == {"tls.version": ["TLS 1.2"]}
    assert not tls.complete(raw)


def test_an_alert_is_recognised_and_says_nothing_of_its_sender() -> None:
    alert = bytes.fromhex("15030100020246")
    assert tls.recognise(factories.stream_head(alert))
    assert tls.is_alert(alert)
    assert tls.decode_flight(alert).alert == (2, 0x46)
    assert said(alert) == {}
    assert tls.complete(alert)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x16",
        b"\x16\x03\x03\x00\x05",
        b"HTTP/1.1 200 OK\r\n",
        record(22, certificate_message(DER)),
        record(22, message(2, b"short")),
    ],
)
def test_what_is_no_flight_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        tls.decode(factories.stream_head(raw))


@pytest.mark.parametrize(
    "der",
    [b"", b"\x30\x00", DER[:-1], DER[:60], DER.replace(b"ZHEJIANG", b"\xff" * 8), b"\x30" * 20_000],
    ids=["nothing", "an empty sequence", "cut at its end", "cut in its head", "no text", "nested"],
)
def test_a_damaged_certificate_is_one_error_and_no_other(der: bytes) -> None:
    with pytest.raises(DecodeError):
        tls.observe_certificate(der, "TLSv1.2")


def test_a_flight_with_a_damaged_certificate_is_undecoded() -> None:
    with pytest.raises(DecodeError):
        said(record(22, server_hello() + certificate_message(b"\x30\x03abc")))


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(DER) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes_of_a_certificate_raise_nothing_but_decode_errors(changes: list[tuple[int, int]]) -> None:
    changed = bytearray(DER)
    for position, value in changes:
        changed[position] = value
    try:
        fields = tls.observe_certificate(bytes(changed), "TLSv1.2")
    except DecodeError:
        return
    for _, value in fields:
        value.encode("utf-8")


def client_hello(*extensions: bytes) -> bytes:
    block = b"".join(extensions)
    body = b"\x03\x03" + bytes(32) + b"\0" + b"\x00\x02\x13\x01" + b"\x01\0" + len(block).to_bytes(2) + block
    return record(22, message(1, body), 0x0301)


def server_name(name: bytes, kind: int = 0) -> bytes:
    entry = bytes([kind]) + len(name).to_bytes(2) + name
    content = len(entry).to_bytes(2) + entry
    return b"\0\0" + len(content).to_bytes(2) + content


def test_the_name_that_a_client_asks_for_is_read() -> None:
    assert tls.client_hello_sni(client_hello(b"\x00\x17\x00\x00", server_name(b"Dev.Hik-Connect.com"))) == "dev.hik-connect.com"
    assert tls.client_hello_sni(client_hello()) is None
    assert tls.client_hello_sni(client_hello(server_name(b"x", kind=1))) is None


@pytest.mark.parametrize(
    "raw", [b"", record(22, server_hello()), client_hello(server_name(b"cut"))[:-30], b"GET / HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_hello_of_a_client_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        tls.client_hello_sni(raw)
