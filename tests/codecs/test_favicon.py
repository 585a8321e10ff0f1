"""The icon of a web site."""

from __future__ import annotations

import gzip
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camscan.codecs import favicon
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_stream
from camscan.model import Observation
from tests import factories
from tests.examples import examples
from tests.lab.simulators.favicon import icon_with_hash

ICON = icon_with_hash(999357577)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'
PAGE = b"<!DOCTYPE html><html><title>Welcome</title></html>"


def response(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines, "", ""]
    return "\r\n".join(head).encode() + body


def test_the_hashes_are_those_of_public_collections() -> None:
    said = dict(favicon.observe(favicon.decode(response(ICON))))
    assert said == {"http.favicon.mmh3": "999357577", "http.favicon.md5": hashlib.md5(ICON, usedforsecurity=False).hexdigest()}


def test_a_negative_hash_is_written_with_its_sign() -> None:
    assert ("http.favicon.mmh3", "-1702769256") in favicon.observe(favicon.decode(response(icon_with_hash(-1702769256))))


@pytest.mark.parametrize(
    "raw",
    [
        response(gzip.compress(ICON), "Content-Encoding: gzip"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(ICON), ICON),
        b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + ICON,
        response(ICON, "Content-Type: text/plain"),
    ],
    ids=["gzip", "chunks", "until the end, called a page", "called a text"],
)
def test_the_same_icon_has_the_same_hash_however_it_travels(raw: bytes) -> None:
    assert favicon.decode(raw) == favicon.decode(response(ICON))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(PNG, "image/png"), (b"\xff\xd8\xff\xe0" + bytes(9), ""), (b"GIF89a" + bytes(9), ""), (SVG, "image/svg+xml"), (b"\0odd", "image/x-icon")],
)  # fmt: skip
def test_pictures_of_other_kinds_are_icons_too(body: bytes, content_type: str) -> None:
    assert (
        favicon.decode(response(body, f"Content-Type: {content_type}")).md5
        == hashlib.md5(body, usedforsecurity=False).hexdigest()
    )


@pytest.mark.parametrize(
    "raw",
    [
        response(PAGE, "Content-Type: text/html"),
        response(PAGE, "Content-Type: image/x-icon"),
        response(b"\r\n\xef\xbb\xbf" + PAGE, "Content-Type: image/vnd.microsoft.icon"),
        response(SVG, "Content-Type: text/xml"),
        response(b"not found", "Content-Type: text/plain"),
        response(b'{"error": 404}'),
        response(b""),
        response(ICON, status="404 Not Found"),
        response(ICON, status="401 Unauthorized"),
        response(ICON)[:-1],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s" % (len(ICON), ICON),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n" + ICON,
        response(b"\x1f\x8bbroken", "Content-Encoding: gzip"),
        response(PNG + bytes(favicon.MAX_ICON)),
        response(gzip.compress(PNG + bytes(10_000_000)), "Content-Encoding: gzip"),
        b"HTTP/1.1 200 OK\r\nContent-Type: image/png",
        ICON,
        b"",
    ],
)
def test_what_is_no_whole_icon_has_no_hash(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        favicon.decode(raw)


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ('<head><link rel="shortcut icon" href="/nobody/favicon.ico">', "/nobody/favicon.ico"),
        ("<LINK HREF=images/fav.ico REL=icon>", "/images/fav.ico"),
        ("<link rel='icon' type='image/png' href='./static/logo.png?v=3'/>", "/static/logo.png"),
        ('<link rel="stylesheet" href="a.css"><link\nrel = "icon"\n href = "/f.ico" >', "/f.ico"),
        ('<link rel="icon" href="http://203.0.113.9/f.ico"><link rel="icon" href="/own.ico">', "/own.ico"),
        ('İİ<link rel="icon" href="/&#102;.ico">', "/f.ico"),
        ('<link rel="icon" href="/img/logo.jpg">', "/img/logo.jpg"),
        ('<link rel="icon" href="/snap.jpg"><link rel="icon" href="/image.jpeg">', None),
        ('<link rel="icon" href="//203.0.113.9/f.ico">', None),
        ('<link rel="icon" href="https://camera.example/f.ico">', None),
        ('<link rel="icon" href="data:image/png;base64,AAAA">', None),
        ('<link rel="icon" href="/cgi-bin/reboot.cgi">', None),
        ('<link rel="icon" href="/cgi-bin/reboot?f.ico">', None),
        ('<link rel="icon" href="/a/../../x.ico">', None),
        ('<link rel="icon" href="/a%0d%0aHost:x/f.ico">', None),
        ('<link rel="icon" href="/a\r\nX: y/f.ico">', None),
        ('<link rel="icon" href="/with blank.ico">', None),
        ('<link rel="icon" href="/é.ico">', None),
        ('<link rel="icon" href="http://[bad/f.ico">', None),
        (f'<link rel="icon" href="/{"x" * 300}.ico">', None),
        ('<link rel="iconic" href="/f.ico">', None),
        ('<linker rel="icon" href="/f.ico">', None),
        ('<link rel="icon" href="/f.ico"', None),
        ('<link rel="icon">', None),
        ("<link ===''\"\">" * 40, None),
        ("", None),
    ],
)  # fmt: skip
def test_the_icon_that_a_page_links_to_counts_where_it_is_a_plain_path_of_the_same_host(page: str, path: str | None) -> None:
    assert favicon.path_in(page) == path


