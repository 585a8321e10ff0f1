"""The keys that seal and that are trusted: which files, and who may read or write them."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from camscan.cli.configuration import Configuration
from camscan.cli.privatefile import owners, read_private
from camscan.errors import UsageError
from camscan.signature import PublicKey, Signer, public_key_of, signer_of

LONGEST_KEY = 16 * 1024
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Trusted:
    """A public key that is trusted, and the file that holds it."""

    key: PublicKey
    path: Path


def signer_by(settings: Configuration, given: Path | None) -> Signer | None:
    """Return the key that signs: of the flag, else of the configuration; None where none is set. Raises UsageError."""
    path = given or settings.signing_key
    if path is None:
        return None
    named = "--sign-with" if given is not None else "signing_key"
    try:
        return signer_of(read_private(path, named, LONGEST_KEY))
    except ValueError as fault:
        raise UsageError(f"{named} {path}: {fault}") from None


def trusted_by(settings: Configuration, given: Sequence[Path]) -> tuple[Trusted, ...]:
    """Return the keys that are trusted: those of the flags alone where there are any, else those of the configuration. Raises UsageError."""
    named = "--key" if given else "trusted_keys"
    return tuple(Trusted(_public(path, named), path) for path in given or settings.trusted_keys)


def _public(path: Path, named: str) -> PublicKey:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            content = file.read(LONGEST_KEY + 1)
    except OSError as fault:
        raise UsageError(f"{named} {path}: cannot be read: {fault.strerror}") from fault
    if status.st_mode & OTHERS_WRITE or status.st_uid not in owners():
        raise UsageError(f"{named} {path}: others may change it, so it says nothing of trust: chmod go-w, chown {os.geteuid()}")
    try:
        return public_key_of(content)
    except ValueError as fault:
        raise UsageError(f"{named} {path}: {fault}") from fault
