"""A chain of records, each of which holds the hash of the one before it: whoever holds a hash can tell whether any of them was changed.

A record is a JSON object in one canonical form: keys in order, no blanks, ASCII alone. Its hash, the head of the chain as far as
it, is SHA-256 over these bytes in hexadecimal. A salt keeps anybody who holds a hash from guessing the record that it is of.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SCHEMA = "camscan-heartbeat/1"
NOTHING = "0" * 64
"""Stands for the hash of a record before the first."""
MOST_FAULTS = 20
"""Faults that are told one by one."""


@dataclass(frozen=True, slots=True)
class Link:
    """One record as it is kept."""

    number: int
    """From 1, without a gap."""
    text: str
    head: str


def linked(before: Link | None, entry: Mapping[str, Any], salt: str) -> Link:
    """Return the record that follows another one. entry: what it says, in values of JSON; its own keys go before those of the chain."""
    number = 1 if before is None else before.number + 1
    record = {**entry, "schema": SCHEMA, "number": number, "previous": NOTHING if before is None else before.head, "salt": salt}
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return Link(number, text, head_of(text))


def head_of(text: str) -> str:
    """Return the hash of a record."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


@dataclass(slots=True)
class Walk:
    """A walk along a chain from its begin, which notes where it does not hold."""

    last: Link | None = None
    faults: list[str] = field(default_factory=list)
    untold: int = 0
    """Faults beyond those that are told."""

    def step(self, link: Link) -> dict[str, Any] | None:
        """Take the next record and return what it says; None where it cannot be read."""
        self._follows(link)
        before, self.last = self.last, link
        if head_of(link.text) != link.head:
            self.note(f"record {link.number} was changed: its hash is not the one that was kept with it")
        try:
            record = json.loads(link.text)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            self.note(f"record {link.number} cannot be read")
            return None
        if record.get("number") != link.number:
            self.note(f"record {link.number} says of itself that it is record {record.get('number')}")
        adjacent = link.number == 1 if before is None else link.number == before.number + 1
        if adjacent and record.get("previous") != (NOTHING if before is None else before.head):
            was = "the begin of the chain" if before is None else f"record {before.number}"
            self.note(f"record {link.number} does not continue {was} as it is now")
        return record

    def note(self, fault: str) -> None:
        """Note a fault, in words."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)
        else:
            self.untold += 1

    def _follows(self, link: Link) -> None:
        expected = 1 if self.last is None else self.last.number + 1
        if link.number == expected:
            return
        if link.number < expected:
            self.note(f"record {link.number} stands after record {expected - 1}")
        elif link.number == expected + 1:
            self.note(f"record {expected} is missing")
        else:
            self.note(f"records {expected} to {link.number - 1} are missing")
