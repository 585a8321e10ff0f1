"""LLMNR: the names to which a host answers on its own link, where no resolver knows them.

Source: RFC 4795. Status: documented. Wire layout: see `dns`; UDP 5355, queries to 224.0.0.252 and ff02::1:3, answers to the one who
asked. A query says what its sender looks for, not what it is.
"""

from __future__ import annotations

from camscan.codecs import dns
from camscan.codecs.base import DecodeError, Probe, fields
from camscan.model import Datagram, Fields

NAME = "llmnr"
PORTS: tuple[int, ...] = (5355,)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = ()
BEGINS: tuple[bytes, ...] = ()

MAX_NAMES = 8
_ADDRESSES = frozenset({dns.A, dns.AAAA})


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return none: a name must be known before it can be asked for."""
    return ()


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram goes to or comes from the port of LLMNR."""
    return datagram.src.port in PORTS or datagram.dst.port in PORTS


def decode(payload: bytes) -> dns.Message:
    """Return a whole message. Raises DecodeError."""
    message = dns.parse(payload)
    if len(message.questions) != 1:
        raise DecodeError("LLMNR has one question in each message")
    return message


def observe(message: dns.Message) -> Fields:
    """Return the names that an answer gives its sender; empty for a query."""
    if not message.is_response:
        return ()
    named = [record.name for record in message.records if record.type in _ADDRESSES]
    named += [
        tuple(part for part in record.content if isinstance(part, str))
        for record in message.records
        if record.type == dns.PTR and isinstance(record.content, tuple)
    ]
    return fields(*(("llmnr.name", dns.name_text(name)) for name in named[:MAX_NAMES]))
