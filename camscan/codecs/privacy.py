"""What may be kept of a connection over HTTP, RTSP or TLS: who the two ends are, and nothing of what one said to log in, or was told for having done so.

Of requests the verb, the path without its query, Host and User-Agent are left. Of answers to those who logged in or tried to, or whose
request was not heard, the head is left, with the title of a page, the description of a stream, and device information; also what quotes
the request has its secrets blanked. Of answers to all others `bodies` says what is left. Pictures, sound and video are left out, whoever
asked. Source: the grammars that `head` reads, RFC 9112 and RFC 2326.
"""

from __future__ import annotations

import html
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from camscan.codecs import bodies, secrets, urls
from camscan.codecs import head as heads
from camscan.codecs.base import DecodeError
from camscan.model import OVERHEARD, StreamHead

MAX_EXCHANGES = 16
"""Requests and answers of one connection that are told apart."""
_LONGEST_LINE = 2048
"""Bytes among which a request line is looked for."""
_SWITCHED = 101
_BODILESS = frozenset({204, 304})
_PAGE, _BOM = b"<", b"\xef\xbb\xbf"
_MAX_QUOTED = 64
"""Secrets of one exchange that are looked for in the answer."""
_SHORTEST_QUOTED = 4
"""Bytes below which a secret is too common a word to be looked for."""
_COMMON = frozenset(
    {
        b"admin",
        b"administrator",
        b"anonymous",
        b"basic",
        b"bearer",
        b"default",
        b"digest",
        b"false",
        b"guest",
        b"null",
        b"operator",
        b"root",
        b"service",
        b"system",
        b"true",
        b"undefined",
        b"user",
        b"viewer",
    }
)
"""Words that are no secret, though they stand where secrets do; pages are full of them."""
_TLS = b"\x16\x03"
_ALERT, _HANDSHAKE, _RECORDS = 21, 22, range(20, 25)
_HEAD_OF_RECORD = 5
_REQUESTS = (b" HTTP/", b" RTSP/")
_LONGEST_SCHEME = 16
_MARKS_OF_QUERIES = (b"=", b"?", b"#", b"@")
"""What a part of a path has that is a query, or a URL."""
_DIVIDING = (b",", b";", b":", b"|", b"&", b"/")
"""What stands between a name and its value within one part of a path."""
_KEPT_OF_REQUESTS = frozenset({"host", "user-agent"})
_LOGGED_IN = (b"\nauthorization:", b"\nproxy-authorization:", b"\ncookie:")
_RECORDINGS = ("video/", "audio/", "multipart/x-mixed-replace", "application/x-rtsp-tunnelled")
"""Kinds of content that show what is in front of a camera."""
_KEYS_OF_STREAMS = (b"k=", b"a=crypto:", b"a=key-mgmt:")
"""Lines of a description of a stream that hold its keys."""
_DEVICE_INFORMATION = (b"GetDeviceInformationResponse", b"<DeviceInfo")


def without_secrets(head: StreamHead) -> StreamHead:
    """Return the connection as it may be kept; what we asked or were given keeps what it says. Never raises."""
    sent, received = head.sent, head.received
    lead = received[:64].removeprefix(_BOM).lstrip(b"\r\n \t")[:5].upper()
    ours = head.via not in OVERHEARD
    if lead == b"RTSP/":
        kept = secrets.cut_urls(received) if ours else b"".join(_answers(received))
        return replace(head, sent=b"".join(_requests(sent)), received=secrets.cut_words(kept, _said(sent)))
    if lead == b"HTTP/" or lead[:1] == _PAGE or any(mark in sent[:_LONGEST_LINE] for mark in _REQUESTS):
        pairs = tuple(heads.exchanges(sent, received, MAX_EXCHANGES))
        return replace(
            head,
            sent=b"".join(request for asked, _ in pairs for request in _requests(asked)),
            received=b"".join(_answer(asked, answered, ours=ours) for asked, answered in pairs),
        )
    return replace(head, sent=_in_clear(sent) if sent.startswith(_TLS) else b"", received=_in_clear(received))


