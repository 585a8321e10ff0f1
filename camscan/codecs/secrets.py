"""Finds passwords and the like in text of any grammar, and blanks them: what is kept of a message has its length and not its secrets.

Source: RFC 6265 §4 (cookies), RFC 7235 (Authorization); `urls`, `secret_names` and `secret_values` name theirs. Status: documented. It looks at names and what
stands behind them, and never asks whether the whole is well-formed: a damaged message has secrets too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from camscan.codecs import secret_names, secret_values, urls
from camscan.codecs.escapes import seen_through
from camscan.codecs.expressions import compiled, literal
from camscan.codecs.secret_names import Kind

BLANK = b"*"

Span = tuple[int, int]
"""Where a secret begins and ends."""

_WIDE = tuple(bytes(byte for char in name for byte in (char, 0)) for name in (*secret_names.NAMES, *secret_names.PERSONS))
"""Secret names in UTF-16, in which nothing is searched for."""
_BLANKS = b" \t"
_END_OF_TITLE = b"</title"
_HEADERS = (
    b"authorization",
    b"cookie",
    b"authentication-info",
    b"session",
    b"token",
    b"secret",
    b"csrf",
    b"api-key",
    b"x-auth",
    b"ticket",
    b"-key",
)
"""Parts of names of header fields whose values are secret, besides those that are secret anywhere."""
_SECRET_ANYWHERE = (b"pass", b"pw", b"psk", b"psw", b"credential", b"key")
"""What stands in every further such name."""
_NAME_OF_FIELD = b"abcdefghijklmnopqrstuvwxyz0123456789-_."
_PLACES = (b"location", b"content-location", b"content-base", b"refresh", b"link")
"""Header fields with a URL that may lack its scheme."""
_OF_SERVERS = frozenset({b"server", b"user-agent"})
"""Header fields that say who speaks."""
_SIGNS_OF_PLACES = b"/.=&%"
_ATTRIBUTES = frozenset(
    {b"path", b"expires", b"max-age", b"domain", b"samesite", b"secure", b"httponly", b"version", b"priority"}
)
"""Of cookies: what stands behind one, and is none."""


@lru_cache(maxsize=1)
def _marks() -> Any:
    """Return what finds any word that is looked for here, in one pass and whatever the case."""
    words = b"|".join(map(literal, (*_HEADERS, *_WIDE)))
    return compiled(b"|".join((secret_names.WORDS, words, urls.SIGN, secret_values.LISTS)), any_case=True)


@lru_cache(maxsize=4)
def _may_hold(raw: bytes) -> bool:
    """Return whether there is anything to look for: most messages have no such word, and need no second look.

    Of one message it is asked several times.
    """
    if _marks().search(raw) is not None:
        return True
    plain = seen_through(raw)
    return plain is not None and _marks().search(plain.text) is not None


def may_hold(text: str) -> bool:
    """Return whether there may be a secret in a text; `cut` then says which."""
    return _may_hold(text.encode("utf-8", "replace"))


def names_secret(name: bytes) -> bool:
    """Return whether what stands behind a name is secret, whatever its form."""
    return secret_names.kind(name) is Kind.SECRET


def names_login(name: bytes) -> bool:
    """Return whether the value of a name is one that somebody logs in with."""
    return secret_names.kind(name) >= Kind.LAST


def cut(raw: bytes) -> bytes:
    """Return a message of the same length without user information, values of secret names and secret header fields.

    Empty where it is text in UTF-16 with such.
    """
    if not _may_hold(raw):
        return raw
    lowered = raw.lower()
    if b"\0" in lowered and any(name in lowered for name in _WIDE):
        return b""
    return blanked(raw, _spans(raw, lowered))


def cut_markup(raw: bytes) -> bytes:
    """Return a page as `cut` does, but for its title: that speaks of logging in, and of nobody who does."""
    kept = cut(raw)
    if kept == raw or not kept:
        return kept
    lowered = raw.lower()
    start = lowered.find(b"<title")
    end = lowered.find(_END_OF_TITLE, start) if start >= 0 else -1
    behind = end + len(_END_OF_TITLE)
    return kept if end < 0 else kept[:start] + raw[start:behind] + kept[behind:]


def cut_queries(raw: bytes) -> bytes:
    """Return a text of the same length in which URLs have no query, nor have places in markup, in JSON and in a head."""
    spans = tuple(_queries(raw))
    return blanked(raw, spans) if spans else raw


def cut_urls(raw: bytes) -> bytes:
    """Return a text of the same length in which URLs name nobody who logs in."""
    spans = tuple(urls.user_information(raw))
    return blanked(raw, spans) if spans else raw


def cut_value(value: str) -> str:
    """Return a text, such as a URL or a list of them, as `cut` does."""
    return cut(value.encode("utf-8", "replace")).decode("utf-8", "replace")


def cut_head(raw: bytes) -> bytes:
    """Return the head of a message of HTTP or RTSP as `cut` does, its challenges untouched: a realm may speak of a password."""
    if not _may_hold(raw):
        return raw
    challenges = [(start, end) for name, start, end in _header_lines(raw) if name.endswith(b"-authenticate")]
    named = [
        span for span in secret_values.spans(raw, raw.lower()) if not any(start <= span[0] < end for start, end in challenges)
    ]
    return blanked(raw, (*urls.user_information(raw), *named, *_header_values(raw)))


def cut_words(raw: bytes, words: Iterable[bytes]) -> bytes:
    """Return a message of the same length without these words, wherever they stand."""
    for word in words:
        raw = raw.replace(word, BLANK * len(word))
    return raw


def blanked(raw: bytes, spans: Iterable[Span]) -> bytes:
    """Return the bytes with what stands in the spans blanked."""
    kept = bytearray(raw)
    for start, end in spans:
        kept[start:end] = BLANK * (end - start)
    return bytes(kept)


def values(raw: bytes) -> tuple[bytes, ...]:
    """Return what `cut` takes away, in order; some both whole and in parts."""
    if not _may_hold(raw):
        return ()
    return tuple(raw[start:end] for start, end in sorted(set(_spans(raw, raw.lower()))) if start < end)


def _spans(raw: bytes, lowered: bytes) -> Iterator[Span]:
    """Yield all that `cut` takes away. lowered: the text in lower case."""
    yield from urls.user_information(raw)
    yield from secret_values.spans(raw, lowered)
    yield from _header_values(raw)


def _queries(raw: bytes) -> Iterator[Span]:
    """Yield the query of each URL and place, and of what header fields hold."""
    if not urls.may_ask(raw):
        return
    yield from urls.queries(raw)
    for name, start, end in _header_lines(raw):
        mark = raw.find(b"?", start, end)
        if mark < 0:
            continue
        if name in _PLACES:
            yield mark + 1, end
        elif name not in _OF_SERVERS and not name.endswith(b"-authenticate") and not name.strip(_NAME_OF_FIELD):
            yield from _queries_of_field(raw, start, end)


def _queries_of_field(raw: bytes, start: int, end: int) -> Iterator[Span]:
    """Yield what stands behind the `?` of each word of a header field that has the form of a place."""
    for word in raw[start:end].split(b" "):
        front, mark, query = word.partition(b"?")
        if query and any(sign in word for sign in _SIGNS_OF_PLACES):
            yield start + len(front) + len(mark), start + len(word)
        start += len(word) + 1


def _header_lines(raw: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield of each line of the form of a header field its name in lower case, and where its value begins and ends.

    A line that continues another has the name of that one.
    """
    position, name = 0, b""
    for line in raw.split(b"\n"):
        end = position + len(line.rstrip(b"\r"))
        start = position
        if line[:1] not in (b" ", b"\t"):
            colon = line.find(b":")
            name = line[:colon].strip().lower() if colon > 0 else b""
            start += colon + 1
        if name and b" " not in name and start < end:
            yield name, start, end
        position += len(line) + 1


