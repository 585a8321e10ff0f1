"""The evidence package that a command writes: its file is opened first, and it is sealed when the report is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from camscan.cli.clock import now
from camscan.cli.configuration import Configuration
from camscan.cli.keys import signer_by
from camscan.errors import UsageError
from camscan.model import Observation, Report
from camscan.sealed import read
from camscan.signature import Signer

if TYPE_CHECKING:
    from camscan.report.deliver import Outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """A package that is to be written."""

    outputs: Outputs
    signer: Signer | None
    data: Path | None
    """The data folder that was named."""
    kept: bytes | None
    """The observation file as it stands on disk; None where the package is redacted."""
    made_at: datetime

    def write(self, report: Report, observations: Iterable[Observation]) -> None:
        """Seal a report, the observations behind it and the data in use. Raises DeliveryError, DataFileError, UsageError."""
        from camscan.datafiles.bundle import files_used
        from camscan.report.package import package

        data = files_used(self.data, version=report.run.data_version, local=self.kept is not None)
        content = package(
            report,
            observations,
            data,
            made_at=self.made_at,
            signer=self.signer,
            kept=self.kept,
            redacted=self.kept is None,
        )
        self.outputs.put(content)


def packing(
    file: Path, run: Path, settings: Configuration, *, data: Path | None, sign_with: Path | None, redact: bool
) -> Packing:
    """Return the package to write, its file opened. Raises UsageError."""
    from camscan.report.deliver import open_file

    signer = signer_by(settings, sign_with)
    kept = None if redact else _kept(run)
    return Packing(
        outputs=open_file(file, f"--package {file}", reads=(run,)),
        signer=signer,
        data=data or settings.data,
        kept=kept,
        made_at=now(),
    )


def _kept(run: Path) -> bytes:
    """Return the observation file of a run as it stands on disk, or in the package that it is. Raises UsageError."""
    from camscan.report.observations import PACKAGED, ZIP

    try:
        with run.open("rb") as file:
            if file.peek(len(ZIP)).startswith(ZIP):
                return read(file, run.name).files[PACKAGED]
            return file.read()
    except OSError as fault:
        raise UsageError(f"{run}: cannot be read: {fault.strerror}") from fault
