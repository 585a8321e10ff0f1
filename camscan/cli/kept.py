"""The store of runs, as commands use it: which one it is, what is kept in it, and how a run is named instead of a file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import typer

from camscan.cli import show
from camscan.cli.configuration import Configuration
from camscan.cli.groups import Keeping, Threshold
from camscan.cli.pulse import Pulse
from camscan.cli.unattended import CLOCK, words_of
from camscan.errors import DeliveryError, LockedError, StoreError, UsageError
from camscan.identity import Identity
from camscan.model import Diff, Observation, Report

if TYPE_CHECKING:
    from camscan.assessment import Judging
    from camscan.history.heartbeat import Recorded
    from camscan.report.observations import ObservationFile
    from camscan.store.location import Location
    from camscan.store.store import Store
    from camscan.store.values import KeptRun

NAME_ONE = "name a store with --store, or `store` in the configuration"
NO_RUN = f"cannot be read: there is no such file, and no store of runs: {NAME_ONE}"
KEEP_ONE = "camscan scan --keep keeps a run"
NOT_KEPT = "the run was not kept"
CLOCK_TOLERANCE = timedelta(minutes=2)
"""By which clocks may differ without a word."""


@dataclass(slots=True)
class Keeper:
    """Keeps the run of a command; where none is to be kept, it does nothing."""

    store: Store | None
    judging: Judging
    kept_as: str | None = None
    """The id under which the run was kept."""
    resumes: datetime | None = None
    """When the run began that this one goes on with."""
    lost: str = ""
    """Why it was not, or not in full."""
    pulse: Pulse | None = None
    """What the chain of the store knows of the run; None where nothing is kept."""

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        """Close the store; of a run that was not kept the chain says so first."""
        if self.store is None:
            return
        if self.pulse is not None:
            with suppress(StoreError):  # what broke the store was told before
                self.pulse.fail(self.store, NOT_KEPT if fault is None or isinstance(fault, typer.Exit) else words_of(fault))
        self.store.close()

    def with_history(self, report: Report) -> Report:
        """Return a report with what the store knows of earlier runs and of its devices; as it is where the store cannot tell."""
        if self.store is None:
            return report
        from camscan.compared import with_history

        try:
            return with_history(report, self.store, self._marks(report), self.judging.knowledge.claims)
        except StoreError as fault:
            show.closing(f"camscan: {fault}")
            return report

    def _marks(self, report: Report) -> Sequence[Identity]:
        from camscan.identity import identities

        return identities([judged.asset for judged in report.assets], self.judging.knowledge.claims)

    def keep(self, report: Report, observations: Sequence[Observation], *, quiet: bool = False) -> bool:
        """Keep a run and tell under which id; a store that is lost is told, and the answer is False."""
        if self.store is None:
            return True
        try:
            before = self._interrupted(self.resumes) if self.resumes is not None else ()
            begun = self.pulse.begun if self.pulse is not None else None
            name = self.kept_as = self._add(report, observations, begun, before)
            if self.pulse is not None:
                self.pulse.keep(self.store, name)
        except (DeliveryError, StoreError) as fault:
            self.lost = str(fault)
            show.closing(f"camscan: {fault}")
            return False
        show.note(f"kept in {self.store.name} as {name}", quiet=quiet)
        return True

    def with_head(self, report: Report) -> Report:
        """Return a report with the newest head of the chain that this run knows."""
        if self.pulse is None:
            return report
        return replace(report, run=replace(report.run, chain_head=self.pulse.head))

    def keep_interrupted(self, report: Report, observations: Sequence[Observation]) -> str:
        """Keep what an earlier run had found when it was interrupted, and return its id there. Raises DeliveryError, StoreError."""
        begun, *resumed = self._interrupted(report.run.started_at) or (None,)
        return self._add(report, observations, begun, [one for one in resumed if one is not None])

    def _interrupted(self, began: datetime) -> tuple[Recorded, ...]:
        """Return the begins without an end of the run that began then on this machine, and of those that went on with it."""
        if self.store is None or self.pulse is None or self.pulse.begun is None:
            return ()
        own = self.pulse.begun
        found = [
            one
            for one in self.store.unended(own.beat.site)
            if one.number < own.number and (one.beat.command, one.beat.machine) == (own.beat.command, own.beat.machine)
        ]
        first = max((place for place, one in enumerate(found) if one.beat.at <= began), default=None)
        return () if first is None else tuple(found[first:])

    def _add(
        self, report: Report, observations: Sequence[Observation], begun: Recorded | None, resumed: Sequence[Recorded]
    ) -> str:
        from camscan.history.matching import Matching

        assert self.store is not None
        known_by = Matching(self.judging.knowledge.claims)
        return self.store.add(
            report,
            observations,
            identities=self._marks(report),
            match=known_by,
            begun=begun,
            resumed=resumed,
            to_tell=self.pulse is not None,
        )

    def compared(self) -> Diff | None:
        """Return how the run that was kept differs from those before it; None where there is nothing to compare it with. Raises StoreError."""
        if self.store is None or self.kept_as is None:
            return None
        from camscan.compared import since_before

        return since_before(self.store, self.kept_as, self.judging)

    def untold(self) -> tuple[KeptRun, ...]:
        """Return the runs just before the one that was kept of which nobody was told, newest first. Raises StoreError."""
        if self.store is None or self.kept_as is None:
            return ()
        from camscan.compared import untold_before

        return untold_before(self.store, self.kept_as)

    def tell(self) -> None:
        """Record that all who were to hear of the run did, so that the next one tells only what is new since. Raises StoreError."""
        if self.store is not None and self.pulse is not None and self.kept_as is not None:
            self.pulse.tell(self.store, self.kept_as)

    def clock_set_back(self, at: datetime) -> tuple[str, ...]:
        """Return the warning where the clock stands before the end of this site's last run; none where it does not. Raises StoreError."""
        newest = self.store.newest_run(self.judging.site.name) if self.store is not None else None
        if newest is None or newest.run.ended_at - at < CLOCK_TOLERANCE:
            return ()
        behind = (newest.run.ended_at - at) / timedelta(hours=1)
        return (
            f"{CLOCK}{behind:.1f} h behind the last run of this site ({newest.id}): set it (timedatectl status); "
            "times of this run are not to be relied on",
        )


