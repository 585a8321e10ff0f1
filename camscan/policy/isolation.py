"""Equipment that a rule wants kept off networks, and that calls beyond its site all the same: said in the reasons, never a verdict of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from camscan.model import Asset, Egress, Finding, Judgement
from camscan.policy.effects import ruling
from camscan.policy.logic import Truth
from camscan.policy.sentence import with_sentence
from camscan.policy.situation import Situation

BREACH = "Isolation does not hold"
MOST_NAMED = 3
"""Destinations that a reason names."""
MAX_NAME = 100
_GOT_THROUGH = frozenset({"connected", "served"})
"""A call that nobody answered may have ended at a firewall, which is what keeps equipment apart."""
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")


def with_isolation(judgement: Judgement, situation: Situation, asset: Asset, egress: Sequence[Egress]) -> Judgement:
    """Return the judgement whose findings say that isolation does not hold, where a rule that reaches the device limits to what it is connected.

    Of such a rule the findings on connecting say so; where it has none, because the site is stated to be separate, all of them.
    """
    beyond = [one for one in egress if one.how in _GOT_THROUGH and one.outside]
    if not beyond or not judgement.findings:
        return judgement
    wanting = {
        (finding.policy, finding.rule)
        for finding in judgement.findings
        if any(effect.act == "connect" for effect in situation.book.rules[finding.rule].effects)
        and _reached(finding, situation)
    }
    if not wanting:
        return judgement
    with_own = {(finding.policy, finding.rule) for finding in judgement.findings if finding.act == "connect"}
    said = sentence(asset.ips[0] if asset.ips else asset.key, beyond)

    def concerned(finding: Finding) -> bool:
        named = (finding.policy, finding.rule)
        return named in wanting and (finding.act == "connect" or named not in with_own)

    return replace(
        judgement,
        findings=tuple(
            replace(finding, reason=with_sentence(finding.reason, said, situation.book.rules[finding.rule], situation))
            if concerned(finding)
            else finding
            for finding in judgement.findings
        ),
    )


def sentence(device: str, beyond: Sequence[Egress]) -> str:
    """Return what a device sent beyond its site, called or calling; those that got most come first."""
    ordered = sorted(beyond, key=lambda one: (-one.bytes_out, one.destination or "", one.ports))
    parts = [_sent(one) for one in ordered[:MOST_NAMED]]
    rest = len(ordered) - MOST_NAMED
    more = f", and talked to {rest} more {'address' if rest == 1 else 'addresses'} there" if rest > 0 else ""
    return f"{BREACH}: {device} {', '.join(parts)}{more}."


def _sent(one: Egress) -> str:
    amount = f"{'at least ' if one.bound != 'exact' else ''}{one.bytes_out:,} byte{'' if one.bytes_out == 1 else 's'}"
    name = next((name[:MAX_NAME] for name in one.names if set(name) <= _PLAIN), None)
    known = ", ".join(part for part in (name, one.service) if part)
    where = "" if one.internet else " outside the site's ranges"
    place = f"{one.destination}{where} ({known})" if known else f"{one.destination}{where}"
    times = f"between {one.first_seen:%Y-%m-%d %H:%M:%S} and {one.last_seen:%Y-%m-%d %H:%M:%S} UTC"
    ports = " and ".join(one.ports)
    if one.how == "served":
        return f"answered {place}, which called its port {ports}, with {amount}, {times}"
    if not one.bytes_out:
        return f"reached {place}, port {ports}, {times}"
    return f"sent {amount} to {place}, port {ports}, {times}"


def _reached(finding: Finding, situation: Situation) -> bool:
    """Return whether the rule of a finding binds here and speaks of this equipment, or may."""
    policy = situation.book.policy(finding.policy)
    assert policy is not None
    if not any(applied.rule == finding.rule and applied.mode == "binds" for applied in policy.applies):
        return False
    presumed = {item.fact: item.value for item in policy.presumptions if situation.fact(item.fact) is None}
    ruled = ruling(finding.rule, finding.policy, situation.with_facts(presumed))
    return finding.verdict != "no_finding" or ruled.reach.statement.truth is not Truth.FALSE
