"""DNS-SD by zeroconf: browses for the services of cameras on the links of the scope and resolves what it finds."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from camscan.codecs import mdns
from camscan.collect.base import Ground, Host, MissingTool, NotAsked, NotNeeded, Stage

if TYPE_CHECKING:
    from zeroconf import ServiceStateChange, Zeroconf
    from zeroconf.asyncio import AsyncServiceInfo

    from camscan.collect.querier import Querier

BROWSE_LONGER_S = 1.0
"""Than the group probes are listened for: a browser asks a third time after three seconds (RFC 6762 §5.2)."""
RESOLVE_MS = 3_000
"""Milliseconds for one service; zeroconf asks again meanwhile."""
SERVICES_AT_MOST = 4_096
"""Services that are noted; anybody can announce any number."""
ASKED_OF_A_RESPONDER = 16
"""Services of one responder that are asked for what it did not announce with them; what it did costs no question."""
ASKED_AT_MOST = 512
"""Services that are asked for in all: a source address can be made up, too."""
ASKED_AT_ONCE = 128
"""Services that are asked for at the same time, divided by the links on which each is."""
ENUMERATION = "_services._dns-sd._udp"
Service = tuple[str, str]
"""Type and name."""


class Mdns:
    """Browses with zeroconf; raw answers that name other services are heard by the multicast collector."""

    NAME = "mdns"
    STAGE = Stage.PRESENCE

    def __init__(self, *, browse_s: float | None = None, resolve_ms: int = RESOLVE_MS) -> None:
        """resolve_ms: for one service."""
        self._browse_s = browse_s
        self._resolve_ms = resolve_ms

    def open(self, ground: Ground) -> None:
        """Check library, links and guard. Raises MissingTool or NotAsked."""
        try:
            import zeroconf  # noqa: F401
        except ImportError:
            raise MissingTool("the library zeroconf is not installed: pip install zeroconf") from None
        if not any(interface.addresses or interface.link_local for interface in ground.interfaces):
            raise NotNeeded("no range of the scope is on a link of this machine, so names announced there are not heard")
        if not _places(ground):
            raise NotAsked("the scope does not allow mDNS")

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Browse for a fixed time, then resolve what was found."""
        from zeroconf import Error, IPVersion
        from zeroconf.asyncio import AsyncZeroconf

        from camscan.collect.querier import Querier

        places = _places(ground)
        v4, v6 = (any(isinstance(place, kind) for place in places) for kind in (str, int))
        family = IPVersion.All if v4 and v6 else IPVersion.V6Only if v6 else IPVersion.V4Only
        try:
            querier = Querier(ground.net.meter, ground.tally, places, family)
        except (OSError, RuntimeError) as fault:  # RuntimeError: an interface lost its address since
            ground.tally.unfinished.append(f"mDNS on {', '.join(places.values())}: {getattr(fault, 'strerror', None) or fault}")
            return
        closing = AsyncZeroconf(zc=querier)
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(querier.send_waiting())
            try:
                found = await self._browse(ground, querier)
                await self._resolve_all(ground, querier, found, max(1, ASKED_AT_ONCE // len(places)))
            except (OSError, Error) as fault:
                ground.tally.unfinished.append(f"mDNS: {type(fault).__name__}: {fault}")
            finally:
                sending.cancel()
                await closing.async_close()
        if querier.left_out:
            ground.tally.unfinished.append(f"mDNS: {querier.left_out:,} questions were not sent: too many were waiting")

    def close(self) -> None:
        """Nothing stays open."""

    async def _browse(self, ground: Ground, querier: Querier) -> dict[Service, str]:
        """Return the services that were announced within the time for it, each with who did first. Raises OSError and zeroconf's Error."""
        from zeroconf.asyncio import AsyncServiceBrowser

        found: dict[Service, str] = {}
        beyond = 0

        def note(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
            nonlocal beyond
            if len(found) < SERVICES_AT_MOST:
                found.setdefault((service_type, name), querier.responder)
            elif (service_type, name) not in found:
                beyond += 1

        await querier.begin()
        types = [f"{kind}.local." for kind in mdns.SERVICE_TYPES if kind != ENUMERATION]
        browser = AsyncServiceBrowser(querier, types, handlers=[note])
        await asyncio.sleep(ground.net.meter.pace.listen_s + BROWSE_LONGER_S if self._browse_s is None else self._browse_s)
        await browser.async_cancel()
        if beyond:
            ground.tally.unfinished.append(
                f"mDNS: beyond {SERVICES_AT_MOST:,} services, {beyond:,} more announced were not noted"
            )
        return found

    async def _resolve_all(self, ground: Ground, querier: Querier, found: dict[Service, str], at_once: int) -> None:
        """Emit what is known of each service; of those that were not announced whole, ask for a few of each responder."""
        from zeroconf import Error
        from zeroconf.asyncio import AsyncServiceInfo

        open_of: dict[str, list[AsyncServiceInfo]] = {}
        for (service_type, name), responder in found.items():
            try:
                service = AsyncServiceInfo(service_type, name)
            except Error:  # a name that zeroconf finds impossible
                ground.tally.undecoded += 1
                continue
            if service.load_from_cache(querier):
                _emit(ground, service_type, name, service)
            else:
                open_of.setdefault(responder, []).append(service)
        asked = _in_turn(open_of)
        _tell_not_asked(ground, open_of, len(asked))
        places = asyncio.Semaphore(at_once)
        async with asyncio.TaskGroup() as tasks:
            for service in asked:
                tasks.create_task(self._resolve(ground, querier, service, places))

    async def _resolve(self, ground: Ground, querier: Querier, service: AsyncServiceInfo, places: asyncio.Semaphore) -> None:
        """Ask for address and text of one service, and emit what is known even where no answer came."""
        from zeroconf import Error

        name = service.name
        async with places:
            try:
                await service.async_request(querier, self._resolve_ms)
            except (Error, OSError):
                ground.tally.undecoded += 1
                return
        _emit(ground, service.type, name, service)


def _emit(ground: Ground, service_type: str, name: str, service: AsyncServiceInfo) -> None:
    """Emit what is known of a service, where it has an address."""
    ip = _responder(ground, service)
    said = mdns.observe_service(service_type, name, service.server or "", _texts(service))
    if ip is None or not said:
        ground.tally.undecoded += 1
        return
    ground.tally.received += 1
    ground.emit(ground.observed(mdns.NAME, Mdns.NAME, said, ip=ip, port=mdns.PORTS[0]))


def _in_turn(open_of: Mapping[str, Sequence[AsyncServiceInfo]]) -> list[AsyncServiceInfo]:
    """Return the services that are asked for: the first of each responder before the second of any."""
    rounds = itertools.zip_longest(*(services[:ASKED_OF_A_RESPONDER] for services in open_of.values()))
    return [service for one in rounds for service in one if service is not None][:ASKED_AT_MOST]


def _tell_not_asked(ground: Ground, open_of: Mapping[str, Sequence[AsyncServiceInfo]], asked: int) -> None:
    """Note how many services were not asked for, and who announced the most."""
    announced = sum(map(len, open_of.values()))
    if announced > asked:
        most = max(open_of, key=lambda responder: len(open_of[responder]))
        ground.tally.unfinished.append(
            f"mDNS: {announced - asked:,} services were not asked for their address: {ASKED_OF_A_RESPONDER} of one responder and"
            f" {ASKED_AT_MOST} in all are, and {most or 'one'} announced {len(open_of[most]):,} without it"
        )


def _places(ground: Ground) -> dict[str | int, str]:
    """Return what names our links to zeroconf, an address of IPv4 or the index of a link with IPv6, each with its name for people."""
    v4, v6 = (ground.guard.allows_group(group, mdns.PORTS[0]) for group in mdns.GROUPS)
    places: dict[str | int, str] = {i.addresses[0]: i.addresses[0] for i in ground.interfaces if v4 and i.addresses}
    return places | {i.index: f"{i.name} over IPv6" for i in ground.interfaces if v6 and i.link_local}


def _responder(ground: Ground, service: AsyncServiceInfo) -> str | None:
    """Return the service's own address: one on our links before any other; devices announce 169.254.0.0/16 beside it."""
    addresses = [address.partition("%")[0] for address in service.parsed_addresses()]
    ranked = sorted(
        addresses,
        key=lambda ip: (
            not ground.guard.is_inside(ip),
            ":" in ip,
            not any(interface.reaches(ip) for interface in ground.interfaces),
            ip.startswith("169.254."),
        ),
    )
    return next(iter(ranked), None)


def _texts(service: AsyncServiceInfo) -> list[tuple[str, str]]:
    """Return the pairs of the TXT record as text."""
    return [
        (key.decode("utf-8", "replace"), (value or b"").decode("utf-8", "replace"))
        for key, value in service.properties.items()
        if isinstance(key, bytes)
    ]
