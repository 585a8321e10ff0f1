"""Print the part of requirements.lock that an installed camscan needs, hashes included. Arguments: extras, e.g. `postgres pdf`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = Path(__file__).parents[1] / "requirements.lock"


def needed(extras: Iterable[str]) -> set[str]:
    """Return the names of every package that camscan pulls in with these extras, from what is installed."""
    found: set[str] = set()
    waiting = [("camscan", frozenset(extras))]
    while waiting:
        name, wanted = waiting.pop()
        for text in distribution(name).requires or ():
            requirement = Requirement(text)
            marker = requirement.marker
            if marker is not None and not any(marker.evaluate({"extra": extra}) for extra in wanted or {""}):
                continue
            below = canonicalize_name(requirement.name)
            if below in found and not requirement.extras:
                continue
            found.add(below)
            try:
                distribution(below)
            except PackageNotFoundError:
                raise SystemExit(f"{below}: needed and not installed: make setup") from None
            waiting.append((below, frozenset(requirement.extras)))
    return found


def blocks(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield name and text of each requirement of a lock file."""
    name, text = "", ""
    for line in lines:
        if line[:1] not in (" ", "#", "\n"):
            if text:
                yield name, text
            name, text = canonicalize_name(line.partition("==")[0].partition("[")[0]), ""
        if name and not line.lstrip().startswith("#"):
            text += line
    if text:
        yield name, text


def main() -> None:
    """Print the blocks in their order. Raises SystemExit where the lock lacks one."""
    names = needed(sys.argv[1:])
    with LOCK.open(encoding="utf-8") as lock:
        chosen = {name: text for name, text in blocks(lock) if name in names}
    if missing := names - set(chosen):
        raise SystemExit(f"requirements.lock lacks {', '.join(sorted(missing))}: make lock")
    sys.stdout.write("".join(chosen.values()))


if __name__ == "__main__":
    main()
