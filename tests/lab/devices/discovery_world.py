"""Devices that speak one vendor's own discovery and nothing else: makers of Japan, Korea, Europe, the Americas, and modules.

Each proves that its protocol is reached and read; what it is may be known from that one answer alone.
"""

from __future__ import annotations

from tests.lab.device import Device
from tests.lab.simulators.bosch import Bosch
from tests.lab.simulators.dlink import Dlink
from tests.lab.simulators.gvcp import Gvcp
from tests.lab.simulators.hanwha import Hanwha
from tests.lab.simulators.mndp import Mndp
from tests.lab.simulators.nice import Nice
from tests.lab.simulators.panasonic import Panasonic
from tests.lab.simulators.reolink import Reolink
from tests.lab.simulators.sony import Sony
from tests.lab.simulators.tplink import Sysinfo
from tests.lab.simulators.tuya import Tuya
from tests.lab.simulators.ubiquiti import Ubiquiti
from tests.lab.simulators.vision360 import Vision360

DEVICES = (
    Device(
        name="panasonic-easyip",
        mac="08:00:23:10:01:30",
        ip="10.20.0.130",
        services=(Panasonic(name="WV-S1531LN", model="WV-S1531LN", firmware="4.21", serial="WEV00130"),),
    ),
    Device(
        name="sony-allinfo",
        mac="00:01:4a:10:01:31",
        ip="10.20.0.131",
        services=(Sony(model="SNC-VB600", serial="0000131", firmware="1.8.1"),),
    ),
    Device(
        name="bosch-scan",
        mac="00:04:63:10:01:32",
        ip="10.20.0.132",
        services=(Bosch(model="FLEXIDOME IP 4000i", serial="00000000:00000132"),),
    ),
    Device(
        name="hanwha-installer",
        mac="00:09:18:10:01:33",
        ip="10.20.0.133",
        services=(Hanwha(model="SND-6083"),),
    ),
    Device(
        name="reolink-search",
        mac="ec:71:db:10:01:34",
        ip="10.20.0.134",
        services=(Reolink(name="Yard", uid="95270000AAAA0134", ports=(2018,)),),
    ),
    Device(
        name="kasa-sysinfo",
        mac="9c:a2:f4:10:01:35",
        ip="10.20.0.135",
        services=(Sysinfo(model="EC60(EU)", firmware="2.3.26 Build 20230308 rel.51305"),),
    ),
    Device(
        name="unifi-g3",
        mac="00:27:22:10:01:36",
        ip="10.20.0.136",
        services=(
            Ubiquiti(
                model="UVC G3 Dome",
                platform="UVC",
                firmware="UVC.S2L.v4.23.8.67.0eba6e3.200526.1046",
                version="4.23.8",
                hostname="Yard",
            ),
        ),
    ),
    Device(
        name="tuya-module",
        mac="10:5a:17:10:01:37",
        ip="10.20.0.137",
        services=(Tuya(gw_id="bf000000000000000137", product="key0000000000137"),),
    ),
    Device(
        name="mikrotik-router",
        mac="18:fd:74:10:01:38",
        ip="10.20.0.138",
        services=(Mndp(board="RB750Gr3", version="6.49.6 (stable)"),),
    ),
    Device(
        name="d-link-ddp",
        mac="b0:c5:54:10:01:39",
        ip="10.20.0.139",
        services=(Dlink(model="DCS-930L", firmware="1.06"),),
    ),
    Device(
        name="nice-encoder",
        mac="00:02:d6:10:01:40",
        ip="10.20.0.140",
        services=(Nice(name="NVE1008"),),
    ),
    Device(
        name="vision360-dome",
        mac="02:36:0a:10:01:41",
        ip="10.20.0.141",
        services=(Vision360(id="0000000141"),),
    ),
    Device(
        name="hikrobot-machine-vision",
        mac="34:bd:20:10:01:42",
        ip="10.20.0.142",
        services=(Gvcp(manufacturer="Hikrobot", model="MV-CS050-10GC", version="V4.0.1 230105", serial="00A00000142"),),
    ),
)
