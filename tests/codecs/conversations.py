"""A client and a device that talk while others listen, and what is kept of that."""

from __future__ import annotations

from camscan.codecs import privacy
from camscan.model import Endpoint, StreamHead, Via
from tests import factories

WORD = b"Zx~sesame!9"


def overheard(sent: bytes, received: bytes, *, port: int = 80, via: Via = Via.PCAP, from_start: bool = False) -> StreamHead:
    return factories.stream_head(received, sent=sent, server=Endpoint("10.20.0.64", port), via=via, from_start=from_start)


def kept(sent: bytes, received: bytes, **changes: object) -> bytes:
    head = privacy.without_secrets(overheard(sent, received, **changes))  # type: ignore[arg-type]
    return head.sent + head.received


def request(*lines: bytes, target: bytes = b"/x", verb: bytes = b"GET", body: bytes = b"") -> bytes:
    return (
        verb + b" " + target + b" HTTP/1.1\r\n" + b"".join(line + b"\r\n" for line in (b"Host: cam", *lines)) + b"\r\n" + body
    )


def answer(body: bytes = b"", *lines: bytes, status: bytes = b"200 OK") -> bytes:
    head = b"".join(line + b"\r\n" for line in (b"Server: Cam", *lines, b"Content-Length: %d" % len(body)))
    return b"HTTP/1.1 " + status + b"\r\n" + head + b"\r\n" + body
