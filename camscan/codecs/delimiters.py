"""Finds where things end in text that may be damaged: tags, quoted texts, runs of bytes. All texts are in lower case.

Source: RFC 8259 §7 (JSON), XML 1.0 §2 and HTML (tags). Status: documented.
"""

from __future__ import annotations


def end_of_tag(lowered: bytes, at: int) -> int:
    """Return where the `>` stands that ends a tag, and is in no quotes; -1 where there is none."""
    first = closing = lowered.find(b">", at)
    marks = {quote: lowered.find(quote, at, closing) for quote in (b'"', b"'")}
    while closing >= 0:
        found = [(place, quote) for quote, place in marks.items() if 0 <= place < closing]
        if not found:
            return closing
        place, quote = min(found)
        at = lowered.find(quote, place + 1) + 1
        if not at:
            return first
        if at > closing:
            closing = lowered.find(b">", at)
        marks = {quote: place if place >= at else lowered.find(quote, at, closing) for quote, place in marks.items()}
    return first


def closing_quote(lowered: bytes, at: int) -> int:
    """Return where the text ends whose first character stands here; in JSON within JSON the quotes are escaped themselves.

    A quote before a letter or a figure is one of the text.
    """
    limit, quote = len(lowered), lowered[at - 1]
    within = lowered[at - 2 : at - 1] == b"\\"
    while at < limit and lowered[at] not in b"\r\n":
        if lowered[at] == quote and not lowered[at + 1 : at + 2].isalnum():
            break
        escape = lowered[at] == ord("\\")
        if escape and within:
            break
        at += 2 if escape else 1
    return min(at, limit)


def up_to(lowered: bytes, wanted: bytes | int, at: int, end: int | None = None) -> int:
    """Return where something stands from here on; the end where it does not."""
    end = len(lowered) if end is None else min(end, len(lowered))
    found = lowered.find(wanted, at, end)
    return found if found >= 0 else max(at, end)


def past(raw: bytes, at: int, these: bytes) -> int:
    """Return the first place from here on where none of some bytes stands."""
    limit = len(raw)
    while at < limit and raw[at] in these:
        at += 1
    return at


def stops(these: bytes) -> bytes:
    """Return the table that makes zeros of some bytes, so that the first of them is found."""
    return bytes(byte not in these for byte in range(256))
