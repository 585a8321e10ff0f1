"""Sees through escapes in which a name may be written, and leads back to where each byte stood.

Source: RFC 8259 §7 (JSON), HTML §13.1.4 (character references), RFC 3986 §2.1 (percent-encoding), ECMA-262 §12.9.4 (strings). Status: documented.
Letters, figures and what else a name consists of are decoded; quotes and brackets are not, since an escaped one ends nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from camscan.codecs.expressions import compiled

_ESCAPE = rb"(?:\\+u00|\\+x|%(?:25)*)([2-7][0-9a-f])|&#x0*([2-7][0-9a-f]);|&#0*([0-9]{2,3});"
_OF_NAMES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")


@dataclass(frozen=True, slots=True)
class Plain:
    """A text without the escapes that stood in it."""

    text: bytes
    behind: tuple[int, ...]
    """Places in the text behind each byte that was an escape."""
    shifts: tuple[int, ...]
    """How many bytes fewer there are, before the first of them and behind each."""

    def place(self, at: int) -> int:
        """Return where in the escaped text the byte stood that stands at a place of this one; its length for the end."""
        return at + self.shifts[bisect_right(self.behind, at)]


def seen_through(raw: bytes) -> Plain | None:
    """Return a text without escapes of what names consist of; None where it has none."""
    if b"%" not in raw and b"\\" not in raw and (b"&" not in raw or b"&#" not in raw):
        return None
    text, behind, shifts, copied = bytearray(), list[int](), [0], 0
    for found in compiled(_ESCAPE, any_case=True).finditer(raw):
        six, reference, figures = found.groups()
        byte = int(figures) if figures else int(six or reference, 16)
        if byte not in _OF_NAMES:
            continue
        text += raw[copied : found.start()]
        text.append(byte)
        copied = found.end()
        behind.append(len(text))
        shifts.append(copied - len(text))
    if not behind:
        return None
    text += raw[copied:]
    return Plain(bytes(text), tuple(behind), tuple(shifts))
