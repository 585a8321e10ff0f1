"""Devices as NetBox imports them: CSV for Devices → Import, in the columns of its form for `dcim.device`.

The form takes no line but the columns and devices, so marking, coverage and notice stand in the comments of each device. NetBox reads
comments as Markdown, by which text of devices is escaped. Names that NetBox refers to (site, role, manufacturer, device type, tags) must
be there before the import. Source: NetBox documentation, "Bulk Import", and the limits of its model of a device.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from camscan.identify.attachment import in_words
from camscan.model import CAMERA_KINDS, AssessedAsset, Report, Verdict
from camscan.report import summary, view
from camscan.report.cells import cell, document
from camscan.report.escape import visible
from camscan.report.markdown import inert, sentence
from camscan.report.rows import Row, site_name, stated
from camscan.report.statement import NOT_LEGAL_ADVICE, coverage_statement

NAME = "netbox"
SUFFIX = ".netbox.csv"
COLUMNS = (
    "name", "role", "manufacturer", "device_type", "serial", "asset_tag", "status", "site", "description", "comments", "tags",
)  # fmt: skip
ROLES = {
    "camera": "Camera",
    "nvr": "Network video recorder",
    "dvr": "Digital video recorder",
    "encoder": "Video encoder",
    "intercom": "Intercom",
    "doorbell": "Doorbell",
}
UNKNOWN = "Unknown"
"""Name of the role, manufacturer and device type of what is not known."""
ACTIVE = "active"
"""Status of NetBox for what is installed and answers."""
TAG = "camscan"
LISTED = frozenset({Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.REVIEW, Verdict.UNIDENTIFIED})
LONGEST_NAME = 100
"""Characters of the name of a site, manufacturer or device type."""
LONGEST_NUMBER = 50
"""Characters of a serial or asset tag; a longer one stands in the comments alone."""
LONGEST_DESCRIPTION = 200
MAX_FACT = 160
"""Characters of one fact in the comments."""
DIGEST = 16
"""Hexadecimal digits of a name that is made of a key without a MAC."""
BETWEEN = " · "


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """Return the devices as CSV; without devices, the columns alone."""
    return document(COLUMNS, _rows(report))


def listed(report: Report) -> tuple[AssessedAsset, ...]:
    """Return cameras, recorders and the like, and whatever else a rule reaches or may reach."""
    return tuple(
        judged for judged in report.assets if judged.identification.kind in CAMERA_KINDS or judged.judgement.verdict in LISTED
    )


def _rows(report: Report) -> Iterator[Row]:
    devices = listed(report)
    tags = Counter(stated(judged, "asset_tag") for judged in devices)
    of_run = _of_run(report, len(report.assets) - len(devices))
    for judged in devices:
        yield {**_device(report, judged, tags), "comments": _comments(report, judged, of_run)}


def _device(report: Report, judged: AssessedAsset, tags: Counter[str]) -> Row:
    known, verdict = judged.identification, judged.judgement.verdict
    tag = stated(judged, "asset_tag")
    words = [view.verdict_words(verdict)] if verdict else []
    words += ["hostile reply"] if view.hostile_fields(judged.asset) else []
    return {
        "name": name(judged.asset.key),
        "role": ROLES.get(known.kind, UNKNOWN),
        "manufacturer": _named(view.name_of(report, known.maker)),
        "device_type": _named(known.model),
        "serial": _number(known.serial or ""),
        "asset_tag": _number(tag) if tags[tag] == 1 else "",
        "status": ACTIVE,
        "site": _named(site_name(judged) if not judged.sites else judged.sites[0].name),
        "description": ": ".join([TAG, ", ".join(words)])[:LONGEST_DESCRIPTION] if words else TAG,
        "tags": f"{TAG},{TAG}-{verdict.replace('_', '-')}" if verdict else TAG,
    }


def name(key: str) -> str:
    """Return the name of a device, the same in every run: of its MAC, or of the digest of its key where it has none."""
    kind, _, value = key.partition(":")
    digits = value.replace(":", "")
    if kind == "mac" and len(digits) == 12 and not set(digits) - set("0123456789abcdef"):
        return f"camscan-{digits}"
    return f"camscan-{kind if kind in ('serial', 'ip') else 'key'}-{hashlib.sha256(key.encode(errors='surrogatepass')).hexdigest()[:DIGEST]}"


def _named(text: str | None) -> str:
    """Return what NetBox finds an object by; `Unknown` where nothing is known or the text cannot be a name."""
    return text if text and visible(text) == text and len(cell(text)) <= LONGEST_NAME else UNKNOWN


def _number(text: str) -> str:
    return text if len(cell(text)) <= LONGEST_NUMBER else ""


def _comments(report: Report, judged: AssessedAsset, of_run: str) -> str:
    """Return what the columns of NetBox have no place for, then what is said of the whole run."""
    asset, known, judgement = judged.asset, judged.identification, judged.judgement
    found = [one for one in judgement.findings if one.verdict is not Verdict.NO_FINDING]
    facts = {
        "Verdict": view.verdict_words(judgement.verdict) if judgement.verdict else "nothing was judged",
        "Rules": ", ".join(dict.fromkeys(f"{one.rule} ({one.policy})" for one in found)),
        "Label": view.name_of(report, known.brand) if known.brand != known.maker else "",
        "Model": known.model,
        "Firmware": known.firmware,
        "Serial": known.serial,
        "Confidence": known.confidence or "none",
        "Addresses": ", ".join(asset.ips),
        "MACs": ", ".join(asset.macs),
        "Names": ", ".join(asset.hostnames),
        "Port": in_words(judged.attached_to) if judged.attached_to else "",
        "Location": stated(judged, "location"),
        "Hostile reply": ", ".join(view.hostile_fields(asset)),
    }
    said = [f"{label}: {inert(value, MAX_FACT)}" for label, value in facts.items() if value]
    decisions = dict.fromkeys((one.status, one.status_note) for one in found if one.status != "open")
    said += [f"{status.capitalize()}: {sentence(note.removeprefix('lapsed: '))}" for status, note in decisions]
    marking = inert(report.run.marking) if report.run.marking else ""
    return BETWEEN.join(part for part in (marking, *said, of_run, marking) if part)


def _of_run(report: Report, left_out: int) -> str:
    said = [f"camscan run {sentence(report.run.id)}", sentence(summary.authority(report))]
    if not report.complete:
        said.append(f"INCOMPLETE: {sentence('; '.join(report.incomplete_because))}")
    said += [f"Coverage: {sentence(text)}" for text in coverage_statement(report)]
    return BETWEEN.join([*said, f"{view.counted(left_out)} of other kinds left out", NOT_LEGAL_ADVICE])