def _header_values(raw: bytes) -> Iterator[Span]:
    """Yield the values of secret header fields; of cookies the values behind their names."""
    lowered = raw.lower()
    if not any(part in lowered for part in (*_HEADERS, *_SECRET_ANYWHERE)):
        return
    for name, start, end in _header_lines(raw):
        if name == b"set-cookie":
            yield from _set_cookies(raw, start, end)
        elif name == b"cookie":
            yield from _cookies(raw, start, end)
        elif _is_secret_field(name):
            at = start
            while at < end and raw[at] in _BLANKS:
                at += 1
            yield at, end


def _is_secret_field(name: bytes) -> bool:
    """Return whether the value of a header field is secret."""
    if any(part in name for part in _HEADERS):
        return True
    return any(part in name for part in _SECRET_ANYWHERE) and not name.strip(_NAME_OF_FIELD) and names_secret(name)


def _cookies(raw: bytes, start: int, end: int) -> Iterator[Span]:
    """Yield the values of the cookies between two places; all of one that has no name."""
    while start < end:
        stop = raw.find(b";", start, end)
        stop = end if stop < 0 else stop
        sign = raw.find(b"=", start, stop)
        yield sign + 1 if sign >= 0 else start, stop
        start = stop + 1


def _set_cookies(raw: bytes, start: int, end: int) -> Iterator[Span]:
    """Yield the values of the cookies that are set between two places, and what stands behind a comma in one; of a date none."""
    is_first, is_date = True, False
    for part in raw[start:end].replace(b",", b";").split(b";"):
        name, sign, _ = part.partition(b"=")
        known = name.strip().lower() in _ATTRIBUTES and not is_first
        if not known and not (is_date and not sign):
            yield start + len(name + sign if sign else b""), start + len(part)
        is_first, is_date = False, known and name.strip().lower() == b"expires"
        start += len(part) + 1