@settings(max_examples=examples(300), deadline=None)
@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from(["<link ", "rel=", "icon", "href=", "'", '"', "/f.ico", ">", "=", "/", "\n"])).map("".join),
    )
)
def test_any_page_gives_a_plain_path_or_none(page: str) -> None:
    path = favicon.path_in(page)
    assert path is None or (path.startswith("/") and path.isascii() and path.isprintable() and " " not in path)


@settings(max_examples=examples(300), deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_an_icon_or_a_decode_error(raw: bytes) -> None:
    for message in (raw, b"HTTP/1.1 200 OK\r\n" + raw, response(raw)):
        try:
            said = favicon.observe(favicon.decode(message))
        except DecodeError:
            continue
        assert len(said) == 2


@pytest.mark.parametrize(
    ("request_line", "asks"),
    [
        (b"GET /favicon.ico HTTP/1.1", True),
        (b"GET /a/FAVICON.PNG?x=1 HTTP/1.1", True),
        (b"GET /logo.ico HTTP/1.1", True),
        (b"GET /logo.png HTTP/1.1", False),
        (b"GET /icons/list HTTP/1.1", False),
        (b"POST /favicon.ico HTTP/1.1", False),
        (b"GET / HTTP/1.1", False),
        (b"", False),
    ],
)  # fmt: skip
def test_a_request_for_an_icon_is_known_by_its_path(request_line: bytes, asks: bool) -> None:
    assert favicon.asked_for(request_line + b"\r\nHost: 192.0.2.64\r\n\r\n") is asks


def test_a_capture_of_a_request_for_the_icon_shows_its_hash() -> None:
    head = factories.stream_head(response(ICON), sent=b"GET /favicon.ico HTTP/1.1\r\nHost: 192.0.2.64\r\n\r\n")
    seen = dispatch_stream(head, collector="pcap", site="lab")
    assert isinstance(seen, Observation)
    assert seen.values("http.favicon.mmh3") == ("999357577",)
    assert seen.values("http.body") == ()


def test_a_capture_of_a_page_in_the_place_of_an_icon_shows_no_hash() -> None:
    head = factories.stream_head(response(PAGE), sent=b"GET /favicon.ico HTTP/1.1\r\nHost: 192.0.2.64\r\n\r\n")
    seen = dispatch_stream(head, collector="pcap", site="lab")
    assert isinstance(seen, Observation)
    assert seen.values("http.favicon.mmh3") == ()
    assert seen.values("http.title") == ("Welcome",)
