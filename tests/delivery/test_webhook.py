"""Signed posts: what arrives, what is refused before, and servers that refuse, redirect, die and hang."""

from __future__ import annotations

import hashlib
import hmac
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from camscan.delivery.base import Patience, TransportError
from camscan.delivery.connect import Server, trusting
from camscan.delivery.webhook import MOST_BYTES, Webhook, endpoint_of, signature
from camscan.errors import UsageError
from tests.delivery import servers
from tests.delivery.conftest import Certificates
from tests.delivery.servers import HERE

KEY = b"0123456789abcdef0123456789abcdef"
BODY = b'{"schema": "camscan/1"}\n'
START = datetime(2026, 11, 21, 18, 5, 0, 900_000, tzinfo=UTC)

Hooks = Callable[..., Webhook]


@pytest.fixture
def hook(certificates: Certificates, hasty: Patience) -> Hooks:
    instants = (START + timedelta(seconds=n) for n in range(100))

    def made(port: int, scheme: str = "https", path: str = "/hooks/camscan?token=s3cret", **changes: object) -> Webhook:
        found = Webhook(
            endpoint=endpoint_of(f"{scheme}://{HERE}:{port}{path}", "--webhook"),
            key=KEY,
            context=trusting(certificates.ca, "webhook"),
            agent="camscan/0.0.0",
            now=lambda: next(instants),
            patience=hasty,
        )
        return replace(found, **changes)  # type: ignore[arg-type]

    return made


def failed(hook: Webhook, body: bytes = BODY) -> TransportError:
    with pytest.raises(TransportError) as caught:
        hook.send(body, "d1")
    return caught.value


@pytest.mark.parametrize(
    ("url", "server", "tls", "target", "shown"),
    [
        (
            "https://soc.example.org/hooks/1?a=b",
            Server("soc.example.org", 443),
            True,
            "/hooks/1?a=b",
            "https://soc.example.org/…",
        ),
        ("https://soc.example.org", Server("soc.example.org", 443), True, "/", "https://soc.example.org/"),
        ("https://soc.example.org:8443/x", Server("soc.example.org", 8443), True, "/x", "https://soc.example.org:8443/…"),
        ("https://[2001:db8::5]:8443/x", Server("2001:db8::5", 8443), True, "/x", "https://[2001:db8::5]:8443/…"),
        ("http://127.0.0.1:8080/x", Server("127.0.0.1", 8080), False, "/x", "http://127.0.0.1:8080/…"),
        ("http://localhost/x", Server("localhost", 80), False, "/x", "http://localhost/…"),
    ],
)
def test_a_url_names_server_and_target_and_its_path_is_not_shown(
    url: str, server: Server, tls: bool, target: str, shown: str
) -> None:
    endpoint = endpoint_of(url, "--webhook")
    assert (endpoint.server, endpoint.tls, endpoint.target) == (server, tls, target)
    assert str(endpoint) == shown
    assert target == "/" or target not in repr(endpoint)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://soc.example.org/s3cret", "in the clear to loopback alone: write https://"),
        ("ftp://soc.example.org/s3cret", "not a URL of the web"),
        ("soc.example.org/s3cret", "not a URL of the web"),
        ("https:///s3cret", "not a URL of the web"),
        ("https://user:s3cret@soc.example.org/", "takes no account in the URL"),
        ("https://soc.example.org/#s3cret", "takes no fragment"),
        ("https://soc.example.org:99999/s3cret", "not a URL: Port out of range"),
        ("https://soc.example.org:0/s3cret", "has no port from 1"),
        ("https://soc.example.org/ s3cret", "characters that no URL has"),
        ("https://soc.example.org/\r\nX: s3cret", "characters that no URL has"),
        ("https://soc.ex\u00e4mple.org/s3cret", "characters that no URL has"),
        ("https://soc_.example.org/s3cret", "is no server"),
        ("https://[::1/s3cret", "not a URL: Invalid IPv6 URL"),
    ],
)
def test_a_url_that_will_not_do_is_refused_without_showing_its_path(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=r"^--webhook: ") as refused:
        endpoint_of(url, "--webhook")
    assert said in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_the_signature_covers_timestamp_delivery_and_body() -> None:
    expected = hmac.new(KEY, b"1795284300.d1.{}", hashlib.sha256).hexdigest()
    assert signature(KEY, "1795284300", "d1", b"{}") == f"sha256={expected}"
    assert (
        len(
            {
                signature(KEY, "1", "d1", b"{}"),
                signature(KEY, "2", "d1", b"{}"),
                signature(KEY, "1", "d2", b"{}"),
                signature(KEY, "1", "d1", b"[]"),
                signature(b"k" * 32, "1", "d1", b"{}"),
            }
        )
        == 5
    )


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_report_arrives_as_it_is_and_signed(certificates: Certificates, hook: Hooks, scheme: str) -> None:
    body = BODY * 40_000
    with servers.web_server([204], certificates.server if scheme == "https" else None) as (port, posts):
        hook(port, scheme).send(body, "d1")
    (post,) = posts
    timestamp = str(int(START.timestamp()))
    assert post.path == "/hooks/camscan?token=s3cret"
    assert post.body == body
    assert post.headers == {
        "Host": f"{HERE}:{port}",
        "Accept-Encoding": "identity",
        "User-Agent": "camscan/0.0.0",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        "X-Camscan-Delivery": "d1",
        "X-Camscan-Timestamp": timestamp,
        "X-Camscan-Signature": signature(KEY, timestamp, "d1", body),
    }


