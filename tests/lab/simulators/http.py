"""An embedded web server: fixed pages with header lines exactly as written, keep-alive, one request at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING

from tests.lab.simulators.tls import Certificate, server_context

if TYPE_CHECKING:
    from tests.lab.place import Place

IDLE_S = 5.0
MAX_BODY = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Page:
    """One answer. `lines` are header lines as sent; `{date}` and `{length}` in them become the date and the body's length."""

    status: str = "200 OK"
    lines: tuple[str, ...] = ()
    body: bytes = b""
    login: str = ""
    """How the account in the request fared; empty where it bore none."""


Responder = Callable[[str, bytes], Page]
"""Takes the request's head and body."""


@dataclass(frozen=True, kw_only=True)
class Http:
    """Serves `pages` by path (without the query; a key that ends in `*` by prefix), `gets` and `posts` by path, else `otherwise`."""

    port: int = 80
    pages: Mapping[str, Page] = field(default_factory=dict)
    gets: Mapping[str, Responder] = field(default_factory=dict)
    posts: Mapping[str, Responder] = field(default_factory=dict)
    otherwise: Page = Page(status="404 Not Found")
    tls: Certificate | None = None
    keep_alive: bool = True
    line_end: str = "\r\n"
    exclusive: bool = False
    """One connection at a time: the next waits until this one is closed."""

    async def start(self, place: Place) -> None:
        """Serve requests."""
        turn = asyncio.Lock()
        tls = server_context(self.tls) if self.tls is not None else None

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if self.exclusive:
                async with turn:
                    while await self._exchange(reader, writer, place):
                        pass
                return
            more = True
            while more:
                head = await _read_head(reader)
                async with turn:
                    more = await self._answer(head, reader, writer, place)

        await place.serve_connections(place.tcp(self.port), talk, tls=tls)

    def _page(self, path: str) -> Page:
        if path in self.pages:
            return self.pages[path]
        starts = [key for key in self.pages if key.endswith("*") and path.startswith(key[:-1])]
        return self.pages[max(starts, key=len)] if starts else self.otherwise

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: Place) -> bool:
        return await self._answer(await _read_head(reader), reader, writer, place)

    async def _answer(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: Place) -> bool:
        text = head.decode("latin-1")
        request, _, rest = text.partition("\r\n")
        scheme = "https" if self.tls is not None else "http"
        place.tally.request(f"{scheme}:{self.port} {request}")
        place.tally.bytes_received += len(head)
        words = request.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/"):
            writer.write(b"HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return False
        fields = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest.split("\r\n"))
        }
        length = fields.get("content-length", "0")
        body = await reader.readexactly(min(int(length), MAX_BODY)) if length.isdecimal() else b""
        if self.tls is not None:
            place.tally.request_inside_tls(head + body)
        method, target, version = words
        path = target.partition("?")[0]
        page = self._page(path)
        if method == "POST" and path in self.posts:
            page = self.posts[path](text, body)
        elif method == "GET" and path in self.gets:
            page = self.gets[path](text, body)
        elif method not in ("GET", "HEAD"):
            page = Page(status="405 Method Not Allowed", lines=self.otherwise.lines)
        if page.login:
            place.tally.login(page.login)
        said_close = any(line.lower() == "connection: close" for line in page.lines)
        more = self.keep_alive and version == "HTTP/1.1" and fields.get("connection", "").lower() != "close" and not said_close
        values = {"{date}": formatdate(usegmt=True), "{length}": str(len(page.body))}
        lines = [f"HTTP/1.1 {page.status}", *(_filled(line, values) for line in page.lines)]
        names = {line.partition(":")[0].lower() for line in page.lines}
        if "content-length" not in names:
            lines.append(f"Content-Length: {len(page.body)}")
        if "connection" not in names:
            lines.append("Connection: keep-alive" if more else "Connection: close")
        end = self.line_end
        writer.write((end.join(lines) + end + end).encode("latin-1") + (b"" if method == "HEAD" else page.body))
        await writer.drain()
        return more


def _filled(line: str, values: Mapping[str, str]) -> str:
    for mark, value in values.items():
        line = line.replace(mark, value)
    return line


async def _read_head(reader: asyncio.StreamReader) -> bytes:
    return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE_S)


def html(title: str, content: str = "") -> bytes:
    """Return a small page."""
    return f"<!doctype html>\n<html><head><title>{title}</title></head><body>{content}</body></html>\n".encode()


def refused(*challenges: str, lines: tuple[str, ...] = (), body: bytes = b"") -> Page:
    """Return a 401 with these WWW-Authenticate values."""
    return Page(status="401 Unauthorized", lines=(*lines, *(f"WWW-Authenticate: {value}" for value in challenges)), body=body)
