"""Makers of Europe, Korea, Taiwan and the Americas."""

from __future__ import annotations

import json
from datetime import date

from tests.lab.device import Device
from tests.lab.simulators.dhcp import Dhcp
from tests.lab.simulators.favicon import icon_with_hash
from tests.lab.simulators.http import Http, Page, html, refused
from tests.lab.simulators.mdns import DnsService, Mdns
from tests.lab.simulators.onvif import PATH, OnvifDevice
from tests.lab.simulators.raw_banner import RawBanner
from tests.lab.simulators.rtsp import Rtsp
from tests.lab.simulators.ssdp import Ssdp, description
from tests.lab.simulators.tls import Certificate
from tests.lab.simulators.wsd import Wsd, onvif_scopes

HTML = "Content-Type: text/html"

AXIS_SERIAL = "ACCC8E100020"
AXIS_CHALLENGE = f'Digest realm="AXIS_{AXIS_SERIAL}", nonce="{{nonce}}", algorithm=MD5, qop="auth"'
AXIS_BASIC = "urn:schemas-upnp-org:device:Basic:1"
AXIS_LOCATION = "http://{ip}:49152/rootdesc1.xml"
AXIS_PROPERTIES = {
    "apiVersion": "1.3",
    "data": {
        "propertyList": {
            "Brand": "AXIS",
            "ProdNbr": "P3245-LVE",
            "ProdFullName": "AXIS P3245-LVE Network Camera",
            "ProdShortName": "AXIS P3245-LVE",
            "ProdType": "Network Camera",
            "Version": "10.12.165",
            "HardwareID": "78F.1",
            "SerialNumber": AXIS_SERIAL,
            "BuildDate": "Nov 10 2022 12:00",
            "WebURL": "http://www.axis.com",
        }
    },
}


def _axis_basic_information(head: str, body: bytes) -> Page:
    if b"getAllUnrestrictedProperties" in body:
        return Page(lines=("Server: Apache", "Content-Type: application/json"), body=json.dumps(AXIS_PROPERTIES).encode())
    return refused(AXIS_CHALLENGE.replace("{nonce}", "0" * 32), lines=("Server: Apache",))


AXIS_PAGES = {
    "/": Page(status="302 Found", lines=("Server: Apache", "Location: /camera/index.html", HTML), body=html("302 Found")),
    "/camera/index.html": Page(lines=("Server: Apache", HTML), body=html("AXIS", "<!-- Axis Communications AB -->")),
    "/favicon.ico": Page(lines=("Server: Apache",), body=icon_with_hash(-1616143106)),
    "/axis-cgi/*": refused(AXIS_CHALLENGE.replace("{nonce}", "0" * 32), lines=("Server: Apache",)),
}
AXIS_POSTS = {"/axis-cgi/basicdeviceinfo.cgi": _axis_basic_information}

HANWHA_REALM = "iPolis_E4-30-22-10-00-21"
HANWHA_PAGES = {
    "/": Page(status="302 Found", lines=("Server: nginx", "Location: /wmf/index.html")),
    "/wmf/index.html": Page(lines=("Server: nginx", HTML), body=html("Wisenet WEBVIEWER")),
    "/favicon.ico": Page(body=icon_with_hash(149496700)),
    "/stw-cgi/*": refused(
        f'Digest realm="{HANWHA_REALM}", nonce="{"0" * 32}", algorithm=SHA-256, qop="auth"',
        f'Digest realm="{HANWHA_REALM}", nonce="{"0" * 32}", algorithm=MD5, qop="auth"',
        lines=("Server: nginx",),
    ),
}

D_LINK_UUID = "b0c554100027-0"
D_LINK_TYPE = "urn:schemas-upnp-org:device:DCS-935L:1"

