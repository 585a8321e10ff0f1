"""The heartbeat of a run: its begin and its end in the chain of the store."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from camscan.cli.clock import now

if TYPE_CHECKING:
    from camscan.history.heartbeat import Heartbeat, Recorded
    from camscan.pipeline import Judging
    from camscan.store.store import Store


@dataclass(slots=True)
class Pulse:
    """What the chain knows of a run."""

    judging: Judging
    unattended: bool = False
    begun: Recorded | None = None
    """The record of its begin."""
    ended: bool = False
    """Its end is recorded."""
    head: str = ""
    """Of the chain after its newest record; empty before the first."""

    def begin(self, store: Store) -> None:
        """Record that it began. Raises StoreError."""
        from camscan.history.heartbeat import Heartbeat

        begun = Heartbeat(
            event="began",
            at=now(),
            site=self.judging.site.name,
            command=self.judging.command,
            machine=socket.gethostname(),
            unattended=self.unattended,
            policies=self.judging.policies,
            version=self._version,
            data_version=self.judging.knowledge.version,
        )
        self.begun = self._record(store, begun)

    def keep(self, store: Store, name: str) -> None:
        """Note that its end was recorded as the run was kept under this id. Raises StoreError."""
        self.ended = True
        self.head = store.run(name).run.chain_head

    def fail(self, store: Store, because: str) -> None:
        """Record that it came to nothing, unless its end is recorded. Raises StoreError."""
        from camscan.history.heartbeat import Heartbeat

        if self.ended:
            return
        failed = Heartbeat(
            event="failed",
            at=now(),
            site=self.judging.site.name,
            command=self.judging.command,
            machine=socket.gethostname(),
            unattended=self.unattended,
            version=self._version,
            began=self.begun.number if self.begun is not None else 0,
            because=because,
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
