"""Files to observations: captures, whose frames go to the same codecs as live ones, and nmap's XML."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from camscan.codecs import nmapxml
from camscan.codecs.base import DecodeError
from camscan.codecs.dissect import Dissection
from camscan.codecs.pcapfile import records
from camscan.codecs.registry import Undecoded
from camscan.collect.base import Tally
from camscan.errors import UsageError
from camscan.model import Observation, Via

XML_AT_MOST = 256 * 1024 * 1024
"""Bytes of an nmap file: a /16 with five ports a host stays below."""
CAPTURE_MAGICS = tuple(
    bytes.fromhex(magic) for magic in ("d4c3b2a1", "a1b2c3d4", "4d3cb2a1", "a1b23c4d", "0a0d0d0a")
)  # fmt: skip
"""pcap in both byte orders, with micro- and nanoseconds; pcapng."""


class InputKind(StrEnum):
    """What a file is, by its first bytes."""

    CAPTURE = "capture"
    OBSERVATIONS = "observations"
    NMAP = "nmap"


def kind_of(path: Path) -> InputKind:
    """Return what a file is. Raises UsageError when it cannot be read or is none of what replay reads."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as fault:
        raise UsageError(f"{path}: cannot be read: {fault.strerror}") from None
    if head.startswith(CAPTURE_MAGICS):
        return InputKind.CAPTURE
    if b'"camscan-observations/' in head:
        return InputKind.OBSERVATIONS
    if nmapxml.recognise(head):
        return InputKind.NMAP
    raise UsageError(
        f"{path}: not a pcap or pcapng capture, an observation file or nmap XML; give one that tcpdump -w, camscan -o or nmap -oX wrote"
    )


def read_capture(path: Path, *, site: str, emit: Callable[[Observation], None], tally: Tally) -> None:
    """Emit all that a capture says; damage ends the file and stands in `tally.unfinished`. Raises UsageError when it cannot be read."""
    dissection = Dissection(via=Via.PCAP, collector="pcap", site=site)

    def take(found: Observation | Undecoded) -> None:
        if isinstance(found, Undecoded):
            tally.could_not_read(found)
        else:
            tally.received += 1
            emit(found)

    try:
        with path.open("rb") as file:
            for record in records(file.read):
                for found in dissection.feed(record.frame, record.at, record.link_type):
                    take(found)
    except DecodeError as fault:
        tally.unfinished.append(f"{path.name}: {fault}; everything before it was read")
    except OSError as fault:
        raise UsageError(f"{path}: cannot be read: {fault.strerror}") from None
    for found in dissection.flush():
        take(found)


def read_nmap(path: Path, *, site: str, at: datetime, emit: Callable[[Observation], None], tally: Tally) -> None:
    """Emit the hosts and ports of an nmap XML file; `at` where the file gives no time. Raises UsageError when it cannot be read."""
    try:
        with path.open("rb") as file:
            raw = file.read(XML_AT_MOST)
        scan = nmapxml.decode(raw)
    except OSError as fault:
        raise UsageError(f"{path}: cannot be read: {fault.strerror}") from None
    except DecodeError as fault:
        raise UsageError(f"{path}: not readable as nmap XML: {fault}") from None
    for seen in nmapxml.observations(scan, collector="nmap", via=Via.IMPORT, site=site, read_at=at):
        tally.received += 1
        emit(seen)
    tally.undecoded += scan.unreadable
    if not scan.complete:
        tally.unfinished.append(f"{path.name}: nmap did not finish this file; everything in it was read")
