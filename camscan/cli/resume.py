"""`--resume`: the journal of a scan, what an interrupted one left in it, and what becomes of that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from camscan.cli import options, show
from camscan.cli.clock import now
from camscan.cli.configuration import Configuration
from camscan.cli.groups import JudgingOptions, Keeping
from camscan.cli.kept import Keeper, state_folder
from camscan.cli.lock import site_slug
from camscan.errors import DeliveryError, StoreError, UsageError
from camscan.model import AttemptReason, CollectorAttempt, Observation, Report, Run, Scope, SiteContext

if TYPE_CHECKING:
    from camscan.assessment import Judging
    from camscan.collect.stages import ScanPlan
    from camscan.store.journal import JournalFile
    from camscan.store.leftover import Facts, Leftover

PREFIX, SUFFIX = "journal-", ".jsonl"
RESUME = "camscan scan --resume"
_SHOWN = {"class_": "class"}
_LONGEST = 60


@dataclass(slots=True)
class Journalling:
    """The journal of a run that is kept; of any other, nothing."""

    file: JournalFile | None = None
    left: Leftover | None = None
    """What the run goes on with."""
    warnings: tuple[str, ...] = ()
    """Of a run before it that was interrupted."""

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        """Let the journal go. What stands in it stays."""
        if self.file is not None:
            self.file.close()

    def planned(self, plan: ScanPlan) -> ScanPlan:
        """Return a plan that is written down, and goes on where the journal ends."""
        if self.file is None:
            return plan
        return replace(plan, journal=self.file, interrupted=self.left.interrupted if self.left else None)

    def settle(
        self, report: Report, observations: Sequence[Observation], kept_as: str | None, *, safe: bool, quiet: bool
    ) -> None:
        """Remove the journal of a run that came to its end; of any other keep what resuming needs, and say so.

        kept_as: in the store. safe: the run stands in the store or in every file that was asked for.
        """
        if self.file is None:
            return
        if not safe:
            show.note(f"what was found stays in {self.file.path}: {RESUME}", quiet=quiet)
        elif ended_early(report.run, report.attempts):
            self.file.settle(kept_as, observations)
            show.note(f"{RESUME} goes on with what is missing", quiet=quiet)
        else:
            self.file.remove()


def ended_early(run: Run, attempts: Iterable[CollectorAttempt]) -> bool:
    """Return whether a signal or a deadline ended a run before its end."""
    return run.interrupted or any(attempt.reason is AttemptReason.DEADLINE for attempt in attempts)


def to_resume(settings: Configuration, keeping: Keeping, basis: JudgingOptions) -> Leftover:
    """Return what the interrupted run left that `--resume` means: of the site that was named, or else of the only one. Raises UsageError."""
    from camscan.store.journal import open_journal

    folder = state_folder(settings, keeping.store)
    site = _site_named(settings, basis)
    if site is not None:
        found = [folder / file_name(site)]
    else:
        found = sorted(one for one in folder.glob(f"{PREFIX}*{SUFFIX}") if one.stat().st_size)
    if len(found) > 1:
        raise UsageError(f"--resume: runs of several sites were interrupted ({_named(found)}): name one: --site name=…")
    journal = open_journal(found[0], now, create=False) if found else None
    left = journal.left() if journal is not None else None
    if journal is not None:
        journal.close()
    if left is None:
        whose = f'run of site "{site}"' if site is not None else "run"
        raise UsageError(f"--resume: no {whose} was interrupted that {folder} knows of: leave --resume out to begin one")
    if not left.whole:
        raise UsageError(
            "--resume: the journal of that run could not be written to its end, so that devices could get more than their budget: "
            "leave --resume out; what it found is kept then"
        )
    return left


def as_before(basis: JudgingOptions, left: Leftover) -> JudgingOptions:
    """Return the options of judging, with the policies and the site's name of an interrupted run where none are given."""
    run = left.interrupted.beginning.run
    pairs = list(basis.site or ())
    if not any(pair.startswith("name=") for pair in pairs):
        pairs.append(f"name={run.site.name}")
    return replace(basis, policy=basis.policy or list(run.policies) or [options.NONE], site=pairs)


def kept_as_before(keeping: Keeping, left: Leftover) -> Keeping:
    """Return whether the run is kept, which it is where it was to be, unless --no-keep was given."""
    return replace(keeping, keep=left.facts.keeps or None) if keeping.keep is None else keeping


def facts_of(keeper: Keeper, judging: Judging, *, deep: bool, credentials: bool, listen_s: float) -> Facts:
    """Return what a run needs again to go on where it is interrupted."""
    from camscan.store.leftover import Facts

    return Facts(
        keeps=keeper.store is not None,
        inventory=judging.inventory,
        deep=deep,
        credentials=credentials,
        listen_s=f"{listen_s:g}" if listen_s else "",
    )


