"""What is kept of HTTP that others speak: no secret, no picture, and the words that say who a device is."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.codecs import privacy, secrets
from camscan.codecs.outcome import Undecoded
from camscan.codecs.registry import dispatch_client, dispatch_stream
from camscan.model import Observation, Via
from tests.codecs.conversations import WORD, answer, kept, overheard, request


@given(raw=st.binary(max_size=400), sent=st.binary(max_size=200))
def test_nothing_makes_it_fail(raw: bytes, sent: bytes) -> None:
    assert len(secrets.cut(raw)) in (0, len(raw))
    for start in (b"", b"HTTP/1.1 200 OK\r\n", b"RTSP/1.0 200 OK\r\n", b"220 ", b"\xff\xfd\x01"):
        for asked in (b"", b"GET /?password=x HTTP/1.1\r\n"):
            found = dispatch_stream(overheard(asked + sent, start + raw, port=23), collector="c", site="s")
            assert found is None or isinstance(found, (Observation, Undecoded))
            dispatch_client(overheard(asked + sent, start + raw), collector="c", site="s")


def test_of_a_request_verb_path_host_and_agent_are_left() -> None:
    sent = request(
        b"User-Agent: Cam/1.0", b"Referer: http://x/?a=%s" % WORD, b"X-Any: " + WORD, target=b"/cgi/get?a=%s#b" % WORD
    )
    head = privacy.without_secrets(overheard(sent + sent, answer()))
    assert head.sent == b"GET /cgi/get HTTP/1.1\r\nHost: cam\r\nUser-Agent: Cam/1.0\r\n\r\n" * 2


@pytest.mark.parametrize(
    ("target", "left"),
    [
        (b"/user=admin&password=%s&channel=1" % WORD, b"/"),
        (b"/a/b=%s/c" % WORD, b"/a/"),
        (b"http://n:%s@cam/a" % WORD, b"http://*************@cam/a"),
        (b"http://n:p@s/%s@cam/a" % WORD, b"http://*****************@cam/a"),
        (b"//n:%s@cam/a" % WORD, b"//*************@cam/a"),
        (b"/p%%61ssword%%3D%s/x" % WORD, b"/"),
        (b"/x%%3f%s" % WORD, b"/"),
        (b"/x%%253f%s" % WORD, b"/"),
        (b"/a/pass/%s/x" % WORD, b"/a/pass/"),
        (b"/a/p%%61ss/%s/x" % WORD, b"/a/p%61ss/"),
        (b"/a/user,pwd,%s" % WORD, b"/a/"),
        (b"/doc/password.html", b"/doc/password.html"),
        (b"rtsp://cam:554//live/1", b"rtsp://cam:554//live/1"),
    ],
)
def test_a_path_that_has_the_form_of_a_query_ends_before_it(target: bytes, left: bytes) -> None:
    head = privacy.without_secrets(overheard(request(target=target), answer()))
    assert head.sent.split(b" ")[1] == left


def test_what_a_browser_says_of_itself_has_no_query() -> None:
    sent = request(b"User-Agent: Cam/1.0 (http://cam/x?%s rtsp://n:p@s/%s@h)" % (WORD, WORD))
    assert WORD not in kept(sent, answer())
    assert b"Cam/1.0 (http://cam/x?" in kept(sent, answer())


def test_a_body_that_follows_no_request_line_is_not_kept() -> None:
    assert privacy.without_secrets(overheard(b"pin=%s\r\n\r\n" % WORD + request(), answer())).sent == b""


def test_whoever_logs_in_is_answered_in_private_and_the_head_and_title_stay() -> None:
    page = b"<html><title>Front</title><b>%s</b></html>" % WORD
    seen = dispatch_stream(overheard(request(b"Authorization: Basic eA=="), answer(page)), collector="c", site="s")
    assert isinstance(seen, Observation)
    assert (seen.values("http.server"), seen.values("http.title")) == (("Cam",), ("Front",))
    assert WORD not in seen.raw
    assert WORD.decode() not in str(seen.fields)


def test_whoever_does_not_is_answered_in_public() -> None:
    page = b"<html><title>Front</title><b>welcome</b></html>"
    assert kept(request(), answer(page)).endswith(page)


@pytest.mark.parametrize("via", [Via.ACTIVE, Via.IMPORT])
@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (WORD, (b"Content-Type: image/jpeg",)),
        (WORD, (b"Content-Type: video/mp4",)),
        (WORD, (b"Content-Type: multipart/x-mixed-replace; boundary=b",)),
        (b"\xff\xd8\xff" + WORD, (b"Content-Type: text/html",)),
        (b"\0\0\0\x18ftyp" + WORD, ()),
        (gzip.compress(b"\x89PNG" + WORD, mtime=0), (b"Content-Encoding: gzip",)),
    ],
)
def test_of_a_picture_that_a_device_hands_us_the_head_alone_is_kept(via: Via, body: bytes, lines: tuple[bytes, ...]) -> None:
    raw = kept(request(target=b"/desc.xml"), answer(body, *lines), via=via)
    assert b"\r\n\r\nHTTP/1.1 200" in raw
    assert body not in raw
    assert WORD not in raw


def test_a_picture_behind_another_answer_to_us_is_not_kept_either() -> None:
    first, picture = answer(b"<title>Front</title>"), answer(WORD, b"Content-Type: image/jpeg")
    raw = kept(request(), first + picture, via=Via.ACTIVE)
    assert b"<title>Front</title>" in raw
    assert WORD not in raw


def test_what_we_ask_ourselves_is_answered_to_us() -> None:
    page = b"<DeviceInfo>%s</DeviceInfo>" % WORD
    assert page in kept(request(b"Authorization: Basic eA=="), answer(page), via=Via.ACTIVE)
    assert page not in kept(request(b"Authorization: Basic eA=="), answer(page.replace(b"Info", b"Else")))


@pytest.mark.parametrize("coding", [b"Transfer-Encoding: chunked", b"Content-Encoding: gzip"])
def test_a_private_body_in_a_coding_is_left_out(coding: bytes) -> None:
    assert b"Front" not in kept(request(b"Cookie: a=b"), answer(b"<title>Front</title>", coding))


def test_device_information_stays_although_it_was_told_in_private() -> None:
    body = b"<s:Envelope><GetDeviceInformationResponse><Model>A1</Model></GetDeviceInformationResponse></s:Envelope>"
    asked = request(verb=b"POST", body=b"<Password>%s</Password>" % WORD, target=b"/onvif/device_service")
    assert body in kept(asked, answer(body))


@pytest.mark.parametrize("scheme", ["sent", "decoded", "escaped"])
def test_an_answer_that_quotes_a_secret_has_it_blanked(scheme: str) -> None:
    word = b"a&b" + WORD
    pair = b64encode(b"person:" + word)
    quoted = {"sent": pair, "decoded": word, "escaped": b"a&amp;b" + WORD}[scheme]
    assert quoted not in kept(request(b"Authorization: Basic " + pair), answer(b"", b"X-Echo: " + quoted))


@pytest.mark.parametrize("quoted", [b"Zx%2bab&c", b"Zx+ab", b"Zx ab"])
def test_a_form_whose_names_are_coded_is_a_login_and_what_quotes_it_is_blanked(quoted: bytes) -> None:
    form = b"passw%%6frd=%s" % b"Zx%2bab" if b"+" in quoted or b"%" in quoted else b"passw%6frd=Zx+ab"
    page = answer(b"<title>no %s</title><b>%s</b>" % (quoted.partition(b"&")[0], WORD))
    both = kept(request(b"Content-Length: %d" % len(form), verb=b"POST", target=b"/login", body=form), page)
    assert quoted.partition(b"&")[0] not in both
    assert WORD not in both
    assert b"<title>no *" in both


def test_common_words_are_no_secrets() -> None:
    told = answer(b"<title>admin page</title>", b"Location: /admin/")
    both = kept(request(b"Authorization: Basic " + b64encode(b"admin:" + WORD)), told)
    assert b"/admin/" in both
    assert b"admin page" in both


def test_no_more_answers_are_kept_than_there_were_requests() -> None:
    one, two = answer(b"<p>one</p>"), answer(b"<p>%s</p>" % WORD)
    assert WORD not in kept(request(), one + two)
    assert WORD in kept(request() + request(), one + two)


@pytest.mark.parametrize(
    "body",
    [
        b"<User><userName>admin</userName><password>%s</password></User>",
        b"1:admin:%s:1:CtrPanel:Account",
        b"root:%s:0:0:root:/:/bin/sh\n",
        b"\x89\x10\x44%s\0\0\xff",
        b"YWRtaW46%s==\n",
        b'{"user":"admin","pwd":"%s"}',
        b'<html><title>A</title><input type="password" name="pw" value="%s"></html>',
        b'<script>var loginpass="%s";</script>',
        b"root.Network.Wifi.Psk=%s\nroot.Brand.ProdNbr=A1\n",
        b"<Uri>rtsp://10.20.0.64/user=admin&amp;password=%s/1</Uri>",
        b"<Uri>rtsp://10.20.0.64/1?any=%s</Uri>",
        b"<a><p:Password>%s</p:Password></a>",
    ],
)
@pytest.mark.parametrize("coding", ["plain", "chunks", "gzip", "gzip in chunks"])
def test_a_page_for_everybody_keeps_no_secret_that_it_names_and_no_list_without_names(body: bytes, coding: str) -> None:
    told = body % WORD
    page = gzip.compress(told, mtime=0) if "gzip" in coding else told
    middle = page.find(WORD) + 4 if WORD in page else len(page) // 2
    lines = [b"Content-Encoding: gzip"] if "gzip" in coding else []
    whole = answer(page, *lines)
    if "chunks" in coding:
        parts = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (page[:middle], page[middle:], b""))
        head = b"".join(line + b"\r\n" for line in (b"HTTP/1.1 200 OK", b"Server: Cam", *lines, b"Transfer-Encoding: chunked"))
        whole = head + b"\r\n" + parts
    seen = dispatch_stream(overheard(request(), whole), collector="c", site="s")
    assert isinstance(seen, Observation)
    assert seen.values("http.server") == ("Cam",)
    assert WORD.decode() not in str(seen.fields)
    assert WORD not in seen.raw
    again = dispatch_stream(overheard(b"GET / HTTP/1.1\r\n\r\n", seen.raw), collector="c", site="s")
    assert isinstance(again, Observation)
    assert WORD.decode() not in str(again.fields)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><title>User login: Cam</title><b>welcome</b></html>",
        b'{"Brand":"AXIS","ProdNbr":"A1"}',
        b"hardware:=Canon VB-C60\nfirmware:=1.2\n",
        b"system_modelname='A1'\n",
        b"'deviceType': 'A1', 'WebVersion':'3.1'\n",
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_page_for_everybody_says_what_it_said(body: bytes, packed: bool) -> None:
    whole = answer(gzip.compress(body, mtime=0), b"Content-Encoding: gzip") if packed else answer(body)
    seen = dispatch_stream(overheard(request(), whole), collector="c", site="s")
    assert isinstance(seen, Observation)
    assert seen.values("http.body") == (body.decode(),)


@pytest.mark.parametrize(
    "body",
    [
        b'<a href="/v?%s">',
        b"<img src='/v?%s'>",
        b"<form action=/v?%s>",
        b'<a href="/v?u=rtsp%%3A%%2F%%2Fa%%3Ab%%40h%%2F%%3F%s">',
        b'<meta http-equiv="refresh" content="0;url=/x?%s">',
        rb'{"u":"http:\/\/h\/x?%s"}',
        b'{"href":"/x?%s"}',
        b"<script>x='http%%3A%%2F%%2Fh%%2Fx%%3F%s'</script>",
    ],
)
def test_of_a_page_no_query_is_left_wherever_it_leads(body: bytes) -> None:
    both = kept(request(), answer(b"<p>A1</p>" * (body[:1] == b"<") + body % WORD))
    assert WORD not in both
    assert body[:1] == b"{" or b"<p>A1</p>" in both


def test_what_comes_behind_a_secret_in_json_can_be_read() -> None:
    body = b'{"of":"A1","token":["a",{"b":"c"}],"wifiPass":"x","model":"A1 @ 2?","psk":{"value":"y"},"n":1}'
    told = json.loads(kept(request(), answer(body)).rpartition(b"\r\n\r\n")[2])
    assert (told["model"], told["n"]) == ("A1 @ 2?", 1)


def test_the_title_of_a_page_stays_behind_a_line_with_a_secret() -> None:
    body = b"<html>\n<script>\nadmin_passwd=a;%s</script><title>Front</title>" % WORD
    seen = dispatch_stream(overheard(request(), answer(body)), collector="c", site="s")
    assert isinstance(seen, Observation)
    assert seen.values("http.title") == ("Front",)
    assert WORD not in seen.raw


def test_an_error_says_why_and_names_no_secret() -> None:
    assert b"not found here" in kept(request(), answer(b"not found here", status=b"404 Not Found"))
    assert WORD not in kept(request(), answer(b"no password=%s" % WORD, status=b"404 Not Found"))


@pytest.mark.parametrize("sent", [b"", b"ization: Bearer x\r\n\r\n", b"x: 1\r\n\r\n"])
def test_an_answer_whose_request_was_not_heard_is_one_to_somebody_who_logged_in(sent: bytes) -> None:
    both = kept(sent, answer(b"<title>Front</title><b>%s</b>" % WORD))
    assert b"<title>Front</title>" in both
    assert WORD not in both


@pytest.mark.parametrize(
    "line",
    [
        b"Location: /x?sessionKey=%s&u=%s",
        b"Location: http://cam/x?a=%s",
        b"Content-Base: rtsp://cam/x?a=%s",
        b"Content-Base: rtsp://n:p@s/%s@cam/x",
        b"Location: rtsp://n:p@s/%s@cam/x",
        b"Referer: /x?%s",
        b"X-Forwarded-Uri: /x?%s",
        b"X-User-Pass: a %s",
        b"Set-Cookie: lang=en; path=/, AIROS_1=%s",
        b"X-Any-Key: %s",
        b"X-Any-Ticket: %s",
    ],
)
def test_of_an_answer_no_query_and_no_key_is_left(line: bytes) -> None:
    assert WORD not in kept(request(), answer(b"", line.replace(b"%s", WORD)))
    assert WORD not in kept(request(b"Cookie: a=b"), answer(b"", line.replace(b"%s", WORD)))


def test_whoever_stands_before_a_host_is_not_kept() -> None:
    sent = b"GET /x HTTP/1.1\r\nHost: name:%s@cam:80\r\n\r\n" % WORD
    assert privacy.without_secrets(overheard(sent, answer())).sent == b"GET /x HTTP/1.1\r\nHost: cam:80\r\n\r\n"


def test_an_answer_that_quotes_what_was_sent_in_another_coding_has_it_blanked() -> None:
    body = f"<Password>{WORD.decode()}</Password>".encode("utf-16")
    assert WORD not in kept(request(verb=b"POST", body=body), answer(b"<title>no %s</title>" % WORD))


def test_an_answer_that_quotes_an_unnamed_query_has_it_blanked_inside_a_coding() -> None:
    page = gzip.compress(b"<p>no page for any=%s</p>" % WORD, mtime=0)
    sent = request(target=b"/x?any=%s" % WORD)
    seen = dispatch_stream(overheard(sent, answer(page, b"Content-Encoding: gzip")), collector="c", site="s")
    assert isinstance(seen, Observation)
    assert "no page" in str(seen.fields)
    assert WORD.decode() not in str(seen.fields)


def test_no_picture_is_taken_for_an_icon() -> None:
    for target, kind in ((b"/favicon.ico", b"text/plain"), (b"/snap.cgi", b"image/x-icon")):
        assert WORD not in kept(request(target=target), answer(WORD, b"Content-Type: " + kind))
    assert b"\x89PNG" + WORD in kept(request(target=b"/favicon.ico"), answer(b"\x89PNG" + WORD))


def test_what_follows_a_change_of_protocol_is_not_kept() -> None:
    assert WORD not in kept(request(b"Upgrade: websocket"), b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n" + WORD)


@pytest.mark.parametrize(
    "kind",
    [b"image/jpeg", b"Multipart/x-mixed-replace;boundary=x", b"video/mp4", b"audio/basic", b"application/x-rtsp-tunnelled"],
)
def test_what_a_camera_saw_is_not_kept_although_nobody_logged_in(kind: bytes) -> None:
    told = answer(WORD, b"Content-Type: " + kind)
    assert WORD not in kept(request(target=b"/snap.cgi?n=1"), told)
    assert b"Server: Cam" in kept(request(target=b"/snap.cgi?n=1"), told)


def test_an_icon_is_kept() -> None:
    assert WORD in kept(request(target=b"/favicon.ico"), answer(WORD, b"Content-Type: image/x-icon"))
