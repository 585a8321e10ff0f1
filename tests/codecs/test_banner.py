"""Servers that speak first."""

from __future__ import annotations

import pytest

from camscan.codecs import banner
from camscan.codecs.base import DecodeError
from camscan.model import Endpoint, Fields, StreamHead
from tests import factories


def head(received: bytes, port: int = 8000) -> StreamHead:
    return factories.stream_head(received, server=Endpoint("192.0.2.64", port))


def said(received: bytes, port: int = 8000) -> Fields:
    return banner.observe(banner.decode(head(received, port)))


def test_nothing_is_sent_to_a_server_that_speaks_first() -> None:
    assert banner.greetings("192.0.2.64", "camscan/1.0") == ()


@pytest.mark.parametrize(
    ("received", "port", "expected"),
    [
        (b"SSH-2.0-OpenSSH_8.1p1 Raspbian-1\r\nkeys", 22, ("ssh.banner", "SSH-2.0-OpenSSH_8.1p1 Raspbian-1")),
        (b"220 Welcome to Network Camera FTP Server\r\n", 8021, ("ftp.banner", "220 Welcome to Network Camera FTP Server")),
        (b"220-AXIS 211M\r\n220 ready.\r\n", 21, ("ftp.banner", "220-AXIS 211M\n220 ready.")),
        (b"220 AXIS M1011 ready.\r\n", 0, ("ftp.banner", "220 AXIS M1011 ready.")),
        (b"\xff\xfb\x01\xff\xfa\x18\x01\xff\xf0\r\n\r\nIQeye3 login: \0", 2023, ("telnet.banner", "IQeye3 login: ")),
        (b"(none) login: ", 23, ("telnet.banner", "(none) login: ")),
        (b"\xff\xfd\x18a\xff\xffb", 23, ("telnet.banner", "aÿb")),
    ],
)
def test_each_service_is_known_by_its_greeting(received: bytes, port: int, expected: tuple[str, str]) -> None:
    assert said(received, port) == (expected,)


@pytest.mark.parametrize(
    "received", [b"220 mail.example ESMTP Postfix\r\n", b"HTTP/1.1 200 OK\r\n", b"", b"\xff\xff\xff\xff", b"login: "]
)
def test_other_first_bytes_are_not_taken_for_a_banner(received: bytes) -> None:
    assert not banner.recognise(head(received))
    with pytest.raises(DecodeError):
        banner.decode(head(received))


def test_a_greeting_of_mail_without_a_port_is_not_taken_for_one_of_ftp() -> None:
    assert not banner.recognise(head(b"220 mail.example ESMTP Postfix\r\n", 0))


def test_negotiation_that_never_ends_is_no_text() -> None:
    assert said(b"\xff\xfa" + b"x" * 10_000, 23) == ()
    assert said(b"\xff\xfb\x01" * 5_000, 23) == ()