def state_folder(settings: Configuration, given: str | None) -> Path:
    """Return the folder of what camscan remembers from run to run: that of the store's file, or the usual one, made where it is missing.

    Raises StoreError where others could put something else in its place.
    """
    from camscan.store.sqlite import check_folder, make_private_folder

    place = _configured(settings, given)
    path = place.path if place is not None and place.path is not None else None
    if path is None:
        path = _usual().path
        assert path is not None
        make_private_folder(path.parent)
    check_folder(path, os.environ)
    return path.parent


def keeps(settings: Configuration, keeping: Keeping) -> bool:
    """Return whether a run is kept."""
    return bool(keeping.keep) or (keeping.keep is None and (keeping.store or settings.store) is not None)


def refuse_without_store(settings: Configuration, keeping: Keeping, threshold: Threshold) -> None:
    """Refuse to look for what is new where no run is kept. Raises UsageError."""
    if threshold.fail_on == "new" and not keeps(settings, keeping):
        raise UsageError(f"--fail-on new: needs the runs before this one: keep them with --keep, or {NAME_ONE}")


def keeper_of(settings: Configuration, keeping: Keeping, judging: Judging, pulse: Pulse | None = None) -> Keeper:
    """Return who keeps the run: nobody, unless a store is configured or --keep was given. Raises StoreError.

    Call it before capabilities are given up: the store is open from then on, and knows that the run began. pulse: of the run.
    """
    if not keeps(settings, keeping):
        return Keeper(None, judging)
    pulse = pulse or Pulse.of(judging)
    store = open_to_write(settings, keeping.store)
    try:
        pulse.begin(store)
    except BaseException:
        store.close()
        raise
    return Keeper(store, judging, pulse=pulse)


@contextmanager
def failures_recorded(settings: Configuration, keeping: Keeping, pulse: Pulse) -> Iterator[None]:
    """Record in the chain where what is done inside comes to nothing before the store is open, if the run is to be kept."""
    try:
        yield
    except typer.Exit:
        raise
    except BaseException as fault:
        if keeps(settings, keeping) and not pulse.ended:
            with suppress(StoreError), open_to_write(settings, keeping.store) as store:
                pulse.fail(store, words_of(fault), locked_out=isinstance(fault, LockedError))
        raise


def open_to_write(settings: Configuration, given: str | None) -> Store:
    """Return the store of the flag, the configuration or the usual place, which is made where it is missing. Raises StoreError."""
    from camscan.store.opening import open_store
    from camscan.store.sqlite import make_private_folder

    place = _configured(settings, given)
    if place is None:
        place = _usual()
        assert place.path is not None
        make_private_folder(place.path.parent)
    return open_store(place)


def open_to_read(settings: Configuration, given: str | None) -> Store:
    """Return the store of the flag, the configuration or the usual place. Raises StoreError where there is none."""
    from camscan.store.opening import open_store

    place = _existing(settings, given)
    if place is None:
        raise StoreError(f"there is no store of runs: {NAME_ONE}; {KEEP_ONE}")
    return open_store(place, create=False)


