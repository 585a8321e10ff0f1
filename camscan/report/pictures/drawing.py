"""The few elements that pictures are drawn with. Text is escaped here, and nowhere else."""

from __future__ import annotations

from html import escape

from camscan.report.escape import visible

INK = "#1b1f24"
FAINT = "#59636e"
LINE = "#c9d1d9"
MOST_LETTERS = 400
"""Characters of one text in a picture; a title may name a device, and a device may have a long name."""


def quoted(text: str) -> str:
    """Return text as it may stand in an element or in an attribute."""
    return escape(visible(text[:MOST_LETTERS]), quote=True)


def clipped(text: str, most: int) -> str:
    """Return text of at most so many characters, with `…` where the rest is left out."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def label(
    x: float, y: float, text: str, *, anchor: str = "start", size: float = 12, faint: bool = False, bold: bool = False
) -> str:
    """Return a line of text whose base line begins, centres or ends there."""
    kind, color = ("faint", FAINT) if faint else ("ink", INK)
    weight = ' font-weight="600"' if bold else ""
    where = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text class="{kind}" fill="{color}" x="{x:g}" y="{y:g}" font-size="{size:g}"{where}{weight}>{quoted(text)}</text>'


def box(x: float, y: float, width: float, height: float, *, kind: str, fill: str, title: str = "") -> str:
    """Return a filled rectangle of a class, with what it says on hovering."""
    inner = f"<title>{quoted(title)}</title>" if title else ""
    return f'<rect class="{kind}" fill="{fill}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}">{inner}</rect>'


def rule(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return a thin line."""
    return f'<path class="line" fill="none" stroke="{LINE}" d="M{x1:g} {y1:g}L{x2:g} {y2:g}"/>'


def picture(name: str, title: str, description: str, width: float, height: float, body: str) -> str:
    """Return a whole picture. name: its id in the page; description: what it shows, for those who do not see it."""
    return (
        f'<svg class="picture" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" '
        f'aria-labelledby="{name}-title {name}-text" font-family="system-ui, sans-serif">'
        f'<title id="{name}-title">{quoted(title)}</title><desc id="{name}-text">{escape(visible(description))}</desc>{body}</svg>'
    )
