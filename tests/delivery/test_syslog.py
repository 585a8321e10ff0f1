"""Syslog over TLS: what arrives octet by octet, and servers that refuse, reset and hang."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from camscan.delivery import syslog
from camscan.delivery.base import Patience, TransportError
from camscan.delivery.connect import Server, trusting
from camscan.delivery.syslog import Syslog, framed, syslog_server
from camscan.errors import UsageError
from camscan.report.syslog import messages
from tests.delivery import servers
from tests.delivery.conftest import Certificates
from tests.delivery.servers import HERE, Sink
from tests.report import canned

LINES = ("<129>1 2026-11-21T18:04:30Z h camscan - FINDING - one", "<134>1 - - camscan - RUN - \ufeffPozna\u0144 \u2192 2")

Sinks = Callable[..., Syslog]


@pytest.fixture
def sends(certificates: Certificates, hasty: Patience) -> Sinks:
    def made(port: int, **changes: object) -> Syslog:
        made = Syslog(server=Server(HERE, port), context=trusting(certificates.ca, "syslog"), patience=hasty)
        return replace(made, **changes)  # type: ignore[arg-type]

    return made


def failed(to: Syslog, lines: tuple[str, ...] = LINES) -> TransportError:
    with pytest.raises(TransportError) as caught:
        to.send(lines)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("logs.example.org", (Server("logs.example.org", 6514), True)),
        ("logs.example.org:10514", (Server("logs.example.org", 10514), True)),
        ("[2001:db8::5]", (Server("2001:db8::5", 6514), True)),
        ("tcp://127.0.0.1:10514", (Server("127.0.0.1", 10514), False)),
        ("tcp://localhost", (Server("localhost", 514), False)),
    ],
)
def test_a_server_is_reached_over_tls_unless_it_is_this_machine(text: str, expected: tuple[Server, bool]) -> None:
    assert syslog_server(text, "--syslog") == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("udp://logs.example.org", "UDP loses messages unnoticed"),
        ("tcp://logs.example.org", "plain TCP goes to loopback alone"),
        ("http://logs.example.org", "is no server"),
        ("tls://", "is no server"),
        ("logs.example.org:x", "has no port"),
    ],
)
def test_what_would_leave_in_the_clear_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=f"^--syslog: .*{said}"):
        syslog_server(text, "--syslog")


def test_a_message_is_counted_in_octets() -> None:
    assert framed("<134>1 - \u2192") == b"12 <134>1 - \xe2\x86\x92"


@pytest.mark.parametrize("over_tls", [True, False])
def test_every_message_arrives_once_in_order_and_whole(certificates: Certificates, sends: Sinks, over_tls: bool) -> None:
    sink = Sink()
    lines = (*LINES, *messages(canned.every_verdict(), hostname="scanner"), "x" * 200_000)
    with servers.listening(sink, certificates.server if over_tls else None) as port:
        sends(port, **({} if over_tls else {"context": None})).send(lines)
        assert sink.done.wait(10)
    assert sink.messages == list(lines)


def test_our_certificate_is_shown_to_a_server_that_asks_for_it(certificates: Certificates, sends: Sinks) -> None:
    sink = Sink()
    ours = trusting(certificates.ca, "syslog", certificates.cert, certificates.key)
    with servers.listening(sink, certificates.server_that_asks) as port:
        sends(port, context=ours).send(LINES)
        assert sink.done.wait(10)
    assert sink.messages == list(LINES)
    assert sink.peers[0]["subjectAltName"] == (("email", "camscan@scanner.example.org"),)


def test_a_server_that_wants_a_certificate_which_we_have_not_is_a_failure(certificates: Certificates, sends: Sinks) -> None:
    sink = Sink()
    with servers.listening(sink, certificates.server_that_asks) as port:
        fault = failed(sends(port))
    assert str(fault).startswith(f"{HERE}:{port}: ")
    assert sink.messages == []


def test_a_certificate_that_is_not_trusted_ends_it_before_the_first_message(certificates: Certificates, sends: Sinks) -> None:
    sink = Sink()
    with servers.listening(sink, certificates.server) as port:
        fault = failed(sends(port, context=trusting(None, "syslog")))
    assert "its certificate is not trusted" in str(fault)
    assert sink.messages == []


def reset(link: socket.socket) -> None:
    """End the connection so that what is on its way is lost."""
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("over_tls", [True, False])
def test_a_server_that_resets_the_connection_gets_all_of_it_again(
    certificates: Certificates, sends: Sinks, over_tls: bool
) -> None:
    sink, calls = Sink(), []

    def serve(link: socket.socket) -> None:
        calls.append(1)
        if len(calls) == 1:
            link.recv(10)
            reset(link)
        else:
            sink(link)

    with servers.listening(serve, certificates.server if over_tls else None) as port:
        sends(port, **({} if over_tls else {"context": None})).send((*LINES, "x" * 5_000_000))
        assert sink.done.wait(10)
    assert sink.messages[:2] == list(LINES)
    assert len(calls) == 2


def test_a_server_that_closes_without_a_word_of_tls_has_taken_them(certificates: Certificates, sends: Sinks) -> None:
    taken = []

    def serve(link: socket.socket) -> None:
        assert isinstance(link, ssl.SSLSocket)
        while len(b"".join(taken)) < sum(len(framed(line)) for line in LINES):
            taken.append(link.recv(65536))
        socket.socket.shutdown(link, socket.SHUT_WR)
        link.recv(1)

    with servers.listening(serve, certificates.server) as port:
        sends(port).send(LINES)
    assert b"".join(taken) == b"".join(map(framed, LINES))


def test_a_server_that_never_closes_has_taken_them(certificates: Certificates, sends: Sinks, once: Patience) -> None:
    taken = []

    def serve(link: socket.socket) -> None:
        while part := link.recv(65536):
            taken.append(part)
        link.settimeout(2)
        socket.socket.recv(link, 1)

    with servers.listening(serve) as port:
        sends(port, context=None, patience=once).send(LINES)
    assert b"".join(taken) == b"".join(map(framed, LINES))


@pytest.mark.parametrize("over_tls", [True, False])
def test_a_server_that_takes_nothing_more_is_given_up(
    certificates: Certificates, sends: Sinks, once: Patience, over_tls: bool
) -> None:
    stop = threading.Event()

    def serve(link: socket.socket) -> None:
        stop.wait(5)

    with servers.listening(serve, certificates.server if over_tls else None) as port:
        fault = failed(sends(port, patience=once, **({} if over_tls else {"context": None})), ("x" * 30_000_000,))
        stop.set()
    assert str(fault) in (f"{HERE}:{port}: silent for 0.3 s", f"{HERE}:{port}: not finished within 0.6 s")
    assert fault.passing


def test_more_than_the_bound_is_not_sent(sends: Sinks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syslog, "MOST_BYTES", 100)
    fault = failed(sends(1), ("x" * 200,))
    assert "more than the 100 that are sent" in str(fault)
    assert not fault.passing