def _in_clear(said: bytes) -> bytes:
    """Return the records of TLS up to the first that is encrypted; what is no TLS as it is.

    A key that many devices share may open what is encrypted, years later.
    """
    at = 0
    while at < len(said):
        head = said[at : at + _HEAD_OF_RECORD]
        if len(head) < 2 or head[0] not in _RECORDS or head[1] != _TLS[1]:
            return said if not at else said[:at]
        if head[0] not in (_ALERT, _HANDSHAKE):
            break
        at += _HEAD_OF_RECORD + int.from_bytes(head[3:])
    return said[:at]


@lru_cache(maxsize=4)
def _requests(sent: bytes) -> tuple[bytes, ...]:
    """Return the requests at the front, of each what says who asks for what kind of thing."""
    kept: list[bytes] = []
    for asked, _ in heads.requests(sent, MAX_EXCHANGES):
        verb, _, rest = asked.start.partition(" ")
        target, _, version = rest.rpartition(" ")
        if not (verb.isascii() and verb.isalpha() and verb.isupper() and version.startswith(("HTTP/", "RTSP/"))):
            break
        named = [f"{name}: {_kept_of_field(name, value)}" for name, value in asked.fields if name.lower() in _KEPT_OF_REQUESTS]
        kept.append(
            "".join(f"{line}\r\n" for line in (f"{verb} {_place(target)} {version}", *named, "")).encode("utf-8", "replace")
        )
    return tuple(kept)


def _kept_of_field(name: str, value: str) -> str:
    """Return the value of Host without whoever logs in there, or that of User-Agent."""
    kept = _plain(value.rpartition("@")[2] if name.lower() == "host" else value)
    return secrets.cut_queries(kept.encode("utf-8", "replace")).decode("utf-8", "replace") if "?" in kept else kept


def _place(target: str) -> str:
    """Return the target of a request up to its query, and up to the part of the path that has one's form: some devices log in there.

    So too behind the part that is the name of a secret, however it is coded.
    """
    path = _plain(target).partition("?")[0].partition("#")[0]
    scheme, sign, rest = path.partition("//") if path.startswith("//") or "://" in path[:_LONGEST_SCHEME] else ("", "", path)
    authority, slash, rest = rest.partition("/") if sign else ("", "", path)
    kept: list[str] = []
    parts = rest.split("/")
    for part in parts:
        said = urls.unquoted(part.encode("utf-8", "replace"))
        if any(mark in said for mark in _MARKS_OF_QUERIES):
            kept.append("")
            break
        named = secrets.names_secret(said)
        kept.append("" if named and any(mark in said for mark in _DIVIDING) else part)
        if named:
            kept += [""] if len(kept) < len(parts) and kept[-1] else []
            break
    return f"{scheme}{sign}{authority}{slash}" + "/".join(kept)


def _plain(value: str) -> str:
    """Return a text without user information and values of secret names."""
    return secrets.cut(value.encode("utf-8", "replace")).decode("utf-8", "replace")


def _said(sent: bytes) -> tuple[bytes, ...]:
    """Return the secrets that a client said, as they may be quoted: as sent, decoded, and written for a page; the longest first."""
    said = {*secrets.values(sent), *_queries(sent), *_of_form(sent)}
    if b"\0" in sent:  # UTF-16; who answers may quote it in another coding
        said |= {*secrets.values(sent.replace(b"\0", b""))}
    for value in tuple(said)[:_MAX_QUOTED]:
        scheme, _, rest = value.partition(b" ")
        said |= {rest, *_of_basic(rest)} if scheme.lower() in (b"basic", b"bearer") else set(_parameters(rest))
        said |= {part for part in value.split(b":", 1) if b"@" not in part}
    said |= {unquote_to_bytes(value) for one in said for value in (one, one.replace(b"+", b" "))}
    said |= {html.escape(value.decode("latin-1")).encode("latin-1", "replace") for value in said}
    told = (value.strip(b" \t\r\n\"'") for value in said)
    wanted = {value for value in told if len(value) >= _SHORTEST_QUOTED and value.lower() not in _COMMON}
    return tuple(sorted(wanted, key=lambda value: (-len(value), value)))[:_MAX_QUOTED]


