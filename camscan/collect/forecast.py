"""How long the stages of a scan should take, for those who wait: a guess from the plan, better once it is known who is alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from camscan.collect import nmap
from camscan.collect.arp import PASSES
from camscan.collect.base import Stage
from camscan.collect.listen import Listen
from camscan.collect.multicast import ROUNDS
from camscan.collect.nmap import Nmap
from camscan.collect.pace import PACES
from camscan.collect.tcp import BLOCK

if TYPE_CHECKING:
    from camscan.collect.stages import ScanPlan

ALIVE_SHARE = 4
"""One of so many addresses is taken to be alive until it is known."""
PACKETS_OF_PROBES = 9
PACKETS_OF_A_VISIT = 40
PACKETS_OF_READS = 6
SHORTEST_VISITS_S = 12.0
"""Ports that nobody answers at, asked one after the other, of a device that has few."""
SHORTEST_READS_S = 2.0
NMAP_HOST_S = 60.0


def forecast(plan: ScanPlan, hosts: int | None = None) -> dict[str, float]:
    """Return the seconds of each stage that has a collector, by the name of the stage. hosts: alive ones, None before that is known."""
    here = {collector.STAGE for collector in plan.collectors}
    return {name_of(stage): _seconds(stage, plan, _alive(plan) if hosts is None else hosts) for stage in Stage if stage in here}


def name_of(stage: Stage) -> str:
    """Return a stage as the progress calls it."""
    return stage.name.lower()


def _alive(plan: ScanPlan) -> int:
    return max(1, plan.guard.count() // ALIVE_SHARE)


def _seconds(stage: Stage, plan: ScanPlan, hosts: int) -> float:
    pace = PACES[plan.scope.pace]
    match stage:
        case Stage.PRESENCE:
            asking = plan.guard.count() * PASSES / pace.shared + ROUNDS * pace.round_s + pace.listen_s
            listening = max((one.seconds or 0.0 for one in plan.collectors if isinstance(one, Listen)), default=0.0)
            return max(asking, listening)
        case Stage.PROBES:
            return hosts * PACKETS_OF_PROBES / pace.total + pace.answer_s
        case Stage.BANNERS:
            blocks = -(-hosts // BLOCK)
            return max(blocks * SHORTEST_VISITS_S, hosts * PACKETS_OF_A_VISIT / pace.total)
        case Stage.READS:
            return max(SHORTEST_READS_S, hosts * PACKETS_OF_READS / pace.total)
        case Stage.DEEP:
            asked = any(isinstance(one, Nmap) and one.deep for one in plan.collectors)
            return min(nmap.TOTAL_S, NMAP_HOST_S * -(-hosts // nmap.HOSTS_AT_ONCE)) if asked else 0.0
