"""Secrets are blanked in any text, wherever they stand: same length, and every other word stays."""

from __future__ import annotations

import pytest

from camscan.codecs import secrets
from tests.codecs.conversations import WORD


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
