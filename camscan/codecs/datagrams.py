"""Who exchanges datagrams with whom beyond the link, and how much: counted one by one, since they have no numbers to count by.

Counted are datagrams between a host of a site and one elsewhere, and those to ports of the services that cameras call, wherever those
are. What a mirror port shows a second time at once is counted once: equal in number of the packet (RFC 791) and content.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address

from camscan.codecs.flows import Ended, on_link
from camscan.codecs.registry import DATAGRAM_PORTS
from camscan.codecs.unicast import is_elsewhere, is_unicast
from camscan.model import Endpoint

FLOW_PORTS = (123, 443, 3478, 8800, 32100, 32108)
"""UDP ports of servers whose clients are told of as flows wherever those stand: time, QUIC, relays, and clouds that cameras call."""
MAX_EXCHANGES = 4096
"""Exchanges that are counted at a time; the longest silent are told first."""
MAX_PORTS = 16_384
"""Pairs of ports of which it is known to which exchange they belong."""
ENOUGH = 16
"""Datagrams of one side that are passed on where no codec knows a port of theirs; the rest is media, and only counted."""
AGAIN = timedelta(seconds=0.1)
"""A datagram that is equal to one of so long ago is the same one: no mirror port holds frames back for longer."""
_MAX_RECENT = 8
"""Datagrams of one side that are known again."""
_SERVED = frozenset({*FLOW_PORTS, *DATAGRAM_PORTS})

_Key = tuple[bytes, bytes, int]
"""Address of the client, address and port of the server."""


@dataclass(slots=True)
class Side:
    """What one side of an exchange sent."""

    exchange: Exchange | None
    """None where that is over."""
    mac: str | None = None
    hop_limit: int = 0
    """Of the first datagram, as it arrived; 0 where there was none."""
    count: int = 0
    size: int = 0
    """Bytes behind the headers of UDP."""
    recent: dict[int, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class Exchange:
    """Datagrams between one client, at whatever ports, and one port of a server."""

    client_end: Endpoint
    server_end: Endpoint
    passed_on: bool
    """A codec knows the port, so that each datagram is passed on."""
    first_at: datetime | None = None
    last_at: datetime | None = None
    client: Side = field(init=False)
    server: Side = field(init=False)

    def __post_init__(self) -> None:
        self.client, self.server = Side(self), Side(self)


class Datagrams:
    """The exchanges of one capture; at most MAX_EXCHANGES at a time."""

    def __init__(self, begun: Callable[[Endpoint, Endpoint], None], ended: Callable[[Ended], None]) -> None:
        """begun: told client and server of a new exchange. ended: told what came of one."""
        self._begun = begun
        self._ended = ended
        self._sides: dict[bytes, Side | None] = {}
        self._exchanges: OrderedDict[_Key, Exchange] = OrderedDict()

    def side(self, mark: bytes) -> Side | None:
        """Return whose a datagram is; None where it is not counted.

        mark: source address, destination address, source port and destination port, as they follow each other in the packet.
        """
        known = self._sides.get(mark)
        if known is not None and known.exchange is not None:
            return known
        if known is None and mark in self._sides:
            return None
        side = self._sides[mark] = self._side(mark)
        if len(self._sides) > MAX_PORTS:
            del self._sides[next(iter(self._sides))]
        return side

    def count(self, side: Side, content: int, size: int, at: datetime) -> bool:
        """Count a datagram, and return whether it may be left out otherwise. content: equal for those that are the same."""
        exchange = side.exchange
        assert exchange is not None
        if exchange.first_at is None or exchange.last_at is None:
            self._begun(exchange.client_end, exchange.server_end)
            exchange.first_at = exchange.last_at = at
        exchange.first_at, exchange.last_at = min(exchange.first_at, at), max(exchange.last_at, at)
        recent = side.recent
        before = recent.get(content)
        if before is None or not -AGAIN <= at - before <= AGAIN:
            side.count += 1
            side.size += size
            recent[content] = at
            if len(recent) > _MAX_RECENT:
                del recent[next(iter(recent))]
        return side.count > ENOUGH and not exchange.passed_on

    def flush(self) -> None:
        """Tell all exchanges, and forget them."""
        for exchange in self._exchanges.values():
            self._end(exchange)
        self._exchanges.clear()
        self._sides.clear()

    def _side(self, mark: bytes) -> Side | None:
        half = len(mark) // 2 - 2
        source, target = mark[:half], mark[half:-4]
        src, dst = Endpoint(_text(source), int.from_bytes(mark[-4:-2])), Endpoint(_text(target), int.from_bytes(mark[-2:]))
        from_server = _is_from_server(src, dst)
        if from_server is None:
            return None
        known = (source, target, dst.port) in self._exchanges, (target, source, src.port) in self._exchanges
        from_server = known[1] if any(known) and not all(known) else from_server
        client, server = (dst, src) if from_server else (src, dst)
        key = (target, source, server.port) if from_server else (source, target, server.port)
        exchange = self._exchanges.get(key)
        if exchange is None:
            exchange = self._exchanges[key] = Exchange(
                client, server, not DATAGRAM_PORTS.isdisjoint((client.port, server.port))
            )
            if len(self._exchanges) > MAX_EXCHANGES:
                self._end(self._exchanges.popitem(last=False)[1])
        else:
            self._exchanges.move_to_end(key)
        return exchange.server if from_server else exchange.client

    def _end(self, exchange: Exchange) -> None:
        exchange.client.exchange = exchange.server.exchange = None
        if exchange.first_at is None or exchange.last_at is None:
            return
        client, server = exchange.client, exchange.server
        from_link = on_link(exchange.client_end.ip, client.hop_limit)
        self._ended(
            Ended(
                client=exchange.client_end,
                client_mac=client.mac,
                server=exchange.server_end,
                server_mac=server.mac,
                transport="udp",
                sent=client.size,
                received=server.size,
                exact=False,
                from_link=from_link,
                answered=server.count > 0,
                serves=not from_link and client.count > 0 and on_link(exchange.server_end.ip, server.hop_limit),
                accepted=False,
                first_at=exchange.first_at,
                last_at=exchange.last_at,
                times=max(1, client.count),
            )
        )


def _is_from_server(src: Endpoint, dst: Endpoint) -> bool | None:
    """Return whether a datagram goes from server to client; None where it is not counted.

    The server is the one at a port of servers; where that does not tell, the one elsewhere, or the one that is sent to.
    """
    from_elsewhere, to_elsewhere = is_elsewhere(src.ip, dst.ip), is_elsewhere(dst.ip, src.ip)
    from_service, to_service = src.port in _SERVED, dst.port in _SERVED
    if not from_elsewhere and not to_elsewhere:
        if src.port not in FLOW_PORTS and dst.port not in FLOW_PORTS:
            return None
        if not is_unicast(src.ip) or not is_unicast(dst.ip) or src.ip.endswith(".255") or dst.ip.endswith(".255"):
            return None
    if from_service != to_service:
        return from_service
    return from_elsewhere and not to_elsewhere


@lru_cache(maxsize=512)
def _text(packed: bytes) -> str:
    return str(ip_address(packed))
