"""ArcSight Common Event Format, CEF:0, one event a line in UTF-8: findings, open devices, coverage, and the run as the last line.

Keys and their lengths follow the public "ArcSight Common Event Format Implementation Standard": the audited device is the destination.
What that dictionary has no key for stands under `camscan…`, as it asks of keys of one's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from textwrap import wrap

from camscan.model import AssessedAsset, Identification, Report, Verdict
from camscan.report import alerts, view
from camscan.report.alerts import Alert, clipped, milliseconds
from camscan.report.escape import visible
from camscan.report.statement import NOT_LEGAL_ADVICE, coverage_statement

NAME = "cef"
SUFFIX = ".cef"
SEVERITIES = {Verdict.PROHIBITED: 8, Verdict.RESTRICTED: 6, Verdict.REVIEW: 3, Verdict.UNIDENTIFIED: 2}
"""0 to 3 is low, 4 to 6 medium, 7 and 8 high, 9 and 10 very high. A status never lowers it."""
INFORMATIONAL = 0
INCOMPLETE = 5
MOST_IN_MSG = 1023
MOST_IN_REASON = 4000
"""Octets of the whole sentence of a finding, where `msg` cannot hold it."""
MOST_IN_STRING = 1000
"""Octets of a custom string; the format allows 4000, many a receiver of syslog fewer."""
MOST_IN_NAME = 200
"""Octets of what a device says of itself."""
Extension = dict[str, str | int | None]


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """Return the events, the run's own last."""
    return "".join(f"{line}\n" for line in _Writer(report).written())


