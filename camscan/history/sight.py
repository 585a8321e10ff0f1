"""What one run, or several that complete one another, knew of the devices of a site, and where a device would have been seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

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
        return _closest(self._rows(site, ips, whole=True)) if self.complete else None

    def level(self, site: str, ips: Sequence[str]) -> CoverageLevel | None:
        """Return how closely the run looked at any of the addresses, to its end or not; None where a device there can only have been heard."""
        return _closest(self._rows(site, ips, whole=False))

    def would_have_seen(self, site: str, ips: Sequence[str], level: CoverageLevel | None) -> bool:
        """Return whether a device at these addresses, which a look so close had shown, answers this run too."""
        own = self.looked_at(site, ips)
        return own is not None and (level is None or CLOSENESS.index(own) <= CLOSENESS.index(level))

    def _rows(self, site: str, ips: Sequence[str], *, whole: bool) -> Iterator[Coverage]:
        """Yield what was covered of the addresses. whole: to its end."""
        for one in self.coverage:
            if (one.complete or not whole) and (one.site or self.site) == site and _holds(one.range, ips):
                yield one

    def reach(self) -> frozenset[Piece]:
        """Return where a device that is there would have been seen; nowhere where the run is incomplete."""
        return pieces(self.coverage, self.site) if self.complete else frozenset()


def _closest(rows: Iterable[Coverage]) -> CoverageLevel | None:
    found = {one.level for one in rows}
    return next((level for level in CLOSENESS if level in found), None)


def _holds(network: str, ips: Sequence[str]) -> bool:
    within = _network(network)
    return within is not None and any(one in within for ip in ips if (one := _address(ip)) is not None)


@lru_cache(maxsize=1024)
def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=16384)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None
