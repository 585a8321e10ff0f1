"""Syslog messages of RFC 5424, one a line: findings, open devices, coverage, and the run as the last message.

What a message says in fields stands in one structured-data element, what it says in words in MSG. Each message is at most
MOST_OCTETS long, which RFC 5425 asks every receiver to take.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from textwrap import wrap

from camscan.model import AssessedAsset, Identification, Report, Verdict
from camscan.report import alerts, view
from camscan.report.alerts import Alert, clipped
from camscan.report.escape import visible
from camscan.report.statement import NOT_LEGAL_ADVICE, coverage_statement

NAME = "syslog"
SUFFIX = ".syslog"
ENTERPRISE = 32473
"""The number that RFC 5612 sets aside for documentation: camscan has registered none of its own."""
ELEMENT = f"camscan@{ENTERPRISE}"
APP_NAME = "camscan"
LOCAL0 = 16
"""Facility."""
ERROR, WARNING, NOTICE, INFORMATIONAL = 3, 4, 5, 6
SEVERITIES = {
    Verdict.PROHIBITED: ERROR,
    Verdict.RESTRICTED: WARNING,
    Verdict.REVIEW: NOTICE,
    Verdict.UNIDENTIFIED: NOTICE,
}
"""A status never lowers it."""
MOST_OCTETS = 8192
MOST_IN_MSG = 4000
MOST_IN_VALUE = 400
MOST_IN_NOTE, END_OF_NOTE = 900, 600
"""Octets of what stands beside a status; who recorded it, and what it is not, stand at its end."""
MOST_IN_NAME = 128
"""Octets of what a device says of itself."""
MOST_ADDRESSES = 4
MOST_IN_HOSTNAME = 255
_NIL = "-"
_BOM = "\ufeff"
Parameters = Iterable[tuple[str, object]]


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """Return the messages, the run's own last. No sending host is named: a file has none."""
    return "".join(f"{message}\n" for message in messages(report))


def messages(
    report: Report, *, hostname: str | None = None, facility: int = LOCAL0, run_alone: bool = False
) -> tuple[str, ...]:
    """Return every message without an end of line, fit for octet counting. hostname: of the sender, None for the nil value.

    run_alone: only the run's own.
    """
    writer = _Writer(report, hostname, facility)
    return (writer.run(),) if run_alone else tuple(writer.written())


def failure(
    words: str, *, site: str, at: datetime, marking: str | None, hostname: str | None = None, chain_head: str = ""
) -> str:
    """Return the message of a run that came to nothing. words: why; chain_head: as of Run."""
    sent_at = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = _parameters(
        [
            ("site", clipped(site, MOST_IN_NAME)),
            ("marking", clipped(marking or "", MOST_IN_VALUE)),
            ("complete", "no"),
            ("chainHead", chain_head),
            ("notice", NOT_LEGAL_ADVICE),
        ]
    )
    head = f"<{LOCAL0 * 8 + ERROR}>1 {sent_at} {_printable(hostname)} {APP_NAME} {_NIL} RUN [{ELEMENT} {said}] "
    text = clipped(f"FAILED: {words}", MOST_IN_MSG)
    return head + ("" if text.isascii() else _BOM) + text


