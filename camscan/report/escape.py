"""Makes text of devices inert for a terminal: what could move the cursor, hide or reorder text becomes visible."""

from __future__ import annotations

import unicodedata

_INERT_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"})
"""Controls (C0, C1), format marks (bidi, zero width, tags), surrogates, separators, private use, unassigned."""


def visible(text: str) -> str:
    r"""Return text on one line in which every control, format and bidi character is an escape such as `\x1b` or `\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in _INERT_CATEGORIES:
        return character
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def is_hostile(text: str) -> bool:
    """Return whether text holds what no honest device sends: an escape character, or a mark that reorders or hides text."""
    if text.isascii():
        return "\x1b" in text
    return any(
        character == "\x1b" or "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069" for character in text
    ) or any("\U000e0000" <= character <= "\U000e007f" for character in text)
