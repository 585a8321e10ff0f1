"""Puts the fragments of IP packets together, in any order; what stays incomplete is given by its first fragment alone.

Source: RFC 791 §3.2, RFC 8200 §4.5. Discovery answers of recorders and of ONVIF devices with long lists of scopes come so.
Fragments that overlap are no packet of a device that means well, RFC 5722: of those nothing but the first is given.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from camscan.codecs.base import DecodeError
from camscan.codecs.frame import whole
from camscan.codecs.packet import Fragment, Packet

MAX_PACKETS = 256
"""Packets that wait for fragments at a time."""
MAX_FRAGMENTS = 16
"""Fragments of one packet."""
MAX_CONTENT = 16 * 1024
"""Bytes of one packet."""
PATIENCE = timedelta(seconds=30)

Key = tuple[str, str, int, int]
Given = tuple[Packet, datetime]
"""A packet, and when its first fragment arrived."""


@dataclass(slots=True)
class _Waiting:
    since: datetime
    first: Given | None = None
    parts: dict[int, Fragment] = field(default_factory=dict)

    def content(self) -> bytes | None:
        """Return the content where it is complete."""
        parts, end = [], 0
        for offset in sorted(self.parts):
            if offset != end:
                return None
            parts.append(self.parts[offset].content)
            end += len(parts[-1])
        return b"".join(parts) if self.parts[max(self.parts)].last else None


class Fragments:
    """The packets of one capture that are not complete, ≤ MAX_PACKETS; the oldest are given up first."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Key, _Waiting] = OrderedDict()
        self.given_up = 0
        """Packets that did not become complete, of which the first fragment was read. What came without one is told by nothing: mostly
        media, whose first fragment a filter kept back."""

    def feed(self, packet: Packet, at: datetime) -> list[Given]:
        """Take one fragment, and return the packets that it completes or outlasts."""
        part = packet.fragment
        if part is None:
            return [(packet, at)]
        given = list(self._outlasted(at))
        key = (packet.src, packet.dst, packet.proto, part.id)
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = _Waiting(at)
            if len(self._waiting) > MAX_PACKETS:
                given += self._give_up(self._waiting.popitem(last=False)[1])
        if part.offset == 0 and waiting.first is None:
            waiting.first = (packet, at)
        if len(waiting.parts) < MAX_FRAGMENTS and part.offset + len(part.content) <= MAX_CONTENT:
            waiting.parts.setdefault(part.offset, part)
        content = waiting.content() if waiting.first else None
        if content is not None and waiting.first is not None:
            del self._waiting[key]
            first, first_at = waiting.first
            try:
                given.append((whole(first, content), first_at))
            except DecodeError:
                given.append((first, first_at))
        return given

    def flush(self) -> list[Given]:
        """Return the first fragments of all that is not complete, and forget all."""
        given = [one for waiting in self._waiting.values() for one in self._give_up(waiting)]
        self._waiting.clear()
        return given

    def _outlasted(self, at: datetime) -> Iterator[Given]:
        while self._waiting:
            key, oldest = next(iter(self._waiting.items()))
            if at - oldest.since <= PATIENCE:
                return
            del self._waiting[key]
            yield from self._give_up(oldest)

    def _give_up(self, waiting: _Waiting) -> Iterator[Given]:
        if waiting.first is not None:
            self.given_up += 1
            yield waiting.first
