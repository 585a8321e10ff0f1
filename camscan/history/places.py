"""Where a device stands: which addresses tell that, and how two places compare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from camscan.model import DeviceFacts, DeviceState, is_local_mac

Difference = tuple[str, str, str]
"""What differs, before and after."""


def differences(before: DeviceFacts, after: DeviceState, after_direct: bool) -> Iterator[Difference]:
    """Yield how the place of a device differs: address, switch port or VLAN, interface. after_direct: a switch saw it at that very port.

    Of IPv6 networks alone are compared, for devices make new addresses by themselves; what stands behind another switch has no port.
    """
    was = before.state
    ours, theirs = _places(was.ips), _places(after.ips)
    if ours and theirs and not ours.keys() & theirs.keys():
        yield "address", _listed(ours), _listed(theirs)
    if before.attached_to is not None and before.attached_to.direct and after_direct and was.switch and after.switch:
        if (was.switch, was.port) != (after.switch, after.port):
            yield "switch port", port_words(was), port_words(after)
        elif was.vlan != after.vlan and None not in (was.vlan, after.vlan):
            yield "VLAN", str(was.vlan), str(after.vlan)
    old, new = (frozenset(mac for mac in state.macs if not is_local_mac(mac)) for state in (was, after))
    if old and new and not old & new:
        yield "MAC", ", ".join(sorted(old)), ", ".join(sorted(new))


def port_words(state: DeviceState) -> str:
    """Return switch, port and VLAN; empty where no switch knows the device."""
    if state.switch is None:
        return ""
    vlan = f", VLAN {state.vlan}" if state.vlan is not None else ""
    return f"switch {state.switch}, port {state.port}{vlan}"


def same_place(one: DeviceState, other: DeviceState) -> bool:
    """Return whether two devices stood at one address or switch port."""
    at_port = one.switch is not None and (one.switch, one.port) == (other.switch, other.port)
    return at_port or bool(set(one.ips) & set(other.ips))


def _places(ips: Sequence[str]) -> dict[str, str]:
    """Return by what counts as the place an address that stands there; addresses of IPv4 alone where there are any."""
    v4, v6 = {}, {}
    for text in ips:
        try:
            parsed = ip_address(text.partition("%")[0])
        except ValueError:
            continue
        if parsed.is_link_local:
            continue
        if parsed.version == 4:
            v4[str(parsed)] = text
        else:
            v6[":".join(parsed.exploded.split(":")[:4])] = text
    return v4 or v6


def _listed(places: dict[str, str]) -> str:
    return ", ".join(places[place] for place in sorted(places))
