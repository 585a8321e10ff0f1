"""Other makers of the People's Republic of China and of Hong Kong, and relabels of theirs."""

from __future__ import annotations

from datetime import date

from tests.lab.device import Device
from tests.lab.simulators.favicon import icon_with_hash
from tests.lab.simulators.http import Http, Page, html, refused
from tests.lab.simulators.onvif import PATH, OnvifDevice
from tests.lab.simulators.raw_banner import RawBanner
from tests.lab.simulators.rtsp import Rtsp
from tests.lab.simulators.tls import Certificate
from tests.lab.simulators.tplink import Tplink
from tests.lab.simulators.wsd import Wsd, onvif_scopes

HTML = "Content-Type: text/html"
TVT_GREETING = b"head" + bytes(60)
"""The media port (9008 on cameras, 6036 on recorders) speaks first: 64 bytes."""
TP_LINK_PUBLIC = "OPTIONS, DESCRIBE, SETUP, TEARDOWN, PLAY, GET_PARAMETER, SET_PARAMETER"
TP_LINK_DATE = "%a, %b %d %Y %H:%M:%S GMT"

UNIVIEW_REALM = "48ea63100016"
UNIVIEW_PAGES = {
    "/": Page(lines=(HTML,), body=html("IPC2122SR3-PF40", '<img src="/skin/default_1/images/logo.png"/>')),
    "/favicon.ico": Page(body=icon_with_hash(-1240222446)),
    "/LAPI/V1.0/System/DeviceInfo": refused(
        f'Digest realm="{UNIVIEW_REALM}", qop="auth", nonce="00000000000000000000000000000000"'
    ),
    # Any other path of this interface answers with a status of its own.
    "/LAPI/*": Page(
        status="599 Unknown",
        lines=("Content-Type: application/json",),
        body=b'{"Response":{"ResponseURL":"/LAPI/V1.0/","ResponseCode":3,"StatusString":"Not Supported","Data":"null"}}',
    ),
}

REOLINK_REFUSAL = b'[{"cmd" : "Unknown",\n"code" : 1,\n"error" : {"detail" : "please login first","rspCode" : -6}}]'


def tp_link_certificate(not_after: date) -> Certificate:
    """Return the self-signed certificate of TP-Link's cameras and hubs."""
    return Certificate(
        subject=(("C", "US"), ("O", "TPRI"), ("CN", "TPRI-DEVICE")),
        not_before=date(2001, 1, 1),
        not_after=not_after,
        key="rsa1024",
    )


def tp_link_rtsp(public: str) -> Rtsp:
    """Return the stream server of TP-Link's cameras."""
    realm = "TP-LINK IP-Camera"
    return Rtsp(
        challenges=(f'Digest realm="{realm}", nonce="{{nonce}}"', f'Basic realm="{realm}"'), public=public, date=TP_LINK_DATE
    )


