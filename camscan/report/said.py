"""What kind of thing a field speaks of: the product, or something that tells one device, place or person from another."""

from __future__ import annotations

from camscan.identify.products import OF_PRODUCTS
from camscan.report.masks import Kind

_BY_LAST_WORD: dict[str, Kind] = {
    "mac": "mac",
    "serial": "serial",
    "ip": "address",
    "address": "address",
    "destination": "address",
    "management": "address",
    "router": "address",
    "epr": "endpoint",
    "key": "key",
    "host": "host",
    "hostname": "host",
    "sysname": "host",
    "system_name": "host",
    "name": "host",
    "identity": "host",
    "sni": "host",
    "by": "person",
    "ref": "reference",
    "asset_tag": "tag",
    "location": "location",
}
_EXACTLY: dict[str, Kind] = {
    "http.location": "text",
    "lldp.chassis": "text",
    "switch.name": "switch",
    "switch.neighbour": "switch",
    "switch.source": "switch",
    "switch.port": "port",
    "cdp.device": "host",
    "vision360.id": "serial",
    "tuya.id": "serial",
    "reolink.uid": "serial",
    "hds.device_id": "serial",
    "hds.cloud_id": "serial",
    "xiongmai.cloud_id": "serial",
}


def kind_of_field(name: str) -> Kind | None:
    """Return what a field of a message is masked as; None for one that speaks of the product."""
    if name in OF_PRODUCTS:
        return None
    return _EXACTLY.get(name) or _BY_LAST_WORD.get(name.rpartition(".")[2], "text")


_OF_FACTS: dict[str, Kind] = {"serial": "serial", "mac": "mac", "ip": "address", "hostname": "host", "name": "host"}


def kind_of_fact(name: str) -> Kind | None:
    """Return what a conclusion of a fingerprint is masked as; None for one that speaks of the product."""
    return _OF_FACTS.get(name)
