"""Every error that camscan raises on purpose; the command line maps each to one line and one exit code."""


class CamscanError(Exception):
    """Base of all errors with a message for the user: one line that names the file, line or flag and the remedy."""


class UsageError(CamscanError):
    """A flag, a configuration value, an input or an output cannot be used (exit 2)."""


class StoreError(UsageError):
    """The store of runs cannot be opened or read, or holds no such run (exit 2)."""


class RefusedError(CamscanError):
    """The scope does not allow what was asked for, or has expired (exit 6)."""


class LockedError(CamscanError):
    """Another run holds the lock (exit 7)."""


class DataFileError(CamscanError):
    """A file under fingerprints/ is invalid; the message names file, line or entry (exit 8)."""


class SealError(CamscanError):
    """A hash, a signature or an archive does not hold (exit 8)."""


class DeliveryError(CamscanError):
    """A result could not be written in full; the message names what was written (exit 10)."""


class PrivilegeError(CamscanError):
    """An operation needs a capability this process lacks; the message holds the exact remedy."""
