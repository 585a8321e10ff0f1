"""Our own acceptances and replacement plans: which findings they stand beside, when they lapse, when that is near. No verdict changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from camscan.identity import Bindings, Identity
from camscan.model import Covered, DeviceException, Finding, Identification, Judgement, Verdict
from camscan.policy.totals import URGENCY

LONGEST = 180
"""Days for which an exception may be given where nothing else is configured."""
WARNED_AHEAD = (3, 14, 30)
"""Days before its end at which an exception is warned of, nearest first."""
STANDING = frozenset({Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.REVIEW})
"""Verdicts of findings that an exception can be given for."""
LONGEST_KEPT = 200
"""Characters that an exception keeps of what a device says of itself."""
LAPSED = "lapsed: "
"""Beginning of the note beside a finding whose exception holds no more."""
ENDED = "it ended on "
"""Why an exception lapsed that nothing but its day ended; the day follows."""
NO_WAIVER = "not a statutory exception or waiver"


class Register:
    """Exceptions by the marks of their devices."""

    def __init__(self, entries: Iterable[DeviceException], claims: Mapping[str, str], *, longest: int = LONGEST) -> None:
        """claims: as `correlate` takes them. longest: days that any of them may hold, whatever it says."""
        self.entries = tuple(sorted(entries, key=lambda entry: entry.id))
        self.longest = longest
        self._bindings = Bindings((entry.bound_to for entry in self.entries), claims)

    def naming(self, identity: Identity) -> tuple[tuple[DeviceException, tuple[str, ...]], ...]:
        """Return the exceptions of a device, each with what of its identity changed since."""
        return tuple((self.entries[number], changed) for number, changed in self._bindings.naming(identity))

    def ends(self, entry: DeviceException) -> date:
        """Return the last day on which an exception holds: never later than the configured length allows."""
        days = [entry.expires_on, entry.recorded_on + timedelta(days=self.longest)]
        return min([*days, entry.due] if entry.due is not None else days)


@dataclass(frozen=True, slots=True)
class Standing:
    """A judgement with the status of its findings, and the exceptions behind it."""

    judgement: Judgement
    holds: tuple[str, ...] = ()
    """Ids of exceptions of the device."""
    lapsed: tuple[str, ...] = ()
    not_yet: tuple[str, ...] = ()
    """Recorded after the day of judgement, so that nothing follows from them."""


def with_status(judgement: Judgement, found: Identification, identity: Identity, register: Register, as_of: date) -> Standing:
    """Return the judgement with a status on each finding that an exception was given for. Verdicts and findings stay as they are."""
    every = register.naming(identity)
    named = [(entry, changed) for entry, changed in every if entry.recorded_on <= as_of]
    told: dict[str, set[str]] = {entry.id: set() for entry, _ in named}
    findings = []
    for finding in judgement.findings:
        choices = [
            _beside(finding, covered, entry, changed, found, register, as_of)
            for entry, changed in named
            for covered in entry.covers
            if (covered.rule, covered.act) == (finding.rule, finding.act) and finding.verdict in STANDING
        ]
        for chosen, entry in choices:
            told[entry.id].add(chosen.status)
        findings.append(max(choices, key=_preference)[0] if choices else finding)
    ended = {entry.id for entry, changed in named if _why_lapsed(entry, changed, found, register, as_of)}
    lapsed = ended | {name for name, statuses in told.items() if statuses == {"lapsed"}}
    return Standing(
        replace(judgement, findings=tuple(findings)) if named else judgement,
        holds=tuple(sorted(told.keys() - lapsed)),
        lapsed=tuple(sorted(lapsed)),
        not_yet=tuple(sorted(entry.id for entry, _ in every if entry.id not in told)),
    )


def _preference(choice: tuple[Finding, DeviceException]) -> tuple[object, ...]:
    told, entry = choice
    return (told.status != "lapsed", entry.recorded_on, entry.id)


def _beside(
    finding: Finding,
    covered: Covered,
    entry: DeviceException,
    changed: tuple[str, ...],
    found: Identification,
    register: Register,
    as_of: date,
) -> tuple[Finding, DeviceException]:
    why = _why_lapsed(entry, changed, found, register, as_of)
    given_for = Verdict(covered.verdict)
    if not why and URGENCY.index(finding.verdict) < URGENCY.index(given_for):
        why = f"given for {_words(given_for)}, the finding is now {_words(finding.verdict)}"
    if why:
        note = f"{LAPSED}{why}{recorded_by(entry)}"
        return replace(finding, status="lapsed", exception=entry.id, status_note=note), entry
    return replace(finding, status=entry.status, exception=entry.id, status_note=note_of(entry, register, found)), entry


def note_of(entry: DeviceException, register: Register, found: Identification | None = None) -> str:
    """Return what is always printed beside an exception that holds. found: what the device is now."""
    note = note_until(entry, register.ends(entry).isoformat())
    if found is not None and entry.firmware and found.firmware and entry.firmware != printable(found.firmware):
        note += f"; its firmware changed since: {entry.firmware}, now {printable(found.firmware)}"
    return note


def recorded_by(entry: DeviceException) -> str:
    """Return how the note beside a lapsed exception ends."""
    return f"; recorded by {entry.owner}, ticket {entry.ticket}"


def note_until(entry: DeviceException, ends: str) -> str:
    """Return what is printed beside an exception of unchanged firmware that holds until a day."""
    until = f"until {ends}, ticket {entry.ticket}"
    if entry.status == "planned":
        return f"replacement by {entry.replacement}, {until}; recorded by {entry.owner}"
    return f"{until}: {entry.reason}; recorded by {entry.owner}; {NO_WAIVER}"


def printable(text: str) -> str:
    """Return the printable characters of what a device says of its firmware or model, as an exception keeps them."""
    return "".join(filter(str.isprintable, text))[:LONGEST_KEPT].strip()


def _why_lapsed(
    entry: DeviceException, changed: tuple[str, ...], found: Identification, register: Register, as_of: date
) -> str:
    """Return why an exception of this device holds no more; empty where it does."""
    ends = register.ends(entry)
    if ends < as_of:
        return f"{ENDED}{ends.isoformat()}"
    if changed:
        return f"the device is another one: {'; '.join(changed)}"
    if found.maker is not None and found.maker != entry.maker:
        return f"the maker was {entry.maker or 'not known'}, is {found.maker}"
    return ""


def expiry_warnings(register: Register, as_of: date, named: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return a warning for each exception that ends within 30 days, nearest first. named: ids to speak of; None: all of them.

    Each says which of the marks of 3, 14 and 30 days it has reached.
    """
    wanted = None if named is None else frozenset(named)
    near = []
    for entry in register.entries:
        left = days_left(entry, register, as_of)
        reached = next((days for days in WARNED_AHEAD if 0 <= left <= days), None)
        if reached is not None and entry.recorded_on <= as_of and (wanted is None or entry.id in wanted):
            when = "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"
            what = f"exception {entry.id} of {entry.device} ends {when}, on {register.ends(entry).isoformat()}"
            text = f"{what} (within {reached} days; ticket {entry.ticket}, recorded by {entry.owner})"
            near.append((left, entry.id, text))
    return tuple(text for _, _, text in sorted(near))


def days_left(entry: DeviceException, register: Register, as_of: date) -> int:
    """Return the days until an exception ends; negative where it has ended."""
    return (register.ends(entry) - as_of).days


def coverable(judgement: Judgement) -> tuple[Covered, ...]:
    """Return what an exception for a device would be given for: each finding of review and above, once."""
    strongest: dict[tuple[str, str], Verdict] = {}
    for finding in judgement.findings:
        if finding.verdict in STANDING:
            place = (finding.rule, finding.act)
            strongest[place] = min(strongest.get(place, finding.verdict), finding.verdict, key=URGENCY.index)
    return tuple(Covered(rule=rule, act=act, verdict=str(verdict)) for (rule, act), verdict in sorted(strongest.items()))


def _words(verdict: Verdict) -> str:
    return str(verdict).replace("_", " ")
