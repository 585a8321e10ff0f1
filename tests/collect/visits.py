"""A visit over TCP on loopback, and what it saw."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from camscan.collect import tcp
from camscan.collect.base import Ground, Host
from camscan.model import Observation

PAGE = b"HTTP/1.1 200 OK\r\nServer: uc-httpd 1.0.0\r\nContent-Length: 35\r\n\r\n<title>NETSurveillance WEB</title>\r\n"


OPTIONS = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS, DESCRIBE\r\n\r\n"


async def visit(the_ground: Ground, *hosts: Host) -> None:
    collector = tcp.Tcp()
    collector.open(the_ground)
    async with asyncio.timeout(20):
        await collector.run(the_ground, hosts)
    collector.close()


def values(seen: Sequence[Observation], name: str) -> list[str]:
    return [value for one in seen for value in one.values(name)]


def ports(seen: Sequence[Observation]) -> list[str]:
    return sorted(values(seen, "tcp.port"))
