"""Every device of the segment."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence

from tests.lab.daemons import peers
from tests.lab.device import Device, Service
from tests.lab.devices import (
    dahua,
    discovery,
    discovery_world,
    habits,
    hikvision,
    infrastructure,
    ipv6,
    logins,
    others,
    prc,
    western,
)
from tests.lab.simulators.http import Http
from tests.lab.simulators.onvif import OnvifDevice
from tests.lab.simulators.wsd import Wsd

ROSTER: tuple[Device, ...] = (
    *hikvision.DEVICES,
    *dahua.DEVICES,
    *prc.DEVICES,
    *western.DEVICES,
    *others.DEVICES,
    *discovery.DEVICES,
    *discovery_world.DEVICES,
    *ipv6.DEVICES,
    *infrastructure.DEVICES,
    *logins.DEVICES,
    *habits.DEVICES,
)


PEERS: tuple[Device, ...] = peers.DEVICES
"""Real daemons: on the segment only where they are named."""


def select_devices(names: Sequence[str] = ()) -> tuple[Device, ...]:
    """Return the named devices, the whole roster by default. Raises KeyError for an unknown name."""
    known = {device.name: device for device in (*ROSTER, *PEERS)}
    for name in names:
        if name not in known:
            raise KeyError(f"no device is called {name}; `python -m tests.lab list` names them")
    return tuple(known[name] for name in names) or ROSTER


def protocol_of(service: Service) -> str:
    """Return the name of the simulator behind a service: the module that it stands in."""
    return type(service).__module__.rpartition(".")[2]


def without(devices: Sequence[Device], protocols: Collection[str]) -> tuple[Device, ...]:
    """Return the devices with some services switched off: `http`, `rtsp`, `dhip`, …; `onvif` is its discovery and its device service.

    Raises KeyError for a protocol that no device of the roster speaks.
    """
    spoken = {protocol_of(service) for device in ROSTER for service in device.services} | {"onvif"}
    for protocol in protocols:
        if protocol not in spoken:
            raise KeyError(f"no device speaks {protocol}; they speak {', '.join(sorted(spoken))}")
    return tuple(dataclasses.replace(device, services=tuple(_left(device.services, protocols))) for device in devices)


def _left(services: Sequence[Service], protocols: Collection[str]) -> Iterator[Service]:
    for service in services:
        if protocol_of(service) in protocols or (isinstance(service, Wsd) and "onvif" in protocols):
            continue
        if isinstance(service, Http) and "onvif" in protocols:
            posts = {path: answer for path, answer in service.posts.items() if not isinstance(answer, OnvifDevice)}
            yield dataclasses.replace(service, posts=posts)
        else:
            yield service
