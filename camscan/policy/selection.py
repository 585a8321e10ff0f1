"""A selection of devices by what is known of them: `maker=hikvision,site=annex`."""

from __future__ import annotations

from collections.abc import Iterable

from camscan.errors import UsageError
from camscan.model import AssessedAsset

KEYS = ("maker", "brand", "model", "kind", "site", "verdict", "rule")

Selection = tuple[tuple[str, str], ...]
"""Key and value; all of them must hold."""


def selection(texts: Iterable[str]) -> Selection:
    """Return what `KEY=VALUE,KEY=VALUE` asks for. Raises UsageError naming the part that is none."""
    terms = []
    for term in (part.strip() for text in texts for part in text.split(",")):
        key, sign, value = (piece.strip() for piece in term.partition("="))
        if not sign or not value:
            raise UsageError(f'--where: "{term}" is not KEY=VALUE: e.g. --where maker=hikvision,site=annex')
        if key not in KEYS:
            raise UsageError(f'--where: "{key}" is not a key: use {", ".join(KEYS)}')
        terms.append((key, value))
    if not terms:
        raise UsageError("--where: names nothing: e.g. --where maker=hikvision,site=annex")
    return tuple(terms)


def selected(assets: Iterable[AssessedAsset], wanted: Selection) -> tuple[AssessedAsset, ...]:
    """Return the devices for which every term holds, in their order; case does not matter."""
    return tuple(one for one in assets if all(value.casefold() in _values(one, key) for key, value in wanted))


def _values(judged: AssessedAsset, key: str) -> frozenset[str]:
    found, verdict = judged.identification, judged.judgement.verdict
    known: dict[str, Iterable[str | None]] = {
        "maker": (found.maker,),
        "brand": (found.brand,),
        "model": (found.model,),
        "kind": (found.kind,),
        "site": [site.name for site in judged.each_site] or [judged.asset.site],
        "verdict": (verdict,),
        "rule": (finding.rule for finding in judged.judgement.findings),
    }
    return frozenset(str(value).casefold() for value in known[key] if value)
