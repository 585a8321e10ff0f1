"""Tables of the switches and routers that the operator names, read by SNMP side by side."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from camscan.codecs.base import DecodeError
from camscan.collect.base import Ground, NotAsked
from camscan.collect.snmpaccess import SnmpAccess
from camscan.collect.snmpagent import Agent, SnmpLine, Speakers
from camscan.errors import CamscanError

T = TypeVar("T")


class TableReader(ABC, Generic[T]):
    """A collector's way to the tables of what was named to it; it holds the accounts from the start to `close`."""

    APPLIANCE: ClassVar[str]
    """What is read, in one word."""
    NOT_ASKED: ClassVar[str]
    """What the run lacks where nothing was named, and how to name it."""

    def __init__(self, access: SnmpAccess | None = None) -> None:
        self._access = access or SnmpAccess()
        self._speakers = Speakers()
        self._line: SnmpLine | None = None

    @property
    @abstractmethod
    def asked(self) -> tuple[str, ...]:
        """The addresses to read."""

    @abstractmethod
    async def _tables_of(self, ground: Ground, agent: Agent) -> T:
        """Return what the tables of one appliance show. Raises CamscanError, DecodeError, OSError."""

    def open(self, ground: Ground) -> None:
        """Open the sockets. Raises NotAsked where nothing was named, MissingTool where version 3 cannot be spoken."""
        if not self.asked:
            raise NotAsked(self.NOT_ASKED)
        for account in self._access.accounts.values():
            self._speakers.of(account)
        self._line = SnmpLine(ground)

    def close(self) -> None:
        """Close the sockets and forget the accounts."""
        if self._line is not None:
            self._line.close()
        self._access = SnmpAccess()
        self._speakers.forget()

    async def _read_all(self, ground: Ground) -> list[T]:
        """Return what could be read, in the order of `asked`; what could not is a gap of the run."""
        assert self._line is not None
        self._line.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                reading = [tasks.create_task(self._read(ground, self._line, ip)) for ip in self.asked]
        finally:
            self._line.stop()
        return [found for task in reading for found in task.result()]

    async def _read(self, ground: Ground, line: SnmpLine, ip: str) -> list[T]:
        account = self._access.account(ip)
        if account is None:
            ground.tally.unfinished.append(f"{self.APPLIANCE} {ip}: no community or user was given for it")
            return []
        try:
            agent = Agent(ground, line, ip, account, self._speakers.of(account), infrastructure=True)
            return [await self._tables_of(ground, agent)]
        except (CamscanError, DecodeError, OSError) as fault:
            ground.tally.unfinished.append(account.masked(f"{self.APPLIANCE} {ip}: {fault}"))
            return []
