"""Which site a device stands at."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.model import SiteContext
from camscan.policy.sites import site_of

CAMPUS = SiteContext(name="campus", ranges=("10.20.0.0/16", "fd00:20::/48"), class_="other")
ANNEX = SiteContext(name="annex", ranges=("10.20.5.0/24",), class_="sensitive")
DOOR = SiteContext(name="door", ranges=("10.20.5.7/32",), class_="other")
SITES = (CAMPUS, ANNEX, DOOR)


@pytest.mark.parametrize(
    ("ips", "site"),
    [
        (("10.20.1.1",), CAMPUS),
        (("10.20.5.1",), ANNEX),
        (("10.20.5.7",), DOOR),
        (("fd00:20::7",), CAMPUS),
        (("192.168.1.64",), None),
        (("192.168.1.64", "10.20.1.1"), CAMPUS),
        (("fd00:20::7", "10.20.5.7"), DOOR),
        (("10.20.1.1", "10.20.5.1"), ANNEX),
        ((), None),
    ],
)
def test_the_most_specific_range_speaks_and_a_foot_in_a_sensitive_site_counts(ips, site):
    assert site_of(ips, SITES) is site
    assert site_of(ips, SITES[::-1]) is site
    assert site_of(ips[::-1], SITES) is site


def test_without_sites_no_range_speaks():
    assert site_of(("10.20.0.11",), ()) is None


RANGES = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)).map(
    lambda pair: str(ip_network((pair[0], pair[1]), strict=False))
)


@given(st.sets(RANGES, max_size=12), st.integers(0, 2**32 - 1).map(lambda number: str(ip_address(number))))
def test_the_site_found_is_that_of_the_longest_prefix_that_holds_the_address(ranges, ip):
    sites = tuple(SiteContext(name=text, ranges=(text,)) for text in sorted(ranges))
    holding = [text for text in ranges if ip_address(ip) in ip_network(text)]
    longest = max(holding, key=lambda text: ip_network(text).prefixlen, default=None)
    found = site_of((ip,), sites)
    assert (found.name if found else None) == longest
