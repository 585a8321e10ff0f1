"""Nothing leaves that scope and pace do not allow, and every read ends in bounded bytes and time."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from camscan.collect.faults import BudgetSpent, OutOfScope, Refused, Unanswered
from camscan.collect.net import Net
from camscan.collect.pace import PACES, Meter, Pace
from camscan.collect.scope import Guard
from camscan.model import Scope

HERE = "127.0.0.1"
QUICK = replace(PACES["polite"], total=10_000, per_device=10_000, shared=10_000)
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def net_of(ranges: tuple[str, ...] = ("127.0.0.0/8",), exclude: tuple[str, ...] = (), pace: Pace = QUICK) -> Net:
    guard = Guard(Scope(ranges=ranges, exclude=exclude))
    return Net(guard, Meter(pace, asyncio.get_running_loop().time()))


@contextlib.asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[int]:
    """Yield the port of a server that handles each connection with `serve`."""
    served: list[asyncio.StreamWriter] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(writer)
        await serve(reader, writer)

    listening = await asyncio.start_server(note, HERE, 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        for writer in served:
            writer.transport.abort()
        await asyncio.sleep(0.01)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        await reader.read()
    writer.close()


@pytest.mark.parametrize(("ranges", "exclude"), [(("192.0.2.0/24",), ()), (("127.0.0.0/8",), (HERE,))])
def test_an_address_outside_the_scope_or_excluded_is_never_connected_to(
    ranges: tuple[str, ...], exclude: tuple[str, ...]
) -> None:
    async def main() -> None:
        met: list[bool] = []

        async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            met.append(True)
            writer.close()

        async with server(note) as port:
            with pytest.raises(OutOfScope):
                await net_of(ranges, exclude).connect(HERE, port)
            await asyncio.sleep(0.05)
        assert not met

    asyncio.run(main())


@contextlib.contextmanager
def deaf_port() -> Iterator[int]:
    """Yield a port that leaves every SYN unanswered: its queue of connections is full, and nobody takes one."""
    with socket.socket() as listening:
        listening.bind((HERE, 0))
        listening.listen(0)
        with socket.create_connection(listening.getsockname()):
            yield listening.getsockname()[1]


def syns_repeated() -> int:
    """Return how many SYNs the kernel has sent again in this namespace."""
    names, values = (line.split() for line in Path("/proc/net/netstat").read_text().splitlines()[:2])
    return int(values[names.index("TCPSynRetrans")])


@pytest.mark.parametrize(("stall_s", "before"), [(0.0, 0), (0.0, 1), (2.4, 0), (0.6, 1)])
def test_each_syn_that_the_kernel_repeats_is_booked_however_late_we_wake(stall_s: float, before: int) -> None:
    async def main() -> None:
        here = net_of()
        account = here.meter.account(HERE)
        account.unanswered = before  # the second of such ports is given less than the kernel's first repetition takes
        with deaf_port() as port:
            repeated, began = syns_repeated(), time.monotonic()
            asyncio.get_running_loop().call_later(0.85, time.sleep, stall_s)
            with pytest.raises(Unanswered):
                await here.connect(HERE, port)
            repeated, took_s = syns_repeated() - repeated, time.monotonic() - began
        # Kernels before 6.5 wait twice as long each time; what they did not send is booked too.
        assert 1 + repeated <= account.syns == account.packets <= 1 + int(took_s)

    asyncio.run(main())


def test_who_answers_while_this_process_does_not_run_is_heard() -> None:
    async def main(listening: socket.socket) -> None:
        connection = await net_of().connect(HERE, listening.getsockname()[1])
        device, _ = listening.accept()
        with device:
            answer = threading.Timer(0.2, device.sendall, (b"here",))
            answer.start()
            asyncio.get_running_loop().call_soon(time.sleep, 1.0)
            assert await connection.receive(lambda so_far: so_far == b"here", patience_s=0.5) == b"here"
            answer.join()
            await connection.close()

    with socket.create_server((HERE, 0)) as listening:
        asyncio.run(main(listening))


def test_the_budget_ends_connections_to_one_device_for_the_rest_of_the_run() -> None:
    async def main() -> None:
        pace = replace(QUICK, connections_per_run=3)
        async with server(silent) as port:
            net = net_of(pace=pace)
            for _ in range(3):
                await (await net.connect(HERE, port)).close()
            with pytest.raises(BudgetSpent, match="3 connections"):
                await net.connect(HERE, port)
            assert net.meter.account(HERE).ledger().connections == 3

    asyncio.run(main())


def test_refused_connections_cost_packets_and_no_connection() -> None:
    async def main() -> None:
        async with server(silent) as port:
            pass
        net = net_of()
        with pytest.raises(Refused):
            await net.connect(HERE, port)
        ledger = net.meter.account(HERE).ledger()
        assert (ledger.connections, ledger.packets) == (0, 1)

    asyncio.run(main())


def test_attempts_are_limited_too_although_every_one_is_refused() -> None:
    async def main() -> None:
        async with server(silent) as port:
            pass
        net = net_of()
        for _ in range(24):
            with pytest.raises(Refused):
                await net.connect(HERE, port)
        with pytest.raises(BudgetSpent, match="24 attempts"):
            await net.connect(HERE, port)

    asyncio.run(main())


def test_a_second_connection_to_one_device_waits_until_the_first_is_closed() -> None:
    async def main() -> None:
        together: list[int] = []
        open_now = 0

        async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal open_now
            open_now += 1
            together.append(open_now)
            with contextlib.suppress(ConnectionError):
                await reader.read()
            open_now -= 1
            writer.close()

        async def visit(net: Net, port: int) -> None:
            connection = await net.connect(HERE, port)
            await asyncio.sleep(0.02)
            await connection.close()
            await asyncio.sleep(0.02)

        async with server(count) as port:
            net = net_of()
            async with asyncio.TaskGroup() as tasks:
                for _ in range(5):
                    tasks.create_task(visit(net, port))
        assert len(together) == 5
        assert max(together) == 1

    asyncio.run(main())


def test_a_flood_is_read_to_the_limit_and_no_further() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                writer.write(b"x" * 65_536)
                await writer.drain()
        writer.close()

    async def main() -> None:
        async with server(flood) as port:
            connection = await net_of().connect(HERE, port)
            assert len(await connection.receive(lambda buffer: False, limit=1000)) == 1000
            connection.abort()

    asyncio.run(main())


def test_a_slow_drip_ends_when_patience_ends_and_keeps_what_came() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            for _ in range(1000):
                writer.write(b".")
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()

    async def main() -> None:
        async with server(drip) as port:
            connection = await net_of().connect(HERE, port)
            came = await connection.receive(lambda buffer: False, patience_s=0.2)
            assert 1 <= len(came) <= 20
            connection.abort()

    asyncio.run(main())


def test_a_server_that_does_not_speak_tls_is_refused_not_waited_for() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
        writer.close()

    async def main() -> None:
        async with server(plain) as port:
            connection = await net_of().connect(HERE, port)
            with pytest.raises((Refused, Unanswered)):
                await connection.start_tls()
            await connection.close()

    asyncio.run(main())


def test_a_closed_connection_gives_its_place_free_exactly_once() -> None:
    async def main() -> None:
        async with server(silent) as port:
            net = net_of()
            connection = await net.connect(HERE, port)
            connection.abort()
            await connection.close()
            first = await net.connect(HERE, port)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await net.connect(HERE, port)
            await first.close()

    asyncio.run(main())
