"""The evidence package: what was heard, what was concluded, by which data, in one sealed archive that another machine can check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from camscan import sealed
from camscan.model import Observation, Report
from camscan.report.deliver import content
from camscan.report.observations import NAME as OBSERVATIONS
from camscan.report.observations import PACKAGE, PACKAGED
from camscan.report.registry import FORMATS
from camscan.signature import Signer

MAIN_FORMATS = ("table", "json", "html", "csv", "md")
"""Formats in which the report stands in a package, as far as the registry has them."""
READ_ME = "READ-ME.txt"
_CHECKING = """\
An evidence package of camscan. To check it on any machine, without a network:

    camscan verify FILE.zip --key signer-public.pem

Without camscan, after unpacking it:

    openssl pkeyutl -verify -pubin -inkey signer-public.pem -rawin -in manifest.json -sigfile manifest.json.sig
    sha256sum FILE        (and compare with manifest.json)

The signer's public key comes from the signer by another way than this package. What reports say is not legal advice.

run.obs.jsonl   what devices sent, and what each collector did: camscan judge FILE.zip judges it again
report.*        what followed from it
data/, local/   the fingerprints, the OUI registry and the policies that were used
"""


def package(
    report: Report,
    observations: Iterable[Observation],
    data: Mapping[str, bytes],
    *,
    made_at: datetime,
    signer: Signer | None = None,
    kept: bytes | None = None,
    redacted: bool = False,
) -> bytes:
    """Return the package of a report: the same bytes for the same arguments.

    data: files of fingerprints and policies by their name in the package. kept: the observation file as it was kept, taken as it
    is. redacted: the report is, as the manifest then says. Raises UsageError where it would be too large.
    """
    run = report.run
    files = dict(data)
    files[PACKAGED] = kept if kept is not None else _bytes(content(OBSERVATIONS, report, observations))
    for name in MAIN_FORMATS:
        if name in FORMATS:
            files[f"report{FORMATS[name].SUFFIX}"] = _bytes((FORMATS[name].render(report),))
    files[READ_ME] = "\n\n".join(part for part in (run.marking, _CHECKING.strip(), run.marking) if part).encode() + b"\n"
    about = {
        "marking": run.marking,
        "run": run.id,
        "site": run.site.name,
        "started_at": run.started_at.isoformat(timespec="seconds"),
        "ended_at": run.ended_at.isoformat(timespec="seconds"),
        "policies": list(run.policies),
        "as_of": run.as_of.isoformat(),
        "version": run.version,
        "data_version": run.data_version,
        "complete": report.complete,
        "redacted": redacted,
    }
    return sealed.write(PACKAGE, files, made_at=made_at, stamp=run.ended_at, about=about, signer=signer)


def _bytes(pieces: Iterable[str | bytes]) -> bytes:
    return b"".join(piece if isinstance(piece, bytes) else piece.encode("utf-8", "backslashreplace") for piece in pieces)
