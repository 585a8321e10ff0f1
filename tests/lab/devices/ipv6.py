"""Devices that speak IPv6: three that speak nothing else, and one that has both."""

from __future__ import annotations

from tests.lab.device import Device
from tests.lab.simulators.http import Http, Page, html, refused
from tests.lab.simulators.mdns import DnsService, Mdns
from tests.lab.simulators.ssdp import Ssdp
from tests.lab.simulators.wsd import Wsd, onvif_scopes

HTML = "Content-Type: text/html"
AXIS_SERIAL = "ACCC8E1000BF"
D_LINK_TYPE = "urn:schemas-upnp-org:device:DCS-5222LB1:1"

DEVICES = (
    Device(
        name="ipv6-wsd",
        mac="44:19:b6:10:00:be",
        ip="fd00:20::be",
        services=(
            Wsd(
                scopes=onvif_scopes(
                    "type/video_encoder",
                    "Profile/Streaming",
                    "hardware/DS-2CD2386G2-IU",
                    "name/HIKVISION%20DS-2CD2386G2-IU",
                    "MAC/44:19:b6:10:00:be",
                ),
                endpoint="urn:uuid:2b7c5600-4f1f-11b4-8260-4419b61000be",
            ),
            Http(
                pages={
                    "/": Page(lines=("Server: webserver", HTML), body=html("index", "/doc/page/login.asp?_")),
                    "/ISAPI/*": refused('Digest realm="IP Camera(E4195)", nonce="0", qop="auth"'),
                }
            ),
        ),
    ),
    Device(
        name="ipv6-mdns",
        mac="ac:cc:8e:10:00:bf",
        ip="fd00:20::bf",
        services=(
            Mdns(
                host="axis-accc8e1000bf",
                services=(DnsService("_axis-video._tcp", f"AXIS M3085-V - {AXIS_SERIAL}", 80, {"macaddress": AXIS_SERIAL}),),
            ),
        ),
    ),
    Device(
        name="ipv6-ssdp",
        mac="b0:c5:54:10:00:c0",
        ip="fd00:20::c0",
        services=(
            Ssdp(
                targets=(D_LINK_TYPE,),
                uuid="b0c5541000c0-0",
                location="http://{ip}:80/rootdesc.xml",
                server="Linux, UPnP/1.0, DCS-5222LB1/1.0",
            ),
        ),
    ),
    Device(
        name="dual-stack-dome",
        mac="e4:30:22:10:00:b4",
        ip="10.20.0.180",
        dual_stack=True,
        services=(
            Wsd(
                scopes=onvif_scopes("Profile/Streaming", "name/Hanwha%20Vision", "hardware/XNV-6081", "MAC/E4:30:22:10:00:B4"),
                endpoint="urn:uuid:5a4d5857-3656-3452-3330-e430221000b4",
            ),
        ),
    ),
)
