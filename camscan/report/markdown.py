"""Makes text of devices inert for readers of Markdown: no markup, link, mention, HTML or table cell comes from it.

Source: CommonMark 0.31 (2.4 backslash escapes, 6.1 code spans), GitHub Flavored Markdown 0.29 (4.10 tables, 6.9 autolinks).
"""

from __future__ import annotations

import string

from camscan.report.escape import shortened, visible

MAX_TEXT = 400
"""Characters of one text of a device; the whole stands in the JSON report."""
MAX_SENTENCE = 4_000
"""Characters of a sentence of ours."""
LINKS = ("@", "://", "www.")
"""What makes a link or a mention of plain text, which no backslash prevents: it is put into a code span."""
SCHEMES = ("https://", "http://")

_MARKUP = frozenset("\\`*_{}[]<>#|~&!$^")
"""Characters that begin markup anywhere in a line; `$` is mathematics and `^` a footnote on GitHub."""
_ESCAPES = str.maketrans({character: f"\\{character}" for character in _MARKUP})
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_OPENING = frozenset("+-=:")
"""Characters that begin a block at the beginning of a line, beyond those that are escaped everywhere."""


def inert(text: str, most: int = MAX_TEXT) -> str:
    """Return text on one line that stays text wherever it stands, cut where it is longer than `most` characters."""
    shown = visible(shortened(text, most)).strip()
    lowered = shown.lower() if shown.isascii() else shown.translate(_LOWER)
    if any(link in lowered for link in LINKS):
        shown = _unlinked(shown, lowered)
    elif not _MARKUP.isdisjoint(shown):
        shown = shown.translate(_ESCAPES)
    # Escaped brackets make no link; readers that look for `](` alone would take them for one.
    return _no_block(shown.replace("](", "]\\("))


def sentence(text: str) -> str:
    """Return a sentence of ours, which may hold text of devices, in the same way."""
    return inert(text, MAX_SENTENCE)


def _unlinked(shown: str, lowered: str) -> str:
    """Return text escaped, and what would begin a link in a code span; `lowered` is the same text in small letters."""
    parts, place, spanned = [], 0, False
    while place < len(shown):
        link = next((link for link in LINKS if lowered.startswith(link, place)), None)
        if (link is not None) != spanned:
            parts.append("`")
            spanned = not spanned
        parts.append(shown[place].translate(_ESCAPES) if link is None else shown[place : place + len(link)])
        place += 1 if link is None else len(link)
    return "".join([*parts, "`" if spanned else ""])


def _no_block(escaped: str) -> str:
    """Return text that begins no list, heading or rule where it begins a line."""
    if escaped[:1] in _OPENING:
        return f"\\{escaped}"
    number = len(escaped) - len(escaped.lstrip(string.digits))
    if number and escaped[number : number + 1] in (".", ")") and escaped[number + 1 : number + 2] in ("", " "):
        return f"{escaped[:number]}\\{escaped[number:]}"
    return escaped


def address_of_page(text: str) -> str:
    """Return a reference of ours as a link where it is the address of a page, else as text."""
    plain = text.isascii() and text.isprintable() and not set(text) & set(" <>\\")
    return f"<{text}>" if plain and text.startswith(SCHEMES) else sentence(text)
