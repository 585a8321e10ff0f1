"""The scope file: what somebody with the authority allowed, when, how and where. TOML; every key is optional.

Keys: ranges, exclude, infrastructure, interfaces, techniques (lists of text); not_before, not_after (TOML date or date-time; without a zone:
local time); hours (`08:00-18:00`, local time); highest_pace, authorised_by, reference (text); allow_public, allow_large (true).
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from camscan.collect.pace import ORDER
from camscan.collect.ranges import Network, check_hosts, exclusion, host, network
from camscan.errors import UsageError

MAX_BYTES = 1024 * 1024
TECHNIQUES = ("active", "listen", "credentials", "deep")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeFile:
    """A scope file as read; None where it says nothing."""

    path: Path
    sha256: str
    """Of the bytes of the file."""
    ranges: tuple[Network, ...] = ()
    exclude: tuple[str, ...] = ()
    infrastructure: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    techniques: tuple[str, ...] | None = None
    highest_pace: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    hours: str | None = None
    authorised_by: str | None = None
    reference: str | None = None
    allow_public: bool = False
    allow_large: bool = False


def read_scope_file(path: Path) -> ScopeFile:
    """Return what a scope file says. Raises UsageError with file, line, key and remedy."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise UsageError(f"{path}: {fault.strerror or fault}; --scope wants a file that can be read") from None
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{path}: larger than {MAX_BYTES // 1024} KiB, so hardly a scope file")
    try:
        text = raw.decode("utf-8")
        said = tomllib.loads(text)
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise UsageError(f"{path}: line {line}: not UTF-8; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as fault:
        raise UsageError(f"{path}: not valid TOML: {fault}") from None
    read: dict[str, Any] = {}
    for key, value in said.items():
        where = f"{path}: {_line(text, key)}{key}"
        if key not in _READERS:
            near = get_close_matches(key, _READERS, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(sorted(_READERS))}"
            raise UsageError(f"{where}: unknown key; {hint}")
        read[key] = _READERS[key](value, where)
    scope = ScopeFile(path=path, sha256=hashlib.sha256(raw).hexdigest(), **read)
    if scope.not_before and scope.not_after and scope.not_before >= scope.not_after:
        raise UsageError(f"{path}: {_line(text, 'not_after')}not_after: lies before not_before; no run could ever be allowed")
    return scope


def _line(text: str, key: str) -> str:
    """Return `line N: ` of the first assignment or table of a top-level key; empty where it is written in another way."""
    for number, line in enumerate(text.splitlines(), 1):
        name = line.strip().lstrip("[").partition("=")[0].partition("]")[0].strip().strip("\"'")
        if name == key or name.startswith(f"{key}."):
            return f"line {number}: "
    return ""


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f'{where}: wants text in quotes, such as {where.rsplit(" ", 1)[-1]} = "…"')
    return value.strip()


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise UsageError(f'{where}: wants a list of texts, such as ["…", "…"]')
    return tuple(dict.fromkeys(item.strip() for item in value))


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{where}: wants true or false")
    return value


def _ranges(value: Any, where: str) -> tuple[Network, ...]:
    networks = tuple(network(item, f"{where}:") for item in _texts(value, where))
    for net in networks:
        check_hosts(net, f"{where}:")
    return networks


def _exclude(value: Any, where: str) -> tuple[str, ...]:
    return tuple(exclusion(item, f"{where}:") for item in _texts(value, where))


def _infrastructure(value: Any, where: str) -> tuple[str, ...]:
    return tuple(host(item, f"{where}:") for item in _texts(value, where))


def _techniques(value: Any, where: str) -> tuple[str, ...]:
    techniques = _texts(value, where)
    for technique in techniques:
        if technique not in TECHNIQUES:
            raise UsageError(f"{where}: {technique}: no such technique; there are {', '.join(TECHNIQUES)}")
    return techniques


def _pace(value: Any, where: str) -> str:
    pace = _text(value, where)
    if pace not in ORDER:
        raise UsageError(f"{where}: {pace}: no such pace; there are {', '.join(ORDER)}")
    return pace


def _hours(value: Any, where: str) -> str:
    said = _text(value, where)
    try:
        start, end = hours(said)
    except ValueError:
        raise UsageError(f'{where}: {said}: wants "08:00-18:00"') from None
    return f"{start:%H:%M}-{end:%H:%M}"


def hours(said: str) -> tuple[time, time]:
    """Return start and end of `HH:MM-HH:MM`; the end may lie past midnight. Raises ValueError."""
    start, _, end = said.partition("-")
    ends = tuple(datetime.strptime(part.strip(), "%H:%M").time() for part in (start, end))  # noqa: DTZ007  (a time of day)
    if ends[0] == ends[1]:
        raise ValueError(said)
    return ends[0], ends[1]


def _not_before(value: Any, where: str) -> datetime:
    return _instant(value, where, last_moment=False)


def _not_after(value: Any, where: str) -> datetime:
    return _instant(value, where, last_moment=True)


def _instant(value: Any, where: str, *, last_moment: bool) -> datetime:
    """Return a TOML date or date-time in UTC; a date means its first or its last moment, local time."""
    try:
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        if isinstance(value, date):
            midnight = datetime.combine(value + timedelta(days=last_moment), time())
            return midnight.astimezone(UTC) - timedelta(microseconds=last_moment)
    except (OverflowError, ValueError):
        pass
    raise UsageError(f"{where}: wants a date or date-time without quotes, such as 2027-01-31 or 2027-01-31T18:00:00+01:00")


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "allow_large": _flag,
    "allow_public": _flag,
    "authorised_by": _text,
    "exclude": _exclude,
    "highest_pace": _pace,
    "hours": _hours,
    "infrastructure": _infrastructure,
    "interfaces": _texts,
    "not_after": _not_after,
    "not_before": _not_before,
    "ranges": _ranges,
    "reference": _text,
    "techniques": _techniques,
}
