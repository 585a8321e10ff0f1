"""What one run, or several that complete one another, knew of the devices of a site, and where a device would have been seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from ipaddress import ip_address, ip_network
from typing import Self

from camscan.history.closeness import concluding, fades, settled
from camscan.history.reach import CLOSENESS, Piece, pieces
from camscan.model import Coverage, CoverageLevel, DeviceException, DeviceFacts, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The devices of a site as known at one time."""

    run: str
    """Id of the run; of several, that of the newest."""
    started_at: datetime
    as_of: date
    site: str
    policies: tuple[str, ...]
    data_version: str
    complete: bool
    coverage: tuple[Coverage, ...]
    facts: Mapping[int, DeviceFacts]
    """By number of the device."""
    exceptions: Mapping[str, DeviceException] = field(default_factory=dict)
    """Those that the run used, by id."""

    @classmethod
    def of(
        cls,
        name: str,
        run: Run,
        complete: bool,
        coverage: tuple[Coverage, ...],
        devices: Sequence[DeviceFacts],
        exceptions: Sequence[DeviceException] = (),
    ) -> Self:
        """Return what one run knew. name: under which it is kept."""
        return cls(
            run=name,
            started_at=run.started_at,
            as_of=run.as_of,
            site=run.site.name,
            policies=run.policies,
            data_version=run.data_version,
            complete=complete,
            coverage=coverage,
            facts={one.device: one for one in devices},
            exceptions={one.id: one for one in exceptions},
        )

    def looked_at(self, site: str, ips: Sequence[str]) -> CoverageLevel | None:
        """Return how closely a complete run looked at any of the addresses; None where none did, so that absence says nothing."""
        if not self.complete:
            return None
        found = {
            one.level
            for one in self.coverage
            if one.complete and one.level in CLOSENESS and (one.site or self.site) == site and _holds(one.range, ips)
        }
        return next((level for level in CLOSENESS if level in found), None)

    def would_have_seen(self, site: str, ips: Sequence[str], than: Sight) -> bool:
        """Return whether a device at these addresses that `than` saw, or would have seen, answers this run too."""
        level, before = self.looked_at(site, ips), than.looked_at(site, ips)
        return level is not None and (before is None or CLOSENESS.index(level) <= CLOSENESS.index(before))

    def reach(self) -> frozenset[Piece]:
        """Return where a device that is there would have been seen; nowhere where the run is incomplete."""
        return pieces(self.coverage, self.site) if self.complete else frozenset()


def overlaid(sights: Sequence[Sight]) -> Sight:
    """Return what several runs knew together: of each device the newest, and what a look at it could not show as the ones before it did.

    Whom a later run would have seen and did not see is not among them. Raises ValueError for no run.
    """
    if not sights:
        raise ValueError("no run to know anything from")
    first, *later = sorted(sights, key=lambda one: (one.started_at, one.run))
    facts, known_from = dict(first.facts), dict.fromkeys(first.facts, first)
    for sight in later:
        for number in facts.keys() - sight.facts.keys():
            state = facts[number].state
            if sight.would_have_seen(state.site, state.ips, known_from[number]):
                del facts[number]
        for number, seen in sight.facts.items():
            before = facts.get(number)
            if before is not None:
                same_data = known_from[number].data_version == sight.data_version
                closely = sight.looked_at(seen.state.site, seen.state.ips) is not None
                seen, _ = after_a_look(before, seen, closely=closely, same_data=same_data)
            facts[number], known_from[number] = seen, sight
    newest = later[-1] if later else first
    complete = [one for one in (first, *later) if one.complete]
    return replace(
        newest,
        complete=bool(complete),
        coverage=tuple(dict.fromkeys(row for one in complete for row in one.coverage)) if complete else newest.coverage,
        facts=facts,
        exceptions={name: entry for one in (first, *later) for name, entry in one.exceptions.items()},
    )


def after_a_look(before: DeviceFacts, seen: DeviceFacts, *, closely: bool, same_data: bool) -> tuple[DeviceFacts, bool]:
    """Return what is known of a device after a look, and whether what it is recognised as stays from before."""
    faded = fades(before.state, seen.state, closely=closely)
    state = settled(before.state, seen.state, by_itself=same_data or faded)
    if faded:
        state = concluding(state, before.state)
    return replace(seen, state=state, attached_to=seen.attached_to or before.attached_to), faded


def _holds(network: str, ips: Sequence[str]) -> bool:
    try:
        within = ip_network(network, strict=False)
        return any(ip_address(ip.partition("%")[0]) in within for ip in ips)
    except ValueError:
        return False
