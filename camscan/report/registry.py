"""Every output format by name. To add one is to write its module and to add its line here."""

from __future__ import annotations

from camscan.report import isolation, json, jsonl, table
from camscan.report.base import Format

_BLOCK_LISTS: tuple[Format, ...] = (isolation.EveryList(), *isolation.LISTS)
FORMATS: dict[str, Format] = {
    table.NAME: table,
    json.NAME: json,
    jsonl.NAME: jsonl,
    **{one.NAME: one for one in _BLOCK_LISTS},
}
OF_VERDICTS = frozenset(one.NAME for one in _BLOCK_LISTS)
"""Formats that hold nothing but what was judged; empty ones would read as "nothing to block"."""
