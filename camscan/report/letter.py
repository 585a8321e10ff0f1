"""A report as a mail: its subject, and a body in plain text, in lines that every mail program shows as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from textwrap import wrap

from camscan.model import AssessedAsset, Report, Verdict
from camscan.report import summary, view
from camscan.report.escape import shortened, visible
from camscan.report.statement import NOT_LEGAL_ADVICE, statement_lines

WIDTH = 78
"""Characters of a line (RFC 5322 §2.1.1)."""
MOST_DEVICES = 40
MOST_OF_FAULT = 120
"""Characters of why a run failed that its subject holds."""
MOST_OF_NAME = 60
"""Characters of what a device says of its model."""
_FOR_ACTION = (Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.REVIEW, Verdict.UNIDENTIFIED)


def subject(report: Report) -> str:
    """Return the subject: marking, site, how many of which verdict, how many ranges were covered to their end."""
    run, counted = report.run, view.totals(report)
    verdicts = counted.verdicts
    if verdicts is None:
        found = [f"nothing judged, {view.counted(counted.devices)} seen"]
    else:
        always = (Verdict.PROHIBITED, Verdict.REVIEW)
        found = [f"{verdicts[v]} {v}" for v in _FOR_ACTION if v in always or verdicts[v]]
    whole = sum(coverage.complete for coverage in report.coverage)
    found.append(f"coverage {whole}/{len(report.coverage)}" if report.coverage else "read from files")
    state = "INTERRUPTED, " if run.interrupted else "" if report.complete else "INCOMPLETE, "
    marking = f"{run.marking} " if run.marking else ""
    return visible(f"{marking}[camscan] {run.site.name}: {state}{', '.join(found)}")


def text(report: Report, notes: Sequence[str] = (), told: Sequence[str] | None = None) -> str:
    """Return the body: the answer, the devices that need action, the coverage.

    notes: what goes along, and what does not. told: what is said in place of the answer and the devices.
    """
    marking = [report.run.marking] if report.run.marking else []
    blocks = [
        marking,
        *([summary.closing(report), list(_for_action(report))] if told is None else [list(told)]),
        [f"Warning: {warning}" for warning in report.warnings],
        list(notes),
        summary.head(report),
        list(statement_lines(report)),
        marking,
    ]
    return "\n\n".join("\n".join(_lines(block)) for block in blocks if block) + "\n"


def failed_subject(words: str, site: str, marking: str | None) -> str:
    """Return the subject of the word of a run that came to nothing."""
    marked = f"{marking} " if marking else ""
    return visible(f"{marked}[camscan] {site}: FAILED: {shortened(words, MOST_OF_FAULT)}")


def failed_text(words: str, site: str, marking: str | None, at: datetime, host: str | None) -> str:
    """Return its body. host: the machine, None where that is told to nobody."""
    marked = [marking] if marking else []
    where = f" on {host}" if host else ""
    lines = [
        f"Trouble: the run of site {site}{where} at {view.moment(at)} came to nothing: {words}",
        "Nothing is known of this site from this run: neither that a camera is there, nor that none is.",
        NOT_LEGAL_ADVICE,
    ]
    return "\n\n".join("\n".join(_lines(block)) for block in (marked, lines, marked) if block) + "\n"


def needing_action(report: Report) -> tuple[AssessedAsset, ...]:
    """Return the devices that a rule reaches or may reach where that is not all accepted or planned, and those not identified."""
    return tuple(judged for judged in report.assets if view.open_verdict(judged) is not None)


def _for_action(report: Report) -> Iterator[str]:
    if not report.run.policies:
        return
    waiting = needing_action(report)
    yield f"Devices that need action: {len(waiting)} of {len(report.assets)}" + (":" if waiting else "")
    for judged in waiting[:MOST_DEVICES]:
        yield f"- {_device(report, judged)}"
    if len(waiting) > MOST_DEVICES:
        yield f"- and {len(waiting) - MOST_DEVICES} more, in the report"


def _device(report: Report, judged: AssessedAsset) -> str:
    asset, known, verdict = judged.asset, judged.identification, judged.judgement.verdict
    partly = view.in_part(judged)
    noted = [one for one in view.telling(judged) if one.status == "lapsed" or (partly and one.status != "open")]
    notes = dict.fromkeys((one.status, one.status_note.removeprefix("lapsed: ")) for one in noted)
    words = (view.verdict_words(verdict) if verdict else "-") + (f" ({partly})" if partly else "")
    parts = [
        f"{words}: {next(iter((*asset.ips, *asset.macs)), asset.key)}",
        view.brand_and_maker(report, known),
        *([shortened(known.model, MOST_OF_NAME)] if known.model else []),
        *(["outside scope"] if asset.outside_scope else []),
        *(f"{status}: {note}" for status, note in notes),
    ]
    return ", ".join(parts)


def _lines(block: Sequence[str]) -> Iterator[str]:
    for line in block:
        yield from wrap(_inert(line), WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _inert(line: str) -> str:
    """Return text on one line that no mail program makes a link of."""
    return visible(line).replace("://", ":[//]").replace("www.", "www[.]")
