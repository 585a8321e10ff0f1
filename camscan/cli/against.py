"""`camscan judge RUN --against …`: two judgements of one run side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from camscan.cli import options
from camscan.errors import UsageError

if TYPE_CHECKING:
    from camscan.assessment import Judging
    from camscan.model import SiteContext
    from camscan.report.comparison import Comparison
    from camscan.report.observations import ObservationFile

RUN = "run"
"""The first judgement is that which the run itself had."""
KEYS = ("policy", "as-of", "site", "data")
EXAMPLE = "--against run, or e.g. --against as-of=2022-11-23"


def comparison(
    evidence: ObservationFile, name: str, judging: Judging, said: Sequence[str], data: Path | None, *, keep_name: bool = True
) -> Comparison:
    """Return how the judgement by `judging` differs from the one that --against describes. data: the folder in use without --data.

    Raises UsageError.
    """
    from camscan.rejudge import filled_in, judge_kept
    from camscan.report.comparison import compare

    judging = filled_in(judging, evidence.run, keep_name=keep_name)
    before = filled_in(_before(evidence, judging, said, data), evidence.run, keep_name=keep_name)
    differing = _differences(before, judging)
    reports = {}
    for label, (_, _, changed) in differing.items():
        reports[label] = judge_kept(evidence, name, changed, keep_name=keep_name)[0]
    was, _ = judge_kept(evidence, name, before, keep_name=keep_name)
    becomes, _ = judge_kept(evidence, name, judging, keep_name=keep_name)
    return compare(was, becomes, tuple((label, old, new) for label, (old, new, _) in differing.items()), reports)


def _before(evidence: ObservationFile, judging: Judging, said: Sequence[str], data: Path | None) -> Judging:
    """Return the first judgement: the second one with what --against puts in its place."""
    from camscan.datafiles.open import open_knowledge
    from camscan.datafiles.policies import open_policies

    before = replace(judging, knowledge=open_knowledge(data), book=open_policies(data))
    policies: list[str] = []
    pairs: list[str] = []
    if RUN in said:
        policies, day, sites = list(evidence.run.policies), evidence.run.as_of, evidence.run.sites
        before = replace(before, as_of=day, site=evidence.run.site, sites=sites)
    for text in said:
        key, sign, value = text.partition("=")
        if text == RUN:
            continue
        if not sign or not value or key not in KEYS:
            near = options.nearest(key, (RUN, *KEYS))
            raise UsageError(f'--against: "{text}" is not known: {EXAMPLE}' + (f" (nearest: {near})" if near else ""))
        if key == "as-of":
            before = replace(before, as_of=options.day(value, "--against as-of"))
        elif key == "policy":
            policies = [*([] if RUN in said else policies), value]
        elif key == "site":
            pairs.append(value)
        else:
            before = replace(before, knowledge=open_knowledge(Path(value)), book=open_policies(Path(value)))
    if pairs:
        before = replace(before, site=options.site_context(pairs, {"name": before.site.name}))
    if policies:
        known = {name: policy.title for name, policy in before.book.sets.items()}
        chosen = options.choose_policies(policies, (), known, alone=before.book.singles)
        before = replace(before, policies=chosen)
    return before


def _differences(before: Judging, after: Judging) -> dict[str, tuple[str, str, Judging]]:
    """Return by name in what two judgements differ: before, after, and the first with that difference only."""
    found = {}
    if before.policies != after.policies:
        changed = replace(before, policies=after.policies)
        found["policy"] = (", ".join(before.policies) or "none", ", ".join(after.policies) or "none", changed)
    if before.as_of != after.as_of:
        found["date"] = (_text(before.as_of), _text(after.as_of), replace(before, as_of=after.as_of))
    if (before.site, before.sites) != (after.site, after.sites):
        changed = replace(before, site=after.site, sites=after.sites)
        found["site"] = (_stated(before.site, before.sites), _stated(after.site, after.sites), changed)
    versions = [f"{item.knowledge.version}, policies {item.book.version}" for item in (before, after)]
    if versions[0] != versions[1]:
        found["data"] = (versions[0], versions[1], replace(before, knowledge=after.knowledge, book=after.book))
    return found


def _text(day: date) -> str:
    return day.isoformat()


def _stated(site: SiteContext, sites: tuple[SiteContext, ...]) -> str:
    from camscan.report.view import stated_words

    own = stated_words(site) or "nothing stated"
    return f"{own}; {len(sites)} sites with ranges" if sites else own
