"""Judge an identified asset: every rule of the chosen policies, every effect, one overall verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from camscan.errors import UsageError
from camscan.model import Asset, Confidence, Egress, Finding, Identification, Judgement, SiteContext, Verdict
from camscan.policy.context import badges
from camscan.policy.effects import STRENGTH, ruling
from camscan.policy.findings import FindingsOfRule
from camscan.policy.isolation import with_isolation
from camscan.policy.logic import Truth
from camscan.policy.reach import rival_reached
from camscan.policy.rules import Application, PolicyBook, PolicySet
from camscan.policy.sentence import Sight, sight_of
from camscan.policy.situation import Situation, by_oui_only, dates_matter, decision_cited, essence, stated_facts

NONE = "none"
"""The policy that judges nothing."""

SOMETHING_ELSE = "It is positively known as something else; camscan judges video surveillance equipment only."
PERHAPS_SOMETHING_ELSE = "It says that it is something else, in a value that its owner can set and nothing else confirms; a camera can be made to say the same."
MAKER_UNKNOWN = "It behaves like video surveillance equipment, but nothing it sent establishes who made it."


def judge(
    asset: Asset,
    identification: Identification,
    *,
    book: PolicyBook,
    policies: Sequence[str],
    site: SiteContext,
    as_of: date,
    acquired: date | None = None,
    stated: Mapping[str, str] = MappingProxyType({}),
    egress: Sequence[Egress] = (),
) -> Judgement:
    """Return the verdict on one asset and every finding behind it; nothing is judged where no policy is chosen.

    acquired: when a named person says the unit was bought; a manufacture date that the device shows goes before it.
    stated: site facts (`SITE_FACTS`) beyond those of the context. egress: whom it was seen to call; it changes reasons alone.
    Raises UsageError for a policy that the book does not hold.
    """
    chosen = sorted(set(policies) - {NONE})
    if not chosen:
        return Judgement(verdict=None, reason="No policy was chosen, so nothing was judged.")
    situation = Situation(
        book=book,
        identification=essence(identification),
        oui_only=by_oui_only(identification),
        site=site.name,
        decided=decision_cited(site),
        facts=tuple(sorted({**stated_facts(site, as_of), **stated}.items())),
        as_of=as_of,
        unit_date=None,
    )
    sight = sight_of(asset, identification, acquired, as_of)
    if sight.unit_date is not None and dates_matter(situation):
        situation = replace(situation, unit_date=sight.unit_date)
    aside = _set_aside(asset, situation)
    if aside is not None:
        return aside
    return with_isolation(_judged(sight, situation, _sets(book, tuple(chosen))), situation, asset, egress)


@lru_cache(maxsize=16_384)
def _judged(sight: Sight, situation: Situation, policies: _Sets) -> Judgement:
    """Return the judgement of all devices of which the same is seen and asked."""
    findings = tuple(finding for policy in policies.sets for finding in _by_policy(sight, situation, policy))
    return replace(_overall(situation, findings), context=badges(situation))


@dataclass(frozen=True, slots=True, eq=False)
class _Sets:
    """The chosen policies; two are equal where they are one."""

    sets: tuple[PolicySet, ...]


@lru_cache(maxsize=64)
def _sets(book: PolicyBook, names: tuple[str, ...]) -> _Sets:
    return _Sets(tuple(_policy(book, name) for name in names))


def _policy(book: PolicyBook, name: str) -> PolicySet:
    policy = book.policy(name)
    if policy is None:
        raise UsageError(f"there is no policy {name}; choose from {', '.join(sorted(book.sets))}, rule:ID or {NONE}")
    return policy


def _set_aside(asset: Asset, situation: Situation) -> Judgement | None:
    """Return the verdict where there is nothing to judge: another kind of thing, nobody named, or nothing said."""
    identification = situation.identification
    if identification.kind == "software":
        reason = "It is software that hands on video of other devices; what is behind it is not visible from here."
        return Judgement(verdict=Verdict.NOT_APPLICABLE, reason=reason)
    if identification.kind == "other" and not situation.maker_is_surveillance_only:
        if identification.kind_confidence in (None, Confidence.TENTATIVE):
            return Judgement(verdict=Verdict.NOT_ASSESSED, reason=PERHAPS_SOMETHING_ELSE)
        return Judgement(verdict=Verdict.NOT_APPLICABLE, reason=SOMETHING_ELSE)
    if situation.camera_like and not situation.maker_established:
        return Judgement(verdict=Verdict.UNIDENTIFIED, reason=MAKER_UNKNOWN)
    if situation.camera_like or situation.maker_is_surveillance_only:
        return None
    return Judgement(verdict=Verdict.NOT_ASSESSED, reason=_silence(asset, situation))


def _silence(asset: Asset, situation: Situation) -> str:
    if situation.oui_only:
        name = situation.book.name(situation.identification.brand or situation.identification.maker)
        return f"Only its MAC address is known to belong to {name}, which makes many other things; it said nothing else."
    if situation.maker_established:
        return "A maker is named, but nothing it sent shows that it is video surveillance equipment."
    if not asset.observations:
        return "It is alive, but it sent nothing that camscan could read."
    return "It is alive, but nothing it sent names a maker or a kind of device."


def _overall(situation: Situation, findings: tuple[Finding, ...]) -> Judgement:
    strongest = max((finding.verdict for finding in findings), key=STRENGTH.index, default=Verdict.NO_FINDING)
    if strongest is not Verdict.NO_FINDING:
        return Judgement(verdict=strongest, findings=findings)
    if situation.identification.kind == "other":
        return Judgement(verdict=Verdict.NOT_APPLICABLE, reason=SOMETHING_ELSE)
    if situation.oui_only:
        reason = "Only the registrant of its MAC address is known, and no binding rule of the policy would reach that maker."
        return Judgement(verdict=Verdict.UNIDENTIFIED, reason=reason)
    if not situation.maker_established:
        return Judgement(verdict=Verdict.UNIDENTIFIED, reason=MAKER_UNKNOWN)
    if findings:
        return Judgement(verdict=Verdict.NO_FINDING, findings=findings)
    return Judgement(verdict=Verdict.NO_FINDING, reason="No rule of the policy speaks of this equipment.")


def _by_policy(sight: Sight, situation: Situation, policy: PolicySet) -> list[Finding]:
    presumed = {item.fact: item.value for item in policy.presumptions if situation.fact(item.fact) is None}
    here = situation.with_facts(presumed)
    rules = sorted(policy.applies, key=lambda application: application.rule)
    return [finding for application in rules for finding in _by_rule(sight, here, policy, application, frozenset(presumed))]


def _by_rule(
    sight: Sight, situation: Situation, policy: PolicySet, application: Application, presumed: frozenset[str]
) -> list[Finding]:
    rule = situation.book.rules[application.rule]
    if situation.oui_only and (application.mode == "note" or not rule.binding):
        return []
    ruled = ruling(rule.id, policy.name, situation)
    if ruled.reach.statement.truth is Truth.FALSE:
        rival = rival_reached(rule, policy, situation)
        if rival is not None:
            told = replace(
                situation.identification, maker=rival, confidence=Confidence.TENTATIVE, maker_basis="wire-shows-maker"
            )
            ruled = ruling(rule.id, policy.name, replace(situation, identification=told))
    findings = FindingsOfRule(sight, ruled, application, presumed).listed()
    return [item for item in findings if item.verdict is not Verdict.NO_FINDING] if situation.oui_only else findings
