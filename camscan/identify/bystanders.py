"""Of what others said past us: all that concerns surveillance equipment, and of every other host no more than its calls to camera clouds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from camscan.identify.announced import Marks
from camscan.identify.control import CONTROL
from camscan.identify.egress import NAME_FIELDS, Surroundings, is_public
from camscan.identify.engine import identify_messages
from camscan.identify.minimise import is_something_else
from camscan.identify.rules import TRAFFIC, Knowledge
from camscan.model import CAMERA_KINDS, OVERHEARD, Asset, Fields, Identification, Observation

CONVERSATIONS = frozenset({"banner", "dns", "flow", "http", "ntp", "tcp", "tls"})
"""Protocols in which a host talks to another one, rather than to everybody on the link. Who serves RTSP shows video."""
_OF_ADDRESSES = frozenset({"arp", "ndp", "mld"})
"""Protocols whose messages hold addresses and nothing else."""
_CONNECTIONS = frozenset({"banner", "http", "rtsp", "tcp", "tls"})
_PRESENCE = "tcp.port"
_FLOW_FIELDS = frozenset(
    {"flow.destination", "flow.port", "flow.transport", "flow.out", "flow.in", "flow.bound", "flow.answered"}
)
_SAID_AS_CLIENT = frozenset({"rtsp.user_agent", "ssdp.search"})
_NAMED_BY = frozenset({*NAME_FIELDS, "flow.name", "flow.told.name"})

Place = tuple[str, str]
"""Site, and MAC or address."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What may be kept of one host."""

    everything: bool
    proving: Mapping[Observation, frozenset[str]]
    """Messages that its identification rests on, each with the fields that matter to that."""
    marks: frozenset[tuple[str, str]]
    """Fields and values that are marks of a vendor by themselves."""
    announced: Marks
    """What is kept of what it says to everybody."""


def without_bystanders(
    observations: Iterable[Observation],
    identified: Iterable[tuple[Asset, Identification]],
    knowledge: Knowledge,
    surroundings: Surroundings,
) -> tuple[Observation, ...]:
    """Return observations of which what was overheard of hosts that don't look like surveillance equipment is cut.

    Names of camera clouds, calls to them and marks that identify a host stay; of what a host says to everybody also what tells of the
    product, unless it is known already, so that later data may recognise it. Names of hosts and bytes go. What is cut away leaves a message
    without fields or bytes, so that it is counted, and its host is still there; servers elsewhere are left out. What stays identifies a
    host as before.
    """
    stranger = _unknown(knowledge)
    of_mac: dict[Place, _Kept] = {}
    of_ip: dict[Place, _Kept] = {}
    for asset, found in identified:
        kept = _of_host(asset, found, knowledge)
        of_mac |= {(asset.site, mac): kept for mac in asset.macs}
        of_ip |= {(asset.site, ip): kept for ip in asset.ips}

    def of(seen: Observation) -> _Kept:
        known = of_mac.get((seen.site, seen.link_mac)) if seen.link_mac is not None else None
        return known or (of_ip.get((seen.site, seen.ip)) if seen.ip is not None else None) or stranger

    return tuple(
        part
        for seen in observations
        for part in (_cut(seen, of(seen), knowledge, surroundings) if seen.via in OVERHEARD else (seen,))
    )


def is_conversation(seen: Observation) -> bool:
    """Return whether a message was overheard in which a host talks to another one, or searches one that opens ports."""
    if seen.via not in OVERHEARD:
        return False
    return seen.protocol in CONVERSATIONS or any(name in _SAID_AS_CLIENT for name, _ in seen.fields)


def in_words(observations: Iterable[Observation]) -> str:
    """Return how much of other hosts was not kept; empty where nothing was cut away."""
    cut = [seen for seen in observations if not seen.fields and seen.via in OVERHEARD]
    if not cut:
        return ""
    messages = sum(seen.count for seen in cut)
    hosts = len({(seen.site, seen.link_mac or seen.ip) for seen in cut})
    return (
        f"names, destinations and contents of {messages} {'message' if messages == 1 else 'messages and connections'} of "
        f"{hosts} other {'host' if hosts == 1 else 'hosts'} were not kept: nothing shows that {'it is' if hosts == 1 else 'they are'} "
        "surveillance equipment"
    )


