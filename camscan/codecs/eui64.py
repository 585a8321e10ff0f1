"""The MAC in an IPv6 address that its owner made from its network interface.

Source: RFC 4291, appendix A (modified EUI-64). The lower half of the address is the MAC with ff:fe in the middle and the
universal bit turned over. Such an address is a statement of its owner like any other: nothing checks it.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from camscan.model import Fields, is_local_mac

FIELD = "eui64.mac"
"""Name of the field that holds it."""
_MIDDLE = b"\xff\xfe"
_UNIVERSAL = 0x02


def claimed_mac(ip: str) -> str | None:
    """Return the universally administered MAC in an address; None for an address that holds none."""
    if ":" not in ip:
        return None
    address = ip_address(ip)
    assert isinstance(address, IPv6Address)
    half = address.packed[8:]
    if half[3:5] != _MIDDLE:
        return None
    mac = (bytes([half[0] ^ _UNIVERSAL]) + half[1:3] + half[5:]).hex(":")
    return None if is_local_mac(mac) or mac.startswith("00:00:00:") else mac


def with_claim(said: Fields, ip: str | None, link_mac: str | None) -> Fields:
    """Return the fields of a message with the MAC in its sender's address, where the link did not show the same one."""
    mac = claimed_mac(ip) if ip else None
    return said if mac is None or mac == link_mac else tuple(sorted({*said, (FIELD, mac)}))
