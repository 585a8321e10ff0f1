"""Bars: how many devices of whom, or where, and of which verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from camscan.model import AssessedAsset, Report, Verdict
from camscan.policy.totals import URGENCY
from camscan.report import extent, view
from camscan.report.pictures import drawing, marks

WIDTH = 640
NAMES = 190
"""Width of the column of names."""
ROW = 26
BAR = 14
BETWEEN = 24
"""Room between the longest bar and its numbers, and for parts that are drawn wider than they are."""
MOST_BARS = 12
NAME_LETTERS = 28
LEAST_WIDTH = 3
"""Of a part of a bar: one device among thousands is still seen."""
NO_MAKER = "maker not established"
ELSEWHERE = "outside the ranges covered"
NOT_SHOWN = frozenset({Verdict.NOT_APPLICABLE, Verdict.NOT_ASSESSED})
"""Verdicts of devices that are no camera as far as is known; they are counted, and not among makers."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One name with its number of each verdict."""

    name: str
    parts: tuple[tuple[str, int], ...]
    """Key of a verdict and its number, the most urgent first; none is 0."""

    @property
    def total(self) -> int:
        """How many devices it stands for."""
        return sum(number for _, number in self.parts)


def by_maker(report: Report) -> tuple[Bar, ...]:
    """Return the makers of what is or may be a camera, those of most devices first."""
    found: dict[str, Counter[str]] = {}
    for judged in report.assets:
        if judged.judgement.verdict in NOT_SHOWN:
            continue
        name = view.name_of(report, judged.identification.maker) or NO_MAKER
        found.setdefault(name, Counter())[marks.name_of(judged.judgement.verdict)] += 1
    return tuple(sorted(_bars(found), key=lambda bar: (bar.name == NO_MAKER, -bar.total, bar.name)))


def by_range(report: Report) -> tuple[Bar, ...]:
    """Return the ranges covered, as they stand in the report, then what lies outside of them."""
    networks = [(ip_network(covered.range, strict=False), covered.range) for covered in extent.covered(report)]
    found: dict[str, Counter[str]] = {name: Counter() for _, name in networks}
    for judged in report.assets:
        found.setdefault(place_of(judged, networks), Counter())[marks.name_of(judged.judgement.verdict)] += 1
    return _bars(found)


def place_of(judged: AssessedAsset, networks: Sequence[tuple[object, str]]) -> str:
    """Return the first range that holds an address of a device, by its text."""
    for text in judged.asset.ips:
        address = ip_address(text)
        for network, name in networks:
            if address in network:  # type: ignore[operator]
                return name
    return ELSEWHERE


def makers(report: Report) -> str:
    """Return the picture of makers by number of devices; empty where there is none."""
    return _drawn(by_maker(report), "makers", "Makers by number of devices", "more makers")


def ranges(report: Report) -> str:
    """Return the picture of verdicts by range; empty where no device was seen."""
    bars = by_range(report)
    return _drawn(bars, "ranges", "Verdicts by range", "more ranges") if any(bar.parts for bar in bars) else ""


def _bars(found: dict[str, Counter[str]]) -> tuple[Bar, ...]:
    order = [*map(str, URGENCY), marks.NOT_JUDGED]
    return tuple(Bar(name, tuple((key, counted[key]) for key in order if counted[key])) for name, counted in found.items())


def _drawn(bars: tuple[Bar, ...], name: str, title: str, more: str) -> str:
    if not bars:
        return ""
    named = [bar for bar in bars if bar.name != NO_MAKER]
    shown, rest = named[:MOST_BARS], named[MOST_BARS:]
    if rest:
        left_out: Counter[str] = Counter()
        for bar in rest:
            left_out.update(dict(bar.parts))
        shown += _bars({f"{len(rest)} {more}": left_out})
    shown += [bar for bar in bars if bar.name == NO_MAKER]
    room = WIDTH - NAMES - max(sum(_count_width(number) for _, number in bar.parts) for bar in shown) - BETWEEN
    per_device = room / (max(bar.total for bar in shown) or 1)
    body = "".join(_row(bar, number * ROW, per_device) for number, bar in enumerate(shown))
    return drawing.picture(name, title, "; ".join(map(_in_words, shown)), WIDTH, len(shown) * ROW, body)


def _count_width(number: int) -> int:
    return 21 + 7 * len(str(number))


def _row(bar: Bar, y: float, per_device: float) -> str:
    middle = y + ROW / 2
    name = drawing.clipped(bar.name, NAME_LETTERS)
    pieces = [drawing.label(NAMES - 10, middle + 4, name, anchor="end")]
    x: float = NAMES
    for verdict, number in bar.parts:
        width = max(number * per_device, LEAST_WIDTH)
        said = f"{bar.name}: {number} {marks.words(verdict)}"
        pieces.append(drawing.box(x, middle - BAR / 2, width, BAR, kind=f"v-{verdict}", fill=marks.COLORS[verdict], title=said))
        x += width
    x += 6
    for verdict, number in bar.parts:
        pieces.append(marks.shape(verdict, x, middle - 5, 10))
        pieces.append(drawing.label(x + 13, middle + 4, str(number)))
        x += _count_width(number)
    if not bar.parts:
        pieces.append(drawing.label(x, middle + 4, "0", faint=True))
    return "".join(pieces)


def _in_words(bar: Bar) -> str:
    parts = ", ".join(f"{number} {marks.words(verdict)}" for verdict, number in bar.parts)
    return f"{bar.name}: {parts or 'none'}"
