"""Files of camera clouds: their form, what they compile to, and the test of each against its own examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from camscan.datafiles.locate import read_toml, shown
from camscan.datafiles.schema import EntryId, Slug, Strict
from camscan.errors import DataFileError
from camscan.identify.clouds import LONGEST_NAME, Cloud, Clouds
from camscan.identify.rules import Knowledge, Vendor
from camscan.model import Grade, Purpose

FOLDER = "clouds"
Suffix = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", max_length=LONGEST_NAME)]
Port = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,4}/(tcp|udp)$")]


class CloudEntry(Strict):
    """One service, and by what a call to it is known: the ends of its names, or ports."""

    id: EntryId
    service: str = Field(min_length=1)
    purpose: Purpose
    grade: Grade
    who: Slug | None = None
    suffixes: list[Suffix] = Field([])
    ports: list[Port] = Field([])
    source: str = Field(min_length=3)
    note: str = ""
    examples: list[str] = Field([])
    counter: list[str] = Field([])

    @model_validator(mode="after")
    def _known_by_something(self) -> CloudEntry:
        if not self.suffixes and not self.ports:
            raise ValueError("give suffixes, ports, or both")
        if self.suffixes and not self.examples:
            raise ValueError("give an example: a name that devices ask for")
        return self


class CloudsFile(Strict):
    """clouds/<group>.toml."""

    cloud: list[CloudEntry] = Field(min_length=1)


def cloud_files(root: Path) -> Iterator[tuple[Path, CloudsFile]]:
    """Yield every file of clouds, validated, by name. Raises DataFileError."""
    from camscan.datafiles.knowledge import validate  # it loads what is compiled here

    for path in sorted((root / FOLDER).glob("*.toml")):
        yield path, validate(CloudsFile, read_toml(path, root), shown(path, root))


def load_clouds(root: Path, vendors: Mapping[str, Vendor]) -> Clouds:
    """Return the clouds of a data folder, by id.

    Raises DataFileError for an unknown company, or an id, a suffix or a port used twice.
    """
    clouds: dict[str, Cloud] = {}
    taken: dict[str, str] = {}
    for path, file in cloud_files(root):
        for entry in file.cloud:
            place = f"{shown(path, root)}: entry {entry.id}"
            if entry.who is not None and entry.who not in vendors:
                raise DataFileError(f"{place}: who {entry.who} has no file in vendors/: add it, or correct the slug")
            if entry.id in clouds:
                raise DataFileError(f"{place}: the id is used twice: rename one")
            for mark in (*entry.suffixes, *entry.ports):
                if taken.setdefault(mark, entry.id) != entry.id:
                    raise DataFileError(f"{place}: {mark} is also of {taken[mark]}: keep one")
            clouds[entry.id] = Cloud(
                id=entry.id,
                service=entry.service,
                purpose=entry.purpose,
                grade=entry.grade,
                who=entry.who,
                suffixes=tuple(entry.suffixes),
                ports=tuple(entry.ports),
            )
    return Clouds(tuple(clouds[name] for name in sorted(clouds)))


def check_clouds(root: Path, knowledge: Knowledge) -> Iterator[tuple[str, str, str]]:
    """Yield (file, entry, problem) for each example that is not of its entry, and each counter that is."""
    for path, file in cloud_files(root):
        for entry in file.cloud:
            owners = [(name, knowledge.clouds.named(name)) for name in entry.examples]
            for name, found in owners:
                if found is None or found.id != entry.id:
                    yield shown(path, root), f"entry {entry.id}", f'example "{name}" is of {found.id if found else "no entry"}'
            for name in entry.counter:
                found = knowledge.clouds.named(name)
                if found is not None and found.id == entry.id:
                    yield shown(path, root), f"entry {entry.id}", f'counter "{name}" is matched'
