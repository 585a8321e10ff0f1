"""Lays cells out in columns of text. A rich Table needs a millisecond a row; a report of a large site has ten thousand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

GAP = 2
NARROWEST = 6
"""Columns of text below which a column is not squeezed further."""

LONGEST_WORD = 20
"""Columns of text up to which a word counts when columns are squeezed; longer ones may be cut at once."""
FURTHER = 2
"""Columns by which the later lines of a folded text stand further in."""

Row = Sequence[str]
Paint = Callable[[int, str], str]
"""Colors one padded piece of a row's first column, given the row's number."""


def lay_out(header: Row, rows: Sequence[Row], *, width: int | None, paint: Paint | None = None) -> list[str]:
    """Return the lines of a table. Cells are wrapped where `width` demands it and never cut; no line ends in blanks."""
    widths = _fit(list(zip(header, *rows, strict=True)), width)
    lines = _row_lines(header, widths)
    for number, row in enumerate(rows):
        made = _row_lines(row, widths)
        if paint is not None:
            made = [paint(number, line[: widths[0]]) + line[widths[0] :] for line in made]
        lines += made
    return lines


def wrap(text: str, width: int | None, indent: str = "") -> list[str]:
    """Return text in lines of at most `width` columns, broken between words; later lines are indented.

    A word that is wider than a line stays whole, so that addresses of pages can be copied.
    """
    if width is None or _cells(text) <= width:
        return [text]
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        start = indent if lines else ""
        joined = f"{line} {word}" if line else f"{start}{word}"
        if line and _cells(joined) > width:
            lines.append(line)
            joined = f"{indent}{word}"
        line = joined
    return [*lines, line]


def fold(text: str, width: int) -> list[str]:
    """Return text in lines of at most `width` columns, all as deep as its first and later ones deeper; what is too long is cut anywhere."""
    depth = len(text) - len(text.lstrip(" "))
    if _cells(text) <= width or depth >= width // 2:
        return _broken(text, width) if _cells(text) > width else [text]
    first, *rest = _broken(text[depth:], width - depth - FURTHER)
    return [" " * depth + first, *(" " * (depth + FURTHER) + piece for piece in rest)]


def _fit(columns: Sequence[Row], width: int | None) -> list[int]:
    """Return the width of each column: the widest are squeezed first, words are cut only when nothing else helps."""
    widths = [max(map(_cells, column)) for column in columns]
    if width is None:
        return widths
    excess = sum(widths) + GAP * (len(widths) - 1) - width
    if excess <= 0:
        return widths
    words = [min(max(_cells(word) for cell in column for word in cell.split(" ")), LONGEST_WORD) for column in columns]
    for narrowest in (words, [NARROWEST] * len(columns)):
        while excess > 0:
            loose = [number for number, least in enumerate(narrowest) if widths[number] > least]
            if not loose:
                break
            widths[max(loose, key=lambda number: widths[number])] -= 1
            excess -= 1
    return widths


def _row_lines(row: Row, widths: Sequence[int]) -> list[str]:
    cells = [_broken(cell, width) if _cells(cell) > width else [cell] for cell, width in zip(row, widths, strict=True)]
    lines = []
    for number in range(max(map(len, cells))):
        pieces = [cell[number] if number < len(cell) else "" for cell in cells]
        padded = (piece + " " * (width - _cells(piece)) for piece, width in zip(pieces, widths, strict=True))
        lines.append((" " * GAP).join(padded).rstrip())
    return lines


def _broken(text: str, width: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if _cells(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = _chopped(word, width)
        lines += full
    return [*lines, line]


def _chopped(word: str, width: int) -> list[str]:
    """Cut one word that is wider than a line, e.g. an IPv6 address."""
    pieces: list[str] = []
    piece, used = "", 0
    for character in word:
        size = _cells(character)
        if used + size > width and piece:
            pieces.append(piece)
            piece, used = "", 0
        piece, used = piece + character, used + size
    return [*pieces, piece]


def _cells(text: str) -> int:
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
