"""Identity reads without a login: what the evidence of a device suggests, at most two requests, none repeated.

The requests are data (`fingerprints/reads/`). Beside them stand two that open standards describe: the ONVIF device information,
which some devices tell anybody, and the UPnP description at the address that SSDP announced. Both requests to one port share a
connection where the server keeps it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from camscan.codecs import head as heads
from camscan.codecs import onvif
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import Undecoded, dispatch_stream
from camscan.collect.base import Ground, Host, Stage
from camscan.collect.net import READ_PATIENCE_S, BudgetSpent, Connection, OutOfScope, Refused, Unanswered
from camscan.collect.onvif import DEFAULT, device_service, port_of
from camscan.collect.tcp import NOWHERE
from camscan.identify.reads import message, missing, refused, suits
from camscan.model import Endpoint, Identification, Observation, StreamHead, Via

PER_DEVICE = 2
"""Requests to one device in a run."""
ANSWER_LIMIT = 64 * 1024
AT_ONCE = 256
"""Devices visited at the same time."""
SPARED = frozenset({"429", "503"})
"""Statuses of servers that have too much to do."""
MAX_URL = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to one port of a device."""

    id: str
    port: int
    tls: bool
    method: str = "GET"
    path: str
    body: bytes = b""
    content_type: str = ""


@dataclass(slots=True)
class Visit:
    """One device while it is being asked."""

    host: Host
    seen: list[Observation] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    line: tuple[int, Connection] | None = None
    """The connection that the last answer left open, and its port."""
    spared: bool = False
    """It asked to be left alone, or left a request unanswered."""


