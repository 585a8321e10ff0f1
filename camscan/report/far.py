"""The worksheet for a contractor's report under a FAR clause: what a run shows filled in, everything else left to the operator.

When the contractor *identified* equipment is a fact about the contractor: the time of a scan never stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from camscan.model import AssessedAsset, Finding, Report, Verdict
from camscan.policy.calendar import after_business_days, in_words
from camscan.policy.rules import Clause, Deadline, Holidays
from camscan.report import view
from camscan.report.escape import visible
from camscan.report.statement import NOT_LEGAL_ADVICE, statement_lines

POLICY = "us-contractor"
"""The only policy whose reports have this worksheet: the duty is the contractor's."""
HOLIDAYS = "us.federal"
LEAD = "A match is a lead for counsel and the contracting officer, not an identification."
OPEN = "REQUIRES-OPERATOR-INPUT"
LEADS = frozenset({Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.REVIEW})


@dataclass(slots=True, kw_only=True)
class Worksheet:
    """The worksheet as a format, with what the operator states."""

    clause: Clause | None = None
    """The one that the contract carries; None: not stated."""
    identified_on: date | None = None
    """When the contractor identified, or was notified of, the equipment."""
    submitted_on: date | None = None
    """When the first report went out."""
    holidays: Holidays | None = None
    NAME: str = "far"
    SUFFIX: str = ".far.txt"

    def render(self, report: Report, *, width: int | None = None, color: bool = False) -> str:
        """Return the worksheet, unwrapped."""
        marking = [report.run.marking] if report.run.marking else []
        lines = [*marking, *self._head(report), "", *self._clause(), "", *self._contract()]
        found = [(judged, findings) for judged in report.assets if (findings := _leads(judged))]
        for number, (judged, findings) in enumerate(found, 1):
            lines += ["", *self._item(report, judged, findings, number)]
        lines += ["", *([] if found else ["No device of this report is a lead under this policy."])]
        lines += [*self._second_report(), "", *statement_lines(report), *marking]
        return "\n".join(visible(line) for line in lines) + "\n"

    def _head(self, report: Report) -> Iterator[str]:
        run, scope = report.run, report.scope
        yield LEAD
        yield f"Worksheet for a report under a FAR clause; camscan {run.version}, run {run.id}, rules as of {run.as_of.isoformat()}. {NOT_LEGAL_ADVICE}"
        yield f"{OPEN} marks what no scan can know. Nothing is submitted by camscan."
        authority = f"Scan authorised by: {scope.authorised_by or 'not stated'}"
        authority += f"; reference {scope.reference}" if scope.reference else ""
        yield authority + (f"; scope file SHA-256 {scope.sha256}" if scope.sha256 else "")

    def _clause(self) -> Iterator[str]:
        if self.clause is None:
            yield f"Clause that the contract carries: {OPEN} (state it with --clause)"
        else:
            yield f"Clause that the contract carries, as stated: {self.clause.id}, {self.clause.title} ({self.clause.cite})"
            if self.clause.status != "read":
                yield f"What this clause asks is unverified until it is read in the contract: {OPEN}"
        yield f"Identified, or notified of, by the contractor on: {_stated(self.identified_on)} (never taken from the time of a scan)"
        yield f"First report submitted on: {_stated(self.submitted_on)}"
        for deadline in self.clause.reports if self.clause else ():
            yield self._due(deadline)

    def _due(self, deadline: Deadline) -> str:
        """Return when a report is due; a day is named only where clause, event and holidays are known."""
        assert self.clause is not None
        if deadline.business_days is None:
            within = f"{deadline.hours} hours" if deadline.hours else "a time that is not recorded"
            return f"Report ({deadline.name}): within {within} after {deadline.after}: {OPEN}"
        counted = f"{deadline.business_days} business day{'s' if deadline.business_days > 1 else ''}"
        said = f"Report ({deadline.name}): within {counted} after {deadline.after}"
        start = self.submitted_on if deadline.name == "second" else self.identified_on
        if start is None or self.holidays is None or self.clause.status != "read":
            return f"{said}: due {OPEN}"
        due = after_business_days(start, deadline.business_days, self.holidays)
        if due is None:
            return f"{said}: due {OPEN} (holidays are known from {self.holidays.first.year} to {self.holidays.last.year})"
        how = f"our count from {in_words(start)}, Monday to Friday without the holidays of {self.holidays.cite}; check it against the contract"
        return f"{said}: due {in_words(due)} ({how})"

    def _contract(self) -> Iterator[str]:
        for name in ("Contract number", "Order number or numbers", "Contracting officer, and of each order"):
            yield f"{name}: {OPEN}"

    def _item(self, report: Report, judged: AssessedAsset, findings: tuple[Finding, ...], number: int) -> Iterator[str]:
        asset, known = judged.asset, judged.identification
        yield f"Item {number}: {asset.ips[0] if asset.ips else asset.key} ({view.verdict_words(findings[0].verdict)})"
        for name in ("Supplier name", "Supplier unique entity identifier, if known", "Supplier CAGE code, if known"):
            yield f"  {name}: {OPEN}"
        yield f"  Brand: {view.brand_and_maker(report, known)} (confidence {known.confidence or 'none'}; confirm by eye)"
        yield f"  Model number (maker's, part or wholesaler's): {known.model or f'not shown by the device: {OPEN}'}"
        shown = {"kind": known.kind, "form": known.form, "firmware": known.firmware, "serial": known.serial}
        described = ", ".join(f"{name} {value}" for name, value in shown.items() if value)
        yield f"  Item description: {described}; addresses {', '.join((*asset.ips, *asset.macs)) or 'not known'}"
        yield f"  Where it stands and what it is used for: {OPEN}"
        yield f"  Mitigation undertaken: {OPEN}"
        plan = [step.text for finding in findings for step in finding.action if step.name != "rule"]
        for text in dict.fromkeys(plan):
            yield f"  Mitigation recommended: {text}"
        for finding in findings:
            yield f"  Why it is a lead: {finding.reason}"

    def _second_report(self) -> Iterator[str]:
        yield "For the second report"
        for name in (
            "Further information on mitigation undertaken or recommended",
            "Efforts made to prevent use or submission of covered equipment",
            "Further efforts to prevent future use or submission",
        ):
            yield f"  {name}: {OPEN}"


def _stated(day: date | None) -> str:
    return f"{in_words(day)}, as stated" if day else OPEN


def _leads(judged: AssessedAsset) -> tuple[Finding, ...]:
    """Return the findings of a device that counsel should see, strongest first."""
    order = (Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.REVIEW)
    found = [finding for finding in judged.judgement.findings if finding.policy == POLICY and finding.verdict in LEADS]
    return tuple(sorted(found, key=lambda finding: order.index(finding.verdict)))
