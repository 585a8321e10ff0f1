"""Asks SNMP agents through our own net: one question at a time each, with bounds on everything that they may answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from camscan.codecs import snmp, snmpquery
from camscan.codecs.base import DecodeError
from camscan.codecs.ber import Arcs
from camscan.codecs.outcome import Undecoded
from camscan.codecs.snmpquery import Answer, Binding
from camscan.collect.base import Ground, MissingTool, nonce_of
from camscan.collect.faults import Unanswered
from camscan.collect.patience import patience
from camscan.collect.snmpaccess import Account
from camscan.collect.snmpv3 import AskAgain, Version3
from camscan.collect.sockets import UdpSocket
from camscan.errors import CamscanError

PORT = 161
PATIENCE_S = 2.0
RECEIVES_AT_ONCE = 64
ROWS_AT_ONCE = 24
"""Rows asked for in one question: the answer fits into one Ethernet frame."""
ROWS_AT_MOST = 20_000
QUESTIONS_AT_MOST = 1_500
SECONDS_AT_MOST = 90.0
"""Of one agent: the tables of a large switch; an endless one ends here."""
MAX_OCTETS = 1_024
"""Octets kept of one value."""
DISCOVERIES = 2
"""Questions of version 3 that are repeated with what the agent told of itself."""
_TOO_BIG = 1
_FIRST_VERSION_OF_USM = 3

T = TypeVar("T")


class AgentMisbehaves(CamscanError):  # noqa: N818  (what the agent did, not a failure of ours)
    """An agent answers as none does that means well; it is asked no further."""


@dataclass(slots=True)
class Walked:
    """Rows of some columns, in the agent's order."""

    rows: list[Binding] = field(default_factory=list)
    cut: str = ""
    """Why there may be more; empty where it is all."""

    def of(self, column: Arcs) -> list[Binding]:
        """Return the rows of one column."""
        return [row for row in self.rows if row[0][: len(column)] == column]


@dataclass(slots=True)
class _Waiting:
    future: asyncio.Future[object]
    read: Callable[[bytes], object | None]


