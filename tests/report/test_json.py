"""The JSON report: its published schema, and that nothing of the model is forgotten in it."""

from __future__ import annotations

import copy
import dataclasses
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import camscan.report
from camscan import model
from camscan.report import table
from camscan.report.compact import compact
from camscan.report.json import render, to_document
from tests.report import canned, making

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

SCHEMA = json.loads((Path(camscan.report.__file__).parent / "schema" / "report-1.0.json").read_text(encoding="utf-8"))


def closed(schema: Any) -> Any:
    """The published schema, but no unknown key passes: the report and the schema must name the same keys."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(part) for key, part in schema.items()}
    return {"additionalProperties": False, **inner} if "properties" in inner else inner


@cache
def check() -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # it compiles grammars: seconds that only the process pays which checks

    return Draft202012Validator(closed(copy.deepcopy(SCHEMA)), format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_the_published_schema_is_itself_valid() -> None:
    check().check_schema(SCHEMA)


@pytest.mark.parametrize("name", canned.CANNED)
def test_a_report_holds_exactly_the_keys_of_the_published_schema(name: str) -> None:
    check().validate(json.loads(render(canned.CANNED[name]())))


@pytest.mark.parametrize("key", ["run", "scope", "attempts", "coverage", "counts", "assets"])
def test_a_report_without_one_of_its_parts_is_not_valid(key: str) -> None:
    document = to_document(canned.every_verdict())
    del document[key]
    assert not check().is_valid(document)


@given(text=st.text(max_size=60))
def test_any_text_of_a_device_comes_back_unchanged(text: str) -> None:
    said = making.known(model=text, evidence=(making.evidence(value=text),))
    rendered = render(
        making.report(
            making.assessed(11, model.Verdict.PROHIBITED, making.finding(model.Verdict.PROHIBITED), identification=said)
        )
    )
    assert rendered.isascii()
    document = json.loads(rendered)
    check().validate(document)
    assert document["assets"][0]["identification"]["model"] == text
    assert document["assets"][0]["identification"]["evidence"][0]["value"] == text


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters())
    | st.sampled_from(["\x7f", "\u2028", "😀", "\ud83d", "</script>"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(value=VALUES)
def test_json_is_written_alike_whatever_it_holds(value: Any) -> None:
    written = compact(value)
    assert written == json.dumps(value, separators=(",", ":"), allow_nan=False)
    assert written.isascii()
    assert written.isprintable()


@pytest.mark.parametrize("number", [2**63 - 1, 2**64 - 1, 2**64, -(2**63) - 1])
def test_a_number_of_any_size_comes_back(number: int) -> None:
    assert compact([number]) == f"[{number}]"


def test_the_schema_knows_no_fraction_for_what_is_no_number_has_no_place_in_json() -> None:
    def types(part: Any) -> set[str]:
        if isinstance(part, list):
            return {one for inner in part for one in types(inner)}
        if not isinstance(part, dict):
            return set()
        own = part.get("type", [])
        return {*([own] if isinstance(own, str) else own if isinstance(own, list) else ()), *types(list(part.values()))}

    assert "integer" in types(SCHEMA)
    assert "number" not in types(SCHEMA)


@pytest.mark.parametrize("name", canned.CANNED)
def test_no_blank_stands_between_values_and_each_device_has_a_line_of_its_own(name: str) -> None:
    rendered = render(canned.CANNED[name]())
    document = json.loads(rendered)
    assert rendered.replace("\n", "") == compact(document)
    assert {compact(asset) for asset in document["assets"]} <= {line.removesuffix(",") for line in rendered.splitlines()}


@pytest.mark.parametrize(
    ("kind", "build"),
    [
        (model.Run, lambda value: dataclasses.replace(canned.every_verdict(), run=value)),
        (model.Scope, lambda value: dataclasses.replace(canned.every_verdict(), scope=value)),
        (model.CollectorAttempt, lambda value: dataclasses.replace(canned.every_verdict(), attempts=(value,))),
        (model.Coverage, lambda value: dataclasses.replace(canned.every_verdict(), coverage=(value,))),
        (model.Asset, lambda value: with_first(asset=value)),
        (model.Identification, lambda value: with_first(identification=value)),
        (model.Ledger, lambda value: with_first(ledger=value)),
        (model.Attachment, lambda value: with_first(attached_to=value)),
        (model.Egress, lambda value: with_first(egress=(value,))),
        (
            model.Attestation,
            lambda value: with_first(attestations=(model.StandingAttestation(attestation=value),)),
        ),
        (model.StandingAttestation, lambda value: with_first(attestations=(value,))),
        (
            model.StatementsUsed,
            lambda value: dataclasses.replace(canned.every_verdict(), run=making.run(exceptions=value)),
        ),
        (model.Evidence, lambda value: with_first(identification=making.known(evidence=(value,)))),
        (model.Alternative, lambda value: with_first(identification=making.known(alternatives=(value,)))),
        (
            model.Finding,
            lambda value: with_first(judgement=model.Judgement(verdict=model.Verdict.PROHIBITED, findings=(value,))),
        ),
        (model.Judgement, lambda value: with_first(judgement=value)),
        (model.Badge, lambda value: with_first(judgement=model.Judgement(verdict=None, context=(value,)))),
        (model.Observation, lambda value: with_first(asset=making.asset(11, observations=(value,)))),
        (model.Report, lambda value: value),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_a_change_of_any_field_of_the_model_changes_the_report(kind: Any, build: Any) -> None:
    base = EXAMPLES[kind]
    before = to_document(build(base))
    for field in dataclasses.fields(kind):
        changed = dataclasses.replace(base, **{field.name: another(getattr(base, field.name), field.name)})
        assert to_document(build(changed)) != before, f"{kind.__name__}.{field.name} is not in the report"


def with_first(**changes: Any) -> model.Report:
    report = canned.every_verdict()
    return dataclasses.replace(report, assets=(dataclasses.replace(report.assets[0], **changes), *report.assets[1:]))


BADGE = model.Badge(list="us.list", title="List", says="is a list", entity="acme", since=making.START.date(), cite="Act")

STATED = model.Attestation(
    id="at-1",
    device="mac:bc:ad:28:00:00:01",
    bound_to=("mac=bc:ad:28:00:00:01",),
    by="R. Nowak",
    basis="label",
    recorded_on=making.START.date(),
)

CALL = model.Egress(
    how="connected",
    destination="203.0.113.7",
    ports=("443/tcp",),
    bound="exact",
    first_seen=making.START,
    last_seen=making.END,
    evidence=(0,),
)

EXAMPLES: dict[Any, Any] = {
    model.Attestation: STATED,
    model.StandingAttestation: model.StandingAttestation(attestation=STATED),
    model.StatementsUsed: model.StatementsUsed(file="exceptions.toml", sha256="0" * 64, entries=1),
    model.Run: making.run(),
    model.Scope: making.scope(),
    model.CollectorAttempt: making.attempt(),
    model.Coverage: making.LINK,
    model.Asset: making.asset(11),
    model.Identification: making.known(made_on=making.START.date()),
    model.Ledger: model.Ledger(),
    model.Attachment: making.ATTACHED,
    model.Egress: CALL,
    model.Evidence: making.evidence(),
    model.Alternative: model.Alternative(brand="a", maker="b", confidence=model.Confidence.FIRM, reason="c"),
    model.Finding: making.finding(model.Verdict.PROHIBITED),
    model.Judgement: model.Judgement(verdict=model.Verdict.PROHIBITED),
    model.Badge: BADGE,
    model.Observation: making.observation(),
    model.Report: canned.every_verdict(),
}

SPECIAL: dict[str, Any] = {
    "past": (model.PastRun(at=making.START, verdicts=((model.Verdict.REVIEW, 2),), complete=True),),
    "attestations": model.StatementsUsed(file="attestations.toml", sha256="0" * 64, entries=1),
    "exceptions": model.StatementsUsed(file="exceptions.toml", sha256="0" * 64, entries=1),
    "attestation": dataclasses.replace(STATED, id="at-2"),
    "acquired": making.START.date(),
    "disposed": making.START.date(),
    "site": model.SiteContext(name="Łódź"),
    "not_before": making.START,
    "seen_on": making.END,
    "vlan": 99,
    "not_after": making.START,
    "reason": model.AttemptReason.BUG,
    "made_on": None,
    "made_on_evidence": making.evidence(),
    "confidence": model.Confidence.TENTATIVE,
    "evidence": (),
    "alternatives": (model.Alternative(brand="a", maker="b", confidence=model.Confidence.FIRM, reason="c"),),
    "conflicts": (model.Conflict(kind="a", detail="b"),),
    "findings": (making.finding(model.Verdict.REVIEW),),
    "settle": model.Settle(question="why?"),
    "action": (model.Step(name="verify", text="look"),),
    "sites": (model.SiteContext(name="Łódź", ranges=("10.20.0.0/24",)),),
    "level": model.CoverageLevel.ROUTED,
    "verdict": model.Verdict.REVIEW,
    "via": model.Via.PCAP,
    "status": "lapsed",
    "run": making.run(id="other"),
    "scope": making.scope(pace="fast"),
    "attempts": (),
    "coverage": (),
    "assets": (),
    "observations": (),
    "display": (),
    "context": (BADGE,),
    "until": making.START.date(),
    "fields": (("http.server", "other"),),
    "says": (("model", "other"),),
    "kind": "nvr",
    "maker_basis": None,
}


def another(value: Any, name: str) -> Any:
    """A value that differs from the given one."""
    if name in SPECIAL and not (name in ("site", "reason") and isinstance(value, str)):
        return SPECIAL[name]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, bytes):
        return value + b"x"
    if isinstance(value, tuple):
        return (*value, "other")
    if value is None or isinstance(value, str):
        return "other"
    return value.replace(year=2025)


def test_what_a_device_was_sent_and_what_is_not_yet_read_is_always_there() -> None:
    asset = to_document(canned.every_verdict())["assets"][0]
    assert asset["channels"] == []
    assert asset["egress"] == []
    assert asset["ledger"]["packets"] == 31


def test_nothing_judged_means_null_verdicts_and_no_sum() -> None:
    document = to_document(canned.nothing_judged())
    assert [asset["verdict"] for asset in document["assets"]] == [None, None]
    assert document["counts"]["verdicts"] is None


def test_the_sum_of_the_verdicts_is_the_number_of_devices() -> None:
    counts = to_document(canned.every_verdict())["counts"]
    assert sum(counts["verdicts"].values()) == counts["devices"] == 9


def test_channels_behind_a_recorder_that_nobody_read_are_unknown_and_not_zero() -> None:
    assert to_document(canned.every_verdict())["counts"]["channels_behind_recorders"] is None
    assert to_document(canned.partial())["counts"]["channels_behind_recorders"] == 0


def test_instants_are_in_utc() -> None:
    assert to_document(canned.partial())["run"]["started_at"] == "2026-11-21T18:00:00Z"


def test_a_call_to_a_hostile_name_is_valid_and_inert() -> None:
    call = dataclasses.replace(CALL, names=("evil\x1b[2J\u202e.example.org",), outside=True, internet=True)
    report = with_first(egress=(call,))
    rendered = render(report)
    assert rendered.isascii()
    check().validate(json.loads(rendered))
    assert json.loads(rendered)["assets"][0]["egress"][0]["names"] == list(call.names)
    for width in (None, 80):
        text = table.render(report, width=width)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "Calls out" in text