class _Writer:
    """Writes the messages of one report."""

    def __init__(self, report: Report, hostname: str | None, facility: int) -> None:
        self.report = report
        self.facility = facility
        sent_at = report.run.ended_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.sender = f"{sent_at} {_printable(hostname)} {APP_NAME} {_NIL}"
        self.of_every_message = _parameters(
            [
                ("run", clipped(report.run.id, MOST_IN_NAME)),
                ("site", clipped(report.run.site.name, MOST_IN_NAME)),
                ("marking", clipped(report.run.marking or "", MOST_IN_VALUE)),
            ]
        )

    def written(self) -> Iterator[str]:
        """Yield findings and open devices, then coverage, then the run."""
        for judged in alerts.camera_like(self.report):
            device = _parameters(self._of_device(judged))
            if alerts.stays_open(judged):
                yield self._device(judged, device)
            yield from (self._finding(alert, judged.identification, device) for alert in alerts.alerts_of(judged))
        yield from self._coverage()
        yield self.run()

    def _finding(self, alert: Alert, known: Identification, device: str) -> str:
        finding = alert.finding
        evidence = alerts.evidence_of(known, finding)[: alerts.MOST_OF_EVIDENCE]
        said: Parameters = [
            ("uid", alert.uid),
            ("verdict", finding.verdict),
            ("status", finding.status),
            ("statusNote", clipped(finding.status_note, MOST_IN_NOTE, tail=END_OF_NOTE)),
            ("policy", clipped(finding.policy, MOST_IN_NAME)),
            ("rule", clipped(finding.rule, MOST_IN_NAME)),
            ("act", finding.act),
            ("force", finding.force),
            ("installed", finding.installed),
            ("because", ",".join(finding.because)),
            *(("evidence", clipped(alerts.evidence_words(one), MOST_IN_NAME)) for one in evidence),
            ("settle", clipped(alerts.settle_words(finding), MOST_IN_VALUE)),
            ("reference", clipped(" ".join(finding.references), MOST_IN_VALUE)),
        ]
        words = f"{alerts.title(finding)}. {finding.reason}"
        return self._message("FINDING", SEVERITIES[finding.verdict], words, device, _parameters(said))

    def _device(self, judged: AssessedAsset, device: str) -> str:
        verdict = judged.judgement.verdict
        severity = INFORMATIONAL if verdict is None else SEVERITIES[verdict]
        uid = alerts.of_run(self.report, "device", judged.asset.key)
        said: Parameters = [("uid", uid), ("verdict", verdict)]
        return self._message("DEVICE", severity, f"camera-like device: {alerts.why_open(judged)}", device, _parameters(said))

    def _of_device(self, judged: AssessedAsset) -> Iterator[tuple[str, object]]:
        asset, known = judged.asset, judged.identification
        yield "device", clipped(asset.key, MOST_IN_NAME)
        ips = (*alerts.addresses(asset, 4), *alerts.addresses(asset, 6))
        yield from (("ip", ip) for ip in ips[:MOST_ADDRESSES])
        yield from (("mac", mac) for mac in alerts.macs(asset)[:MOST_ADDRESSES])
        names: dict[str, str | None] = {
            "host": next(iter(asset.hostnames), None),
            "kind": known.kind,
            "brand": view.name_of(self.report, known.brand),
            "maker": view.name_of(self.report, known.maker),
            "makerBasis": known.maker_basis,
            "confidence": known.confidence,
            "model": known.model,
            "firmware": known.firmware,
            "serial": known.serial,
        }
        yield from ((name, clipped(value or "", MOST_IN_NAME)) for name, value in names.items())
        yield "outsideScope", "yes" if asset.outside_scope else None
        yield "hostileFields", clipped(",".join(view.hostile_fields(asset)), MOST_IN_VALUE)

    def _coverage(self) -> Iterator[str]:
        """Yield the coverage statement, a sentence a message; one that is too long goes on in the next."""
        for sentence in coverage_statement(self.report, UTC):
            for part in wrap(visible(sentence), MOST_IN_MSG // 2, break_on_hyphens=False):
                yield self._message("COVERAGE", INFORMATIONAL, part)

    def run(self) -> str:
        """Return the message of the run itself."""
        run, scope, counted = self.report.run, self.report.scope, view.totals(self.report)
        said: Parameters = [
            ("uid", alerts.of_run(self.report)),
            ("command", run.command),
            ("policies", clipped(",".join(run.policies), MOST_IN_VALUE)),
            ("asOf", run.as_of.isoformat()),
            ("version", run.version),
            ("data", run.data_version),
            ("complete", "yes" if self.report.complete else "no"),
            ("coverage", alerts.ranges_covered(self.report)),
            ("devices", counted.devices),
            ("atLeast", counted.at_least),
            ("atMost", counted.at_most),
            *((name.replace("_", "-"), number) for name, number in (counted.verdicts or {}).items()),
            ("authorisedBy", clipped(scope.authorised_by or "", MOST_IN_VALUE)),
            ("authority", clipped(scope.reference or "", MOST_IN_VALUE)),
            ("scopeSha256", scope.sha256),
            ("chainHead", run.chain_head),
            ("notice", NOT_LEGAL_ADVICE),
        ]
        severity = INFORMATIONAL if self.report.complete else WARNING
        return self._message("RUN", severity, alerts.conclusion(self.report), _parameters(said))

    def _message(self, kind: str, severity: int, words: str, *parameters: str) -> str:
        shown = " ".join((self.of_every_message, *parameters))
        head = f"<{self.facility * 8 + severity}>1 {self.sender} {kind} [{ELEMENT} {shown}] "
        text = clipped(words, min(MOST_IN_MSG, MOST_OCTETS - len(head.encode()) - len(_BOM.encode())))
        return head + ("" if text.isascii() else _BOM) + text


def _parameters(said: Parameters) -> str:
    """Return parameters without those of which nothing is known."""
    return " ".join(f'{name}="{_in_parameter(str(value))}"' for name, value in said if value not in (None, ""))


def _in_parameter(text: str) -> str:
    return visible(text).replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def _printable(hostname: str | None) -> str:
    """Return a host name as the header takes it: printable ASCII without blanks; the nil value where nothing is left."""
    return "".join(letter for letter in hostname or "" if "!" <= letter <= "~")[:MOST_IN_HOSTNAME] or _NIL
