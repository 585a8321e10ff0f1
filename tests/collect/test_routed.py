"""Echo requests to single devices, as a scan across routers sends them. The kernel of loopback replies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from camscan.collect.base import Ground, Host, NotNeeded
from camscan.collect.faults import NoRoute, OutOfScope
from camscan.collect.interfaces import Interface
from camscan.collect.net import Net
from camscan.collect.pace import PACES, Meter
from camscan.collect.ping import checksum, repeats, request
from camscan.collect.routed import PingSweep, RoutedLiveness
from camscan.collect.scope import Guard
from camscan.model import Observation, Scope
from tests.collect.grounds import ground
from tests.factories import observation
from tests.unprivileged import WITHOUT_CAPABILITIES

ALIVE, DEAD = ("127.88.0.5", "127.88.0.6"), "192.0.2.9"
GROUPS_THAT_MAY = Path("/proc/sys/net/ipv4/ping_group_range")
LOOPBACK = Interface(
    name="lo", index=1, mac="00:00:00:00:00:00", addresses=("127.0.0.1",), networks=(IPv4Network("127.0.0.0/8"),), up=True, loopback=True
)  # fmt: skip


def routed(*ranges: str, exclude: tuple[str, ...] = (), links: Sequence[Interface] = ()) -> tuple[Ground, list[Observation]]:
    """Return a ground whose ranges lie behind a router, as far as its interfaces show."""
    made, emitted = ground()
    guard = Guard(Scope(ranges=ranges, exclude=exclude))
    net = Net(guard, Meter(PACES["fast"], asyncio.get_running_loop().time()))
    return replace(made, guard=guard, net=net, interfaces=tuple(links)), emitted


@pytest.fixture(params=["kernel", "raw"])
def echoes(request: pytest.FixtureRequest) -> Iterator[str]:
    """Let the kernel's own ping socket be open to us, or only the raw one."""
    if os.geteuid() != 0:
        pytest.skip("needs root of a network namespace")
    before = GROUPS_THAT_MAY.read_text()
    try:
        GROUPS_THAT_MAY.write_text("0 0" if request.param == "kernel" else "1 0")
    except OSError:
        pytest.skip("this kernel's setting cannot be changed here")
    with contextlib.suppress(OSError):
        yield request.param
    GROUPS_THAT_MAY.write_text(before)


async def sweep(here: Ground) -> None:
    collector = PingSweep()
    collector.open(here)
    try:
        async with asyncio.timeout(20):
            await collector.run(here, ())
    finally:
        collector.close()


def test_who_replies_is_there_and_nobody_else(echoes: str) -> None:
    async def story() -> None:
        here, seen = routed("127.88.0.4/30", "192.0.2.8/30", exclude=("127.88.0.6",))
        await sweep(here)
        assert [(one.ip, one.protocol, one.collector, one.fields) for one in seen] == [(ALIVE[0], "icmp", "ping", ())]
        assert (here.tally.sent, here.tally.received) == (1, 1)
        (gap,) = here.tally.unfinished
        assert gap == "no route from this machine to 2 addresses, e.g. 192.0.2.9"
        assert here.net.meter.account(ALIVE[0]).packets == 1
        assert "127.88.0.6" not in here.net.meter.accounts

    asyncio.run(story())


def test_a_reply_that_repeats_another_nonce_is_nobodys(echoes: str) -> None:
    async def story() -> None:
        here, _ = routed("127.88.0.0/24")
        sock = here.net.ping_socket()
        with contextlib.closing(sock):
            await sock.ask(ALIVE[0], b"ours ours ours!!")
            await asyncio.sleep(0.05)
            assert list(sock.replies(b"another's nonce!")) == []
            await sock.ask(ALIVE[0], b"ours ours ours!!")
            await asyncio.sleep(0.05)
            assert list(sock.replies(b"ours ours ours!!")) == [ALIVE[0]]
            assert list(sock.replies(b"ours ours ours!!")) == []

    asyncio.run(story())


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize(
    "packet",
    [b"", b"\x45", b"\x4f" + bytes(3), b"\0\0", b"\x08\0" + bytes(6) + b"nonce", b"\x03\0" + bytes(6) + b"nonce", bytes(700)],
)
def test_broken_and_other_packets_are_no_replies(packet: bytes, raw: bool) -> None:
    assert not repeats(packet, b"nonce", raw=raw)
    assert not repeats(b"\x45" + bytes(19) + packet, b"nonce", raw=raw)