DEVICES = (
    Device(
        name="uniview-dome",
        mac="48:ea:63:10:00:16",
        ip="10.20.0.16",
        services=(
            Wsd(
                scopes=onvif_scopes(
                    "type/video_encoder",
                    "Profile/Streaming",
                    "hardware/IPC2122SR3-PF40",
                    "name/Uniview%20IPC",
                    "location/Hangzhou",
                ),
                endpoint="urn:uuid:00030050-0001-1000-8000-48ea63100016",
            ),
            Http(pages=UNIVIEW_PAGES),
            Http(
                port=443,
                pages=UNIVIEW_PAGES,
                tls=Certificate(
                    subject=(("C", "CN"), ("ST", "ZheJiang"), ("O", "uniview"), ("OU", "uniview"), ("CN", "cn.uniview.com")),
                    issuer=(
                        ("C", "CN"),
                        ("ST", "ZheJiang"),
                        ("L", "HangZhou"),
                        ("O", "uniview"),
                        ("OU", "uniview"),
                        ("CN", "cn.uniview.com"),
                    ),
                    not_before=date(2018, 8, 28),
                    not_after=date(2021, 8, 27),
                ),
            ),
            Rtsp(challenges=(f'Digest realm="{UNIVIEW_REALM}", nonce="{{nonce}}", stale="FALSE"',)),
        ),
    ),
    Device(
        name="tiandy-bullet",
        mac="e4:e6:6c:10:00:17",
        ip="10.20.0.17",
        services=(
            Http(
                pages={
                    "/": Page(
                        lines=("Server: Boa/0.94.13", HTML),
                        body=html("Net Video Browser", '<link href="tdvideo.css"/><object id="Tiandyvideo"></object>'),
                    )
                },
                keep_alive=False,
                exclusive=True,
            ),
            Http(
                port=443,
                pages={"/": Page(lines=("Server: Boa/0.94.13", HTML), body=html("Net Video Browser"))},
                tls=Certificate(
                    subject=(("C", "CN"), ("ST", "Tianjin"), ("O", "Tiandy Tech"), ("CN", "dvr_ui")),
                    not_before=date(2015, 3, 2),
                ),
            ),
            Rtsp(challenges=('Basic realm="RTSP Server"',)),
            RawBanner(port=3001),
        ),
    ),
    Device(
        name="tvt-dome",
        mac="58:5b:69:10:00:18",
        ip="10.20.0.18",
        services=(
            Wsd(
                scopes=onvif_scopes(
                    "type/video_encoder", "Profile/Streaming", "hardware/TD-9544S3", "name/TVT", "manufacturer/TVT", "location/"
                ),
                endpoint="urn:uuid:5f5a69c2-e0ae-504f-829b-585b69100018",
            ),
            Http(
                pages={
                    "/": Page(lines=("Server: Cross Web Server", HTML), body=html("IPCamera Components Download")),
                    "/favicon.ico": Page(body=icon_with_hash(492290497)),
                }
            ),
            RawBanner(port=9008, greeting=TVT_GREETING),
        ),
    ),
    Device(
        name="provision-isr-recorder",
        mac="a0:e0:25:10:00:34",
        ip="10.20.0.34",
        services=(
            Http(
                pages={
                    "/": Page(lines=("Server: Cross Web Server", HTML), body=html("Ossia OS")),
                    "/favicon.ico": Page(body=icon_with_hash(-374235895)),
                }
            ),
            RawBanner(port=6036, greeting=TVT_GREETING),
        ),
    ),
    Device(
        name="xiongmai-board",
        mac="00:12:31:10:00:19",
        ip="10.20.0.19",
        services=(
            Wsd(
                types=("dn:NetworkVideoTransmitter",),
                scopes=onvif_scopes("type/video_encoder", "hardware/IPC-model", "name/NVT", "location/country/china"),
                endpoint="urn:uuid:00000000-0000-4000-8000-001231100019",
                xaddrs=("http://{ip}:8899/onvif/device_service",),
            ),
            Http(
                pages={
                    "/": Page(
                        lines=("Server: uc-httpd 1.0.0", HTML),
                        body=html("NETSurveillance WEB", "<script>Hash.Cookie('NetSuveillanceWebCookie');</script>"),
                    )
                },
                keep_alive=False,
                exclusive=True,
            ),
            Http(
                port=8899,
                posts={
                    PATH: OnvifDevice(
                        manufacturer="H264",
                        model="XM530_50X50-WG_8M",
                        firmware="V5.00.R02.000807B2.10010.349f17..ONVIF 16.12",
                        serial="0000000000000019",
                        hardware="00001",
                        open_information=True,
                    )
                },
            ),
            Rtsp(
                challenges=('Digest realm="0123456789abcdef", nonce="{nonce}"',),
                server="H264DVR 1.0",
                cseq="Cseq",
                nonce_digits=16,
            ),
            RawBanner(port=34567),
        ),
    ),
    Device(
        name="reolink-bullet",
        mac="ec:71:db:10:00:24",
        ip="10.20.0.24",
        services=(
            Wsd(
                scopes=onvif_scopes("Profile/Streaming", "hardware/RLC-810A", "name/Reolink", "location/"),
                endpoint="urn:uuid:2419d68a-2dd2-21b2-a205-ec71db100024",
                xaddrs=("http://{ip}:8000/onvif/device_service",),
            ),
            Http(
                pages={
                    "/": Page(lines=("Server: nginx", HTML), body=html("Reolink")),
                    "/favicon.ico": Page(body=icon_with_hash(-38705358)),
                },
                posts={"/cgi-bin/api.cgi": lambda head, body: Page(lines=("Server: nginx", HTML), body=REOLINK_REFUSAL)},
            ),
            Http(
                port=443,
                pages={"/": Page(lines=("Server: nginx", HTML), body=html("Reolink"))},
                tls=Certificate(
                    subject=(
                        ("C", "CN"),
                        ("ST", "GD"),
                        ("L", "SZ"),
                        ("O", "REOLINK"),
                        ("OU", "REOLINK"),
                        ("CN", "REOLINK"),
                        ("emailAddress", "service@reo-link.com"),
                    ),
                    not_after=date(2041, 5, 1),
                    versions=("1.2", "1.3"),
                ),
            ),
            Http(
                port=8000,
                posts={
                    PATH: OnvifDevice(
                        manufacturer="Reolink", model="RLC-810A", firmware="v3.1.0.2368", serial="0", refusal="401 Unauthorized"
                    )
                },
            ),
            Rtsp(challenges=('Digest realm="BC Streaming Media", nonce="{nonce}"',), server="Rtsp Server/2.0"),
            RawBanner(port=9000),
        ),
    ),
    Device(
        name="tapo-c210",
        mac="9c:a2:f4:10:00:25",
        ip="10.20.0.25",
        services=(
            Wsd(
                scopes=onvif_scopes("Profile/Streaming", "name/Tapo_C210", "hardware/C210", "location/Hong%20Kong"),
                endpoint="uuid:3fa1fe68-b915-4053-a3e1-9ca2f4100025",
                xaddrs=("http://{ip}:2020/onvif/device_service",),
            ),
            Tplink(device_type="SMART.IPCAMERA", model="C210", firmware="1.4.7 Build 250625 Rel.58841n"),
            Http(
                port=443,
                otherwise=Page(
                    lines=("Content-Type: application/json;charset=UTF-8",),
                    body=b'{"error_code":-40401,"result":{"data":{"code":-40411}}}',
                ),
                tls=tp_link_certificate(date(2070, 12, 31)),
            ),
            Http(
                port=2020,
                posts={PATH: OnvifDevice(manufacturer="tp-link", model="Tapo C210", firmware="1.4.7", serial="00000025")},
            ),
            tp_link_rtsp(TP_LINK_PUBLIC),
        ),
    ),
    Device(
        name="vigi-c340",
        mac="3c:64:cf:10:00:26",
        ip="10.20.0.26",
        services=(
            Wsd(
                scopes=onvif_scopes(
                    "Profile/Streaming", "name/VIGI%20C340", "hardware/VIGI%20C340", "type/video_encoder", "location/global"
                ),
                endpoint="uuid:3fa1fe68-b915-4053-a3e1-3c64cf100026",
            ),
            Http(
                port=443,
                pages={"/": Page(lines=(HTML,), body=html("VIGI C340"))},
                tls=tp_link_certificate(date(2050, 12, 31)),
            ),
            tp_link_rtsp(TP_LINK_PUBLIC.replace("PLAY,", "PLAY, PAUSE,")),
        ),
    ),
)
