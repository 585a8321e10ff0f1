"""Where a device hangs on the network: the port at which it stands itself, chosen among all that switches know of it."""

from __future__ import annotations

from camscan.model import Asset, Attachment, Observation

PROTOCOL = "bridge"
MOST_AT_AN_EDGE = 8
"""Devices at one port up to which it is taken for the device's own: a desk switch or a telephone passes a few on."""
VLANS = range(1, 4095)


def attachment(asset: Asset) -> Attachment | None:
    """Return where the switches saw a device; None where none did. A port of its own goes before one that leads elsewhere,
    then the one with the fewest devices, then what was seen last.
    """
    found = [seen for seen in map(_attachment, asset.observations) if seen is not None]
    return min(found, key=_order, default=None)


def in_words(attached: Attachment) -> str:
    """Return an attachment as a person reads it: `switch sw-3, port 14, VLAN 20`."""
    vlan = f", VLAN {attached.vlan}" if attached.vlan is not None else ""
    if attached.direct:
        others = attached.port_macs - 1
        beside = f" (with {others} other{'s' if others > 1 else ''})" if others else ""
        return f"switch {attached.switch}, port {attached.port}{beside}{vlan}"
    towards = f", towards {attached.behind}" if attached.behind else ""
    return f"behind port {attached.port} (uplink{towards}) of switch {attached.switch}{vlan}"


def _attachment(seen: Observation) -> Attachment | None:
    if seen.protocol != PROTOCOL:
        return None
    said = dict(seen.fields)
    switch, port = said.get("switch.name") or said.get("switch.address"), said.get("switch.port")
    if switch is None or port is None:
        return None
    macs = _number(said.get("switch.port_macs")) or 1
    vlan = _number(said.get("switch.vlan"))
    behind = said.get("switch.neighbour")
    return Attachment(
        switch=switch,
        port=port,
        vlan=vlan if vlan in VLANS else None,
        seen_on=seen.last_seen_at,
        direct=behind is None and macs <= MOST_AT_AN_EDGE,
        behind=behind,
        port_macs=macs,
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 6 else None


def _order(attached: Attachment) -> tuple[object, ...]:
    return (
        not attached.direct,
        attached.port_macs,
        -attached.seen_on.timestamp(),
        attached.switch,
        attached.port,
        attached.vlan or 0,
        attached.behind or "",
    )
