"""A segment behind a router: the scanner stands on another network, and nothing but routed unicast passes between the two.

`python -m tests.lab.routed` serves it until stdin closes; `RoutedSegment` is it as tests use it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence

from tests.lab import netns
from tests.lab.device import Device
from tests.lab.devices import dahua, hikvision
from tests.lab.place import Place
from tests.lab.segment import Segment
from tests.lab.simulators.dhip import Dhip
from tests.lab.simulators.raw_banner import RawBanner
from tests.lab.simulators.sadp import Sadp
from tests.lab.wiring import BRIDGE, SCANNER_PORT, Wires, unwire, wire

NETWORK = "10.20.0.0/24"
ROUTER_INSIDE = "10.20.0.254"
ROUTER_OUTSIDE, SCANNER = "192.0.2.1", "192.0.2.10"
SADP, DHIP = "10.20.0.11", "10.20.0.14"
SERVER = "10.20.0.13"
ECHO_ONLY = "10.20.0.20"

DEVICES: Sequence[Device] = (
    Device(
        name="routed-sadp",
        mac="44:19:b6:10:00:11",
        ip=SADP,
        services=(
            Sadp(
                model="DS-2CD2143G2-I",
                serial="DS-2CD2143G2-I20230411AAWR000000011",
                firmware="V5.7.12build 230801",
                to_asker=True,
            ),
            hikvision.wsd("44:19:b6:10:00:11", "DS-2CD2143G2-I", "HIKVISION%20DS-2CD2143G2-I"),
        ),
    ),
    Device(
        name="routed-dhip",
        mac="3c:ef:8c:10:00:14",
        ip=DHIP,
        services=(
            Dhip(
                model="IPC-HFW2431S-S-S2",
                device_class="IPC",
                serial="6G000000000014",
                version="2.820.0000000.5.R,2020-06-12",
            ),
            dahua.wsd("5d5f0000-0000-4000-8000-000000000014", "IPC-HFW2431S-S-S2", "Dahua"),
        ),
    ),
    Device(
        name="routed-server",
        mac="00:40:8c:10:00:13",
        ip=SERVER,
        services=(
            RawBanner(port=21, greeting=b"220 (vsFTPd 3.0.3)\r\n"),
            RawBanner(port=23, greeting=b"\xff\xfb\x01\r\nlogin: "),
        ),
    ),
    Device(name="routed-echo-only", mac="00:40:8c:10:00:20", ip=ECHO_ONLY),
)


def route(wires: Wires) -> None:
    """Make this namespace the router between the bridge and the scanner, and the scanner stand alone behind it."""
    netns.set_sysctl("ipv4/ip_forward", "1")
    netns.ip_batch(
        [
            f"link set {SCANNER_PORT} nomaster",
            f"addr add {ROUTER_INSIDE}/24 dev {BRIDGE}",
            f"addr add {ROUTER_OUTSIDE}/24 dev {SCANNER_PORT}",
        ]
    )
    scanner = os.open(f"/proc/{wires.scanner_pid}/ns/net", os.O_RDONLY)
    try:
        with netns.inside(scanner):
            netns.ip_batch(
                ["addr flush dev eth0", f"addr add {SCANNER}/24 dev eth0", f"route replace default via {ROUTER_OUTSIDE}"]
            )
    finally:
        os.close(scanner)
    for name, namespace in wires.devices.items():
        with netns.inside(namespace):
            netns.ip_batch([f"route add default via {ROUTER_INSIDE}"])
            if name == "routed-echo-only":  # it drops whatever TCP brings, as firewalls of cameras do
                netns.ip_batch(["rule add pref 10 lookup local", "rule del pref 0", "rule add pref 5 ipproto tcp blackhole"])


async def _serve(wires: Wires) -> None:
    places = {device.name: Place(device, wires.devices[device.name]) for device in DEVICES}
    for place in places.values():
        for service in place.device.services:
            await service.start(place)
    _say({"pid": os.getpid(), "scanner_pid": wires.scanner_pid})
    words = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(words), sys.stdin)
    while await words.readline():  # the only word is `ledger`
        _say({"devices": {name: place.tally.document() for name, place in places.items()}})


def _say(document: object) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


class RoutedSegment(Segment):
    """The running segment; its ledger holds what the devices counted, and it obeys no other word."""

    PROGRAM = ("tests.lab.routed",)


def main() -> None:
    """Serve the segment until stdin closes."""
    wires = wire(DEVICES)
    try:
        route(wires)
        asyncio.run(_serve(wires))
    finally:
        unwire(wires)


if __name__ == "__main__":
    main()
