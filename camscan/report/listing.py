"""The devices of the table, one line each: which columns, in what width, and what gives way where a terminal is narrow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from camscan.identify.attachment import in_words
from camscan.model import AssessedAsset, Report, Verdict
from camscan.report import view
from camscan.report.columns import (
    CUT,
    NARROWEST,
    Clip,
    Fitted,
    Placed,
    clip_clauses,
    clip_end,
    clip_middle,
    clip_pair,
    lay_lines,
    wrap,
)
from camscan.report.escape import shortened, visible

WIDE = 120
"""Columns of a terminal from which MAC addresses, rules and forms stand in the table too."""
LONGEST_TEXT = 200
"""Characters of one cell, in files too: a line is as wide as the widest cell of any device, and a device may lie at length."""
LONGEST_ADDRESS = 39
"""Columns of an address of IPv6 in full; kept while others can give way."""
SHORTEST_ADDRESS = 17
SHORTEST_CONFIDENCE = 10
"""Columns of any confidence in full, and of the mark that its reasons were cut."""

_COLORS = {
    Verdict.PROHIBITED: "1;31",
    Verdict.RESTRICTED: "31",
    Verdict.REVIEW: "33",
    Verdict.UNIDENTIFIED: "35",
    Verdict.NOT_ASSESSED: "36",
}


@dataclass(frozen=True, slots=True)
class Style:
    """What a person asked of the table."""

    columns: tuple[str, ...] = ()
    """Names of COLUMNS; empty for those that fit the terminal."""
    wide: bool = False
    """Cut nothing, however wide the lines become."""


PLAIN = Style()
Cell = Callable[[Report, AssessedAsset], str]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, what it says of a device, how far it may be squeezed, and what is cut then."""

    title: str
    cell: Cell
    least: int = NARROWEST
    clip: Clip = clip_end
    hard: int = NARROWEST


@dataclass(frozen=True, slots=True)
class Listing:
    """The lines of the table, and which columns they show."""

    lines: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def listing(report: Report, *, width: int | None, color: bool, style: Style = PLAIN) -> Listing:
    """Return the table of devices with its header, a line a device; then what was cut or left out, if anything was.

    width: columns of a terminal; None: as wide as the cells are.
    """
    if not report.assets:
        return Listing()
    names, fitted = _fitted(report, None if style.wide else width, style)
    lines = ["  ".join(fitted.header).rstrip()]
    for judged, pieces in zip(report.assets, fitted.rows, strict=True):
        shown = [
            _painted(judged.judgement.verdict, piece) if color and name in _VERDICTS else piece
            for name, piece in zip(names, pieces, strict=False)
        ]
        lines.append("  ".join(shown).rstrip())
    lost = _lost(fitted.cut, [_ALL[name].title for name in names[len(fitted.header) :]])
    return Listing((*lines, *(wrap(lost, width, " ") if lost else [])), names[: len(fitted.header)])


def _fitted(report: Report, width: int | None, style: Style) -> tuple[tuple[str, ...], Fitted]:
    """Return the names of the columns, and the table as it fits."""
    *better, last = _candidates(report, width, style)
    for names in better:
        fitted = _laid_out(report, names, width)
        if not fitted.cut and len(fitted.header) == len(names):
            return names, fitted
    return last, _laid_out(report, last, width)


def _laid_out(report: Report, names: Sequence[str], width: int | None) -> Fitted:
    columns = [_ALL[name] for name in names]
    placed = [Placed(column.title, column.least, column.clip, column.hard) for column in columns]
    rows = [[visible(shortened(column.cell(report, judged), LONGEST_TEXT)) for column in columns] for judged in report.assets]
    return lay_lines(placed, rows, width=width)


def _lost(cut: bool, left_out: Sequence[str]) -> str:
    """Return what the terminal is too narrow for; empty where it is not."""
    said = [f"{CUT} stands for text that was cut to fit"] if cut else []
    said += [f"no room for {', '.join(left_out)}"] if left_out else []
    return f"({'; '.join(said)}; --wide or a file by -o shows all)" if said else ""


def _painted(verdict: Verdict | None, piece: str) -> str:
    shade = _COLORS.get(verdict) if verdict is not None else None
    word = piece.rstrip()
    return f"\x1b[{shade}m{word}\x1b[0m{piece[len(word) :]}" if shade and word else piece


def _candidates(report: Report, width: int | None, style: Style) -> Sequence[tuple[str, ...]]:
    """Return the columns that were asked for, or sets of columns of which the first that fits is taken, the last in any case."""
    if style.columns:
        return [style.columns]
    verdict = ("verdict",) if report.run.policies else ()
    port = ("port",) if any(judged.attached_to for judged in report.assets) else ()
    who = ("brand-maker", "model")
    full = (*verdict, "address", "mac", *port, *who, "kind-form", "confidence-why")
    if width is None or width >= WIDE:
        return [full]
    return [
        full,
        (*verdict, "address-or-mac", *who, "kind-form", "confidence-because"),
        (*(("bare-verdict",) if verdict else ()), "address-or-mac", *who, "kind", "sure-because"),
    ]


def first_and_rest(values: Sequence[str]) -> str:
    """Return the first value, and how many more there are."""
    return "" if not values else values[0] if len(values) == 1 else f"{values[0]} +{len(values) - 1}"


def place_of(judged: AssessedAsset) -> str:
    """Return the first address of a device, else its MAC."""
    return first_and_rest(judged.asset.ips) or first_and_rest(judged.asset.macs) or "-"


def _verdict(report: Report, judged: AssessedAsset) -> str:
    status = _statuses(report, judged)
    return _bare_verdict(report, judged) + (f" ({status})" if status != "-" else "")


