"""The icon of a web site: which path a page names for it, and the two hashes by which public collections know it.

Source: HTML Living Standard §4.6.7.8 (`<link rel=icon>`), RFC 3986 §4.2 (references), RFC 9112 (answers); the 32-bit MurmurHash3 is
taken of the base64 of RFC 2045 §6.8 with its line breaks, as search engines of devices do. Status: documented.
"""

from __future__ import annotations

import base64
import hashlib
import html
from dataclasses import dataclass
from urllib.parse import urlsplit

import mmh3

from camscan.codecs import head as heads
from camscan.codecs.base import DecodeError, fields
from camscan.model import Fields

USUAL_PATH = "/favicon.ico"
MAX_ICON = 64 * 1024
MAX_LINKS = 32
"""Elements of a page in which the icon is looked for."""
MAX_TAG = 1024
MAX_PATH = 256
_PICTURES = (".ico", ".png", ".gif", ".jpg", ".jpeg", ".svg", ".bmp")
_PHOTOGRAPHS = (".jpg", ".jpeg", ".bmp")
"""How the names of a camera's own pictures end: no icon, unless they say so."""
_FIRST_BYTES = (b"\0\0\1\0", b"\0\0\2\0", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"BM", b"RIFF")
_BLANKS = b" \t\r\n\f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Icon:
    """One picture, known by its bytes."""

    md5: str
    mmh3: int
    """Signed."""


def decode(raw: bytes) -> Icon:
    """Return the icon that an HTTP response carries. Raises DecodeError for a page, an error, and what is not whole."""
    head = heads.parse(raw)
    if head.status != 200:
        raise DecodeError("no answer of HTTP with status 200")
    stated = heads.content_length(head) is not None or "chunked" in (head.get("transfer-encoding") or "").lower()
    if "truncated" in head.quirks or (stated and heads.behind(head) is None):
        raise DecodeError("cut off before its end")
    picture, quirks = heads.entity(head, MAX_ICON + 1)
    if quirks or not 0 < len(picture) <= MAX_ICON:
        raise DecodeError("empty, too large or in a damaged coding")
    if not _is_picture(picture, (head.get("content-type") or "").strip().lower()):
        raise DecodeError("no picture")
    digest = hashlib.md5(picture, usedforsecurity=False).hexdigest()
    return Icon(md5=digest, mmh3=mmh3.hash(base64.encodebytes(picture)))


def observe(message: Icon) -> Fields:
    """Return both hashes."""
    return fields(("http.favicon.md5", message.md5), ("http.favicon.mmh3", str(message.mmh3)))


def asked_for(sent: bytes) -> bool:
    """Return whether the first request of a connection is a GET whose path names an icon."""
    verb, _, rest = sent[: len(b"GET ") + MAX_PATH].partition(b"\r\n")[0].partition(b" ")
    name = rest.partition(b" ")[0].partition(b"?")[0].lower().rpartition(b"/")[2]
    return verb == b"GET" and (
        name.endswith(b".ico") or (b"icon" in name and name.endswith(tuple(p.encode() for p in _PICTURES)))
    )


def path_in(page: str) -> str | None:
    """Return the path of the icon that a front page links to, without its query; None where it links to none of its own host.

    Only plain paths to pictures count: what a page names otherwise might be anything but an icon.
    """
    raw = page.encode("utf-8", "replace")
    lowered = raw.lower()  # of bytes: ASCII alone, so offsets stay
    position = 0
    for _ in range(MAX_LINKS):
        position = lowered.find(b"<link", position)
        if position < 0:
            return None
        start = position + len(b"<link")
        end = lowered.find(b">", start, start + MAX_TAG)
        position = start
        if end < 0 or lowered[start : start + 1] not in (b" ", b"\t", b"\r", b"\n", b"\f", b"/"):
            continue
        stated = _attributes(raw[start:end])
        if b"icon" in stated.get(b"rel", b"").lower().split():
            path = _own_path(html.unescape(stated.get(b"href", b"").decode("utf-8", "replace")).strip())
            if path is not None:
                return path
    return None


def _is_picture(picture: bytes, content_type: str) -> bool:
    """Return whether bytes are a picture, judged by themselves before what the server calls them."""
    if picture.startswith(_FIRST_BYTES):
        return True
    if picture.lstrip(_BLANKS + b"\xef\xbb\xbf").startswith(b"<"):
        return content_type.startswith("image/svg") and b"<svg" in picture[:1024]
    return content_type.startswith("image/")


def _own_path(reference: str) -> str | None:
    """Return the path on the same host that a reference of the page at `/` means; None where it leads elsewhere or is odd."""
    try:
        parts = urlsplit(reference)
    except ValueError:
        return None
    path = "/" + parts.path.removeprefix("./").removeprefix("/")
    plain = path.isascii() and path.isprintable() and not any(odd in path for odd in (" ", "\\", "..", "//", "%", "<", '"'))
    if parts.scheme or parts.netloc or not plain or len(path) > MAX_PATH:
        return None
    name = path.lower().rpartition("/")[2]
    drawn = name.endswith(_PICTURES) and (not name.endswith(_PHOTOGRAPHS) or "icon" in name or "logo" in name)
    return path if drawn else None


def _attributes(tag: bytes) -> dict[bytes, bytes]:
    """Return the attributes of a start tag, names in lower case; of one that stands twice the first counts."""
    found: dict[bytes, bytes] = {}
    rest = tag.lstrip(_BLANKS + b"/")
    while rest:
        end = next((at for at, byte in enumerate(rest) if byte in b"= \t\r\n\f/"), len(rest))
        name, rest = rest[:end].lower(), rest[end:].lstrip(_BLANKS)
        content = b""
        if rest.startswith(b"="):
            rest = rest[1:].lstrip(_BLANKS)
            quote = rest[:1]
            if quote in (b'"', b"'"):
                content, _, rest = rest[1:].partition(quote)
            else:
                end = next((at for at, byte in enumerate(rest) if byte in _BLANKS), len(rest))
                content, rest = rest[:end], rest[end:]
        found.setdefault(name, content)
        rest = rest.lstrip(_BLANKS + b"/")
    return found
