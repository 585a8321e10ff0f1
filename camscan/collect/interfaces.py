"""Interfaces, their networks, and compiled packet filters: scapy's knowledge, imported only where it is used."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network

from camscan.collect.base import MissingTool
from camscan.errors import UsageError

DLT_ETHERNET = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One interface of this machine, as the kernel shows it."""

    name: str
    index: int
    mac: str
    addresses: tuple[str, ...]
    """IPv4 addresses."""
    networks: tuple[IPv4Network, ...]
    """Networks that are directly on this link."""
    up: bool
    loopback: bool

    def reaches(self, ip: str) -> bool:
        """Return whether an address is on this link."""
        address = ip_address(ip)
        return any(address in network for network in self.networks)

    def source_for(self, network: IPv4Network) -> str | None:
        """Return our own address on this link that suits a network; the first one where none is inside it."""
        inside = [a for a in self.addresses if ip_address(a) in network]
        return next(iter(inside or self.addresses), None)


def interfaces() -> tuple[Interface, ...]:
    """Return all interfaces that have a link-layer or an IPv4 address, by index."""
    import scapy.arch
    import scapy.route  # noqa: F401  (fills conf.route)
    from scapy.config import conf

    networks: dict[str, set[IPv4Network]] = {}
    for destination, mask, gateway, name, _source, _metric in conf.route.routes:
        if gateway != "0.0.0.0" or mask in (0, 0xFFFFFFFF):
            continue
        network = ip_network((IPv4Address(destination), bin(mask).count("1")))
        if isinstance(network, IPv4Network) and not network.is_multicast:
            networks.setdefault(name, set()).add(network)
    found = []
    for device in conf.ifaces.values():
        flags = str(device.flags)
        found.append(
            Interface(
                name=device.name,
                index=device.index,
                mac=device.mac or "00:00:00:00:00:00",
                addresses=tuple(device.ips[4]),
                networks=tuple(sorted(networks.get(device.name, ()))),
                up="UP" in flags.split("+"),
                loopback="LOOPBACK" in flags,
            )
        )
    return tuple(sorted(found, key=lambda i: i.index))


def choose_interfaces(known: Sequence[Interface], wanted: Sequence[str], ranges: Sequence[str]) -> tuple[Interface, ...]:
    """Return the interfaces to work on: the wanted ones, else those on whose link a range lies.

    Raises UsageError when a wanted interface does not exist or is down.
    """
    by_name = {i.name: i for i in known}
    for name in wanted:
        if name not in by_name:
            raise UsageError(f"--iface {name}: no such interface; this machine has {', '.join(sorted(by_name))}")
        if not by_name[name].up:
            raise UsageError(f"--iface {name}: the interface is down; bring it up with `ip link set {name} up`")
    if wanted:
        return tuple(by_name[name] for name in dict.fromkeys(wanted))
    nets = [ip_network(r) for r in ranges]
    return tuple(
        i for i in known if i.up and any(isinstance(n, IPv4Network) and n.overlaps(own) for n in nets for own in i.networks)
    )


def compile_bpf(expression: str) -> bytes:
    """Return a filter as an array of `struct sock_filter` for SO_ATTACH_FILTER on an Ethernet socket.

    Raises MissingTool when libpcap is not installed.
    """
    from scapy.arch.common import compile_filter

    try:
        program = compile_filter(expression, linktype=DLT_ETHERNET)
    except ImportError:
        raise MissingTool("libpcap is not installed, so no kernel filter can be made: apt-get install libpcap0.8") from None
    length: int = program.bf_len
    return ctypes.string_at(program.bf_insns, length * 8)
