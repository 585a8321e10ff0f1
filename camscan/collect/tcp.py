"""One driver for every stream codec: asks the open ports of each live host, one after the other, as little as it can.

The port only orders what is said first; the bytes that come back choose the codec, and lead to at most one second try. Servers of
SSH, FTP and Telnet speak first: they are listened to, and nothing is ever sent to them.
One web server of each host is asked for a page that no device has: what it shows for any path is no mark of a device.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

from camscan.codecs import banner, control, http, rtsp, tls
from camscan.codecs.base import DecodeError, StreamCodec, ip_from_text
from camscan.codecs.outcome import Undecoded
from camscan.codecs.registry import dispatch_stream
from camscan.collect.base import Ground, Host, Stage, nonce_of
from camscan.collect.faults import BudgetSpent, OutOfScope, Refused, Unanswered
from camscan.collect.followed import PRINTING
from camscan.collect.net import READ_LIMIT, READ_PATIENCE_S, Connection, TlsPeer
from camscan.model import Endpoint, Fields, Observation, StreamHead, Via

FIRST_PORTS = (80, 443, 554)
"""Asked first of every device."""
GREETING_PORTS = (21, 23, 22)
"""FTP, Telnet, SSH: listened to and never spoken to; those first whose greetings name a model the most often."""
FURTHER_PORTS = (8000, 8080, 81, 88, 8443, 8554, 8899, 34567, 37777, *GREETING_PORTS)
GREETED_ELSEWHERE = frozenset({2121, 2222, 2323})
"""Usual other ports of such servers, where a device announces one."""
QUIET_PORTS = frozenset({34567, 37777})
"""Vendor SDKs of Xiongmai and Dahua: connected to and never spoken to."""
SUGGESTED_AT_MOST = 6
"""Ports taken from what a device announced."""
GREETING_S = 0.3
"""How long a server on a port without a known protocol may speak first, and the pause that ends a greeting of several lines."""
GREETING_LIMIT = 4 * 1024
BLOCK = 512
"""Hosts visited at the same time. The kernel's neighbour table holds about a thousand and then drops silently."""
NOWHERE = Endpoint("0.0.0.0", 0)
"""The client's end of a connection of ours, which says nothing of the server."""
CONTROL_ROUND = 0
"""Round of the nonce in the control's path, one for all hosts of a run."""
_PORT_FIELDS = ("tcp.port", ".http_port")
"""How the names of fields end that hold the number of a port worth a visit."""
_URL_FIELDS = frozenset({"wsd.xaddrs", "ssdp.location"})


class Way(Enum):
    """What is said first on a port."""

    HTTP = "http"
    RTSP = "rtsp"
    TLS = "tls"
    WAIT = "wait"
    """Wait for a greeting, then ask in HTTP."""
    LISTEN = "listen"
    """Wait for a greeting, and say nothing to whatever comes."""
    QUIET = "quiet"
    """As LISTEN, where hardly anything is to be heard."""


MUTE = frozenset({Way.LISTEN, Way.QUIET})
"""Nothing is sent, whatever the server says."""


@dataclass(slots=True)
class Visit:
    """One host while it is being asked."""

    host: Host
    nonce: bytes
    """Of the negative control."""
    seen: list[Observation] = field(default_factory=list)
    controlled: bool = False
    """The negative control was sent."""
    weighed: int = -1
    """How much had been seen when it was last asked whether that is enough."""
    enough: bool = False


@dataclass(slots=True)
class Talk:
    """What was said on one connection."""

    sent: bytes = b""
    received: bytes = b""
    peer: TlsPeer | None = None
    """What the TLS handshake showed; None on a plain connection."""
    tls_failed: bool = False
    hung_up: bool = False
    """The server closed before it answered the last request, having answered one."""


