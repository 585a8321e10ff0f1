"""What a run found different, in a few lines that name the cause first: for a mail, a hook or a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from camscan.identify.attachment import in_words
from camscan.model import AssessedAsset, Change, ChangeKind, Diff, Evidence, Finding, Report, Verdict
from camscan.report import view
from camscan.report.alerts import evidence_words
from camscan.report.changes import KIND_WORDS, headline, words_of
from camscan.report.escape import shortened, visible

MOST_LINES = 12
LONGEST = 240
"""Characters of one line."""
WITNESSES = 2
_LAPSED = frozenset({ChangeKind.EXCEPTION_LAPSED, ChangeKind.EXCEPTION_OVERDUE})
_APPEARED = frozenset({ChangeKind.NEW, ChangeKind.REPLACED})
_LEADING = (
    ChangeKind.NEW,
    ChangeKind.REPLACED,
    ChangeKind.RETURNED,
    ChangeKind.RECOGNISED,
    ChangeKind.VERDICT,
    ChangeKind.EXCEPTION_OVERDUE,
    ChangeKind.EXCEPTION_LAPSED,
    ChangeKind.MOVED,
    ChangeKind.FIRMWARE,
    ChangeKind.GONE,
    ChangeKind.REMOVED,
    ChangeKind.EXCEPTION_OPENED,
)
"""Which of several changes of one device its line begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A subject and at most twelve lines, all of them inert text; the marking stands beside them."""

    subject: str
    lines: tuple[str, ...]
    marking: str | None = None


def message(diff: Diff, report: Report, *, most: int = MOST_LINES) -> Message:
    """Return what a run found different. report: of the later run; one update of data is one message, whatever it changed.

    most: lines that there is room for, at least 3.
    """
    of_device: dict[int, list[Change]] = {}
    for change in diff.changes:
        of_device.setdefault(change.device, []).append(change)
    leading = {number: min(found, key=lambda one: _LEADING.index(one.kind)) for number, found in of_device.items()}
    shown = {judged.asset.key: judged for judged in report.assets}
    names = dict(report.display) | dict(diff.display)
    if len(of_device) == 1:
        ((number, found),) = of_device.items()
        lines = list(_of_one(diff, report, leading[number], found, shown.get(leading[number].key), names))
    else:
        lines = list(_of_several(diff, report, leading, of_device, shown, names, most - 1))
    foot = f"Compare: camscan diff {diff.before} {diff.after}"
    lines = lines[: most - 1]
    return Message(
        subject=visible(_subject(diff, report)),
        lines=tuple(visible(shortened(line, LONGEST)) for line in (*lines, foot)),
        marking=report.run.marking,
    )


def _subject(diff: Diff, report: Report) -> str:
    """Return the subject: `[camscan] hq: 1 new, 0 lapsed, coverage 12/12`."""
    counted: Counter[str] = Counter({"new": 0, "lapsed": 0})
    for change in diff.changes:
        if change.kind in _APPEARED:
            counted["new"] += 1
        elif change.kind in _LAPSED:
            counted["lapsed"] += 1
    others = Counter(
        KIND_WORDS[change.kind].rpartition(", ")[2]
        for change in diff.changes
        if change.kind not in _APPEARED | _LAPSED | {ChangeKind.EXCEPTION_OPENED}
    )
    found = [f"{number} {what}" for what, number in (*counted.items(), *others.items())]
    whole = sum(coverage.complete for coverage in report.coverage)
    found.append(f"coverage {whole}/{len(report.coverage)}" if report.coverage else "read from files")
    state = "INTERRUPTED, " if report.run.interrupted else "" if report.complete else "INCOMPLETE, "
    marking = f"{report.run.marking} " if report.run.marking else ""
    return f"{marking}[camscan] {report.run.site.name}: {state}{', '.join(found)}"


def _of_several(
    diff: Diff,
    report: Report,
    leading: dict[int, Change],
    of_device: dict[int, list[Change]],
    shown: dict[str, AssessedAsset],
    names: dict[str, str],
    room: int,
) -> Iterator[str]:
    """Yield the devices under what happened to them, as many as there is room for. room: lines."""
    groups: dict[str, list[int]] = {}
    for number in sorted(leading, key=lambda one: (not any(c.worse for c in of_device[one]), diff.changes.index(leading[one]))):
        groups.setdefault(headline(leading[number], diff.data), []).append(number)
    told = 0
    for words, numbers in groups.items():
        if room < (2 if told == len(leading) - 1 else 3):
            break
        yield f"{words.capitalize() if words.islower() else words[:1].upper() + words[1:]}: {view.counted(len(numbers))}"
        room -= 1
        left = len(leading) - told
        for number in numbers:
            if room < 1 or (room == 1 and left > 1):
                break
            yield f"- {_line(report, of_device[number], leading[number], shown.get(leading[number].key), names)}"
            room, told, left = room - 1, told + 1, left - 1
    if told < len(leading):
        yield f"and {view.counted(len(leading) - told)} more"


def _line(report: Report, found: Sequence[Change], leading: Change, judged: AssessedAsset | None, names: dict[str, str]) -> str:
    """Return one device on one line: where it stands, what it is, what differs."""
    what = _what(report, judged) if judged is not None else words_of(leading.before, leading, names)
    parts = [f"{leading.address} {what}".rstrip()]
    verdict = next((one for one in found if one.kind is ChangeKind.VERDICT and one.what == "verdict"), None)
    if verdict is not None:
        parts.append(f"{words_of(verdict.before, verdict, names) or 'not judged'} → {words_of(verdict.after, verdict, names)}")
    elif leading.verdict is not None:
        parts.append(view.verdict_words(leading.verdict))
    parts += [
        f"{one.what}: {words_of(one.before, one, names) or 'none'} → {words_of(one.after, one, names) or 'none'}"
        for one in found
        if one is not verdict and one.kind not in _APPEARED | {ChangeKind.RETURNED, ChangeKind.GONE, ChangeKind.REMOVED}
    ]
    return ", ".join(parts)


def _of_one(
    diff: Diff,
    report: Report,
    leading: Change,
    found: Sequence[Change],
    judged: AssessedAsset | None,
    names: dict[str, str],
) -> Iterator[str]:
    """Yield one device in full: what, where, whose, the witnesses, the rule, since when, the first step."""
    for change in sorted(found, key=lambda one: one is not leading)[:3]:
        words = headline(change, diff.data)
        plain = change.kind in (ChangeKind.NEW, ChangeKind.GONE)
        texts = (words_of(text, change, names) or "none" for text in (change.before, change.after))
        yield words[:1].upper() + words[1:] + ("" if plain else f": {change.what} {' → '.join(texts)}")
    if judged is None:
        yield f"What: {words_of(leading.before, leading, names) or 'not known'}, {leading.key}"
        yield f"Where it was: {leading.address}"
        return
    known = judged.identification
    yield f"What: {_what(report, judged)} ({known.kind}), {judged.asset.key}"
    yield f"Where: {_where(judged)}"
    yield f"Firmware: {_whose(report, judged)}; confidence {known.confidence or 'none'}"
    yield from (f"Seen: {evidence_words(one)}" for one in _witnesses(judged))
    yield from _ruled(judged)
    yield f"Present: {_present(judged)}"
    step = _first_step(judged)
    if step:
        yield f"First: {step}"


def _what(report: Report, judged: AssessedAsset) -> str:
    known = judged.identification
    return " ".join(part for part in (view.brand_and_maker(report, known), known.model) if part)


def _where(judged: AssessedAsset) -> str:
    asset = judged.asset
    address = ", ".join(asset.ips) or "no address"
    if judged.attached_to is not None:
        return f"{address}; {in_words(judged.attached_to)}"
    return (
        f"{address}; ask the switch for {asset.macs[0]}" if asset.macs else f"{address}; no MAC is known: ask the router for it"
    )


def _whose(report: Report, judged: AssessedAsset) -> str:
    known = judged.identification
    if known.maker is None:
        return "whose it is is not established"
    maker, brand = view.name_of(report, known.maker), view.name_of(report, known.brand)
    label = f" under the label {brand}" if brand and brand != maker else ""
    return f"{maker}'s{label} ({known.maker_basis or 'basis not known'})" + (f", {known.firmware}" if known.firmware else "")


def _witnesses(judged: AssessedAsset) -> tuple[Evidence, ...]:
    """Return the strongest evidence, one of each witness: what the owner cannot edit before what he can."""
    first: dict[str, Evidence] = {}
    for one in sorted(judged.identification.evidence, key=lambda one: (one.editable, one.witness == "oui")):
        first.setdefault(one.witness, one)
    return tuple(first.values())[:WITNESSES]


def _ruled(judged: AssessedAsset) -> Iterator[str]:
    verdict = judged.judgement.verdict
    finding = _decisive(judged)
    if verdict is None:
        yield "Rule: nothing was judged"
    elif finding is None:
        yield f"Verdict: {view.verdict_words(verdict)}" + (f": {judged.judgement.reason}" if judged.judgement.reason else "")
    else:
        status = "" if finding.status == "open" else f"; {finding.status}: {finding.status_note.removeprefix('lapsed: ')}"
        yield f"Rule: {finding.rule}: {view.verdict_words(finding.verdict)} to {finding.act} ({finding.force}){status}"


def _decisive(judged: AssessedAsset) -> Finding | None:
    """Return the first finding of what is open; where nothing is, of the overall verdict."""
    if judged.judgement.verdict in (Verdict.NO_FINDING, None):
        return None
    return next(iter((*view.undecided(judged), *view.decisive(judged))), None)


def _present(judged: AssessedAsset) -> str:
    presence = judged.presence
    if presence is None:
        return f"first seen {view.moment(judged.asset.first_seen)}"
    if presence.absent_until is None:
        return f"since {view.moment(presence.since)} or longer: no complete run had looked there before"
    return f"since between {view.moment(presence.absent_until)} and {view.moment(presence.since)}"


def _first_step(judged: AssessedAsset) -> str:
    finding = _decisive(judged)
    if finding is None:
        return ""
    plan = next((step.text for step in finding.action if step.name != "rule"), "")
    return plan or (finding.settle.question if finding.settle is not None else "")
