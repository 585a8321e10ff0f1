"""Hikvision firmware: own labels, relabels, a recorder, and the shy ones. Replies as public descriptions of units quote them."""

from __future__ import annotations

from tests.lab.device import Device
from tests.lab.simulators.arp_only import ArpOnly
from tests.lab.simulators.favicon import icon_with_hash
from tests.lab.simulators.http import Http, Page, html, refused
from tests.lab.simulators.raw_banner import RawBanner
from tests.lab.simulators.rtsp import Rtsp
from tests.lab.simulators.sadp import Sadp
from tests.lab.simulators.tls import Certificate
from tests.lab.simulators.wsd import Wsd, onvif_scopes

SDK = RawBanner(port=8000)
FAVICON = 999357577
RTSP_DATE = " %a, %b %d %Y %H:%M:%S GMT"
"""This firmware puts two blanks after the colon and writes the month first."""

CERTIFICATE = Certificate(
    subject=(
        ("C", "CN"),
        ("ST", "ZheJiang"),
        ("L", "HangZhou"),
        ("O", "HIKVISION"),
        ("OU", "DVRNVR"),
        ("CN", "www.hikvision.com"),
    ),
    serial=0x5C1F,
)


def rtsp(realm: str) -> Rtsp:
    """Return the stream server: OPTIONS open, DESCRIBE refused with Digest and Basic."""
    return Rtsp(
        challenges=(f'Digest realm="{realm}", nonce="{{nonce}}", stale="FALSE"', f'Basic realm="{realm}"'),
        date=RTSP_DATE,
    )


def pages(realm: str, server: str | None, title: str = "", *, icon: int | None = FAVICON) -> dict[str, Page]:
    """Return the web pages: script redirect to the login page, ISAPI behind a challenge, activation state for anybody."""
    lines: tuple[str, ...] = () if server is None else (f"Server: {server}",)
    lines += ("X-Frame-Options: SAMEORIGIN", "X-Content-Type-Options: nosniff", "ETag: 2147483647", "X-XSS-Protection: 1")
    front = html(title, '<script>window.location.href="/doc/page/login.asp?_"+(new Date()).getTime();</script>')
    refusal = refused(
        f'Digest qop="auth", realm="{realm}", nonce="00000000000000000000000000000000", stale="FALSE"',
        f'Basic realm="{realm}"',
        lines=lines,
    )
    state = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ActivateStatus version="2.0" '
        'xmlns="http://www.hikvision.com/ver20/XMLSchema"><Activated>true</Activated></ActivateStatus>\n'
    )
    served = {
        "/": Page(lines=(*lines, "Content-Type: text/html"), body=b"\xef\xbb\xbf" + front),
        "/doc/page/login.asp": Page(lines=(*lines, "Content-Type: text/html"), body=html(title)),
        "/ISAPI/*": refusal,
        "/SDK/activateStatus": Page(lines=(*lines, "Content-Type: application/xml"), body=state.encode()),
    }
    if icon is not None:
        served["/favicon.ico"] = Page(lines=(*lines, "Content-Type: image/x-icon"), body=icon_with_hash(icon))
    return served


def wsd(mac: str, hardware: str, name: str) -> Wsd:
    """Return the ONVIF discovery of this firmware: the MAC stands in a scope and in the endpoint's last twelve digits."""
    scopes = (
        "type/video_encoder",
        "Profile/Streaming",
        f"MAC/{mac}",
        f"hardware/{hardware}",
        f"name/{name}",
        "location/city/hangzhou",
    )
    return Wsd(
        scopes=onvif_scopes(*scopes),
        endpoint=f"urn:uuid:cea94000-fb96-11b3-8260-{mac.replace(':', '')}",
        xaddrs=("http://{ip}/onvif/device_service",),
        soap="env",
        version=10,
    )


