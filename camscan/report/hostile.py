"""Tells replies that attack whoever reads them from honest ones: tricks of terminals, of spreadsheets, of browsers, of the eye."""

from __future__ import annotations

from string import ascii_letters, digits

PAGES = frozenset({"http.body", "http.control.body", "http.header", "reolink.document", "rtsp.sdp"})
"""Fields in which scripts, styles and joined letters are honest; the others hold names, versions and greetings."""
_REORDERING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xE0000, 0xE0080))))
"""Bidi embeddings, overrides and isolates, and the tags, which show as nothing: honest nowhere."""
_UNSEEN = frozenset(map(chr, (0x061C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x2060, 0x2066), *range(0x206A, 0x2070), 0xFEFF)))
"""Bidi marks and what has no width; pages of right-to-left languages hold them."""
_JOINERS = frozenset("\u200c\u200d")
_FIRST_JOINED = "\u0590"
"""From here on are the scripts and pictures that need joiners."""
_CONTROLS = frozenset(map(chr, (*range(0x20), 0x7F))) - frozenset("\t\r\n\v\f")
_OF_NVT = frozenset("\0\a\b")
"""What the printer of a Telnet terminal may be sent besides (RFC 854)."""
_CSI, _OSC = "\x9b", "\x9d"
"""C1 introducers of ECMA-48; in text of one byte or two a letter, they are bytes of letters too."""
_LONGEST_SEQUENCE = 32
_SCHEME = "javascript:"
_MARKUP = ("<script", "<svg", "<img", "<iframe", "onerror=", "onload=", _SCHEME, "[link=", "[@click=")
"""In lower case: of HTML, and of terminals' markup."""
_SIGNS = str.maketrans("\uff1d\uff20\uff0b\uff0d", "=@+-")
_IN_FORMULA = frozenset(ascii_letters + digits + "_.!$:+-*/^&")
_CALLED = frozenset({"call", "dde", "exec", "hyperlink", "image", "importdata", "importxml", "register", "webservice"})
"""Functions that reach out; names of products begin with + or - and hold brackets, too."""


def is_hostile(text: str, field: str = "") -> bool:
    """Return whether a value holds what no honest device sends in this field: one of a device's names where none is given."""
    if text[:1].isalnum() and text.isascii() and text.isprintable() and "<" not in text and "=" not in text:
        # As most values are: of all tricks these can hold but a scheme.
        return ":" in text and field not in PAGES and _SCHEME in text.lower()
    if "\x1b" in text or (not text.isascii() and (not _REORDERING.isdisjoint(text) or _holds_sequence(text))):
        return True
    if field in PAGES:
        return False
    return _holds_controls(text, field) or _hides(text) or _is_formula(text) or _holds_markup(text)


def _holds_controls(text: str, field: str) -> bool:
    """Return whether a value holds C0 controls beside white space; noughts at its end fill a field of fixed length."""
    if text.isprintable():
        return False
    found = _CONTROLS.intersection(text.rstrip("\0"))
    return bool(found - _OF_NVT if field == "telnet.banner" else found)


def _hides(text: str) -> bool:
    if text.isascii():
        return False
    after_mark = text.removeprefix("\ufeff")  # how files of UTF-8 may begin
    if not _UNSEEN.isdisjoint(after_mark):
        return True
    return not _JOINERS.isdisjoint(text) and any(
        one in _JOINERS and (at == 0 or text[at - 1] < _FIRST_JOINED) for at, one in enumerate(text)
    )


def _holds_sequence(text: str) -> bool:
    """Return whether text holds a control sequence or string that begins with one character of C1.

    The bytes of GBK, Shift JIS, Big5 and UTF-8, read as single letters, hold these characters behind others of the upper half, or in
    front of a letter; a digit or a question mark is never the second byte of two.
    """
    return any(_begins_sequence(text, at) for at in _places(text, _CSI)) or any(
        _begins_string(text, at) for at in _places(text, _OSC)
    )


def _places(text: str, wanted: str) -> list[int]:
    """Return where a character stands that is not behind one of the upper half of Latin-1."""
    if wanted not in text:
        return []
    return [at for at, one in enumerate(text) if one == wanted and not (at and "\x80" <= text[at - 1] <= "\xff")]


def _begins_sequence(text: str, at: int) -> bool:
    rest = text[at + 1 : at + 1 + _LONGEST_SEQUENCE]
    final = rest.lstrip("0123456789:;<=>?")
    if not final or not "@" <= final[0] <= "~":
        return False
    return len(final) < len(rest) or sum("\x80" <= one <= "\xff" for one in text) == text.count(_CSI)


def _begins_string(text: str, at: int) -> bool:
    rest = text[at + 1 : at + 1 + _LONGEST_SEQUENCE]
    return rest[:1].isdigit() and rest.lstrip("0123456789").startswith(";")


def _is_formula(text: str) -> bool:
    """Return whether a spreadsheet would call something: `=NAME(`, `@NAME(`, `=NAME|`, and with + or - what reaches out."""
    begun = text.lstrip()[:2000].translate(_SIGNS)
    if begun[:1] not in ("=", "@", "+", "-") or not begun:
        return False
    length = next((at for at, one in enumerate(begun[1:]) if one not in _IN_FORMULA), 0)
    called, sign = begun[1 : 1 + length], begun[1 + length : 2 + length]
    if not called or not called[-1].isalnum() or sign not in ("(", "|"):
        return False
    last = called.replace(":", "+").replace("-", "+").replace("*", "+").replace("/", "+").rpartition("+")[2]
    return begun[0] in "=@" or sign == "|" or last.lower() in _CALLED


def _holds_markup(text: str) -> bool:
    if "<" not in text and "=" not in text and ":" not in text:
        return False
    lowered = text.lower()
    return any(one in lowered for one in _MARKUP)
