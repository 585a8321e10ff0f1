"""The kernel's neighbour table as iproute2 prints it: `ip neigh`, with `-s` also how old, with `-j` as JSON.

Source: ip-neighbour(8) and output of iproute2 6.1. Status: documented. A line begins with the address; `lladdr` stands before the MAC,
`used a/b/c` holds the seconds since use, confirmation and update, and the state stands at the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from camscan.codecs.base import DecodeError, Listed, Listing, fields, ip_from_text, listing, text, unit_mac_from_text
from camscan.model import MAX_RAW

_KNOWN = frozenset({"REACHABLE", "STALE", "DELAY", "PROBE", "PERMANENT"})
"""States in which the kernel knows the MAC."""
_STATES = _KNOWN | {"NONE", "INCOMPLETE", "FAILED", "NOARP"}
_LONGEST_AGE_S = 366 * 24 * 3600
_LONGEST_ENTRY = 4096
"""Characters of one entry of JSON; iproute2 writes about two hundred."""


def recognise(head: bytes) -> bool:
    """Return whether this is the start of a neighbour table."""
    start = head[:4096].lstrip()
    if start.startswith(b"["):
        return start[1:].lstrip()[:1] in (b"{", b"]") and (b'"dst"' in start or not start[1:].strip(b"] \r\n"))
    words = text(start.partition(b"\n")[0]).split()
    return len(words) > 1 and ip_from_text(words[0]) is not None and (words[1] in ("dev", "lladdr") or words[-1] in _STATES)


def decode(raw: bytes) -> Listing:
    """Return the neighbours whose MAC the kernel knew. Raises DecodeError."""
    if not recognise(raw):
        raise DecodeError("no neighbour table")
    return listing(_objects(raw), _from_json) if raw.lstrip().startswith(b"[") else listing(raw.splitlines(), _from_line)


def _from_line(line: bytes) -> Listed | None:
    words = text(line).split()
    if not words:
        return None
    if words[-1] == "proxy" or words[-1] in _STATES - _KNOWN:
        return None
    ip = ip_from_text(words[0])
    if ip is None or words[-1] not in _KNOWN:
        raise DecodeError("not a neighbour, or one without a state")
    return _neighbour(ip, _after(words, "lladdr"), _after(words, "used").split("/"), line)


def _after(words: list[str], key: str) -> str:
    place = words.index(key) + 1 if key in words else len(words)
    return words[place] if place < len(words) else ""


def _from_json(raw: bytes) -> Listed | None:
    try:
        entry: Any = json.loads(raw)
    except (ValueError, RecursionError):
        raise DecodeError("not an entry of JSON") from None
    if not isinstance(entry, dict) or not isinstance(entry.get("dst"), str):
        raise DecodeError("an entry without an address")
    states, mac = entry.get("state"), entry.get("lladdr")
    if (
        not isinstance(states, list)
        or not isinstance(mac, str)
        or not any(state in _KNOWN for state in states if isinstance(state, str))
    ):
        return None
    ip = ip_from_text(entry["dst"])
    if ip is None:
        raise DecodeError("an entry without an address")
    confirmed = entry.get("confirmed")
    return _neighbour(ip, mac, ["", str(confirmed) if isinstance(confirmed, int) else ""], raw)


def _neighbour(ip: str, written: str, used: list[str], raw: bytes) -> Listed:
    mac = unit_mac_from_text(written)
    if mac is None:
        raise DecodeError("a MAC that is none")
    confirmed = used[1] if len(used) > 1 else ""
    digits = confirmed.isascii() and confirmed.isdigit() and len(confirmed) <= 12
    age_s = min(int(confirmed), _LONGEST_AGE_S) if digits else 0
    if ":" in ip:
        return Listed(protocol="ndp", ip=ip, fields=(), link_mac=mac, age_s=age_s, raw=raw[:MAX_RAW])
    said = fields(("arp.ip", ip), ("arp.mac", mac))
    return Listed(protocol="arp", ip=ip, fields=said, link_mac=mac, age_s=age_s, raw=raw[:MAX_RAW])


def _objects(raw: bytes) -> Iterator[bytes]:
    """Yield each object of an array of flat objects, so that a table that is cut off gives those before."""
    position = raw.find(b"{")
    while position >= 0:
        end = raw.find(b"}", position, position + _LONGEST_ENTRY)
        if end < 0:
            yield raw[position : position + _LONGEST_ENTRY]
            return
        yield raw[position : end + 1]
        position = raw.find(b"{", end)
