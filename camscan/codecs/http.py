"""HTTP responses: what the front page of a device says of its maker.

Source: RFC 9110 and RFC 9112; tolerance for what cameras send instead is in `head`. Status: documented.
Sends one `GET /`; the first final response of a connection is read, and the one to the negative control (see `control`).
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from camscan.codecs import control
from camscan.codecs import head as heads
from camscan.codecs.base import DecodeError, fields, ip_from_text, text
from camscan.model import Fields, StreamHead

NAME = "http"
PORTS: tuple[int, ...] = (80, 8000, 8080, 81, 88, 8899)

MAX_BODY = 8 * 1024
"""Bytes of the decoded body that are kept."""
MAX_AWAITED = 12 * 1024
"""Bytes of a body that are awaited where its length is stated, so that the connection can bear another request."""
MAX_TITLE = 1024
"""Bytes of a page that are read behind `<title>`."""
MAX_HEADERS = 32
"""Header fields kept as `http.header`."""
MAX_HEADER_VALUE = 256
MAX_REQUESTS = 8
"""Requests of one client that are looked at."""
_MAX_INTERIM = 3
"""Interim (1xx) responses that are skipped."""

_DROPPED = frozenset(
    {
        "server",
        "www-authenticate",
        "proxy-authenticate",
        "authentication-info",
        "location",
        "date",
        "expires",
        "age",
    }
)
"""Fields with a name of their own in the vocabulary, or that change with every answer."""
_CHARSETS = frozenset({"gb2312", "gbk", "gb18030", "big5", "euc-kr", "euc-jp", "shift_jis", "windows-1251", "koi8-r"})
"""Charsets tried where a page names them and is not valid UTF-8."""
_BODILESS = frozenset({204, 304})
_SPARED = frozenset({101, 429, 503})
"""Answers after which a server is asked nothing more: it changed the protocol, or has too much to do."""
_HTTPS_EXPECTED = (
    b"plain http request was sent to https port",  # nginx
    b"speaking plain http to an ssl-enabled server port",  # Apache httpd
    b"client sent an http request to an https server",  # Go net/http
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One final response."""

    status: int | None
    """None for a page without any head (HTTP/0.9)."""
    head: heads.Head
    body: bytes
    """Without transfer and content coding, ≤ MAX_BODY."""
    title: str | None
    challenges: tuple[tuple[str, str | None], ...]
    """(scheme, realm) of each challenge."""
    quirks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What is read of a connection; at least one of the two."""

    front: Response | None
    """The first final response; None where it was asked for as the control."""
    control: Response | None = None
    """The response to the negative control."""


def greetings(host: str, user_agent: str) -> tuple[bytes, ...]:
    """Return one `GET /`. host: the authority of the URL, with brackets and port where it needs them."""
    lines = ("GET / HTTP/1.1", f"Host: {host}", f"User-Agent: {user_agent}", "Accept: */*", "Connection: keep-alive")
    return ("".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1", "replace"),)


def complete(buffer: bytes) -> bool:
    """Return whether no further byte is wanted: the body has its stated length, MAX_AWAITED or else MAX_BODY, or this is not HTTP."""
    lead = buffer.lstrip(b"\r\n")
    if not lead or (len(lead) < 5 and b"HTTP/".startswith(lead.upper())):
        return False
    if lead[:5].upper() != b"HTTP/":
        return _complete_foreign(lead)
    for _ in range(_MAX_INTERIM + 1):
        body_at = heads.complete_head(buffer)
        if body_at is None:
            return False
        try:
            head = heads.parse(buffer[:body_at])
        except DecodeError:
            return True
        if not _interim(head):
            return _complete_body(head, buffer[body_at:])
        buffer = buffer[body_at:]
    return True


def recognise(head: StreamHead) -> bool:
    """Return whether the server's first bytes are a status line of HTTP, or a page without any head."""
    lead = head.received[:64].lstrip(b"\r\n \t").lower()
    return lead.startswith((b"http/", b"<!doctype html", b"<html", b"\xef\xbb\xbf<!doctype html"))


def decode(head: StreamHead) -> Answers:
    """Return the first final response, and the control's. Raises DecodeError where the server did not answer in HTTP."""
    place = control.place(head.sent)
    front, rest = _response(head.received)
    if place == 0:
        return Answers(front=None, control=front)
    answer = front
    for _ in range(place or 0):
        if rest is None or rest.lstrip(b"\r\n \t")[:5].upper() != b"HTTP/":
            return Answers(front=front)
        try:
            answer, rest = _response(rest)
        except DecodeError:
            return Answers(front=front)
    return Answers(front=front, control=answer if place else None)


