"""Dahua firmware: own labels, relabels, a recorder. Replies as public descriptions of units quote them."""

from __future__ import annotations

from datetime import date

from tests.lab.device import Device
from tests.lab.simulators.dhip import Dhip
from tests.lab.simulators.favicon import icon_with_hash
from tests.lab.simulators.http import Http, Page, refused
from tests.lab.simulators.raw_banner import RawBanner
from tests.lab.simulators.rtsp import Rtsp
from tests.lab.simulators.tls import Certificate
from tests.lab.simulators.wsd import Wsd, onvif_scopes

SDK = RawBanner(port=37777)
FAVICON = 2019488876
PUBLIC = "OPTIONS, DESCRIBE, ANNOUNCE, SETUP, PLAY, RECORD, PAUSE, TEARDOWN, SET_PARAMETER, GET_PARAMETER"

FRONT = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\n'
    '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{title}</title></head><body>'
    '<input id="t_username"/><select id="slct_userType"></select>'
    '<script>var version="@WebVersion@";rpc("/RPC2_Login",{{"method":"global.login"}},"com.ErrorAuthorizeReloginTip");</script>'
    "{more}</body></html>\n"
)


def certificate(common_name: str) -> Certificate:
    """Return a factory certificate of the maker's product root."""
    return Certificate(
        subject=(("C", "CN"), ("ST", "ZHEJIANG"), ("L", "HANGZHOU"), ("O", "DAHUA"), ("OU", "DAHUATECH"), ("CN", common_name)),
        issuer=(("C", "CN"), ("ST", "ZheJiang"), ("L", "HangZhou"), ("O", "DahuaTech"), ("CN", "Product Root CA")),
        not_before=date(2019, 7, 3),
        not_after=date(2029, 6, 30),
        serial=0x0A,
    )


def rtsp(serial: str, server: str | None = None) -> Rtsp:
    """Return the stream server: the realm tells the serial, already to OPTIONS."""
    return Rtsp(
        challenges=(f'Digest realm="Login to {serial}", nonce="{{nonce}}"',), server=server, public=PUBLIC, options_open=False
    )


def pages(serial: str, title: str = "WEB SERVICE", more: str = "") -> dict[str, Page]:
    """Return the web pages: no Server header, capital header names, a byte order mark, CGI behind a challenge."""
    capitals = (
        "CONNECTION: close",
        "Date: {date}",
        'Etag: "1722917735:2002"',
        "CONTENT-LENGTH: {length}",
        "P3P: CP=CAO PSA OUR",
    )
    lines = (*capitals, "CACHE-CONTROL: max-age=0", "Content-type: text/html")
    refusal = refused(
        f'Digest realm="Login to {serial}", qop="auth", nonce="000000000", opaque="0000000000000000000000000000000000000000"',
        lines=("CONNECTION: close", "CONTENT-LENGTH: {length}"),
    )
    return {
        "/": Page(lines=lines, body=b"\xef\xbb\xbf" + FRONT.format(title=title, more=more).encode()),
        "/cgi-bin/*": refusal,
        "/favicon.ico": Page(lines=lines, body=icon_with_hash(FAVICON)),
    }


def wsd(endpoint: str, hardware: str, name: str, country: str = "china") -> Wsd:
    """Return the ONVIF discovery of this firmware, whose scope set survives relabelling."""
    scopes: tuple[str, ...] = (f"location/country/{country}", f"name/{name}", f"hardware/{hardware}", "Profile/Streaming")
    scopes += ("type/Network_Video_Transmitter", "extension/unique_identifier")
    return Wsd(scopes=onvif_scopes(*scopes), endpoint=f"uuid:{endpoint}", soap="s")


