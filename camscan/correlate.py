"""Observations become assets: which messages came from one physical device, whatever order they arrived in.

Two messages join when they left the same network interface (the source MAC of the frame), or, where no usable MAC is
known, the same address. What a payload says of its sender is a claim: it may add a message to a device, never merge two
interfaces, nor, but for a claimed MAC, two products: makers share the defaults of one stack. Locally administered and group MACs are no identity, nor is the MAC of a gateway that answers for others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from camscan.claims import (
    MAX_ADDRESSES,
    Claim,
    claims_of,
    connected,
    counts_as_address,
    is_link_local,
    products_of,
    relays_among,
)
from camscan.identity import is_placeholder
from camscan.model import MAX_DISTINCT, Asset, Conflict, Observation, address_order, is_local_mac

SHARED_BY_MANY = 3
"""MACs on which a claimed value is seen before it counts as a default of the product and joins nothing."""
MAX_DIFFERING = 64
"""Base groups of one chain of claims, up to which each is told that others of them differ; beyond, they are only kept apart."""
MAX_NAMED = 3
"""Values and other devices that one conflict names."""
MAX_QUOTED = 64
"""Characters of a claimed value that a conflict quotes, and of a serial that becomes a key."""

HOST_FIELDS = frozenset({"dhcp.hostname", "dhcpv6.hostname", "mdns.host", "llmnr.name"})
UNIQUE_KINDS = frozenset({"mac", "serial"})
"""Claims that differ between any two devices; keys and endpoint references are copied with firmware images."""
Node = tuple[str, str, str]
"""A base group: ("mac", MAC, ""), ("ip", address, claimed MAC or ""), ("local", MAC, "") or ("alone", number, "")."""


def correlate(observations: Iterable[Observation], *, claims: Mapping[str, str]) -> tuple[Asset, ...]:
    """Return the devices behind the observations, sorted by site and address.

    claims: field name → `mac`, `serial`, `endpoint` or `key`, for the fields in which a payload names its sender.
    """
    sites: dict[str, list[Observation]] = defaultdict(list)
    for observation in sorted(observations, key=_total_order):
        sites[observation.site].append(observation)
    assets = [asset for site, seen in sites.items() for asset in _Correlation(site, seen, claims).assets()]
    return tuple(sorted(assets, key=_asset_order))


def correlate_again(
    assets: Iterable[Asset], before: Iterable[Observation], after: Iterable[Observation], *, claims: Mapping[str, str]
) -> tuple[Asset, ...]:
    """Return `correlate(after)`, where `correlate(before)` returned `assets`: those that no difference concerns are not built again.

    An observation that stayed is the same object in both; any other one counts as gone or new.
    """
    had, left = {id(one): one for one in before}, {id(one): one for one in after}
    differing = [one for number, one in (had | left).items() if number not in had or number not in left]
    concerned = connected(differing, (had | left).values(), claims)
    same = (asset for asset in assets if id(asset.observations[0]) not in concerned)
    anew = correlate((one for number, one in left.items() if number in concerned), claims=claims)
    return tuple(sorted((*same, *anew), key=_asset_order))


def rekey(asset: Asset, maker: str | None) -> Asset:
    """Return the asset under `serial:<maker>:<serial>` where no MAC is known, its maker is, and it states a serial."""
    if maker is None or not asset.key.startswith("ip:") or any(c.kind == "duplicate-identity" for c in asset.conflicts):
        return asset
    stated = sorted(
        (name, value.strip())
        for observation in asset.observations
        for name, value in observation.fields
        if name.endswith(".serial") and name != "tls.serial"
    )
    for _, serial in stated:
        if len(serial) <= MAX_QUOTED and serial.isprintable() and not is_placeholder(serial):
            return replace(asset, key=f"serial:{maker}:{serial}")
    return asset


def rekey_all(assets: Sequence[tuple[Asset, str | None]]) -> tuple[Asset, ...]:
    """Return every asset of a run under its best key; one that two assets would share is given to neither."""
    renamed = [rekey(asset, maker) for asset, maker in assets]
    times: dict[str, int] = defaultdict(int)
    for asset in renamed:
        times[asset.key] += 1
    return tuple(new if times[new.key] == 1 else old for (old, _), new in zip(assets, renamed, strict=True))


def _total_order(observation: Observation) -> tuple[object, ...]:
    return (observation.order(), observation.port is None, observation.truncated, observation.outside_scope)


def _asset_order(asset: Asset) -> tuple[object, ...]:
    return (asset.site, address_order(asset.ips[0] if asset.ips else None), asset.key)


@dataclass(slots=True)
class _Dispute:
    """Claims of one base group that other devices make as well."""

    values: set[tuple[str, str]] = field(default_factory=set)
    """Field name and value."""
    others: set[Node] = field(default_factory=set)


class _Correlation:
    """The observations of one site in total order, on their way to assets."""

    def __init__(self, site: str, seen: Sequence[Observation], claims: Mapping[str, str]) -> None:
        self.site = site
        self.seen = seen
        self.claims = claims
        self.relays = relays_among(seen)
        self.interfaces = {one.link_mac for one in seen if one.link_mac and not is_local_mac(one.link_mac)} - self.relays
        """MACs that are the identity of a device."""
        self.stated = [self._stated(observation) for observation in seen]
        self.sharers: dict[str, set[str]] = {}
        """Address → who answers for it, where that is more than one device."""
        self.groups: dict[Node, list[int]] = self._group()
        self.disputes: dict[Node, _Dispute] = defaultdict(_Dispute)

    def _stated(self, observation: Observation) -> list[tuple[str, str, Claim]]:
        """Return what one message claims; the MAC of a relay tells nobody from another."""
        said = claims_of(observation, self.claims)
        return [one for one in said if one[2][0] != "mac" or one[2][1] not in self.relays] if self.relays else said

    def _group(self) -> dict[Node, list[int]]:
        """Return the base groups: by MAC, else by address, and note addresses that several devices answer for."""
        owners: dict[str, set[str]] = defaultdict(set)
        gateways: dict[str, set[str]] = defaultdict(set)
        claimed: dict[tuple[str, str], list[frozenset[str]]] = defaultdict(list)
        for observation, stated in zip(self.seen, self.stated, strict=True):
            if observation.ip is None:
                continue
            mac = observation.link_mac
            if mac in self.interfaces:
                owners[observation.ip].add(mac)
                continue
            if mac in self.relays:
                gateways[observation.ip].add(mac)
            for name in {name for name, _, (kind, _) in stated if kind == "mac"}:
                claimed[observation.ip, name].append(frozenset(claim[1] for other, _, claim in stated if other == name))
        contested = {ip for (ip, _), sets in claimed.items() if not frozenset.intersection(*sets)}
        contested |= {ip for ip, macs in owners.items() if len(macs) > 1}
        self.sharers = {ip: set(owners[ip]) for ip in contested | (gateways.keys() & owners.keys())}
        for (ip, _), sets in claimed.items():
            if ip in contested:
                self.sharers[ip].update(*sets)
        for shared in self.sharers:
            self.sharers[shared] |= gateways[shared]

        groups: dict[Node, list[int]] = defaultdict(list)
        for index, observation in enumerate(self.seen):
            mac, address = observation.link_mac, observation.ip
            node: Node
            if mac in self.interfaces:
                node = ("mac", mac, "")
            elif address is None:
                node = ("local", mac, "") if mac else ("alone", f"{index:09}", "")
            elif address in contested:
                node = ("ip", address, min((c[1] for _, _, c in self.stated[index] if c[0] == "mac"), default=""))
            elif address in owners:
                node = ("mac", next(iter(owners[address])), "")
            else:
                node = ("ip", address, "")
            groups[node].append(index)
        return groups

    def _shared(self) -> dict[Claim, set[Node]]:
        """Return the base groups that make each claim, where several do; a MAC is claimed by its own group too."""
        carriers: dict[Claim, set[Node]] = {}
        for node, members in self.groups.items():
            for index in members:
                for _, _, claim in self.stated[index]:
                    carriers.setdefault(claim, set()).add(node)
        for (kind, value), nodes in carriers.items():
            owner = ("mac", value, "")
            if kind == "mac" and owner in self.groups:
                nodes.add(owner)
        return {claim: nodes for claim, nodes in carriers.items() if len(nodes) > 1}

    def _joined(self) -> list[list[Node]]:
        """Return the base groups of each device, after every claim that can be believed."""
        shared = self._shared()
        named: dict[Claim, set[tuple[str, str]]] = defaultdict(set)
        unique: dict[Node, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        products: dict[Node, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for node in set[Node]().union(*shared.values()):
            for index in self.groups[node]:
                for name, value, claim in self.stated[index]:
                    named[claim].add((name, value))
                    if claim[0] in UNIQUE_KINDS:
                        unique[node][name].add(claim[1])
                for name, product in products_of(self.seen[index]):
                    products[node][name].add(product)

        parent = {node: node for node in self.groups}
        linked: list[tuple[Claim, set[Node]]] = []
        for claim, nodes in shared.items():
            macs = sum(node[0] == "mac" for node in nodes)
            if macs >= SHARED_BY_MANY:
                continue
            if macs > 1:
                self._dispute(nodes, named[claim])
                continue
            places = {node[1] for node in nodes if node[0] == "ip" and counts_as_address(node[1])}
            if macs + len(places) > MAX_ADDRESSES:
                continue
            if not _agree(unique, nodes):
                if claim[0] in UNIQUE_KINDS and len(nodes) <= MAX_ADDRESSES:
                    self._dispute(nodes, named[claim])
                continue
            if claim[0] != "mac" and not _agree(products, nodes):
                continue
            linked.append((claim, nodes))
            first, *others = nodes
            for other in others:
                parent[_root(parent, other)] = _root(parent, first)

        components: dict[Node, list[Node]] = defaultdict(list)
        for node in self.groups:
            components[_root(parent, node)].append(node)
        merging = {root for root, nodes in components.items() if sum(node[0] == "mac" for node in nodes) > 1}
        differing = {root for root, nodes in components.items() if len(nodes) > 1 and not _agree(unique, nodes)}
        by_mac = {_root(parent, next(iter(nodes))) for claim, nodes in linked if claim[0] == "mac"}
        several = {root for root, nodes in components.items() if root not in by_mac and not _agree(products, nodes)}
        torn = merging | differing | several
        for claim, nodes in linked:
            root = _root(parent, next(iter(nodes)))
            if root in merging or (root in differing and len(components[root]) <= MAX_DIFFERING):
                self._dispute(set(components[root]), named[claim])
        return [
            part for root, nodes in components.items() for part in ([[node] for node in nodes] if root in torn else [nodes])
        ]

    def _dispute(self, nodes: set[Node], said: set[tuple[str, str]]) -> None:
        for node in nodes:
            self.disputes[node].values |= said
            self.disputes[node].others |= nodes - {node}

    def assets(self) -> list[Asset]:
        """Return one asset a device; those that nothing addresses are numbered in the order of their first message."""
        built = [(sorted(index for node in nodes for index in self.groups[node]), nodes) for nodes in self._joined()]
        built.sort(key=lambda pair: pair[0])
        assets = []
        unaddressed = 0
        for members, nodes in built:
            key = self._key(nodes)
            if key is None:
                unaddressed += 1
                key = f"ip:{self.site}:unknown-{unaddressed}"
            assets.append(self._asset(key, nodes, [self.seen[index] for index in members]))
        return assets

    def _key(self, nodes: Sequence[Node]) -> str | None:
        for kind, mac, _ in nodes:
            if kind == "mac":
                return f"mac:{mac}"
        addressed = [(address_order(ip), ip, claimed) for kind, ip, claimed in nodes if kind == "ip"]
        if not addressed:
            return None
        _, ip, claimed = min(addressed)
        return f"ip:{self.site}:{ip}+{claimed}" if claimed else f"ip:{self.site}:{ip}"

    def _asset(self, key: str, nodes: Sequence[Node], members: Sequence[Observation]) -> Asset:
        kept = _keep(members)
        relayed = any(o.link_mac in self.relays for o in members)
        return Asset(
            key=key,
            site=self.site,
            macs=tuple(sorted({o.link_mac for o in members if o.link_mac and o.link_mac not in self.relays})),
            ips=tuple(sorted({o.ip for o in members if o.ip}, key=address_order)),
            hostnames=tuple(sorted({value for o in kept for name, value in o.fields if name in HOST_FIELDS})),
            observations=kept,
            first_seen=min(o.first_seen_at for o in members),
            last_seen=max(o.last_seen_at for o in members),
            left_out=len(members) - len(kept),
            conflicts=self._conflicts(nodes, members),
            relays=relayed and not key.startswith("mac:"),
            outside_scope=all(o.outside_scope for o in members),
        )

    def _conflicts(self, nodes: Sequence[Node], members: Sequence[Observation]) -> tuple[Conflict, ...]:
        found = []
        ips = {o.ip for o in members if o.ip and o.ip in self.sharers}
        shared = sorted((ip for ip in ips if not is_link_local(ip)), key=address_order)
        if shared:
            told = (f"{ip} is answered for by {_listing(sorted(self.sharers[ip]))}" for ip in shared[:MAX_NAMED])
            more = f"; and {len(shared) - MAX_NAMED} addresses more" if len(shared) > MAX_NAMED else ""
            cause = "devices left at one factory address, an address handed on, or a proxy"
            found.append(Conflict(kind="address-shared", detail=f"{'; '.join(told)}{more}: consistent with {cause}"))
        disputed = [self.disputes[node] for node in nodes if node in self.disputes]
        if disputed:
            values = sorted(set[tuple[str, str]]().union(*(d.values for d in disputed)))
            others = sorted({_label(node) for d in disputed for node in d.others if node not in nodes})
            claims = _listing([f"{name} {value[:MAX_QUOTED]}" for name, value in values])
            cause = "a copied identity, two interfaces of one device, or an altered reply"
            found.append(
                Conflict(kind="duplicate-identity", detail=f"{claims}: also at {_listing(others)}: consistent with {cause}")
            )
        return tuple(found)


def _root(parent: dict[Node, Node], node: Node) -> Node:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


def _agree(stated: Mapping[Node, Mapping[str, set[str]]], nodes: Iterable[Node]) -> bool:
    """Return whether base groups can be one device: those that state anything in the same field have one value in common.

    stated: of each group that states anything, field → values in canonical form. Linear in their number, so that nobody can
    make it long.
    """
    common: dict[str, set[str]] = {}
    for node in nodes:
        for name, values in stated[node].items() if node in stated else ():
            left = common[name] = common[name] & values if name in common else values
            if not left:
                return False
    return True


def _label(node: Node) -> str:
    kind, name, claimed = node
    if kind == "alone":
        return "a device without an address"
    return f"{name} ({claimed})" if claimed else name


def _listing(names: Sequence[str]) -> str:
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


def _keep(members: Sequence[Observation]) -> tuple[Observation, ...]:
    """Return at most MAX_DISTINCT of each protocol, in the given order: messages with different fields first, then early ones."""
    if len(members) <= MAX_DISTINCT:
        return tuple(members)
    protocols: dict[str, list[int]] = defaultdict(list)
    for place, observation in enumerate(members):
        protocols[observation.protocol].append(place)
    if all(len(places) <= MAX_DISTINCT for places in protocols.values()):
        return tuple(members)
    kept: list[int] = []
    for places in protocols.values():
        shapes: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for place in sorted(places, key=lambda p: members[p].first_seen_at):
            shapes[tuple(sorted({name for name, _ in members[place].fields}))].append(place)
        turns = zip_longest(*(shapes[shape] for shape in sorted(shapes)))
        kept += [place for turn in turns for place in turn if place is not None][:MAX_DISTINCT]
    return tuple(members[place] for place in sorted(kept))
