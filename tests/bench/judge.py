"""How long the rules take over a large estate."""

from __future__ import annotations

import itertools
import sys
import time
from dataclasses import replace

from camscan.datafiles.policies import open_policies
from camscan.model import Asset, Confidence, Evidence, Identification, Judgement, SiteContext
from camscan.policy import engine
from camscan.policy.engine import judge as judge_one
from camscan.policy.rules import PolicyBook
from tests.factories import asset, observation
from tests.policy.books import TODAY

ASSETS = 10_000
MAKERS = 100
"""More than one organisation has."""
KINDS = ("camera", "camera", "camera", "nvr", "unknown", "other")


def judge() -> None:
    """10,000 assets by every rule there is: all sets, and each rule alone that no set holds; of a hundred makers, then of every one."""
    book = open_policies()
    held = {application.rule for policy in book.sets.values() for application in policy.applies}
    policies = (*book.sets, *(f"rule:{rule}" for rule in book.rules if rule not in held))
    sys.stdout.write(f"\njudge: {ASSETS} assets by {len(book.rules)} rules in {len(policies)} policies; goal 2000 ms\n")
    makers = tuple(sorted(book.entities))
    for slugs in (makers[:: len(makers) // MAKERS][:MAKERS], makers):
        _timed(book, policies, slugs)


def _timed(book: PolicyBook, policies: tuple[str, ...], slugs: tuple[str, ...]) -> None:
    estate = list(itertools.islice(_estate(slugs), ASSETS))
    engine._judged.cache_clear()  # what the estate before has paid for would not count
    started, worked = time.perf_counter(), time.process_time()
    found = [_judged(one, book, policies) for one in estate]
    taken, worked = time.perf_counter() - started, time.process_time() - worked
    findings = sum(len(judgement.findings) for judgement in found)
    sys.stdout.write(
        f"  camscan, of {len(slugs):3} makers          {taken * 1000:9.0f} ms   {worked * 1000:.0f} ms of processor; "
        f"{findings} findings\n"
    )


def _judged(one: tuple[Asset, Identification], book: PolicyBook, policies: tuple[str, ...]) -> Judgement:
    return judge_one(*one, book=book, policies=policies, site=SiteContext(name="annex"), as_of=TODAY)


def _estate(slugs: tuple[str, ...]):  # type: ignore[no-untyped-def]
    device = asset(observation((("sadp.model", "DS"),), port=37020))
    for number in itertools.count():
        slug = slugs[number * 7 % len(slugs)]
        says = (("brand", slug), ("maker", slug), ("model", f"model {number}"))
        yield (
            replace(device, key=f"ip:annex:{number}"),
            Identification(
                kind=KINDS[number % len(KINDS)],  # type: ignore[arg-type]
                kind_confidence=Confidence.FIRM,
                brand=slug,
                maker=slug,
                maker_basis="own-label",
                model=f"model {number}",
                serial=f"serial {number}",
                confidence=Confidence.CERTAIN if number % 3 else Confidence.TENTATIVE,
                evidence=(
                    Evidence(fingerprint="made.up", field="sadp.model", value="DS", observation=0, says=says, witness="wire"),
                ),
            ),
        )