DEVICES = (
    Device(
        name="axis-dome",
        mac="ac:cc:8e:10:00:20",
        ip="10.20.0.20",
        services=(
            Wsd(
                types=("tds:Device", "dn:NetworkVideoTransmitter"),
                scopes=onvif_scopes(
                    "Profile/Streaming",
                    "Profile/G",
                    "hardware/P3245-LVE",
                    "name/AXIS%20P3245-LVE",
                    "Profile/M",
                    "Profile/T",
                    "location/",
                ),
                endpoint="urn:uuid:00075fc0-a95c-11b1-b0a0-accc8e100020",
                xaddrs=(
                    "http://{ip}/onvif/device_service",
                    "https://{ip}/onvif/device_service",
                    "http://169.254.20.20/onvif/device_service",
                ),
            ),
            Mdns(
                host="axis-accc8e100020",
                services=(
                    DnsService("_axis-video._tcp", f"AXIS P3245-LVE - {AXIS_SERIAL}", 80, {"macaddress": AXIS_SERIAL}),
                    DnsService("_http._tcp", f"AXIS P3245-LVE - {AXIS_SERIAL}", 80, {"macaddress": AXIS_SERIAL}),
                    DnsService("_rtsp._tcp", f"AXIS P3245-LVE - {AXIS_SERIAL}", 554, {"path": "axis-media/media.amp"}),
                ),
            ),
            Ssdp(
                targets=("urn:axis-com:service:BasicService:1", AXIS_BASIC),
                uuid=f"Upnp-BasicDevice-1_0-{AXIS_SERIAL}",
                location=AXIS_LOCATION,
                server="Linux/4.9.206-axis5, UPnP/1.0, Portable SDK for UPnP devices/1.6.18",
            ),
            Http(
                port=49152,
                pages={
                    "/rootdesc1.xml": description(
                        device_type=AXIS_BASIC,
                        friendly_name=f"AXIS P3245-LVE - {AXIS_SERIAL}",
                        manufacturer="AXIS",
                        model="AXIS P3245-LVE",
                        number="P3245-LVE",
                        serial=AXIS_SERIAL,
                        uuid=f"Upnp-BasicDevice-1_0-{AXIS_SERIAL}",
                    )
                },
            ),
            Dhcp(vendor_class="AXIS,Network Camera,P3245-LVE,10.12.165", host_name="axis-accc8e100020"),
            Http(pages=AXIS_PAGES, posts=AXIS_POSTS),
            Http(
                port=443,
                pages=AXIS_PAGES,
                posts=AXIS_POSTS,
                tls=Certificate(
                    subject=(("CN", "axis-accc8e100020"), ("O", "Axis Communications AB")),
                    issuer=(("CN", "Axis device ID Root CA"), ("O", "Axis Communications AB")),
                    not_before=date(2021, 6, 1),
                    not_after=date(2045, 6, 1),
                    serial=0xACCC8E100020,
                    key="p256",
                    alt_names=("axis-accc8e100020", "axis-accc8e100020.local"),
                    versions=("1.3", "1.3"),
                ),
            ),
            Rtsp(
                challenges=(AXIS_CHALLENGE, f'Basic realm="AXIS_{AXIS_SERIAL}"'),
                server="GStreamer RTSP server",
                public="OPTIONS, DESCRIBE, ANNOUNCE, GET_PARAMETER, PAUSE, PLAY, RECORD, SETUP, SET_PARAMETER, TEARDOWN",
            ),
            RawBanner(port=21, greeting=b"220 AXIS P3245-LVE Network Camera 10.12.165 (2022) ready.\r\n"),
        ),
    ),
    Device(
        name="hanwha-dome",
        mac="e4:30:22:10:00:21",
        ip="10.20.0.21",
        services=(
            Wsd(
                scopes=onvif_scopes(
                    "Profile/Streaming",
                    "Profile/T",
                    "type/video_encoder",
                    "name/Hanwha%20Vision",
                    "hardware/XNV-8082R",
                    "MAC/E4:30:22:10:00:21",
                ),
                endpoint="urn:uuid:5a4d5857-3656-3452-3330-e43022100021",
            ),
            Http(pages=HANWHA_PAGES),
            Http(
                port=443,
                pages=HANWHA_PAGES,
                tls=Certificate(
                    subject=(
                        ("C", "KR"),
                        ("O", "Hanwha Vision"),
                        ("OU", "Security Device"),
                        ("CN", "e43022100021.hanwhavision.com"),
                    ),
                    issuer=(("C", "KR"), ("O", "Hanwha Vision"), ("CN", "Hanwha Vision Device CA")),
                    versions=("1.2", "1.3"),
                ),
            ),
            Rtsp(challenges=('Digest realm="iPOLiS", nonce="{nonce}"',)),
        ),
    ),
    Device(
        name="bosch-flexidome",
        mac="00:04:63:10:00:22",
        ip="10.20.0.22",
        services=(
            Wsd(
                scopes=onvif_scopes("Profile/Streaming", "name/BOSCH-000000000000000022", "hardware/F000B543", "location/"),
                endpoint="urn:uuid:00075fb9-1e1e-1e1e-1e1e-000463100022",
            ),
            Http(
                pages={
                    "/": Page(lines=("Server: VCS-VideoJet-Webserver", HTML), body=html("browser_capture")),
                    "/favicon.ico": Page(body=icon_with_hash(-1702769256)),
                }
            ),
            Http(
                port=443,
                pages={"/": Page(lines=("Server: VCS-VideoJet-Webserver", HTML), body=html("browser_capture"))},
                tls=Certificate(
                    subject=(
                        ("C", "DE"),
                        ("L", "Grasbrunn"),
                        ("O", "Bosch Sicherheitssysteme GmbH"),
                        ("CN", "local.myboschcam.net"),
                    )
                ),
            ),
            Rtsp(challenges=('Digest realm="Please log in with a valid username", nonce="{nonce}"',)),
        ),
    ),
    Device(
        name="vivotek-dome",
        mac="00:02:d1:10:00:23",
        ip="10.20.0.23",
        services=(
            Wsd(
                scopes=onvif_scopes(
                    "Profile/Streaming", "type/video_encoder", "hardware/IB9389-EH", "name/VIVOTEK%20IB9389-EH"
                ),
                endpoint="urn:uuid:9389e000-1234-5678-9abc-0002d1100023",
            ),
            Http(
                pages={
                    "/": Page(lines=("Server: Vivotek Network Camera", HTML), body=html("VIVOTEK Web Console")),
                    "/favicon.ico": Page(body=icon_with_hash(-1654229048)),
                    "/cgi-bin/*": refused('Basic realm="streaming_server"', lines=("Server: Vivotek Network Camera",)),
                }
            ),
            Rtsp(challenges=('Digest realm="streaming_server", nonce="{nonce}"', 'Basic realm="streaming_server"')),
        ),
    ),
    Device(
        name="d-link-dcs",
        mac="b0:c5:54:10:00:27",
        ip="10.20.0.27",
        services=(
            Mdns(
                host="DCS-935L-B0C554100027",
                services=(
                    DnsService(
                        "_dhnap._tcp",
                        "D-Link HNAP Service",
                        80,
                        {
                            "mac": "B0:C5:54:10:00:27",
                            "model_number": "DCS-935L",
                            "hardware_ver": "A1",
                            "version": "0106",
                            "mydlink": "true",
                        },
                    ),
                    DnsService("_http._tcp", "D-Link DCS-935L Configuration Utility", 80),
                ),
            ),
            Ssdp(
                targets=(D_LINK_TYPE,),
                uuid=D_LINK_UUID,
                location="http://{ip}:50510/",
                server="Linux,    UPnP/1.0 DCS-935L/1.0",
            ),
            Http(
                port=50510,
                pages={
                    "/": description(
                        device_type=D_LINK_TYPE,
                        friendly_name="DCS-935L",
                        manufacturer="D-Link",
                        model="DCS-935L",
                        serial="000000000027",
                        uuid=D_LINK_UUID,
                    )
                },
            ),
            Dhcp(vendor_class="udhcp 1.22.1", host_name="DCS-935L"),
            Http(
                pages={
                    "/": refused('Basic realm="DCS-935L"', lines=("Server: dcs-lig-httpd",), body=html("401 Unauthorized")),
                    "/common/info.cgi": Page(
                        lines=("Server: dcs-lig-httpd", "Content-Type: text/plain"),
                        body=b"model=DCS-935L\r\nversion=1.06\r\nhw_version=A\r\n",
                    ),
                }
            ),
        ),
    ),
    Device(
        name="doorbird-station",
        mac="1c:ca:e3:70:00:37",
        ip="10.20.0.37",
        services=(
            # A door station that uses the service type of another maker.
            Mdns(
                host="bha-1CCAE3700037",
                services=(DnsService("_axis-video._tcp", "Doorstation - 1CCAE3700037", 80, {"macaddress": "1CCAE3700037"}),),
            ),
            Http(pages={"/bha-api/*": refused('Basic realm="DoorBird"')}),
        ),
    ),
    Device(
        name="noname-camera",
        # Locally administered: the address says nothing of a maker.
        mac="02:3e:5a:10:00:43",
        ip="10.20.0.43",
        services=(
            Wsd(
                scopes=onvif_scopes("type/video_encoder", "hardware/HW0100302", "name/IPC1000", "location/country/china"),
                endpoint="urn:uuid:00000000-0000-4000-8000-000000000043",
                xaddrs=("http://{ip}:2000/onvif/device_service",),
            ),
            Http(
                port=2000,
                posts={
                    PATH: OnvifDevice(manufacturer="IPCAM", model="C6F0SiZ3N0P0L0", firmware="V6.1.10.2.1-20150624", serial="0")
                },
                keep_alive=False,
            ),
            Rtsp(
                challenges=('Digest realm="Hipcam RealServer", nonce="{nonce}"',),
                server="Hipcam RealServer/V1.0",
                one_request=True,
            ),
        ),
    ),
)
