"""What a report covered, said in the same words by every format: a report claims no more than this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, tzinfo

from camscan import __version__
from camscan.codecs.registry import DATAGRAM_CODECS
from camscan.model import AssessedAsset, AttemptReason, AttemptStatus, CoverageLevel, Report, Verdict
from camscan.report import extent, view

NOT_LEGAL_ADVICE = "Not legal advice."
"""Stands once in each document."""
REDACTED = "redacted: names, addresses, serials, places and persons are masks, and what was stated of the site is left out"
"""Stands among the warnings of every redacted report, and in its statement."""
MOST_NAMED = 8
ASKS_EVERY_PROTOCOL = frozenset({"multicast", "unicast"})
"""Collectors that ask in each discovery protocol that has a question."""
LEVELS = tuple(CoverageLevel)
_NONCE = bytes(16)
Wanted = Callable[[AttemptStatus, AttemptReason | None], bool]


def coverage_statement(report: Report, zone: tzinfo | None = None) -> tuple[str, ...]:
    """Return the statement, a sentence an item; no text of a device is in it.

    zone: of the hours; None: that of this machine.
    """
    ranges = [extent.coverage_words(coverage) for coverage in report.coverage]
    return (
        *([REDACTED] if REDACTED in report.warnings else []),
        *(ranges or ["no range was covered: what is here was read from files"]),
        _asked(report),
        _not_identified(report),
        f"excluded by the scope: {', '.join(report.scope.exclude)}" if report.scope.exclude else "nothing was excluded",
        _loss(report),
        _hours(report, zone),
        _versions(report),
        *_record(report),
    )


def coverage_without_places(report: Report) -> tuple[str, ...]:
    """Return the statement for readers who must not learn where: numbers stand for ranges, addresses and sites, hours are in UTC."""
    open_ones = sum(map(is_unknown, report.assets))
    excluded = len(report.scope.exclude)
    return (
        *([REDACTED] if REDACTED in report.warnings else []),
        *(_ranges_in_numbers(report) if report.coverage else ["no range was covered: what is here was read from files"]),
        _asked(report),
        f"alive and not identified: {open_ones}",
        f"excluded by the scope: {excluded} addresses, ranges or MACs" if excluded else "nothing was excluded",
        _loss(report),
        _hours(report, UTC),
        _versions(report),
        *_record(report),
    )


def _ranges_in_numbers(report: Report) -> list[str]:
    """Return a sentence for the ranges that were covered in the same way."""
    alike = Counter((coverage.level, coverage.complete) for coverage in report.coverage)
    alive = Counter[tuple[CoverageLevel, bool]]()
    for coverage in report.coverage:
        alive[coverage.level, coverage.complete] += coverage.hosts_alive
    return [
        f"{_ranges_words(number)} {extent.level_words(level)}{_state_words(level, complete, alive[level, complete])}"
        for (level, complete), number in sorted(alike.items(), key=lambda item: (LEVELS.index(item[0][0]), not item[0][1]))
    ]


def _ranges_words(number: int) -> str:
    return "1 range" if number == 1 else f"{number} ranges"


def _state_words(level: CoverageLevel, complete: bool, alive: int) -> str:
    return "" if level is CoverageLevel.NONE else f", {'complete' if complete else 'not complete'}, {alive} alive"


def _versions(report: Report) -> str:
    return f"camscan {report.run.version}, fingerprints {report.run.data_version}, rules as of {report.run.as_of.isoformat()}"


def _record(report: Report) -> list[str]:
    """Say which head the chain of runs had; nothing where no store kept the run."""
    head = report.run.chain_head
    return [f"record of runs: the head of its chain is {head}; held elsewhere, it shows later changes"] if head else []


def _asked(report: Report) -> str:
    """Say which collectors ran to their end, which did not, and which were off."""
    ran = _named(report, lambda status, reason: status is AttemptStatus.COMPLETED)
    broken = _named(
        report,
        lambda status, reason: status is not AttemptStatus.COMPLETED and reason not in (None, AttemptReason.DISABLED),
    )
    off = _named(report, lambda status, reason: reason is AttemptReason.DISABLED)
    said = [f"on: {', '.join(ran) or 'nothing'}"]
    if ASKS_EVERY_PROTOCOL & set(ran):
        said.append(f"with the discovery protocols {_protocols_asked(report.run.version)}")
    if broken:
        said.append(f"not to their end, or not everywhere: {', '.join(broken)}")
    said.append(f"off: {', '.join(off) or 'nothing'}")
    return "; ".join(said)


def _named(report: Report, wanted: Wanted) -> list[str]:
    return sorted({attempt.collector for attempt in report.attempts if wanted(attempt.status, attempt.reason)})


def _protocols_asked(version: str) -> str:
    """Name the protocols in which this version asks; what another one asked in is not known here."""
    if version != __version__:
        return f"of camscan {version}"
    return ", ".join(sorted(codec.NAME for codec in DATAGRAM_CODECS if codec.probes(_NONCE)))


def _not_identified(report: Report) -> str:
    open_ones = [judged for judged in report.assets if is_unknown(judged)]
    if not open_ones:
        return "no host that was alive stayed unidentified" if report.assets else "no host was seen alive"
    addresses = (judged.asset.ips[0] if judged.asset.ips else "an address not known" for judged in open_ones)
    return f"alive and not identified: {len(open_ones)} ({view.some(addresses, MOST_NAMED)})"


def is_unknown(judged: AssessedAsset) -> bool:
    """Return whether a host was alive and stays without a name for what it is or who made it."""
    verdict = judged.judgement.verdict
    if verdict is None:
        return judged.identification.confidence is None
    return verdict in (Verdict.NOT_ASSESSED, Verdict.UNIDENTIFIED)


def _loss(report: Report) -> str:
    lost = sum(attempt.dropped for attempt in report.attempts)
    read = sum(attempt.received + attempt.undecoded for attempt in report.attempts)
    if lost:
        return f"estimated loss: at least {lost} of {lost + read} messages ({100 * lost / (lost + read):.1f} %) were lost before they could be read"
    return "estimated loss: none was counted here; what a network loses on its way is not measured"


def _hours(report: Report, zone: tzinfo | None) -> str:
    start, end = (at.astimezone(zone) for at in (report.run.started_at, report.run.ended_at))
    last = end.strftime("%H:%M %Z" if start.date() == end.date() else "%Y-%m-%d %H:%M %Z")
    return f"hours: {start:%Y-%m-%d %H:%M} to {last}; what was off or silent then was not seen"


def statement_lines(report: Report, zone: tzinfo | None = None) -> Iterable[str]:
    """Yield the statement with its heading on each line."""
    return (f"Coverage: {sentence}" for sentence in coverage_statement(report, zone))
