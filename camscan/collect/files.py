"""Files to observations: captures, whose frames go to the same codecs as live ones, nmap's XML, and lists of other programs."""

from __future__ import annotations

import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

from camscan.codecs import addresstable, arpscan, dnsmasqleases, ipneigh, iscleases, kealeases, nmapxml
from camscan.codecs.base import DecodeError, Listed, ListingCodec
from camscan.codecs.pcapfile import MAGICS as CAPTURE_MAGICS
from camscan.collect.base import Tally
from camscan.collect.capturefile import Piped, is_capture, piped_capture
from camscan.collect.temporary import temporary_file
from camscan.collect.unpack import MAGICS as PACKED_MAGICS
from camscan.errors import UsageError
from camscan.model import MAX_RAW, Observation, Via

XML_AT_MOST = 256 * 1024 * 1024
"""Bytes of an nmap file: a /16 with five ports a host stays below."""
LISTING_AT_MOST = 64 * 1024 * 1024
"""Bytes of a list of leases, neighbours or addresses: two million lines and less."""
STANDARD_INPUT = Path("-")
Input = Path | Piped


class InputKind(StrEnum):
    """What a file is, by its first bytes."""

    CAPTURE = "capture"
    OBSERVATIONS = "observations"
    NMAP = "nmap"
    ISC_LEASES = "isc-leases"
    KEA_LEASES = "kea-leases"
    DNSMASQ_LEASES = "dnsmasq-leases"
    IP_NEIGH = "ip-neigh"
    ARP_SCAN = "arp-scan"
    TABLE = "table"


LISTINGS: Mapping[InputKind, ListingCodec] = {
    InputKind.KEA_LEASES: kealeases,
    InputKind.ISC_LEASES: iscleases,
    InputKind.DNSMASQ_LEASES: dnsmasqleases,
    InputKind.IP_NEIGH: ipneigh,
    InputKind.ARP_SCAN: arpscan,
    InputKind.TABLE: addresstable,  # last: the header of any other would do for it
}
"""The lists that are read, in the order in which they are tried."""


@contextmanager
def with_pipes(files: Sequence[Path]) -> Iterator[tuple[Input, ...]]:
    """Give the files, and what can be read but once as a capture that comes as it is written, or as a file that is gone afterwards.

    That are standard input, for `-`, and whatever is no regular file. Raises UsageError where one of them stands twice, cannot be opened,
    is a terminal or holds nothing.
    """
    once = tuple(dict.fromkeys(path for path in files if is_read_once(path)))
    for path in once:
        if files.count(path) > 1 or (path == STANDARD_INPUT and sys.stdin.isatty()):
            raise UsageError(f"{_called(path)} can be read once, and not from a terminal: ip -s neigh | camscan replay -")
    with ExitStack() as opened:
        given = {path: opened.enter_context(_read_once(path)) for path in once}
        yield tuple(given.get(path, path) for path in files)


def is_read_once(path: Path) -> bool:
    """Return whether what stands behind a path can be read but once: standard input, a pipe or a device."""
    if path == STANDARD_INPUT:
        return True
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


@contextmanager
def _read_once(path: Path) -> Iterator[Input]:
    """Give a capture as it comes, anything else as a copy. Raises UsageError."""
    name, called = "stdin" if path == STANDARD_INPUT else path.name, _called(path)
    with ExitStack() as opened:
        try:
            stream = sys.stdin.buffer if path == STANDARD_INPUT else opened.enter_context(path.open("rb"))
            piped = piped_capture(cast("BufferedReader", stream).read1, name)
        except OSError as fault:
            raise UsageError(f"{called}: cannot be read: {fault.strerror}") from None
        if isinstance(piped, Piped):
            yield piped
            return
        if not piped:
            raise UsageError(f"{called}: nothing came; see whether what writes to it works: tcpdump -w - … | camscan replay -")

        def copied(target: BinaryIO) -> None:
            target.write(piped)
            shutil.copyfileobj(stream, target)

        copy = opened.enter_context(temporary_file(name, copied))
        try:
            yield copy
        except UsageError as fault:
            raise UsageError(str(fault).replace(str(copy), called)) from None