def observe(message: Answers) -> Fields:
    """Return status, server, challenges, title, body, redirect, further header fields and quirks; of the control what its page says."""
    return fields(
        *(_front(message.front) if message.front is not None else ()),
        *(_control(message.control) if message.control is not None else ()),
    )


def observe_client(sent: bytes) -> Fields:
    """Return who asks, and which server by name, in the requests of a client; empty for requests of camscan, whoever runs it."""
    said: list[tuple[str, str | None]] = []
    for asked in heads.requests_of_others(sent, "HTTP/", MAX_REQUESTS):
        said += [("http.user_agent", asked.get("user-agent")), ("http.host", _server_name(asked.get("host") or ""))]
    return fields(*said)


def bears_another(received: bytes) -> bool:
    """Return whether one whole response came, and the server waits for the next request and did not ask to be spared."""
    try:
        response, rest = _response(received)
    except DecodeError:
        return False
    wishes = (response.head.get("connection") or "").lower()
    kept = "keep-alive" in wishes if response.head.start.upper().startswith("HTTP/1.0") else "close" not in wishes
    spared = response.status in _SPARED or "https-expected" in response.quirks
    return rest is not None and not rest.strip(b"\r\n") and kept and not spared


def _server_name(host: str) -> str | None:
    """Return the name in a Host field in lower case; None for an address, which the connection shows anyway."""
    name = host.strip().rpartition("@")[2].partition(":")[0].rstrip(".").lower()
    return None if not name or name.startswith("[") or ip_from_text(name) or name.replace(".", "").isdigit() else name


def _front(message: Response) -> list[tuple[str, str | None]]:
    head = message.head
    return [
        ("http.status", str(message.status) if message.status is not None else None),
        *(("http.server", value) for value in head.all("server")[:4]),
        *(("http.auth.scheme", scheme.lower()) for scheme, _ in message.challenges),
        *(("http.auth.realm", realm) for _, realm in message.challenges),
        ("http.title", message.title),
        ("http.body", _body_text(message)),
        ("http.location", head.get("location")),
        *(("http.header", value) for value in _headers(head)),
        *(("http.quirk", quirk) for quirk in message.quirks),
    ]


def _control(message: Response) -> list[tuple[str, str | None]]:
    return [
        ("http.control.status", str(message.status) if message.status is not None else None),
        ("http.control.title", control.without_nonce(message.title or "")),
        ("http.control.body", control.without_nonce(_body_text(message) or "")),
    ]


def _body_text(message: Response) -> str | None:
    """Return the body as text; None for a picture and the like."""
    return _page_text(message.body, message.head).removeprefix("\ufeff") if b"\0" not in message.body else None


def _response(received: bytes) -> tuple[Response, bytes | None]:
    """Return the first final response, and the bytes behind it; None where its end is not stated. Raises DecodeError."""
    if received.lstrip(b"\r\n \t")[:5].upper() != b"HTTP/":
        return _headless(received), None
    parsed = heads.parse(received.lstrip(b" \t"))
    for _ in range(_MAX_INTERIM):
        if not _interim(parsed) or parsed.body.lstrip(b"\r\n")[:5].upper() != b"HTTP/":
            break
        parsed = heads.parse(parsed.body)
    if not parsed.start.upper().startswith("HTTP/"):
        raise DecodeError("not a response of HTTP")
    if parsed.status is None:
        raise DecodeError("a status line without a status code")
    body, body_quirks = heads.entity(parsed, MAX_BODY) if parsed.status not in _BODILESS else (b"", ())
    quirks = {*parsed.quirks, *body_quirks}
    if _shouts([name for name, _ in parsed.fields]):
        quirks.add("header-case-upper")
    if parsed.get("server") is None:
        quirks.add("no-server")
    if parsed.status == 400 and expects_https(body):
        quirks.add("https-expected")
    challenges = tuple(pair for value in parsed.all("www-authenticate")[:4] for pair in heads.challenge(value))
    response = Response(
        status=parsed.status,
        head=parsed,
        body=body,
        title=_title(body, parsed),
        challenges=challenges,
        quirks=tuple(sorted(quirks)),
    )
    return response, parsed.body if parsed.status in _BODILESS else heads.behind(parsed)


