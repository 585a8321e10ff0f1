"""Servers on loopback to which results are sent: real ones, and some that die, hang, refuse or talk without end."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import http.server
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

HERE = "127.0.0.1"
Serve = Callable[[socket.socket], None]


@contextmanager
def listening(serve: Serve, context: ssl.SSLContext | None = None, *, family: int = socket.AF_INET) -> Iterator[int]:
    """Give the port of a server that does `serve` with one connection after the other."""
    with socket.socket(family) as listener:
        listener.bind(("::1" if family == socket.AF_INET6 else HERE, 0))
        listener.listen()

        def run() -> None:
            while True:
                try:
                    plain, _ = listener.accept()
                except OSError:
                    return
                with contextlib.suppress(OSError), plain:
                    plain.settimeout(10)
                    if context is None:
                        serve(plain)
                    else:
                        with context.wrap_socket(plain, server_side=True) as link:
                            serve(link)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(15)


def silent(link: socket.socket) -> None:
    """Say nothing, and keep the connection until the other side gives up."""
    while link.recv(65536):
        pass


def trickling(link: socket.socket) -> None:
    """Say a byte of an endless line now and then."""
    rest = threading.Event()
    for _ in range(1000):
        link.sendall(b"2")
        rest.wait(0.02)


def chattering(link: socket.socket) -> None:
    """Answer without end."""
    for _ in range(100_000):
        link.sendall(b"220-" + b"x" * 500 + b"\r\n")


@dataclass
class Mailbox:
    """What an SMTP server took; an aiosmtpd handler."""

    taken: list[Envelope] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """Recipient → answer."""
    greetings: int = 0
    names: list[str] = field(default_factory=list)
    """What those who greeted called themselves."""
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802  (aiosmtpd's names)
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.greetings += 1
        self.names.append(hostname)
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken.append(envelope)
        return "250 OK"

    def knows(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, account: Any) -> AuthResult:
        self.logins.append((account.login, account.password))
        return AuthResult(success=account == type(account)(b"camscan", b"a long password"), handled=False)


class DiesInData(SMTP):
    """Breaks off while the message is under way, as often as its mailbox says."""

    times = 1

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if type(self).times:
            type(self).times -= 1
            await self.push("354 go ahead")
            self.transport.abort()
        else:
            await super().smtp_DATA(arg)


@contextmanager
def mail_server(
    mailbox: Mailbox, tls: ssl.SSLContext | None = None, *, implicit: bool = False, kind: type[SMTP] = SMTP, **options: Any
) -> Iterator[int]:
    """Give the port of an SMTP server. tls: offered as STARTTLS, or from the first byte where implicit."""
    loop = asyncio.new_event_loop()
    ready: list[int] = []
    started = threading.Event()
    stop = asyncio.Event()

    def session() -> SMTP:
        with warnings.catch_warnings():  # aiosmtpd warns of logins without TLS, which some tests want
            warnings.simplefilter("ignore")
            return kind(mailbox, hostname="mx.example.org", tls_context=None if implicit else tls, loop=loop, **options)

    async def serve() -> None:
        server = await loop.create_server(session, HERE, 0, ssl=tls if implicit else None)
        ready.append(server.sockets[0].getsockname()[1])
        started.set()
        await stop.wait()
        server.close()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


@dataclass
class Post:
    """One request as a web server read it."""

    path: str
    headers: dict[str, str]
    body: bytes


@contextmanager
def web_server(statuses: Sequence[int], tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[Post]]]:
    """Give the port of a web server that answers with these statuses in turn, and what was posted."""
    posts: list[Post] = []
    left = list(statuses)

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posts.append(Post(self.path, dict(self.headers.items()), body))
            self.send_response(left.pop(0) if left else 500)
            self.send_header("Location", "https://192.0.2.1/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    def serve(link: socket.socket) -> None:
        Answer(link, (HERE, 0), None)  # type: ignore[arg-type]

    with listening(serve, tls) as port:
        yield port, posts


@dataclass
class Sink:
    """A syslog server: reads frames of octet counting until the sender closes."""

    messages: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    peers: list[Any] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def __call__(self, link: socket.socket) -> None:
        if isinstance(link, ssl.SSLSocket):
            self.peers.append(link.getpeercert())
        received = b""
        with contextlib.suppress(ssl.SSLError):
            while part := link.recv(65536):
                received += part
        self.digests.append(hashlib.sha256(received).hexdigest())
        self.messages += frames(received)
        self.done.set()


def frames(stream: bytes) -> list[str]:
    """Return the messages of a stream of RFC 5425: `MSG-LEN SP SYSLOG-MSG`, one after the other and nothing between."""
    found = []
    while stream:
        length, blank, rest = stream.partition(b" ")
        assert blank
        assert length.isdigit()
        assert not length.startswith(b"0")
        assert len(rest) >= int(length)
        found.append(rest[: int(length)].decode("utf-8"))
        stream = rest[int(length) :]
    return found
