"""Books and identified devices for policy tests."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from camscan.datafiles.policies import load_policies
from camscan.model import Asset, Confidence, Edge, Evidence, Identification, Judgement, SiteContext, Verdict
from camscan.policy.engine import judge
from camscan.policy.rules import (
    Application,
    Ask,
    Case,
    Effect,
    Entity,
    Limb,
    PolicyBook,
    PolicySet,
    Reference,
    Rule,
    Subject,
)
from tests.factories import asset, observation

TODAY = date(2026, 11, 21)
SITE = SiteContext(name="Łódź annex")
FINGERPRINTS = Path(__file__).parents[2] / "fingerprints"


@cache
def shipped() -> PolicyBook:
    return load_policies(FINGERPRINTS)


def identified(**changes: Any) -> Identification:
    """A Hikvision camera by two witnesses, one of them beyond the owner's reach."""
    values: dict[str, Any] = {
        "kind": "camera",
        "brand": "hikvision",
        "maker": "hikvision",
        "maker_basis": "own-label",
        "confidence": Confidence.CERTAIN,
    }
    values |= changes
    values.setdefault("kind_confidence", values["confidence"])
    if "evidence" not in values:
        says = tuple((key, values[key]) for key in ("brand", "maker") if values[key])
        values["evidence"] = (
            Evidence(
                fingerprint="hikvision.sadp.model", field="sadp.model", value="DS", observation=0, says=says, witness="device"
            ),
            Evidence(
                fingerprint="hikvision.http.realm",
                field="http.auth.realm",
                value="x",
                observation=1,
                says=says,
                witness="realm",
            ),
            Evidence(fingerprint="hikvision.http.etag", field="http.header", value="x", observation=1, witness="page"),
        )
    return Identification(**values)


def by_oui(slug: str, **changes: Any) -> Identification:
    """A device of which only the registrant of its MAC is known."""
    evidence = (
        Evidence(fingerprint="oui:001122", field="mac", value="", observation=0, says=(("brand", slug),), witness="oui"),
    )
    values = {"kind": "unknown", "brand": slug, "maker": slug, "confidence": Confidence.TENTATIVE, "evidence": evidence}
    return identified(**(values | changes))


def device() -> Asset:
    return asset(observation((("sadp.model", "DS"),), port=37020), observation((("http.auth.realm", "x"),), port=80))


def judged(
    identification: Identification | None = None,
    *,
    book: PolicyBook | None = None,
    policies: tuple[str, ...] = ("uk-department",),
    site: SiteContext = SITE,
    as_of: date = TODAY,
    asset: Asset | None = None,
    **rest: Any,
) -> Judgement:
    return judge(
        asset or device(),
        identification or identified(),
        book=book or shipped(),
        policies=policies,
        site=site,
        as_of=as_of,
        **rest,
    )


def rule(**changes: Any) -> Rule:
    """A statute against buying equipment of `acme` and its group, without conditions."""
    values: dict[str, Any] = {
        "id": "xx.rule",
        "title": "An Act",
        "clause": "section 1",
        "jurisdiction": "XX",
        "status": "in_force",
        "version": "first text",
        "since": date(2020, 1, 1),
        "review_by": date(2027, 1, 1),
        "limbs": (limb(),),
        "effects": (Effect(id="buy", act="buy", cases=(case(),)),),
        "references": (Reference(cite="An Act", url="https://law.example/act", official=True, read_on=TODAY),),
    }
    return Rule(**(values | changes))


def limb(**changes: Any) -> Limb:
    values: dict[str, Any] = {
        "id": "a",
        "clause": "section 1(a)",
        "subject": Subject(kind="entities", members=frozenset({"acme"}), affiliates=True),
        "equipment": frozenset({"video"}),
    }
    return Limb(**(values | changes))


def case(**changes: Any) -> Case:
    values: dict[str, Any] = {
        "when": (),
        "verdict": Verdict.PROHIBITED,
        "force": "statute",
        "installed": "silent",
        "says": "forbids buying such equipment",
    }
    return Case(**(values | changes))


def entity(slug: str, **changes: Any) -> Entity:
    values: dict[str, Any] = {"name": slug.title(), "role": "company", "jurisdiction": "CN", "surveillance_only": True}
    return Entity(slug=slug, **(values | changes))


def edge(kind: Any, child: str, parent: str, **changes: Any) -> Edge:
    values: dict[str, Any] = {"status": "asserted", "confidence": "high", "sources": ("a register",)}
    return Edge(type=kind, child=child, parent=parent, **(values | changes))


def book(*rules: Rule, entities: tuple[Entity, ...] = (), edges: tuple[Edge, ...] = (), **changes: Any) -> PolicyBook:
    """A book with one policy `xx` of the rules, and the company `acme`."""
    listed = rules or (rule(),)
    asks = {
        "class": Ask(fact="class", question="Is {site} sensitive?", answers=(("yes", "sensitive"), ("no", "other"))),
        "zone": Ask(fact="zone", question="Is {site} core?", answers=(("yes", "core"), ("no", "separate"))),
    }
    applies = tuple(Application(rule=item.id) for item in listed)
    values: dict[str, Any] = {
        "entities": {item.slug: item for item in (entity("acme"), *entities)},
        "edges": edges,
        "rules": {item.id: item for item in listed},
        "sets": {"xx": PolicySet(name="xx", title="A test", applies=applies, asks=asks)},
    }
    return PolicyBook(**(values | changes))


def acme(**changes: Any) -> Identification:
    return identified(**({"brand": "acme", "maker": "acme"} | changes))
