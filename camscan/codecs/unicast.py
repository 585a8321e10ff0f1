"""Which addresses are of one host, and which of those are reached from anywhere.

Source: RFC 1918, 3927, 1122, 6598, 4291, 4193. The addresses that carriers share among customers (RFC 6598) count as global here: on a
customer's link nobody has one.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Network, ip_address, ip_network

_OF_NO_HOST = tuple(map(ip_network, ("0.0.0.0/8", "224.0.0.0/3", "::/127", "ff00::/8")))
_LOCAL = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10"),
    )
)
_OF_ONE_SITE = 48
"""Bits of a prefix of IPv6 that a site is given (RFC 6177)."""


@lru_cache(maxsize=4096)
def packed(ip: str) -> bytes:
    """Return the 4 or 16 bytes of an address."""
    return ip_address(ip).packed


@lru_cache(maxsize=512)
def is_unicast(ip: str) -> bool:
    """Return whether an address is of one host, rather than of a group, of all or of nobody."""
    address = ip_address(ip)
    return not any(address.version == network.version and address in network for network in _OF_NO_HOST)


@lru_cache(maxsize=512)
def is_global(ip: str) -> bool:
    """Return whether an address is of one host, and of no private network or single link."""
    address = ip_address(ip)
    return is_unicast(ip) and not any(address.version == network.version and address in network for network in _LOCAL)


@lru_cache(maxsize=512)
def is_elsewhere(ip: str, near: str) -> bool:
    """Return whether an address is global and surely of another network than `near`: that one is private, or, of IPv6, of another site."""
    if not is_global(ip) or not is_unicast(near):
        return False
    if not is_global(near):
        return True
    address = ip_address(ip)
    return address.version == 6 and ip_address(near) not in IPv6Network((int(address), _OF_ONE_SITE), strict=False)
