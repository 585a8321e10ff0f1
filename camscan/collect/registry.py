"""Every collector of a scan, in the order in which they open. To add one is to add its line here."""

from __future__ import annotations

from collections.abc import Mapping

from camscan.collect.account import Credentials
from camscan.collect.arp import ArpSweep
from camscan.collect.base import Collector
from camscan.collect.echo import Echo
from camscan.collect.listen import Hearing, Listen
from camscan.collect.login import Login
from camscan.collect.mdns import Mdns
from camscan.collect.multicast import Multicast, Unicast
from camscan.collect.ndp import Ndp
from camscan.collect.nmap import Nmap
from camscan.collect.presence import Liveness, NeighbourSweep, RoutedSweep
from camscan.collect.reads import Reads
from camscan.collect.routed import PingSweep, RoutedLiveness
from camscan.collect.routers import Routers
from camscan.collect.sadp_l2 import SadpL2
from camscan.collect.snmp import Snmp
from camscan.collect.snmpaccess import SnmpAccess
from camscan.collect.switches import Switches
from camscan.collect.tcp import Tcp


def collectors(
    *, deep: bool, credentials: Mapping[str, Credentials], snmp: SnmpAccess | None = None, listen_s: float = 0
) -> tuple[Collector, ...]:
    """Return new collectors; credentials by address, and under `default` for all others. listen_s: seconds, 0 for not at all."""
    sweep = ArpSweep()
    discovery = Ndp()
    return (
        sweep,
        NeighbourSweep(instead_of=sweep),
        discovery,
        Echo(instead_of=discovery),
        RoutedSweep(),
        PingSweep(),
        Routers(snmp),
        Multicast(),
        SadpL2(),
        Mdns(),
        Listen(listen_s, Hearing(unicast=False)),  # what comes to this machine answers the others
        Unicast(),
        Tcp(),
        Liveness(),
        RoutedLiveness(),
        Reads(credentials),
        Login(credentials),
        Snmp(snmp),
        Switches(snmp),
        Nmap(deep=deep),
    )
