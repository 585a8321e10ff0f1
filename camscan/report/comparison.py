"""Two judgements of one run, device by device: what was, what becomes of it, and because of what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from camscan.model import AssessedAsset, Report, Verdict, address_order
from camscan.policy.effects import STRENGTH
from camscan.report import view
from camscan.report.columns import lay_out, wrap
from camscan.report.escape import visible
from camscan.report.json import run_document
from camscan.report.statement import NOT_LEGAL_ADVICE

SCHEMA = "camscan-comparison/1"
TOGETHER = "together"
"""The cause where no single difference changes a verdict, and all of them do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One device of which the verdict, a rule's strongest finding or the maker differs."""

    key: str
    address: str
    was: AssessedAsset | None
    """None: not a device of that judgement."""
    becomes: AssessedAsset | None
    because: tuple[str, ...]
    """Names of the differences that alone change it; `together` where none does."""
    rules: tuple[tuple[str, Verdict | None, Verdict | None], ...]
    """Rules whose strongest finding differs, before and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two judgements of one run."""

    was: Report
    becomes: Report
    differences: tuple[tuple[str, str, str], ...]
    """In what the judgements differ: name, before, after."""
    changes: tuple[Change, ...]


def compare(
    was: Report, becomes: Report, differences: tuple[tuple[str, str, str], ...], alone: Mapping[str, Report]
) -> Comparison:
    """Return how two judgements differ. alone: by name of a difference, the first judgement with that difference only."""
    before, after = _by_key(was), _by_key(becomes)
    singly = {name: _by_key(report) for name, report in alone.items()}
    changes = []
    for key in before.keys() | after.keys():
        one, other = before.get(key), after.get(key)
        if _seen(one) == _seen(other):
            continue
        causes = tuple(name for name, assets in singly.items() if _seen(assets.get(key)) != _seen(one))
        rules = _rules(one), _rules(other)
        named = sorted(rules[0].keys() | rules[1].keys())
        changes.append(
            Change(
                key=key,
                address=_address(other or one),
                was=one,
                becomes=other,
                because=causes or (TOGETHER,),
                rules=tuple(
                    (rule, rules[0].get(rule), rules[1].get(rule))
                    for rule in named
                    if rules[0].get(rule) is not rules[1].get(rule)
                ),
            )
        )
    return Comparison(was=was, becomes=becomes, differences=differences, changes=tuple(sorted(changes, key=_order)))


def _by_key(report: Report) -> dict[str, AssessedAsset]:
    return {judged.asset.key: judged for judged in report.assets}


def _seen(judged: AssessedAsset | None) -> object:
    """Return what a reader of the comparison would call the same."""
    if judged is None:
        return None
    known = judged.identification
    return judged.judgement.verdict, known.brand, known.maker, known.kind, _rules(judged)


def _rules(judged: AssessedAsset | None) -> dict[str, Verdict]:
    """Return each rule's strongest finding that is more than none."""
    found: dict[str, Verdict] = {}
    for finding in judged.judgement.findings if judged is not None else ():
        if finding.verdict is not Verdict.NO_FINDING:
            found[finding.rule] = max(finding.verdict, found.get(finding.rule, finding.verdict), key=STRENGTH.index)
    return found


def _address(judged: AssessedAsset | None) -> str:
    assert judged is not None
    return judged.asset.ips[0] if judged.asset.ips else judged.asset.key


def _order(change: Change) -> tuple[object, ...]:
    shown = change.becomes or change.was
    assert shown is not None
    return address_order(shown.asset.ips[0] if shown.asset.ips else None), change.key


def table(comparison: Comparison, width: int | None = None) -> str:
    """Return the comparison for people."""
    marking = comparison.becomes.run.marking
    head = [marking] if marking else []
    run = comparison.becomes.run
    head.append(f"camscan {run.version} · comparison of two judgements of run {run.id}. {NOT_LEGAL_ADVICE}")
    head += [f"{name}: {before} → {after}" for name, before, after in comparison.differences] or [
        "Both judge by the same policies, day, site and data"
    ]
    rows = [[visible(cell) for cell in _row(comparison, change)] for change in comparison.changes]
    grid = lay_out(("asset", "was", "becomes", "because of"), rows, width=width) if rows else []
    total = len({*_by_key(comparison.was), *_by_key(comparison.becomes)})
    foot = [f"Answer: {len(comparison.changes)} of {view.counted(total)} would change"]
    foot += [marking] if marking else []
    blocks = (_wrapped(head, width), grid, _wrapped(foot, width))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _wrapped(lines: Iterable[str], width: int | None) -> list[str]:
    return [piece for line in lines for piece in wrap(visible(line), width, "  ")]


def _row(comparison: Comparison, change: Change) -> tuple[str, ...]:
    rules = ", ".join(f"{rule} {_words(before)} → {_words(after)}" for rule, before, after in change.rules)
    because = ", ".join(change.because) + (f" ({rules})" if rules else "")
    return change.address, _cell(comparison.was, change.was), _cell(comparison.becomes, change.becomes), because


def _cell(report: Report, judged: AssessedAsset | None) -> str:
    if judged is None:
        return "no such device"
    verdict = view.verdict_words(judged.judgement.verdict) if judged.judgement.verdict else "not judged"
    return f"{verdict}; {view.brand_and_maker(report, judged.identification)}"


def _words(verdict: Verdict | None) -> str:
    return view.verdict_words(verdict) if verdict else "none"


def document(comparison: Comparison) -> str:
    """Return the comparison as JSON, `camscan-comparison/1`, in ASCII."""
    made = {
        "schema": SCHEMA,
        "marking": comparison.becomes.run.marking,
        "was": run_document(comparison.was.run),
        "becomes": run_document(comparison.becomes.run),
        "differences": [{"name": name, "was": before, "becomes": after} for name, before, after in comparison.differences],
        "devices": len({*_by_key(comparison.was), *_by_key(comparison.becomes)}),
        "changes": [_change_document(change) for change in comparison.changes],
        "notice": NOT_LEGAL_ADVICE,
    }
    return json.dumps(made, indent=1, allow_nan=False) + "\n"


def _change_document(change: Change) -> dict[str, object]:
    return {
        "asset": change.key,
        "address": change.address,
        "was": _side(change.was),
        "becomes": _side(change.becomes),
        "because": list(change.because),
        "rules": [{"rule": rule, "was": before, "becomes": after} for rule, before, after in change.rules],
    }


def _side(judged: AssessedAsset | None) -> dict[str, object] | None:
    if judged is None:
        return None
    known = judged.identification
    return {"verdict": judged.judgement.verdict, "brand": known.brand, "maker": known.maker, "kind": known.kind}
