"""Syslog over TLS (RFC 5425) with octet counting (RFC 6587 §3.4.1): each message as its length in octets, a blank, itself.

The protocol has no acknowledgement. Delivered means: every octet was taken, and the server neither reset the connection nor
sent an alert of TLS until it closed or stayed silent. Over plain TCP camscan sends to loopback alone.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from camscan.delivery.base import USUAL, Patience, TransportError, persistently
from camscan.delivery.connect import CHUNK, Connection, Server, connected, is_loopback, server_of
from camscan.errors import UsageError

TLS_PORT = 6514
"""RFC 5425 §4.1."""
PLAIN_PORT = 514
MOST_BYTES = 100_000_000
"""Of all messages of one delivery."""
CLOSING_S = 3.0
"""How long the server's own close is waited for; many never send one."""
PLAIN = "tcp://"
_TCP_CLOSE = 7
"""State of a connection that was reset (linux/net/tcp_states.h), first octet of TCP_INFO."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Syslog:
    """One syslog server."""

    server: Server
    context: ssl.SSLContext | None
    """None: plain TCP, to this machine itself."""
    patience: Patience = USUAL

    def send(self, messages: Sequence[str]) -> None:
        """Send messages of RFC 5424, in their order, over one connection. Raises TransportError."""
        stream = b"".join(framed(message) for message in messages)
        if len(stream) > MOST_BYTES:
            raise TransportError(f"{len(stream):,} bytes are more than the {MOST_BYTES:,} that are sent", passing=False)
        persistently(lambda: self._once(stream), self.patience)

    def _once(self, stream: bytes) -> None:
        with connected(self.server, self.patience, only_here=self.context is None) as plain:
            if self.context is None:
                _send(plain, stream)
                plain.shutdown(socket.SHUT_WR)
                plain.settimeout(min(CLOSING_S, self.patience.silence_s))
                with contextlib.suppress(TimeoutError):
                    plain.recv(1)
                return
            with self.context.wrap_socket(plain, server_hostname=self.server.host) as link:
                _send(link, stream)
                link.settimeout(min(CLOSING_S, self.patience.silence_s))
                with contextlib.suppress(TimeoutError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                    link.unwrap().close()
                if _was_reset(link):
                    raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")


def framed(message: str) -> bytes:
    """Return one message as it goes over the wire."""
    octets = message.encode("utf-8", "backslashreplace")
    return f"{len(octets)} ".encode() + octets


def syslog_server(text: str, named: str) -> tuple[Server, bool]:
    """Return where `HOST`, `HOST:PORT` or `tcp://LOOPBACK:PORT` leads, and whether over TLS. Raises UsageError with `named` in front."""
    scheme, found, rest = text.partition("://")
    if not found:
        return server_of(text, TLS_PORT, named), True
    if scheme == "udp":
        raise UsageError(
            f"{named}: UDP loses messages unnoticed and shows them to all on the way: name a server that speaks TLS"
        )
    if f"{scheme}://" != PLAIN:
        raise UsageError(f'{named}: "{text}" is no server: write HOST or HOST:PORT')
    server = server_of(rest, PLAIN_PORT, named)
    if not is_loopback(server.host):
        raise UsageError(f"{named}: {server}: plain TCP goes to loopback alone: leave {PLAIN} out, for TLS")
    return server, False


def _send(link: Connection, stream: bytes) -> None:
    for at in range(0, len(stream), CHUNK):
        link.sendall(stream[at : at + CHUNK])


def _was_reset(link: Connection) -> bool:
    """Return whether the server reset the connection; TLS calls that an end like any other."""
    return link.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _TCP_CLOSE
