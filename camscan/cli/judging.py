"""What every judging command does first: read the data files, choose the policies, take the site context."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from camscan.cli import options
from camscan.cli.clock import today
from camscan.cli.configuration import Configuration
from camscan.cli.groups import JudgingOptions
from camscan.model import SiteContext
from camscan.pipeline import Judging


def judging_by(
    settings: Configuration,
    basis: JudgingOptions,
    *,
    command: str,
    sites_of_run: tuple[SiteContext, ...] = (),
    marking: str | None = None,
    require: Sequence[str] | None = None,
    ask: Callable[[Mapping[str, str]], Sequence[str]] | None = None,
    mandatory: bool = True,
    inventory: bool = False,
) -> Judging:
    """Return by what evidence is weighed. sites_of_run: those of a kept run that is shown as it was judged.

    Raises UsageError, DataFileError.
    """
    from camscan.cli.recorded import recorded_by
    from camscan.datafiles.open import open_knowledge
    from camscan.datafiles.policies import open_policies

    book = open_policies(basis.data or settings.data)
    known = {name: policy.title for name, policy in sorted(book.sets.items())}
    chosen = options.choose_policies(
        basis.policy or (), settings.policies, known, alone=book.singles, ask=ask, mandatory=mandatory
    )
    return Judging(
        knowledge=open_knowledge(basis.data or settings.data),
        book=book,
        policies=chosen,
        site=options.site_context(basis.site or (), settings.site),
        sites=_sites(basis.sites, sites_of_run, settings.sites),
        as_of=options.as_of_date(basis.as_of, today()),
        command=command,
        marking=marking,
        require=tuple(require or ()),
        inventory=inventory,
        recorded=recorded_by(settings, basis.attestations, basis.exceptions),
    )


def _sites(given: Path | None, of_run: tuple[SiteContext, ...], configured: Path | None) -> tuple[SiteContext, ...]:
    """Return the sites with ranges: of the flag, else of the run, else of the configuration."""
    from camscan.cli.sites import read_sites

    if given is None and of_run:
        return of_run
    file = given or configured
    return read_sites(file) if file else ()
