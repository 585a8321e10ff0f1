"""Front pages and refusals, well formed and otherwise."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from camscan.codecs import control, http
from camscan.codecs.base import DecodeError
from camscan.model import MAX_VALUE, Fields
from tests import factories

PAGE = b"<html><head><title>Camera</title></head><body></body></html>"


def said(received: bytes, sent: bytes = b"") -> Fields:
    return http.observe(http.decode(factories.stream_head(received, sent=sent)))


def values(received: bytes, name: str) -> list[str]:
    return [value for key, value in said(received) if key == name]


def page(body: bytes, *lines: bytes) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 200 OK", *lines, b"", b"")) + body


def test_the_request_is_one_get_that_names_who_asks() -> None:
    (request,) = http.greetings("[2001:db8::64]:8080", "camscan/1.0 (soc@example.com)")
    assert request == (
        b"GET / HTTP/1.1\r\nHost: [2001:db8::64]:8080\r\nUser-Agent: camscan/1.0 (soc@example.com)\r\n"
        b"Accept: */*\r\nConnection: keep-alive\r\n\r\n"
    )


def test_realms_of_several_challenges_come_without_scheme_and_quotes() -> None:
    received = (
        b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="IP Camera(C0000)", nonce="0"\r\n'
        b'www-authenticate: Basic realm="/"\r\n\r\n'
    )
    assert values(received, "http.auth.realm") == ["/", "IP Camera(C0000)"]
    assert values(received, "http.auth.scheme") == ["basic", "digest"]
    assert values(received, "http.status") == ["401"]


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (b"<TITLE>\r\n  NETSurveillance   WEB\r\n</TITLE>", "NETSurveillance WEB"),
        (b'<title lang="en">A &amp; B&nbsp;&lt;C&gt; &#x56;</title>', "A & B <C> V"),
        (b"<titlebar>no</titlebar><title>yes</title>", "yes"),
        (b"<title>never closed<meta name=x>", "never closed"),
        (b"<title>cut off", "cut off"),
        ("<title>Überwachung 摄像机</title>".encode(), "Überwachung 摄像机"),
        ("<title>Küche</title>".encode("latin-1"), "Küche"),
        ('<meta charset="gb2312"><title>网络视频</title>'.encode("gb2312"), "网络视频"),
        (b"<title></title>", None),
        (b"<title>   </title>", None),
        (b"no page at all", None),
        (b"<title", None),
    ],
)
def test_titles_are_found_in_what_devices_call_html(body: bytes, title: str | None) -> None:
    assert values(page(body), "http.title") == ([title] if title else [])


def test_charset_of_the_head_is_used_where_the_page_is_not_utf_8() -> None:
    received = page("<title>카메라</title>".encode("euc-kr"), b"Content-Type: text/html; charset=EUC-KR")
    assert values(received, "http.title") == ["카메라"]


def test_a_charset_that_is_not_one_of_pages_is_ignored() -> None:
    received = page(b"<title>\xff\xfe</title>", b"Content-Type: text/html; charset=unicode_escape")
    assert values(received, "http.title") == ["ÿþ"]


def test_a_title_of_a_megabyte_is_cut() -> None:
    (title,) = values(page(b"<title>" + b"A" * 1_000_000), "http.title")
    assert len(title) == http.MAX_TITLE


def test_a_page_cut_inside_a_character_stays_utf_8() -> None:
    (body,) = values(page(b"a" + "ü".encode() * 5_000), "http.body")
    assert set(body) == {"a", "ü"}
    assert len(body) <= MAX_VALUE


def test_chunked_and_compressed_page_is_read() -> None:
    packed = gzip.compress(PAGE)
    received = page(
        b"%x\r\n" % len(packed) + packed + b"\r\n0\r\n\r\n", b"Transfer-Encoding: chunked", b"Content-Encoding: gzip"
    )
    assert values(received, "http.title") == ["Camera"]
    assert values(received, "http.body") == [PAGE.decode()]


def test_only_the_first_response_of_a_kept_connection_is_read() -> None:
    received = page(b"<title>one</title>", b"Content-Length: 18") + page(b"<title>two</title>", b"Server: second")
    assert values(received, "http.title") == ["one"]
    assert values(received, "http.server") == []


def test_interim_responses_are_skipped() -> None:
    assert values(b"HTTP/1.1 100 Continue\r\n\r\n" + page(PAGE), "http.status") == ["200"]


def test_other_header_fields_are_kept_and_cookies_lose_their_values() -> None:
    received = page(
        b"",
        b"Server: Webs",
        b"Date: Sat, 01 Jan 2022 00:00:00 GMT",
        b"Content-Type: text/html",
        b"Location: /doc/page/login.asp",
        b"X-Frame-Options: SAMEORIGIN",
        b'ETag: W/"0-2b9-1e0"',
        b"Set-Cookie: WebSession_00=secret; path=/;HttpOnly",
    )
    assert values(received, "http.header") == ["etag: 0-2b9-1e0", "set-cookie: WebSession_00", "x-frame-options: SAMEORIGIN"]
    assert values(received, "http.location") == ["/doc/page/login.asp"]
    assert "secret" not in str(said(received))


def test_header_fields_are_counted_and_cut() -> None:
    received = page(b"", *(b"X-%d: " % number + b"v" * 100 for number in range(60)))
    assert len(values(received, "http.header")) == http.MAX_HEADERS
    assert all(len(value) <= http.MAX_HEADER_VALUE + 10 for value in values(received, "http.header"))


def test_forms_of_a_server_family_are_quirks() -> None:
    upper = b"HTTP/1.1 200 OK\r\nCONNECTION: close\r\nCONTENT-LENGTH: 0\r\nCACHE-CONTROL: max-age=0\r\n\r\n"
    assert values(upper, "http.quirk") == ["header-case-upper", "no-server"]
    assert values(page(b"", b"Server: nginx", b"Connection: close", b"Content-Length: 0"), "http.quirk") == []


@pytest.mark.parametrize(
    "body",
    [
        b"<center>The plain HTTP request was sent to HTTPS port</center>",
        b"Reason: You're speaking plain HTTP to an SSL-enabled server port.",
        b"Client sent an HTTP request to an HTTPS server.\n",
    ],
)
def test_a_server_that_wants_tls_is_understood(body: bytes) -> None:
    received = b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n" + body
    assert "https-expected" in values(received, "http.quirk")
    assert "https-expected" not in values(b"HTTP/1.1 200 OK\r\n\r\n" + body, "http.quirk")


def test_a_page_without_any_head_is_still_a_page() -> None:
    assert ("http.title", "Camera") in said(PAGE)
    assert values(PAGE, "http.quirk") == ["no-head"]
    assert values(PAGE, "http.status") == []


def test_a_picture_is_not_kept_as_text() -> None:
    assert values(page(b"\xff\xd8\xff\xe0\x00\x10JFIF"), "http.body") == []


@pytest.mark.parametrize(
    "received", [b"", b"RTSP/1.0 200 OK\r\n\r\n", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n", b"220 ready\r\n"]
)
def test_what_is_no_response_is_refused(received: bytes) -> None:
    with pytest.raises(DecodeError):
        http.decode(factories.stream_head(received))


@pytest.mark.parametrize(
    ("received", "recognised"),
    [
        (b"HTTP/1.1 200 OK\r\n", True),
        (b"\r\nhttp/1.0 200 ok\r\n", True),
        (b"<!DOCTYPE HTML>", True),
        (b"RTSP/1.0 200 OK", False),
        (b"\x15\x03\x01\x00\x02\x02\x0a", False),
        (b"HTT", False),
        (b"", False),
    ],
)
def test_responses_are_recognised_by_their_first_bytes(received: bytes, recognised: bool) -> None:
    assert http.recognise(factories.stream_head(received)) is recognised


COMPLETE: list[tuple[bytes, bool]] = [
    (page(PAGE, b"Content-Length: %d" % len(PAGE)), True),
    (page(PAGE[:-1], b"Content-Length: %d" % len(PAGE)), False),
    (page(b"", b"Content-Length: 0"), True),
    (page(b"x" * http.MAX_BODY, b"Content-Length: 99999999"), False),
    (page(b"x" * http.MAX_AWAITED, b"Content-Length: 99999999"), True),
    (page(b"x" * http.MAX_BODY), True),
    (page(b"x" * http.MAX_BODY, b"Transfer-Encoding: chunked"), True),
    (page(b"5\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"), True),
    (page(b"0\r\n\r\n", b"Transfer-Encoding: chunked"), True),
    (page(b"5\r\nhello\r\n", b"Transfer-Encoding: chunked"), False),
    (page(b"10\r\nhello", b"Transfer-Encoding: chunked"), False),
    (page(PAGE), False),
    (b"HTTP/1.1 304 Not Modified\r\n\r\n", True),
    (b"HTTP/1.1 100 Continue\r\n\r\n", False),
    (b"HTTP/1.1 100 Continue\r\n\r\n" + page(b"", b"Content-Length: 0"), True),
    (b"HTTP/1 100\n\n" * 1_300, True),
    (b"HTTP/1.1 200 OK\r\nServer: x\r\n", False),
    (b"", False),
    (b"\r\n", False),
    (b"HT", False),
    (b"\x15\x03\x01\x00\x02\x02\x0a", True),
    (b"RTSP/1.0 400 Bad Request\r\n", False),
    (b"RTSP/1.0 400 Bad Request\r\n\r\n", True),
    (b"<html><title>x</title>", False),
    (PAGE, True),
    (b"220 ready\r\n", True),
]


@pytest.mark.parametrize(("buffer", "expected"), COMPLETE)
def test_no_more_is_awaited_than_is_wanted(buffer: bytes, expected: bool) -> None:
    assert http.complete(buffer) is expected


@pytest.mark.parametrize("feed", [lambda raw: raw, lambda raw: raw.replace(b"\r\n", b"\n")])
def test_an_answer_that_drips_in_is_complete_at_its_last_byte_and_not_before(feed: Callable[[bytes], bytes]) -> None:
    raw = feed(b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 60\r\n\r\n") + PAGE
    assert len(PAGE) == 60
    assert [length for length in range(len(raw) + 1) if http.complete(raw[:length])] == [len(raw)]


FRONT = http.greetings("192.0.2.1", "camscan/1")[0]
CONTROL = control.request("192.0.2.1", "camscan/1", bytes(range(16)))
ECHO = b"<title>No /camscan-control-000102030405060708090a0b0c0d0e0f here</title>"
WHOLE = page(PAGE, b"Content-Length: %d" % len(PAGE))


def of_control(fields: Fields) -> Fields:
    return tuple(pair for pair in fields if pair[0].startswith("http.control."))


def test_the_request_for_the_control_names_who_asks_in_its_path() -> None:
    assert CONTROL.startswith(b"GET /camscan-control-000102030405060708090a0b0c0d0e0f HTTP/1.1\r\nHost: 192.0.2.1\r\n")
    assert control.place(CONTROL) == 0
    assert control.place(FRONT + CONTROL) == 1


@pytest.mark.parametrize(
    "front",
    [
        WHOLE,
        WHOLE.replace(b"\r\n", b"\n"),
        page(b"3c\r\n" + PAGE + b"\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
        b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE,
        b"HTTP/1.1 304 Not Modified\r\n\r\n",
    ],
    ids=["length", "bare line feeds", "chunks", "interim", "no body"],
)
def test_the_answer_to_the_control_stands_apart_and_does_not_vary_with_the_path(front: bytes) -> None:
    fields = said(front + page(ECHO, b"Server: second"), FRONT + CONTROL)
    assert of_control(fields) == (
        ("http.control.body", "<title>No /camscan-control- here</title>"),
        ("http.control.status", "200"),
        ("http.control.title", "No /camscan-control- here"),
    )
    assert set(fields) - set(of_control(fields)) == set(said(front, FRONT))
    assert http.bears_another(front)


def test_a_connection_that_begins_with_the_control_shows_no_front_page() -> None:
    assert said(page(ECHO, b"Server: Webs"), CONTROL) == of_control(said(WHOLE + page(ECHO), FRONT + CONTROL))


@pytest.mark.parametrize(
    ("received", "sent"),
    [
        (WHOLE + page(ECHO), FRONT + FRONT),
        (WHOLE + page(ECHO), FRONT + CONTROL.replace(b"0f HTTP", b" HTTP")),
        (WHOLE + page(ECHO), FRONT + CONTROL.replace(b"0f HTTP", b"0g HTTP")),
        (WHOLE + page(ECHO), FRONT.replace(b"GET", b"HEAD") + CONTROL),
        (WHOLE + page(ECHO), FRONT.replace(b"GET", b"POST").replace(b"Accept: */*", b"Content-Length: 1") + b"x" + CONTROL),
        (WHOLE, FRONT + CONTROL),
        (WHOLE[:-1], FRONT + CONTROL),
        (WHOLE + b"<title>behind the stated end</title>", FRONT + CONTROL),
        (page(PAGE), FRONT + CONTROL),
        (page(b"5\r\nhello", b"Transfer-Encoding: chunked") + page(ECHO), FRONT + CONTROL),
        (WHOLE + b"HTTP/1.1\r\n\r\n", FRONT + CONTROL),
        (WHOLE * 6, FRONT * 5 + CONTROL),
    ],
)
def test_where_it_is_not_certain_which_answer_is_the_controls_there_is_none(received: bytes, sent: bytes) -> None:
    assert said(received, sent) == said(received, b"")


def test_the_control_is_found_behind_a_few_requests_of_a_reader() -> None:
    assert ("http.control.status", "404") in said(
        WHOLE * 2 + b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", FRONT * 2 + CONTROL
    )


@pytest.mark.parametrize(
    ("received", "kept"),
    [
        (WHOLE, True),
        (WHOLE.replace(b"HTTP/1.1", b"HTTP/1.0"), False),
        (WHOLE.replace(b"HTTP/1.1 200 OK", b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive"), True),
        (WHOLE.replace(b"200 OK", b"200 OK\r\nconnection: Close"), False),
        (WHOLE.replace(b"200 OK", b"503 Busy"), False),
        (WHOLE.replace(b"200 OK", b"429 Slow Down"), False),
        (WHOLE[:-1], False),
        (WHOLE + b"x", False),
        (page(PAGE), False),
        (PAGE, False),
        (b"", False),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 48\r\n\r\nClient sent an HTTP request to an HTTPS server.\n", False),
    ],
)
def test_a_connection_bears_another_request_only_where_the_server_said_all_and_keeps_it(received: bytes, kept: bool) -> None:
    assert http.bears_another(received) is kept
