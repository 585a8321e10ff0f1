"""The devices of a kept run, for commands that bind something to one: which they are, and what tells each from any other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from camscan.assessment import Judging
from camscan.cli.configuration import Configuration
from camscan.cli.explain import answers_to
from camscan.cli.groups import JudgingOptions
from camscan.cli.judging import judging_by
from camscan.codecs.base import mac_from_text
from camscan.errors import UsageError
from camscan.identity import LINK_FIELD, SERIAL_FIELD, Identity, as_text, identities, mark_of
from camscan.model import AssessedAsset, Report
from camscan.rejudge import judge_run

NO_IDENTITY = "shows no serial, endpoint reference, key or global MAC, so nothing can be bound to it"


@dataclass(frozen=True, slots=True)
class Devices:
    """The devices of a run, judged."""

    run: str
    """As messages call it."""
    report: Report
    judging: Judging
    identity_of: dict[str, Identity]
    """Key → identity; empty for a device that has none."""

    def named(self, subject: str) -> AssessedAsset:
        """Return the one device with this key, MAC or address. Raises UsageError where none or several answer to it."""
        found = [judged for judged in self.report.assets if answers_to(judged.asset, subject)]
        if len(found) == 1:
            return found[0]
        if found:
            keys = ", ".join(judged.asset.key for judged in found)
            raise UsageError(f"{self.run}: {len(found)} devices answer to {subject}: name one by its key: {keys}")
        held = f"it holds {len(self.report.assets)} devices" if self.report.assets else "it holds none"
        raise UsageError(f"{self.run}: no device {subject}: {held}; give a key, MAC or address that `camscan judge` lists")

    def bound_to(self, judged: AssessedAsset) -> tuple[str, ...]:
        """Return the marks of a device as statements are bound to them; empty where it has none."""
        return as_text(self.identity_of[judged.asset.key])


def open_devices(
    run: Path,
    settings: Configuration,
    basis: JudgingOptions,
    *,
    command: str,
    called: str | None = None,
) -> Devices:
    """Return the devices of an observation file as of a day, today where none is given. called: what messages call it.

    Raises UsageError, DataFileError.
    """
    judging = judging_by(settings, basis, command=command)
    report, _ = judge_run(run, judging)
    assets = [judged.asset for judged in report.assets]
    marks = identities(assets, judging.knowledge.claims)
    return Devices(called or str(run), report, judging, {asset.key: found for asset, found in zip(assets, marks, strict=True)})


def bound_by_name(subject: str) -> tuple[str, ...]:
    """Return the marks that a MAC, or a key that holds a MAC or a serial, names without any run; empty for another name."""
    kind, _, rest = subject.partition(":")
    if kind == "serial":
        mark = mark_of(SERIAL_FIELD, rest.partition(":")[2], {})
    else:
        mac = mac_from_text(rest if kind == "mac" else subject)
        mark = mark_of(LINK_FIELD, mac, {}) if mac else None
    return as_text([mark]) if mark else ()
