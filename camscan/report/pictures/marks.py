"""How a verdict looks: a word, a colour and a shape of its own, so that none of the three is needed to tell it."""

from __future__ import annotations

from camscan.model import Verdict

NOT_JUDGED = "not_judged"
"""Stands where a verdict would, in a report without a policy."""

COLORS: dict[str, str] = {
    Verdict.PROHIBITED: "#b3261e",
    Verdict.RESTRICTED: "#a14a00",
    Verdict.REVIEW: "#7a5c00",
    Verdict.UNIDENTIFIED: "#6a3fa0",
    Verdict.NOT_ASSESSED: "#4a5a6a",
    Verdict.NO_FINDING: "#0b6073",
    Verdict.NOT_APPLICABLE: "#69717d",
    NOT_JUDGED: "#4a5a6a",
}
"""On white, each at least 4.5 to 1 (WCAG 2.1 AA for text); a page may give its own for a dark ground through the class `v-…`."""

SHAPES: dict[str, str] = {
    Verdict.PROHIBITED: "M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7zM3.5 6.6v2.8h9V6.6z",
    Verdict.RESTRICTED: "M8 1.2 15.2 14.4H.8z",
    Verdict.REVIEW: "M8 .8 15.2 8 8 15.2.8 8z",
    Verdict.UNIDENTIFIED: "M8 1a7 7 0 1 0 0 14A7 7 0 1 0 8 1zm0 3.2a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 1 1 0-7.6z",
    Verdict.NOT_ASSESSED: "M1.5 1.5h13v13h-13zm3 3v7h7v-7z",
    Verdict.NO_FINDING: "M8 4a4 4 0 1 0 0 8 4 4 0 1 0 0-8z",
    Verdict.NOT_APPLICABLE: "M1.5 6h13v4h-13z",
    NOT_JUDGED: "M8 4a4 4 0 1 0 0 8 4 4 0 1 0 0-8z",
}
"""Paths in a square of 16: octagon, triangle, diamond, ring, frame, dot, bar. The bar of the octagon and the inside of ring and frame are cut out."""


def name_of(verdict: Verdict | None) -> str:
    """Return the key under which a verdict has its colour, its shape and its class."""
    return NOT_JUDGED if verdict is None else str(verdict)


def words(verdict: str) -> str:
    """Return a verdict's key as a person reads it."""
    return verdict.replace("_", " ")


def shape(verdict: str, x: float = 0, y: float = 0, size: float = 16) -> str:
    """Return the shape of a verdict as an SVG path of that size, its upper left corner there."""
    moved = f' transform="translate({x:g} {y:g}) scale({size / 16:g})"' if x or y or size != 16 else ""
    return f'<path class="v-{verdict}" fill="{COLORS[verdict]}" fill-rule="evenodd" d="{SHAPES[verdict]}"{moved}/>'


def mark(verdict: str) -> str:
    """Return the shape of a verdict as a picture of its own, to stand before its word."""
    return f'<svg class="mark" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">{shape(verdict)}</svg>'
