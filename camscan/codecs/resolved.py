"""By which names clients know addresses, as answers of resolvers told them.

Source: RFC 1035 §4.1.1 and RFC 5452 §9.1 (an answer belongs to a query by its id, its question and both ends). Whoever is on a network can
write an answer; one whose query was heard had at least to be written in time. Where it was not heard, since the capture began later, or
hears one direction alone, the name is one that an answer alone gave.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from camscan.codecs import dns
from camscan.codecs.base import DecodeError
from camscan.codecs.packet import Packet

RESOLVER = 53
MAX_ANSWERS = 16_384
"""Names of addresses that are remembered at a time."""
MAX_QUERIES = 16_384
"""Queries that are remembered at a time."""


class Known(NamedTuple):
    """By which name a client knows an address."""

    name: str
    asked: bool = True
    """The client itself was heard to ask for it: a resolver, or the server."""


class Resolved:
    """What the resolvers of one capture told their clients."""

    def __init__(self) -> None:
        self._queries: OrderedDict[tuple[str, int, str, int], dns.Name] = OrderedDict()
        """Address and port of the client, address of the resolver, id of the query → what it asked for."""
        self._answers: OrderedDict[tuple[str, str], Known] = OrderedDict()
        """By client and address."""

    def note(self, packet: Packet) -> None:
        """Take a datagram from or to the port of a resolver."""
        try:
            message = dns.parse(packet.payload)
        except DecodeError:
            return
        asked = dns.asked_name(message)
        if asked is None:
            return
        if not message.is_response:
            self._queries[packet.src, packet.src_port, packet.dst, message.id] = asked
            self._queries.move_to_end((packet.src, packet.src_port, packet.dst, message.id))
            if len(self._queries) > MAX_QUERIES:
                self._queries.popitem(last=False)
            return
        if packet.src_port != RESOLVER:
            return
        wanted = self._queries.get((packet.dst, packet.dst_port, packet.src, message.id))
        if wanted is None or wanted == asked:
            for name, address in dns.answers(message):
                self._keep(packet.dst, address, Known(name, wanted is not None))

    def name_of(self, client: str, address: str) -> Known | None:
        """Return by which name a client was told an address; None where that was not heard."""
        return self._answers.get((client, address))

    def _keep(self, client: str, address: str, known: Known) -> None:
        before = self._answers.get((client, address))
        if before is not None and before.asked and not known.asked:
            return
        self._answers[client, address] = known
        self._answers.move_to_end((client, address))
        if len(self._answers) > MAX_ANSWERS:
            self._answers.popitem(last=False)