class _Writer:
    """Writes the events of one report."""

    def __init__(self, report: Report) -> None:
        self.report = report
        run = report.run
        self.product = "|".join(_in_header(part) for part in ("camscan", "camscan", run.version))
        self.of_every_event = _pairs(
            {
                "rt": milliseconds(run.ended_at),
                "camscanRun": run.id,
                "camscanSite": run.site.name,
                "flexString2Label": "Marking",
                "flexString2": run.marking,
            }
        )

    def written(self) -> Iterator[str]:
        """Yield findings and open devices, then coverage, then the run."""
        for judged in alerts.camera_like(self.report):
            device = _pairs(self._of_device(judged))
            if alerts.stays_open(judged):
                yield self._device(judged, device)
            yield from (self._finding(alert, judged.identification, device) for alert in alerts.alerts_of(judged))
        yield from self._coverage()
        yield self._run()

    def _finding(self, alert: Alert, known: Identification, device: str) -> str:
        finding = alert.finding
        evidence = alerts.evidence_of(known, finding)[: alerts.MOST_OF_EVIDENCE]
        said: Extension = {
            "cat": finding.verdict,
            "externalId": alert.uid,
            "reason": ", ".join(finding.because),
            "cs1Label": "Rule",
            "cs1": f"{finding.rule} of {finding.policy}",
            "cs4Label": "Status",
            "cs4": finding.status,
            "camscanStatusNote": finding.status_note,
            "cs5Label": "Evidence",
            "cs5": clipped("; ".join(clipped(alerts.evidence_words(one), MOST_IN_NAME) for one in evidence), MOST_IN_STRING),
            "cs6Label": "References",
            "cs6": clipped(" ".join(finding.references), MOST_IN_STRING),
            "flexString1Label": "Next step",
            "flexString1": clipped(alerts.settle_words(finding) or alerts.remediation(finding), MOST_IN_MSG),
            "camscanAct": finding.act,
            "camscanForce": finding.force,
            "camscanInstalled": finding.installed,
            "msg": clipped(finding.reason, MOST_IN_MSG),
            "camscanReason": clipped(finding.reason, MOST_IN_REASON) if len(finding.reason) > MOST_IN_MSG else None,
        }
        name = f"Device under a rule: {alerts.title(finding)}"
        return self._event("FINDING", name, SEVERITIES[finding.verdict], device, _pairs(said))

    def _device(self, judged: AssessedAsset, device: str) -> str:
        verdict = judged.judgement.verdict
        severity = INFORMATIONAL if verdict is None else SEVERITIES[verdict]
        said: Extension = {
            "cat": verdict or "not judged",
            "externalId": alerts.of_run(self.report, "device", judged.asset.key),
            "msg": clipped(alerts.why_open(judged), MOST_IN_MSG),
        }
        return self._event("DEVICE", "Camera-like device", severity, device, _pairs(said))

    def _of_device(self, judged: AssessedAsset) -> Extension:
        asset, known = judged.asset, judged.identification
        what = " ".join(part for part in (known.kind, known.form, known.model) if part)
        return {
            "start": milliseconds(asset.first_seen),
            "end": milliseconds(asset.last_seen),
            "dst": next(iter(alerts.addresses(asset, 4)), None),
            "c6a3Label": "Destination IPv6 Address",
            "c6a3": next(iter(alerts.addresses(asset, 6)), None),
            "dmac": next(iter(alerts.macs(asset)), None),
            "dhost": clipped(asset.hostnames[0], MOST_IN_NAME) if asset.hostnames else None,
            "cs2Label": "Brand and maker",
            "cs2": clipped(view.brand_and_maker(self.report, known), MOST_IN_STRING),
            "cs3Label": "Kind and model",
            "cs3": clipped(what, MOST_IN_STRING),
            "camscanDevice": clipped(asset.key, MOST_IN_NAME),
            "camscanMakerBasis": known.maker_basis,
            "camscanConfidence": known.confidence,
            "camscanFirmware": clipped(known.firmware or "", MOST_IN_NAME),
            "camscanSerial": clipped(known.serial or "", MOST_IN_NAME),
            "camscanOutsideScope": "yes" if asset.outside_scope else None,
            "camscanHostileFields": ",".join(view.hostile_fields(asset)),
        }

    def _coverage(self) -> Iterator[str]:
        """Yield the coverage statement, a sentence an event; one that no `msg` can hold goes on in the next."""
        for sentence in coverage_statement(self.report, UTC):
            for part in wrap(visible(sentence), MOST_IN_STRING, break_on_hyphens=False):
                yield self._event("COVERAGE", "Coverage", INFORMATIONAL, _pairs({"msg": part}))

    def _run(self) -> str:
        run, scope, counted = self.report.run, self.report.scope, view.totals(self.report)
        authority = f"{scope.authorised_by or 'not stated'}; reference {scope.reference or 'not stated'}"
        said: Extension = {
            "start": milliseconds(run.started_at),
            "end": milliseconds(run.ended_at),
            "externalId": alerts.of_run(self.report),
            "cn1Label": "Devices",
            "cn1": counted.devices,
            "cn2Label": "Under a rule at least",
            "cn2": counted.at_least,
            "cn3Label": "Under a rule at most",
            "cn3": counted.at_most,
            "cs1Label": "Policies",
            "cs1": clipped(", ".join(run.policies) or alerts.NOTHING_JUDGED, MOST_IN_STRING),
            "cs2Label": "Completeness",
            "cs2": clipped(alerts.completeness(self.report), MOST_IN_STRING),
            "cs3Label": "Coverage",
            "cs3": alerts.ranges_covered(self.report),
            "cs4Label": "Authorised by",
            "cs4": clipped(authority, MOST_IN_STRING),
            "cs5Label": "Scope file SHA-256",
            "cs5": scope.sha256,
            "cs6Label": "Notice",
            "cs6": NOT_LEGAL_ADVICE,
            **{f"camscan{name.title().replace('_', '')}": number for name, number in (counted.verdicts or {}).items()},
            "camscanAsOf": run.as_of.isoformat(),
            "camscanData": run.data_version,
            "camscanChainHead": run.chain_head or None,
            "msg": clipped(alerts.conclusion(self.report), MOST_IN_MSG),
        }
        severity = INFORMATIONAL if self.report.complete else INCOMPLETE
        return self._event("RUN", f"camscan {run.command}", severity, _pairs(said))

    def _event(self, event: str, name: str, severity: int, *pairs: str) -> str:
        return f"CEF:0|{self.product}|{event}|{_in_header(name)}|{severity}|{' '.join((self.of_every_event, *pairs))}"


def _pairs(said: Extension) -> str:
    """Return an extension without the keys of which nothing is known, and without the label of such a key."""
    known = {key: value for key, value in said.items() if value not in (None, "")}
    return " ".join(f"{key}={_in_extension(str(value))}" for key, value in known.items() if key.removesuffix("Label") in known)


def _in_header(text: str) -> str:
    return clipped(text, MOST_IN_MSG).replace("\\", "\\\\").replace("|", "\\|")


def _in_extension(text: str) -> str:
    """Return a value without its outer blanks, which no reader could tell from those between pairs."""
    return visible(text).strip().replace("\\", "\\\\").replace("=", "\\=")
