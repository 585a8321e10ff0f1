"""SNMP agents on loopback, good ones and bad ones."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from camscan.collect.base import Ground, Host
from camscan.collect.routers import Routers
from camscan.collect.snmp import Snmp
from camscan.collect.snmpaccess import DEFAULT, Account, SnmpAccess
from camscan.collect.switches import Switches
from tests import factories

COMMUNITY = "s3cret-of-the-site"
MINE = {DEFAULT: Account(community=COMMUNITY)}


class _Port(asyncio.DatagramProtocol):
    def __init__(self, answer: Callable[[bytes], bytes | list[bytes] | None], heard: list[bytes]) -> None:
        self._answer = answer
        self._heard = heard

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._heard.append(data)
        said = self._answer(data)
        for payload in said if isinstance(said, list) else [said]:
            if payload is not None:
                self._transport.sendto(payload, addr)


@contextlib.asynccontextmanager
async def agent(ip: str, answer: Callable[[bytes], bytes | list[bytes] | None], port: int = 161) -> AsyncIterator[list[bytes]]:
    """Serve one address; what it hears is in the list."""
    heard: list[bytes] = []
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Port(answer, heard), local_addr=(ip, port)
    )
    try:
        yield heard
    finally:
        transport.close()
        await asyncio.sleep(0)


def host(ip: str, mac: str | None = factories.CAMERA_MAC) -> Host:
    return Host(ip=ip, mac=mac)


async def run(here: Ground, collector: Snmp | Switches | Routers, *hosts: Host) -> None:
    collector.open(here)
    try:
        async with asyncio.timeout(60):
            await collector.run(here, hosts)
    finally:
        collector.close()


def access(**changes: Any) -> SnmpAccess:
    values: dict[str, Any] = {"accounts": MINE}
    return SnmpAccess(**(values | changes))
