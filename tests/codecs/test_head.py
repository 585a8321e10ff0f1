"""Heads as RFC 9112 has them, and as cameras send them."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.codecs.base import DecodeError
from camscan.codecs.head import (
    MAX_FIELDS,
    MAX_HEAD,
    Head,
    challenge,
    complete_head,
    entity,
    parse,
    requests,
    requests_of_others,
    status_code,
)

PLAIN = b"HTTP/1.1 200 OK\r\nServer: Boa\r\nDate: Sat, 01 Jan 2022 00:00:00 GMT\r\n\r\nbody"


def test_well_formed_head_has_no_quirks() -> None:
    head = parse(PLAIN)
    assert head == Head(
        start="HTTP/1.1 200 OK",
        fields=(("Server", "Boa"), ("Date", "Sat, 01 Jan 2022 00:00:00 GMT")),
        body=b"body",
        quirks=(),
    )


@pytest.mark.parametrize(
    ("raw", "quirk"),
    [
        (b"HTTP/1.1 200 OK\nServer: Boa\n\n", "bare-lf"),
        (b"\r\n\r\nHTTP/1.1 200 OK\r\nServer: Boa\r\n\r\n", "leading-blank-line"),
        (b"HTTP/1.1 200 OK\r\nServer:\r\n Boa\r\n\r\n", "folded-field"),
        (b"HTTP/1.1 200 OK\r\nServer:Boa\r\n\r\n", "no-blank-after-colon"),
        (b"HTTP/1.1 200 OK\r\nServer : Boa\r\n\r\n", "blank-before-colon"),
        (b"HTTP/1.1 200 OK\r\nServer: Boa\r\nSERVER: Boa\r\n\r\n", "repeated-field"),
        (b"HTTP/1.1 200\r\nServer: Boa\r\n\r\n", "no-reason"),
        (b"HTTP/1.1 200 OK\r\nServer: Boa\r\nX-Name: \xe6\x91\x84\r\n\r\n", "non-ascii"),
        (b"HTTP/1.1 200 OK\r\nServer: Boa", "truncated"),
        (b"HTTP/1.1 200 OK\r\nServer: Boa\r\n", "truncated"),
        (b"HTTP/1.1 200 OK\r\nnonsense\r\nServer: Boa\r\n\r\n", "line-without-colon"),
        (b"HTTP/1.1 200 OK\r\n: empty\r\nServer: Boa\r\n\r\n", "line-without-name"),
        (b"HTTP/1.1 200 OK\r\nServer: Boa\r\nDate:  Thu, May 14 2020 16:45:35 GMT\r\n\r\n", "date-two-blanks"),
    ],
)
def test_each_deviation_is_read_and_named(raw: bytes, quirk: str) -> None:
    head = parse(raw)
    assert head.get("server") == "Boa"
    assert head.status == 200
    assert quirk in head.quirks


def test_names_are_found_in_any_case_and_kept_as_sent() -> None:
    head = parse(b"RTSP/1.0 200 OK\r\nCseq: 1\r\nPUBLIC: OPTIONS\r\npublic: DESCRIBE\r\n\r\n")
    assert head.fields[0] == ("Cseq", "1")
    assert head.get("CSEQ") == "1"
    assert head.all("Public") == ("OPTIONS", "DESCRIBE")
    assert head.get("server") is None


def test_latin_1_values_are_not_mistaken_for_utf_8() -> None:
    assert parse(b"HTTP/1.1 200 OK\r\nServer: K\xfcche\r\n\r\n").get("server") == "Küche"


@pytest.mark.parametrize(
    "raw", [b"", b"\r\n\r\n", b"   \r\nServer: Boa\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"HT\0TP/1.1 200 OK\r\n\r\n"]
)
def test_what_has_no_line_of_text_in_front_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        parse(raw)


def test_body_is_found_behind_each_kind_of_blank_line() -> None:
    for end in (b"\r\n\r\n", b"\n\n", b"\n\r\n", b"\r\n\n"):
        raw = b"HTTP/1.1 200 OK\r\nA: b" + end + b"body"
        offset = complete_head(raw)
        assert offset is not None
        assert raw[offset:] == b"body"
        assert complete_head(raw[: offset - 1]) is None


def test_blank_line_in_the_body_is_not_the_end_of_the_head() -> None:
    raw = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nfirst\n\nsecond"
    assert parse(raw).body == b"first\n\nsecond"


def test_fields_and_bytes_of_a_head_are_capped() -> None:
    many = parse(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500 + b"\r\nbody")
    assert len(many.fields) == MAX_FIELDS
    assert {"too-many-fields", "repeated-field"} <= set(many.quirks)
    assert many.body == b"body"
    long = parse(b"HTTP/1.1 200 OK\r\nA: " + b"b" * 20_000 + b"\r\n\r\nbody")
    assert len(long.get("a") or "") < MAX_HEAD
    assert "oversize" in long.quirks
    assert long.body == b"body"


def test_folded_lines_cannot_grow_a_field_beyond_the_cap() -> None:
    head = parse(b"HTTP/1.1 200 OK\r\nA: b\r\n" + b" c\r\n" * 100_000 + b"\r\n")
    assert len(head.get("a") or "") <= MAX_HEAD


@pytest.mark.parametrize(
    ("start", "status"),
    [
        ("HTTP/1.1 401 Unauthorized", 401),
        ("HTTP/1.0 200OK", 200),
        ("RTSP/1.0  404", 404),
        ("HTTP/1.1 2000 OK", None),
        ("HTTP/1.1 20", None),
        ("HTTP/1.1 ２００ OK", None),
        ("NOTIFY * HTTP/1.1", None),
        ("220 ready", None),
        ("HTTP/1.1", None),
    ],
)
def test_status_code_is_three_digits_behind_a_version(start: str, status: int | None) -> None:
    assert status_code(start) == status


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('Digest realm="IP Camera(C0000)", nonce="0a", stale="FALSE"', (("Digest", "IP Camera(C0000)"),)),
        ('Digest qop="auth", realm="a", nonce="b", Basic realm="/"', (("Digest", "a"), ("Basic", "/"))),
        ("Basic realm='TV-IP 110'", (("Basic", "TV-IP 110"),)),
        ("Basic realm=TV-IP 110", (("Basic", "TV-IP 110"),)),
        ("Digest realm=Boa stale=FALSE, nonce=1", (("Digest", "Boa"),)),
        ('Basic realm="say \\"cheese\\""', (("Basic", 'say "cheese"'),)),
        ('Basic realm="unclosed', (("Basic", "unclosed"),)),
        ("Basic realm=\"Use 'live' as User Name, please\"", (("Basic", "Use 'live' as User Name, please"),)),
        ('BASIC REALM = "spaced"', (("BASIC", "spaced"),)),
        ('realm="no scheme"', (("", "no scheme"),)),
        ("Basic", (("Basic", None),)),
        ("Negotiate TlRMTVNTUAABAAAA, NTLM", (("Negotiate", None), ("NTLM", None))),
        ("Negotiate YII=", (("Negotiate", None),)),
        ('Digest realm="first", realm="second"', (("Digest", "first"),)),
        ('Digest realm="a" Basic realm="b"', (("Digest", "a"), ("Basic", "b"))),
        ('Basic realm=""', (("Basic", ""),)),
        ("", ()),
        (", ,", ()),
    ],
)
def test_challenges_of_every_spelling(value: str, expected: tuple[tuple[str, str | None], ...]) -> None:
    assert challenge(value) == expected


@given(st.text(max_size=400))
def test_any_text_is_a_bounded_number_of_challenges(value: str) -> None:
    found = challenge(value)
    assert len(found) <= 8
    assert all(realm is None or len(realm) <= len(value) for _, realm in found)


def test_hostile_challenge_is_read_in_bounded_work() -> None:
    for value in ("a=b " * 100_000, '"' * 400_000, "a " * 200_000, "a=" * 200_000, "\\" * 400_000, 'realm="' + "\\" * 400_000):
        assert len(challenge(value)) <= 8


@given(st.binary(max_size=300))
def test_any_bytes_are_a_head_or_an_error(raw: bytes) -> None:
    try:
        head = parse(raw)
    except DecodeError:
        return
    assert raw.endswith(head.body)
    assert list(head.quirks) == sorted(set(head.quirks))


@given(st.integers(min_value=0, max_value=len(PLAIN)))
def test_head_cut_anywhere_is_read_or_refused_and_marked(cut: int) -> None:
    try:
        head = parse(PLAIN[:cut])
    except DecodeError:
        assert cut == 0
        return
    assert ("truncated" in head.quirks) == (cut < len(PLAIN) - len(b"body"))


def response(*lines: bytes, body: bytes) -> Head:
    return parse(b"\r\n".join((b"HTTP/1.1 200 OK", *lines, b"", b"")) + body)


def test_stated_length_cuts_the_body_and_nonsense_does_not() -> None:
    assert entity(response(b"Content-Length: 2", body=b"abcd"), 100) == (b"ab", ())
    assert entity(response(b"Content-Length: -2", body=b"abcd"), 100) == (b"abcd", ())
    assert entity(response(b"Content-Length: 9999999999999999", body=b"abcd"), 100) == (b"abcd", ())


def test_chunks_are_joined_and_damage_keeps_what_came_before() -> None:
    chunked = b"Transfer-Encoding: chunked"
    assert entity(response(chunked, body=b"3;x=y\r\nabc\r\n2\nde\r\n0\r\n\r\n"), 100) == (b"abcde", ())
    assert entity(response(chunked, body=b"3\r\nabc\r\nzz\r\nde"), 100) == (b"abc", ("bad-chunk",))
    assert entity(response(chunked, body=b"not chunked at all\r\n"), 100) == (b"not chunked at all\r\n", ("bad-chunk",))
    assert entity(response(chunked, body=b"ffffffff\r\nabc"), 100) == (b"abc", ())
    assert entity(response(chunked, body=b"3\r\nabc\r\n"), 2) == (b"ab", ())


def test_content_codings_are_undone() -> None:
    page = "<title>Überwachung</title>".encode()
    for name, packed in (
        (b"gzip", gzip.compress(page)),
        (b"x-gzip", gzip.compress(page)),
        (b"deflate", zlib.compress(page)),
        (b"deflate", zlib.compress(page)[2:-4]),
    ):
        assert entity(response(b"Content-Encoding: " + name, body=packed), 100) == (page, ())
    cut = entity(response(b"Content-Encoding: gzip", body=gzip.compress(page * 50)[:-12]), 10_000)
    assert cut[0].startswith(b"<title>")
    assert entity(response(b"Content-Encoding: gzip", body=b"plain"), 100) == (b"plain", ("bad-content-coding",))


def test_compression_bomb_unpacks_to_the_limit_and_no_further() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    body, quirks = entity(response(b"Content-Encoding: gzip", body=bomb), 8192)
    assert (len(body), quirks) == (8192, ())


def test_requests_are_told_apart_by_the_lengths_of_their_bodies() -> None:
    sent = b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\noneGET /b HTTP/1.1\r\n\r\n"
    assert [(asked.start, body) for asked, body in requests(sent, 8)] == [
        ("POST /a HTTP/1.1", b"one"),
        ("GET /b HTTP/1.1", b""),
    ]
    assert [asked.start for asked, _ in requests(sent, 1)] == ["POST /a HTTP/1.1"]
    assert list(requests(b"", 8)) == list(requests(b"\r\n", 8)) == []


def test_requests_of_others_end_at_another_protocol_and_are_none_of_ours() -> None:
    first, second = b"GET /a HTTP/1.1\r\nUser-Agent: x\r\n\r\n", b"OPTIONS * RTSP/1.0\r\n\r\n"
    ours = b"GET /b HTTP/1.1\r\nUser-Agent: camscan/1.0\r\n\r\n"
    assert [asked.start for asked in requests_of_others(first + second, "HTTP/", 8)] == ["GET /a HTTP/1.1"]
    assert requests_of_others(second + first, "HTTP/", 8) == []
    assert requests_of_others(first + ours, "HTTP/", 8) == []
