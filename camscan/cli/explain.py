"""`camscan explain --field F VALUE`: what a banner matches, nearly matches, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from camscan.cli import options, show
from camscan.errors import UsageError
from camscan.report.escape import visible

if TYPE_CHECKING:
    from camscan.identify.explain import Explanation
    from camscan.identify.rules import Knowledge


def explain(
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The value as the device sent it.")],
    field: Annotated[str, typer.Option("--field", metavar="FIELD", help="Which field it is, e.g. http.auth.realm.")],
    data: options.DataFolder = None,
) -> None:
    """Show what a banner matches, nearly matches, what that leads to, and what would settle it."""
    from camscan.datafiles.knowledge import load_knowledge
    from camscan.datafiles.locate import locate
    from camscan.identify.explain import explain_value

    knowledge = load_knowledge(locate(data))
    if field not in knowledge.fields:
        near = get_close_matches(field, knowledge.fields, 1)
        raise UsageError(
            f'--field: no field "{field}"' + (f": did you mean {near[0]}?" if near else ": see docs/reference/fields.md")
        )
    if field == "mac":
        from camscan.codecs.base import mac_from_text

        mac = mac_from_text(value)
        if mac is None:
            raise UsageError(f'"{value}" is not a MAC address: write it as 00:11:22:33:44:55')
        value = mac
    show.result(
        "".join(f"{visible(line)}\n" for line in text_of(field, value, explain_value(field, value, knowledge), knowledge))
    )


def text_of(field: str, value: str, found: Explanation, knowledge: Knowledge) -> Iterator[str]:
    """Yield the lines of an explanation."""
    from camscan.identify.explain import pattern_text, weight_in_words

    rule = knowledge.fields[field]
    yield f"{field} = {value}"
    yield f"  {rule.meaning}; {'the owner of a device can set it' if rule.editable else 'the owner of a device cannot set it'}"
    yield ""
    registry = [one for one in found.concluded.evidence if one.fingerprint.startswith("oui:")]
    yield "Matches" if found.matches or registry else "Matches: nothing"
    patterns = {entry.id: entry.conditions[0].pattern for entry in knowledge.fingerprints}
    for hit in found.matches:
        yield f"  {hit.evidence.fingerprint}  ({pattern_text(patterns[hit.evidence.fingerprint])})"
        yield f"      says {', '.join(f'{key} {said}' for key, said in hit.evidence.says) or 'nothing'}"
        yield f"      weight {weight_in_words(hit)}; witness {hit.evidence.witness}"
    for one in registry:
        yield f"  {one.fingerprint}  says {', '.join(f'{key} {said}' for key, said in one.says)}"
    if found.near:
        yield ""
        yield "Nearly matches"
        for near in found.near:
            yield f"  {near.fingerprint}  ({near.pattern}): {near.reason}"
    yield ""
    yield from conclusion(found)


def conclusion(found: Explanation) -> Iterator[str]:
    """Yield what follows, and what would raise the confidence."""
    from camscan.identify.explain import pattern_text

    what = found.concluded
    known = {"kind": what.kind, "form": what.form, "brand": what.brand, "maker": what.maker, "model": what.model}
    known |= {"firmware": what.firmware, "serial": what.serial, "made on": what.made_on.isoformat() if what.made_on else None}
    parts = [f"{name} {value}" for name, value in known.items() if value not in (None, "unknown")]
    yield "Alone this means: " + (", ".join(parts) if parts else "nothing that is known")
    if what.maker_basis:
        yield f"  maker by {what.maker_basis}"
    if what.confidence:
        yield f"  confidence {what.confidence}"
    for other in what.alternatives:
        yield f"  or: brand {other.brand}, maker {other.maker} ({other.confidence}): {other.reason}"
    for conflict in what.conflicts:
        yield f"  conflict {conflict.kind}: {conflict.detail}"
    if found.raises:
        yield ""
        yield "What would raise the confidence"
        for entry in found.raises:
            condition = entry.conditions[0]
            weight = "with this, firm" if entry.editable else f"{entry.confidence} by itself"
            yield f"  {condition.field}: {entry.id} ({pattern_text(condition.pattern)}), {weight}"
