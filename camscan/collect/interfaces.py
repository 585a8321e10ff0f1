"""Interfaces, their networks, and compiled packet filters: scapy's knowledge, imported only where it is used."""

from __future__ import annotations

import ctypes
import fcntl
import socket
import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network

from camscan.collect.base import MissingTool
from camscan.errors import UsageError

DLT_ETHERNET = 1
IFNAMSIZ, SIOCGIFADDR, SIOCGIFNETMASK, SIOCETHTOOL = 16, 0x8915, 0x891B, 0x8946
ETHTOOL_GLINK = 0x0A
"""linux/if.h, linux/sockios.h, linux/ethtool.h."""
NO_VLAN = b"".join(
    struct.pack("=HBBI", *instruction)
    for instruction in ((0x20, 0, 0, 0xFFFFF000 + 44), (0x54, 0, 0, 0x0FFF), (0x15, 1, 0, 0), (0x06, 0, 0, 0))
)
"""Program that ends with nothing where the kernel took a VLAN number off the frame (SKF_AD_VLAN_TAG of linux/filter.h)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One interface of this machine, as the kernel shows it."""

    name: str
    index: int
    mac: str
    addresses: tuple[str, ...]
    """IPv4 addresses."""
    networks: tuple[IPv4Network, ...]
    """Networks of IPv4 that are directly on this link."""
    up: bool
    """It is switched on, and has a carrier as far as its driver tells."""
    loopback: bool
    addresses_v6: tuple[str, ...] = ()
    """IPv6 addresses."""
    networks_v6: tuple[IPv6Network, ...] = ()
    """Networks of IPv6 that are directly on this link; fe80::/64 too, where it has an address of it."""

    @property
    def on_link(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Networks of both families."""
        return (*self.networks, *self.networks_v6)

    @property
    def link_local(self) -> str | None:
        """Our own address of IPv6 that is valid on this link alone; None where IPv6 is off."""
        return next((a for a in self.addresses_v6 if is_link_local(a)), None)

    def reaches(self, ip: str) -> bool:
        """Return whether an address is on this link; a link-local one may be on any."""
        address = ip_address(ip)
        return any(address in network for network in self.on_link)


def interfaces() -> tuple[Interface, ...]:
    """Return all interfaces that have a link-layer address or one of IP, by index."""
    import scapy.arch
    import scapy.route
    import scapy.route6  # noqa: F401  (fills conf.route6)
    from scapy.config import conf

    networks: dict[str, set[IPv4Network]] = {}
    for destination, mask, gateway, name, _source, _metric in conf.route.routes:
        if gateway != "0.0.0.0" or mask in (0, 0xFFFFFFFF):
            continue
        network = ip_network((IPv4Address(destination), bin(mask).count("1")))
        if isinstance(network, IPv4Network) and not network.is_multicast:
            networks.setdefault(name, set()).add(network)
    networks_v6: dict[str, set[IPv6Network]] = {}
    for prefix, length, gateway, name, _sources, _metric in conf.route6.routes:
        if gateway == "::" and 0 < length < 128 and not prefix.startswith("ff"):
            networks_v6.setdefault(name, set()).add(IPv6Network((prefix, length), strict=False))
    found = []
    for device in conf.ifaces.values():
        flags = str(device.flags)
        up = "UP" in flags.split("+") and _has_carrier(device.name)
        if not up and not networks.get(device.name):
            networks[device.name] = _networks_of_down(device.name)
        found.append(
            Interface(
                name=device.name,
                index=device.index,
                mac=device.mac or "00:00:00:00:00:00",
                addresses=tuple(device.ips[4]),
                networks=tuple(sorted(networks.get(device.name, ()))),
                up=up,
                loopback="LOOPBACK" in flags,
                addresses_v6=tuple(sorted(device.ips[6])),
                networks_v6=tuple(sorted(networks_v6.get(device.name, ()))),
            )
        )
    return tuple(sorted(found, key=lambda i: i.index))


def _has_carrier(name: str) -> bool:
    """Return whether an interface has a link to somebody; True too where its driver does not say."""
    value = array("I", (ETHTOOL_GLINK, 0))
    asked = struct.pack("16sP", name.encode()[: IFNAMSIZ - 1], value.buffer_info()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:  # noqa: TID251  (asks the kernel, sends nothing)
        try:
            fcntl.ioctl(any_socket, SIOCETHTOOL, asked)
        except OSError:
            return True
    return bool(value[1])


def _networks_of_down(name: str) -> set[IPv4Network]:
    """Return the network of the first address of an interface that is down, for which there are no routes; none where it has no address."""
    asked = struct.pack("256s", name.encode()[: IFNAMSIZ - 1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:  # noqa: TID251  (asks the kernel, sends nothing)
        try:
            address, mask = (
                socket.inet_ntoa(fcntl.ioctl(any_socket, wanted, asked)[20:24]) for wanted in (SIOCGIFADDR, SIOCGIFNETMASK)
            )
        except OSError:
            return set()
    return {IPv4Network((address, mask), strict=False)}


def choose_interfaces(known: Sequence[Interface], wanted: Sequence[str], ranges: Sequence[str]) -> tuple[Interface, ...]:
    """Return the interfaces to work on: the wanted ones that are up, else those on whose link a range lies.

    Raises UsageError when a wanted interface does not exist, or all of them are down.
    """
    by_name = {i.name: i for i in known}
    for name in wanted:
        if name not in by_name:
            raise UsageError(f"--iface {name}: no such interface; this machine has {', '.join(sorted(by_name))}")
    for name in wanted:
        if not any(by_name[one].up for one in wanted):
            raise UsageError(
                f"--iface {name}: the interface is down; bring it up with `ip link set {name} up`, or see to its cable"
            )
    if wanted:
        return tuple(by_name[name] for name in dict.fromkeys(wanted) if by_name[name].up)
    nets = [ip_network(r) for r in ranges]
    return tuple(i for i in known if i.up and any(overlap(n, own) for n in nets for own in i.on_link))


def overlap(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    """Return whether two networks share an address."""
    return one.version == other.version and one.overlaps(other)


def is_link_local(ip: str) -> bool:
    """Return whether an address is one of IPv6 that names a host on one link alone."""
    return ip[:2].lower() == "fe" and ip_address(ip).is_link_local


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
