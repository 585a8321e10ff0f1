"""A signed POST to a web server (HTTP/1.1), over TLS, or in the clear to this machine itself.

    X-Camscan-Timestamp: seconds since 1970, in decimal
    X-Camscan-Delivery:  32 hexadecimal digits, the same for every try of one delivery, so that a repeated one can be told
    X-Camscan-Signature: sha256=HEX of HMAC-SHA-256 (RFC 2104) over timestamp, delivery and body, with a full stop between them

Redirects are not followed, no proxy is asked, and of an answer the status alone is read.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import io
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from camscan.delivery.base import USUAL, Patience, TransportError, persistently, said
from camscan.delivery.connect import Connection, Server, connected, is_loopback, server_of
from camscan.errors import UsageError

MOST_BYTES = 10_000_000
"""Of a body."""
LATER = frozenset({408, 429})
"""Refusals that ask to come again: request timeout, too many requests."""
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to post."""

    server: Server
    tls: bool
    target: str = field(repr=False)
    """Path and query; they may hold a secret, and are never shown."""

    def __str__(self) -> str:
        scheme = "https" if self.tls else "http"
        default = self.server.port == _PORTS[scheme]
        shown = str(self.server).rpartition(":")[0] if default else str(self.server)
        return f"{scheme}://{shown}/" + ("…" if self.target != "/" else "")


def endpoint_of(url: str, named: str) -> Endpoint:
    """Return where a URL leads: https, or http to loopback. Raises UsageError with `named` in front, never with the path."""
    if not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError(f"{named}: the URL holds characters that no URL has: escape them with %")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as fault:
        raise UsageError(f"{named}: not a URL: {fault}: write https://HOST/PATH") from fault
    if parts.scheme not in _PORTS or not host:
        raise UsageError(f"{named}: not a URL of the web: write https://HOST/PATH")
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"{named}: takes no account in the URL: every user of this machine can read it there")
    if parts.fragment:
        raise UsageError(f"{named}: takes no fragment (#…)")
    if parts.scheme == "http" and not is_loopback(host):
        raise UsageError(f"{named}: {host}: in the clear to loopback alone: write https://")
    server = server_of(f"[{host}]" if ":" in host else host, _PORTS[parts.scheme] if port is None else port, named)
    if not 1 <= server.port <= 0xFFFF:
        raise UsageError(f"{named}: {host} has no port from 1 to 65535")
    return Endpoint(server, parts.scheme == "https", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def signature(key: bytes, timestamp: str, delivery: str, body: bytes) -> str:
    """Return the value of X-Camscan-Signature. timestamp, delivery: without a full stop."""
    return f"sha256={hmac.new(key, f'{timestamp}.{delivery}.'.encode() + body, hashlib.sha256).hexdigest()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One receiver."""

    endpoint: Endpoint
    key: bytes = field(repr=False)
    context: ssl.SSLContext
    agent: str
    """Value of User-Agent."""
    now: Callable[[], datetime]
    patience: Patience = USUAL

    def send(self, body: bytes, delivery: str) -> None:
        """Post a JSON document of at most MOST_BYTES. delivery: what names it, the same for each try. Raises TransportError."""
        if len(body) > MOST_BYTES:
            raise TransportError(f"{len(body):,} bytes are more than the {MOST_BYTES:,} that are posted", passing=False)
        persistently(lambda: self._once(body, delivery), self.patience)

    def _once(self, body: bytes, delivery: str) -> None:
        endpoint, context = self.endpoint, self.context
        with connected(endpoint.server, self.patience, only_here=not endpoint.tls) as plain:
            link = context.wrap_socket(plain, server_hostname=endpoint.server.host) if endpoint.tls else plain
            with contextlib.closing(link):
                status, reason = self._posted(link, body, delivery)
        if not 200 <= status < 300:
            redirect = ": redirects are not followed" if 300 <= status < 400 else ""
            raise TransportError(
                f"{endpoint}: answered {status} {said(reason)}".rstrip() + redirect, passing=status >= 500 or status in LATER
            )

    def _posted(self, link: Connection, body: bytes, delivery: str) -> tuple[int, str]:
        """Return status and reason phrase of the answer. Raises TransportError, OSError."""
        kind = http.client.HTTPSConnection if self.endpoint.tls else http.client.HTTPConnection
        connection = kind(self.endpoint.server.host, self.endpoint.server.port)
        connection.sock = link
        timestamp = str(int(self.now().timestamp()))
        headers = {
            "User-Agent": self.agent,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
            "X-Camscan-Delivery": delivery,
            "X-Camscan-Timestamp": timestamp,
            "X-Camscan-Signature": signature(self.key, timestamp, delivery, body),
        }
        try:
            # A server that refuses early closes while the body is under way, and has answered then.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request("POST", self.endpoint.target, body=io.BytesIO(body), headers=headers)
            with contextlib.closing(connection.getresponse()) as answer:
                return answer.status, answer.reason
        except http.client.HTTPException as fault:
            words = "closed without an answer" if isinstance(fault, ConnectionError) else "gave no answer in HTTP"
            raise TransportError(f"{self.endpoint}: {words}", passing=True) from fault
