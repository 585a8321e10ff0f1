"""Makes text of devices inert for a terminal: what could move the cursor, hide or reorder text becomes visible."""

from __future__ import annotations

import unicodedata

_INERT_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"})
"""Controls (C0, C1), format marks (bidi, zero width, tags), surrogates, separators, private use, unassigned."""

_MARKS = frozenset({"Mn", "Me"})
MOST_STACKED = 4
"""Marks on one letter; no language needs more, and a hundred cover the lines above and below."""


def visible(text: str) -> str:
    r"""Return text on one line in which every control, format and bidi character is an escape such as `\x1b` or `\u202e`."""
    if text.isprintable() and (text.isascii() or not any(unicodedata.category(one) in _MARKS for one in text)):
        return text
    shown, stacked = [], 0
    for character in text:
        category = unicodedata.category(character)
        stacked = stacked + 1 if category in _MARKS else 0
        shown.append(_escaped(character) if category in _INERT_CATEGORIES or stacked > MOST_STACKED else character)
    return "".join(shown)


def _escaped(character: str) -> str:
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def shortened(text: str, most: int) -> str:
    """Return text of at most `most` characters, or its beginning with how long it is."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"
