"""Sentences of a redacted report that are made anew from their parts, and the search for what must not stand in any of them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from camscan.errors import DeliveryError
from camscan.model import DeviceException, Finding, Report, Step
from camscan.policy.exceptions import LAPSED, NO_WAIVER, note_until, recorded_by
from camscan.report.masks import WORDS

LEFT_OUT = "What the rule says of this site is left out."
_CASE = "on this the rule "
_NEXT_CLAUSES = (
    "equipment already there ",
    "replacing equipment already there ",
    "of equipment already there ",
)
"""What follows in a reason upon what the rule says."""
_NOTES = {
    "planned": "a replacement is planned; what was recorded is masked",
    "accepted": f"what was recorded is masked; {NO_WAIVER}",
    "lapsed": "lapsed: what was recorded is masked",
}
_OURS = (LEFT_OUT, *_NOTES.values())
_STAMP = "dddddddd.dddddd."
"""Form of the time at the beginning of a run's id; `d` is a digit."""
_SHORTEST = 3
"""Letters from which a value is looked for in either case."""


def without_the_site(finding: Finding, masked: Callable[[str], str]) -> str:
    """Return why, masked, without what follows from the site alone: what the rule says in its case, and how it ends."""
    reason = finding.reason
    head, found, rest = reason.partition(_CASE)
    if found:
        after = min((at for clause in _NEXT_CLAUSES if (at := rest.find(f"; {clause}")) >= 0), default=len(rest))
        reason = f"{head}{rest[after:].removeprefix('; ')}"
    for text in finding.references:
        upto, found, _ = reason.partition(f"see {text}.")
        if found:
            reason = f"{upto}{found}"
            break
    return masked(reason) if reason == finding.reason else f"{masked(reason)} {LEFT_OUT}"


def without_the_case(finding: Finding, step: Step) -> Step:
    """Return a step; the rule's own words, which depend on the site, give way to its name."""
    return Step(name=step.name, text=f"{finding.rule} ({finding.force}): {LEFT_OUT}") if step.name == "rule" else step


def run_id(written: str, site: str, mask_of_site: str, masked: Callable[[str], str]) -> str:
    """Return a run's id of its time and the mask of its site; one of another form masked as a whole."""
    stamp, rest = written[: len(_STAMP)], written[len(_STAMP) :]
    timed = len(stamp) == len(_STAMP) and all(
        letter.isdecimal() if form == "d" else True for letter, form in zip(stamp, _STAMP, strict=True)
    )
    if timed and rest in ("", f"-{site}"):
        return f"{stamp}-{mask_of_site}" if rest else stamp
    return masked(written)


def status_note(
    finding: Finding, entry: DeviceException | None, as_masked: DeviceException | None, masked: Callable[[str], str]
) -> str:
    """Return what stands beside a status, made of the masked exception. as_masked: the entry; masked: masks a sentence."""
    note, instead = finding.status_note, _NOTES.get(finding.status, "")
    if entry is None or as_masked is None:
        return instead
    if finding.status == "lapsed":
        end = recorded_by(entry)
        if not (note.startswith(LAPSED) and note.endswith(end)):
            return instead
        return f"{LAPSED}{masked(note[len(LAPSED) : len(note) - len(end)])}{recorded_by(as_masked)}"
    day_at = len(note_until(entry, "\0").partition("\0")[0])
    day = note[day_at : day_at + len("2027-03-01")]
    whole = note_until(entry, day)
    if not note.startswith(whole) or len(day.split("-")) != len(("year", "month", "day")):
        return instead
    return f"{note_until(as_masked, day)}{masked(note[len(whole) :])}"


def refuse_unmasked(report: Report, stated: Iterable[str], given: Iterable[str]) -> None:
    """Refuse a redacted report in a sentence of which something that the operator stated still stands.

    stated: as written; given: the masks. Raises DeliveryError, which does not repeat the value.
    """
    values, masks = tuple(stated), sorted({*given, *_OURS}, key=len, reverse=True)
    for where, text in _sentences(report):
        left = text
        if not any(value in text or value.lower() in text.lower() for value in values):
            continue
        for mask in masks:
            left = left.replace(mask, "\0")
        if any(_stands_in(left, value) for value in values):
            raise DeliveryError(
                f"--redact: something that must be masked would still stand in {where}: nothing redacted was written; "
                "leave out --redact, or call what stands there otherwise"
            )


def _sentences(report: Report) -> Iterator[tuple[str, str]]:
    """Yield the sentences in which values are looked for, each with where: not those that are made of their parts."""
    yield "the run's id", report.run.id
    for where, texts in (
        ("a warning", report.warnings[1:]),
        ("an assumption", report.assumptions),
        ("what is incomplete", report.incomplete_because),
        ("what a collector said", [text for one in report.attempts for text in (one.target, one.detail)]),
        ("a range's coverage", [one.detail for one in report.coverage]),
    ):
        yield from ((where, text) for text in texts)
    for judged in report.assets:
        yield "a reason", judged.judgement.reason
        for one in judged.judgement.findings:
            question = one.settle.question if one.settle else ""
            yield from (("a finding", text) for text in (one.reason, one.note, question, *one.assumptions))
        conflicts = (*judged.asset.conflicts, *judged.identification.conflicts)
        yield from (("a contradiction", one.detail) for one in conflicts)
        yield from (("a lapsed statement", one.lapsed) for one in judged.attestations)


def _stands_in(text: str, value: str) -> bool:
    """Return whether a value stands in a text as a word, and in no date, time, version, address or reference."""
    either = len(value) >= _SHORTEST and value.lower() not in WORDS and not value.isdecimal()
    sought, where = (value.lower(), text.lower()) if either else (value, text)
    at = where.find(sought)
    while at >= 0:
        end = at + len(sought)
        alone = not (where[max(0, at - 1) : at].isalnum() and sought[:1].isalnum()) and not (
            where[end : end + 1].isalnum() and sought[-1:].isalnum()
        )
        if alone and not (value.isdecimal() and _is_numbers(_token_at(where, at, end))):
            return True
        at = where.find(sought, at + 1)
    return False


def _token_at(text: str, start: int, end: int) -> str:
    first = max((text.rfind(sign, 0, start) for sign in " \n\t\0("), default=-1) + 1
    ends = [at for sign in " \n\t\0)" if (at := text.find(sign, end)) >= 0]
    return text[first : min(ends, default=len(text))].strip(",;:.")


def _is_numbers(token: str) -> bool:
    """Return whether a token is a date, a time, a version, an address or a reference to a page."""
    joined = any(sign in token for sign in "-.:/")
    return "://" in token or (joined and all(letter.isdecimal() or letter in "-.:/+tzabcdefv" for letter in token.lower()))