DEVICES = (
    Device(
        name="hikvision-dome",
        mac="44:19:b6:10:00:11",
        ip="10.20.0.11",
        services=(
            Sadp(
                model="DS-2CD2143G2-I", serial="DS-2CD2143G2-I20230411AAWR000000011", firmware="V5.7.12build 230801", copies=2
            ),
            wsd("44:19:b6:10:00:11", "DS-2CD2143G2-I", "HIKVISION%20DS-2CD2143G2-I"),
            Http(pages=pages("IP Camera(C2183)", "webserver")),
            Http(port=443, pages=pages("IP Camera(C2183)", "webserver"), tls=CERTIFICATE),
            rtsp("IP Camera(C2183)"),
            SDK,
        ),
    ),
    Device(
        name="ezviz-indoor",
        mac="0c:a6:4c:10:00:12",
        ip="10.20.0.12",
        services=(
            Sadp(model="CS-C6N-A0-1C2WFR", serial="CS-C6N-A0-1C2WFR20210820AAWR000000012", firmware="V5.3.0build 210731"),
            SDK,
        ),
    ),
    Device(
        name="hilook-bullet",
        mac="c0:56:e3:10:00:13",
        ip="10.20.0.13",
        services=(
            Sadp(model="HWI-B140H", serial="HWI-B140H20220105AAWR000000013", firmware="V5.5.83build 190221", needs_probes=2),
            wsd("c0:56:e3:10:00:13", "HWI-B140H", "HILOOK%20HWI-B140H"),
            Http(pages=pages("IP Camera(AX598)", "App-webs/", "HiLook")),
            rtsp("IP Camera(AX598)"),
            SDK,
        ),
    ),
    Device(
        name="lts-dome",
        mac="2c:a5:9c:10:00:31",
        ip="10.20.0.31",
        services=(
            Sadp(model="CMIP3342W-28M", serial="CMIP3342W-28M20190612AAWR000000031", firmware="V5.5.52build 180821", oem="LTS"),
            wsd("2c:a5:9c:10:00:31", "CMIP3342W-28M", "LTS%20CMIP3342W-28M"),
            Http(pages=pages("IP Camera(21388)", "App-webs/", "LTS")),
            rtsp("IP Camera(21388)"),
            SDK,
        ),
    ),
    Device(
        name="annke-turret",
        mac="d0:3b:f4:10:00:32",
        ip="10.20.0.32",
        services=(
            wsd("d0:3b:f4:10:00:32", "C500", "ANNKE%20C500"),
            Http(pages=pages("IP Camera(J2914)", "App-webs/", "ANNKE")),
            Http(port=443, pages=pages("IP Camera(J2914)", "App-webs/", "ANNKE"), tls=CERTIFICATE),
            rtsp("IP Camera(J2914)"),
            SDK,
        ),
    ),
    Device(
        name="truvision-bullet",
        mac="48:78:5b:10:00:33",
        ip="10.20.0.33",
        services=(
            Sadp(model="TVB-5602", serial="TVB-560220180302AAWR000000033", firmware="V5.5.4build 180104", oem="Interlogix"),
            Http(pages=pages("IP Camera(33561)", "Interlogix-Webs", "TruVision", icon=None)),
            rtsp("IP Camera(33561)"),
            SDK,
        ),
    ),
    Device(
        name="hikvision-recorder",
        mac="bc:ad:28:10:00:35",
        ip="10.20.0.35",
        services=(
            Sadp(
                model="DS-7608NI-K2/8P",
                serial="DS-7608NI-K2/8P0820200115CCRR000000035WCVU",
                firmware="V4.30.005build 200628",
                device_type=140063,
                digital_channels=8,
            ),
            Http(pages=pages("Embedded Net DVR", "DNVRS-Webs")),
            rtsp("Embedded Net DVR"),
            SDK,
        ),
    ),
    Device(
        name="hikvision-factory-address",
        mac="a4:14:37:10:00:64",
        ip="192.168.1.64",
        services=(
            Sadp(
                model="DS-2CD1043G0-I",
                serial="DS-2CD1043G0-I20210311AAWR000000064",
                firmware="V5.5.84build 200309",
                activated=False,
            ),
            Http(pages=pages("IP Camera(E1193)", "webserver")),
            SDK,
        ),
    ),
    Device(name="silent-hikvision", mac="98:8b:0a:10:00:40", ip=None, services=(ArpOnly(ip="10.20.0.40"),)),
    Device(
        name="sadp-only",
        mac="54:c4:15:10:00:41",
        ip="10.20.0.41",
        services=(
            Sadp(model="DS-2DE4225IW-DE", serial="DS-2DE4225IW-DE20200519AAWR000000041", firmware="V5.6.11build 200422"),
        ),
    ),
)
