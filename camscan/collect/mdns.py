"""DNS-SD by zeroconf: browses for the services of cameras on the links of the scope and resolves what it finds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from camscan.codecs import mdns
from camscan.collect.base import Ground, Host, MissingTool, NotAsked, NotNeeded, Stage

if TYPE_CHECKING:
    from zeroconf import ServiceStateChange, Zeroconf
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

BROWSE_LONGER_S = 1.0
"""Than the group probes are listened for: a browser asks a third time after three seconds (RFC 6762 §5.2)."""
RESOLVE_MS = 3_000
"""Milliseconds for one service; zeroconf asks again meanwhile."""
SERVICES_AT_MOST = 4_096
QUERIES = 3
"""What a browser sends while it starts, RFC 6762 §5.2."""
ENUMERATION = "_services._dns-sd._udp"


class Mdns:
    """Browses with zeroconf; raw answers that name other services are heard by the multicast collector."""

    NAME = "mdns"
    STAGE = Stage.PRESENCE

    def __init__(self, *, browse_s: float | None = None) -> None:
        self._browse_s = browse_s

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
        """Browse for a fixed time, then give every service found its time to be resolved."""
        from zeroconf import Error, IPVersion
        from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

        places = _places(ground)
        await ground.net.meter.everyone(QUERIES * len(places))
        ground.tally.sent += QUERIES * len(places)
        v4, v6 = (any(isinstance(place, kind) for place in places) for kind in (str, int))
        family = IPVersion.All if v4 and v6 else IPVersion.V6Only if v6 else IPVersion.V4Only
        try:
            browsing = AsyncZeroconf(interfaces=list(places), ip_version=family)
        except (OSError, RuntimeError) as fault:  # RuntimeError: an interface lost its address since
            ground.tally.unfinished.append(f"mDNS on {', '.join(places.values())}: {getattr(fault, 'strerror', None) or fault}")
            return
        found: dict[tuple[str, str], None] = {}

        def note(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
            if len(found) < SERVICES_AT_MOST:
                found[(service_type, name)] = None

        types = [f"{kind}.local." for kind in mdns.SERVICE_TYPES if kind != ENUMERATION]
        try:
            browser = AsyncServiceBrowser(browsing.zeroconf, types, handlers=[note])
            pace = ground.net.meter.pace
            await asyncio.sleep(pace.listen_s + BROWSE_LONGER_S if self._browse_s is None else self._browse_s)
            await browser.async_cancel()
            async with asyncio.TaskGroup() as tasks:
                for service_type, name in found:
                    tasks.create_task(self._resolve(ground, browsing, service_type, name))
        except (OSError, Error) as fault:
            ground.tally.unfinished.append(f"mDNS: {type(fault).__name__}: {fault}")
        finally:
            await browsing.async_close()

    def close(self) -> None:
        """Nothing stays open."""

    async def _resolve(self, ground: Ground, browsing: AsyncZeroconf, service_type: str, name: str) -> None:
        """Ask for address and text of one service, and emit what is known even where no answer came."""
        from zeroconf import Error
        from zeroconf.asyncio import AsyncServiceInfo

        try:
            service = AsyncServiceInfo(service_type, name)
            await ground.net.meter.everyone()
            ground.tally.sent += 1
            await service.async_request(browsing.zeroconf, RESOLVE_MS)
        except (Error, OSError):  # a name that zeroconf finds impossible
            ground.tally.undecoded += 1
            return
        ip = _responder(ground, service)
        said = mdns.observe_service(service_type, name, service.server or "", _texts(service))
        if ip is None or not said:
            ground.tally.undecoded += 1
            return
        ground.tally.received += 1
        ground.emit(ground.observed(mdns.NAME, self.NAME, said, ip=ip, port=mdns.PORTS[0]))


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