@pytest.mark.parametrize("status", [500, 503, 408, 429])
def test_a_server_that_is_busy_gets_it_again_signed_anew_under_the_same_name(
    certificates: Certificates, hook: Hooks, status: int
) -> None:
    with servers.web_server([status, 200], certificates.server) as (port, posts):
        hook(port).send(BODY, "d1")
    assert [post.headers["X-Camscan-Delivery"] for post in posts] == ["d1", "d1"]
    stamps = [post.headers["X-Camscan-Timestamp"] for post in posts]
    assert len(set(stamps)) == 2
    assert [post.headers["X-Camscan-Signature"] for post in posts] == [signature(KEY, stamp, "d1", BODY) for stamp in stamps]


def test_a_server_that_stays_busy_is_given_up_after_three_tries(certificates: Certificates, hook: Hooks) -> None:
    with servers.web_server([500, 502, 503, 200], certificates.server) as (port, posts):
        fault = failed(hook(port))
    assert str(fault) == f"https://{HERE}:{port}/…: answered 503 Service Unavailable (tried 3 times)"
    assert len(posts) == 3


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "400 Bad Request"),
        (401, "401 Unauthorized"),
        (404, "404 Not Found"),
        (302, "302 Found: redirects are not followed"),
    ],
)
def test_a_refusal_is_told_once_and_a_redirect_is_not_followed(
    certificates: Certificates, hook: Hooks, status: int, said: str
) -> None:
    with servers.web_server([status, 200], certificates.server) as (port, posts):
        fault = failed(hook(port))
    assert str(fault) == f"https://{HERE}:{port}/…: answered {said}"
    assert not fault.passing
    assert len(posts) == 1


def test_a_certificate_that_is_not_trusted_ends_it_before_the_body(certificates: Certificates, hook: Hooks) -> None:
    with servers.web_server([200], certificates.server) as (port, posts):
        fault = failed(hook(port, context=trusting(None, "webhook")))
    assert "its certificate is not trusted" in str(fault)
    assert posts == []


