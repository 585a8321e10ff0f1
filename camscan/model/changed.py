"""What became different between two runs of the same site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from camscan.model.judged import Verdict


class ChangeKind(StrEnum):
    """What happened, as messages name it."""

    NEW = "new"
    GONE = "gone"
    """A complete run that covered its address did not see it."""
    REMOVED = "removed"
    """A person stated that it was disposed of, and it is gone."""
    RETURNED = "returned"
    REPLACED = "replaced"
    """Another device of the same kind stands where it stood."""
    MOVED = "moved"
    FIRMWARE = "firmware"
    RECOGNISED = "recognised"
    """A known device whose maker, brand or model newer data names otherwise."""
    VERDICT = "verdict"
    EXCEPTION_OPENED = "exception-opened"
    EXCEPTION_LAPSED = "exception-lapsed"
    EXCEPTION_OVERDUE = "exception-overdue"


Cause = Literal["device", "rule", "data", "site", "attestation", "exception"]
"""What made it different: the device itself, a rule, fingerprints, stated facts of the site, a person's statement, our own exception."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that became different about one device."""

    kind: ChangeKind
    device: int
    """Its number in the store; 0 where none is kept."""
    key: str
    """Of the asset, as the later run calls it; of one that is gone, as the earlier run did."""
    cause: Cause
    address: str = ""
    """Where it stands, or stood when it was last seen; its key where it has no address."""
    what: str
    """Which property, in a word or two: `verdict`, `address`, `switch port`, `firmware`, `maker`."""
    before: str = ""
    after: str = ""
    verdict: Verdict | None = None
    """The device's verdict after the change; of one that is gone, the last it had."""
    worse: bool = False
    """It opened, worsened or lapsed, so that `--fail-on new` counts it."""
    since: datetime | None = None
    """When a device that is gone was last seen, or a new one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """Two runs of one site, compared by meaning."""

    before: str
    """Id of the earlier run."""
    after: str
    changes: tuple[Change, ...]
    """By urgency, then by key."""
    unchanged: int
    """Devices of which nothing differs."""
    not_comparable: tuple[str, ...] = ()
    """Why something could not be compared, in words: other policies, a range not covered by one of the runs."""
    data: tuple[str, str] = ("", "")
    """Versions of the data of both runs."""
    site: str = ""
    display: tuple[tuple[str, str], ...] = ()
    """Slug → company or brand as it writes itself, of those that changes name."""
