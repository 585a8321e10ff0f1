"""What a security operations centre is told of a report: which findings and devices, under which ids, in which words. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address
from uuid import UUID, uuid5

from camscan.model import CAMERA_KINDS, AssessedAsset, Asset, Evidence, Finding, Identification, Report, Verdict
from camscan.report import extent, view
from camscan.report.escape import visible

REACHING = (Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.REVIEW)
"""Verdicts of findings that are passed on, most urgent first; what a rule does not reach is no alert."""
WATCHED = frozenset({*REACHING, Verdict.UNIDENTIFIED})
"""Overall verdicts that make a device one of those that camscan looks for, whatever its kind."""
NOTHING_JUDGED = "nothing was judged"
MOST_OF_EVIDENCE = 4
"""Pieces of evidence that one alert names."""
_IDS = UUID("5b0b3a0e-7c3f-5d7e-9a55-0d8a3f1c6e21")
_ELLIPSIS = "…"
MOST_OF_CHARACTER = 4
"""Octets of one character in UTF-8."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One finding that reaches a device."""

    uid: str
    """The same in every run for the same device, rule and effect."""
    finding: Finding


def camera_like(report: Report) -> Iterator[AssessedAsset]:
    """Yield the devices that are, or may be, cameras, recorders and the like; each that a finding reaches is among them."""
    for judged in report.assets:
        if judged.identification.kind in CAMERA_KINDS or judged.judgement.verdict in WATCHED:
            yield judged


def alerts_of(judged: AssessedAsset) -> tuple[Alert, ...]:
    """Return the findings of review and above, most urgent first."""
    found = [finding for finding in judged.judgement.findings if finding.verdict in REACHING]
    same: Counter[tuple[str, ...]] = Counter()
    told = []
    for finding in sorted(found, key=lambda finding: REACHING.index(finding.verdict)):
        effect = (judged.asset.key, finding.policy, finding.rule, finding.act, finding.force, finding.installed)
        same[effect] += 1
        told.append(Alert(_id("finding", *effect, str(same[effect])), finding))
    return tuple(told)


def stays_open(judged: AssessedAsset) -> bool:
    """Return whether no finding speaks of a camera-like device because its maker is not established, or nothing was judged."""
    return judged.judgement.verdict in (None, Verdict.UNIDENTIFIED)


def of_run(report: Report, *parts: str) -> str:
    """Return an id that is the same whenever this run is rendered, and another in any other run."""
    return _id("run", report.run.id, *parts)


def _id(*parts: str) -> str:
    return str(uuid5(_IDS, json.dumps(parts)))


def milliseconds(at: datetime) -> int:
    """Return an instant as milliseconds since 1970-01-01 UTC."""
    return int(at.timestamp() * 1000)


def addresses(asset: Asset, version: int) -> tuple[str, ...]:
    """Return the addresses of one family, 4 or 6; text that is no address is left out."""
    return tuple(text for text in asset.ips if _family(text) == version)


@lru_cache(maxsize=16 * 1024)
def _family(text: str) -> int | None:
    try:
        return ip_address(text).version
    except ValueError:
        return None


def macs(asset: Asset) -> tuple[str, ...]:
    """Return the MACs; text that is none is left out."""
    return tuple(text for text in asset.macs if len(text) == 17 and not set(text) - set("0123456789abcdef:"))


def evidence_of(identification: Identification, finding: Finding) -> tuple[Evidence, ...]:
    """Return the distinct evidence that a finding points to; an index beyond what is known is passed over."""
    known = identification.evidence
    return distinct(known[index] for index in finding.evidence if 0 <= index < len(known))


def distinct(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return evidence without what was only said again in another message."""
    return tuple({(one.fingerprint, one.field, one.value): one for one in evidence}.values())


def evidence_words(evidence: Evidence) -> str:
    """Return `field=value (fingerprint)`; the value as the device sent it."""
    return f"{evidence.field}={evidence.value} ({evidence.fingerprint})"


def title(finding: Finding) -> str:
    """Return a finding in a few words of our own."""
    return f"{view.verdict_words(finding.verdict)} under {finding.rule}: {finding.act}"


def why_open(judged: AssessedAsset) -> str:
    """Return why a device is named of which no finding speaks."""
    if judged.judgement.verdict is None:
        return NOTHING_JUDGED
    return judged.judgement.reason or "camera-like, and its maker is not established"


def settle_words(finding: Finding) -> str:
    """Return the question that would settle a finding, and where each answer leads; empty where there is none."""
    if finding.settle is None:
        return ""
    leads = ", ".join(f"{answer} → {view.verdict_words(verdict)}" for answer, verdict in finding.settle.outcomes)
    return f"{finding.settle.question} {leads}".rstrip()


def remediation(finding: Finding) -> str:
    """Return the steps of the action plan in order, without the rule's own wording; empty where nothing is to be done."""
    return " ".join(f"{number}. {text}" for number, text in enumerate(_steps(finding), 1))


def _steps(finding: Finding) -> Iterator[str]:
    return (step.text for step in finding.action if step.name != "rule")


def url_of(reference: str) -> str | None:
    """Return the address that a reference ends in, as in `Title <https://…>`; None where it has none."""
    _, opened, rest = reference.rpartition("<")
    url = rest.removesuffix(">") if opened else reference
    return url if url.startswith(("https://", "http://")) else None


def rule_words(finding: Finding) -> str:
    """Return what the rule itself says, with its force; empty where the finding has no action plan."""
    return " ".join(step.text for step in finding.action if step.name == "rule")


def conclusion(report: Report) -> str:
    """Return the run in one sentence: how many devices, what reaches them, in what was covered, and whether it is complete."""
    counted = view.totals(report)
    cameras = (
        f"cameras and recorders: at least {counted.cameras_at_least}, at most {counted.cameras_at_most}, in the ranges covered"
    )
    found = f"{view.counted(counted.devices)} seen" if counted.devices else "none found"
    verdicts = {view.verdict_words(Verdict(name)): number for name, number in (counted.verdicts or {}).items() if number}
    judged = ", ".join(f"{number} {name}" for name, number in verdicts.items())
    if counted.verdicts is None:
        judged = NOTHING_JUDGED
    return "; ".join(part for part in (found, cameras, judged, completeness(report)) if part)


def completeness(report: Report) -> str:
    """Return whether a run is complete, and why it is not."""
    return "complete" if report.complete else f"INCOMPLETE: {'; '.join(report.incomplete_because) or 'reason not recorded'}"


def ranges_covered(report: Report) -> str:
    """Return how many of the ranges were looked at in some way."""
    return f"{len(extent.covered(report))} of {len(report.coverage)} ranges covered"


def clipped(text: str, octets: int, *, tail: int = 0) -> str:
    """Return text made inert, of at most `octets` octets in UTF-8, whose last `tail` octets stay; an ellipsis shows what is cut out."""
    shown = visible(text)
    if len(shown) * MOST_OF_CHARACTER <= octets or len(raw := shown.encode()) <= octets:
        return shown
    head = raw[: octets - tail - len(_ELLIPSIS.encode())]
    end = raw[len(raw) - tail :]
    return f"{head.decode(errors='ignore')}{_ELLIPSIS}{end.decode(errors='ignore')}"