class Tcp:
    """Asks HTTP, RTSP and TLS servers who they are, without credentials."""

    NAME = "tcp"
    STAGE = Stage.BANNERS

    def open(self, ground: Ground) -> None:
        """Nothing needs a privilege."""

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Visit every host; within a block all at once, the ports of one host in order, as many at a time as the pace allows."""
        waiting, nonce = iter(hosts), nonce_of(ground, CONTROL_ROUND)
        while block := list(itertools.islice(waiting, BLOCK)):
            async with asyncio.TaskGroup() as visits:
                for host in block:
                    visits.create_task(self._visit_to_its_end(ground, Visit(host, nonce)))

    def close(self) -> None:
        """Nothing stays open."""

    async def _visit_to_its_end(self, ground: Ground, visit: Visit) -> None:
        await self._visit(ground, visit)
        ground.visited(visit.host)

    async def _visit(self, ground: Ground, visit: Visit) -> None:
        """Ask the ports of one host until enough is known or its budget is spent."""
        if not ground.guard.allows_mac(ground.macs.get(visit.host.ip) or visit.host.mac):
            return
        printing = sorted(PRINTING & _announced(visit.host).keys())
        if printing:
            named = ", ".join(map(str, printing))
            ground.tally.refused.add(
                f"{visit.host.ip}: announced, and not asked, because printers print what is sent there: port {named}"
            )
        before = ground.asked_before(visit.host)
        visit.controlled = any(seen.values("http.control.status") for seen in visit.host.observations)
        ports = iter([port for port in ports_of(visit.host) if str(port) not in before])
        async with asyncio.TaskGroup() as lines:
            for _ in range(ground.net.meter.pace.connections_at_once):
                lines.create_task(self._ask_in_turn(ground, visit, ports))

    async def _ask_in_turn(self, ground: Ground, visit: Visit, ports: Iterator[int]) -> None:
        """Ask the next port until none is left, enough is known or the budget is spent."""
        for port in ports:
            if self._is_enough(ground, visit):
                return
            try:
                await self._ask(ground, visit, port)
            except (Refused, Unanswered):
                pass
            except BudgetSpent:
                ground.tally.budget_hosts.add(visit.host.ip)
                return
            except OutOfScope:
                return
            ground.asked(visit.host, str(port))

    def _is_enough(self, ground: Ground, visit: Visit) -> bool:
        """Return whether the visit may end; weighed anew only where something has been seen since."""
        if visit.weighed != len(visit.seen):
            visit.weighed = len(visit.seen)
            visit.enough = ground.enough(visit.host, visit.seen)
        return visit.enough

    async def _ask(self, ground: Ground, visit: Visit, port: int) -> None:
        """Ask one port, and once more where the answer names another protocol. Raises what `Net.connect` raises."""
        way = way_of(port)
        talk = await self._talk(ground, visit, port, way)
        unread = self._take(ground, visit, port, talk)
        self._emit(ground, visit, "tcp", (("tcp.port", str(port)),), port, unread)
        other = another_way(way, talk)
        if other is not None:
            self._take(ground, visit, port, await self._talk(ground, visit, port, other))

    async def _talk(self, ground: Ground, visit: Visit, port: int, way: Way) -> Talk:
        """Hold one conversation. A server that hangs up after the first of several answers is called once more."""
        talk = Talk()
        await self._call(ground, visit, port, way, talk)
        if talk.hung_up:
            try:
                await self._call(ground, visit, port, way, talk, skip=1)
            except (Refused, Unanswered):
                pass
            except BudgetSpent:
                ground.tally.budget_hosts.add(visit.host.ip)
        return talk

    async def _call(self, ground: Ground, visit: Visit, port: int, way: Way, talk: Talk, skip: int = 0) -> None:
        """Connect and speak. Raises what `Net.connect` raises; a connection that breaks later leaves what came before."""
        ground.tally.sent += 1
        connection = await ground.net.connect(visit.host.ip, port)
        try:
            if way is Way.TLS:
                talk.peer = await connection.start_tls()
            if way is Way.LISTEN:
                talk.received = await greeting(connection)
            elif way in (Way.QUIET, Way.WAIT):
                talk.received = await connection.receive(bool, patience_s=GREETING_S)
            if way not in MUTE and not (way is Way.WAIT and talk.received):
                codec, host = rtsp if way is Way.RTSP else http, authority(visit.host.ip, port, way)
                await self._exchange(ground, connection, codec, host, talk, skip)
                if codec is http and not visit.controlled and http.bears_another(talk.received):
                    visit.controlled = True
                    await self._control(ground, connection, control.request(host, ground.user_agent, visit.nonce), talk)
        except (Refused, Unanswered):
            talk.tls_failed = way is Way.TLS and talk.peer is None
        finally:
            await connection.close()

    async def _exchange(
        self, ground: Ground, connection: Connection, codec: StreamCodec, host: str, talk: Talk, skip: int
    ) -> None:
        """Send a codec's requests, each after the answer to the one before."""
        clock = asyncio.get_running_loop().time
        talk.hung_up = False
        for request in codec.greetings(host, ground.user_agent)[skip:]:
            room = READ_LIMIT - len(talk.received)
            if room <= 0:
                return
            asked_at = clock()
            talk.hung_up = bool(talk.received) and not skip  # until the answer has come
            await connection.send(request)
            ground.tally.sent += 1
            talk.sent += request
            answer = await connection.receive(codec.complete, limit=room)
            if not answer:
                talk.hung_up = talk.hung_up and clock() - asked_at < READ_PATIENCE_S * 0.9
                return
            talk.hung_up = False
            talk.received += answer

    async def _control(self, ground: Ground, connection: Connection, request: bytes, talk: Talk) -> None:
        """Ask on a connection that is open anyway for a page that no device has; no answer is no harm."""
        room = READ_LIMIT - len(talk.received)
        if room <= 0:
            return
        await connection.send(request)
        ground.tally.sent += 1
        talk.sent += request
        talk.received += await connection.receive(http.complete, limit=room)

    def _take(self, ground: Ground, visit: Visit, port: int, talk: Talk) -> bytes:
        """Emit what a conversation says of the device. Return what no codec recognised."""
        host = visit.host
        if talk.peer is not None:
            self._take_certificate(ground, visit, port, talk.peer)
        if not talk.received:
            return b""
        head = StreamHead(
            client=NOWHERE,
            server=Endpoint(host.ip, port),
            sent=talk.sent,
            received=talk.received,
            received_at=ground.now(),
            via=Via.ACTIVE,
            server_mac=ground.macs.get(host.ip) or host.mac,
            over_tls=talk.peer is not None,
        )
        match dispatch_stream(head, collector=self.NAME, site=ground.site):
            case Observation() as seen:
                ground.tally.received += 1
                self._keep(ground, visit, seen)
                return b""
            case Undecoded() as undecoded:
                ground.tally.could_not_read(undecoded)
            case None if not tls.is_alert(talk.received) and not banner.recognise(head):
                ground.tally.could_not_read(
                    Undecoded(protocol=self.NAME, reason="no codec recognises the first bytes", sample=talk.received[:256])
                )
        return talk.received

    def _take_certificate(self, ground: Ground, visit: Visit, port: int, peer: TlsPeer) -> None:
        der = peer.certificate or b""
        try:
            said = tls.observe_certificate(der, peer.version) if der else tls.observe_version(peer.version)
        except DecodeError as fault:
            ground.tally.could_not_read(Undecoded(protocol=tls.NAME, reason=str(fault), sample=der[:256]))
            said = tls.observe_version(peer.version)
        if said:
            ground.tally.received += 1
            self._emit(ground, visit, tls.NAME, said, port, der)

    def _emit(self, ground: Ground, visit: Visit, protocol: str, said: Fields, port: int, raw: bytes) -> None:
        host = visit.host
        self._keep(ground, visit, ground.observed(protocol, self.NAME, said, ip=host.ip, port=port, mac=host.mac, raw=raw))

    def _keep(self, ground: Ground, visit: Visit, seen: Observation) -> None:
        visit.seen.append(seen)
        ground.emit(seen)


