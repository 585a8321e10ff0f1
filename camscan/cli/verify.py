"""`camscan verify`: whether a package holds what was sealed, and who signed it; on any machine, without a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from camscan.cli import show
from camscan.cli.configuration import configuration
from camscan.cli.keys import Trusted, trusted_by
from camscan.errors import SealError, UsageError
from camscan.report.escape import visible
from camscan.sealed import Sealed, read

KINDS = {"evidence": "evidence package", "data": "bundle of data"}


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Evidence package or bundle of data (.zip).")],
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", metavar="PUB.pem", help="The signer's public key; without it those that you trust; repeatable."),
    ] = None,
    every: Annotated[bool, typer.Option("--list", help="Name each file that is as it was sealed, with its hash.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only what does not hold, and the last line.")] = False,
) -> None:
    """Check every hash and the signature of a package; ends with 8 where anything does not hold."""
    trusted = trusted_by(configuration(), key or ())
    found = opened(file)
    faults = [*found.faults, *trust_faults(found, trusted)]
    marking = found.about.get("marking")
    marked = f"{visible(marking)}\n" if isinstance(marking, str) and marking else ""
    if not quiet:
        show.result(marked + "".join(f"{visible(line)}\n" for line in _lines(found, trusted, every=every)))
    for fault in faults:
        show.result(f"{visible(f'DOES NOT HOLD: {fault}')}\n")
    if not quiet:
        show.result(marked)
    if faults:
        raise SealError(f"{file}: {'1 thing does' if len(faults) == 1 else f'{len(faults)} things do'} not hold: {faults[0]}")
    show.closing(f"HOLDS: {file}: {len(found.listed)} files are as they were sealed; {signature_words(found, trusted)}")


def opened(file: Path) -> Sealed:
    """Return what an archive holds. Raises UsageError where it cannot be read or is none of ours."""
    try:
        with file.open("rb") as packed:
            if not packed.seekable():
                raise UsageError(f"{file}: not a regular file")
            return read(packed, str(file))
    except OSError as fault:
        raise UsageError(f"{file}: cannot be read: {fault.strerror}") from fault


def trust_faults(found: Sealed, trusted: Sequence[Trusted]) -> tuple[str, ...]:
    """Return why an archive is not signed by a key that is trusted; empty where it is, and where no key is."""
    if not trusted or any(one.key == found.signer for one in trusted):
        return ()
    if found.signer is None:
        return ("no signature that holds, where one by a key that you trust is wanted",)
    keys = ", ".join(one.key.fingerprint for one in trusted)
    return (f"signed by {found.signer.fingerprint}, which is no key that you trust ({keys})",)


def signature_words(found: Sealed, trusted: Sequence[Trusted]) -> str:
    """Return who signed, and whether that key is trusted."""
    if found.signer is None:
        return "not signed: whoever changed it could have sealed it anew"
    by = f"signed by {found.signer.fingerprint}"
    for one in trusted:
        if one.key == found.signer:
            return f"{by}, a key that you trust ({one.path})"
    return f"{by}, a key that says nothing of who holds it until you compare it: --key PUB.pem, or trusted_keys"


def _lines(found: Sealed, trusted: Sequence[Trusted], *, every: bool) -> list[str]:
    """Return who signed an archive, how much of it holds, and what it says of itself. every: each file that holds, too."""
    about = [f"{key}: {_text(value)}" for key, value in found.about.items() if key != "marking" and value not in (None, [], "")]
    held = [f"holds  {one.sha256}  {one.size:>10}  {one.name}" for one in found.listed if one.name in found.files]
    kind = KINDS.get(found.kind, found.kind or "archive without a manifest")
    total = sum(len(content) for content in found.files.values())
    counted = f"{len(held)} of {len(found.listed)} files are as they were sealed, {total} bytes"
    return [
        f"{kind}, sealed {found.made_at or 'at an unknown time'}",
        signature_words(found, trusted),
        f"{counted}:" if every else f"{counted} (each: --list)",
        *(held if every else ()),
        *about,
    ]


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
