"""The heartbeat of a run: its begin and its end in the chain of the store."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from camscan.cli.clock import now

if TYPE_CHECKING:
    from camscan.assessment import Judging
    from camscan.history.heartbeat import Heartbeat, Recorded
    from camscan.store.store import Store


@dataclass(slots=True)
class Pulse:
    """What the chain knows of a run."""

    site: str
    command: str
    unattended: bool = False
    policies: tuple[str, ...] = ()
    data_version: str = ""
    begun: Recorded | None = None
    """The record of its begin."""
    ended: bool = False
    """Its end is recorded."""
    head: str = ""
    """Of the chain after its newest record; empty before the first."""

    @classmethod
    def of(cls, judging: Judging, *, unattended: bool = False) -> Pulse:
        """Return that of a run of which all is known by which it judges."""
        made = cls(site=judging.site.name, command=judging.command, unattended=unattended)
        made.judged_by(judging)
        return made

    def judged_by(self, judging: Judging) -> None:
        """Take what is known as soon as the data is read."""
        self.site, self.policies, self.data_version = judging.site.name, judging.policies, judging.knowledge.version

    def begin(self, store: Store) -> None:
        """Record that it began. Raises StoreError."""
        from camscan.history.heartbeat import Heartbeat

        begun = Heartbeat(
            event="began",
            at=now(),
            site=self.site,
            command=self.command,
            machine=socket.gethostname(),
            unattended=self.unattended,
            policies=self.policies,
            version=self._version,
            data_version=self.data_version,
        )
        self.begun = self._record(store, begun)

    def keep(self, store: Store, name: str) -> None:
        """Note that its end was recorded as the run was kept under this id. Raises StoreError."""
        self.ended = True
        self.head = store.run(name).run.chain_head

    def tell(self, store: Store, name: str) -> None:
        """Record that all who were to hear of the run that is kept under this id did. Raises StoreError."""
        from camscan.history.heartbeat import Heartbeat

        store.record(Heartbeat(event="told", at=now(), site=self.site, command=self.command, run=name))

    def fail(self, store: Store, because: str, *, locked_out: bool = False) -> None:
        """Record that it came to nothing, unless its end is recorded. locked_out: as in Heartbeat. Raises StoreError."""
        from camscan.history.heartbeat import Heartbeat

        if self.ended:
            return
        failed = Heartbeat(
            event="failed",
            at=now(),
            site=self.site,
            command=self.command,
            machine=socket.gethostname(),
            unattended=self.unattended,
            version=self._version,
            began=self.begun.number if self.begun is not None else 0,
            because=because,
            locked_out=locked_out,
        )
        self._record(store, failed)
        self.ended = True

    def _record(self, store: Store, beat: Heartbeat) -> Recorded:
        recorded = store.record(beat)
        self.head = recorded.head
        return recorded

    @property
    def _version(self) -> str:
        from camscan import __version__

        return __version__
