"""Servers that speak first: SSH, FTP and Telnet.

Source: RFC 4253 §4.2 (SSH), RFC 959 §4.2 (FTP replies), RFC 854 (Telnet commands). Status: documented. Nothing is ever sent;
what such a server says unasked is all that is read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from camscan.codecs.base import DecodeError, fields, text
from camscan.model import OVERHEARD, Fields, StreamHead

NAME = "banner"
PORTS: tuple[int, ...] = ()

MAX_LINES = 16
"""Lines kept of one banner."""
_PROMPTS = (b"login:", b"login as:", b"password:", b"passwd:", b"username:", b"user name:", b"user:", b"account:")
"""What a terminal ends its greeting with, in lower case, before a client types."""
_FTP_PORTS = frozenset({21, 2121})
_PORT_NOT_SAID = 0
"""Of a greeting that another tool gathered."""
_TELNET_PORTS = frozenset({23, 2323})
_IAC, _SB, _SE, _WILL, _DONT = 255, 250, 240, 251, 254


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """What a server said of itself before anything was asked."""

    service: Literal["ssh", "ftp", "telnet"]
    text: str
    """SSH: the identification line. FTP: the greeting with its code, lines joined by line ends. Telnet: without commands."""


def greetings(host: str, user_agent: str) -> tuple[bytes, ...]:
    """Return nothing: these servers speak first."""
    return ()


def complete(buffer: bytes) -> bool:
    """Return whether a whole line stands, or a prompt."""
    return buffer.endswith((b"\n", b": ", b":"))


def recognise(head: StreamHead) -> bool:
    """Return whether the first bytes greet as SSH, FTP or Telnet do."""
    return _service(head) is not None


def decode(head: StreamHead) -> Banner:
    """Return the banner. Raises DecodeError."""
    service = _service(head)
    if service is None:
        raise DecodeError("no banner of SSH, FTP or Telnet")
    if service == "telnet":
        return Banner(service=service, text=_joined(_without_commands(head.received)))
    if service == "ftp":
        return Banner(service=service, text=_joined(head.received))
    return Banner(service=service, text=text(head.received.partition(b"\n")[0].rstrip(b"\r")))


def without_secrets(head: StreamHead) -> StreamHead:
    """Return the connection as it may be kept: what the server said before the client could log in. Never raises."""
    return replace(head, sent=b"", received=greeting(head) if head.via in OVERHEARD else head.received)


def greeting(head: StreamHead) -> bytes:
    """Return what a server said before the client could log in.

    Of a terminal that was not heard from its start, or shows no prompt to a client that typed, commands alone: where its greeting ended is
    not known.
    """
    service, received = _service(head), head.received
    if service == "ftp":
        return received[: _end_of_reply(received)]
    if service != "telnet":
        return received
    if not head.from_start:
        return received[: _end_of_commands(received)]
    lowered = received.lower()
    prompts = [at + len(prompt) for prompt in _PROMPTS if (at := lowered.find(prompt)) >= 0]
    if prompts:
        end = min(prompts)
        return received[: end + len(received[end:]) - len(received[end:].lstrip(b" "))]
    return received if not _without_commands(head.sent).strip() else received[: _end_of_commands(received)]


def observe(message: Banner) -> Fields:
    """Return the banner under the name of its service."""
    return fields((f"{message.service}.banner", message.text))


def _service(head: StreamHead) -> Literal["ssh", "ftp", "telnet"] | None:
    received = head.received
    if received.startswith(b"SSH-"):
        return "ssh"
    if received.startswith((b"220 ", b"220-")) and _greets_as_ftp(received[:512].lower(), head.server.port):
        return "ftp"
    if received[:1] == b"\xff" and len(received) >= 3 and _WILL <= received[1] <= _DONT:
        return "telnet"
    return "telnet" if head.server.port in _TELNET_PORTS and received.strip() else None


def _greets_as_ftp(greeting: bytes, port: int) -> bool:
    """Return whether a greeting that FTP and SMTP share is one of FTP."""
    return port in _FTP_PORTS or b"ftp" in greeting or (port == _PORT_NOT_SAID and b"smtp" not in greeting)


def _end_of_reply(raw: bytes) -> int:
    """Return where the first reply of FTP ends: with the line that has a blank behind its code."""
    at = 0
    for line in raw.split(b"\n")[:MAX_LINES]:
        at += len(line) + 1
        if line[:3].isdigit() and line[3:4] in (b" ", b"\r", b""):
            break
    return min(at, len(raw))


def _end_of_commands(raw: bytes) -> int:
    """Return where text begins behind the negotiation at the front."""
    at = 0
    while at + 1 < len(raw) and raw[at] == _IAC and _WILL <= raw[at + 1] <= _DONT:
        at += 3
    return min(at, len(raw))


def _joined(raw: bytes) -> str:
    lines = raw[: 8 * 1024].replace(b"\r", b"\n").split(b"\n")
    return "\n".join([text(line) for line in lines if line.strip()][:MAX_LINES])


def _without_commands(raw: bytes) -> bytes:
    """Return Telnet text without negotiations, subnegotiations and other commands."""
    kept = bytearray()
    position = 0
    while position < len(raw):
        if raw[position] != _IAC:
            if raw[position] != 0:
                kept.append(raw[position])
            position += 1
            continue
        command = raw[position + 1] if position + 1 < len(raw) else 0
        if command == _IAC:
            kept.append(_IAC)
            position += 2
        elif command == _SB:
            end = raw.find(bytes((_IAC, _SE)), position)
            position = end + 2 if end >= 0 else len(raw)
        else:
            position += 3 if _WILL <= command <= _DONT else 2
    return bytes(kept)
