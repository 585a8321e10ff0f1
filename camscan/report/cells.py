"""CSV as RFC 4180 has it, in UTF-8, in which no text of a device becomes a formula: what the formats for spreadsheets share."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from camscan.report.escape import visible

MAX_CELL = 30_000
"""Characters of a cell; spreadsheets hold 32,767."""
FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
"""How a cell begins that a spreadsheet runs, after blanks too; the last four are the wide forms of the first."""
_PASSED_OVER = "\"'" + "".join(chr(number) for number in range(0x3001) if chr(number).isspace())
"""Blanks of any script and quotes: a spreadsheet may drop them before it looks for a formula."""
LEADING = frozenset("\t\r\n")
"""With these a cell is suspect whatever follows."""
BETWEEN = "; "
"""Stands between the values of a cell that holds several."""
_SEPARATOR = ";"
"""Where a decimal comma is usual, spreadsheets also split at this, quoted or not, so that a cell may begin behind it."""


def document(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Return a CSV file: the columns, then the rows; what a row does not name stays empty."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(row.get(name, "")) for name in columns] for row in rows)
    return out.getvalue()


def cell(text: str) -> str:
    """Return text on one line, escaped, cut where it is too long, and with an apostrophe before whatever would begin a formula."""
    if not text or (text[0].isalnum() and len(text) <= MAX_CELL and _SEPARATOR not in text and text.isprintable()):
        return text
    shown = visible(text[:MAX_CELL])
    if max(len(text), len(shown)) > MAX_CELL:
        shown = f"{shown[:MAX_CELL]}… ({len(text)} characters)"
    if _SEPARATOR in shown:
        first, *rest = shown.split(_SEPARATOR)
        shown = _SEPARATOR.join([first, *(f"'{part}" if _is_formula(part) else part for part in rest)])
    return f"'{shown}" if text[0] in LEADING or _is_formula(text) or _is_formula(shown) else shown


def _is_formula(text: str) -> bool:
    return text.lstrip(_PASSED_OVER)[:1] in FORMULA


def several(values: Iterable[str]) -> str:
    """Return values for one cell."""
    return BETWEEN.join(value for value in values if value)
