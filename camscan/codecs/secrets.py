"""Finds passwords and the like in text of any grammar, and blanks them: what is kept of a message has its length and not its secrets.

Source: RFC 3986 §3.2.1 (user information of URLs), RFC 6265 §4 (cookies), RFC 7235 (Authorization), OASIS WS-Security UsernameToken; names of
parameters from the interfaces of cameras. Status: documented. It looks at names and what stands behind them, in queries, forms, JSON, XML and
settings alike, and never asks whether the whole is well-formed: a damaged message has secrets too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

BLANK = b"*"

Span = tuple[int, int]
"""Where a secret begins and ends."""

_NAMES = (
    b"passw",
    b"passphrase",
    b"passcode",
    b"pwd",
    b"psk",
    b"psw",
    b"secret",
    b"token",
    b"loginpas",
    b"apikey",
    b"api_key",
    b"ticket",
    b"sessionkey",
)
"""Parts of names whose values are secret."""
_PERSONS = (b"username", b"user_name", b"loginuse", b"authorization", b"sessionid", b"session_id")
"""Parts of names that say who logs in, or stand for a login."""
_WHOLE = (b"user", b"usr", b"login", b"account", b"session", b"sid", b"authkey", b"auth", b"pw", b"pass")
"""Names that are secret where they are the whole name."""
_IN_FORMS = (*_NAMES, *_PERSONS, b'"pw"', b"'pw'", b"=pw ")
"""What an element says of itself whose value is secret."""
_IN_ELEMENTS = (b"nonce",)
"""Secret as the name of an element alone: the challenge of a server has such a parameter too."""
_WIDE = tuple(bytes(byte for char in name for byte in (char, 0)) for name in (*_NAMES, *_PERSONS))
"""The same in UTF-16, in which nothing is searched for."""
_NAME_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_-.[]$")
_BLANKS = b" \t"
_QUOTES = b"\"'"
_ENDS = b"&;,<>\"' \r\n\t}\0"
"""What ends a value without quotes."""
_LONGEST_NAME = 64
_LONGEST_TAG = 512
_LONGEST_QUERY = 2048
_LONGEST_VALUE = 2048
_LONGEST_AUTHORITY = 512
_ENDS_OF_URLS = b"\"'<> \r\n\t\0"
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
"""Parts of names of header fields whose values are secret."""
_PLACES = (b"location", b"content-location", b"content-base", b"refresh", b"link")
"""Header fields with a URL that may lack its scheme."""
_LONGEST_HEADER_NAME = 48


@lru_cache(maxsize=1)
def _marks() -> Any:
    """Return what finds any word that this file looks for, in one pass and whatever the case."""
    import re2  # type: ignore[import-untyped]  # 30 ms that only those pay who keep messages

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = False
    options.never_capture = True
    words = (*_NAMES, *_PERSONS, *_WHOLE, *_IN_ELEMENTS, *_HEADERS, *_WIDE, b"@")
    return re2.compile(b"|".join(map(re2.escape, words)), options)


@lru_cache(maxsize=4)
def _may_hold(raw: bytes) -> bool:
    """Return whether there is anything to look for: most messages have no such word, and need no second look.

    Of one message it is asked several times.
    """
    return _marks().search(raw) is not None


def may_hold(text: str) -> bool:
    """Return whether there may be a secret in a text; `cut` then says which."""
    return _marks().search(text.encode("utf-8", "replace")) is not None


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
    if not _may_hold(raw):
        return raw
    lowered = raw.lower()
    if b"\0" in lowered and any(name in lowered for name in _WIDE):
        return b""
    start = lowered.find(b"<title")
    end = lowered.find(b"</title", start) if start >= 0 else -1
    return blanked(raw, [span for span in _spans(raw, lowered) if not start <= span[0] < end])


def cut_queries(raw: bytes) -> bytes:
    """Return a text of the same length in which URLs have no query, nor have those without a scheme that stand in a head."""
    return blanked(raw, _queries(raw)) if b"?" in raw else raw


def cut_urls(raw: bytes) -> bytes:
    """Return a text of the same length in which URLs name nobody who logs in."""
    return blanked(raw, _user_information(raw)) if b"@" in raw else raw


def cut_value(value: str) -> str:
    """Return a text, such as a URL or a list of them, as `cut` does."""
    return cut(value.encode("utf-8", "replace")).decode("utf-8", "replace")


def cut_head(raw: bytes) -> bytes:
    """Return the head of a message of HTTP or RTSP as `cut` does, its challenges untouched: a realm may speak of a password."""
    if not _may_hold(raw):
        return raw
    challenges = [(start, end) for name, start, end in _header_lines(raw) if name.endswith(b"-authenticate")]
    named = [span for span in _named(raw.lower()) if not any(start <= span[0] < end for start, end in challenges)]
    return blanked(raw, (*_user_information(raw), *named, *_header_values(raw)))


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
    """Return what `cut` takes away, in order."""
    if not _may_hold(raw):
        return ()
    return tuple(raw[start:end] for start, end in sorted(set(_spans(raw, raw.lower()))) if start < end)


def _spans(raw: bytes, lowered: bytes) -> Iterator[Span]:
    """Yield all that `cut` takes away. lowered: the text in lower case."""
    yield from _user_information(raw)
    yield from _named(lowered)
    yield from _entered(lowered)
    yield from _header_values(raw)


def _user_information(raw: bytes) -> Iterator[Span]:
    """Yield what stands before the `@` of each URL."""
    at = raw.find(b"://") if b"@" in raw else -1
    while at >= 0:
        start = at + 3
        whole = raw[start : start + _LONGEST_AUTHORITY]
        url = whole[: _first_of(whole, _STOPS_OF_URLS)]
        authority = url[: _first_of(url, _STOPS_OF_AUTHORITIES)]
        sign = authority.rfind(b"@")
        if sign < 0 and not authority.partition(b":")[2].isdigit() and b":" in authority and not authority.startswith(b"["):
            sign = url.rfind(b"@")  # a slash in a password, which clients leave as it is
        if sign > 0:
            yield start, start + sign
        at = raw.find(b"://", start + len(authority))


def _queries(raw: bytes) -> Iterator[Span]:
    """Yield what stands behind the `?` of each URL, and of the value of each header field that holds one."""
    at = raw.find(b"://")
    while at >= 0:
        start = at + 3
        whole = raw[start : start + _LONGEST_QUERY]
        url = whole[: _first_of(whole, _STOPS_OF_URLS)]
        mark = url.find(b"?")
        if mark >= 0:
            yield start + mark + 1, start + len(url)
        at = raw.find(b"://", start + len(url))
    for name, start, end in _header_lines(raw):
        if name in _PLACES and (mark := raw.find(b"?", start, end)) >= 0:
            yield mark + 1, end


def _entered(lowered: bytes) -> Iterator[Span]:
    """Yield the values of elements whose attributes name a secret: what a form holds already."""
    at = lowered.find(b"value")
    while at >= 0:
        opening, closing = lowered.rfind(b"<", max(0, at - _LONGEST_TAG), at), lowered.find(b">", at, at + _LONGEST_TAG)
        tag = lowered[opening : closing if closing >= 0 else at + _LONGEST_TAG]
        if opening >= 0 and b">" not in lowered[opening:at] and any(name in tag for name in _IN_FORMS):
            span = _value(lowered, at + len(b"value"))
            if span is not None and span[0] < span[1]:
                yield span
        at = lowered.find(b"value", at + 1)


def _named(lowered: bytes) -> Iterator[Span]:
    """Yield the values behind secret names. lowered: the text in lower case."""
    for name in (*_NAMES, *_PERSONS, *_WHOLE, *_IN_ELEMENTS):
        at = lowered.find(name)
        while at >= 0:
            end = _end_of_name(lowered, at + len(name))
            span = None
            if _opens_element(lowered, at):
                span = _content(lowered, end)
            elif name not in _IN_ELEMENTS and (name not in _WHOLE or _is_whole(lowered, at, len(name), end)):
                span = _value(lowered, end)
            if span is None and name in _NAMES:
                span = _in_path(lowered, at, end)
            if span is not None and span[0] < span[1]:
                yield span
            at = lowered.find(name, span[1] if span is not None else end)


def _end_of_name(lowered: bytes, end: int) -> int:
    limit = min(len(lowered), end + _LONGEST_NAME)
    while end < limit and lowered[end] in _NAME_BYTES:
        end += 1
    return end


def _is_whole(lowered: bytes, at: int, length: int, end: int) -> bool:
    """Return whether a name is one of a parameter, with nothing before or behind it."""
    return end == at + length and (at == 0 or lowered[at - 1] not in _NAME_BYTES)


def _opens_element(lowered: bytes, at: int) -> bool:
    """Return whether a word is part of the name in a start tag."""
    front = lowered[max(0, at - _LONGEST_NAME) : at]
    opening = front.rfind(b"<")
    return opening >= 0 and all(byte in _NAME_BYTES or byte == ord(":") for byte in front[opening + 1 :])


def _content(lowered: bytes, end: int) -> Span | None:
    """Return the text of the element whose name ends here; None for one without."""
    closing = lowered.find(b">", end, end + _LONGEST_TAG)
    if closing < 0 or lowered[closing - 1 : closing] == b"/":
        return None
    stop = lowered.find(b"<", closing, closing + _LONGEST_VALUE)
    return closing + 1, stop if stop >= 0 else min(len(lowered), closing + _LONGEST_VALUE)


def _value(lowered: bytes, end: int) -> Span | None:
    """Return the value behind a name: `=` or `:`, with or without quotes and blanks around; None where none follows."""
    at = _past(lowered, end, b"\\" + _QUOTES + _BLANKS)
    if lowered[at : at + 3] in (b"%3d", b"%3a"):
        at += 2
    elif lowered[at : at + 1] not in (b"=", b":"):
        return None
    at = _past(lowered, at + 1, b"\\" + _BLANKS)
    if lowered[at : at + 1] and lowered[at] in _QUOTES:
        return at + 1, _closing_quote(lowered, at + 1)
    found = _first_of(lowered[at : at + _LONGEST_VALUE], _STOPS_OF_VALUES)
    return at, at + found


def _in_path(lowered: bytes, at: int, end: int) -> Span | None:
    """Return the part of a path behind the one that a name begins; None where it stands in no path."""
    if lowered[at - 1 : at] != b"/" or lowered[end : end + 1] != b"/":
        return None
    return end + 1, end + 1 + _first_of(lowered[end + 1 : end + _LONGEST_VALUE], _STOPS_OF_PARTS)


def _closing_quote(lowered: bytes, at: int) -> int:
    """Return where the text ends whose first character stands here; in JSON within JSON the quotes are escaped themselves."""
    limit, quote = min(len(lowered), at + _LONGEST_VALUE), lowered[at - 1]
    within = lowered[at - 2 : at - 1] == b"\\"
    while at < limit and lowered[at] != quote and lowered[at] not in b"\r\n":
        escape = lowered[at] == ord("\\")
        if escape and within:
            break
        at += 2 if escape else 1
    return min(at, limit)


def _past(raw: bytes, at: int, these: bytes) -> int:
    limit = min(len(raw), at + _LONGEST_NAME)
    while at < limit and raw[at] in these:
        at += 1
    return at


def _stops(these: bytes) -> bytes:
    """Return the table with which `_first_of` finds one of some bytes."""
    return bytes(byte not in these for byte in range(256))


def _first_of(raw: bytes, stops: bytes) -> int:
    """Return where the first of some bytes stands; the length where none does."""
    found = raw.translate(stops).find(0)
    return found if found >= 0 else len(raw)


def _header_lines(raw: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield of each line of the form of a header field its name in lower case, and where its value begins and ends.

    A line that continues another has the name of that one.
    """
    position, name = 0, b""
    for line in raw.split(b"\n"):
        end = position + len(line.rstrip(b"\r"))
        start = position
        if line[:1] not in (b" ", b"\t"):
            front, colon, _ = line[:_LONGEST_HEADER_NAME].partition(b":")
            name = front.strip().lower() if colon else b""
            start += len(front) + 1
        if name and b" " not in name and start < end:
            yield name, start, end
        position += len(line) + 1


