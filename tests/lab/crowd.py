"""A fuller segment: the roster once, then its devices again under other names, MACs, addresses and serials."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from tests.lab.device import Device

NETWORK = ip_network("10.20.0.0/24")
GENERATIONS = 7
"""The low half of a MAC's fifth octet tells them apart: 0 and 1 are the roster's own, 9 to 15 those of copies."""
DIGITS_OF_A_SERIAL = 4

Swaps = Sequence[tuple[str, str]]
Entry = dict[str, Any]


def crowd(devices: Sequence[Device], truth: Iterable[Entry], size: int) -> tuple[tuple[Device, ...], list[Entry]]:
    """Return `size` devices and what each is: `devices` first, then copies of those that stand in 10.20.0.0/24.

    Raises ValueError where the network has no more addresses than that.
    """
    entries = {entry["name"]: entry for entry in truth}
    taken = {entry["ip"] for entry in entries.values()} | {"10.20.0.1"} | {ip for device in devices for ip in device.more_ips}
    free = (str(host) for host in NETWORK.hosts() if str(host) not in taken)
    originals = [device for device in devices if device.ip and ip_address(device.ip) in NETWORK]
    copies = itertools.product(range(1, GENERATIONS + 1), originals)
    grown, told = list(devices), [entries[device.name] for device in devices]
    while len(grown) < size:
        try:
            (generation, original), ip = next(copies), next(free)
        except StopIteration:
            raise ValueError(f"{NETWORK} holds {len(grown)} devices, not {size}") from None
        device, entry = copy_of(original, entries[original.name], generation, ip)
        grown.append(device)
        told.append(entry)
    return tuple(grown), told


def copy_of(device: Device, entry: Entry, generation: int, ip: str) -> tuple[Device, Entry]:
    """Return a device of the same make that is another unit, with one address, and what it is. `generation`: 1 to GENERATIONS."""
    mac = _other_mac(device.mac, generation)
    swaps = [*_spellings(device.mac, mac), (str(device.ip), ip)]
    serial = _swapped(str(entry.get("serial", "")), swaps)
    if serial and serial == entry["serial"]:
        swaps.append((serial, _other_serial(serial, generation)))
    name = f"{device.name}-{generation + 1}"
    services = tuple(_swapped(service, swaps) for service in device.services)
    copy = dataclasses.replace(device, name=name, mac=mac, ip=ip, more_ips=(), services=services)
    return copy, {**_swapped(entry, swaps), "name": name}


def _other_mac(mac: str, generation: int) -> str:
    """Return a MAC with the same prefix of 24, 28 or 36 bits."""
    octets = [int(octet, 16) for octet in mac.split(":")]
    octets[4] = octets[4] & 0xF0 | 8 + generation
    return ":".join(f"{octet:02x}" for octet in octets)


def _spellings(old: str, new: str) -> Iterator[tuple[str, str]]:
    for mark in (":", "-", ""):
        for spelled in (str.lower, str.upper):
            yield spelled(old.replace(":", mark)), spelled(new.replace(":", mark))


def _other_serial(serial: str, generation: int) -> str:
    """Return a serial of the same form: one digit of its last number differs."""
    end = max(i for i, mark in enumerate(serial, 1) if mark.isdigit())
    place = end - DIGITS_OF_A_SERIAL
    if place < 0 or not serial[place:end].isdigit():
        place = end - 1
    return serial[:place] + str((int(serial[place]) + generation) % 10) + serial[place + 1 :]


def _swapped(value: Any, swaps: Swaps) -> Any:
    """Return a value with every old text in it replaced; what a function answers is swapped when it does."""
    if isinstance(value, str):
        for old, new in swaps:
            value = value.replace(old, new)
        return value
    if isinstance(value, bytes):
        for old, new in swaps:
            value = value.replace(old.encode(), new.encode())
        return value
    if isinstance(value, Mapping):
        return {_swapped(key, swaps): _swapped(item, swaps) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_swapped(item, swaps) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(
            value, **{f.name: _swapped(getattr(value, f.name), swaps) for f in dataclasses.fields(value)}
        )
    return _answering(value, swaps) if callable(value) else value


def _answering(responder: Callable[..., Any], swaps: Swaps) -> Callable[..., Any]:
    return lambda *arguments: _swapped(responder(*arguments), swaps)
