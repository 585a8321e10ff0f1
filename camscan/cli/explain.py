"""`camscan explain`: the whole chain behind a device of a run, or what one value matches, nearly matches, and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camscan.cli import options, show
from camscan.cli.configuration import configuration
from camscan.cli.groups import JudgingOptions, with_groups
from camscan.cli.kept import run_file_or_newest
from camscan.errors import UsageError
from camscan.report.columns import fold
from camscan.report.escape import visible

if TYPE_CHECKING:
    from camscan.identify.explain import Explanation
    from camscan.identify.rules import Knowledge
    from camscan.model import Asset


EITHER = "give either --run RUN with a device, or --field FIELD with a value"


@with_groups
def explain(
    subject: Annotated[str, typer.Argument(metavar="ASSET|VALUE", help="A device by key, MAC or IP; or a value of --field.")],
    field: Annotated[
        str | None, typer.Option("--field", metavar="FIELD", help="VALUE is of this field, e.g. http.auth.realm.")
    ] = None,
    run: Annotated[str | None, typer.Option("--run", metavar="RUN", help=options.RUN_OF_ASSET_HELP)] = None,
    *,
    basis: JudgingOptions,
    marking: options.Marking = None,
    store: options.StoreUrl = None,
) -> None:
    """Show the whole chain behind a device of a run, or what a banner matches, nearly matches, and what follows."""
    if field is not None and run is not None:
        raise UsageError(EITHER)
    if field is None:
        with run_file_or_newest(run, configuration(), store) as found:
            if found is None:
                raise UsageError(EITHER)
            lines = list(device_lines(subject, *found, basis, marking))
    else:
        if basis.policy or basis.site or basis.sites or basis.as_of:
            raise UsageError("--policy, --site and --as-of go with --run: a value alone is not judged")
        lines = list(marked(value_lines(field, subject, basis.data), marking))
    width = show.terminal_width()
    shown = (visible(line) for line in lines)
    show.result("".join(f"{piece}\n" for line in shown for piece in (fold(line, width) if width else [line])))


def marked(lines: Iterable[str], marking: str | None) -> Iterator[str]:
    """Yield lines with the marking, where there is one, before and behind them."""
    ends = (marking,) if marking else ()
    yield from ends
    yield from lines
    yield from ends


def device_lines(subject: str, run: Path, called: str, basis: JudgingOptions, marking: str | None = None) -> Iterator[str]:
    """Return the chain of each device that answers to a key, MAC or address. Policies and day are those of the run where none are given.

    called: the run, as messages call it. marking: instead of the run's own, which stands at head and foot. Raises UsageError where the run holds no such device.
    """
    from camscan.cli.judging import judging_by
    from camscan.rejudge import judge_run
    from camscan.report.chain import chain
    from camscan.report.observations import read

    recorded = read(run).run
    judging = judging_by(configuration(), basis.or_of(recorded), command="explain", sites_of_run=recorded.sites)
    report, _ = judge_run(run, judging)
    chosen = [judged for judged in report.assets if answers_to(judged.asset, subject)]
    if not chosen:
        known = f"it holds {len(report.assets)} devices" if report.assets else "it holds none"
        raise UsageError(
            f"{called}: no device {subject}: {known}; give a key, MAC or address that `camscan judge {called}` lists"
        )
    chains = (chain(report, judged, judging.knowledge, judging.book) for judged in chosen)
    lines = (line for number, one in enumerate(chains) for line in (*(("", "") if number else ()), *one))
    yield from marked(lines, marking or recorded.marking)


def answers_to(asset: Asset, subject: str) -> bool:
    """Return whether a device has this key, MAC or address."""
    from camscan.codecs.base import mac_from_text

    try:
        address = str(ip_address(subject.strip().partition("%")[0]))
    except ValueError:
        address = None
    return subject == asset.key or mac_from_text(subject) in asset.macs or address in asset.ips


def value_lines(field: str, value: str, data: Path | None) -> Iterator[str]:
    """Return what one value matches, and what follows. Raises UsageError for an unknown field."""
    from camscan.datafiles.open import open_knowledge
    from camscan.identify.explain import explain_value

    knowledge = open_knowledge(data)
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
    return text_of(field, value, explain_value(field, value, knowledge), knowledge)


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
    from camscan.report.chain import would_raise

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
        yield from (f"  {would_raise(entry)}" for entry in found.raises)
