"""Tables of switches and routers: what concerns this run is told, the rest is counted, and hostile tables come to an end."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest

from camscan.collect import snmpagent
from camscan.collect.base import NotAsked
from camscan.collect.routers import Routers
from camscan.collect.snmpaccess import SnmpAccess
from camscan.collect.stages import live
from camscan.collect.switches import Switches
from camscan.model import Observation, Scope
from tests.collect.agents import COMMUNITY, access, agent, host, run
from tests.collect.grounds import fresh_address, ground
from tests.lab.simulators import snmp as simulator
from tests.lab.simulators.snmp import Neighbour, Port

CAMERA, RECORDER, GHOST, FAR, RANDOM = (
    "44:19:b6:10:00:11", "4c:11:bf:10:00:12", "44:19:b6:10:0f:01", "44:19:b6:10:0f:02", "02:00:00:00:00:01",
)  # fmt: skip
CROWD = tuple((f"00:16:3e:00:01:{number:02x}", 20) for number in range(12))
PORTS = (
    Port(name="Gi1/0/1", learned=((CAMERA, 20),)),
    Port(name="Gi1/0/2", learned=((RECORDER, 20), (GHOST, 20), (RANDOM, 20))),
    Port(name="Gi1/0/3", learned=((FAR, 99),)),
    Port(
        name="Te1/1/1",
        learned=CROWD,
        neighbour=Neighbour(chassis="00:1b:0d:10:0c:01", name="core-1", description="IOS", bridge=True),
    ),
)
OWN = "00:1b:0d:10:00:a0"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmpagent, "PATIENCE_S", 0.3)


def switch(ports: Sequence[Port] = PORTS, *, with_vlans: bool = True, name: str = "sw-3") -> simulator.Snmp:
    objects = simulator.system("IOS", "1.3.6.1.4.1.9.1.1208", name) | simulator.bridge(
        ports, own_mac=OWN, with_vlans=with_vlans
    )
    return simulator.Snmp(community=COMMUNITY, objects=objects)


def said(seen: Sequence[Observation], protocol: str = "bridge") -> dict[str, dict[str, str]]:
    return {one.link_mac or "": dict(one.fields) for one in seen if one.protocol == protocol}


@pytest.mark.parametrize("with_vlans", [True, False])
def test_a_device_stands_at_the_port_and_in_the_vlan_that_the_switch_names(with_vlans: bool) -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with agent(ip, switch(with_vlans=with_vlans).answer):
            await run(here, Switches(access(switches=(ip,))), host("127.0.0.11", CAMERA))
        assert said(seen)[CAMERA] == {
            "switch.address": ip,
            "switch.name": "sw-3",
            "switch.port": "Gi1/0/1",
            "switch.port_macs": "1",
            "switch.source": "dot1q" if with_vlans else "dot1d",
            "switch.vlan": "20",
        }
        assert here.tally.unfinished == []

    asyncio.run(story())


def test_macs_of_the_same_vlan_are_told_too_and_all_others_counted() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground(exclude=(RECORDER,))
        async with agent(ip, switch().answer):
            await run(here, Switches(access(switches=(ip,))), host("127.0.0.11", CAMERA))
        assert set(said(seen)) == {CAMERA, GHOST, *(mac for mac, _ in CROWD)}
        assert said(seen)[GHOST]["switch.port_macs"] == "3"
        assert said(seen)[CROWD[0][0]]["switch.neighbour"] == "core-1"
        (note,) = here.tally.notes
        assert note == (
            f"switch sw-3 ({ip}): 17 MACs learned: 1 excluded, 1 in other VLANs, 1 made up by their devices, so no identity, "
            "1 of devices of this run, 13 of other devices in the same VLANs"
        )
        assert OWN not in said(seen)

    asyncio.run(story())


def test_where_nobody_of_this_run_stands_nothing_is_told() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with agent(ip, switch().answer):
            await run(here, Switches(access(switches=(ip,))), host("127.0.0.11", "00:16:3e:99:99:99"))
        assert seen == []

    asyncio.run(story())


def test_a_gateway_stands_at_no_port_of_its_own_and_a_made_up_mac_goes_by_its_address() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        hosts = [host(f"127.0.0.{number}", CAMERA) for number in range(11, 16)]
        async with agent(ip, switch().answer):
            await run(here, Switches(access(switches=(ip,))), *hosts, host("127.0.0.30", RANDOM))
        assert CAMERA not in said(seen)
        (random,) = [one for one in seen if one.link_mac == RANDOM]
        assert random.ip == "127.0.0.30"

    asyncio.run(story())


def test_a_neighbour_that_announces_itself_is_told_by_the_mac_that_the_switch_learned() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        axis = Neighbour(
            chassis=CAMERA, name="axis-1", description="; AXIS Q1656; Box Camera; 10.12.240; x; 900; 1", bridge=False,
            managed_at="10.20.0.20", manufacturer="AXIS", model="Q1656",
        )  # fmt: skip
        forged = replace(axis, chassis=FAR, name="forged")
        ports = (
            Port(name="Gi1/0/1", learned=((CAMERA, 20),), neighbour=axis),
            Port(name="Gi1/0/2", learned=((RECORDER, 20), (GHOST, 20)), neighbour=forged),
        )
        async with agent(ip, switch(ports).answer):
            await run(here, Switches(access(switches=(ip,))), host("127.0.0.11", CAMERA), host("127.0.0.12", FAR))
        assert said(seen, "lldp") == {
            CAMERA: {
                "lldp.capabilities": "station",
                "lldp.chassis": CAMERA,
                "lldp.management": "10.20.0.20",
                "lldp.manufacturer": "AXIS",
                "lldp.model": "Q1656",
                "lldp.port": CAMERA,
                "lldp.port_description": "eth0",
                "lldp.system_description": "; AXIS Q1656; Box Camera; 10.12.240; x; 900; 1",
                "lldp.system_name": "axis-1",
            }
        }

    asyncio.run(story())


def test_a_switch_that_does_not_answer_is_asked_once_more_and_named_as_a_gap() -> None:
    async def story() -> None:
        ip, other = fresh_address(), fresh_address()
        here, seen = ground()
        async with agent(ip, lambda raw: None) as heard, agent(other, switch().answer):
            await run(here, Switches(access(switches=(ip, other))), host("127.0.0.11", CAMERA))
        assert len(heard) == 2
        (gap,) = here.tally.unfinished
        assert gap.startswith(f"switch {ip}: ")
        assert CAMERA in said(seen)

    asyncio.run(story())


def test_a_lost_datagram_is_asked_for_again_and_no_row_is_missing() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        count = itertools.count()
        good = switch()
        async with agent(ip, lambda raw: None if next(count) % 3 == 1 else good.answer(raw)):
            await run(here, Switches(access(switches=(ip,))), host("127.0.0.11", CAMERA))
        assert len(said(seen)) == 15
        assert here.tally.unfinished == []

    asyncio.run(story())


def endless(raw: bytes) -> bytes:
    asked = simulator.question(raw)
    if asked.kind == simulator.GET:
        return simulator.response(asked, [(asked.names[0], simulator.octets(b"sw-x"))])
    rows = [
        ((*name, step), simulator.number(1)) if len(name) < 100 else ((*name[:-1], name[-1] + step), simulator.number(1))
        for step in range(1, asked.repetitions + 1)
        for name in asked.names
    ]
    return simulator.response(asked, rows)


def backwards(raw: bytes) -> bytes:
    asked = simulator.question(raw)
    if asked.kind == simulator.GET:
        return simulator.response(asked, [(asked.names[0], simulator.octets(b"sw-x"))])
    return simulator.response(asked, [((*name[:14], 1), simulator.number(1)) for name in asked.names * 2])


def same_again(raw: bytes) -> bytes:
    asked = simulator.question(raw)
    return simulator.response(asked, [(name, simulator.number(1)) for name in asked.names])


def silent_rows(raw: bytes) -> bytes:
    return simulator.response(simulator.question(raw), [])


def wrong_types(raw: bytes) -> bytes:
    asked = simulator.question(raw)
    return simulator.response(asked, [((*name, 5), simulator.octets(b"\xff" * 300)) for name in asked.names])


@pytest.mark.parametrize("answer", [endless, backwards, same_again, silent_rows, wrong_types], ids=lambda a: a.__name__)
def test_a_hostile_table_comes_to_an_end_and_other_switches_are_read(answer: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmpagent, "QUESTIONS_AT_MOST", 60)
    monkeypatch.setattr(snmpagent, "ROWS_AT_MOST", 400)

    async def story() -> None:
        ip, other = fresh_address(), fresh_address()
        here, seen = ground()
        async with agent(ip, answer) as heard, agent(other, switch().answer):  # type: ignore[arg-type]
            await run(here, Switches(access(switches=(ip, other))), host("127.0.0.11", CAMERA))
        assert len(heard) <= 120
        assert {one.values("switch.address") for one in seen if one.protocol == "bridge"} == {(other,)}

    asyncio.run(story())


def test_a_table_that_was_cut_is_named() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, _ = ground()
        crowd = Port(name="1", learned=tuple((f"00:16:3e:01:{n // 256:02x}:{n % 256:02x}", 20) for n in range(150)))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(snmpagent, "ROWS_AT_MOST", 100)
            async with agent(ip, switch((crowd,)).answer):
                await run(here, Switches(access(switches=(ip,))), host("127.0.0.11", CAMERA))
        assert here.tally.unfinished == [f"switch {ip}: tables not read to their end: more than 100 rows"]

    asyncio.run(story())


def router(*entries: tuple[str, str]) -> simulator.Snmp:
    return simulator.Snmp(community=COMMUNITY, objects=simulator.arp(entries))


def test_hosts_behind_a_router_get_the_mac_that_it_knows() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground(exclude=("127.9.0.3",))
        table = router(
            ("127.9.0.1", CAMERA),
            ("127.9.0.2", RECORDER),
            ("127.9.0.3", GHOST),
            ("192.0.2.7", FAR),
            ("127.9.0.5", "01:00:5e:00:00:01"),
        )
        async with agent(ip, table.answer) as heard:
            await run(here, Routers(access(routers=(ip,))))
        assert [(one.protocol, one.ip, one.link_mac, one.collector) for one in seen] == [
            ("snmp-arp", "127.9.0.1", CAMERA, "routers"),
            ("snmp-arp", "127.9.0.2", RECORDER, "routers"),
        ]
        assert seen[0].fields == (("arp.ip", "127.9.0.1"), ("arp.mac", CAMERA), ("switch.address", ip))
        assert here.tally.notes == [f"router {ip}: 2 behind it, 1 not readable, 2 outside the scope"]
        assert {simulator.question(raw).kind for raw in heard} == {simulator.GET_BULK}

    asyncio.run(story())


def test_a_host_behind_a_router_whose_mac_is_excluded_is_not_visited() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground(exclude=(CAMERA,))
        async with agent(ip, router(("127.9.0.1", CAMERA), ("127.9.0.2", RECORDER)).answer):
            await run(here, Routers(access(routers=(ip,))))
        assert live(seen, here.guard) == {"127.9.0.2"}

    asyncio.run(story())


def test_a_name_without_end_is_cut() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        ports = (Port(name="p" * 200, learned=((CAMERA, 20),)),)
        async with agent(ip, switch(ports, name="s" * 4000).answer):
            await run(here, Switches(access(switches=(ip,))), host("127.0.0.11", CAMERA))
        assert {len(said(seen)[CAMERA][name]) for name in ("switch.name", "switch.port")} == {64}

    asyncio.run(story())


def test_a_router_that_knows_the_older_table_alone_is_read() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        objects = {name: value for name, value in simulator.arp([("127.9.0.1", CAMERA)]).items() if name[7] == 22}
        async with agent(ip, simulator.Snmp(community=COMMUNITY, objects=objects).answer):
            await run(here, Routers(access(routers=(ip,))))
        assert [(one.ip, one.link_mac) for one in seen] == [("127.9.0.1", CAMERA)]

    asyncio.run(story())


def test_an_empty_table_says_so() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with agent(ip, router().answer):
            await run(here, Routers(access(routers=(ip,))))
        assert (seen, here.tally.unfinished) == ([], [])
        assert here.tally.notes == [f"router {ip}: its ARP table is empty, or not shown to this account"]

    asyncio.run(story())


def test_infrastructure_is_asked_where_the_scope_names_it_and_nowhere_else() -> None:
    async def story() -> None:
        named, other = fresh_address(), fresh_address()
        here, seen = ground()
        scope = Scope(ranges=("10.20.0.0/24",), infrastructure=(named,))
        here.scope = scope
        here.guard = here.net.guard = type(here.guard)(scope)
        async with agent(named, switch().answer) as heard, agent(other, switch().answer) as unheard:
            await run(here, Switches(access(switches=(named, other))), host("10.20.0.11", CAMERA))
        assert heard
        assert unheard == []
        assert CAMERA in said(seen)
        (gap,) = here.tally.unfinished
        assert "infrastructure" in gap

    asyncio.run(story())


def test_without_a_named_switch_or_router_nobody_is_asked() -> None:
    async def story() -> None:
        here, _ = ground()
        for collector in (Switches(access()), Routers(access()), Switches(SnmpAccess()), Routers()):
            with pytest.raises(NotAsked, match="was named"):
                collector.open(here)

    asyncio.run(story())