class Reads:
    """Asks devices for what their evidence leaves open."""

    NAME = "reads"
    STAGE = Stage.READS

    def __init__(self, credentials: Collection[str] = ()) -> None:
        """credentials: the addresses that ONVIF is asked of with a password; `default` for all."""
        self._credentials = frozenset(credentials)

    def open(self, ground: Ground) -> None:
        """Nothing needs a privilege."""

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Visit the devices, many at a time."""
        places = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as visits:
            for host in hosts:
                visits.create_task(self._visit(ground, Visit(host), places))

    def close(self) -> None:
        """Nothing stays open."""

    async def _visit(self, ground: Ground, visit: Visit, places: asyncio.Semaphore) -> None:
        """Ask one device until enough is known, nothing suits, or it has had its two requests."""
        host = visit.host
        async with places:
            if not ground.guard.allows_mac(ground.macs.get(host.ip) or host.mac):
                return
            try:
                await self._ask_all(ground, visit)
            except BudgetSpent:
                ground.tally.budget_hosts.add(host.ip)
            except OutOfScope:
                pass
            finally:
                await hang_up(visit)

    async def _ask_all(self, ground: Ground, visit: Visit) -> None:
        """Send what suits, one request after the answer to the other. Raises BudgetSpent and OutOfScope."""
        host = visit.host
        while len(visit.asked) < PER_DEVICE and not visit.spared and not ground.enough(host, visit.seen):
            found = ground.identify(host, visit.seen)
            request = next((one for one in self._open_questions(ground, host, found) if one.id not in visit.asked), None)
            if request is None:
                return
            visit.asked.add(request.id)
            try:
                await self._ask(ground, visit, request)
            except (Refused, Unanswered):
                await hang_up(visit)

    def _open_questions(self, ground: Ground, host: Host, found: Identification) -> Iterator[Request]:
        """Yield the requests that suit a device, the likeliest to tell something first."""
        messages = [seen.fields for seen in host.observations]
        port = web_port(host)
        if port is not None:
            for read in ground.reads:
                if suits(read, found, messages):
                    yield Request(
                        id=read.id,
                        port=port,
                        tls=over_tls(host, port),
                        method=read.method,
                        path=read.path,
                        body=read.body.encode(),
                        content_type=read.content_type,
                    )
        if found.kind in ("software", "other") or not missing(found) & {"maker", "model"}:
            return
        url = device_service(host)
        if url is not None and refused(urlsplit(url).path, "") is None and not self._credentials & {host.ip, DEFAULT}:
            yield Request(
                id="onvif",
                port=port_of(url),
                tls=url.lower().startswith("https:"),
                method="POST",
                path=urlsplit(url).path or onvif.PATH,
                body=onvif.get_device_information(),
                content_type="application/soap+xml; charset=utf-8",
            )
        url = description(host)
        if url is not None:
            yield Request(id="upnp", port=port_of(url), tls=url.lower().startswith("https:"), path=urlsplit(url).path or "/")

    async def _ask(self, ground: Ground, visit: Visit, request: Request) -> None:
        """Send one request and emit the answer. Raises what `Net.connect` and `Connection` raise."""
        host = visit.host
        raw = message(
            request.method,
            request.path,
            authority(host.ip, request.port, tls=request.tls),
            ground.user_agent,
            request.body,
            request.content_type,
        )
        answer = await self._answer(ground, visit, request, raw)
        if not answer:  # a device that a request silences is fragile, or wants none
            visit.spared = True
            return
        head = StreamHead(
            client=NOWHERE,
            server=Endpoint(host.ip, request.port),
            sent=raw,
            received=answer,
            received_at=ground.now(),
            via=Via.ACTIVE,
            server_mac=ground.macs.get(host.ip) or host.mac,
            over_tls=request.tls,
        )
        match dispatch_stream(head, collector=self.NAME, site=ground.site):
            case Observation() as seen:
                ground.tally.received += 1
                visit.seen.append(seen)
                visit.spared = not SPARED.isdisjoint(seen.values("http.status"))
                ground.emit(seen)
            case Undecoded() as undecoded:
                ground.tally.could_not_read(undecoded)

    async def _answer(self, ground: Ground, visit: Visit, request: Request, raw: bytes) -> bytes:
        """Return the answer, on the open connection to that port, or on a new one where the server had closed it."""
        clock = asyncio.get_running_loop().time
        if visit.line is not None and visit.line[0] == request.port:
            connection, asked_at = visit.line[1], clock()
            with contextlib.suppress(Refused):
                await connection.send(raw)
                ground.tally.sent += 1
                answer = await connection.receive(whole, limit=ANSWER_LIMIT)
                if answer or clock() - asked_at >= READ_PATIENCE_S * 0.9:  # silent, rather than closed before
                    return answer
        await hang_up(visit)
        ground.tally.sent += 1
        connection = await ground.net.connect(visit.host.ip, request.port)
        visit.line = (request.port, connection)
        if request.tls:
            await connection.start_tls()
        await connection.send(raw)
        ground.tally.sent += 1
        answer = await connection.receive(whole, limit=ANSWER_LIMIT)
        if not keeps(answer):
            await hang_up(visit)
        return answer


async def hang_up(visit: Visit) -> None:
    """Close the open connection of a visit."""
    if visit.line is not None:
        (_, connection), visit.line = visit.line, None
        await connection.close()


def keeps(answer: bytes) -> bool:
    """Return whether a server waits for another request on the connection of its answer."""
    try:
        head = heads.parse(answer)
    except DecodeError:
        return False
    wishes = (head.get("connection") or "").lower()
    kept = "keep-alive" in wishes if head.start.upper().startswith("HTTP/1.0") else "close" not in wishes
    return kept and heads.behind(head) == b""


def web_port(host: Host) -> int | None:
    """Return the port whose web server is asked: in plain HTTP before TLS, the usual one first; None where none answered."""
    ports: dict[int, tuple[bool, bool, int, int]] = {}
    for seen in host.observations:
        if seen.protocol == "http" and seen.port and SPARED.isdisjoint(seen.values("http.status")):
            elsewhere = any(url.lower().startswith("https:") for url in seen.values("http.location"))
            ports[seen.port] = (elsewhere, over_tls(host, seen.port), seen.port not in (80, 443), seen.port)
    return min(ports, key=ports.__getitem__, default=None)


def over_tls(host: Host, port: int) -> bool:
    """Return whether a port of a device showed a TLS handshake."""
    return any(seen.protocol == "tls" and seen.port == port for seen in host.observations)


def description(host: Host) -> str | None:
    """Return the address of the UPnP description that a device announced for itself; None where it announced none.

    Anybody can announce in a device's name: an address with a query, or that changes something, is not asked for.
    """
    for url in sorted({url for seen in host.observations for url in seen.values("ssdp.location")}):
        try:
            parts = urlsplit(url)
            own = parts.scheme in ("http", "https") and parts.hostname == host.ip and parts.port != 0
            own = own and not parts.query and refused(parts.path, "") is None
        except ValueError:
            continue
        if own and len(url) <= MAX_URL and url.isascii() and url.isprintable() and " " not in url:
            return url
    return None


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
