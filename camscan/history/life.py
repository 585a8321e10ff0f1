"""The life of one device as kept runs tell it: since when it was where, with which firmware, judged how, and when it was not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from camscan.history.changes import what_it_is
from camscan.history.closeness import same_firmware
from camscan.history.places import port_words
from camscan.history.statuses import status_words
from camscan.model import Attestation, DeviceException, KnownDevice, Sighting, is_local_mac


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A run, and whether it would have seen the device."""

    run: str
    at: datetime
    policies: tuple[str, ...]
    looked: bool
    """A complete run looked at an address that the device had until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A value that held over several runs in a row."""

    what: str
    value: str
    first: datetime
    """Start of the first run that shows it."""
    last: datetime
    run: str
    """Id of that first run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One device over time."""

    device: KnownDevice
    spans: tuple[Span, ...]
    """By property, each in the order of time; `absent` for times in which complete runs did not see it."""
    runs: int
    """How many saw it."""
    attestations: tuple[Attestation, ...] = ()
    """Those that runs used and that name it."""
    exceptions: tuple[DeviceException, ...] = ()


def life_of(
    device: KnownDevice,
    sightings: Sequence[Sighting],
    looks: Sequence[Look],
    attestations: Iterable[Attestation] = (),
    exceptions: Iterable[DeviceException] = (),
) -> Life:
    """Return the life of a device. sightings and looks: oldest first; looks: every run of its site."""
    policies = {look.run: ", ".join(look.policies) for look in looks}
    entries = {one.id: one for one in exceptions}
    told = [
        _spans("address", sightings, lambda one: ", ".join(one.facts.state.ips)),
        _spans("interface", sightings, lambda one: ", ".join(mac for mac in one.facts.state.macs if not is_local_mac(mac))),
        _spans("switch port", sightings, _port),
        _spans("firmware", sightings, lambda one: one.facts.state.firmware or "", same_firmware),
        _spans("recognised as", sightings, lambda one: what_it_is(one.facts.state)),
        *(
            _spans(f"verdict by {name}", [one for one in sightings if policies.get(one.run, "") == name], _verdict)
            for name in sorted(set(policies.values()) - {""})
        ),
        _spans("exception", sightings, lambda one: _statuses(one, entries)),
        _absent(sightings, looks),
    ]
    marks = {mark.text for mark in device.marks}
    named = {finding.exception for one in sightings for finding in one.facts.state.findings if finding.exception}
    return Life(
        device=device,
        spans=tuple(span for spans in told for span in spans),
        runs=len(sightings),
        attestations=tuple(one for one in attestations if marks & set(one.bound_to)),
        exceptions=tuple(entry for name, entry in sorted(entries.items()) if name in named),
    )


def _port(one: Sighting) -> str:
    attached = one.facts.attached_to
    return port_words(one.facts.state) if attached is not None and attached.direct else ""


def _verdict(one: Sighting) -> str:
    return str(one.facts.state.verdict or "")


def _statuses(one: Sighting, entries: Mapping[str, DeviceException]) -> str:
    told = {finding.exception: finding.status for finding in one.facts.state.findings if finding.exception}
    return ", ".join(f"{name} {status_words(status, entries.get(name))}" for name, status in sorted(told.items()))


def _spans(
    what: str, sightings: Sequence[Sighting], value: Callable[[Sighting], str], same: Callable[[str, str], bool] | None = None
) -> Iterator[Span]:
    """Yield what held how long; a run that did not tell interrupts nothing."""
    current: Span | None = None
    for one in sightings:
        said = value(one)
        if not said:
            continue
        if current is not None and (said == current.value or (same is not None and same(said, current.value))):
            current = replace(current, last=one.started_at, value=max(current.value, said, key=len) if same else said)
            continue
        if current is not None:
            yield current
        current = Span(what=what, value=said, first=one.started_at, last=one.started_at, run=one.run)
    if current is not None:
        yield current


def _absent(sightings: Sequence[Sighting], looks: Sequence[Look]) -> Iterator[Span]:
    """Yield the times in which complete runs looked for the device and did not see it, since it was first seen."""
    seen = {one.run for one in sightings}
    first = sightings[0].started_at if sightings else None
    current: Span | None = None
    for look in looks:
        if first is None or look.at < first:
            continue
        if look.run in seen:
            if current is not None:
                yield current
            current = None
        elif look.looked:
            began = current.first if current is not None else look.at
            run = current.run if current is not None else look.run
            current = Span(what="absent", value="not seen", first=began, last=look.at, run=run)
    if current is not None:
        yield current
