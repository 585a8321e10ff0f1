"""The HTML report: one file without any load, readable without script, for screens and for paper.

No text of a device becomes markup: every value passes through `visible` and the template's escaping. The style and the script of
the page are named by their hash in its content security policy, so that nothing else could run or load even then.
"""

from __future__ import annotations

from camscan.model import Report

NAME = "html"
SUFFIX = ".html"


def prepare() -> None:
    """Load what `render` needs, while every file can still be read."""
    from camscan.report.html.document import template

    template()


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """Return the whole page."""
    from camscan.report.html.document import document

    return document(report)
