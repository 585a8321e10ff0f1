"""What those who wait are told of a scan: which stage it is in, how many hosts had their turn, who answered so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from camscan.collect.base import Host, Stage
from camscan.collect.forecast import name_of
from camscan.model import CAMERA_KINDS, Identification
from camscan.progress import Steps


class Track:
    """Follows a scan. forecast: the seconds of each stage by name, given how many hosts are alive, or None before that is known."""

    def __init__(self, steps: Steps, forecast: Callable[[int | None], Mapping[str, float]]) -> None:
        self._steps = steps
        self._forecast = forecast
        self._answered: set[str] = set()
        self._cameras: set[str] = set()
        self._turns = 0
        self._over: set[str] = set()
        steps.expect(forecast(None))

    def begin(self, stage: Stage) -> None:
        """Take that a stage begins; whom it visits is worked out next."""
        self._turns = 0
        self._over.clear()
        self._steps.enter(name_of(stage))

    def visiting(self, stage: Stage, hosts: int) -> None:
        """Take how many hosts a stage visits."""
        self._turns = hosts
        if stage is Stage.PRESENCE:
            return
        better = dict(self._forecast(hosts))
        if stage is not Stage.DEEP:
            # How many stay unidentified is known last.
            better.pop(name_of(Stage.DEEP), None)
        self._steps.expect(better)

    def heard(self, ip: str) -> None:
        """Take that something came from an address inside the scope."""
        if ip not in self._answered:
            self._answered.add(ip)
            self._steps.found(len(self._answered), len(self._cameras))

    def looked_at(self, host: Host, found: Identification) -> None:
        """Take what a host is, by what is known so far."""
        known = host.ip in self._cameras
        if known != (found.kind in CAMERA_KINDS):
            (self._cameras.discard if known else self._cameras.add)(host.ip)
            self._steps.found(len(self._answered), len(self._cameras))

    def visited(self, host: Host) -> None:
        """Take that a host's turn is over, with one collector of the stage or with several."""
        if host.ip not in self._over:
            self._over.add(host.ip)
            self._steps.done(len(self._over), self._turns)
