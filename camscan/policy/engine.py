"""Judge an identified asset: every rule of the chosen policies, every effect, one overall verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from camscan.errors import UsageError
from camscan.model import (
    HONEYPOT,
    SOFTWARE_DIFFERS,
    Asset,
    Confidence,
    Egress,
    Finding,
    Identification,
    Judgement,
    SiteContext,
    Verdict,
)
from camscan.policy.context import badges
from camscan.policy.effects import STRENGTH, ruling
from camscan.policy.findings import FindingsOfRule
from camscan.policy.isolation import with_isolation
from camscan.policy.logic import Truth
from camscan.policy.reach import rival_reached, speaks_of, supposing
from camscan.policy.rules import Application, PolicyBook, PolicySet
from camscan.policy.sentence import Sight, listed, sight_of
from camscan.policy.situation import Situation, by_oui_only, dates_matter, decision_cited, essence, stated_facts

NONE = "none"
"""The policy that judges nothing."""

SOFTWARE = "It is software that hands on video of other devices; what is behind it is not visible from here."
SOMETHING_ELSE = "It is positively known as something else; camscan judges video surveillance equipment only."
PERHAPS_SOMETHING_ELSE = "It says that it is something else, in a value that its owner can set and nothing else confirms; a camera can be made to say the same."
MAKER_UNKNOWN = "It behaves like video surveillance equipment, but nothing it sent establishes who made it."
HONEYPOT_SHOWN = "It bears the marks of a honeypot, and nothing else that it sent settles who made it"
NOTHING_REACHED = frozenset({Verdict.NO_FINDING, Verdict.NOT_ASSESSED, Verdict.UNIDENTIFIED})
"""Verdicts that the marks of a honeypot leave nothing of but that nobody knows who made it."""


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
    sight = sight_of(asset, identification, acquired, as_of, book)
    if sight.unit_date is not None and dates_matter(situation):
        situation = replace(situation, unit_date=sight.unit_date)
    sets = _sets(book, tuple(chosen))
    judgement = _set_aside(
        asset, situation, sets, doubted=any(one.kind == SOFTWARE_DIFFERS for one in identification.conflicts)
    )
    if judgement is None:
        judgement = with_isolation(_judged(sight, situation, sets), situation, asset, egress)
    trap = next((one for one in identification.conflicts if one.kind == HONEYPOT), None)
    if trap is not None and judgement.verdict in NOTHING_REACHED and identification.maker_basis != "attested":
        return replace(judgement, verdict=Verdict.UNIDENTIFIED, reason=f"{HONEYPOT_SHOWN}: {trap.detail}.", findings=())
    return judgement


@lru_cache(maxsize=16_384)
def _judged(sight: Sight, situation: Situation, policies: _Sets) -> Judgement:
    """Return the judgement of all devices of which the same is seen and asked."""
    findings = tuple(finding for policy in policies.sets for finding in _by_policy(sight, situation, policy))
    return replace(_overall(situation, findings, policies), context=badges(situation))


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


def _set_aside(asset: Asset, situation: Situation, policies: _Sets, *, doubted: bool) -> Judgement | None:
    """Return the verdict where there is nothing to judge: another kind of thing, nobody named, or nothing said.

    doubted: what shows itself as software has the firmware or the interface of a maker of devices.
    """
    identification = situation.identification
    if identification.kind == "software" and not doubted:
        return Judgement(verdict=Verdict.NOT_APPLICABLE, reason=SOFTWARE)
    if identification.kind == "other" and not situation.maker_is_surveillance_only:
        if identification.kind_confidence in (None, Confidence.TENTATIVE):
            return Judgement(verdict=Verdict.NOT_ASSESSED, reason=PERHAPS_SOMETHING_ELSE)
        return Judgement(verdict=Verdict.NOT_APPLICABLE, reason=SOMETHING_ELSE)
    if situation.camera_like and not situation.maker_established:
        return Judgement(verdict=Verdict.UNIDENTIFIED, reason=_maker_unknown(situation, policies))
    if situation.camera_like or situation.maker_is_surveillance_only or identification.kind == "software":
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
    if situation.makers_shown:
        return f"What it sent names {_names(situation, situation.makers_shown)}, and nothing shows that it is video surveillance equipment."
    return "It is alive, but nothing it sent names a maker or a kind of device."


@lru_cache(maxsize=1024)
def _maker_unknown(situation: Situation, policies: _Sets) -> str:
    """Return why it is open who made a device: what names nobody, or several, and which rules speak of whom of those."""
    shown = situation.makers_shown
    if not shown:
        return MAKER_UNKNOWN
    if len(shown) == 1:
        told = f"It behaves like video surveillance equipment, and {_names(situation, shown)} is named as its maker, but not so that it is established."
        asked = f"Did {_names(situation, shown)} make it?"
    else:
        told = f"It behaves like video surveillance equipment, but what it sent names several makers, none of them more surely: {_names(situation, shown)}."
        asked = "Which of them made it?"
    rules = {applied.rule for policy in policies.sets for applied in policy.applies if applied.mode == "binds"}
    reaching = []
    for rule in (situation.book.rules[name] for name in sorted(rules)):
        named = [slug for slug in shown if speaks_of(rule, slug, situation) is not Truth.FALSE]
        if named and rule.since <= situation.as_of and (rule.until is None or situation.as_of <= rule.until):
            reaching.append(f"{rule.id} reaches or may reach equipment of {_names(situation, named)}")
    parts = (
        told,
        f"{listed(reaching)}." if reaching else "",
        f"{asked} (label, invoice, or device information read with credentials)",
    )
    return " ".join(part for part in parts if part)


def _names(situation: Situation, slugs: Sequence[str]) -> str:
    return listed([situation.book.name(slug) for slug in slugs])


def _made_in_part(situation: Situation) -> str:
    """Return why a label whose makers are known in part does not tell who made a device."""
    makers, brand = situation.makers_in_part, situation.book.name(situation.identification.brand)
    named, them = ("are named as makers", "them") if len(makers) > 1 else ("is named as the maker", "that maker")
    return (
        f"Its label reads {brand}, of which {_names(situation, makers)} {named} in part or not for certain; nothing it sent "
        f"shows who made this one, and no rule of the policy leads to a finding on {them}."
    )


def _overall(situation: Situation, findings: tuple[Finding, ...], policies: _Sets) -> Judgement:
    strongest = max((finding.verdict for finding in findings), key=STRENGTH.index, default=Verdict.NO_FINDING)
    if strongest is not Verdict.NO_FINDING:
        return Judgement(verdict=strongest, findings=findings)
    if situation.identification.kind in ("other", "software"):
        reason = SOFTWARE if situation.identification.kind == "software" else SOMETHING_ELSE
        return Judgement(verdict=Verdict.NOT_APPLICABLE, reason=reason)
    if situation.oui_only:
        reason = "Only the registrant of its MAC address is known, and no binding rule of the policy would reach that maker."
        return Judgement(verdict=Verdict.UNIDENTIFIED, reason=reason)
    if not situation.maker_established:
        return Judgement(verdict=Verdict.UNIDENTIFIED, reason=_maker_unknown(situation, policies))
    if situation.makers_in_part:
        return Judgement(verdict=Verdict.UNIDENTIFIED, reason=_made_in_part(situation))
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
            ruled = ruling(rule.id, policy.name, supposing(rival, situation))
            sight = sight.of_rival(rival.maker)
    findings = FindingsOfRule(sight, ruled, application, presumed).listed()
    return [item for item in findings if item.verdict is not Verdict.NO_FINDING] if situation.oui_only else findings