def _queries(sent: bytes) -> set[bytes]:
    """Return the query of each request's target, whatever it asks."""
    found: set[bytes] = set()
    for line in sent.split(b"\n"):
        if any(mark in line for mark in _REQUESTS):
            _, mark, query = line.split(b" ")[1].partition(b"?") if line.count(b" ") >= 2 else (b"", b"", b"")
            found |= {query} if mark else set()
    return found


def _of_form(sent: bytes) -> set[bytes]:
    """Return the secrets of a form or a query whose names are coded, as they stand there and decoded."""
    if b"%" not in sent:
        return set()
    found = set(secrets.values(urls.unquoted(sent)))
    for line in sent.split():
        for part in line.replace(b"?", b"&").replace(b";", b"&").split(b"&"):
            name, _, value = part.partition(b"=")
            if value and b"%" in name and secrets.names_login(urls.unquoted(name)):
                found.add(value)
    return found


def _of_basic(encoded: bytes) -> set[bytes]:
    """Return name and password of the Basic scheme."""
    try:
        return set(b64decode(encoded, validate=True).split(b":", 1))
    except (NotBase64, ValueError):
        return set()


def _parameters(credentials: bytes) -> set[bytes]:
    """Return who answered a Digest challenge, and the answer."""
    found: set[bytes] = set()
    for part in credentials.split(b","):
        name, _, value = part.strip().partition(b"=")
        if name.lower() in (b"username", b"response", b"cnonce"):
            found.add(value.strip(b'"'))
    return found


def _answer(asked: bytes, answered: bytes, *, ours: bool) -> bytes:
    """Return the answer to one request, or to the last ones of a connection, as it may be kept."""
    said = _said(asked)
    icon = b"ico" in asked.partition(b"\r\n")[0].lower()
    if ours:
        answered = answered if icon else b"".join(_without_pictures(answered))
        body_at = heads.complete_head(answered)
        body_at = len(answered) if body_at is None else body_at
        if answered.lstrip(b"\r\n \t")[:5].upper() != b"HTTP/":
            body_at = 0
        return secrets.cut_words(
            secrets.cut_head(answered[:body_at]) + _with_heads_cut(secrets.cut_urls(answered[body_at:])), said
        )
    requests = len(_requests(asked))
    if not requests or _logs_in(asked):
        return secrets.cut_words(b"".join(_answers(answered)), said)
    return secrets.cut_words(b"".join(_published(_answers_to(requests, answered), said, icon=icon)), said)


def _published(received: bytes, said: tuple[bytes, ...], *, icon: bool) -> Iterator[bytes]:
    """Yield the answers to those who did not log in as they may be kept, or a page without any head. said, icon: as in `bodies`."""
    for _ in range(MAX_EXCHANGES):
        received = received.lstrip(b"\r\n \t")
        if received[:5].upper() != b"HTTP/":
            yield bodies.readable(received)
            return
        try:
            parsed = heads.parse(received)
        except DecodeError:
            return
        head = _kept_head(received[: len(received) - len(parsed.body)])
        rest = parsed.body if _has_no_body(parsed) else heads.behind(parsed)
        whole = replace(parsed, body=parsed.body if rest is None else parsed.body[: len(parsed.body) - len(rest)])
        if bodies.kind(parsed).startswith(_RECORDINGS) or (bodies.is_picture(parsed) and not icon):
            yield bodies.framed(head, b"", whole)
        else:
            yield bodies.without_secrets(head, whole, said, icon=icon)
        if not rest:
            return
        received = rest


