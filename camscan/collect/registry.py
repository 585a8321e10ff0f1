"""Every collector of a scan, in the order in which they open. To add one is to add its line here."""

from __future__ import annotations

from collections.abc import Mapping

from camscan.collect.arp import ArpSweep
from camscan.collect.base import Collector
from camscan.collect.mdns import Mdns
from camscan.collect.multicast import Multicast, Unicast
from camscan.collect.nmap import Nmap
from camscan.collect.onvif import Credentials, Onvif
from camscan.collect.presence import Liveness, NeighbourSweep, RoutedSweep
from camscan.collect.reads import Reads
from camscan.collect.sadp_l2 import SadpL2
from camscan.collect.tcp import Tcp


def collectors(*, deep: bool, credentials: Mapping[str, Credentials]) -> tuple[Collector, ...]:
    """Return new collectors; credentials by address, and under `default` for all others."""
    sweep = ArpSweep()
    return (
        sweep,
        NeighbourSweep(instead_of=sweep),
        RoutedSweep(),
        Multicast(),
        SadpL2(),
        Mdns(),
        Unicast(),
        Tcp(),
        Liveness(),
        Reads(credentials),
        Onvif(credentials),
        Nmap(deep=deep),
    )
