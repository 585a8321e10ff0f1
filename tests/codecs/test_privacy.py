"""What is kept of connections and messages of others: same length, no secrets, and the words that say who a device is."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.codecs import banner, privacy, secrets
from camscan.codecs.dissect import Dissection
from camscan.codecs.outcome import Undecoded
from camscan.codecs.registry import DATAGRAM_CODECS, dispatch_client, dispatch_datagram, dispatch_frame, dispatch_stream
from camscan.model import Endpoint, Frame, Observation, StreamHead, Via
from tests import factories, planted

WORD = b"Zx~sesame!9"


def overheard(sent: bytes, received: bytes, *, port: int = 80, via: Via = Via.PCAP, from_start: bool = False) -> StreamHead:
    return factories.stream_head(received, sent=sent, server=Endpoint("10.20.0.64", port), via=via, from_start=from_start)


def kept(sent: bytes, received: bytes, **changes: object) -> bytes:
    head = privacy.without_secrets(overheard(sent, received, **changes))  # type: ignore[arg-type]
    return head.sent + head.received


def request(*lines: bytes, target: bytes = b"/x", verb: bytes = b"GET", body: bytes = b"") -> bytes:
    return (
        verb + b" " + target + b" HTTP/1.1\r\n" + b"".join(line + b"\r\n" for line in (b"Host: cam", *lines)) + b"\r\n" + body
    )


def answer(body: bytes = b"", *lines: bytes, status: bytes = b"200 OK") -> bytes:
    head = b"".join(line + b"\r\n" for line in (b"Server: Cam", *lines, b"Content-Length: %d" % len(body)))
    return b"HTTP/1.1 " + status + b"\r\n" + head + b"\r\n" + body


@pytest.mark.parametrize(
    "raw",
    [
        b"http://name:%s@10.20.0.64/x",
        b"rtsp://%s@10.20.0.64",
        b"rtsp://name:pass/%s@10.20.0.64/x",
        b"x http://10.20.0.1/?u=http://name:%s@10.20.0.64",
        b"/get?user=%s&n=1",
        b"/get?Password=%s",
        b"/get?n=1%%26pwd%%3D%s",
        b'{"passwd": "%s"}',
        b'{"PassWord":"a \\" %s", "n": 1}',
        b'"params":"{\\"userPwd\\":\\"%s\\"}"',
        b"<wsse:Username>%s</wsse:Username>",
        b'<Password Type="x">%s</Password>',
        b"<a:Nonce\n>%s",
        b"wifi_psk = %s",
        b"var loginpass='%s';",
        b"Authorization: Digest x=%s\r\n",
        b"X-Api-Key:%s",
        b"Cookie: a=b; c=%s",
        b"Cookie: %s",
        b"Set-Cookie: a=%s; Path=/",
        b"Authorization:\r\n %s\r\nHost: x",
        b"X-Any-Key: %s",
        b"X-Access-Ticket: %s\r\n",
        b"http://10.20.0.64/d.xml?pw=%s",
        b'<input type="password" name="pw" value="%s">',
        b"<input value='%s' name=wifi_password>",
        b'<param name="admin_passwd" value="%s"/>',
        b'{"pwd":"%s"}',
        b'{"wifi":{"psk":"%s"}}',
        b"Server: Linux UPnP/1.0 password=%s",
        b"onvif://www.onvif.org/password/%s onvif://www.onvif.org/type/x",
        rb'{"url":"rtsp:\/\/admin:%s@10.20.0.64\/s"}',
        b'<a href="/v?u=rtsp%%3A%%2F%%2Fadmin%%3A%s%%40h">',
        b"rtsp://admin:p@ss/%s@10.20.0.64/s",
        b"rtsp://admin:1234/%s@h",
        b"rtsp://it's:%s@h/",
        b'src="//admin:%s@10.20.0.64/s"',
        b"//admin:%s@10.20.0.64",
        b"User-Agent: Cam (admin:%s@10.20.0.64)",
        b"rtsp://" + b"x" * 3000 + b":%s@h",
        b"root.Network.AdminPassword=ab&%s\n",
        b"AdminPassword=ab,%s",
        b"x=1\nAdminPassword=ab;%s\n",
        b"var password = ab %s\n",
        b"<c><password><![CDATA[ab<%s]]></password></c>",
        b"<c><password><!-- x -->%s</password></c>",
        b"<c><Password><value>%s</value></Password></c>",
        b"<c><Password><value>ab</value><value>%s</value></Password></c>",
        b"<c><username><![CDATA[%s]]></username></c>",
        b'<c><param name="password">%s</param></c>',
        b'<textarea rows="2" name="password">%s</textarea>',
        b"<dict><key>Password</key><string>%s</string></dict>",
        b"<tr><td>Password:</td> <td>%s</td></tr>",
        b'{"name":"admin_password","value":"%s"}',
        b'{"value":"%s", "name":"admin_password"}',
        b'{"password":["a","%s"]}',
        b'{"password":{"value":"%s","n":[{}]}}',
        b'{"password":\n  "%s"}',
        b'{"password"=>"%s"}',
        b'<script>var password = unescape("%s");</script>',
        b"<script>loginpass=new Array('a','%s');</script>",
        b"ftp_pass=%s",
        b"ddns_pass=%s",
        b'{"wifiPass":"%s"}',
        b"Mail.Pass=%s",
        b"admin_pw=%s",
        b"smtpPass2=%s",
        b"wifi_key=%s",
        b"<wpaKey>%s</wpaKey>",
        b'{"credential":"%s"}',
        b"ftp_user=%s",
        b'{"password":"' + b"x" * 3000 + b'%s"}',
        b"x&password=" + b"x" * 3000 + b"%s&y",
        b'<input type="password" title="a>b" class="' + b"x" * 600 + b'" value="%s">',
        b'{"password' + b"x" * 80 + b'":"%s"}',
        b"password='it's %s'",
        b"X-User-Pass: %s",
        b"X-Password: a %s\r\n",
        b"X-" + b"Very-" * 12 + b"Long-Token: %s",
        b"Set-Cookie: lang=en; path=/, AIROS_1=%s; path=/",
        b"Set-Cookie: lang=en; expires=Wed, 09 Jun 2027 10:18:14 GMT; path=/, AIROS_1=%s",
        b"Set-Cookie: path=%s",
    ],
)
def test_a_secret_is_blanked_wherever_it_stands_and_nothing_moves(raw: bytes) -> None:
    message = raw % WORD
    cut = secrets.cut(message)
    assert WORD not in cut
    assert len(cut) == len(message)
    assert any(WORD in value for value in secrets.values(message))


@pytest.mark.parametrize(
    "raw",
    [
        b"http://10.20.0.64:8080/a@b",
        b"http://[fd00:20::64]:80/a@b",
        b'WWW-Authenticate: Digest realm="IPC", nonce="abc"',
        b"<DeviceType>1</DeviceType><SupportNonce/>",
        b'<input type="password" name="password" value="">',
        b'<option value="3">three</option>',
        b"User-Agent: Cam/1.0\r\nServer: Cam",
        b"mail to a@b.example",
        b"mailto:a@b.example",
        b"<Password/><Model>A1</Model>",
        b"users: 3",
        b"bypass=A1 compass=A1 passive=A1 monkey=A1",
        b'{"productKey":"A1","Keyboard":"A1"}',
        b"Set-Cookie: a=; expires=Wed, 09 Jun 2027 10:18:14 GMT; path=/; HttpOnly",
        b"password=\nmodel=A1\n",
        b"<td>Password</td><td><input></td><td>A1</td>",
        b'for(i=0;i<names.length;i++){x="A1"}',
        b"<sidebar>\n <Model>A1</Model></sidebar>",
        b'"http://10.20.0.64/npm/vue@2"',
    ],
)
def test_other_words_stay(raw: bytes) -> None:
    assert secrets.cut(raw) == raw


def test_text_in_utf_16_with_a_secret_is_not_kept_at_all() -> None:
    assert secrets.cut(f"<Password>{WORD.decode()}</Password>".encode("utf-16")) == b""
    assert secrets.cut("<Model>A1</Model>".encode("utf-16")) != b""


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


def test_a_description_of_a_stream_keeps_no_query() -> None:
    body = b"v=0\r\ns=Media\r\na=control:rtsp://cam/x?any=%s\r\n" % WORD
    told = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    both = kept(b"DESCRIBE rtsp://cam/x RTSP/1.0\r\nCSeq: 1\r\n\r\n", told, port=554)
    assert WORD not in both
    assert b"s=Media" in both


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


def test_what_follows_a_change_of_protocol_is_not_kept() -> None:
    assert WORD not in kept(request(b"Upgrade: websocket"), b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n" + WORD)


def test_media_behind_the_answers_of_rtsp_are_not_kept() -> None:
    told = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\nRTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 4\r\n\r\nv=0\n$\0\0\x10" + WORD
    sent = b"OPTIONS rtsp://cam/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    assert kept(sent, told, port=554).endswith(b"CSeq: 2\r\nContent-Length: 4\r\n\r\nv=0\n")


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
