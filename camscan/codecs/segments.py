"""What one side of a TCP connection said, by its segments: its first bytes, and how many it sent.

Source: RFC 9293. Where two segments say different things about the same byte, the first one seen holds. How much a side sent follows
from its sequence numbers, which also count what the capture missed; that much was missed at once is believed where a later segment or
an acknowledgement shows it too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

MAX_HEAD = 16 * 1024
"""Bytes kept of each direction."""
_MAX_WAITING = 32
"""Segments kept that wait for one before them, in one direction."""
LEAP = 128 * 1024
"""Bytes between two segments up to which nothing but what a reader left out needs to be missing."""


@dataclass(slots=True)
class Direction:
    """What one side said."""

    base: int | None = None
    """Sequence number of the first byte."""
    from_start: bool = False
    """The SYN was seen, so nothing can stand before `base`."""
    head: bytearray = field(default_factory=bytearray)
    waiting: dict[int, bytes] = field(default_factory=dict)
    end: int | None = None
    """Offset of the FIN."""
    mac: str | None = None
    hop_limit: int = 0
    """Of the first segment, as it arrived; 0 where there was none."""
    first_at: datetime | None = None
    carried: int = 0
    """Bytes from `base` to the last one that is known to have been sent."""
    seq: int = 0
    """Sequence number behind that byte."""
    tick: int = 0
    """Bits 16 to 23 of `seq`: whoever leaves segments out calls `reach` where these differ, so that none of 4 GiB is missed."""
    skipped_at: tuple[int, ...] | None = None
    """Seconds since 1970, microseconds and whatever follows them, of the latest segment that was left out; None once that is reckoned in."""
    torn: bool = False
    """What follows `head` was cut off by whoever captured it."""
    last: int | None = None
    """Sequence number behind the last byte, as the FIN states it."""
    leap: tuple[int, int] | None = None
    """Where a segment begins and ends that stands alone, far ahead: one byte that strayed must not count for gigabytes."""
    joined: bool = False
    """Another segment followed the first one."""

    @property
    def full(self) -> bool:
        """Whether no further byte is kept."""
        return self.torn or len(self.head) >= MAX_HEAD

    @property
    def finished(self) -> bool:
        """Whether all is there that will be kept."""
        return self.full or (self.end is not None and len(self.head) >= self.end)

    @property
    def exact(self) -> bool:
        """Whether `carried` is all that was sent: beginning and end were seen, and nothing beyond."""
        return self.from_start and self.last == self.seq and self.leap is None

    def start(self, base: int) -> None:
        """Take the SYN."""
        self._begin_at(base)
        self.from_start = True
        self.head.clear()
        self.waiting.clear()

    def finish(self, last: int) -> None:
        """Take the FIN behind a byte that `reach` has counted."""
        assert self.base is not None
        self.last = last
        self.end = max(0, _signed(last - self.base))
        if _signed(self.seq - last) == 1 and self.carried:
            # A FIN counts as a byte where it is acknowledged; here that was captured before the FIN.
            self.carried, self.seq = self.carried - 1, last

    def reach(self, seq: int, size: int) -> None:
        """Count a segment of `size` bytes, and what is missing before it; much of that once it is confirmed."""
        is_first = self.base is None
        if is_first:
            self._begin_at(seq)
        more = _signed(seq + size - self.seq)
        if more - size > LEAP:
            if self.leap is None or _signed(seq - self.leap[0]) < 0:
                self.leap = seq, (seq + size) & 0xFFFFFFFF
            elif seq != self.leap[0]:
                self._land()
                self.reach(seq, size)
        elif more > 0:
            self.carried += more
            self.seq = (seq + size) & 0xFFFFFFFF
            self.joined = not is_first
            if self.leap is not None and _signed(self.seq - self.leap[1]) >= 0:
                self.leap = None
        self.tick = self.seq >> 16 & 0xFF

    def acknowledge(self, ack: int) -> None:
        """Take what the other side states that it received."""
        if self.leap is not None and 0 <= _signed(ack - self.leap[1]) <= LEAP:
            self._land()

    def follow(self, seq: int) -> None:
        """Count what was left out up to a byte that either side states, as far as nothing but that needs to be missing."""
        if self.base is None:
            return
        if self.last is not None and _signed(seq - self.last) > 0:
            seq = self.last
        if 0 < _signed(seq - self.seq) <= LEAP:
            self.reach(seq, 0)

    def joins(self, seq: int) -> bool:
        """Return whether nothing is missing between `head` and a byte."""
        return self.base is not None and _signed(seq - self.base) <= len(self.head)

    def _land(self) -> None:
        """Count up to a segment that stood alone."""
        assert self.leap is not None
        begin, end = self.leap
        # Of a connection that was under way, the first segment may be the one that strayed.
        self.carried += _signed(end - (self.seq if self.from_start or self.joined else begin))
        self.seq, self.leap, self.joined = end, None, True

    def add(self, seq: int, payload: bytes, at: datetime) -> None:
        """Take the bytes of a segment that `reach` has counted."""
        assert self.base is not None
        offset = _signed(seq - self.base)
        if offset < 0 and not self.from_start and offset > -MAX_HEAD and offset + len(payload) >= 0:
            # The capture began inside the connection, with a segment that had overtaken this one.
            self.head[:0] = payload[:-offset]
            self.waiting = {later - offset: chunk for later, chunk in self.waiting.items()}
            self._begin_at(seq)
            offset = 0
            del self.head[MAX_HEAD:]
        self.first_at = self.first_at or at
        if offset > len(self.head):
            if offset < MAX_HEAD and len(self.waiting) < _MAX_WAITING:
                self.waiting.setdefault(offset, payload[: MAX_HEAD - offset])
            return
        self._append(offset, payload)
        while self.waiting:
            offset = min(self.waiting)
            if offset > len(self.head):
                break
            self._append(offset, self.waiting.pop(offset))

    def _begin_at(self, base: int) -> None:
        if self.base is None:
            self.seq = base
        else:
            before = _signed(self.base - base)
            self.carried = self.carried if before > LEAP else max(0, self.carried + before)
        self.base = base

    def _append(self, offset: int, payload: bytes) -> None:
        if offset + len(payload) > len(self.head):
            self.head += payload[len(self.head) - offset :]
            del self.head[MAX_HEAD:]


def _signed(difference: int) -> int:
    """Return the distance of two sequence numbers, which wrap around at 2³²."""
    return (difference + 0x80000000) % 0x100000000 - 0x80000000
