r"""Lease file of ISC dhcpd: who asked it for an address, one block a lease, in the order of events.

Source: dhcpd.leases(5). Status: documented. Times are UTC, or `epoch` and seconds (`db-time-format local`). A block stands as dhcpd
writes it, one statement a line; what a client sent stands in quotes, with `\"`, `\\` and three octal digits as escapes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from camscan.codecs.base import DecodeError, Listed, Listing, fields, instant, ip_from_text, listing, text, unit_mac_from_text
from camscan.model import MAX_RAW

PROTOCOL = "dhcp"
"""Name of the protocol in observations."""

_MARKS = (b"dhcpd.leases(5)", b"# This lease file was written by isc-dhcp")
_OCTAL = b"01234567"


def recognise(head: bytes) -> bool:
    """Return whether this is the start of a lease file of dhcpd."""
    lines = head[:4096].splitlines()
    return any(mark in line for line in lines[:4] for mark in _MARKS) or any(map(_opens, lines))


def decode(raw: bytes) -> Listing:
    """Return the leases, repeated ones too. Raises DecodeError."""
    if not recognise(raw):
        raise DecodeError("no lease of ISC dhcpd")
    return listing(_blocks(raw), _lease)


def _opens(line: bytes) -> bool:
    words = line.split(None, 3)
    return len(words) == 3 and words[0] == b"lease" and words[2] == b"{"


def _blocks(raw: bytes) -> Iterator[bytes]:
    """Yield each lease with its braces; one that a new one or the end of the file cuts off without its closing brace."""
    block: list[bytes] = []
    depth = 0
    for line in raw.splitlines():
        stripped = line.strip()
        if _opens(stripped):
            if block:
                yield b"\n".join(block)
            block, depth = [stripped], 1
        elif block:
            block.append(stripped)
            depth += stripped.endswith(b"{") - (stripped == b"}")
            if not depth:
                yield b"\n".join(block)
                block = []
    if block:
        yield b"\n".join(block)


def _lease(block: bytes) -> Listed | None:
    first, *statements = block.split(b"\n")
    ip = ip_from_text(text(first.split()[1]))
    if ip is None or not statements or statements[-1] != b"}":
        raise DecodeError("a lease without address or end")
    said: dict[bytes, bytes] = {}
    for statement in statements:
        for name in (
            b"starts ",
            b"cltt ",
            b"binding state ",
            b"hardware ethernet ",
            b"client-hostname ",
            b"set vendor-class-identifier = ",
        ):
            if statement.startswith(name):
                said[name.strip()] = statement[len(name) :]
    mac = said.get(b"hardware ethernet")
    link = None if mac is None else unit_mac_from_text(text(mac.partition(b";")[0]))
    if mac is not None and link is None:
        raise DecodeError("a hardware address that is none")
    found = fields(
        ("dhcp.mac", link),
        ("dhcp.hostname", _quoted(said.get(b"client-hostname", b""))),
        ("dhcp.vendor_class", _quoted(said.get(b"set vendor-class-identifier =", b""))),
    )
    if not found or said.get(b"binding state", b"").startswith(b"abandoned"):
        return None  # an abandoned address is one at which somebody else answered
    starts = _time(said.get(b"starts", b""))
    return Listed(
        protocol=PROTOCOL,
        ip=ip,
        fields=found,
        first_seen_at=starts,
        last_seen_at=_time(said.get(b"cltt", b"")) or starts,
        raw=block[:MAX_RAW],
    )


def _time(written: bytes) -> datetime | None:
    """Return `weekday year/month/day hour:minute:second` or `epoch seconds`; None for `never` and where it is none."""
    words = text(written.partition(b";")[0]).split()
    if len(words) == 2 and words[0] == "epoch":
        return instant(words[1])
    if len(words) != 3:
        return None
    numbers = "/".join((words[1], words[2].replace(":", "/"))).split("/")
    if len(numbers) != 6 or not all(n.isascii() and n.isdigit() and len(n) <= 4 for n in numbers):
        return None
    year, month, day, hour, minute, second = map(int, numbers)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _quoted(written: bytes) -> str | None:
    """Return what stands between the first quote and its end; None where nothing does."""
    if not written.startswith(b'"'):
        return None
    kept = bytearray()
    position = 1
    while position < len(written) and written[position] != ord('"'):
        if written[position] == ord("\\"):
            digits = written[position + 1 : position + 4]
            if len(digits) == 3 and all(digit in _OCTAL for digit in digits):
                kept.append(int(digits, 8) & 0xFF)
                position += 4
                continue
            position += 1
        kept += written[position : position + 1]
        position += 1
    return text(bytes(kept)).rstrip("\0")