def answering(raw: bytes, *, read: bool = True) -> servers.Serve:
    def serve(link: socket.socket) -> None:
        if read:
            received = b""
            while BODY not in received:
                received += link.recv(65536)
        link.sendall(raw)

    return serve


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "closed without an answer"),
        (b"SSH-2.0-x\r\n", "gave no answer in HTTP"),
        (b"HTTP/1.1 200 " + b"x" * 100_000 + b"\r\n\r\n", "gave no answer in HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n", "gave no answer in HTTP"),
        (b"HTTP/1.1 500 \x1b[2J\x9b\r\n\r\n", "answered 500 \x1b[2J\x9b"),
        (b"HTTP/1.1 500 " + b"x" * 2000 + b"\r\n\r\n", "answered 500 " + "x" * 300 + "…"),
    ],
)
def test_an_answer_that_is_none_is_a_failure(hook: Hooks, hasty: Patience, raw: bytes, said: str) -> None:
    with servers.listening(answering(raw)) as port:
        fault = failed(hook(port, "http", patience=replace(hasty, tries=1)))
    assert str(fault) == f"http://{HERE}:{port}/…: {said}"


def test_of_a_huge_answer_the_status_alone_is_read(hook: Hooks) -> None:
    with servers.listening(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n" + bytes(1 << 20))) as port:
        hook(port, "http").send(BODY, "d1")


def test_an_answer_that_comes_before_the_body_was_read_is_heard(hook: Hooks, hasty: Patience) -> None:
    def refuses_early(link: socket.socket) -> None:
        link.recv(1000)
        link.sendall(b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n")
        link.shutdown(socket.SHUT_WR)
        while link.recv(1 << 16):
            pass

    with servers.listening(refuses_early) as port:
        fault = failed(hook(port, "http", patience=replace(hasty, tries=1)), bytes(5_000_000))
    assert str(fault) == f"http://{HERE}:{port}/…: answered 413 Payload Too Large"


@pytest.mark.parametrize(
    ("serve", "said"), [(servers.silent, "silent for 0.3 s"), (servers.trickling, "not finished within 0.6 s")]
)
def test_a_server_that_hangs_or_trickles_is_given_up(hook: Hooks, once: Patience, serve: servers.Serve, said: str) -> None:
    with servers.listening(serve) as port:
        fault = failed(hook(port, "http", patience=once))
    assert str(fault) == f"{HERE}:{port}: {said}"


def test_what_is_larger_than_the_bound_is_not_posted(hook: Hooks) -> None:
    with servers.web_server([200]) as (port, posts):
        fault = failed(hook(port, "http"), bytes(MOST_BYTES + 1))
    assert "10,000,001 bytes are more than the 10,000,000 that are posted" in str(fault)
    assert posts == []


def test_neither_key_nor_path_stands_in_what_is_printed(hook: Hooks) -> None:
    assert "s3cret" not in repr(hook(443))
    assert KEY.decode() not in repr(hook(443))


def test_the_receiver_of_the_guide_knows_ours_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "delivery.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(guide.partition("```python\n")[2].partition("```")[0], names)
    monkeypatch.setattr(time, "time", lambda: START.timestamp() + 200)
    stamp = str(int(START.timestamp()))
    headers = {
        "X-Camscan-Timestamp": stamp,
        "X-Camscan-Delivery": "d1",
        "X-Camscan-Signature": signature(KEY, stamp, "d1", BODY),
    }
    assert names["is_ours"](KEY, headers, BODY)
    assert not names["is_ours"](KEY, headers | {"X-Camscan-Delivery": "d2"}, BODY)
    assert not names["is_ours"](KEY, headers | {"X-Camscan-Timestamp": "soon"}, BODY)
    assert not names["is_ours"](KEY, headers | {"X-Camscan-Signature": "sha256=\xe9"}, BODY)
    assert not names["is_ours"](KEY, {}, BODY)
    assert not names["is_ours"](KEY, headers, BODY + b" ")
    assert not names["is_ours"](b"x" * 32, headers, BODY)
    monkeypatch.setattr(time, "time", lambda: START.timestamp() + 400)
    assert not names["is_ours"](KEY, headers, BODY)
