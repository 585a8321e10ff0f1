"""Who talks to whom, and how much: the connections of one client to one port of one address are one flow.

Source: RFC 9293 (sequence numbers count bytes). A flow is told of its client, where that stands on the link that was listened to:
its packets arrive with the hop limit that systems begin with. `flow.bound` is `exact` where beginning and end of every connection
were seen in both directions, else `at-least`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from camscan.codecs.base import fields, ip_from_text
from camscan.model import Endpoint, Observation, Via

PROTOCOL = "flow"
MAX_FLOWS = 16_384
"""Flows that are counted at a time; the longest silent are told first."""
MAX_ANSWERS = 16_384
"""Names of addresses that are remembered at a time, as resolvers told them to clients."""
MAX_NAMES = 8
"""Names of one flow."""
FIRST_HOP = frozenset({32, 64, 128, 255})
"""Hop limits that systems begin with."""

Key = tuple[str, str | None, str, int, str]
"""Address and MAC of the client, address and port of the server, transport."""


@dataclass(slots=True)
class _Flow:
    first_at: datetime
    last_at: datetime
    count: int = 0
    sent: int = 0
    received: int = 0
    exact: bool = True
    names: set[str] = field(default_factory=set)


class Flows:
    """The flows of one capture."""

    def __init__(self, *, via: Via, collector: str, site: str) -> None:
        self._via = via
        self._collector = collector
        self._site = site
        self._flows: OrderedDict[Key, _Flow] = OrderedDict()
        self._answers: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._open: OrderedDict[tuple[Endpoint, str | None], _Flow] = OrderedDict()

    def resolved(self, client: str, address: str, name: str) -> None:
        """Remember that a client was told an address for a name."""
        self._answers[client, address] = name
        self._answers.move_to_end((client, address))
        if len(self._answers) > MAX_ANSWERS:
            self._answers.popitem(last=False)

    def name_of(self, client: str, address: str) -> str | None:
        """Return the name for which a client was told an address; None where it was not heard."""
        return self._answers.get((client, address))

    def add(
        self,
        client: Endpoint,
        mac: str | None,
        server: Endpoint,
        transport: str,
        *,
        sent: int,
        received: int,
        exact: bool,
        first_at: datetime,
        last_at: datetime,
        name: str | None = None,
    ) -> Iterator[Observation]:
        """Count a connection, or a datagram, and give the flow that it pushes out. name: by which the client asked for the server."""
        key = (client.ip, mac, server.ip, server.port, transport)
        flow = self._flows.get(key)
        if flow is None:
            flow = self._flows[key] = _Flow(first_at, last_at)
        else:
            self._flows.move_to_end(key)
        flow.first_at, flow.last_at = min(first_at, flow.first_at), max(last_at, flow.last_at)
        flow.count += 1
        flow.sent += sent
        flow.received += received
        flow.exact = flow.exact and exact
        name = name or self.name_of(client.ip, server.ip)
        if name and len(flow.names) < MAX_NAMES:
            flow.names.add(name)
        if len(self._flows) > MAX_FLOWS:
            oldest, pushed_out = self._flows.popitem(last=False)
            pushed_out.exact = False
            yield self._told(oldest, pushed_out)

    def accepted(self, server: Endpoint, mac: str | None, first_at: datetime, last_at: datetime) -> Iterator[Observation]:
        """Count a connection that a server took, and give the open port that this pushes out."""
        flow = self._open.get((server, mac))
        if flow is None:
            flow = self._open[server, mac] = _Flow(first_at, last_at)
        else:
            self._open.move_to_end((server, mac))
        flow.first_at, flow.last_at = min(first_at, flow.first_at), max(last_at, flow.last_at)
        flow.count += 1
        if len(self._open) > MAX_FLOWS:
            (oldest, its_mac), pushed_out = self._open.popitem(last=False)
            yield self._open_port(oldest, its_mac, pushed_out)

    def flush(self) -> Iterator[Observation]:
        """Give all flows and open ports, and forget them."""
        for key, flow in self._flows.items():
            yield self._told(key, flow)
        self._flows.clear()
        for (server, mac), flow in self._open.items():
            yield self._open_port(server, mac, flow)
        self._open.clear()

    def _open_port(self, server: Endpoint, mac: str | None, flow: _Flow) -> Observation:
        return Observation(
            protocol="tcp",
            collector=self._collector,
            via=self._via,
            site=self._site,
            fields=fields(("tcp.port", str(server.port))),
            first_seen_at=flow.first_at,
            last_seen_at=flow.last_at,
            count=flow.count,
            ip=server.ip,
            port=server.port,
            link_mac=mac,
        )

    def _told(self, key: Key, flow: _Flow) -> Observation:
        ip, mac, destination, port, transport = key
        return Observation(
            protocol=PROTOCOL,
            collector=self._collector,
            via=self._via,
            site=self._site,
            fields=fields(
                ("flow.destination", destination),
                ("flow.port", str(port)),
                ("flow.transport", transport),
                ("flow.out", str(flow.sent)),
                ("flow.in", str(flow.received)),
                ("flow.bound", "exact" if flow.exact else "at-least"),
                *(("flow.name", name) for name in sorted(flow.names)),
            ),
            first_seen_at=flow.first_at,
            last_seen_at=flow.last_at,
            count=flow.count,
            ip=ip,
            link_mac=mac,
        )


def on_link(ip: str, hop_limit: int) -> bool:
    """Return whether a packet comes from a device on the link itself, and not through a router."""
    return hop_limit in FIRST_HOP and ip_from_text(ip) is not None
