"""A switch that also routes: it says nothing but to those who know its community, and knows where all others stand."""

from __future__ import annotations

from tests.lab.device import Device
from tests.lab.devices import dahua, hikvision, western
from tests.lab.simulators.snmp import Neighbour, Port, Snmp, arp, bridge, system

COMMUNITY = "lab-read"
OWN_MAC = "00:1b:0d:10:00:a0"
VLAN, OTHER_VLAN = 20, 99
SILENT = "44:19:b6:10:0f:01"
"""A device in the VLAN of the segment that answers to nobody."""
ELSEWHERE = "44:19:b6:10:0f:02"
"""A device in another VLAN."""
BEHIND_IT = (("10.20.7.11", "44:19:b6:10:07:11"), ("10.20.7.12", "ac:cc:8e:10:07:12"))

_AT_PORTS = [*hikvision.DEVICES, *dahua.DEVICES][:18]
_AXIS = next(device for device in western.DEVICES if device.mac.startswith("ac:cc:8e"))
_BEHIND_THE_UPLINK = [device for device in western.DEVICES if device is not _AXIS][:10]

PORTS = (
    *(Port(name=f"Gi1/0/{place}", learned=((device.mac, VLAN),)) for place, device in enumerate(_AT_PORTS, 1)),
    Port(
        name="Gi1/0/19",
        learned=((_AXIS.mac, VLAN),),
        neighbour=Neighbour(
            chassis=_AXIS.mac,
            name="axis-accc8e100020",
            description="; AXIS P3245-LVE; Network Camera; 10.12.165; Nov 10 2022 12:00; 78F.1; 1",
            bridge=False,
            managed_at=_AXIS.ip,
            manufacturer="AXIS",
            model="P3245-LVE",
        ),
    ),
    Port(name="Gi1/0/20", learned=((SILENT, VLAN),)),
    Port(name="Gi1/0/21", learned=((ELSEWHERE, OTHER_VLAN),)),
    Port(
        name="Te1/1/1",
        learned=tuple((device.mac, VLAN) for device in _BEHIND_THE_UPLINK),
        neighbour=Neighbour(
            chassis="00:1b:0d:10:0c:01", name="core-1", description="Cisco IOS Software, C9500 Software", bridge=True
        ),
    ),
)

DEVICES = (
    Device(
        name="switch-cisco",
        mac=OWN_MAC,
        ip="10.20.0.160",
        services=(
            Snmp(
                community=COMMUNITY,
                objects=system(
                    "Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E2",
                    "1.3.6.1.4.1.9.1.1208",
                    "sw-3",
                )
                | bridge(PORTS, own_mac=OWN_MAC)
                | arp((*BEHIND_IT, ("10.20.0.11", hikvision.DEVICES[0].mac))),
            ),
        ),
    ),
)
