"""The laydown: every covered device with where it stands, what to do, who answers for it and by when, and the plan to phase it out.

It is the list that a waiver under section 889(d)(1) of Public Law 115-232 asks for (a full and complete laydown of covered equipment,
and a phase-out plan), and that a replacement programme keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from camscan.model import AssessedAsset, DeviceException, Finding, Report, Verdict
from camscan.policy.exceptions import ENDED, LAPSED, NO_WAIVER, recorded_by
from camscan.report import view
from camscan.report.cells import document, several
from camscan.report.rows import DEVICE_COLUMNS, RECORD, TEXT, Row, device_cells, marking_rows, run_rows

NAME = "laydown"
SUFFIX = ".laydown.csv"
COVERED = frozenset({Verdict.PROHIBITED, Verdict.RESTRICTED})
DECIDED = frozenset({"planned", "accepted", "lapsed"})
"""A finding of such a status has an exception, which may hold no more."""
OPEN = "REQUIRES-OPERATOR-INPUT"
"""What no scan can know and nobody has recorded."""
Ranges = dict[tuple[int, int], set[tuple[str | None, IPv4Network | IPv6Network]]]
"""Networks with the site that they stand at, None for that of the run, by family and length of their prefix."""
COLUMNS = (
    RECORD, TEXT, "number", "verdict", "range", *DEVICE_COLUMNS, "policies", "rules", "reasons", "status", "status_notes", "exceptions", "tickets",
    "owner", "due", "replacement", "phase_out_plan", "action_steps", "references",
)  # fmt: skip


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """Return the laydown as CSV."""
    return document(COLUMNS, _rows(report))


def covered(report: Report) -> tuple[AssessedAsset, ...]:
    """Return the devices that a rule reaches for certain, and those for which an acceptance or a plan is recorded, lapsed or not."""
    return tuple(
        judged
        for judged in report.assets
        if judged.judgement.verdict in COVERED or any(one.status in DECIDED for one in judged.judgement.findings)
    )


def _rows(report: Report) -> Iterator[Row]:
    listed, ranges = covered(report), _ranges(report)
    yield from marking_rows(report)
    for number, judged in enumerate(listed, 1):
        place = {"number": str(number), "range": _range_of(judged, ranges)}
        yield {RECORD: "device", **place, **_device(report, judged)}
    yield {RECORD: "list", TEXT: _what_is_listed(report, listed)}
    yield from run_rows(report)
    yield from marking_rows(report)


def _device(report: Report, judged: AssessedAsset) -> Row:
    findings = tuple(one for one in judged.judgement.findings if one.verdict in COVERED or one.status in DECIDED)
    holding = _recorded(judged, findings)
    steps = [step.text for finding in findings for step in finding.action if step.name != "rule"]
    cells = device_cells(report, judged)
    return {
        "verdict": judged.judgement.verdict or "",
        **cells,
        "location": cells["location"] or OPEN,
        "policies": _once(finding.policy for finding in findings),
        "rules": _once(f"{finding.rule} ({finding.act}, {finding.force})" for finding in findings),
        "reasons": _once(finding.reason for finding in findings),
        "status": _once(finding.status for finding in findings),
        "status_notes": _once(finding.status_note for finding in findings),
        "exceptions": _once(one.id for one in holding),
        "tickets": _once(one.ticket for one in holding),
        "owner": _once(one.owner for one in holding) or OPEN,
        "due": _once(_day(one.due or one.expires_on) for one in holding) or OPEN,
        "replacement": _once(one.replacement for one in holding) or OPEN,
        "phase_out_plan": _once(_plan(one, findings) for one in holding) or f"none recorded: {OPEN}",
        "action_steps": _numbered(dict.fromkeys(steps)),
        "references": _once(text for finding in findings for text in finding.references),
    }


def _recorded(judged: AssessedAsset, findings: Iterable[Finding]) -> tuple[DeviceException, ...]:
    """Return the exceptions beside the findings, those that hold before those that lapsed."""
    named = [finding.exception for finding in sorted(findings, key=_is_lapsed) if finding.status in DECIDED]
    known = {one.id: one for one in judged.exceptions}
    return tuple(known[name] for name in dict.fromkeys(named) if name in known)


def _is_lapsed(finding: Finding) -> bool:
    return finding.status == "lapsed"


def _plan(one: DeviceException, findings: Iterable[Finding]) -> str:
    """Return what is planned, with when or why it lapsed in front where it holds for no finding."""
    beside = [finding for finding in findings if finding.exception == one.id]
    if not all(map(_is_lapsed, beside)):
        return _intended(one)
    why = beside[0].status_note.removeprefix(LAPSED).removesuffix(recorded_by(one))
    return f"LAPSED {f'on {why.removeprefix(ENDED)}' if why.startswith(ENDED) else f'({why})'}: {_intended(one)}"


def _intended(one: DeviceException) -> str:
    if one.status == "planned":
        return f"replacement by {one.replacement} until {_day(one.due or one.expires_on)}, ticket {one.ticket}, {one.owner}"
    return f"none: kept until {_day(one.expires_on)} for {one.reason}; recorded by {one.owner}; {NO_WAIVER}"


def _ranges(report: Report) -> Ranges:
    """Return the ranges of the coverage, the narrowest first."""
    found: Ranges = {}
    for one in report.coverage:
        network = ip_network(one.range)
        found.setdefault((network.version, network.prefixlen), set()).add((one.site, network))
    return dict(sorted(found.items(), key=lambda item: -item[0][1]))


def _range_of(judged: AssessedAsset, ranges: Ranges) -> str:
    """Return the narrowest range that holds an address of the device; empty where none does."""
    ips = [ip_address(text) for text in judged.asset.ips]
    for (version, length), networks in ranges.items():
        for ip in ips:
            network = ip_network((ip, length), strict=False) if ip.version == version else None
            if {(None, network), (judged.asset.site, network)} & networks:
                return str(network)
    return ""


def _what_is_listed(report: Report, listed: tuple[AssessedAsset, ...]) -> str:
    """Return what the list holds and what of the report it leaves out."""
    if not report.run.policies:
        return "nothing was judged, so nothing is listed: an empty list says nothing of what is here"
    waiting = _waiting(report.assets) - _waiting(listed)
    return (
        f"{view.counted(len(listed))} that a rule reaches for certain, or for which an acceptance or a plan is recorded, lapsed or not; "
        f"of {view.counted(len(report.assets))} seen, {waiting} more wait for review or for a name and may belong here; "
        f"{OPEN} marks what no scan can know"
    )


def _waiting(devices: Iterable[AssessedAsset]) -> int:
    return sum(judged.judgement.verdict in (Verdict.REVIEW, Verdict.UNIDENTIFIED) for judged in devices)


def _once(values: Iterable[str]) -> str:
    return several(dict.fromkeys(values))


def _day(day: date) -> str:
    return day.isoformat()


def _numbered(texts: Iterable[str]) -> str:
    return " ".join(f"{number}. {text}" for number, text in enumerate(texts, 1))
