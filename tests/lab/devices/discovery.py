"""One device for each protocol that a vendor alone speaks, and that speaks nothing else: what finds it is that protocol."""

from __future__ import annotations

from tests.lab.device import Device
from tests.lab.simulators.dahua import Dahua
from tests.lab.simulators.foscam import Foscam
from tests.lab.simulators.hds import Hds
from tests.lab.simulators.kedacom import Kedacom
from tests.lab.simulators.pppp import Pppp
from tests.lab.simulators.sadp_l2 import SadpL2
from tests.lab.simulators.topsee import Topsee
from tests.lab.simulators.tvt import Tvt
from tests.lab.simulators.tvt_search import TvtSearch
from tests.lab.simulators.vivotek import Vivotek
from tests.lab.simulators.vstarcam import Vstarcam
from tests.lab.simulators.xiongmai import Xiongmai

DEVICES = (
    Device(
        name="xiongmai-discovery",
        mac="00:12:31:10:00:64",
        ip="10.20.0.100",
        services=(Xiongmai(serial="41e6000000000064"),),
    ),
    Device(
        name="tvt-announcement",
        mac="58:5b:69:10:00:65",
        ip="10.20.0.101",
        services=(Tvt(model="DCN-BM8127AIN", serial="I00000000101", firmware="1.5-1428327", label="DVC"),),
    ),
    Device(
        name="tvt-search",
        mac="58:5b:69:10:00:66",
        ip="10.20.0.102",
        services=(TvtSearch(model="TD-3332B4", firmware="V5.2.0"),),
    ),
    Device(
        name="kedacom-discovery",
        mac="00:14:10:10:00:67",
        ip="10.20.0.103",
        services=(Kedacom(model="IPC425", serial="00000000103", firmware="V7.1.0.20250908"),),
    ),
    Device(
        name="topsee-discovery",
        mac="00:87:d8:10:00:68",
        ip="10.20.0.104",
        services=(Topsee(model="NVS-DM36X-HD", serial="06D0000000000104A"),),
    ),
    Device(
        name="juan-hds",
        mac="9c:a3:a9:10:00:69",
        ip="10.20.0.105",
        services=(Hds(model="5523-W", cloud_id="4780000105", firmware="3.6.103.5721106"),),
    ),
    Device(
        name="pppp-camera",
        mac="02:3e:5a:10:00:6a",
        ip="10.20.0.106",
        services=(Pppp(prefix="AAAA", number=106, check="ABCDE"),),
    ),
    Device(
        name="vstarcam-discovery",
        mac="48:02:2a:10:00:6b",
        ip="10.20.0.107",
        services=(Vstarcam(uid="VSTD000107ABCDE", firmware="48.53.64.67"),),
    ),
    Device(
        name="foscam-discovery",
        mac="00:62:6e:10:00:6c",
        ip="10.20.0.108",
        services=(Foscam(firmware=(11, 37, 2, 49), web=(2, 4, 10, 5), key=b"\x31\x41\x59\x26\x53\x58\x97\x93"),),
    ),
    Device(
        name="vivotek-discovery",
        mac="00:02:d1:10:00:6d",
        ip="10.20.0.109",
        services=(Vivotek(model="FD8134V"),),
    ),
    Device(
        name="dahua-discovery",
        mac="90:02:a9:10:00:6e",
        ip="10.20.0.110",
        services=(Dahua(model="DH-IPC-HFW2100", device="IPC-HFW2100", serial="PZC0000PAZ00110"),),
    ),
    Device(
        name="sadp-frames-only",
        mac="44:19:b6:10:00:6f",
        ip=None,
        services=(SadpL2(ip="192.168.1.65", serial="DS-2CD2032-I20140705CCWR000000111", firmware="V5.1.8 build 140616"),),
    ),
)
