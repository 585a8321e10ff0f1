"""The CSV files of the IEEE registration authority over the OUI registry.

Columns `Registry,Assignment,Organization Name,Organization Address`; registries MA-L, MA-M, MA-S, IAB and CID
(standards-oui.ieee.org: oui.csv, mam.csv, oui36.csv, iab.csv, cid.csv).
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO

from camscan.datafiles.age import MARK
from camscan.errors import UsageError

DIGITS = {"MA-L": 6, "CID": 6, "MA-M": 7, "MA-S": 9, "IAB": 9}
"""Registry → hexadecimal digits of an assignment; four bits each."""
WHOLE = 0.9
"""Share of the assignments of a length from which a file is taken for the whole registry of that day."""
COLUMNS = ("Registry", "Assignment", "Organization Name")
MAX_NAME = 400
MOST_ROWS = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """A registry with what supplied files say over it."""

    text: bytes
    added: int
    renamed: int
    read_on: date | None
    """The day that the registry states now; None where it stated none and the files are parts alone."""
    lacking: tuple[str, ...]
    """Registries that were not supplied whole, so that the day of reading stays what it was."""


def assignments_of(content: bytes, name: str) -> dict[str, tuple[str, str]]:
    """Return prefix with length (`bcad28/24`) → registry and registrant. Raises UsageError naming the file and line."""
    try:
        rows = csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        head = [cell.strip() for cell in next(rows, [])]
        if not set(COLUMNS) <= set(head):
            raise UsageError(f"{name}: no IEEE registry: the first row must name {', '.join(COLUMNS)}")
        places = [head.index(column) for column in COLUMNS]
        found: dict[str, tuple[str, str]] = {}
        for row in rows:
            if not any(row):
                continue
            if len(row) <= max(places) or len(found) >= MOST_ROWS:
                raise UsageError(f"{name}: line {rows.line_num}: too few columns, or too many lines")
            registry, digits, registrant = (row[place].strip() for place in places)
            found[_prefix(registry, digits, f"{name}: line {rows.line_num}")] = (registry, _plain(registrant))
    except UnicodeDecodeError as fault:
        raise UsageError(f"{name}: not UTF-8 text: {fault.reason}") from fault
    except csv.Error as fault:
        raise UsageError(f"{name}: line {rows.line_num}: {fault}") from fault
    if not found:
        raise UsageError(f"{name}: holds no assignment")
    return found


def _prefix(registry: str, digits: str, where: str) -> str:
    wanted = DIGITS.get(registry)
    if wanted is None:
        raise UsageError(f'{where}: "{registry[:40]}" is no registry: {", ".join(DIGITS)}')
    if len(digits) != wanted or set(digits.lower()) - set("0123456789abcdef"):
        raise UsageError(f'{where}: "{digits[:40]}" is no assignment of {registry}: {wanted} hexadecimal digits')
    return f"{digits.lower()}/{wanted * 4}"


def _plain(registrant: str) -> str:
    """Return a registrant on one line, as the registry writes it."""
    return "".join(letter if letter.isprintable() else " " for letter in registrant)[:MAX_NAME].strip()


def refreshed(registry: bytes, supplied: Sequence[tuple[str, bytes]], read_on: date) -> Refreshed:
    """Return a registry in which supplied files (name, content) replace and add assignments; none is taken away.

    The registry states the new day of reading only where MA-L, MA-M and MA-S were all supplied whole. Raises UsageError.
    """
    before: dict[str, str] = {}
    head = ""
    for line in registry.decode("utf-8").splitlines():
        if line.startswith("#"):
            head = head or line
        elif line:
            prefix, _, registrant = line.partition("\t")
            before[prefix] = registrant
    taken: dict[str, str] = {}
    counted: Counter[str] = Counter()
    for name, content in supplied:
        for prefix, (kind, registrant) in assignments_of(content, name).items():
            taken[prefix] = registrant
            counted[kind] += 1
    stood = Counter(prefix.rpartition("/")[2] for prefix in before)
    lacking = tuple(kind for kind in ("MA-L", "MA-M", "MA-S") if counted[kind] < WHOLE * stood[str(DIGITS[kind] * 4)])
    old = head.rpartition(MARK)[2]
    day = _day(old) if lacking else read_on
    said = f"read on {day.isoformat()}" if day else "day of reading not known"
    names = ", ".join(name for name, _ in supplied)
    lines = [
        f"# IEEE MA-L, MA-M, MA-S, IAB and CID assignments; {names} over an earlier registry, {said}",
        "# Refreshed by camscan data import --oui. prefix/length TAB registrant, sorted by bytes.",
        *sorted((f"{prefix}\t{registrant}" for prefix, registrant in (before | taken).items()), key=str.encode),
    ]
    return Refreshed(
        text="\n".join(lines).encode() + b"\n",
        added=len(taken.keys() - before.keys()),
        renamed=sum(before[prefix] != name for prefix, name in taken.items() if prefix in before),
        read_on=day,
        lacking=lacking,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
