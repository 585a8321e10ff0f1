"""Answers to OPTIONS and DESCRIBE, one or both in what a server said."""

from __future__ import annotations

import pytest

from camscan.codecs import rtsp
from camscan.codecs.base import DecodeError
from camscan.model import Fields
from tests import factories

OPTIONS = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: Rtsp Server/2.0\r\nPublic: OPTIONS, DESCRIBE\r\n\r\n"
REFUSAL = (
    b'RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm="Login to 0A00000PAJ00000", nonce="0"\r\n'
    b'WWW-Authenticate: Basic realm="Login to 0A00000PAJ00000"\r\n\r\n'
)
SDP = b'v=0\r\ns=Session streamed by "preview"\r\n'
DESCRIBED = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n" % len(SDP) + SDP


def said(received: bytes) -> Fields:
    return rtsp.observe(rtsp.decode(factories.stream_head(received)))


def values(received: bytes, name: str) -> list[str]:
    return [value for key, value in said(received) if key == name]


def test_the_requests_ask_for_verbs_and_for_a_description_and_carry_no_credentials() -> None:
    options, describe = rtsp.greetings("192.0.2.64:554", "camscan/1.0")
    assert options == b"OPTIONS rtsp://192.0.2.64:554/ RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: camscan/1.0\r\n\r\n"
    assert describe.startswith(b"DESCRIBE rtsp://192.0.2.64:554/ RTSP/1.0\r\nCSeq: 2\r\n")
    assert b"Accept: application/sdp\r\n" in describe
    assert b"uthoriz" not in options + describe


def test_both_answers_are_read_from_one_stream() -> None:
    assert said(OPTIONS + REFUSAL) == (
        ("rtsp.auth.realm", "Login to 0A00000PAJ00000"),
        ("rtsp.auth.scheme", "basic"),
        ("rtsp.auth.scheme", "digest"),
        ("rtsp.public", "OPTIONS, DESCRIBE"),
        ("rtsp.server", "Rtsp Server/2.0"),
        ("rtsp.status", "200"),
        ("rtsp.status", "401"),
    )


def test_the_description_of_an_open_stream_is_kept() -> None:
    assert values(OPTIONS + DESCRIBED, "rtsp.sdp") == [SDP.decode()]


def test_a_description_without_a_length_ends_where_the_next_answer_begins() -> None:
    unstated = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\n\r\n" + SDP
    assert values(unstated, "rtsp.sdp") == [SDP.decode()]
    assert values(unstated + REFUSAL, "rtsp.sdp") == [SDP.decode()]
    assert values(unstated + REFUSAL, "rtsp.status") == ["200", "401"]


def test_the_page_in_a_refusal_is_no_description() -> None:
    body = b"v=0 is not allowed"
    refused = b"RTSP/1.0 404 Not Found\r\nCSeq: 2\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    assert values(refused, "rtsp.sdp") == []


@pytest.mark.parametrize(
    ("line", "quirk"),
    [
        (b"Cseq: 1", "cseq-capitalised"),
        (b"cseq: 1", "cseq-lower"),
        (b"CSEQ: 1", "cseq-upper"),
        (b"CSeq: -1", "cseq-not-a-number"),
        (b"Server: x", "cseq-absent"),
        (b"CSeq: 1\r\nDate:  Thu, May 14 2020 16:45:35 GMT", "date-two-blanks"),
    ],
)
def test_the_spelling_of_a_firmware_family_is_a_quirk(line: bytes, quirk: str) -> None:
    assert values(b"RTSP/1.0 200 OK\r\n" + line + b"\r\n\r\n", "rtsp.quirk") == [quirk]


def test_what_follows_the_last_answer_is_left_aside() -> None:
    assert said(OPTIONS + b"$\x00\x00\x04junk") == said(OPTIONS)


def test_a_flood_of_answers_is_cut() -> None:
    assert len(rtsp.decode(factories.stream_head(OPTIONS * 200)).answers) == rtsp.MAX_ANSWERS


@pytest.mark.parametrize("received", [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"RTSP/1.0\r\n\r\n", b"RTSP/"])
def test_what_is_no_answer_is_refused(received: bytes) -> None:
    with pytest.raises(DecodeError):
        rtsp.decode(factories.stream_head(received))


@pytest.mark.parametrize(
    ("buffer", "expected"),
    [
        (OPTIONS, True),
        (OPTIONS[:-1], False),
        (DESCRIBED, True),
        (DESCRIBED[:-1], False),
        (b"", False),
        (b"\r\n", False),
        (b"RTSP", False),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", True),
        (b"\x15\x03\x01\x00\x02\x02\x0a", True),
    ],
)
def test_one_answer_is_awaited_and_no_more(buffer: bytes, expected: bool) -> None:
    assert rtsp.complete(buffer) is expected
