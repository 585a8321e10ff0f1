"""A visit that goes on where it was interrupted: nothing twice, and no more than the budget over both parts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from camscan.collect.account import Credentials
from camscan.collect.base import Ground, Host, Stage
from camscan.collect.faults import BudgetSpent, Refused
from camscan.collect.gathered import Gathered
from camscan.collect.journal import Beginning, Interrupted, Journal
from camscan.collect.login import CUT_OFF, WITH_ACCOUNT, Login
from camscan.collect.net import Net
from camscan.collect.pace import PACES, Meter, Spent
from camscan.collect.reads import READ, REQUEST, begun
from camscan.collect.scope import Guard
from camscan.collect.stages import ScanPlan, StageRunner
from camscan.datafiles.open import open_knowledge
from camscan.model import Identification, Scope
from tests.collect.grounds import answering, device, fresh_address, ground
from tests.collect.visits import PAGE, ports, visit
from tests.factories import CAMERA_MAC, NOON, observation
from tests.report import making

ABSENT = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Written(Journal):
    """A journal in memory."""

    def __init__(self) -> None:
        self.spendings: list[tuple[str, Spent]] = []

    async def spending(self, ip: str, spent: Spent) -> None:
        self.spendings.append((ip, spent))


def noting(the_ground: Ground, before: frozenset[str] = frozenset()) -> tuple[list[str], list[str]]:
    """Return what a ground is told was asked, and which hosts' turn was over. before: asked in an earlier part."""
    asked: list[str] = []
    over: list[str] = []
    the_ground.asked = lambda host, what: asked.append(what)
    the_ground.asked_before = lambda host: before
    the_ground.visited = lambda host: over.append(host.ip)
    return asked, over


def test_every_port_that_was_asked_is_told_of_when_it_is_done_and_the_host_at_last() -> None:
    async def run() -> None:
        ip = fresh_address()
        the_ground, _ = ground()
        asked, over = noting(the_ground)
        async with device(ip, 80, answering(PAGE, ABSENT)):
            await visit(the_ground, Host(ip=ip))
        assert asked[:3] == ["80", "443", "554"]
        assert len(asked) == len(set(asked)) > 10
        assert over == [ip]

    asyncio.run(run())


def test_a_port_that_was_asked_before_is_not_asked_again() -> None:
    async def run() -> None:
        ip = fresh_address()
        the_ground, emitted = ground()
        asked, _ = noting(the_ground, before=frozenset({"80", "443"}))
        async with device(ip, 80, answering(PAGE, ABSENT)) as web, device(ip, 8000, answering(PAGE, ABSENT)):
            await visit(the_ground, Host(ip=ip))
        assert web.heard == []
        assert ports(emitted) == ["8000"]
        assert not {"80", "443"} & set(asked)

    asyncio.run(run())


def test_a_visit_that_is_cut_off_is_not_over_and_its_last_port_is_not_done() -> None:
    async def run() -> None:
        ip = fresh_address()
        the_ground, _ = ground()
        asked, over = noting(the_ground)
        async with device(ip, 80, answering(PAGE, ABSENT)), device(ip, 554, answering()) as silent:
            visiting = asyncio.ensure_future(visit(the_ground, Host(ip=ip)))
            async with asyncio.timeout(20):
                while not silent.heard:
                    await asyncio.sleep(0.01)
            visiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await visiting
        assert asked == ["80", "443"]
        assert over == []

    asyncio.run(run())


def test_the_negative_control_of_an_earlier_part_is_not_sent_again() -> None:
    async def run() -> None:
        first, second = fresh_address(), fresh_address()
        the_ground, emitted = ground()
        async with device(first, 80, answering(PAGE, ABSENT)) as web:
            await visit(the_ground, Host(ip=first))
        assert len(web.heard[0].split(b"GET ")) == 3
        known = tuple(replace(seen, ip=second) for seen in emitted if seen.values("http.control.status"))
        assert known
        async with device(second, 80, answering(PAGE, ABSENT)) as again:
            await visit(the_ground, Host(ip=second, observations=known))
        assert len(again.heard[0].split(b"GET ")) == 2

    asyncio.run(run())


def test_a_connection_is_written_down_before_it_is_made_and_counts_though_it_may_fail() -> None:
    async def run() -> None:
        ip = fresh_address()
        journal = Written()
        scope = Scope(ranges=("127.0.0.0/8",))
        net = Net(Guard(scope), Meter(PACES["fast"], asyncio.get_running_loop().time()), journal)
        async with device(ip, 80, answering(PAGE, ABSENT)):
            connection = await net.connect(ip, 80)
            assert [(where, spent.connections, spent.syns) for where, spent in journal.spendings] == [(ip, 1, 1)]
            await connection.close()
        with pytest.raises(Refused):
            await net.connect(ip, 81)
        assert [(spent.connections, spent.syns) for _, spent in journal.spendings] == [(1, 1), (2, 2)]
        assert net.meter.account(ip).spent().connections == 1

    asyncio.run(run())


def test_what_an_earlier_part_spent_counts_against_the_budget() -> None:
    async def run() -> None:
        ip = fresh_address()
        the_ground, _ = ground(connections=4)
        the_ground.net.meter.account(ip).add(Spent(connections=3, packets=30, syns=3))
        async with device(ip, 80, answering(PAGE, ABSENT)), device(ip, 8000, answering(PAGE, ABSENT)):
            await visit(the_ground, Host(ip=ip))
        assert the_ground.net.meter.account(ip).connections == 4
        assert the_ground.tally.budget_hosts == {ip}

    asyncio.run(run())


