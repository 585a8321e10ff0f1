"""zeroconf with a meter: what its browser and its resolvers want to ask waits here until the pace lets it leave."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from zeroconf import IPVersion, Zeroconf

from camscan.codecs import mdns
from camscan.collect.base import Tally
from camscan.collect.pace import Meter

if TYPE_CHECKING:
    from zeroconf._protocol.outgoing import DNSOutgoing
    from zeroconf._transport import _WrappedTransport

WAITING_AT_MOST = 1_024
"""Messages that wait for the pace; what more is wanted is not sent, and counted."""
PACKETS_OF_A_MESSAGE = 4
"""A list of known answers that needs more is left out, RFC 6762 §7.2: whoever announces enough would choose how much we send."""
_MAPPED = "::ffff:"
"""Before an address of IPv4 that a socket of both families heard, RFC 4291 §2.5.5.2."""
Place = tuple[str | None, int, tuple[()] | tuple[int, int], "_WrappedTransport | None"]


class Querier(Zeroconf):
    """Asks groups of mDNS. Every packet on every link, repetitions among them, is booked before it leaves, and counted."""

    def __init__(self, meter: Meter, tally: Tally, interfaces: Iterable[str | int], family: IPVersion) -> None:
        """interfaces: addresses of IPv4, and indices of links with IPv6. Call inside a running loop. Raises OSError and RuntimeError."""
        self.responder = ""
        """Who sent the message that is being read."""
        self.left_out = 0
        """Messages for which there was no room."""
        self._meter = meter
        self._tally = tally
        self._waiting: asyncio.Queue[tuple[DNSOutgoing, Place]] = asyncio.Queue(WAITING_AT_MOST)
        super().__init__(interfaces=list(interfaces), ip_version=family)

    async def begin(self) -> None:
        """Wait until it hears, and note from then on whom. Raises zeroconf's Error."""
        await self.async_wait_for_start()
        for reader in self.engine.readers:
            heard = cast("asyncio.DatagramProtocol", reader.transport.get_protocol())
            reader.transport.set_protocol(_Ear(self, heard))

    def async_send(
        self,
        out: DNSOutgoing,
        addr: str | None = None,
        port: int = mdns.PORTS[0],
        v6_flow_scope: tuple[()] | tuple[int, int] = (),
        transport: _WrappedTransport | None = None,
    ) -> None:
        """Let a message wait for its turn."""
        try:
            self._waiting.put_nowait((out, (addr, port, v6_flow_scope, transport)))
        except asyncio.QueueFull:
            self.left_out += 1

    async def send_waiting(self) -> None:
        """Send what waits, link by link, as the pace lets it. Never returns."""
        while True:
            message, (addr, port, scope, transport) = await self._waiting.get()
            if len(message.packets()) > PACKETS_OF_A_MESSAGE:
                message = _questions_of(message)
            packets = len(message.packets())
            for link in (transport,) if transport is not None else tuple(self.engine.senders):
                await self._meter.everyone(packets)
                self._tally.sent += packets
                super().async_send(message, addr, port, scope, link)


class _Ear(asyncio.DatagramProtocol):
    """Passes on what arrives, and notes who sent it: a record does not say who announced it."""

    def __init__(self, querier: Querier, heard: asyncio.DatagramProtocol) -> None:
        self._querier = querier
        self._heard = heard

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        self._querier.responder = str(addr[0]).partition("%")[0].removeprefix(_MAPPED)
        self._heard.datagram_received(data, addr)

    def error_received(self, exc: Exception) -> None:
        self._heard.error_received(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        self._heard.connection_lost(exc)


def _questions_of(message: DNSOutgoing) -> DNSOutgoing:
    """Return a query without its known answers."""
    asked = type(message)(message.flags, message.multicast)
    for question in message.questions:
        asked.add_question(question)
    return asked
