"""Equal messages are folded before they are decoded: devices announce themselves every few seconds, under another id each time.

The first of equal messages is decoded. Those behind it are counted, and given as one observation when they are asked for, so that
folding both is what folding all of them, each decoded by itself, would have been.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from camscan.codecs.base import Repeating
from camscan.codecs.quota import MAX_SENDERS
from camscan.codecs.registry import DATAGRAM_CODECS, Undecoded, kept_of
from camscan.model import MAX_RAW, Observation

MAX_MESSAGES = 6 * MAX_SENDERS
"""Distinct messages that are known at a time: of devices that speak in turns, one too few would have every message forgotten before it
comes again."""
MAX_BYTES = 48 * 1024 * 1024
"""Of what is kept of them."""

Outcome = Observation | Undecoded | None
_STEADY = {port.to_bytes(2): codec.steady for codec in DATAGRAM_CODECS if isinstance(codec, Repeating) for port in codec.PORTS}
NO_PORTS = bytes(4)


@dataclass(slots=True)
class Known:
    """One message, and those of it that nobody was told of yet."""

    outcome: Outcome
    least: bytes
    """Of what may be kept of the message and its repetitions."""
    plain: bool
    """Nothing had to be cut from it."""
    first_at: datetime
    last_at: datetime
    count: int


def mark_of(sender: bytes, ports: bytes, payload: bytes) -> bytes:
    """Return 16 bytes that equal messages of one sender have in common, and others do not.

    sender: whatever tells it, and how the message came, from others; none is the beginning of another's. ports: source and destination,
    two bytes each.
    """
    steady = _STEADY.get(ports[:2]) or _STEADY.get(ports[2:])
    content = payload if steady is None else steady(payload)
    return blake2b(sender + ports + content, digest_size=16).digest()


class Repeats:
    """The messages of one capture that may come again; the longest known are forgotten first."""

    def __init__(self, *, at_once: bool = True) -> None:
        """at_once: the first of equal messages is told when it comes, and only those behind it later."""
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._at_once = at_once
        self._bytes = 0
        self.folded = 0
        """Messages that were not decoded, because an equal one was."""

    def again(self, mark: bytes, payload: bytes, at: datetime) -> Known | None:
        """Count one message more of those that are known, ≤ MAX_RAW bytes, and return what it is equal to; None for a new one."""
        known = self._known.get(mark)
        if known is None:
            return None
        self.folded += 1
        if not known.count:
            known.first_at = known.last_at = at
        elif at > known.last_at:
            known.last_at = at
        elif at < known.first_at:
            known.first_at = at
        known.count += 1
        if known.plain:
            if payload < known.least:
                known.least = payload
        elif isinstance(known.outcome, Observation):
            known.least = min(known.least, kept_of(known.outcome.protocol, payload)[:MAX_RAW])
        return known

    def learn(self, mark: bytes, payload: bytes, at: datetime, outcome: Outcome) -> Iterator[Observation]:
        """Keep what a message said; give what is to be told of it, and the repetitions of those that are forgotten for it."""
        raw = outcome.raw if isinstance(outcome, Observation) else b""
        known = self._known[mark] = Known(outcome, raw, raw == payload, at, at, 1)
        self._bytes += len(raw)
        if self._at_once:
            yield from _told(known)
        while len(self._known) > MAX_MESSAGES or self._bytes > MAX_BYTES:
            _, oldest = self._known.popitem(last=False)
            self._bytes -= len(oldest.outcome.raw) if isinstance(oldest.outcome, Observation) else 0
            yield from _told(oldest)

    def flush(self) -> Iterator[Observation]:
        """Give all that was counted since the last time; the messages stay known."""
        for known in self._known.values():
            yield from _told(known)


def _told(known: Known) -> Iterator[Observation]:
    seen = known.outcome
    if known.count and isinstance(seen, Observation):
        if known.count == 1 and known.first_at == seen.first_seen_at:
            yield seen
        else:
            yield seen.of_several(known.count, known.first_at, known.last_at, known.least)
    known.count = 0