def test_connections_that_are_being_made_at_the_same_time_never_exceed_the_budget_together() -> None:
    async def run() -> None:
        ip = fresh_address()
        the_ground, _ = ground(connections=2, at_once=6)
        async with device(ip, 80, answering(PAGE, ABSENT)) as web:
            results = await asyncio.gather(*(the_ground.net.connect(ip, 80) for _ in range(6)), return_exceptions=True)
            made = [one for one in results if not isinstance(one, BaseException)]
            assert len(made) == 2
            assert all(isinstance(one, BudgetSpent) for one in results if one not in made)
            for connection in made:
                await connection.close()
        assert len(web.heard) == 2

    asyncio.run(run())


def test_what_was_spent_can_be_taken_back_for_an_address_that_another_device_has() -> None:
    the_meter = Meter(PACES["polite"], 0.0)
    account = the_meter.account("10.20.0.11")
    spent = Spent(packets=9, syns=2, unanswered=1, connections=1, requests=1, bytes_sent=100)
    account.add(spent)
    assert account.spent() == spent
    account.add(spent, -1)
    assert account.spent() == Spent()


def test_the_reads_of_a_device_go_on_with_those_that_were_not_answered() -> None:
    async def run() -> None:
        the_ground, _ = ground()
        noting(the_ground, frozenset({f"{REQUEST}onvif.GetDeviceInformation", f"{READ}onvif"}))
        going_on = begun(the_ground, Host(ip=fresh_address()))
        assert going_on.asked == {"onvif.GetDeviceInformation"}
        assert going_on.before == {"onvif"}
        assert going_on.reads == set()

    asyncio.run(run())


def test_a_device_that_was_being_asked_with_an_account_is_left_alone_and_named() -> None:
    async def run() -> None:
        ip = fresh_address()
        before: frozenset[str] = frozenset()
        for asked_already in (False, True):
            the_ground, _ = ground()
            asked, over = noting(the_ground, before)
            the_ground.enough = lambda host, seen: False
            the_ground.identify = lambda host, seen: Identification(kind="nvr", maker="hikvision")
            collector = Login({"default": Credentials(user="auditor", password="not-its-own")})
            collector.open(the_ground)
            page = observation((("http.status", "200"), ("onvif.model", "x")), protocol="http", ip=ip, port=8088)
            async with device(ip, 8088, answering(ABSENT)):
                await collector.run(the_ground, [Host(ip=ip, observations=(page,))])
            collector.close()
            if asked_already:
                assert the_ground.tally.unfinished == [f"{ip}: {CUT_OFF}"]
                assert (asked, over) == ([], [])
            else:
                assert asked == [WITH_ACCOUNT]
                assert over == [ip]
                before = frozenset(asked)

    asyncio.run(run())


class Noting:
    """A collector that notes whom it may visit, and what was asked of them before."""

    NAME = "tcp"
    STAGE = Stage.BANNERS

    def __init__(self) -> None:
        self.hosts: dict[str, frozenset[str]] = {}

    def open(self, ground: Ground) -> None:
        """Nothing needs a privilege."""

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        self.hosts = {host.ip: ground.asked_before(host) for host in hosts}

    def close(self) -> None:
        """Nothing stays open."""


@pytest.mark.parametrize(
    ("mac_now", "visited", "asked", "connections"),
    [
        (CAMERA_MAC, {"127.78.0.2", "127.78.0.3"}, {"80"}, 3),
        ("02:00:00:00:00:09", {"127.78.0.1", "127.78.0.2", "127.78.0.3"}, set(), 0),
    ],
    ids=["the same devices", "other devices at their addresses"],
)
def test_a_stage_goes_on_with_the_hosts_that_are_missing_and_knows_what_they_were_asked(
    mac_now: str, visited: set[str], asked: set[str], connections: int
) -> None:
    async def run() -> None:
        done, begun_with, fresh = "127.78.0.1", "127.78.0.2", "127.78.0.3"
        the_ground, _ = ground()
        spent = {ip: Spent(connections=3) for ip in (done, begun_with)}
        for ip, one in spent.items():
            the_ground.net.meter.account(ip).add(one)
        beginning = Beginning(run=making.run(), scope=the_ground.scope, networks=(), collectors=("tcp",))
        interrupted = Interrupted(
            beginning=beginning,
            at=NOON,
            finished={"tcp": frozenset({done})},
            asked={"tcp": {begun_with: frozenset({"80"})}},
            spent=spent,
            macs={done: CAMERA_MAC, begun_with: CAMERA_MAC},
        )
        collector = Noting()
        plan = ScanPlan(
            site="lab",
            scope=the_ground.scope,
            guard=the_ground.guard,
            interfaces=(),
            collectors=(collector,),
            now=lambda: NOON,
            interrupted=interrupted,
        )
        gathered = Gathered()
        for ip in (done, begun_with, fresh):
            gathered.add(observation((("arp.ip", ip), ("arp.mac", mac_now)), ip=ip, link_mac=mac_now))
        runner = StageRunner(plan, open_knowledge(None), gathered, the_ground.net)
        runner.open_all()
        await runner.run(Stage.BANNERS)
        assert collector.hosts.keys() == visited
        assert collector.hosts[begun_with] == asked
        assert the_ground.net.meter.account(begun_with).connections == connections

    asyncio.run(run())
