"""Messages that say whose they are: MACs, serials, endpoints and keys, as a test wants them."""

from __future__ import annotations

from typing import Any

from camscan.correlate import correlate
from camscan.model import Asset, Fields, Observation
from tests.factories import observation as factory_observation

CLAIMS = {
    "sadp.mac": "mac",
    "isapi.mac": "mac",
    "sadp.serial": "serial",
    "onvif.serial": "serial",
    "upnp.serial": "serial",
    "eui64.mac": "mac",
    "wsd.epr": "endpoint",
    "tls.key": "key",
}
FIRST, SECOND, THIRD, FOURTH = (f"bc:ad:28:00:00:0{n}" for n in (1, 2, 3, 4))
LOCAL = "02:42:0a:14:00:05"
GATEWAY = "00:00:5e:00:01:0a"
SERIAL = "DS-2CD2143G0-I20190412AAWRD00000017"
EPR = "urn:uuid:1419d68a-1dd2-11b2-a105-bcad28000001"
KEY = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
FACTORY = "192.168.1.64"
SITE = "Poznań"


def fields(**values: str | tuple[str, ...]) -> Fields:
    """Sorted fields; a double underscore in a name stands for a dot."""
    pairs = [
        (name.replace("__", "."), v) for name, given in values.items() for v in ((given,) if isinstance(given, str) else given)
    ]
    return tuple(sorted(pairs))


def observation(**changes: Any) -> Observation:
    values = {"fields": fields(http__status="200"), "protocol": "http", "ip": "2001:db8::64", "link_mac": None}
    return factory_observation(**(values | changes))


def keys(*observations: Observation) -> list[str]:
    return [a.key for a in correlate(observations, claims=CLAIMS)]


def said(ip: str | None = None, mac: str | None = None, **values: str | tuple[str, ...]) -> Observation:
    return observation(ip=ip, link_mac=mac, fields=fields(**values) or fields(http__status="200"))


def kinds(found: Asset) -> list[str]:
    return [conflict.kind for conflict in found.conflicts]
