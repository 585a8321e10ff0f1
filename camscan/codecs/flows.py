"""Who talks to whom, and how much: the connections of one client to one port of one address are one flow.

Source: RFC 9293 (sequence numbers count bytes). A flow is told of its client, where that stands on the link that was listened to:
its packets arrive with the hop limit that systems begin with. One of a client from beyond is told of its server, where that stands
there. `flow.bound` is `exact` where beginning and end of every connection were seen in both directions, else `at-least`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from camscan.codecs.base import fields, ip_from_text
from camscan.codecs.packet import FIRST_HOPS
from camscan.codecs.resolved import Known
from camscan.model import Endpoint, Observation, Via

PROTOCOL = "flow"
MAX_FLOWS = 16_384
"""Flows that are counted at a time; the longest silent are told first."""
MAX_NAMES = 8
"""Names of one flow."""


class Ended(NamedTuple):
    """A connection is forgotten, or an exchange of datagrams is."""

    client: Endpoint
    client_mac: str | None
    server: Endpoint
    server_mac: str | None
    transport: str
    sent: int
    received: int
    """Bytes, of the client."""
    exact: bool
    """These are all: beginning and end of both directions were seen."""
    from_link: bool
    """The client stands on the link that was listened to."""
    answered: bool
    """The connection came about; of datagrams, one came back."""
    serves: bool
    """The server stands on the link and answered a client from beyond it."""
    accepted: bool
    """The server stands there, and was seen to take the connection."""
    first_at: datetime
    last_at: datetime
    times: int = 1
    """One connection, or so many datagrams of the client."""


Key = tuple[str, str | None, bool, str, int, str]
"""Address and MAC of the device, whether it is the server; address of the other one, port of the server, transport."""


@dataclass(slots=True)
class _Flow:
    first_at: datetime
    last_at: datetime
    count: int = 0
    sent: int = 0
    received: int = 0
    exact: bool = True
    answered: bool = False
    names: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    """Names that an answer alone gave."""


class Flows:
    """The flows of one capture."""

    def __init__(self, *, via: Via, collector: str, site: str) -> None:
        self._via = via
        self._collector = collector
        self._site = site
        self._flows: OrderedDict[Key, _Flow] = OrderedDict()
        self._open: OrderedDict[tuple[Endpoint, str | None], _Flow] = OrderedDict()

    def add(self, ended: Ended, name: Known | None = None) -> Iterator[Observation]:
        """Count a connection, or an exchange of datagrams, for its client, and give the flow that it pushes out.

        name: by which the client knew the server.
        """
        key = (ended.client.ip, ended.client_mac, False, ended.server.ip, ended.server.port, ended.transport)
        yield from self._count(key, ended, ended.sent, ended.received, name)

    def serve(self, ended: Ended) -> Iterator[Observation]:
        """Count the same for its server, and give the flow that it pushes out."""
        key = (ended.server.ip, ended.server_mac, True, ended.client.ip, ended.server.port, ended.transport)
        yield from self._count(key, ended, ended.received, ended.sent, None)

    def _count(self, key: Key, ended: Ended, sent: int, received: int, name: Known | None) -> Iterator[Observation]:
        flow = self._flows.get(key)
        if flow is None:
            flow = self._flows[key] = _Flow(ended.first_at, ended.last_at)
        else:
            self._flows.move_to_end(key)
        flow.first_at, flow.last_at = min(ended.first_at, flow.first_at), max(ended.last_at, flow.last_at)
        flow.count += ended.times
        flow.sent += sent
        flow.received += received
        flow.exact = flow.exact and ended.exact
        flow.answered = flow.answered or ended.answered
        if name is not None and len(flow.names) + len(flow.told) < MAX_NAMES:
            (flow.names if name.asked else flow.told).add(name.name)
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
        ip, mac, serves, other, port, transport = key
        return Observation(
            protocol=PROTOCOL,
            collector=self._collector,
            via=self._via,
            site=self._site,
            fields=fields(
                ("flow.source" if serves else "flow.destination", other),
                ("flow.port", str(port)),
                ("flow.transport", transport),
                ("flow.out", str(flow.sent)),
                ("flow.in", str(flow.received)),
                ("flow.bound", "exact" if flow.exact else "at-least"),
                ("flow.answered", None if flow.answered else "no"),
                *(("flow.name", name) for name in sorted(flow.names)),
                *(("flow.told.name", name) for name in sorted(flow.told - flow.names)),
            ),
            first_seen_at=flow.first_at,
            last_seen_at=flow.last_at,
            count=flow.count,
            ip=ip,
            link_mac=mac,
        )


def on_link(ip: str, hop_limit: int) -> bool:
    """Return whether a packet comes from a device on the link itself, and not through a router."""
    return hop_limit in FIRST_HOPS and ip_from_text(ip) is not None
