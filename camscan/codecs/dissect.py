"""From captured frames to observations: what live capture and capture files have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from camscan.codecs.demux import Demux, Passed, is_plain
from camscan.codecs.frame import LINK_ETHERNET
from camscan.codecs.messages import Messages
from camscan.codecs.outcome import Outcome
from camscan.model import Via

_NOTHING: tuple[Outcome, ...] = ()


class Dissection:
    """Takes the frames of one capture in order. What it holds is bounded, and what it refused for that is counted."""

    def __init__(self, *, via: Via, collector: str, site: str, at_once: bool = True) -> None:
        """at_once: the first of equal messages is given when it comes; False where all are asked for at the end anyway."""
        self._demux = Demux(via)
        self._messages = Messages(via=via, collector=collector, site=site, at_once=at_once)
        self._plain = 0

    @property
    def frames(self) -> int:
        """Frames that were taken."""
        return self._demux.frames + self._plain

    @property
    def skipped(self) -> int:
        """Segments of connections of which enough was known."""
        return self._demux.skipped

    @property
    def folded(self) -> int:
        """Messages that were counted and not decoded, because an equal one was."""
        return self._messages.folded

    @property
    def dropped(self) -> dict[str, int]:
        """What the caps refused or gave up, by kind; kinds where they did not bite are absent."""
        return {kind: count for kind, count in {**self._demux.dropped, **self._messages.dropped}.items() if count}

    def feed(self, frame: bytes, at: datetime, link_type: int = LINK_ETHERNET) -> Sequence[Outcome]:
        """Return what one frame says, and what the connections say that it completes or outlasts."""
        if is_plain(frame, link_type):
            self._plain += 1
            is_bulk = self._demux.counts(frame, at)
            said = self._of_passed(self._demux.meanwhile())
            return said if is_bulk else [*said, *self._messages.feed(frame, at)]
        return self._of_passed(self._demux.feed(frame, at, link_type))

    def flush(self) -> Iterator[Outcome]:
        """Give what the connections said that were still open, the repetitions that were counted, and all flows."""
        yield from self._of_passed(self._demux.flush())
        yield from self._messages.flush()

    def _of_passed(self, given: Iterable[Passed]) -> Sequence[Outcome]:
        return [said for passed in given for said in self._messages.take(passed)] if given else _NOTHING