def _called(path: Path) -> str:
    return "standard input" if path == STANDARD_INPUT else str(path)


def captures_among(files: Sequence[Input]) -> tuple[Input, ...]:
    """Return those of the files that are captures. Raises UsageError as `kind_of` does."""
    return tuple(path for path in files if kind_of(path) is InputKind.CAPTURE)


def kind_of(path: Input) -> InputKind:
    """Return what a file is. Raises UsageError when it cannot be read or is none of what replay reads."""
    if isinstance(path, Piped):
        return InputKind.CAPTURE
    try:
        with path.open("rb") as file:
            head = file.read(4096)
        if head.startswith(CAPTURE_MAGICS) or (head.startswith(PACKED_MAGICS) and is_capture(path)):
            return InputKind.CAPTURE
    except OSError as fault:
        raise UsageError(f"{path}: cannot be read: {fault.strerror}") from None
    if b'"camscan-observations/' in head:
        return InputKind.OBSERVATIONS
    if nmapxml.recognise(head):
        return InputKind.NMAP
    for kind, codec in LISTINGS.items():
        if codec.recognise(head):
            return kind
    raise UsageError(
        f"{path}: not a pcap or pcapng capture (packed with gzip or zstd, or not), an observation file, nmap XML, DHCP leases, ip neigh or arp-scan output; "
        "give one that tcpdump -w, camscan -o or nmap -oX wrote, or CSV whose first row names ip and mac or port"
    )


def read_input(
    path: Path, kind: InputKind, *, site: str, at: datetime, emit: Callable[[Observation], None], tally: Tally
) -> None:
    """Emit all that a file of a kind says, except for observation files and captures. Raises UsageError when it cannot be read."""
    if kind is InputKind.NMAP:
        read_nmap(path, site=site, at=at, emit=emit, tally=tally)
    else:
        read_listing(path, kind, site=site, at=at, emit=emit, tally=tally)


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
    if scan.unreadable:
        hosts = f"{scan.unreadable} host{'' if scan.unreadable == 1 else 's'}"
        tally.unfinished.append(f"{path.name}: {hosts} or more in it cannot be read; every other one was read")
    if not scan.complete:
        whole = "" if scan.unreadable else "; everything in it was read"
        tally.unfinished.append(f"{path.name}: nmap did not finish this file{whole}")


def read_listing(
    path: Path, kind: InputKind, *, site: str, at: datetime, emit: Callable[[Observation], None], tally: Tally
) -> None:
    """Emit the entries of a list, with the time of the file where it gives none, and none later than `at`.

    Raises UsageError when the file cannot be read, or none of its entries can.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LISTING_AT_MOST + 1)
        written_at = datetime.fromtimestamp(max(0.0, min(path.stat().st_mtime, at.timestamp())), UTC)
        found = LISTINGS[kind].decode(raw[:LISTING_AT_MOST])
    except OSError as fault:
        raise UsageError(f"{path}: cannot be read: {fault.strerror}") from None
    except DecodeError as fault:
        raise UsageError(f"{path}: not readable as {kind}: {fault}; write the file anew from its program") from None
    for entry in found.entries:
        tally.received += 1
        emit(_observation(entry, kind, site, written_at))
    tally.undecoded += found.unreadable
    tally.sample = tally.sample or found.sample
    if not found.complete or len(raw) > LISTING_AT_MOST:
        tally.unfinished.append(f"{path.name}: too long to be read whole; give it in parts")


def _observation(entry: Listed, kind: InputKind, site: str, written_at: datetime) -> Observation:
    last = min(entry.last_seen_at or written_at - timedelta(seconds=entry.age_s), written_at)
    return Observation(
        protocol=entry.protocol,
        collector=str(kind),
        via=Via.IMPORT,
        site=site,
        fields=entry.fields,
        first_seen_at=min(entry.first_seen_at or last, last),
        last_seen_at=last,
        ip=entry.ip,
        link_mac=entry.link_mac,
        raw=entry.raw,
        truncated=len(entry.raw) >= MAX_RAW,
    )
