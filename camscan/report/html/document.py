"""Puts the page together: what every part holds, then the template, the style and the script into one file."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from camscan.model import Report, address_order
from camscan.report import extent, view
from camscan.report.escape import visible
from camscan.report.html import evidence, sections
from camscan.report.html.first import first
from camscan.report.pictures import bars, marks, segment, timeline
from camscan.report.statement import NOT_LEGAL_ADVICE, coverage_statement

FOLDER = Path(__file__).parent
MOST_CHAINS = 300
"""Devices whose evidence stands in the page, the most urgent ones: more would make it slow to open."""
MOST_PRINTED = 25
"""The same in a document of pages, where each takes about a page."""
MOST_PANELS_PRINTED = 4
"""Parts of the map in such a document."""
MOST_LETTERS = 400
"""Characters of one gap."""
MOST_ROWS_PRINTED = 500
"""Devices that such a document lists: laying out pages takes far longer than opening one."""


def document(report: Report, *, paged: bool = False) -> str:
    """Return the page. paged: for a document of pages, in which nothing can be opened, sorted or filtered."""
    style, script = _style(report.run.marking), "" if paged else _read("behaviour.js")
    plans = sections.plans(report)
    rows = _rows(report, sections.numbers_of(plans), paged)
    return template().render(
        report=report,
        run=report.run,
        paged=paged,
        policy=_ours(_content_policy(style, script)),
        style=_ours(style),
        script=_ours(script),
        badges=_badges(),
        first=first(report),
        pictures=[
            (title, _ours(drawn))
            for title, drawn in (
                ("Makers by number of devices", bars.makers(report)),
                ("Verdicts by range", bars.ranges(report)),
                ("Verdicts over time", timeline.verdicts_over_time(report)),
            )
            if drawn
        ],
        map=segment.segment_map(report, evidence.anchor, MOST_PANELS_PRINTED if paged else segment.MOST_PANELS),
        ours=_ours,
        rows=rows,
        chains=sum(1 for row in rows if row.chain),
        present=_present(report),
        counted=view.counted,
        sections=sections,
        plans=plans,
        statement=coverage_statement(report),
        gaps=[evidence.cut(gap, MOST_LETTERS) for gap in (*extent.unseen(report), *extent.unfinished(report))],
        steps=(*view.first_steps(report), *view.steps(report)),
        local=view.local,
        notice=NOT_LEGAL_ADVICE,
    )


@cache
def template() -> Template:
    """Return the compiled template; every value in it is made inert and escaped."""
    surroundings = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_inert,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    surroundings.filters["join"] = _joined
    _read("style.css")
    _read("behaviour.js")
    return surroundings.get_template("report.html.j2")


def _ours(text: str) -> Markup:
    """Return markup that this program made; text of others within it is escaped already."""
    return Markup(text)  # noqa: S704


def _joined(parts: Iterable[str], between: str) -> str:
    """Return parts as one text that is still to be made inert: the filter of Jinja2 would call it markup."""
    return between.join(parts)


def _inert(value: Any) -> Any:
    """Return text without anything that moves, hides or reorders; markup of ours and numbers as they are."""
    return visible(value) if type(value) is str else value


@cache
def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@cache
def _badges() -> dict[str, Markup]:
    """Return each verdict as shape, colour and word."""
    return {
        name: _ours(f'<span class="verdict v-{name}">{marks.mark(name)}{marks.words(name)}</span>') for name in marks.SHAPES
    }


def _style(marking: str | None) -> str:
    """Return the style, with the marking at head and foot of every printed page."""
    text = _in_css(marking or "")
    said = f'{{content:"{text}";font:bold 9pt sans-serif}}'
    return _read("style.css") + (f"@page{{@top-center{said}@bottom-center{said}}}\n" if marking else "")


def _in_css(text: str) -> str:
    """Return text as it may stand in a string of a style sheet: everything but letters and digits by its number."""
    return "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):06x}" for c in visible(text))


def _content_policy(style: str, script: str) -> str:
    allowed = f"script-src '{_hash(script)}'; " if script else ""
    return f"default-src 'none'; style-src '{_hash(style)}'; {allowed}base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _rows(report: Report, plans: evidence.Plans, paged: bool) -> list[evidence.Row]:
    most, bounds = (MOST_PRINTED, evidence.PAPER) if paged else (MOST_CHAINS, evidence.SCREEN)
    listed = min(len(report.assets), MOST_ROWS_PRINTED) if paged else len(report.assets)
    order = sorted(
        range(len(report.assets)),
        key=lambda number: address_order(report.assets[number].asset.ips[0] if report.assets[number].asset.ips else None),
    )
    places = {number: place for place, number in enumerate(order)}
    return [evidence.row(report, number, places[number], plans, bounds if number < most else None) for number in range(listed)]


def _present(report: Report) -> list[tuple[str, int]]:
    """Return the verdicts that occur, in the order of the table, each with its number."""
    return list(Counter(marks.name_of(judged.judgement.verdict) for judged in report.assets).items())
