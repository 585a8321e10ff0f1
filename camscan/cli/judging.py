"""What every judging command does first: read the data files, choose the policies, take the site context."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from camscan.cli import options
from camscan.cli.configuration import Configuration
from camscan.pipeline import Judging


def judging_by(
    settings: Configuration,
    *,
    command: str,
    policies: Sequence[str] | None,
    site: Sequence[str] | None,
    as_of: str | None,
    data: Path | None,
    marking: str | None = None,
    require: Sequence[str] | None = None,
    ask: Callable[[Mapping[str, str]], Sequence[str]] | None = None,
    mandatory: bool = True,
    inventory: bool = False,
) -> Judging:
    """Return by what evidence is weighed. Raises UsageError, DataFileError."""
    from camscan.datafiles.locate import locate
    from camscan.datafiles.open import open_knowledge
    from camscan.datafiles.policies import load_policies

    today = datetime.now(UTC).date()  # noqa: TID251  (the day of judgement starts here)
    root = locate(data or settings.data)
    book = load_policies(root)
    known = {name: policy.title for name, policy in sorted(book.sets.items())}
    chosen = options.choose_policies(policies or (), settings.policies, known, ask=ask, mandatory=mandatory)
    return Judging(
        knowledge=open_knowledge(data or settings.data),
        book=book,
        policies=chosen,
        site=options.site_context(site or (), settings.site),
        as_of=options.as_of_date(as_of, today),
        command=command,
        marking=marking,
        require=tuple(require or ()),
        inventory=inventory,
    )
