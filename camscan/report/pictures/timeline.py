"""Verdicts over time: one column a run, the latest at the right."""

from __future__ import annotations

from math import ceil

from camscan.model import Report, Verdict
from camscan.policy.totals import URGENCY
from camscan.report import view
from camscan.report.pictures import drawing, marks

WIDTH = 640
TALL = 150
HEAD = 22
FOOT = 34
MOST_RUNS = 30
WIDEST = 44
LABEL = 66
"""Width of a day in letters."""
GAP = 6
SHOWN = tuple(verdict for verdict in URGENCY if verdict is not Verdict.NOT_APPLICABLE)

Column = tuple[str, dict[Verdict, int], bool]
"""Day, numbers by verdict, whether the run was complete."""


def verdicts_over_time(report: Report) -> str:
    """Return the picture of earlier runs and this one; empty where no history is kept or nothing was judged."""
    counted = view.totals(report).verdicts
    if not report.past or counted is None:
        return ""
    columns = [(view.day(past.at), dict(past.verdicts), past.complete) for past in report.past[-(MOST_RUNS - 1) :]]
    columns.append((view.day(report.run.started_at), {Verdict(name): n for name, n in counted.items()}, report.complete))
    most = max(sum(numbers.get(verdict, 0) for verdict in SHOWN) for _, numbers, _ in columns) or 1
    step = min(WIDEST + GAP, WIDTH / len(columns))
    body = drawing.rule(0, HEAD + TALL, WIDTH, HEAD + TALL)
    body += "".join(
        _column(column, number * step, step - GAP, most, labelled=_is_labelled(number, len(columns), step))
        for number, column in enumerate(columns)
    )
    if not all(complete for _, _, complete in columns):
        body += drawing.label(0, HEAD + TALL + 32, "! the run was incomplete", size=11)
    left_out = len(report.past) - (len(columns) - 1)
    told = "; ".join(map(_in_words, columns)) + (f"; {left_out} earlier runs are left out" if left_out else "")
    return drawing.picture("history", "Verdicts over time", told, WIDTH, HEAD + TALL + FOOT, body)


def _is_labelled(number: int, total: int, step: float) -> bool:
    """Return whether there is room for the day of a column: the last one's, then those at even distances before it."""
    fits = number == total - 1 or (number + 1) * step >= LABEL
    return fits and (total - 1 - number) % ceil((LABEL + GAP) / step) == 0


def _column(column: Column, x: float, width: float, most: int, *, labelled: bool) -> str:
    day, numbers, complete = column
    pieces = []
    y = float(HEAD + TALL)
    for verdict in reversed(SHOWN):
        number = numbers.get(verdict, 0)
        if not number:
            continue
        height = number / most * TALL
        y -= height
        name = str(verdict)
        said = f"{day}: {number} {marks.words(name)}"
        pieces.append(drawing.box(x, y, width, max(height - 1, 1), kind=f"v-{name}", fill=marks.COLORS[name], title=said))
        if height >= 14 and width >= 14:
            pieces.append(
                f'<text class="ground" fill="#ffffff" x="{x + width / 2:g}" y="{y + height / 2 + 4:g}" font-size="11" '
                f'text-anchor="middle">{number}</text>'
            )
    if not complete:
        pieces.append(drawing.label(x + width / 2, y - 5, "!", anchor="middle", bold=True))
    if labelled:
        pieces.append(drawing.label(x + width, HEAD + TALL + 16, day, anchor="end", size=11, faint=True))
    return "".join(pieces)


def _in_words(column: Column) -> str:
    day, numbers, complete = column
    parts = ", ".join(f"{numbers[verdict]} {marks.words(str(verdict))}" for verdict in SHOWN if numbers.get(verdict))
    return f"{day}: {parts or 'no device'}" + ("" if complete else " (incomplete)")
