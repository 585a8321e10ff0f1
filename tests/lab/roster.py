"""Every device of the segment."""

from __future__ import annotations

from collections.abc import Sequence

from tests.lab.device import Device
from tests.lab.devices import dahua, discovery, discovery_world, hikvision, others, prc, western

ROSTER: tuple[Device, ...] = (
    *hikvision.DEVICES,
    *dahua.DEVICES,
    *prc.DEVICES,
    *western.DEVICES,
    *others.DEVICES,
    *discovery.DEVICES,
    *discovery_world.DEVICES,
)


def select_devices(names: Sequence[str] = ()) -> tuple[Device, ...]:
    """Return the named devices, all by default. Raises KeyError for an unknown name."""
    known = {device.name: device for device in ROSTER}
    for name in names:
        if name not in known:
            raise KeyError(f"no device is called {name}; `python -m tests.lab list` names them")
    return tuple(known[name] for name in names) or ROSTER
