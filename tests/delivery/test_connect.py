"""Servers by name and port, and connections that end when their time is over."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from camscan.delivery.base import Patience, TransportError
from camscan.delivery.connect import Server, connected, is_loopback, server_of, trusting
from camscan.errors import UsageError
from tests.delivery import servers
from tests.delivery.conftest import Certificates

Work = Callable[[socket.socket], object]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail.example.org", Server("mail.example.org", 587)),
        ("mail.example.org:25", Server("mail.example.org", 25)),
        ("192.0.2.5:25", Server("192.0.2.5", 25)),
        ("2001:db8::5", Server("2001:db8::5", 587)),
        ("[2001:db8::5]", Server("2001:db8::5", 587)),
        ("[2001:db8::5]:25", Server("2001:db8::5", 25)),
        ("relay", Server("relay", 587)),
        *(
            (wrong, None)
            for wrong in (
                "",
                ":25",
                "mail.example.org:",
                "mail.example.org:0",
                "mail.example.org:65536",
                "mail.example.org:x",
                "mail.example.org:²",
                "a b",
                "-a.example.org",
                "a..example.org",
                "mail.example.org:25:26",
                "[2001:db8::5",
                "[2001:db8::5]25",
                "[2001:db8::5]:",
                "[mail.example.org]",
                "mail.example.org\r\nRCPT TO:<x>",
                "m\u00e4il.example.org",
                "a" * 300,
                "user@mail.example.org",
            )
        ),
    ],
)
def test_a_server_is_a_host_with_or_without_a_port(text: str, expected: Server | None) -> None:
    if expected is not None:
        assert server_of(text, 587, "smtp") == expected
        assert server_of(str(expected), 1, "smtp") == expected
    else:
        with pytest.raises(UsageError, match=r"^smtp: "):
            server_of(text, 587, "smtp")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LocalHost", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("192.0.2.1", False),
        ("localhost.example.org", False),
    ],
)
def test_only_this_machine_itself_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def failure(host: str, port: int, patience: Patience, work: Work = lambda link: None, **options: bool) -> TransportError:
    """Return how a connection to a server failed, or the work on it."""

    def reach() -> None:
        with connected(Server(host, port), patience, **options) as link:
            work(link)

    with pytest.raises(TransportError) as failed:
        reach()
    return failed.value


def secured_for(host: str, ca: Path | None) -> Work:
    return lambda link: trusting(ca, "smtp").wrap_socket(link, server_hostname=host).close()


def test_a_server_that_is_not_there_is_named_with_the_reason(once: Patience) -> None:
    with socket.socket() as unused:
        unused.bind((servers.HERE, 0))
        port = unused.getsockname()[1]
        refused = failure(servers.HERE, port, once)
    assert str(refused) == f"127.0.0.1:{port}: Connection refused"
    assert refused.passing


def test_a_name_that_cannot_be_resolved_is_a_failure_that_may_pass(once: Patience) -> None:
    failed = failure("mail.invalid", 25, once)
    assert str(failed).startswith("mail.invalid:25: the name cannot be resolved: ")
    assert failed.passing


def test_what_is_for_this_machine_alone_goes_to_no_other_address(once: Patience) -> None:
    failed = failure("192.0.2.1", 25, once, only_here=True)
    assert "leads away from this machine" in str(failed)
    assert not failed.passing


def test_a_server_that_says_nothing_is_given_up(once: Patience) -> None:
    with servers.listening(servers.silent) as port:
        failed = failure(servers.HERE, port, once, lambda link: link.recv(1))
    assert str(failed) == f"127.0.0.1:{port}: silent for 0.3 s"


@pytest.mark.parametrize("over_tls", [False, True])
def test_a_server_that_says_a_byte_now_and_then_is_given_up_too(
    once: Patience, certificates: Certificates, over_tls: bool
) -> None:
    received = []

    def read(plain: socket.socket) -> None:
        context = trusting(certificates.ca, "smtp")
        with context.wrap_socket(plain, server_hostname=servers.HERE) if over_tls else plain as link:
            while part := link.recv(1):
                received.append(part)
            raise ConnectionError("closed")

    before = time.monotonic()
    with servers.listening(servers.trickling, certificates.server if over_tls else None) as port:
        failed = failure(servers.HERE, port, once, read)
    assert str(failed) == f"127.0.0.1:{port}: not finished within 0.6 s"
    assert failed.passing
    assert len(received) > 3
    assert time.monotonic() - before < 10


def test_the_second_address_of_a_name_is_tried_where_the_first_refuses(once: Patience) -> None:
    with (
        servers.listening(servers.silent) as port,  # of IPv4 alone, and localhost is ::1 as well
        connected(Server("localhost", port), once, only_here=True) as link,
    ):
        assert link.getpeername() == (servers.HERE, port)


def test_a_certificate_of_nobody_is_refused_for_good(once: Patience, certificates: Certificates) -> None:
    with servers.listening(servers.silent, certificates.server) as port:
        failed = failure(servers.HERE, port, once, secured_for(servers.HERE, None))
    assert str(failed) == f"127.0.0.1:{port}: its certificate is not trusted: self-signed certificate in certificate chain"
    assert not failed.passing


def test_a_certificate_of_another_server_is_refused(once: Patience, certificates: Certificates) -> None:
    with servers.listening(servers.silent, certificates.server) as port:
        failed = failure(servers.HERE, port, once, secured_for("mail.example.org", certificates.ca))
    assert "its certificate is not trusted: " in str(failed)
    assert "mail.example.org" in str(failed)


def test_a_server_without_tls_is_told_as_such(once: Patience, certificates: Certificates) -> None:
    with servers.listening(lambda link: link.sendall(b"220 mx.example.org ESMTP\r\n")) as port:
        failed = failure(servers.HERE, port, replace(once, silence_s=5.0), secured_for(servers.HERE, certificates.ca))
    assert str(failed) == f"127.0.0.1:{port}: TLS: wrong version number"
    assert not failed.passing


def test_files_of_tls_that_cannot_be_used_are_named(tmp_path: Path, certificates: Certificates) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    with pytest.raises(
        UsageError, match=r"^delivery\.smtp_ca .*missing\.pem: no certificates in PEM can be read: No such file"
    ):
        trusting(tmp_path / "missing.pem", "delivery.smtp")
    with pytest.raises(UsageError, match=r"^delivery\.smtp_ca .*broken\.pem: no certificates in PEM"):
        trusting(broken, "delivery.smtp")
    with pytest.raises(
        UsageError, match=r"^delivery\.syslog_cert .*cert\.pem, delivery\.syslog_key .*broken\.pem: no certificate with"
    ):
        trusting(certificates.ca, "delivery.syslog", certificates.cert, broken)
