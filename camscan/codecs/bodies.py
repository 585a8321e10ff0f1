"""What may be kept of the body of an answer that somebody else got: pages, descriptions and settings without what opens a door.

Only forms are kept in which a secret has a name before it, and an icon: markup, JSON, and lines that name a value, as settings and
scripts have. A list of accounts, a configuration in a form of its own and the like are left out whole. Source: RFC 9112 §6, §7
(codings), which `head` undoes.
"""

from __future__ import annotations

from camscan.codecs import head as heads
from camscan.codecs import secrets

MAX_BODY = 16 * 1024
"""Bytes of a body without its codings that are kept."""
_FRAMING = (b"transfer-encoding", b"content-encoding", b"content-length")
_DAMAGED = frozenset({"bad-chunk", "bad-content-coding"})
_ICONS = (b"\0\0\1\0", b"\x89PNG", b"GIF8")
_SHOWING = ("image/", "video/", "audio/", "multipart/")
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"\0\0\1\0")
_FILM = b"ftyp"
"""In the second four bytes of MP4, ISO/IEC 14496-12."""
_LONGEST_MARK = 8
_FIRST_ERROR = 400
_BLANKS = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_NAME_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$[]: \t-")
_QUOTES = (b'"', b"'")
_LONGEST_NAME = 64


def without_secrets(head: bytes, parsed: heads.Head, said: tuple[bytes, ...], *, icon: bool) -> bytes:
    """Return an answer as it may be kept, its body in the coding in which it came unless something had to be cut out of it.

    head: the bytes of its head, as they are kept. parsed: the answer, and nothing behind it. said: secrets of the request, which it may
    quote. icon: one was asked for.
    """
    body, quirks = heads.entity(parsed, MAX_BODY)
    if icon and (is_picture(parsed) or body.startswith(_ICONS)):
        return head + parsed.body
    kept = secrets.cut_words(readable(body, error=(parsed.status or 0) >= _FIRST_ERROR), said)
    if kept == body and len(body) < MAX_BODY and _DAMAGED.isdisjoint(quirks):
        return head + parsed.body
    return framed(head, kept, parsed)


def framed(head: bytes, kept: bytes, parsed: heads.Head) -> bytes:
    """Return a head with what is kept of the body behind it; it says the length of that, where it said another or a coding."""
    if len(kept) == len(parsed.body) and not _coded(parsed):
        return head + kept
    lines = head.split(b"\n")
    others = [line for line in lines[:-2] if line.partition(b":")[0].strip().lower() not in _FRAMING]
    return b"\n".join([*others, b"Content-Length: %d\r" % len(kept), *lines[-2:]]) + kept


def decoded(parsed: heads.Head) -> bytes:
    """Return a body without its codings; empty where one is damaged."""
    body, quirks = heads.entity(parsed, MAX_BODY)
    return body if _DAMAGED.isdisjoint(quirks) else b""


def is_picture(parsed: heads.Head) -> bool:
    """Return whether an answer says that it is a picture."""
    return kind(parsed).startswith("image/")


def shows(parsed: heads.Head) -> bool:
    """Return whether an answer is a picture or a recording, by what it says or by its first bytes."""
    if kind(parsed).startswith(_SHOWING):
        return True
    begin, _ = heads.entity(parsed, _LONGEST_MARK)
    return begin.startswith(_PICTURES) or begin[4:8] == _FILM


def kind(parsed: heads.Head) -> str:
    """Return the kind of content in lower case; empty where an answer states none."""
    return (parsed.get("content-type") or "").strip().lower()


def readable(body: bytes, *, error: bool = False) -> bytes:
    """Return a body without its secrets; empty where it has none of the forms that are kept. error: it says why there is no page."""
    lead = body.removeprefix(_BOM).lstrip(_BLANKS)[:1]
    if not lead or b"\0" in body:
        return b""
    if lead == b"<":
        return secrets.cut_queries(secrets.cut_markup(body))
    if lead in (b"{", b"["):
        return secrets.cut_queries(secrets.cut(body))
    return secrets.cut(body) if error else _settings(body)


def _settings(body: bytes) -> bytes:
    """Return a text of which lines are left that give a name a value."""
    return secrets.cut_queries(secrets.cut(b"".join(line for line in body.splitlines(keepends=True) if _is_setting(line))))


def _is_setting(line: bytes) -> bool:
    """Return whether a line has the form `name=value`, or `'name': value` as in a script; the end of a text in base64 has not."""
    front = line[: _LONGEST_NAME + 1]
    if front.lstrip(_BLANKS)[:1] in _QUOTES:
        return b":" in front
    name, sign, value = front.partition(b"=")
    return bool(sign and name.strip() and not name.translate(None, bytes(_NAME_BYTES)) and value.strip(b"= \t\r\n"))


def _coded(parsed: heads.Head) -> bool:
    return any(parsed.get(name) for name in ("transfer-encoding", "content-encoding"))
