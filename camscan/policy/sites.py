"""Which site a device stands at: of all stated ranges that hold one of its addresses, the most specific."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import ip_address, ip_network

from camscan.model import SiteContext, address_order

Networks = Mapping[tuple[int, int], Mapping[int, SiteContext]]
"""By family and length of prefix, longest first: the site of each network, by the number of its first bits."""


def site_of(ips: Iterable[str], sites: tuple[SiteContext, ...]) -> SiteContext | None:
    """Return the site of a device with these addresses; None where no range holds one.

    A device with addresses at several sites stands at a sensitive one of them, if any; else at that of its first address.
    """
    if not sites:
        return None
    networks = _networks(sites)
    ordered = sorted(ips, key=address_order)
    found = [site for ip in ordered if (site := _most_specific(ip, networks)) is not None]
    return next((site for site in found if site.class_ == "sensitive"), found[0] if found else None)


def _most_specific(ip: str, networks: Networks) -> SiteContext | None:
    address = ip_address(ip)
    number = int(address)
    for (version, length), named in networks.items():
        if version == address.version:
            site = named.get(number >> (address.max_prefixlen - length))
            if site is not None:
                return site
    return None


@lru_cache(maxsize=64)
def _networks(sites: tuple[SiteContext, ...]) -> Networks:
    found: dict[tuple[int, int], dict[int, SiteContext]] = {}
    for site in sites:
        for text in site.ranges:
            net = ip_network(text)
            named = found.setdefault((net.version, net.prefixlen), {})
            named[int(net.network_address) >> (net.max_prefixlen - net.prefixlen)] = site
    return dict(sorted(found.items(), key=lambda item: (item[0][0], -item[0][1])))