def place_of(settings: Configuration, given: str | None) -> Location:
    """Return where the store of the flag, the configuration or the usual place is, whether it is there or not. Raises StoreError."""
    return _configured(settings, given) or _usual()


@contextmanager
def run_file(run: str, settings: Configuration, given: str | None = None) -> Iterator[Path]:
    """Give the observation file of a run: the file of that name, else one made of the run of the store, which is gone afterwards.

    Raises UsageError where neither is there.
    """
    path = Path(run)
    if os.path.lexists(path) or (given is None and is_file_name(run)):
        yield path
        return
    if _existing(settings, given) is None:
        raise UsageError(f"{run}: {NO_RUN}")
    with open_to_read(settings, given) as store, _written(store, run) as file:
        yield file


def with_kept_history(report: Report, judging: Judging, run: str, settings: Configuration, given: str | None = None) -> Report:
    """Return the report on a run of the store with what earlier runs tell; on that of a file as it is. Raises StoreError."""
    if os.path.lexists(run) or _existing(settings, given) is None:
        return report
    with open_to_read(settings, given) as store:
        return Keeper(store, judging).with_history(report)


@contextmanager
def run_file_or_newest(run: str | None, settings: Configuration, given: str | None = None) -> Iterator[tuple[Path, str] | None]:
    """Give the observation file of a run and what to call it; of the newest run of the store where none is named, None where none is kept.

    Raises UsageError where the run that is named is not there.
    """
    if run is not None:
        with run_file(run, settings, given) as file:
            yield file, run
        return
    with newest_run_file(settings, given) as newest:
        yield None if newest is None else (newest, newest.name)


@contextmanager
def newest_run_file(settings: Configuration, given: str | None = None) -> Iterator[Path | None]:
    """Give the newest run of the store, of the configured site or else of any, as a file that is gone afterwards; None where none is kept."""
    if _existing(settings, given) is None:
        yield None
        return
    with open_to_read(settings, given) as store:
        here = store.newest_run(settings.site["name"]) if "name" in settings.site else None
        newest = here or store.newest_run()
        if newest is None:
            yield None
            return
        show.note(f"run {newest.id} of {store.name}")
        with _written(store, newest.id) as file:
            yield file


def is_file_name(run: str) -> bool:
    """Return whether a text can only mean a file: what stands in a folder, or ends as observation files do."""
    return run.endswith(".jsonl") or run.startswith((".", "/", "~"))


@contextmanager
def runs_as_files(files: Sequence[Path], settings: Configuration, given: str | None = None) -> Iterator[list[Path]]:
    """Give the files, with an observation file in place of each that is a run of the store; it is gone afterwards.

    Raises UsageError where one can only be a run, and there is no store.
    """
    missing = [path for path in files if str(path) != "-" and not os.path.lexists(path) and not is_file_name(str(path))]
    if not missing or _existing(settings, given) is None:
        for path in missing:
            if not path.suffix:  # no name of a file, as far as one can tell
                raise UsageError(f"{path}: {NO_RUN}")
        yield list(files)
        return
    with ExitStack() as open_until_read:
        store = open_until_read.enter_context(open_to_read(settings, given))
        written = {path: open_until_read.enter_context(_written(store, str(path))) for path in missing}
        yield [written.get(path, path) for path in files]


@contextmanager
def _written(store: Store, run: str) -> Iterator[Path]:
    """Give a run of the store as a file of its id, which only we can read."""
    from camscan.collect.temporary import temporary_file
    from camscan.report.observations import SUFFIX

    name = store.run(run).id
    content = text_of(store.evidence(name)).encode("utf-8")
    with temporary_file(f"{name.replace('/', '_')}{SUFFIX}", lambda file: file.write(content)) as file:
        yield file


def text_of(evidence: ObservationFile) -> str:
    """Return the observation file of a run."""
    from camscan.report.observations import dump

    return "".join(
        dump(evidence.run, evidence.scope, evidence.attempts, evidence.observations, evidence.coverage, evidence.ledgers)
    )


def _configured(settings: Configuration, given: str | None) -> Location | None:
    from camscan.store.location import location

    where = given or settings.store
    return location(where) if where else None


def _existing(settings: Configuration, given: str | None) -> Location | None:
    """Return the store that was named, or the one at the usual place; None where there is none."""
    place = _configured(settings, given)
    if place is not None:
        return place
    usual = _usual()
    return usual if usual.path is not None and os.path.lexists(usual.path) else None


def _usual() -> Location:
    from camscan.store.location import Location, default_path

    return Location(path=default_path(os.environ, as_root=os.geteuid() == 0))
