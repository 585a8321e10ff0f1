"""Devices whose sockets behave badly: late, broken and doubled answers. What they are is ordinary."""

from __future__ import annotations

from tests.lab.device import Device
from tests.lab.simulators.dhip import Dhip
from tests.lab.simulators.http import Http, Page, html
from tests.lab.simulators.sadp import Sadp
from tests.lab.simulators.wsd import Wsd, onvif_scopes

DEVICES = (
    Device(
        name="dhip-slurring",
        mac="3c:ef:8c:10:01:70",
        ip="10.20.0.170",
        services=(
            Dhip(
                model="IPC-HFW1831E", device_class="IPC", serial="6K00000PAG00170", version="2.460.0000000.7.R",
                delays_s=(0.45, 0.5), slurs=True,
            ),
        ),
    ),
    Device(
        name="sadp-two-addresses",
        mac="44:19:b6:10:01:71",
        ip="10.20.0.171",
        more_ips=("10.20.0.172",),
        services=(
            Sadp(model="DS-2CD2085FWD-I", serial="DS-2CD2085FWD-I20180612AAWR000000171", firmware="V5.5.61build 180718"),
            Http(pages={"/": Page(lines=("Content-Type: text/html",), body=html("index"))}),
        ),
    ),
    Device(
        name="wsd-slurring",
        mac="e4:30:22:10:01:73",
        ip="10.20.0.173",
        services=(
            Wsd(
                scopes=onvif_scopes("Profile/Streaming", "name/Hanwha%20Vision", "hardware/XNO-6080R", "MAC/E4:30:22:10:01:73"),
                endpoint="urn:uuid:5a4d5857-3656-3452-3330-e43022100173",
                delays_s=(0.45, 0.5),
                slurs=True,
            ),
        ),
    ),
)  # fmt: skip
