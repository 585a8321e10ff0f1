"""What a scan would send, for the person who confirms it and for those who watch the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from camscan import __version__
from camscan.codecs.control import PREFIX as CONTROL_PATH
from camscan.codecs.sadp_l2 import ETHERTYPE_SADP
from camscan.collect.arp import PASSES
from camscan.collect.multicast import LISTEN_S, ROUNDS
from camscan.collect.pace import PACES, SYNS_PER_DEVICE
from camscan.collect.reads import PER_DEVICE
from camscan.model import SiteContext

if TYPE_CHECKING:
    from camscan.collect.stages import ScanPlan


def estimate(plan: ScanPlan) -> tuple[int, float]:
    """Return packets and seconds of a scan at the most: every address asked twice, a quarter of them alive and fully visited."""
    pace = PACES[plan.scope.pace]
    addresses = plan.guard.count()
    alive = max(1, addresses // 4)
    shared = addresses * PASSES + ROUNDS * len(_destinations()) * max(1, len(plan.interfaces))
    visits = alive * (SYNS_PER_DEVICE + 8 * pace.connections_per_run)
    return shared + visits, shared / pace.shared + LISTEN_S + ROUNDS + max(visits / pace.total, 10.0)


def notice(plan: ScanPlan, site: SiteContext) -> str:
    """Return the note for the security operations centre: who, from where, when, what; nothing is sent to make it."""
    pace = PACES[plan.scope.pace]
    packets, seconds = estimate(plan)
    lines = [
        f"camscan {__version__}: planned network scan (nothing has been sent)",
        f"site:        {site.name}",
        f"ranges:      {', '.join(plan.scope.ranges)}",
        f"excluded:    {', '.join(plan.scope.exclude) or 'nothing'}",
        *(f"from:        {i.name} {', '.join(i.addresses)} ({i.mac})" for i in plan.interfaces),
        f"earliest:    {plan.now():%Y-%m-%d %H:%M} UTC, for about {seconds:.0f} s, about {packets:,} packets",
        f"pace:        {plan.scope.pace}: {pace.total:g} packets/s in all, {pace.shared:g}/s broadcast and multicast, "
        f"{pace.per_device:g}/s to one device, {pace.connections_per_run} connections a device",
        "ARP:         every address of the ranges on these links",
        f"Ethernet:    type 0x{ETHERTYPE_SADP:04x} to everybody on these links (sadp_l2)",
        *(f"UDP:         {line}" for line in _destinations()),
        f"TCP:         ports {', '.join(str(p) for p in _ports())} of every host that answers",
        f"HTTP:        GET / of each web server, and once a host GET {CONTROL_PATH}… (a page that no device has)",
        f"             where maker, model or firmware stay open, at most {PER_DEVICE} reads a host that need no login: of fingerprints/reads/,",
        "             ONVIF GetDeviceInformation, or the UPnP description that the host announced",
        f"User-Agent:  camscan/{__version__}" + (f" ({plan.contact})" if plan.contact else ""),
        f"authorised:  {plan.scope.authorised_by or 'not stated'}"
        + (f", reference {plan.scope.reference}" if plan.scope.reference else ""),
        "no password is guessed, no setting is changed",
    ]
    return "\n".join(lines) + "\n"


def _destinations() -> list[str]:
    """Return each UDP destination once, with its protocol."""
    from camscan.codecs.registry import DATAGRAM_CODECS

    lines = [
        f"{probe.group or ('255.255.255.255' if probe.broadcast else 'each live host')} port {probe.port} ({codec.NAME})"
        for codec in DATAGRAM_CODECS
        for probe in codec.probes(bytes(16))
    ]
    return list(dict.fromkeys(lines))


def _ports() -> tuple[int, ...]:
    from camscan.collect.tcp import FIRST_PORTS, FURTHER_PORTS

    return (*FIRST_PORTS, *FURTHER_PORTS)