def test_a_reply_is_found_behind_the_options_of_its_header() -> None:
    assert repeats(b"\x46" + bytes(23) + bytes(8) + b"nonce", b"nonce", raw=True)
    assert repeats(bytes(8) + b"nonce", b"nonce", raw=False)


def test_nothing_is_sent_outside_the_scope(echoes: str) -> None:
    async def story() -> None:
        here, _ = routed("127.88.0.4/30")
        sock = here.net.ping_socket()
        with contextlib.closing(sock):
            with pytest.raises(OutOfScope):
                await sock.ask("127.88.0.77", bytes(16))
            with pytest.raises(OutOfScope):
                await sock.ask(DEAD, bytes(16))
        assert here.net.meter.accounts == {}

    asyncio.run(story())


def test_an_address_without_a_route_is_told_from_one_that_is_silent(echoes: str) -> None:
    async def story() -> None:
        here, _ = routed("192.0.2.8/30")
        sock = here.net.ping_socket()
        with contextlib.closing(sock), pytest.raises(NoRoute):
            await sock.ask(DEAD, bytes(16))

    asyncio.run(story())


@pytest.mark.parametrize("collector", [PingSweep, RoutedLiveness])
def test_nothing_is_opened_where_every_range_is_on_a_link_or_of_ipv6(collector: type[PingSweep | RoutedLiveness]) -> None:
    async def story() -> None:
        for here, _ in (routed("127.88.0.4/30", links=[LOOPBACK]), routed("2001:db8::/126")):
            with pytest.raises(NotNeeded):
                collector().open(here)

    asyncio.run(story())


def test_without_privilege_and_without_the_kernels_leave_the_remedy_is_named() -> None:
    if os.geteuid() != 0 or GROUPS_THAT_MAY.read_text().split() != ["1", "0"]:
        pytest.skip("needs root of a fresh network namespace")
    program = (
        "import asyncio\n"
        "from tests.collect.test_routed import routed, PingSweep\n"
        "async def story():\n"
        "    PingSweep().open(routed('127.88.0.4/30')[0])\n"
        "asyncio.run(story())\n"
    )
    done = subprocess.run(
        [*WITHOUT_CAPABILITIES, sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30
    )
    last = done.stderr.splitlines()[-1]
    assert last.startswith("camscan.errors.PrivilegeError: behind routers, hosts that drop TCP are missed: ")
    assert "ping_group_range" in last
    assert "sudo " in last


async def check(here: Ground, hosts: Sequence[Host]) -> RoutedLiveness:
    collector = RoutedLiveness()
    collector.open(here)
    try:
        async with asyncio.timeout(20):
            await collector.run(here, hosts)
    finally:
        collector.close()
    return collector


def test_a_visited_device_that_replied_before_and_not_after_is_quiet(echoes: str) -> None:
    async def story() -> None:
        here, _ = routed("127.88.0.0/24", "192.0.2.8/30")
        echo = observation((), protocol="icmp")
        hosts = [
            Host(ip=ALIVE[0], observations=(echo,)),
            Host(ip=DEAD, observations=(echo,)),
            Host(ip=ALIVE[1]),
            Host(ip="127.88.0.9", observations=(echo,)),
        ]
        for host in hosts[:3]:
            here.net.meter.account(host.ip).connections = 1
        collector = await check(here, hosts)
        assert collector.quiet == {DEAD}
        assert here.tally.unfinished == [f"silent since our visit, look at them: {DEAD}"]
        assert here.tally.notes == ["not checked: 1 devices behind a router that reply to no echo request"]
        assert (here.tally.sent, here.tally.received) == (1, 1)

    asyncio.run(story())


def test_devices_on_our_links_are_left_to_the_check_of_links(echoes: str) -> None:
    async def story() -> None:
        here, _ = routed("127.88.0.0/24", "192.0.2.8/30", links=[LOOPBACK])
        here.net.meter.account(ALIVE[0]).connections = 1
        collector = await check(here, [Host(ip=ALIVE[0], observations=(observation((), protocol="icmp"),))])
        assert collector.quiet == set()
        assert (here.tally.sent, here.tally.notes) == (0, [])

    asyncio.run(story())


@pytest.mark.parametrize("size", range(9))
def test_the_checksum_of_a_whole_message_is_zero(size: int) -> None:
    assert checksum(request(bytes(range(1, size + 1)).rjust(2, b"\7"))) == 0


def test_an_echo_request_has_the_form_of_rfc_792() -> None:
    assert (
        request(b"\xab\xcdrest")
        == bytes.fromhex("0800") + request(b"\xab\xcdrest")[2:4] + bytes.fromhex("abcd0001") + b"\xab\xcdrest"
    )
