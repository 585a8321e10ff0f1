"""Every output format by name. To add one is to write its module and to add its line here."""

from __future__ import annotations

from camscan.report import json, table
from camscan.report.base import Format

FORMATS: dict[str, Format] = {
    table.NAME: table,
    json.NAME: json,
}
