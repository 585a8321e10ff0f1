"""JSON Lines: one device a line, so that a reader need not wait for the end. Only ASCII leaves, as in the JSON report.

The first line says who ran what (`begin`), then each device stands in a line as it is known (`device`, with the keys of an asset of
`camscan/1`); of lines with one `key` the last counts, and `gone` takes one back. The last line is the report without its devices (`summary`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from camscan.model import AssessedAsset, Report, Scope
from camscan.report.compact import compact
from camscan.report.device import asset_document
from camscan.report.json import of_all_assets, scope_document, to_document

NAME = "jsonl"
SUFFIX = ".jsonl"
SCHEMA = "camscan-events/1"


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """Return the report as lines: begin, devices, summary."""
    first = begin_line(report.run.site.name, report.run.policies, report.scope, report.run.marking)
    return "".join([first, *map(device_line, report.assets), summary_line(report)])


def begin_line(site: str, policies: Iterable[str], scope: Scope, marking: str | None) -> str:
    """Return the first line: where, by which policies, under whose authority."""
    said = {"schema": SCHEMA, "marking": marking, "site": site, "policies": list(policies), "scope": scope_document(scope)}
    return _line("begin", said)


def device_line(judged: AssessedAsset) -> str:
    """Return one device as it is known now."""
    return _line("device", asset_document(judged))


def gone_line(key: str) -> str:
    """Return the line that takes a device back: it turned out to be part of another."""
    return _line("gone", {"key": key})


def summary_line(report: Report) -> str:
    """Return the report without its devices: the last line."""
    document = to_document(replace(report, assets=()))
    document |= of_all_assets(report)
    del document["assets"]
    return _line("summary", document)


def _line(event: str, said: dict[str, Any]) -> str:
    return compact({"event": event, **said}) + "\n"
