"""What every judging command does first: read the data files, choose the policies, take the site context."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from camscan.assessment import Judging
from camscan.cli import options, show
from camscan.cli.clock import today
from camscan.cli.configuration import Configuration
from camscan.cli.groups import JudgingOptions
from camscan.errors import DataFileError
from camscan.identify.oui import OuiRegistry
from camscan.model import SiteContext

GATHERING = frozenset({"scan", "listen"})
"""Commands that take evidence now."""


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
    from camscan.cli.sites import chosen_site, unknown_site, with_site
    from camscan.datafiles.open import open_knowledge
    from camscan.datafiles.policies import open_policies

    file = basis.sites or settings.sites
    named = chosen_site(basis.site or (), file)
    if unknown := unknown_site(basis.site or (), file):
        show.note(f"note: {unknown}")
    book = open_policies(basis.data or settings.data)
    known = {name: policy.title for name, policy in sorted(book.sets.items())}
    chosen = options.choose_policies(
        basis.policy or (),
        named.policies if named and named.policies else settings.policies,
        known,
        alone=book.singles,
        ask=ask,
        mandatory=mandatory,
    )
    knowledge = open_knowledge(basis.data or settings.data)
    return Judging(
        knowledge=knowledge,
        book=book,
        policies=chosen,
        site=named.context if named else options.site_context(basis.site or (), settings.site),
        sites=with_site(_sites(basis.sites, sites_of_run, settings.sites), named),
        as_of=options.as_of_date(basis.as_of, today()),
        command=command,
        marking=marking,
        require=tuple(require or ()),
        inventory=inventory,
        recorded=recorded_by(settings, basis.attestations, basis.exceptions),
        warnings=_aged(knowledge.oui, basis, settings, gathers=command in GATHERING),
    )


def _aged(registry: OuiRegistry, basis: JudgingOptions, settings: Configuration, *, gathers: bool) -> tuple[str, ...]:
    """Return what is said of the age of data. gathers: evidence is taken now, which newer data would read better.

    Raises DataFileError where it is older than --require-fresh allows.
    """
    from camscan.datafiles.age import old, stale
    from camscan.datafiles.locate import locate, released

    root = locate(basis.data or settings.data)
    at = released(root)
    if basis.require_fresh is not None:
        asked = options.duration(basis.require_fresh, "--require-fresh")
        found = stale(registry, at, today(), asked)
        if found:
            said = f"older than --require-fresh {basis.require_fresh} allows: {'; '.join(found)}"
            raise DataFileError(f"{root}: {said}: camscan data import brings newer data")
    return old(registry, at, today()) if gathers else ()


def _sites(given: Path | None, of_run: tuple[SiteContext, ...], configured: Path | None) -> tuple[SiteContext, ...]:
    """Return the sites with ranges: of the flag, else of the run, else of the configuration."""
    from camscan.cli.sites import read_sites

    if given is None and of_run:
        return of_run
    file = given or configured
    return read_sites(file) if file else ()