def _shouts(names: Sequence[str]) -> bool:
    """Return whether three names of header fields or more have letters, and all their letters are capitals."""
    return sum(map(str.isupper, names)) >= 3 and all(name.isupper() or not any(c.isalpha() for c in name) for name in names)


def expects_https(raw: bytes) -> bool:
    """Return whether a server says that it was asked in plain HTTP on a port for TLS."""
    lowered = raw[:MAX_BODY].lower()
    return any(mark in lowered for mark in _HTTPS_EXPECTED)


def _interim(head: heads.Head) -> bool:
    return head.status is not None and 100 <= head.status < 200 and head.status != 101


def _complete_body(head: heads.Head, body: bytes) -> bool:
    if head.status in _BODILESS:
        return True
    if "chunked" in (head.get("transfer-encoding") or "").lower():
        ended = body.endswith(b"\n") and (b"\n" + body[-16:]).rstrip(b"\r\n").endswith(b"\n0")
        return ended or len(body) >= MAX_BODY
    length = heads.content_length(head)
    return len(body) >= (MAX_BODY if length is None else min(length, MAX_AWAITED))


def _complete_foreign(lead: bytes) -> bool:
    if lead[:1] == b"<":
        return b"</html>" in lead[-64:].lower() or len(lead) >= MAX_BODY
    if lead[:5].upper() == b"RTSP/":
        return heads.complete_head(lead) is not None
    return True


def _headless(received: bytes) -> Response:
    page = received.lstrip(b"\r\n \t")
    if not page.removeprefix(b"\xef\xbb\xbf")[:1] == b"<":
        raise DecodeError("neither a head nor a page")
    head = heads.Head(start="", fields=(), body=page, quirks=("no-head",))
    body = page[:MAX_BODY]
    return Response(status=None, head=head, body=body, title=_title(body, head), challenges=(), quirks=head.quirks)


def _title(body: bytes, head: heads.Head) -> str | None:
    """Return the content of the first title element, entities undone and blanks collapsed; None where it is empty."""
    lowered = body.lower()  # of bytes: ASCII alone, so offsets stay
    opening = lowered.find(b"<title")
    while opening >= 0 and lowered[opening + 6 : opening + 7] not in (b">", b" ", b"\t", b"\r", b"\n"):
        opening = lowered.find(b"<title", opening + 6)
    start = lowered.find(b">", opening) + 1 if opening >= 0 else 0
    if start <= 0:
        return None
    limit = min(len(body), start + MAX_TITLE)
    end = lowered.find(b"</title", start, limit)
    if end < 0:  # cut off, or never closed: then any tag ends it
        end = lowered.find(b"<", start, limit)
    end = limit if end < 0 else end
    return " ".join(html.unescape(_page_text(body[start:end], head, body)).split()) or None


def _page_text(chunk: bytes, head: heads.Head, page: bytes | None = None) -> str:
    """Return page bytes as text: UTF-8 where valid, else the charset that the page names, else Latin-1."""
    try:
        return chunk.decode("utf-8")
    except UnicodeDecodeError as fault:
        if fault.start >= len(chunk) - 3 and fault.reason == "unexpected end of data":
            return chunk[: fault.start].decode("utf-8")  # a cap of ours fell into a character
    for stated in ((head.get("content-type") or "").encode("utf-8", "replace"), (page or chunk)[:2048]):
        _, mark, rest = stated.lower().partition(b"charset=")
        charset = rest[:16].lstrip(b"\"' ").replace(b">", b'"').replace(b"'", b'"').replace(b";", b'"').replace(b" ", b'"')
        name = charset.partition(b'"')[0].strip().decode("ascii", "replace")
        if mark and name in _CHARSETS:
            return chunk.decode(name, "replace")
    return text(chunk)


def _headers(head: heads.Head) -> list[str]:
    """Return `name: value` of the fields that have no name of their own: names in lower case, cookies by name only, tags without quotes."""
    kept: list[str] = []
    for name, value in head.fields:
        key = name.lower()
        if key in _DROPPED or key.startswith("content-") or len(kept) >= MAX_HEADERS:
            continue
        if key == "set-cookie":
            value = value.partition("=")[0].strip()
        elif key == "etag":
            value = value.removeprefix("W/").strip('"')
        kept.append(f"{key}: {value[:MAX_HEADER_VALUE]}")
    return kept