async def greeting(connection: Connection) -> bytes:
    """Return what a server says unasked, ≤ GREETING_LIMIT bytes: of SSH the one line before the keys, else all up to a pause."""
    heard = await connection.receive(banner.complete, limit=GREETING_LIMIT)
    if heard.startswith(b"SSH-"):
        line, end, _ = heard.partition(b"\n")
        return line + end
    for _ in range(banner.MAX_LINES):
        more = await connection.receive(bool, limit=GREETING_LIMIT - len(heard), patience_s=GREETING_S) if heard else b""
        if not more:
            break
        heard += more
    return heard


def ports_of(host: Host) -> tuple[int, ...]:
    """Return the ports to ask, in order: the usual three, those that the device announced, printers' left out, the rest."""
    suggested = [port for port in _announced(host) if port not in FIRST_PORTS and port not in PRINTING][:SUGGESTED_AT_MOST]
    return tuple(dict.fromkeys((*FIRST_PORTS, *suggested, *FURTHER_PORTS)))


def _announced(host: Host) -> dict[int, None]:
    """Return the ports that a device announced, in the order in which it did."""
    announced: dict[int, None] = {}
    for seen in host.observations:
        for name, value in seen.fields:
            if name.endswith(_PORT_FIELDS):
                announced.update(dict.fromkeys(_number(value)))
            elif name in _URL_FIELDS:
                announced.update(dict.fromkeys(port for url in value.split()[:8] for port in _port_of_url(url, host.ip)))
    return announced


def way_of(port: int) -> Way:
    """Return what to say first on a port."""
    if port in QUIET_PORTS:
        return Way.QUIET
    if port in GREETING_PORTS or port in GREETED_ELSEWHERE:
        return Way.LISTEN
    if port in tls.PORTS:
        return Way.TLS
    if port in rtsp.PORTS:
        return Way.RTSP
    return Way.HTTP if port in http.PORTS else Way.WAIT


def another_way(way: Way, talk: Talk) -> Way | None:
    """Return in which protocol to ask again, judged by the bytes that came; None where the answer is final."""
    if way in MUTE:
        return None
    if way is Way.TLS:
        return Way.HTTP if talk.tls_failed else None
    if tls.is_alert(talk.received) or http.expects_https(talk.received):
        return Way.TLS
    start = talk.received[:5].upper()
    if start == b"RTSP/" and way is not Way.RTSP:
        return Way.RTSP
    return Way.HTTP if start == b"HTTP/" and way is Way.RTSP else None


def authority(ip: str, port: int, way: Way) -> str:
    """Return host and port as a URL writes them; HTTP leaves out the usual port."""
    host = f"[{ip}]" if ":" in ip else ip
    usual = {Way.TLS: 443, Way.RTSP: None}.get(way, 80)
    return host if port == usual else f"{host}:{port}"


def _number(value: str) -> tuple[int, ...]:
    """Return a port in decimal, or nothing."""
    return (int(value),) if value.isascii() and value.isdigit() and len(value) <= 5 and 0 < int(value) < 65_536 else ()


def _port_of_url(url: str, ip: str) -> tuple[int, ...]:
    """Return the port of a URL that a device handed out, where it points at the device itself; else nothing."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        return (port,) if port and ip_from_text(parts.hostname or "") == ip else ()
    except ValueError:
        return ()