def scope_before(left: Leftover) -> Scope:
    """Return what the interrupted run might touch. Raises UsageError where a file said so, which may have changed since."""
    scope = left.interrupted.beginning.scope
    if scope.sha256 is not None:
        raise UsageError("--resume: a scope file allowed that run: give it again: --scope FILE")
    return scope


def refuse_another(left: Leftover, scope: Scope, judging: Judging, *, credentials: bool) -> None:
    """Refuse to go on with a run under another scope, for another site or by other policies. Raises UsageError naming what differs."""
    beginning = left.interrupted.beginning
    policies = tuple(name for name in judging.policies if name != options.NONE)
    differs = [
        *_differences(beginning.scope, scope, "scope: "),
        *_differences(beginning.run.site, judging.site, "site: "),
        *([] if beginning.run.policies == policies else [_difference("policies", beginning.run.policies, policies)]),
        *([] if beginning.run.sites == judging.sites else ["the file of sites differs"]),
        *([] if left.facts.credentials <= credentials else ["it was given accounts: give --credentials FILE again"]),
    ]
    if differs:
        raise UsageError(
            f"--resume: that was another run: {'; '.join(differs)}: give what was given then, or leave --resume out"
        )


def journalling(
    settings: Configuration, keeping: Keeping, keeper: Keeper, judging: Judging, facts: Facts, *, resume: bool, quiet: bool
) -> Journalling:
    """Open the journal of a run that is kept or resumed. What an interrupted run left, and is not resumed, is kept first.

    Call it before capabilities are given up. Raises StoreError, LockedError.
    """
    if keeper.store is None and not resume:
        return Journalling()
    from camscan.store.journal import open_journal

    journal = open_journal(state_folder(settings, keeping.store) / file_name(judging.site.name), now)
    assert journal is not None
    warnings: tuple[str, ...] = ()
    try:
        left = journal.left()
        if resume and left is None:
            raise UsageError("--resume: another run has gone on with it meanwhile: leave --resume out to begin one")
        ended = _kept_whole(left, keeper) if left is not None else None
        if ended is not None:  # it was killed between being kept and the removal of its journal
            journal.remove()
            if resume:
                raise UsageError(f"--resume: nothing is missing of that run: it is kept as {ended}")
            left = None
        if left is not None and not resume:
            warnings = (_keep(left, keeper, judging),)
            show.note(warnings[0], quiet=quiet)
            left = None
        journal.prepare(facts, left)
        keeper.resumes = left.interrupted.beginning.run.started_at if left is not None else None
    except BaseException:
        journal.close()
        raise
    return Journalling(journal, left, warnings)


def file_name(site: str) -> str:
    """Return the name of the journal of a site."""
    return f"{PREFIX}{site_slug(site)}{SUFFIX}"


def _keep(left: Leftover, keeper: Keeper, judging: Judging) -> str:
    """Keep what an interrupted run had found as a run of its own that is incomplete, and return what is to be said of it. Raises StoreError."""
    assert keeper.store is not None
    run = left.interrupted.beginning.run
    when = f"{run.started_at:%Y-%m-%d %H:%M} UTC"
    kept_as = left.kept_as
    if kept_as is None:
        from camscan.recovery import recovered

        found = recovered(left.interrupted, judging, inventory=left.facts.inventory)
        try:
            kept_as = keeper.keep_interrupted(*found)
        except DeliveryError as fault:
            raise StoreError(f"{fault}: a run that was interrupted has to be kept before another begins") from fault
    return f"the run of {when} was interrupted; what it found is kept as {kept_as}, incomplete; this is a new run"


def _kept_whole(left: Leftover, keeper: Keeper) -> str | None:
    """Return the id under which the run of a journal is kept, where it had come to its end; None where it had not."""
    if keeper.store is None:
        return None
    run = left.interrupted.beginning.run
    with suppress(StoreError):
        for known in keeper.store.runs(site=run.site.name):
            if known.run.started_at == run.started_at and not ended_early(known.run, keeper.store.evidence(known.id).attempts):
                return known.id
    return None


def _site_named(settings: Configuration, basis: JudgingOptions) -> str | None:
    """Return the name of the site that flags or configuration name; None where they name none."""
    from camscan.cli.sites import chosen_site

    named = chosen_site(basis.site or (), basis.sites or settings.sites)
    if named is not None:
        return named.context.name
    given = next((pair.partition("=")[2] for pair in basis.site or () if pair.startswith("name=")), None)
    return given or settings.site.get("name")


def _differences(then: Scope | SiteContext, here: Scope | SiteContext, kind: str) -> list[str]:
    return [
        _difference(f"{kind}{_SHOWN.get(one.name, one.name)}", before, today)
        for one in fields(then)
        if (before := getattr(then, one.name)) != (today := getattr(here, one.name))
    ]


def _difference(name: str, then: Any, here: Any) -> str:
    return f"{name} then {_words(then)}, now {_words(here)}"


def _words(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else "" if value is None else str(value)
    return (text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…") or "none"


def _named(files: Sequence[Path]) -> str:
    return ", ".join(one.name for one in files[:3]) + (", …" if len(files) > 3 else "")