def _bare_verdict(report: Report, judged: AssessedAsset) -> str:
    return "-" if judged.judgement.verdict is None else view.verdict_words(judged.judgement.verdict)


def _statuses(report: Report, judged: AssessedAsset) -> str:
    return view.in_part(judged) or ", ".join(sorted({finding.status for finding in view.decisive(judged)} - {"open"})) or "-"


def _rules(report: Report, judged: AssessedAsset) -> list[str]:
    return sorted({finding.rule for finding in view.telling(judged) if finding.verdict is not Verdict.NO_FINDING})


def _marks(judged: AssessedAsset) -> list[str]:
    """Return what speaks of the device itself rather than of a rule."""
    contradicted = judged.asset.conflicts or judged.identification.conflicts
    return [
        mark for mark, holds in (("outside scope", judged.asset.outside_scope), ("contradiction", bool(contradicted))) if holds
    ]


def _because(judged: AssessedAsset) -> list[str]:
    return sorted({str(reason) for finding in view.telling(judged) for reason in finding.because})


def _confidence(report: Report, judged: AssessedAsset) -> str:
    return str(judged.identification.confidence or "-")


def _kind(report: Report, judged: AssessedAsset) -> str:
    return "?" if judged.identification.kind == "unknown" else judged.identification.kind


def _kind_form(report: Report, judged: AssessedAsset) -> str:
    form = judged.identification.form
    return _kind(report, judged) + (f" ({form})" if form and judged.identification.kind != "unknown" else "")


def _channels(report: Report, judged: AssessedAsset) -> str:
    inferred = judged.channels_inferred
    return str(len(judged.channels)) if judged.channels else f"{inferred.at_least}-{inferred.at_most}" if inferred else "-"


def _confidence_because(report: Report, judged: AssessedAsset) -> str:
    return _some([_confidence(report, judged)], _marks(judged), _because(judged))


def _status_confidence_because(report: Report, judged: AssessedAsset) -> str:
    """Put first what a narrow verdict column has no room for."""
    status = _statuses(report, judged)
    return _some([status] if status != "-" else [], [_confidence_because(report, judged)])


def _some(*parts: Iterable[str]) -> str:
    return "; ".join(part for several in parts for part in several) or "-"


def _attached(judged: AssessedAsset) -> str:
    return in_words(judged.attached_to) if judged.attached_to else "-"


COLUMNS: dict[str, Column] = {
    "verdict": Column("verdict", _verdict, 14, hard=14),
    "status": Column("status", _statuses, 8),
    "address": Column(
        "address", lambda _, one: first_and_rest(one.asset.ips) or "-", LONGEST_ADDRESS, clip_middle, SHORTEST_ADDRESS
    ),
    "addresses": Column(
        "addresses", lambda _, one: ", ".join(one.asset.ips) or "-", LONGEST_ADDRESS, clip_middle, SHORTEST_ADDRESS
    ),
    "mac": Column("mac", lambda _, one: first_and_rest(one.asset.macs) or "-", 20, clip_middle),
    "macs": Column("macs", lambda _, one: ", ".join(one.asset.macs) or "-", 20, clip_middle),
    "name": Column("name", lambda _, one: first_and_rest(one.asset.hostnames) or "-", 10),
    "brand": Column("brand", lambda report, one: view.name_of(report, one.identification.brand) or "?", 9),
    "maker": Column("maker", lambda report, one: view.name_of(report, one.identification.maker) or "?", 9),
    "brand-maker": Column("brand → maker", lambda report, one: view.brand_and_maker(report, one.identification), 16, clip_pair),
    "model": Column("model", lambda _, one: one.identification.model or "-", 11),
    "firmware": Column("firmware", lambda _, one: one.identification.firmware or "-", 8),
    "serial": Column("serial", lambda _, one: one.identification.serial or "-", 12, clip_middle),
    "made-on": Column(
        "made on", lambda _, one: one.identification.made_on.isoformat() if one.identification.made_on else "-", 10
    ),
    "kind": Column("kind", _kind),
    "form": Column("form", lambda _, one: one.identification.form or "-"),
    "confidence": Column("confidence", _confidence, 9),
    "why": Column("why", lambda _, one: _some(_marks(one), _because(one)), 9),
    "rule": Column("rule", lambda report, one: _some(_rules(report, one)), 10),
    "port": Column("switch port", lambda _, one: _attached(one), 16),
    "site": Column("site", lambda report, one: (one.site or report.run.site).name, 8),
    "channels": Column("channels", _channels, 8),
    "first-seen": Column("first seen", lambda _, one: view.moment(one.asset.first_seen), 10),
    "last-seen": Column("last seen", lambda _, one: view.moment(one.asset.last_seen), 10),
    "key": Column("key", lambda _, one: one.asset.key, 20, clip_middle),
}
"""What `--columns` may name."""

_ALL: dict[str, Column] = {
    **COLUMNS,
    "address-or-mac": Column("address", lambda _, one: place_of(one), LONGEST_ADDRESS, clip_middle, SHORTEST_ADDRESS),
    "kind-form": Column("kind", _kind_form),
    "confidence-why": Column(
        "confidence, why",
        lambda report, one: _some([_confidence(report, one)], _marks(one), _because(one), _rules(report, one)),
        SHORTEST_CONFIDENCE,
        clip_clauses,
    ),
    "confidence-because": Column("confidence, why", _confidence_because, SHORTEST_CONFIDENCE, clip_clauses),
    "bare-verdict": Column("verdict", _bare_verdict, 14, hard=14),
    "sure-because": Column("how sure", _status_confidence_because, SHORTEST_CONFIDENCE, clip_clauses),
}
_VERDICTS = frozenset({"verdict", "bare-verdict"})
