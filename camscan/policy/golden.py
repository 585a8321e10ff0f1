"""The cases that the shipped rules must decide, run against the engine: what `data check` and the tests call."""

from __future__ import annotations

from datetime import UTC, datetime, time

from camscan.model import Asset, Confidence, Egress, Evidence, Finding, Identification, Judgement, SiteContext, Verdict
from camscan.policy.engine import judge
from camscan.policy.isolation import BREACH
from camscan.policy.rules import Golden, PolicyBook


def failures(book: PolicyBook) -> tuple[str, ...]:
    """Return one line for each golden case that comes out otherwise, and for each rule that no case leaves without finding."""
    lines = [f"{case.policy}: {case.name}: {wrong}" for case in book.golden if (wrong := difference(case, book))]
    for rule in sorted(book.rules):
        every = (*book.sets.values(), *book.singles.values())
        policies = {policy.name for policy in every if rule in {item.rule for item in policy.applies}}
        cases = [case for case in book.golden if case.policy in policies]
        if not any(case.verdict is Verdict.NO_FINDING for case in cases):
            lines.append(f"{rule}: no golden case ends at no_finding")
    return tuple(lines)


def difference(case: Golden, book: PolicyBook) -> str:
    """Return how the judgement of a case differs from what it expects; empty where it does not."""
    judgement = run(case, book)
    found, strongest = judgement.findings, [item for item in judgement.findings if item.verdict is judgement.verdict]
    if judgement.verdict is not case.verdict:
        return f"expected {case.verdict}, got {judgement.verdict}"
    if case.because and not any(case.because in item.because for item in strongest):
        return f"expected because {case.because}, got {sorted({reason for item in strongest for reason in item.because})}"
    if case.note != any(item.note for item in found):
        return f"expected {'a' if case.note else 'no'} note"
    if case.assumption and not any(item.assumptions for item in strongest):
        return "expected an assumption"
    if not case.assumption and case.verdict is Verdict.NO_FINDING and any(item.assumptions for item in found):
        return "expected no assumption"
    if case.isolation != any(BREACH in item.reason for item in found):
        return f"expected {'a' if case.isolation else 'no'} reason that says: {BREACH}"
    missing = [" ".join(words) for words in case.findings if words not in {_words(item) for item in found}]
    return f"expected findings {missing}, got {sorted(_words(item) for item in found)}" if missing else ""


def run(case: Golden, book: PolicyBook) -> Judgement:
    """Return the judgement of a case."""
    says = tuple((key, slug) for key, slug in (("brand", case.brand), ("maker", case.maker)) if slug)
    evidence = Evidence(fingerprint="golden", field="tcp.port", value="", observation=0, says=says, witness=case.witness)
    identification = Identification(
        kind=case.kind,  # type: ignore[arg-type]
        brand=case.brand,
        maker=case.maker,
        maker_basis=case.basis,  # type: ignore[arg-type]
        confidence=Confidence(case.confidence) if case.confidence else None,
        kind_confidence=Confidence.FIRM,
        components=case.components,
        made_on=case.made_on,
        evidence=(evidence,) if says else (),
    )
    site = SiteContext(name="the site")
    noon = datetime.combine(case.as_of, time(12), UTC)
    asset = Asset(
        key="ip:the site:192.0.2.1",
        site=site.name,
        macs=(),
        ips=("192.0.2.1",),
        hostnames=(),
        observations=(),
        first_seen=noon,
        last_seen=noon,
    )
    return judge(
        asset,
        identification,
        book=book,
        policies=(case.policy,),
        site=site,
        as_of=case.as_of,
        acquired=case.acquired,
        stated=case.site,
        egress=() if case.calls is None else (_call(case.calls, noon),),
    )


def _call(destination: str, at: datetime) -> Egress:
    return Egress(
        how="connected",
        destination=destination,
        ports=("443/tcp",),
        bytes_out=1,
        bound="exact",
        first_seen=at,
        last_seen=at,
        outside=True,
        internet=True,
        evidence=(0,),
    )


def _words(finding: Finding) -> tuple[str, ...]:
    return (finding.act, str(finding.verdict), f"{finding.force}/{finding.installed}")