def _header_values(raw: bytes) -> Iterator[Span]:
    """Yield the values of secret header fields; of cookies the values behind their names."""
    lowered = raw.lower()
    if b"cookie" not in lowered and not any(part in lowered for part in _HEADERS):
        return
    for name, start, end in _header_lines(raw):
        if name == b"set-cookie":
            yield from _cookies(raw, start, end if (stop := raw.find(b";", start, end)) < 0 else stop)
        elif name == b"cookie":
            yield from _cookies(raw, start, end)
        elif any(part in name for part in _HEADERS):
            yield _past(raw, start, _BLANKS), end


def _cookies(raw: bytes, start: int, end: int) -> Iterator[Span]:
    """Yield the values of the cookies between two places; all of one that has no name."""
    while start < end:
        stop = raw.find(b";", start, end)
        stop = end if stop < 0 else stop
        sign = raw.find(b"=", start, stop)
        yield sign + 1 if sign >= 0 else start, stop
        start = stop + 1


_STOPS_OF_URLS = _stops(_ENDS_OF_URLS)
_STOPS_OF_AUTHORITIES = _stops(b"/?#")
_STOPS_OF_PARTS = _stops(b"/?#" + _ENDS_OF_URLS)
_STOPS_OF_VALUES = _stops(_ENDS)
