"""Lays cells out in columns of text. A rich Table needs a millisecond a row; a report of a large site has ten thousand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

GAP = 2
CUT = "…"
"""Stands where text was cut."""
NARROWEST = 6
"""Columns of text below which a column is not squeezed further."""

LONGEST_WORD = 20
"""Columns of text up to which a word counts when columns are squeezed; longer ones may be cut at once."""
PAIR = " → "
CLAUSE = "; "
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


Clip = Callable[[str, int], str]
"""Shortens text to so many columns, with CUT where something is gone."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One column of a table whose rows are lines: its heading, how far it may be squeezed, and what of a cell is cut then."""

    title: str
    least: int
    """Columns of text that it keeps until all others are down to theirs."""
    clip: Clip
    hard: int = NARROWEST
    """Columns of text that it keeps in any case; rather than squeeze it further, the last column goes."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Header and rows, each cell as wide as its column; columns at the end for which there was no room are left out."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    cut: bool
    """Whether any cell was shortened."""


def lay_lines(columns: Sequence[Placed], rows: Sequence[Row], *, width: int | None) -> Fitted:
    """Return a table with a line for each row: the widest columns are cut first, and the last one goes where that is not enough.

    width: of a line with a gap of GAP between the columns; None: nothing is cut.
    """
    natural = [max(map(_cells, cells)) for cells in zip([column.title for column in columns], *rows, strict=True)]
    widths = natural if width is None else _squeezed(natural, columns, width)
    kept = columns[: len(widths)]
    lines = [
        tuple(
            _padded(cell if _cells(cell) <= size else column.clip(cell, size), size)
            for cell, column, size in zip(row, kept, widths, strict=False)
        )
        for row in rows
    ]
    header = tuple(_padded(clip_end(column.title, size), size) for column, size in zip(kept, widths, strict=True))
    return Fitted(
        header,
        tuple(lines),
        any(
            CUT in cell and CUT not in was
            for line, row in zip(lines, rows, strict=True)
            for cell, was in zip(line, row, strict=False)
        ),
    )


def clip_end(text: str, width: int) -> str:
    """Return the beginning of a text."""
    return text if _cells(text) <= width else _first(text, width - 1) + CUT


def clip_clauses(text: str, width: int) -> str:
    """Return as many of the clauses of a text as fit whole, `; ` between them; the beginning of the first where not even that does."""
    if _cells(text) <= width:
        return text
    kept = text
    while (shorter := kept.rpartition(CLAUSE)[0]) and _cells(kept) >= width:
        kept = shorter
    return kept + CUT if kept != text and _cells(kept) < width else clip_end(kept, width)


def clip_middle(text: str, width: int) -> str:
    """Return beginning and end of a text, as of an address, whose end tells it from its neighbours."""
    if _cells(text) <= width:
        return text
    last = _first(text[::-1], (width - 1) // 2)[::-1]
    return _first(text, width - 1 - _cells(last)) + CUT + last


def clip_pair(text: str, width: int) -> str:
    """Return `Brand → Maker` without its blanks, then with the brand shortened: the maker stays whole as long as it can."""
    brand, arrow, maker = text.rpartition(PAIR)
    if not arrow or _cells(text) <= width:
        return clip_end(text, width)
    to_maker = f"{arrow.strip()}{maker}"
    room = width - _cells(to_maker)
    return clip_end(brand, room) + to_maker if room >= 1 else clip_end(f"{CUT}{to_maker}", width)


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
    """Return text in lines of at most `width` columns, all as deep as its first and later ones deeper.

    A word that is too long is cut anywhere, unless it is an address of a page: that stays whole, so that it can be copied.
    """
    depth = len(text) - len(text.lstrip(" "))
    if _cells(text) <= width or depth >= width // 2:
        return _broken(text, width, keep=True) if _cells(text) > width else [text]
    first, *rest = _broken(text[depth:], width - depth - FURTHER, keep=True)
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


def _squeezed(natural: Sequence[int], columns: Sequence[Placed], width: int) -> list[int]:
    """Return the width of each column for which there is room."""
    widths = list(natural)
    for floors in ([column.least for column in columns], [column.hard for column in columns]):
        while (excess := _line(widths) - width) > 0:
            loose = [number for number, floor in enumerate(floors) if widths[number] > floor]
            if not loose:
                break
            widest = max(loose, key=lambda number: widths[number])
            second = max((widths[number] for number in loose if number != widest), default=0)
            widths[widest] -= max(1, min(excess, widths[widest] - max(second, floors[widest])))
    while len(widths) > 1 and _line(widths) > width:
        widths.pop()
    return [max(1, min(one, width)) for one in widths]


def _line(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _cells(text))


def _first(text: str, width: int) -> str:
    """Return as much of the beginning of a text as fits."""
    if text.isascii():
        return text[: max(width, 0)]
    for end in range(1, len(text) + 1):
        if _cells(text[:end]) > width:
            return text[: end - 1]
    return text


def _row_lines(row: Row, widths: Sequence[int]) -> list[str]:
    cells = [_broken(cell, width) if _cells(cell) > width else [cell] for cell, width in zip(row, widths, strict=True)]
    lines = []
    for number in range(max(map(len, cells))):
        pieces = [cell[number] if number < len(cell) else "" for cell in cells]
        padded = (piece + " " * (width - _cells(piece)) for piece, width in zip(pieces, widths, strict=True))
        lines.append((" " * GAP).join(padded).rstrip())
    return lines


def _broken(text: str, width: int, *, keep: bool = False) -> list[str]:
    """Return text in lines, broken between words and in words that are too long. keep: none of those that are addresses of pages."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if _cells(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = [word] if keep and "://" in word else _chopped(word, width)
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
