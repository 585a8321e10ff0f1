"""Identity reads without a login: what the evidence of a device suggests, at most two requests, none repeated.

The requests are data (`fingerprints/reads/`). Beside them stand two that open standards describe: the UPnP description at the address
that SSDP announced, and a conversation with the ONVIF device service, which counts as one read: it is for devices that announced
ONVIF and whose maker or model is open, and ends as soon as nothing is open. Where the maker stays open after that, the icon of the
front page is asked for, which its hash makes known. Requests to one port share a connection where the server keeps it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from camscan.codecs import favicon, onvif
from camscan.codecs.base import DecodeError
from camscan.codecs.outcome import Undecoded
from camscan.codecs.registry import dispatch_stream
from camscan.collect.account import DEFAULT
from camscan.collect.base import Ground, Host, Stage
from camscan.collect.faults import BudgetSpent, OutOfScope, Refused, Unanswered
from camscan.collect.followed import description, port_of, service
from camscan.collect.line import ANSWER_LIMIT, authority, keeps, whole
from camscan.collect.net import READ_PATIENCE_S, Connection
from camscan.collect.tcp import NOWHERE
from camscan.identify.reads import message, missing, refused, suits
from camscan.model import Endpoint, Identification, Observation, StreamHead, Via

PER_DEVICE = 2
"""Reads of one device in a run."""
ONVIF_CALLS: tuple[tuple[str, frozenset[str]], ...] = (
    ("GetDeviceInformation", frozenset({"maker", "model"})),
    ("GetHostname", frozenset({"maker", "model"})),
    ("GetEndpointReference", frozenset({"maker"})),
    ("GetServices", frozenset({"maker"})),
    ("GetCapabilities", frozenset({"maker"})),
)
"""What may be asked of a device service without a login, and what of `missing` it can tell: first what some devices tell anybody
and tells all, then the calls that the ONVIF Core specification opens to everybody (access class PRE_AUTH), the shortest answer first.
GetSystemDateAndTime is open too and tells nothing of the maker: it is asked before signing alone."""
AT_ONCE = 256
"""Devices visited at the same time."""
SPARED = frozenset({"429", "503"})
"""Statuses of servers that have too much to do."""
REQUEST, READ = "request ", "read "
"""How what was asked is written down for a resumed run."""
CLOSED = frozenset({"401", "403"})
"""Statuses of a front page behind a login: its icon is not asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to one port of a device."""

    id: str
    read: str = ""
    """What it belongs to, where that is more than this request; all requests of one read count once."""
    port: int
    tls: bool
    method: str = "GET"
    path: str
    body: bytes = b""
    content_type: str = ""

    @property
    def read_id(self) -> str:
        """What counts as one read."""
        return self.read or self.id


@dataclass(slots=True)
class Visit:
    """One device while it is being asked."""

    host: Host
    seen: list[Observation] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    """Ids of requests."""
    reads: set[str] = field(default_factory=set)
    before: frozenset[str] = frozenset()
    """Reads that began before the run was interrupted."""
    line: tuple[int, Connection] | None = None
    """The connection that the last answer left open, and its port."""
    spared: bool = False
    """It asked to be left alone, or left a request unanswered."""

    def may(self, request: Request) -> bool:
        """Return whether a request is new and belongs to one of the reads that the device gets."""
        begun = self.reads | self.before
        return request.id not in self.asked and (request.read_id in begun or len(begun) < PER_DEVICE)


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
                visits.create_task(self._visit(ground, begun(ground, host), places))

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
                await self._ask_icon(ground, visit)
            except BudgetSpent:
                ground.tally.budget_hosts.add(host.ip)
            except OutOfScope:
                pass
            finally:
                await hang_up(visit)
            ground.visited(host)

    async def _ask_all(self, ground: Ground, visit: Visit) -> None:
        """Send what suits, one request after the answer to the other. Raises BudgetSpent and OutOfScope."""
        host = visit.host
        while not visit.spared and not ground.enough(host, visit.seen):
            found = ground.identify(host, visit.seen)
            request = next((one for one in self._open_questions(ground, visit, found) if visit.may(one)), None)
            if request is None:
                return
            visit.asked.add(request.id)
            visit.reads.add(request.read_id)
            try:
                await self._ask(ground, visit, request)
            except (Refused, Unanswered):
                await hang_up(visit)
            ground.asked(host, REQUEST + request.id)
            ground.asked(host, READ + request.read_id)

    async def _ask_icon(self, ground: Ground, visit: Visit) -> None:
        """Ask for the icon of the front page where the maker is still open, and emit its hashes alone.

        Most servers have none and send a page in its place, which says nothing. Raises BudgetSpent and OutOfScope.
        """
        host, request = visit.host, icon_of(visit.host)
        if request is None or request.id in visit.asked or visit.spared or ground.enough(host, visit.seen):
            return
        found = ground.identify(host, visit.seen)
        if found.kind in ("software", "other") or "maker" not in missing(found):
            return
        place = authority(host.ip, request.port, tls=request.tls)
        try:
            answer = await self._answer(ground, visit, request, message("GET", request.path, place, ground.user_agent))
            said = favicon.observe(favicon.decode(answer))
        except (Refused, Unanswered, DecodeError):
            return
        ground.tally.received += 1
        seen = ground.observed("http", self.NAME, said, ip=host.ip, port=request.port, mac=host.mac, raw=answer)
        visit.seen.append(seen)
        ground.emit(seen)

    def _open_questions(self, ground: Ground, visit: Visit, found: Identification) -> Iterator[Request]:
        """Yield the requests that suit a device, the likeliest to tell something first."""
        host = visit.host
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
        if not self._credentials & {host.ip, DEFAULT}:
            announced = service(host)
            _note_refused(ground, host, announced.refused)
            if announced.url is not None:
                yield from onvif_calls(visit, announced.url, missing(found))
        described = description(host)
        _note_refused(ground, host, described.refused)
        if described.url is not None:
            tls = described.url.lower().startswith("https:")
            yield Request(id="upnp", port=port_of(described.url), tls=tls, path=urlsplit(described.url).path or "/")

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


def begun(ground: Ground, host: Host) -> Visit:
    """Return the visit of a host, which goes on where an interrupted part of the run left it."""
    before = ground.asked_before(host)
    return Visit(
        host,
        asked={what.removeprefix(REQUEST) for what in before if what.startswith(REQUEST)},
        before=frozenset(what.removeprefix(READ) for what in before if what.startswith(READ)),
    )


def onvif_calls(visit: Visit, url: str, wanted: Collection[str]) -> Iterator[Request]:
    """Yield the calls of a device service that can tell what is wanted. url: where it stands.

    All but the first only over the connection that the one before left open, and none once it asked for a login where anybody may ask.
    """
    if "onvif" in visit.reads and (visit.line is None or visit.line[0] != port_of(url)):
        return
    answers = [seen for seen in visit.seen if "onvif" in visit.reads and seen.port == port_of(url)]
    closed = sum("401" in seen.values("http.status") for seen in answers) > 1
    listed = any(seen.values("onvif.service") for seen in answers)
    for name, tells in ONVIF_CALLS:
        if closed or not tells & set(wanted) or (name == "GetCapabilities" and listed):
            continue
        yield Request(
            id=f"onvif.{name}",
            read="onvif",
            port=port_of(url),
            tls=url.lower().startswith("https:"),
            method="POST",
            path=urlsplit(url).path or onvif.PATH,
            body=onvif.request(name),
            content_type="application/soap+xml; charset=utf-8",
        )


async def hang_up(visit: Visit) -> None:
    """Close the open connection of a visit."""
    if visit.line is not None:
        (_, connection), visit.line = visit.line, None
        await connection.close()


def web_port(host: Host) -> int | None:
    """Return the port whose web server is asked: in plain HTTP before TLS, the usual one first; None where none answered."""
    ports: dict[int, tuple[bool, bool, int, int]] = {}
    for seen in host.observations:
        if seen.protocol == "http" and seen.port and SPARED.isdisjoint(seen.values("http.status")):
            elsewhere = any(url.lower().startswith("https:") for url in seen.values("http.location"))
            ports[seen.port] = (elsewhere, over_tls(host, seen.port), seen.port not in (80, 443), seen.port)
    return min(ports, key=ports.__getitem__, default=None)


def icon_of(host: Host) -> Request | None:
    """Return the request for the icon of a front page: where the page links to on its own host, else where icons usually are.

    None without an open front page, and for a server that answers any path with what is no text: its icon would be anybody's.
    """
    port = web_port(host)
    pages = [seen for seen in host.observations if seen.protocol == "http" and seen.port == port]
    if port is None or any(not CLOSED.isdisjoint(seen.values("http.status")) for seen in pages):
        return None
    if any("200" in seen.values("http.control.status") and not seen.values("http.control.body") for seen in pages):
        return None
    linked = (favicon.path_in(body) for seen in pages for body in seen.values("http.body"))
    path = next((path for path in linked if path is not None and refused(path, "") is None), favicon.USUAL_PATH)
    return Request(id=favicon.USUAL_PATH, port=port, tls=over_tls(host, port), path=path)


def over_tls(host: Host, port: int) -> bool:
    """Return whether a port of a device showed a TLS handshake."""
    return any(seen.protocol == "tls" and seen.port == port for seen in host.observations)


def _note_refused(ground: Ground, host: Host, why: str) -> None:
    if why:
        ground.tally.refused.add(f"{host.ip}: {why}")
