"""HTTP to one port of one device over a connection that is kept while the device keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from camscan.codecs import head as heads
from camscan.codecs.base import DecodeError
from camscan.collect.base import Ground
from camscan.collect.faults import Refused, Unanswered
from camscan.collect.net import READ_PATIENCE_S, Connection

ANSWER_LIMIT = 64 * 1024


class Line:
    """One port. A request is sent once; only one without an account is repeated where the device had closed the connection."""

    def __init__(self, ground: Ground, ip: str, port: int, *, tls: bool) -> None:
        self.port = port
        self._ground = ground
        self._ip = ip
        self._tls = tls
        self._connection: Connection | None = None
        self._closes = False
        """It closes after an answer without saying so."""

    async def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        content_type: str = "",
        authorization: bytes = b"",
        once: bool = False,
        until: Callable[[bytes], bool] | None = None,
    ) -> bytes:
        """Return the whole answer. once: it carries an account, and is never sent a second time. Raises CamscanError."""
        raw = self._request(method, path, body, content_type, authorization)
        clock = asyncio.get_running_loop().time
        if self._closes:
            await self.close()
        for last in (once or self._connection is None, True):
            connection = self._connection or await self._connect()
            self._connection = connection
            asked_at = clock()
            try:
                await connection.send(raw)
                self._ground.tally.sent += 1
                answer = await connection.receive(until or whole, limit=ANSWER_LIMIT)
            except Refused:
                answer = b""
            if answer:
                if not keeps(answer):
                    await self.close()
                return answer
            await self.close()
            if last or clock() - asked_at >= READ_PATIENCE_S * 0.9:  # silent, rather than closed since the last answer
                break
            self._closes = True
        raise Unanswered("no answer")

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def _connect(self) -> Connection:
        self._ground.tally.sent += 1
        connection = await self._ground.net.connect(self._ip, self.port)
        if self._tls:
            try:
                await connection.start_tls()
            except (Refused, Unanswered):
                await connection.close()
                raise
        return connection

    def _request(self, method: str, path: str, body: bytes, content_type: str, authorization: bytes) -> bytes:
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {authority(self._ip, self.port, tls=self._tls)}",
            f"User-Agent: {self._ground.user_agent}",
            "Accept: */*",
            "Connection: keep-alive",
        ]
        if content_type:
            lines.append(f"Content-Type: {content_type}")
        if method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        head = "".join(f"{line}\r\n" for line in lines).encode("latin-1", "replace")
        return head + (b"Authorization: " + authorization + b"\r\n" if authorization else b"") + b"\r\n" + body


def keeps(answer: bytes) -> bool:
    """Return whether a server waits for another request on the connection of its answer."""
    try:
        head = heads.parse(answer)
    except DecodeError:
        return False
    wishes = (head.get("connection") or "").lower()
    kept = "keep-alive" in wishes if head.start.upper().startswith("HTTP/1.0") else "close" not in wishes
    return kept and heads.behind(head) == b""


def authority(ip: str, port: int, *, tls: bool) -> str:
    """Return host and port as a URL writes them, without the usual port."""
    host = f"[{ip}]" if ":" in ip else ip
    return host if port == (443 if tls else 80) else f"{host}:{port}"


def whole(buffer: bytes) -> bool:
    """Return whether a response has all the bytes that its head states; one that states none ends with the connection."""
    body_at = heads.complete_head(buffer)
    if body_at is None:
        return False
    try:
        head = heads.parse(buffer)
    except DecodeError:
        return True
    if "chunked" in (head.get("transfer-encoding") or "").lower():
        return heads.behind(head) is not None
    length = heads.content_length(head)
    return head.status in (204, 304) or (length is not None and len(buffer) - body_at >= length)