def looks_like_surveillance(asset: Asset, found: Identification, knowledge: Knowledge) -> bool:
    """Return whether a host looks like surveillance equipment by more than the clouds that it calls."""
    if any(one.witness == TRAFFIC for one in found.evidence):
        told = [tuple(pair for pair in one.fields if not _is_traffic(pair[0], knowledge)) for one in asset.observations]
        links = {} if asset.relays else dict.fromkeys(asset.macs, 0)
        found = identify_messages(told, links, knowledge)
    return found.kind in CAMERA_KINDS or found.maker_is_surveillance_only


def _is_traffic(name: str, knowledge: Knowledge) -> bool:
    rule = knowledge.fields.get(name)
    return rule is not None and rule.witness == TRAFFIC


def _of_host(asset: Asset, found: Identification, knowledge: Knowledge) -> _Kept:
    stranger = _unknown(knowledge)
    if looks_like_surveillance(asset, found, knowledge):
        return replace(stranger, everything=True)
    if not found.evidence:
        return stranger
    proving: dict[Observation, frozenset[str]] = {}
    for one in found.evidence:
        message = asset.observations[one.observation]
        if is_conversation(message):
            proving[message] = proving.get(message, frozenset()) | {one.field} | _looked_at(one.fingerprint, knowledge)
    return _Kept(
        everything=False,
        proving=proving,
        marks=frozenset((one.field, one.value) for one in found.evidence),
        announced=Marks(found.evidence, is_something_else(found), knowledge),
    )


def _unknown(knowledge: Knowledge) -> _Kept:
    """Return what may be kept of a host of which nothing is known."""
    return _Kept(everything=False, proving={}, marks=frozenset(), announced=Marks((), settled=False, knowledge=knowledge))


def _looked_at(fingerprint: str, knowledge: Knowledge) -> frozenset[str]:
    """Return the fields that a fingerprint looks at."""
    entry = knowledge.fingerprint(fingerprint)
    return frozenset() if entry is None else frozenset(one.field for one in (*entry.conditions, *entry.none))


def _cut(seen: Observation, kept: _Kept, knowledge: Knowledge, surroundings: Surroundings) -> Iterator[Observation]:
    """Yield what stays of a message, and what stands for the rest of it."""
    if kept.everything:
        yield seen
        return
    if _is_server_elsewhere(seen, surroundings):  # its address tells whom a host of ours called
        return
    if seen.protocol in _OF_ADDRESSES:
        yield seen
        return
    private = is_conversation(seen)
    stays = _fields_that_stay(seen, kept, knowledge, surroundings) if private else kept.announced.left_of(seen.fields)
    if stays:
        yield replace(seen, fields=stays, raw=b"", truncated=False)
    if len(stays) < len(seen.fields):
        yield replace(seen, fields=(), raw=b"", truncated=False)


def _is_server_elsewhere(seen: Observation, surroundings: Surroundings) -> bool:
    """Return whether the server of a connection stands on the internet."""
    is_server = seen.protocol in _CONNECTIONS and seen.port is not None
    return is_server and seen.ip is not None and is_public(seen.ip) and not surroundings.hold(seen.ip)


def _fields_that_stay(seen: Observation, kept: _Kept, knowledge: Knowledge, surroundings: Surroundings) -> Fields:
    proving = kept.proving.get(seen, frozenset())
    names = {pair for pair in seen.fields if pair[0] in _NAMED_BY and _is_known(pair, kept.marks, knowledge)}
    of_flow = _FLOW_FIELDS if _calls_a_cloud(seen, names, knowledge, surroundings) else frozenset[str]()
    return tuple(
        pair
        for pair in seen.fields
        if pair in names
        or pair[0] == _PRESENCE
        or pair[0] in of_flow
        or (pair[0] not in _NAMED_BY and (pair[0] in proving or (proving and pair[0].startswith(CONTROL))))
    )


def _is_known(pair: tuple[str, str], marks: Collection[tuple[str, str]], knowledge: Knowledge) -> bool:
    return pair in marks or knowledge.clouds.named(pair[1]) is not None


def _calls_a_cloud(
    seen: Observation, names: Collection[tuple[str, str]], knowledge: Knowledge, surroundings: Surroundings
) -> bool:
    """Return whether a flow goes to a camera cloud, by a name or by the port of a relay outside."""
    if names:
        return True
    ports: Sequence[str] = [
        f"{port}/{transport}" for port in seen.values("flow.port") for transport in seen.values("flow.transport")
    ]
    at_relay = any(knowledge.clouds.at_port(port) is not None for port in ports)
    return at_relay and not all(map(surroundings.hold, seen.values("flow.destination")))
