"""The negative control: one request for a page that no device has. What a server answers to it, it answers to anything.

The path says who asks, so that operators know it in their logs and a capture shows which answer was the control's.
"""

from __future__ import annotations

from camscan.codecs import head as heads
from camscan.codecs.base import DecodeError

PREFIX = "/camscan-control-"
DIGITS = 32
"""Hexadecimal digits behind the prefix: the run's nonce."""
MAX_REQUESTS = 4
"""Requests of one connection among which the control is looked for."""


def request(host: str, user_agent: str, nonce: bytes) -> bytes:
    """Return the request. host: the authority of the URL, with brackets and port where it needs them; nonce: 16 bytes."""
    lines = (
        f"GET {PREFIX}{nonce[: DIGITS // 2].hex()} HTTP/1.1",
        f"Host: {host}",
        f"User-Agent: {user_agent}",
        "Accept: */*",
        "Connection: keep-alive",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1", "replace")


def place(sent: bytes) -> int | None:
    """Return how many requests of a connection come before the control; None where it is not among the first.

    Requests with a body, and HEAD, are not counted past: which answer belongs to which request is then not certain.
    """
    rest = sent
    for number in range(MAX_REQUESTS):
        if PREFIX.encode() not in rest:
            return None
        try:
            asked = heads.parse(rest)
        except DecodeError:
            return None
        if is_control(asked.start):
            return number
        if not asked.start.startswith("GET ") or heads.content_length(asked) or asked.get("transfer-encoding") is not None:
            return None
        rest = asked.body
    return None


def is_control(start: str) -> bool:
    """Return whether a request line asks for the control page of some run of camscan."""
    verb, _, target = start.partition(" ")
    digits = target.partition(" ")[0].removeprefix(PREFIX)
    return verb == "GET" and target.startswith(PREFIX) and len(digits) == DIGITS and not digits.strip("0123456789abcdef")


def without_nonce(page: str) -> str:
    """Return a page that may quote the path it was asked for, so that two runs hear the same."""
    parts = page.split(PREFIX)
    return PREFIX.join(
        parts[:1] + [part[DIGITS:] if not part[:DIGITS].strip("0123456789abcdef") else part for part in parts[1:]]
    )