class SnmpLine:
    """The sockets of one collector, and who waits for an answer on them."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._sockets: dict[bool, UdpSocket] = {False: ground.net.udp_socket(None)}
        with contextlib.suppress(OSError):  # a kernel without IPv6
            self._sockets[True] = ground.net.udp_socket_v6(None)
        self._waiting: dict[str, _Waiting] = {}

    def start(self) -> None:
        """Begin to read."""
        for sock in self._sockets.values():
            asyncio.get_running_loop().add_reader(sock.socket.fileno(), self._receive, sock)

    def stop(self) -> None:
        """Stop reading."""
        for sock in self._sockets.values():
            asyncio.get_running_loop().remove_reader(sock.socket.fileno())

    def close(self) -> None:
        """Close the sockets."""
        for sock in self._sockets.values():
            sock.close()

    async def exchange(self, ip: str, payload: bytes, read: Callable[[bytes], T | None], *, infrastructure: bool) -> T:
        """Return what `read` makes of an answer to one message. Raises Unanswered, OutOfScope, OSError, and what `read` raises.

        read: returns None for a datagram that is no answer to this question.
        """
        sock = self._sockets.get(":" in ip)
        if sock is None:
            raise Unanswered(f"{ip}: this machine has no IPv6")
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._waiting[ip] = _Waiting(future, read)
        try:
            await (sock.to_infrastructure if infrastructure else sock.to_device)(payload, ip, PORT)
            self._ground.tally.sent += 1
            async with patience(PATIENCE_S):
                return await future  # type: ignore[return-value]
        except TimeoutError:
            raise Unanswered(f"{ip}: no answer within {PATIENCE_S:g} s") from None
        finally:
            del self._waiting[ip]

    def _receive(self, sock: UdpSocket) -> None:
        for _ in range(RECEIVES_AT_ONCE):
            received = sock.receive()
            if received is None:
                return
            payload, (ip, port), _ = received
            waiting = self._waiting.get(ip)
            if waiting is None or port != PORT or waiting.future.done():
                continue
            try:
                value = waiting.read(payload)
            except DecodeError as fault:
                undecoded = Undecoded(protocol=snmp.NAME, reason=str(fault), sample=snmp.without_secrets(payload)[:256])
                self._ground.tally.could_not_read(undecoded)
            except CamscanError as fault:
                waiting.future.set_exception(fault)
            else:
                if value is not None:
                    waiting.future.set_result(value)


class Agent:
    """One agent and the account by which it is asked."""

    def __init__(
        self,
        ground: Ground,
        line: SnmpLine,
        ip: str,
        account: Account,
        version3: Version3 | None,
        *,
        infrastructure: bool = False,
    ) -> None:
        """version3: where the account is a user. infrastructure: a switch or router that the operator named, asked once more
        where a question stays unanswered.
        """
        self.ip = ip
        self._ground = ground
        self._line = line
        self._account = account
        self._version3 = version3
        self._infrastructure = infrastructure
        self._number = int.from_bytes(nonce_of(ground, len(ip))[:4]) & 0x3FFFFFFF
        self._questions = QUESTIONS_AT_MOST
        self._rows = ROWS_AT_MOST
        self._until = asyncio.get_running_loop().time() + SECONDS_AT_MOST
        self.raw = b""
        """The last answer as it may be kept: of version 2c without its community, of version 3 nothing."""

    async def get(self, names: Sequence[Arcs]) -> Answer:
        """Return the answer to one Get. Raises CamscanError, OSError."""
        return await self._ask(partial(snmpquery.get, names=names))

    def message(self, answer: Answer) -> snmp.Message:
        """Return an answer as the codec of captures sees it. Raises DecodeError."""
        return snmp.of_response(answer.pdu, _FIRST_VERSION_OF_USM if self._version3 else 1)

    async def walk(self, *columns: Arcs) -> Walked:
        """Return all rows of some columns of one table. Raises CamscanError, OSError, where not even the first question is answered."""
        walked = Walked()
        last: dict[Arcs, Arcs] = {column: column for column in columns}
        repetitions = max(1, ROWS_AT_ONCE // len(columns))
        while last and not walked.cut and not self._exhausted():
            try:
                answer = await self._ask(partial(snmpquery.get_bulk, names=tuple(last.values()), repetitions=repetitions))
            except Unanswered as fault:
                if not walked.rows:
                    raise
                walked.cut = str(fault)
                continue
            if answer.error == _TOO_BIG and repetitions > 1:
                repetitions //= 2
                continue
            self._take(answer, last, walked)
        walked.cut = walked.cut or (self._exhausted() if last else "")
        return walked

    def _take(self, answer: Answer, last: dict[Arcs, Arcs], walked: Walked) -> None:
        """Add the rows of one answer, and leave in `last` the columns that go on. Raises AgentMisbehaves."""
        columns = tuple(last)
        grown: set[Arcs] = set()
        ended: set[Arcs] = set(columns) if answer.error else set()
        for place, (name, value) in enumerate(() if answer.error else answer.bindings):
            column = columns[place % len(columns)]
            if column in ended:
                continue
            if value is None or name[: len(column)] != column:
                ended.add(column)
                continue
            if name <= last[column]:
                raise AgentMisbehaves(f"{self.ip}: its tables do not go forward; it was asked no further")
            last[column] = name
            grown.add(column)
            if self._rows > 0:
                self._rows -= 1
                walked.rows.append((name, value[:MAX_OCTETS] if isinstance(value, bytes) else value))
        for column in columns:
            if column in ended or not grown:
                del last[column]

    def _exhausted(self) -> str:
        """Return which bound is reached; empty where none is."""
        if self._rows <= 0:
            return f"more than {ROWS_AT_MOST} rows"
        if self._questions <= 0:
            return f"more than {QUESTIONS_AT_MOST} questions"
        return f"more than {SECONDS_AT_MOST:g} s" if asyncio.get_running_loop().time() >= self._until else ""

    async def _ask(self, pdu: Callable[[int], bytes]) -> Answer:
        for last in (not self._infrastructure, True):
            try:
                return await self._ask_once(pdu)
            except Unanswered:
                if last:
                    raise
        raise AssertionError("unreachable")

    async def _ask_once(self, pdu: Callable[[int], bytes]) -> Answer:
        for _ in range(1 + DISCOVERIES):
            self._number += 1
            self._questions -= 1
            question = pdu(self._number)
            if self._version3 is not None:
                payload = self._version3.question(self.ip, question)
            else:
                payload = snmpquery.version_2c(self._account.community.encode(), question)
            found = await self._line.exchange(self.ip, payload, self._read, infrastructure=self._infrastructure)
            if isinstance(found, Answer):
                return found
        raise AgentMisbehaves(f"{self.ip}: tells its name or clock anew each time")

    def _read(self, raw: bytes) -> Answer | AskAgain | None:
        """Return the answer to the question that is open; None for another. Raises DecodeError, Version3Refused."""
        found = snmpquery.answer_in_2c(raw) if self._version3 is None else self._version3.reply(self.ip, raw)
        if isinstance(found, Answer):
            if found.request_id != self._number:
                return None
            self.raw = snmp.without_secrets(raw) if self._version3 is None else b""
        return found


class Speakers:
    """What speaks version 3, made once for each user."""

    def __init__(self) -> None:
        self._made: dict[Account, Version3] = {}

    def of(self, account: Account) -> Version3 | None:
        """Return it; None for an account of version 2c. Raises MissingTool without pysnmp, Version3Refused for unusable keys."""
        if account.community:
            return None
        if account not in self._made:
            try:
                self._made[account] = Version3(account)
            except ImportError:
                raise MissingTool("the library pysnmp is not installed: pip install pysnmp") from None
        return self._made[account]

    def forget(self) -> None:
        """Forget every key."""
        self._made.clear()
