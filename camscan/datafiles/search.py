"""Where a word stands in the data files: every vendor, brand, registrant, fingerprint, company, relation, rule and policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camscan.datafiles.locate import read_bytes, read_toml, shown

MAX_TEXT = 100
"""Characters shown of a text in which the word stands."""
AROUND = 30
"""Of these, how many stand before the word in a longer text."""
REGISTRY = Path("oui", "registry.txt")
SHORTEST_MAC = 6
"""Hexadecimal digits from which a word may be the beginning of a MAC."""
WHOLE_FILES = {"rules": "rule", "sets": "policy"}
"""Folders in which a file is one entry, and what that is."""
NOT_SEARCHED = frozenset({"golden"})
"""Test cases, which name everything."""
NAMES = ("id", "slug", "name")
"""Keys that name an entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One entry in which the word stands."""

    file: str
    kind: str
    id: str
    place: str
    """Key of the first text that holds it, e.g. `match.prefix`."""
    text: str
    """That text, or what surrounds the word in it."""
    rank: int
    """0: the word names the entry; 1: it is part of its name; 2: it stands elsewhere."""


def search(root: Path, word: str) -> tuple[Found, ...]:
    """Return the entries that hold a word, whatever its case: those that it names first. Raises DataFileError."""
    wanted = word.casefold()
    found = [one for path in files_of(root) for one in in_file(path, root, wanted)]
    found += in_registry(root, wanted)
    return tuple(sorted(found, key=lambda one: one.rank))


def files_of(root: Path) -> list[Path]:
    """Return every TOML file of a data folder, in order."""
    return sorted(path for pattern in ("*.toml", "*/*.toml", "*/*/*.toml") for path in root.glob(pattern))


def in_file(path: Path, root: Path, wanted: str) -> Iterator[Found]:
    """Yield the entries of one file that hold the word."""
    for kind, entry in entries_of(read_toml(path, root), path.parent.name):
        named = name_of(entry, kind)
        hits = [(place, text) for place, text in texts_of(entry) if wanted in text.casefold()]
        if not hits:
            continue
        place, text = hits[0]
        names = [str(entry[key]).casefold() for key in NAMES if key in entry]
        rank = 0 if wanted in names else 1 if any(wanted in one for one in names) else 2
        yield Found(file=shown(path, root), kind=kind, id=named, place=place, text=excerpt(text, wanted), rank=rank)


def entries_of(content: dict[str, Any], folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the kind and the table of each entry of a file."""
    if folder in WHOLE_FILES:
        yield WHOLE_FILES[folder], {key: value for key, value in content.items() if key not in NOT_SEARCHED}
        return
    for kind, value in content.items():
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, dict):
                yield kind, entry


def name_of(entry: dict[str, Any], kind: str) -> str:
    """Return what an entry is called in its file."""
    if "child" in entry:
        return f"{entry['child']} {entry.get('type')} {entry.get('parent')}"
    return next((str(entry[key]) for key in NAMES if key in entry), "") or f"without a name ({kind})"


def texts_of(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text and number of a table with its key; keys of lists are those of the list."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from texts_of(part, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for part in value:
            yield from texts_of(part, place)
    else:
        yield place, str(value)


def in_registry(root: Path, wanted: str) -> Iterator[Found]:
    """Yield the registrants of MAC prefixes that hold the word, or whose prefix is that of a MAC, each once with its prefixes."""
    digits = wanted.replace(":", "").replace("-", "")
    is_mac = len(digits) >= SHORTEST_MAC and not digits.strip("0123456789abcdef")
    registrants: dict[str, list[str]] = {}
    for line in read_bytes(root / REGISTRY, root).decode("utf-8").splitlines():
        prefix, tab, registrant = line.partition("\t")
        assigned = prefix.partition("/")[0]
        if tab and (
            wanted in registrant.casefold() or (is_mac and (assigned.startswith(digits) or digits.startswith(assigned)))
        ):
            registrants.setdefault(registrant, []).append(prefix)
    for registrant, prefixes in sorted(registrants.items()):
        more = f" and {len(prefixes) - 1} more" if len(prefixes) > 1 else ""
        yield Found(
            file=shown(root / REGISTRY, root),
            kind="registrant",
            id=registrant,
            place="prefix",
            text=f"{prefixes[0]}{more}",
            rank=0 if registrant.casefold() == wanted else 1 if wanted in registrant.casefold() else 2,
        )


def excerpt(text: str, wanted: str) -> str:
    """Return a text whole, or what surrounds the word."""
    if len(text) <= MAX_TEXT:
        return text
    start = max(0, text.casefold().find(wanted) - AROUND)
    end = start + MAX_TEXT
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
