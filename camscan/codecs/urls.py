"""Finds URLs in text of any grammar, and of each what names who logs in and what it asks for.

Source: RFC 3986 §3.2.1 (user information) and §3.4 (query). Status: documented. Escapes of JSON, of markup and of forms are seen through. A
password may hold signs that end an authority, since devices and their owners write them as they are: it goes to the last `@` of the URL.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from camscan.codecs.expressions import compiled

Span = tuple[int, int]
"""Where something begins and ends, in bytes."""

_COLON, _SLASH = rb"(?::|%(?:25)*3a|\\u003a|&#(?:58|x3a);)", rb"(?:\\*/|%(?:25)*2f|\\+u002f|&#(?:47|x2f);)"
_START = _COLON + _SLASH + b"{2}|(?:^|[=(,])" + rb"(?:\\*/){2}"
"""What stands before an authority, also where the scheme is left out."""
_CODED_SIGN = rb"\\u0040|&#(?:64|x40);|%(?:25)*40"
SIGN = b"@|" + _CODED_SIGN
"""What stands behind user information, also where a whole URL is a value of a form."""
_SIGNS = (b"@", b"%40", b"%25", b"0040", b"&#")
_CODED_MARKS = (b"%3f", b"%3F", b"%25", b"003f", b"003F", b"&#")
"""Without which no such sign, and no coded mark, stands anywhere."""
_MARK = rb"\?|%(?:25)*3f|\\u003f|&#(?:63|x3f);"
_REFERENCE = (
    rb"(?:href|src|action|data|poster|background|url|uri|link|location|path)"
    rb"\\*[\"']?\s*[:=]\s*(?:\\*\"[^\"?<>\r\n]*\?([^\"\r\n]*)|\\*'[^'?<>\r\n]*\?([^'\r\n]*)|[^\s\"'<>?]*\?([^\s\"'<>]*))"
)
"""An attribute or a member with the place of something else, which may lack all before its path."""
_ENDS = bytes(range(0x21)) + b'"<>\x7f'
_STOPS = bytes(byte not in _ENDS for byte in range(256))
_ENDS_OF_CODED = b"&;#"
_LONGEST_AUTHORITY = 256
"""Bytes by which it is judged; what is blanked may be longer."""
_LONGEST_SCHEME = 16
_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ROUNDS = 3
"""How often a coded text is decoded to judge it."""


def user_information(raw: bytes) -> Iterator[Span]:
    """Yield what stands before the `@` of each URL, and of an address to which no scheme belongs."""
    if not any(sign in raw for sign in _SIGNS):
        return
    for start, end in _runs(raw, SIGN):
        run, covered = raw[start:end], 0
        signs = _signs(run)
        for begin, stop, coded in _urls(run):
            if begin < covered:
                continue
            known = signs[coded]
            number = bisect_left(known, stop)
            sign = max(run.rfind(b"@", begin, stop), known[number - 1] if number else -1)
            if sign > begin and _is_login(run, begin, sign, coded=coded):
                covered = sign
                yield start + begin, start + sign
        if not covered and (sign := run.rfind(b"@")) > 0 and b":" in run[:sign] and _is_address(run[sign + 1 :]):
            yield start, start + sign


def may_ask(raw: bytes) -> bool:
    """Return whether there may be a query in a text; declarations of XML ask nothing."""
    if b"?" in raw and raw.count(b"?") > raw.count(b"<?") + raw.count(b"?>"):
        return True
    return (b"%" in raw or b"&#" in raw or b"\\u" in raw) and any(mark in raw for mark in _CODED_MARKS)


def queries(raw: bytes) -> Iterator[Span]:
    """Yield what stands behind the `?` of each URL, and of each place that markup or JSON refers to."""
    for start, end in _runs(raw, _MARK):
        run, seen = raw[start:end], [0, 0]
        for begin, stop, coded in _urls(run):
            if begin < seen[coded]:
                continue
            seen[coded] = stop
            mark = compiled(_MARK, any_case=True).search(run[begin:stop]) if coded else None
            at = begin + mark.end() if mark is not None else run.find(b"?", begin, stop) + 1
            if at:
                seen = [stop, stop]
                yield start + at, start + stop
    for found in compiled(_REFERENCE, any_case=True).finditer(raw):
        yield next(found.span(group) for group in (1, 2, 3) if found.span(group)[0] >= 0)


def unquoted(text: bytes) -> bytes:
    """Return a text without percent-encoding, however often it was applied, up to three times."""
    for _ in range(_ROUNDS):
        plain = unquote_to_bytes(text) if b"%" in text else text
        if plain == text:
            break
        text = plain
    return text


def _runs(raw: bytes, wanted: bytes) -> Iterator[Span]:
    """Yield where bytes stand together that a URL may consist of, and among them what is wanted."""
    stops, end = raw.translate(_STOPS), 0
    while (found := compiled(wanted, any_case=True).search(raw, end)) is not None:
        start = stops.rfind(0, end, found.start()) + 1 or end
        end = stops.find(0, found.end())
        end = len(raw) if end < 0 else end
        yield start, end


def _urls(run: bytes) -> Iterator[tuple[int, int, bool]]:
    """Yield where the authority of each URL begins, where the URL ends, and whether it is coded as a value of a form."""
    for found in compiled(_START, any_case=True).finditer(run):
        begin, coded = found.end(), b"/" not in found.group()
        stop = min((at for end in _ENDS_OF_CODED if (at := run.find(end, begin)) >= 0), default=len(run)) if coded else len(run)
        front = run[max(0, found.start() - _LONGEST_SCHEME) : found.start()]
        if front.rstrip(_LETTERS).endswith(b"'") and (quote := run.find(b"'", begin)) >= 0:
            stop = min(stop, quote)
        yield begin, stop, coded


def _is_address(rest: bytes) -> bool:
    """Return whether a text begins with an address of IPv4."""
    parts = rest[:16].split(b".", 3)
    return len(parts) == 4 and all(part.isdigit() for part in parts[:3]) and parts[3][:1].isdigit()


def _signs(run: bytes) -> tuple[list[int], list[int]]:
    """Return where what stands for an `@` does in a URL as it is, and in one that is the value of a form."""
    if not any(sign in run for sign in _SIGNS[1:]):
        return [], []
    found = [(one.start(), one.group()) for one in compiled(_CODED_SIGN, any_case=True).finditer(run)]
    return [at for at, sign in found if b"%" not in sign], [at for at, _ in found]


def _is_login(run: bytes, begin: int, sign: int, *, coded: bool) -> bool:
    """Return whether what stands between two places of a URL names who logs in; the port of an address is no password."""
    front = run[begin : begin + _LONGEST_AUTHORITY]
    front = unquoted(front) if coded else front
    authority = front.partition(b"/")[0].partition(b"?")[0].partition(b"#")[0].rstrip(b"\\")
    if b"@" in authority or len(authority) >= min(sign - begin, _LONGEST_AUTHORITY):
        return True
    host, colon, port = authority.rpartition(b":")
    is_address = host.startswith(b"[") or not host.strip(b"0123456789.")
    return bool(colon) and not (is_address and port.isdigit())
