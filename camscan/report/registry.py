"""Every output format by name. To add one is to write its module and to add its line here."""

from __future__ import annotations

from camscan.report import brief, cef, csv, cyclonedx, isolation, json, jsonl, laydown, md, netbox, ocsf, pdf, syslog, table
from camscan.report.base import BinaryFormat, Format
from camscan.report.html import page as html

_BLOCK_LISTS: tuple[Format, ...] = (isolation.EveryList(), *isolation.LISTS)
FORMATS: dict[str, Format] = {
    table.NAME: table,
    json.NAME: json,
    jsonl.NAME: jsonl,
    csv.NAME: csv,
    md.NAME: md,
    brief.NAME: brief,
    laydown.NAME: laydown,
    netbox.NAME: netbox,
    html.NAME: html,
    ocsf.NAME: ocsf,
    cyclonedx.NAME: cyclonedx,
    cef.NAME: cef,
    syslog.NAME: syslog,
    **{one.NAME: one for one in _BLOCK_LISTS},
}
BINARY_FORMATS: dict[str, BinaryFormat] = {
    pdf.NAME: pdf,
}
"""Formats that are no text."""
OF_VERDICTS = frozenset({laydown.NAME, *(one.NAME for one in _BLOCK_LISTS)})
"""Formats that hold nothing but what was judged; empty ones would read as "nothing to block" or "nothing to replace"."""
