"""The report as PDF: the page of `report/html`, laid out for paper by WeasyPrint, which an extra of the package installs."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import NoReturn

from camscan.errors import UsageError
from camscan.model import Report

NAME = "pdf"
SUFFIX = ".pdf"
REMEDY = 'pip install "camscan[pdf]"'
LIBRARIES = "apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


def prepare() -> None:
    """Load WeasyPrint and the template. Raises UsageError naming the remedy where it is missing."""
    from camscan.report.html.document import template

    _weasyprint()
    template()


def render_bytes(report: Report) -> bytes:
    """Return the document; the same report gives the same pages. Raises UsageError where WeasyPrint is missing."""
    from camscan.report.html.document import document

    made: bytes = _weasyprint().HTML(string=document(report, paged=True), url_fetcher=_refuse).write_pdf()
    return made


def _refuse(url: str) -> NoReturn:
    """Refuse to load anything: the page holds all that it needs."""
    raise ValueError(f"not loaded: {url[:80]}")


def _weasyprint() -> ModuleType:
    try:
        return import_module("weasyprint")
    except ImportError as fault:
        raise UsageError(f"pdf: WeasyPrint is not installed: {REMEDY}") from fault
    except OSError as fault:
        raise UsageError(f"pdf: WeasyPrint lacks a library of the system: {LIBRARIES}") from fault
