"""The mDNS collector against a responder of zeroconf on loopback, which passes multicast to itself."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace

import pytest
from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from camscan.codecs import mdns as codec
from camscan.collect.base import Ground, NotAsked, NotNeeded
from camscan.collect.interfaces import Interface
from camscan.collect.mdns import Mdns
from camscan.collect.scope import Guard
from camscan.model import Observation
from tests import factories
from tests.collect.grounds import ground

LOOPBACK = Interface(name="lo", index=1, mac="00:00:00:00:00:00", addresses=("127.0.0.1",), networks=(), up=True, loopback=True)


def listening_ground() -> tuple[Ground, list[Observation]]:
    here, seen = ground()
    guard = Guard(here.scope, groups=[(group, codec.PORTS[0]) for group in codec.GROUPS])
    return replace(here, guard=guard, interfaces=(LOOPBACK,)), seen


def test_an_announced_camera_is_resolved_to_address_name_and_text() -> None:
    async def story() -> None:
        here, seen = listening_ground()
        here.macs["127.0.0.1"] = factories.CAMERA_MAC
        responder = AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
        camera = AsyncServiceInfo(
            "_axis-video._tcp.local.",
            "AXIS M1065-L - ACCC8E000001._axis-video._tcp.local.",
            addresses=[socket.inet_aton("169.254.1.2"), socket.inet_aton("127.0.0.1")],
            port=80,
            properties={"macaddress": "ACCC8E000001"},
            server="axis-accc8e000001.local.",
        )
        try:
            await (await responder.async_register_service(camera))
            collector = Mdns(browse_s=1.5)
            collector.open(here)
            await collector.run(here, ())
            collector.close()
        finally:
            await responder.async_close()
        (found,) = seen
        assert (found.protocol, found.collector, found.ip, found.link_mac) == (
            "mdns",
            "mdns",
            "127.0.0.1",
            factories.CAMERA_MAC,
        )
        assert found.values("mdns.service") == ("_axis-video._tcp",)
        assert found.values("mdns.instance") == ("AXIS M1065-L - ACCC8E000001",)
        assert found.values("mdns.txt") == ("macaddress=ACCC8E000001",)
        assert found.values("mdns.host") == ("axis-accc8e000001",)
        assert (here.tally.received, here.tally.unfinished) == (1, [])
        assert here.tally.sent > 0

    asyncio.run(story())


def test_silence_is_a_complete_run_without_observations() -> None:
    async def story() -> None:
        here, seen = listening_ground()
        await Mdns(browse_s=0.2).run(here, ())
        assert (seen, here.tally.unfinished, here.tally.received) == ([], [], 0)

    asyncio.run(story())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # zeroconf leaves its first socket open
def test_an_interface_without_its_address_is_named_as_a_gap() -> None:
    async def story() -> None:
        here, _ = listening_ground()
        here = replace(here, interfaces=(replace(LOOPBACK, addresses=("192.0.2.1",)),))
        await Mdns(browse_s=0.2).run(here, ())
        (gap,) = here.tally.unfinished
        assert "mDNS" in gap

    asyncio.run(story())


def test_a_scope_without_links_or_without_mdns_is_not_browsed() -> None:
    async def story() -> None:
        here, _ = listening_ground()
        with pytest.raises(NotNeeded, match="link"):
            Mdns().open(replace(here, interfaces=()))
        with pytest.raises(NotAsked, match="mDNS"):
            Mdns().open(replace(here, guard=Guard(here.scope)))

    asyncio.run(story())
