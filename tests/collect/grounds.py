"""A ground for collectors on loopback, and small servers that behave as badly as devices do."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from camscan.collect.base import Ground, Tally
from camscan.collect.net import Net
from camscan.collect.pace import PACES, Meter
from camscan.collect.scope import Guard
from camscan.model import Observation, Scope
from tests.factories import NOON

USER_AGENT = "camscan/0 (test)"
_addresses = (f"127.77.{high}.{low}" for high, low in itertools.product(range(256), range(1, 255)))


class Listening:
    """A reader that remembers what it read."""

    def __init__(self, reader: asyncio.StreamReader, heard: bytearray) -> None:
        self._reader = reader
        self._heard = heard

    async def request(self) -> bytes:
        """Return the next request; raises IncompleteReadError at the end."""
        raw = await self._reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in raw.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        raw += await self._reader.readexactly(length)
        self._heard += raw
        return raw

    async def rest(self) -> None:
        """Read until the client closes."""
        while chunk := await self._reader.read(4096):
            self._heard += chunk


Conversation = Callable[[Listening, asyncio.StreamWriter], Awaitable[None]]


def fresh_address() -> str:
    """Return a loopback address that no other test uses, so that every port is free."""
    return next(_addresses)


def ground(
    *, exclude: tuple[str, ...] = (), connections: int | None = None, at_once: int = 1
) -> tuple[Ground, list[Observation]]:
    """Return a ground whose scope is loopback, and the list that it emits into. Call inside a running loop."""
    emitted: list[Observation] = []
    scope = Scope(ranges=("127.0.0.0/8",), exclude=exclude)
    guard = Guard(scope)
    pace = replace(PACES["fast"], connections_at_once=at_once)
    if connections is not None:
        pace = replace(pace, connections_per_run=connections)
    net = Net(guard, Meter(pace=pace, start=asyncio.get_running_loop().time()))
    made = Ground(
        site="Łódź",
        scope=scope,
        guard=guard,
        interfaces=(),
        net=net,
        now=lambda: NOON,
        user_agent=USER_AGENT,
        tally=Tally(),
        macs={},
        emit=emitted.append,
    )
    return made, emitted


@dataclass
class Device:
    """One listening port: what it was sent on each connection, and how many it held at the same time."""

    heard: list[bytearray] = field(default_factory=list)
    open_now: int = 0
    open_at_most: int = 0


@contextlib.asynccontextmanager
async def device(ip: str, port: int, converse: Conversation, context: ssl.SSLContext | None = None) -> AsyncIterator[Device]:
    """Serve one port. `converse` holds one conversation; whatever it read is in `heard`."""
    state = Device()
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        state.heard.append(bytearray())
        state.open_now += 1
        state.open_at_most = max(state.open_at_most, state.open_now)
        try:
            await converse(Listening(reader, state.heard[-1]), writer)
        except (OSError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            state.open_now -= 1
            writer.transport.abort()
            tasks.discard(task)

    server = await asyncio.start_server(accept, ip, port, ssl=context)
    try:
        yield state
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
        await asyncio.sleep(0.02)


def answering(*answers: bytes) -> Conversation:
    """Return a server that gives one answer to each request, then keeps silent."""

    async def converse(reader: Listening, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.request()
            writer.write(answer)
            await writer.drain()
        await reader.rest()

    return converse


def speaking(greeting: bytes) -> Conversation:
    """Return a server that speaks first, or never where the greeting is empty."""

    async def converse(reader: Listening, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await writer.drain()
        await reader.rest()

    return converse


def server_context(folder: Path, version: ssl.TLSVersion) -> ssl.SSLContext:
    """Return a server's context of exactly one version, with a certificate as a factory makes it."""
    key = ec.derive_private_key(0x5EED, ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "TPRI-DEVICE"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "TPRI")]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2001, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2070, 12, 31, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    path = folder / "device.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.minimum_version = context.maximum_version = version
    return context
