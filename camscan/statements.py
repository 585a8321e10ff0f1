"""What persons recorded, applied to the devices of one run: attestations before it is judged, exceptions after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from camscan.identify.attested import acquired_on, state
from camscan.identify.rules import Knowledge
from camscan.identity import Bindings, Identity
from camscan.model import (
    Asset,
    Attestation,
    DeviceException,
    Identification,
    Judgement,
    StandingAttestation,
    StatementsUsed,
)
from camscan.policy.exceptions import LONGEST, Register, expiry_warnings, with_status

MOST_WARNINGS = 20
"""Warnings of one kind that a report lists; the rest is a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The files of what persons recorded, as a run read them."""

    attestations: tuple[Attestation, ...] = ()
    attestations_from: StatementsUsed | None = None
    """None where no file was read."""
    exceptions: tuple[DeviceException, ...] = ()
    exceptions_from: StatementsUsed | None = None
    longest: int = LONGEST
    """Days for which an exception holds at most."""

    def __bool__(self) -> bool:
        """Return whether anything is recorded."""
        return bool(self.attestations or self.exceptions)


NOTHING_RECORDED = Recorded()


@dataclass(frozen=True, slots=True)
class Stated:
    """A device with what persons state of it."""

    asset: Asset
    identification: Identification
    attestations: tuple[StandingAttestation, ...] = ()
    acquired: date | None = None


class Statements:
    """Everything recorded, and which of it bore on the devices of a run."""

    def __init__(self, recorded: Recorded, knowledge: Knowledge, as_of: date) -> None:
        self._recorded, self._knowledge, self._as_of = recorded, knowledge, as_of
        self._attested = tuple(sorted(recorded.attestations, key=lambda one: one.id))
        self._bindings = Bindings((one.bound_to for one in self._attested), knowledge.claims)
        self._register = Register(recorded.exceptions, knowledge.claims, longest=recorded.longest)
        self._held: set[str] = set()
        self._not_yet: set[str] = set()
        self._lapsed: dict[str, str] = {}
        """Id → why."""

    def attest(self, asset: Asset, found: Identification, identity: Identity) -> Stated:
        """Return a device in view of what persons state of it; of a lapsed statement only that it lapsed. Without marks nothing names it."""
        if not identity:
            return Stated(asset, found)
        named = [(self._attested[number], changed) for number, changed in self._bindings.naming(identity)]
        if not named:
            return Stated(asset, found)
        standing = tuple(StandingAttestation(attestation=one, lapsed=_why(changed)) for one, changed in named)
        holding = [one.attestation for one in standing if not one.lapsed]
        self._held |= {one.id for one in holding}
        self._lapsed |= {one.attestation.id: one.lapsed for one in standing if one.lapsed}
        asset, found = state(asset, found, holding, self._knowledge)
        return Stated(asset, found, standing, acquired_on(holding))

    def beside(self, judgement: Judgement, found: Identification, identity: Identity) -> Judgement:
        """Return a judgement with the status of each finding; no verdict changes, and without marks no status."""
        if not identity:
            return judgement
        standing = with_status(judgement, found, identity, self._register, self._as_of)
        self._held |= set(standing.holds)
        self._lapsed |= dict.fromkeys(standing.lapsed, "")
        self._not_yet |= set(standing.not_yet)
        return standing.judgement

    def behind(self, judgement: Judgement) -> tuple[DeviceException, ...]:
        """Return the exceptions that give findings of a judgement their status, sorted by id."""
        named = {finding.exception for finding in judgement.findings if finding.exception}
        return tuple(entry for entry in self._register.entries if entry.id in named) if named else ()

    def used(self) -> tuple[StatementsUsed | None, StatementsUsed | None]:
        """Return the files of attestations and of exceptions with what of each held, lapsed or met no device."""
        recorded = self._recorded
        return (
            self._used(recorded.attestations_from, (one.id for one in self._attested)),
            self._used(recorded.exceptions_from, (entry.id for entry in self._register.entries)),
        )

    def _used(self, file: StatementsUsed | None, ids: Iterable[str]) -> StatementsUsed | None:
        if file is None:
            return None
        every = sorted(ids)
        lapsed = [one for one in every if one in self._lapsed and one not in self._held]
        return replace(
            file,
            used=tuple(one for one in every if one in self._held),
            lapsed=tuple(lapsed),
            not_yet=tuple(one for one in every if one in self._not_yet),
            not_seen=tuple(one for one in every if one not in self._held | self._lapsed.keys() | self._not_yet),
        )

    def warnings(self) -> tuple[str, ...]:
        """Return what has lapsed, what is about to, and what was recorded for longer than is allowed."""
        held = [one for one in self._register.entries if one.id in self._held]
        ended = [one for one in self._register.entries if one.id in self._lapsed and one.id not in self._held]
        lapsed = [
            f"attestation {one.id} of {one.device} has lapsed: {self._lapsed[one.id]}"
            for one in self._attested
            if one.id in self._lapsed
        ]
        lapsed += [f"exception {one.id} of {one.device} has lapsed (ticket {one.ticket}, {one.owner})" for one in ended]
        longer = [
            f"exception {one.id} is recorded until {one.expires_on.isoformat()}; it ends on {self._register.ends(one).isoformat()}, "
            f"for none holds longer than {self._register.longest} days"
            for one in held
            if (one.expires_on - one.recorded_on).days > self._register.longest
        ]
        later = [
            f"exception {one.id} of {one.device} was recorded on {one.recorded_on.isoformat()}, after the day of judgement, and does not count"
            for one in self._register.entries
            if one.id in self._not_yet
        ]
        near = expiry_warnings(self._register, self._as_of, [one.id for one in held])
        files = (self._recorded.attestations_from, self._recorded.exceptions_from)
        missing = [
            f"{file.file}: there is no such file, so nothing of it counted" for file in files if file and not file.sha256
        ]
        return tuple(text for kind in (missing, lapsed, near, later, longer) for text in _some(kind))


def _why(changed: Iterable[str]) -> str:
    what = "; ".join(changed)
    return f"the device is another one: {what}" if what else ""


def _some(texts: Iterable[str]) -> list[str]:
    listed = list(texts)
    more = len(listed) - MOST_WARNINGS
    return listed[:MOST_WARNINGS] + ([f"… and {more} more of these"] if more > 0 else [])
