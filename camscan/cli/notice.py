"""What a scan would send, for the person who confirms it and for those who watch the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from camscan import __version__
from camscan.cli import options
from camscan.codecs.control import PREFIX as CONTROL_PATH
from camscan.codecs.sadp_l2 import ETHERTYPE_SADP
from camscan.collect.arp import PASSES
from camscan.collect.forecast import ALIVE_SHARE, forecast
from camscan.collect.multicast import ROUNDS
from camscan.collect.ndp import ALL_NODES
from camscan.collect.pace import PACES, SYNS_PER_DEVICE
from camscan.collect.reads import ONVIF_CALLS, PER_DEVICE
from camscan.collect.tcp import GREETING_PORTS
from camscan.model import SiteContext

if TYPE_CHECKING:
    from camscan.collect.stages import ScanPlan


def estimate(plan: ScanPlan) -> tuple[int, float]:
    """Return packets of a scan at the most (every address asked twice, a quarter of them alive and fully visited), and its seconds."""
    pace = PACES[plan.scope.pace]
    addresses = plan.guard.count()
    alive = max(1, addresses // ALIVE_SHARE)
    shared = addresses * PASSES + ROUNDS * len(_destinations()) * max(1, len(plan.interfaces))
    visits = alive * (SYNS_PER_DEVICE + 8 * pace.connections_per_run)
    return shared + visits, sum(forecast(plan).values())


def notice(plan: ScanPlan, site: SiteContext, destinations: Sequence[str] = ()) -> str:
    """Return the note for the security operations centre: who, from where, when, what; nothing is sent to make it. destinations: of the report."""
    pace = PACES[plan.scope.pace]
    packets, seconds = estimate(plan)
    lines = [
        f"camscan {__version__}: planned network scan (nothing has been sent)",
        f"site:        {site.name}",
        f"ranges:      {', '.join(plan.scope.ranges)}",
        f"excluded:    {', '.join(plan.scope.exclude) or 'nothing'}",
        *(f"from:        {i.name} {', '.join((*i.addresses, *i.addresses_v6))} ({i.mac})" for i in plan.interfaces),
        f"earliest:    {plan.now():%Y-%m-%d %H:%M} UTC, for about {seconds:.0f} s, about {packets:,} packets",
        f"pace:        {plan.scope.pace}: {pace.total:g} packets/s in all, {pace.shared:g}/s broadcast and multicast, "
        f"{pace.per_device:g}/s to one device, {pace.connections_per_run} connections a device",
        "ARP:         every address of the ranges on these links",
        f"ICMPv6:      echo request to {ALL_NODES} on these links; neighbour solicitations for single addresses of the ranges",
        "ICMP:        echo requests to every address of the ranges that is on no link of this machine, at most twice",
        f"Ethernet:    type 0x{ETHERTYPE_SADP:04x} to everybody on these links (sadp_l2)",
        *(f"UDP:         {line}" for line in _destinations()),
        f"TCP:         ports {', '.join(str(p) for p in _ports())} of every host that answers",
        f"             of these {', '.join(str(p) for p in GREETING_PORTS)} (FTP, Telnet, SSH) are listened to, and nothing is sent to them",
        f"HTTP:        GET / of each web server, and once a host GET {CONTROL_PATH}… (a page that no device has)",
        f"             where maker, model or firmware stay open, at most {PER_DEVICE} reads a host that need no login: of fingerprints/reads/,",
        f"             ONVIF {options.one_of(operation for operation, _ in ONVIF_CALLS)}, or the UPnP description that the host announced",
        "             and where the maker stays open, the icon of its front page, /favicon.ico as a rule",
        *(f"nmap:        {line}" for line in _nmap(plan)),
        *(f"account:     {line}" for line in _credentials(plan)),
        *(f"SNMP:        {line}" for line in _snmp(plan)),
        *(f"listening:   {line}" for line in _listening(plan)),
        f"User-Agent:  camscan/{__version__}" + (f" ({plan.contact})" if plan.contact else ""),
        f"authorised:  {plan.scope.authorised_by or 'not stated'}"
        + (f", reference {plan.scope.reference}" if plan.scope.reference else ""),
        *(f"afterwards:  {line}, with the report; no part of the scan" for line in destinations),
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


def _nmap(plan: ScanPlan) -> list[str]:
    """Return what nmap would be asked, where it was asked for."""
    from camscan.collect.nmap import ARGUMENTS, HOSTS_AT_ONCE, TOTAL_S, Nmap

    if not any(isinstance(collector, Nmap) and collector.deep for collector in plan.collectors):
        return []
    return [
        f"open TCP ports of live hosts that stay unidentified, {HOSTS_AT_ONCE} hosts at once, for {TOTAL_S} s at the most;",
        f"outside pace and budget, not metered; arguments {ARGUMENTS}",
    ]


def _credentials(plan: ScanPlan) -> list[str]:
    """Return whom the operator's accounts are for, and what is asked with them."""
    from camscan.codecs import isapi
    from camscan.collect import onvif
    from camscan.collect.account import DEFAULT
    from camscan.collect.isapi import MAKERS
    from camscan.collect.login import Login

    lines = []
    for collector in plan.collectors:
        if isinstance(collector, Login) and collector.asked:
            *named, last = collector.asked
            others = f"all {'other ' if named else ''}hosts"
            lines += [
                f"for {', '.join([*named, others if last == DEFAULT else last])}: recorders, and hosts whose maker, model or firmware stay open",
                f"ONVIF {', '.join((onvif.CLOCK, onvif.INFORMATION, *onvif.ALSO, *onvif.CHANNELS))}, where the host announced ONVIF",
                f"GET {', '.join((isapi.DEVICE_INFORMATION, isapi.CHANNELS, isapi.CHANNEL_STATES))} of devices whose maker is {options.one_of(MAKERS)}",
                "without the account until the host wants it, then HTTP Digest or a WS-Security password digest alone, never Basic;",
                "after one refusal the host is asked no more",
            ]
    return lines


def _listening(plan: ScanPlan) -> list[str]:
    """Return how long is listened beside the scan, where that was asked for."""
    seconds = _listen_s(plan)
    return [f"{seconds:g} s on these links, to what goes to groups and everybody; sends nothing"] if seconds else []


def _listen_s(plan: ScanPlan) -> float:
    from camscan.collect.listen import Listen

    return max((one.seconds or 0.0 for one in plan.collectors if isinstance(one, Listen)), default=0.0)


def _snmp(plan: ScanPlan) -> list[str]:
    """Return whom the operator lets us ask by SNMP, and for what."""
    from camscan.collect.routers import Routers
    from camscan.collect.snmp import Snmp
    from camscan.collect.switches import Switches

    lines = []
    for collector in plan.collectors:
        if isinstance(collector, Routers) and collector.asked:
            lines.append(f"UDP port 161, ARP tables of {', '.join(collector.asked)}")
        if isinstance(collector, Switches) and collector.asked:
            lines.append(f"UDP port 161, bridge and LLDP tables of {', '.join(collector.asked)}")
        if isinstance(collector, Snmp) and collector.asked:
            lines.append("UDP port 161, system group of the hosts whose identity is open, with the account given")
    return lines


def _ports() -> tuple[int, ...]:
    from camscan.collect.tcp import FIRST_PORTS, FURTHER_PORTS

    return (*FIRST_PORTS, *FURTHER_PORTS)