DEVICES = (
    Device(
        name="dahua-bullet",
        mac="3c:ef:8c:10:00:14",
        ip="10.20.0.14",
        services=(
            Dhip(model="IPC-HFW2431S-S-S2", device_class="IPC", serial="6H00000PAG00014", version="2.800.0000000.16.R"),
            wsd("3fa1fe68-b915-4053-a3e1-3cef8c100014", "IPC-HFW2431S-S-S2", "Dahua"),
            Http(pages=pages("6H00000PAG00014")),
            Http(port=443, pages=pages("6H00000PAG00014"), tls=certificate("10.20.0.14")),
            rtsp("6H00000PAG00014"),
            SDK,
        ),
    ),
    Device(
        name="imou-ranger",
        mac="30:24:50:10:00:15",
        ip="10.20.0.15",
        services=(
            Dhip(
                model="IPC-A22E-Imou",
                device_class="IPC",
                serial="7J00000PAM00015",
                version="2.680.0000000.25.R",
                vendor="Imou",
                manufacturer="Imou",
            ),
            rtsp("7J00000PAM00015"),
            SDK,
        ),
    ),
    Device(
        name="amcrest-bullet",
        mac="9c:8e:cd:10:00:28",
        ip="10.20.0.28",
        services=(
            Dhip(
                model="IP8M-2496EB",
                device_class="IPC",
                serial="AMC00028AAAAA00028",
                version="2.800.00AC000.0.R",
                vendor="Amcrest",
                manufacturer="Amcrest",
            ),
            Http(pages=pages("AMC00028AAAAA00028", "Amcrest", "<!-- Amcrest Technologies LDAPUser -->")),
            Http(port=443, pages=pages("AMC00028AAAAA00028", "Amcrest"), tls=certificate("AMC00028AAAAA00028")),
            rtsp("AMC00028AAAAA00028", "Rtsp Server/2.0"),
            SDK,
        ),
    ),
    Device(
        name="lorex-dome",
        mac="00:1f:54:10:00:29",
        ip="10.20.0.29",
        services=(
            Dhip(
                model="LNB8973B",
                device_class="IPC",
                serial="ND000000000029",
                version="2.460.0001.5.R",
                vendor="LOREX",
                manufacturer="LOREX",
            ),
            Http(pages=pages("ND000000000029", "LOREX", '<object data="/LOREX_webplugin.exe" id="lorex_msg"></object>')),
            Http(port=443, pages=pages("ND000000000029", "LOREX"), tls=certificate("ND000000000029")),
            rtsp("ND000000000029"),
            SDK,
        ),
    ),
    Device(
        name="cp-plus-dome",
        mac="5c:35:48:10:00:30",
        ip="10.20.0.30",
        services=(
            wsd("0dd3a7b2-11c4-4e7a-9b3b-5c3548100030", "CP-UNC-DA21PL3-Y", "CPPLUS", "India"),
            Http(pages=pages("5L00000PAZ00030", "CPPLUS DVR –Web View")),
            rtsp("5L00000PAZ00030"),
            SDK,
        ),
    ),
    Device(
        name="dahua-recorder",
        mac="e0:50:8b:10:00:36",
        ip="10.20.0.36",
        services=(
            Dhip(
                model="DHI-NVR2108HS-8P-4KS2",
                device_class="NVR",
                serial="4M00000PAZ00036",
                version="4.001.0000000.0.R",
                video_inputs=0,
                remote_video_inputs=8,
                more={"HttpsPort": 443},
            ),
            Http(pages=pages("4M00000PAZ00036")),
            rtsp("4M00000PAZ00036", "Dahua Rtsp Server"),
            SDK,
        ),
    ),
    Device(
        name="dahua-onvif-off",
        mac="a0:bd:1d:10:00:39",
        ip="10.20.0.39",
        services=(
            Dhip(model="IPC-HDW1230T2", device_class="IPC", serial="8K00000PAJ00039", version="2.820.0000000.5.R"),
            Http(pages=pages("8K00000PAJ00039")),
            SDK,
        ),
    ),
    Device(
        name="dahua-hostile-name",
        mac="fc:5f:49:10:00:42",
        ip="10.20.0.42",
        services=(
            # Its owner named it so that careless programs obey: terminal escapes, a spreadsheet formula, markup, a text turned round.
            Dhip(
                model="IPC-HFW1230S1",
                device_class="IPC",
                serial="9A00000PAJ00042",
                version="2.800.0000000.1.R",
                name="=cmd|'/C calc'!A0\x1b]8;;http://198.51.100.9/\x07\x1b[2J[bold red]<script>alert(1)</script>\u202egnp.\r\nok",
            ),
            Http(pages=pages("9A00000PAJ00042", "\x1b[31m[link=http://198.51.100.9]WEB SERVICE<b>")),
            rtsp("9A00000PAJ00042"),
            SDK,
        ),
    ),
)
