"""The process that is the segment: wires it, serves every device from one event loop, obeys a few words on stdin."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.lab import netns
from tests.lab.device import Device
from tests.lab.ledger import Ledger
from tests.lab.place import Place
from tests.lab.wiring import SCANNER_ADDRESS, SCANNER_MAC, SCANNER_PORT, Wires, port_name, unwire, wire


def serve(devices: Sequence[Device], *, pcap: Path | None, ledger_file: Path | None) -> None:
    """Serve until stdin closes or SIGTERM; prints one JSON line when ready. Raises NamespaceError."""
    began = time.monotonic()
    wires = wire(devices)
    ledger = Ledger(SCANNER_PORT, SCANNER_MAC, {device.mac: device.name for device in devices})
    places = {device.name: Place(device, wires.devices[device.name]) for device in devices}
    ports = {device.name: port_name(i) for i, device in enumerate(devices)}
    recording = pcap.open("wb") if pcap is not None else None
    try:
        if recording is not None:
            ledger.record(recording)
        asyncio.run(_run(devices, places, ledger, wires, ports, began))
    finally:
        for place in places.values():
            place.end_programs()
        unwire(wires)
        ledger.flush()
        if recording is not None:
            recording.close()
        if ledger_file is not None:
            ledger_file.write_text(json.dumps(_document(ledger, places), indent=1) + "\n")


async def _run(
    devices: Sequence[Device],
    places: dict[str, Place],
    ledger: Ledger,
    wires: Wires,
    ports: dict[str, str],
    began: float,
) -> None:
    loop = asyncio.get_running_loop()
    # Handshakes that scanners abandon are daily business, not news.
    loop.set_exception_handler(lambda _loop, context: _complain(context))
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    ledger.attach(loop.add_reader)
    await asyncio.gather(*(_start(place) for place in places.values()))
    words = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(words), sys.stdin)
    _say(
        {
            "ready": True,
            "pid": os.getpid(),
            "scanner_pid": wires.scanner_pid,
            "scanner_address": SCANNER_ADDRESS,
            "enter": f"nsenter --target {wires.scanner_pid} --net --mount --wd=. --",
            "devices": len(devices),
            "seconds": round(time.monotonic() - began, 3),
        }
    )
    listener = asyncio.ensure_future(_obey(words, ended, ledger, places, ports))
    await ended.wait()
    listener.cancel()


async def _start(place: Place) -> None:
    for service in place.device.services:
        await service.start(place)


async def _obey(
    words: asyncio.StreamReader, ended: asyncio.Event, ledger: Ledger, places: dict[str, Place], ports: dict[str, str]
) -> None:
    """Answer `ledger`, `forget`, `unplug NAME` and `plug NAME` with one JSON line each, until stdin closes."""
    while line := await words.readline():
        word, _, name = line.decode().strip().partition(" ")
        if word == "ledger":
            ledger.flush()
            _say(_document(ledger, places))
        elif word == "forget":
            ledger.forget()
            for place in places.values():
                place.tally.forget()
            _say({"ok": True})
        elif word in ("plug", "unplug") and name in ports:
            netns.ip_batch([f"link set {ports[name]} {'up' if word == 'plug' else 'down'}"])
            if word == "plug":
                netns.await_carrier([(None, ports[name]), (places[name].namespace, "eth0")])
            _say({"ok": True})
        else:
            _say({"error": f"unknown: {word} {name}".strip()})
    ended.set()


def _document(ledger: Ledger, places: dict[str, Place]) -> dict[str, Any]:
    return {
        "frames": ledger.frames,
        "dropped": ledger.dropped,
        "groups": dict(sorted(ledger.groups.items())),
        "strangers": dict(sorted(ledger.strangers.items())),
        "devices": {name: ledger.visits[name].document() | place.tally.document() for name, place in places.items()},
    }


def _say(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def _complain(context: dict[str, Any]) -> None:
    fault = context.get("exception")
    if fault is None or isinstance(fault, OSError | EOFError):
        return
    sys.stderr.write(f"lab: {context.get('message')}: {fault!r}\n")
