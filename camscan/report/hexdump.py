"""Bytes of a message as people read them: offset, hexadecimal, text; the lines that hold what a claim rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

WIDTH = 16
"""Bytes of a line; with what stands before it, a line fits 80 columns."""
LINES_OF_A_VALUE = 4
LINES_AT_MOST = 8
FIRST_LINES = 2
"""Shown of a message in which no value stands as it is, because it was worked out of others."""
_MAC_LENGTH = 17


def dump_of(raw: bytes, values: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a message that hold these values, in their order in it; its first lines where none does.

    Lines that are left out leave a line with `…`, between others or at the end.
    """
    wanted = sorted({line for value in values for line in _lines_of(raw, value)}) or list(range(min(FIRST_LINES, _count(raw))))
    expected = 0
    for number in wanted[:LINES_AT_MOST]:
        if number != expected:
            yield "…"
        yield _line(raw, number)
        expected = number + 1
    if expected < _count(raw):
        yield f"… ({len(raw):,} bytes in all)"


def _count(raw: bytes) -> int:
    return -(-len(raw) // WIDTH)


def _lines_of(raw: bytes, value: str) -> Sequence[int]:
    for written in _spellings(value):
        start = raw.find(written)
        if start >= 0:
            first, last = start // WIDTH, (start + len(written) - 1) // WIDTH
            return range(first, min(last + 1, first + LINES_OF_A_VALUE))
    return ()


def _spellings(value: str) -> Iterator[bytes]:
    """Yield a value as messages write it: as text, as text of two bytes a character, and a MAC as its six bytes."""
    if not value:
        return
    yield value.encode("utf-8", "surrogateescape") if value.isprintable() else value.encode("utf-8", "replace")
    yield value.encode("utf-16-le", "replace")
    digits = value.replace(":", "")
    if len(value) == _MAC_LENGTH and len(digits) == 12 and all(one in "0123456789abcdef" for one in digits):
        yield bytes.fromhex(digits)
        yield value.upper().encode()
        yield value.replace(":", "-").encode()


def _line(raw: bytes, number: int) -> str:
    piece = raw[number * WIDTH : (number + 1) * WIDTH]
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in piece)
    return f"{number * WIDTH:04x}  {piece.hex(' ').ljust(3 * WIDTH - 1)}  {text}"
