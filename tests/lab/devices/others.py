"""What is not a camera: routers, printers, storage, monitors, computers, and software that serves other cameras again."""

from __future__ import annotations

from tests.lab.device import Device
from tests.lab.simulators.http import Http, Page, html, refused
from tests.lab.simulators.rtsp import Rtsp
from tests.lab.simulators.tls import Certificate
from tests.lab.simulators.wsd import Wsd

HTML = "Content-Type: text/html"

DEVICES = (
    Device(
        name="router-goahead",
        mac="14:eb:b6:10:00:50",
        ip="10.20.0.50",
        services=(
            Http(
                pages={
                    "/": refused(
                        'Basic realm="Router Webserver"',
                        lines=("Server: GoAhead-Webs",),
                        body=html("Document Error: Unauthorized"),
                    )
                }
            ),
        ),
    ),
    Device(
        name="onu-boa",
        mac="00:67:62:10:00:51",
        ip="10.20.0.51",
        services=(
            Http(
                pages={"/": Page(lines=("Server: Boa/0.93.15", HTML), body=html("GPON Home Gateway"))},
                keep_alive=False,
                exclusive=True,
            ),
        ),
    ),
    Device(
        name="printer-canon",
        mac="00:1e:8f:10:00:52",
        ip="10.20.0.52",
        services=(
            Wsd(
                types=("wsdp:Device", "wprt:PrintDeviceType"),
                endpoint="urn:uuid:6d4ff0ce-6b11-11d8-8020-001e8f100052",
                xaddrs=("http://{ip}:80/wsd/mex",),
            ),
            Http(
                pages={"/": Page(lines=("Server: Canon Http Server 2.10", HTML), body=html("Remote UI: Login: MF640C Series"))}
            ),
            Http(
                port=443,
                pages={"/": Page(lines=("Server: Canon Http Server 2.10", HTML), body=html("Remote UI: Login: MF640C Series"))},
                tls=Certificate(subject=(("CN", "Canon Imaging Product"),)),
            ),
        ),
    ),
    Device(
        name="nas-synology",
        mac="00:11:32:10:00:53",
        ip="10.20.0.53",
        services=(
            Http(
                pages={
                    "/": Page(
                        status="302 Moved Temporarily", lines=("Server: nginx", "Location: http://10.20.0.53:5000/", HTML)
                    )
                }
            ),
            Http(port=5000, pages={"/": Page(lines=("Server: nginx", HTML), body=html("archive - Synology DiskStation"))}),
            Rtsp(public="OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN", server="GStreamer RTSP server"),
        ),
    ),
    Device(
        name="room-alert",
        mac="50:62:55:70:00:54",
        ip="10.20.0.54",
        services=(Http(pages={"/": Page(lines=(HTML,), body=html("AVTECH Software, Inc.", "Room Alert 12E"))}),),
    ),
    Device(
        name="computer-windows",
        mac="f4:8c:50:10:00:55",
        ip="10.20.0.55",
        services=(
            Wsd(
                types=("wsdp:Device", "pub:Computer"),
                endpoint="urn:uuid:0ac1f0f2-0f55-4f0e-8a51-f48c50100055",
                xaddrs=("http://{ip}:5357/0ac1f0f2-0f55-4f0e-8a51-f48c50100055/",),
                soap="soap",
            ),
            Http(
                port=5357,
                otherwise=Page(
                    status="503 Service Unavailable",
                    lines=("Server: Microsoft-HTTPAPI/2.0", HTML, "Connection: close"),
                    body=html("Service Unavailable"),
                ),
            ),
        ),
    ),
    Device(
        name="server-axis2",
        mac="00:1c:23:10:00:56",
        ip="10.20.0.56",
        services=(
            Http(
                port=8080,
                pages={
                    "/": Page(lines=("Server: Apache-Coyote/1.1", HTML), body=html("Axis2 - Home", "Welcome to Apache Axis2"))
                },
            ),
        ),
    ),
    Device(
        name="server-nginx",
        mac="00:16:3e:10:00:57",
        ip="10.20.0.57",
        services=(
            Http(
                pages={"/": Page(lines=("Server: nginx/1.22.1", "Date: {date}", HTML), body=html("Welcome to nginx!"))},
                otherwise=Page(status="404 Not Found", lines=("Server: nginx/1.22.1", HTML), body=html("404 Not Found")),
            ),
        ),
    ),
    Device(
        name="software-go2rtc",
        mac="dc:a6:32:10:00:58",
        ip="10.20.0.58",
        services=(
            Http(port=1984, pages={"/": Page(lines=(HTML,), body=html("go2rtc"))}),
            Rtsp(challenges=('Basic realm="go2rtc"',), server="go2rtc/1.9.4"),
            Rtsp(port=8554, challenges=('Basic realm="go2rtc"',), server="go2rtc/1.9.4"),
        ),
    ),
)
