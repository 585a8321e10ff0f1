"""TCP connections to the servers that the operator names, and the TLS on them. Every socket of a delivery is opened here.

A connection ends for good when its time is over, whatever the server does: one that says a byte now and then holds nobody up.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from camscan.delivery.base import Patience, TransportError, said
from camscan.errors import UsageError

MOST_ADDRESSES = 4
"""Addresses of one name that are tried."""
LONGEST_NAME = 253
CHUNK = 1 << 16
"""Bytes that are handed to a socket at once: a time limit of a socket is for all of them together."""
Connection = socket.socket
_IN_NAMES = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")


class Server(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def server_of(text: str, default_port: int, named: str) -> Server:
    """Return the server of `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`. Raises UsageError with `named` in front."""
    host, port = text, ""
    if text.startswith("["):
        host, closing, after = text[1:].partition("]")
        port = after.removeprefix(":")
        if not closing or (after and not after.startswith(":")) or after == ":" or not _is_address(host):
            raise UsageError(f'{named}: "{text}" is no server: write an IPv6 address as [2001:db8::1]:{default_port}')
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
        port = port or "0"
    if not (_is_address(host) or _is_name(host)):
        raise UsageError(f'{named}: "{text}" is no server: write HOST or HOST:PORT')
    if not (port or "1").isdecimal() or not (port or "1").isascii() or not 1 <= int(port or "1") <= 0xFFFF:
        raise UsageError(f'{named}: "{text}" has no port from 1 to 65535')
    return Server(host, int(port) if port else default_port)


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine itself, by its name or address."""
    return host.lower() == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_name(host: str) -> bool:
    labels = host.lower().removesuffix(".").split(".")
    return (
        0 < len(host) <= LONGEST_NAME
        and set(host.lower()) <= _IN_NAMES
        and all(0 < len(label) <= 63 and not label.startswith("-") and not label.endswith("-") for label in labels)
    )


def trusting(ca: Path | None, named: str, certificate: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """Return the terms of TLS: version 1.2 or later, the server's name and certificate checked.

    ca: whom alone to trust, None for those that this machine trusts; certificate, key: our own, in PEM.
    Raises UsageError with `named` and the file in front.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ValueError) as fault:
        raise UsageError(f"{named}_ca {ca}: no certificates in PEM can be read: {_reason(fault)}") from fault
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        try:
            # A key with a passphrase would otherwise ask for it on the terminal, in the middle of the night.
            context.load_cert_chain(certificate, key, password=lambda: b"")
        except (OSError, ValueError) as fault:
            what = f"{named}_cert {certificate}, {named}_key {key}"
            raise UsageError(f"{what}: no certificate with its key (PEM, without a passphrase): {_reason(fault)}") from fault
    return context


@contextmanager
def connected(server: Server, patience: Patience, *, only_here: bool = False) -> Iterator[Connection]:
    """Give a connection that is shut down when `patience.try_s` is over, also under the TLS that is laid on it.

    only_here: refuse every address but those of loopback. Raises TransportError, for what goes wrong in the body too.
    """
    over = threading.Event()
    try:
        with _connected(server, patience, over, only_here) as opened:
            yield opened
    except (TransportError, OSError) as fault:
        if over.is_set():
            raise TransportError(f"{server}: not finished within {patience.try_s:g} s", passing=True) from fault
        if isinstance(fault, TransportError):
            raise
        raise _in_words(server, patience, fault) from fault


@contextmanager
def _connected(server: Server, patience: Patience, over: threading.Event, only_here: bool) -> Iterator[Connection]:
    opened = _open(server, patience, only_here)
    held = opened.dup()  # TLS takes the first descriptor over; this one reaches the same connection

    def end() -> None:
        over.set()
        with contextlib.suppress(OSError):
            held.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(patience.try_s, end)
    timer.daemon = True
    timer.start()
    try:
        yield opened
    finally:
        timer.cancel()
        timer.join()
        held.close()
        opened.close()


def _open(server: Server, patience: Patience, only_here: bool) -> Connection:
    """Return a connection to the first address that answers. Raises OSError, TransportError."""
    found = dict.fromkeys(str(entry[4][0]) for entry in socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM))
    if only_here and not all(ip_address(address).is_loopback for address in found):
        raise TransportError(f"{server}: the name leads away from this machine: nothing was sent in the clear", passing=False)
    failed: OSError = OSError("the name has no address")
    for address in list(found)[:MOST_ADDRESSES]:
        try:
            return socket.create_connection((address, server.port), timeout=patience.silence_s)
        except OSError as fault:
            failed = fault
    raise failed


def _in_words(server: Server, patience: Patience, fault: OSError) -> TransportError:
    """Return what went wrong, and whether it may pass."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return TransportError(f"{server}: its certificate is not trusted: {said(fault.verify_message)}", passing=False)
    if isinstance(fault, TimeoutError):
        return TransportError(f"{server}: silent for {patience.silence_s:g} s", passing=True)
    if isinstance(fault, socket.gaierror):
        return TransportError(f"{server}: the name cannot be resolved: {said(str(fault.strerror))}", passing=True)
    ended = isinstance(fault, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionError)
    is_of_tls = isinstance(fault, ssl.SSLError) and not ended
    return TransportError(f"{server}: {'TLS: ' if is_of_tls else ''}{_reason(fault)}", passing=not is_of_tls)


def _reason(fault: Exception) -> str:
    if isinstance(fault, ssl.SSLError) and fault.reason:
        return said(fault.reason.lower().replace("_", " "))
    return said(getattr(fault, "strerror", None) or str(fault) or type(fault).__name__)
