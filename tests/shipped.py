"""The shipped knowledge, read once for all tests of a process, and what it makes of messages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from camscan.datafiles.knowledge import load_knowledge
from camscan.identify.engine import identify_messages
from camscan.identify.rules import Knowledge
from camscan.model import Fields, Identification

ROOT = Path(__file__).parents[1] / "fingerprints"


@cache
def shipped() -> Knowledge:
    return load_knowledge(ROOT)


def seen(*messages: Fields, mac: str | None = None) -> Identification:
    """Return what a device is that sends these messages. mac: its address on the link."""
    return identify_messages([tuple(sorted(one)) for one in messages], {mac: 0} if mac else {}, shipped())