def _without_pictures(received: bytes) -> Iterator[bytes]:
    """Yield answers as they came, of pictures and recordings the heads alone: a device can hand out one for any path."""
    for _ in range(MAX_EXCHANGES):
        try:
            parsed = heads.parse(received)
        except DecodeError:
            break
        rest = heads.behind(parsed) or b""
        answered = received[: len(received) - len(rest)]
        if bodies.shows(parsed):
            yield bodies.framed(received[: len(received) - len(parsed.body)], b"", parsed)
        else:
            yield answered
        if not rest:
            return
        received = rest
    yield received


def _kept_head(head: bytes) -> bytes:
    return secrets.cut_queries(secrets.cut_head(head))


def _has_no_body(parsed: heads.Head) -> bool:
    return parsed.status is not None and (100 <= parsed.status < 200 or parsed.status in _BODILESS)


def _answers_to(requests: int, answered: bytes) -> bytes:
    """Return as many answers as there are requests, and no less than one: whoever got a further one may have logged in unheard."""
    rest = answered
    for _ in range(max(1, requests)):
        try:
            parsed = heads.parse(rest)
        except DecodeError:
            return answered
        after = parsed.body if parsed.status == _SWITCHED else heads.behind(parsed)
        if not after:
            return answered
        rest = after
    return answered[: -len(rest)]


def _with_heads_cut(body: bytes) -> bytes:
    """Return a body behind which further answers may stand, with the cookies that those set blanked."""
    at = body.find(b"HTTP/1.")
    return body if at < 0 else body[:at] + secrets.cut_head(body[at:])


def _logs_in(asked: bytes) -> bool:
    """Return whether a client showed a credential, or tried to get one."""
    lowered = asked.lower()
    return any(mark in lowered for mark in _LOGGED_IN) or bool(secrets.values(asked)) or bool(_of_form(asked))


def _answers(received: bytes) -> Iterator[bytes]:
    """Yield the answers at the front, of each the head and what says who the server is; media behind them are left out."""
    for _ in range(MAX_EXCHANGES):
        received = received.lstrip(b"\r\n \t")
        if received[:5].upper() not in (b"HTTP/", b"RTSP/"):
            return
        try:
            parsed = heads.parse(received)
        except DecodeError:
            return
        head = _kept_head(received[: len(received) - len(parsed.body)])
        rest = _behind(parsed)
        whole = replace(parsed, body=parsed.body if rest is None else parsed.body[: len(parsed.body) - len(rest)])
        yield bodies.framed(head, _identity(bodies.decoded(whole)), whole)
        if rest is None:
            return
        received = rest


def _behind(parsed: heads.Head) -> bytes | None:
    """Return what follows the body of an answer; None where its end is not known. RTSP has no body where it states no length."""
    if parsed.start[:5].upper() == "RTSP/" and heads.content_length(parsed) is None:
        following = parsed.body.find(b"\nRTSP/")
        described = parsed.body[:2] == b"v="
        return parsed.body if not described else None if following < 0 else parsed.body[following + 1 :]
    return heads.behind(parsed)


def _identity(body: bytes) -> bytes:
    """Return of a body what says who the server is."""
    if body[:2] == b"v=":
        return _description(body)
    if any(mark in body for mark in _DEVICE_INFORMATION):
        return secrets.cut(body)
    lowered = body.lower()
    start = lowered.find(b"<title")
    end = lowered.find(b"</title>", start) if start >= 0 else -1
    return secrets.cut(body[start : end + len(b"</title>")]) if end >= 0 else b""


def _description(body: bytes) -> bytes:
    """Return the description of a stream without its keys."""
    lines = body.split(b"\n")
    return secrets.cut_queries(secrets.cut(b"\n".join(line for line in lines if not line.lower().startswith(_KEYS_OF_STREAMS))))
