"""The self-test of fields.toml and the vendor files: every entry against its own examples, and against everyone else's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from camscan.datafiles.clouds import check_clouds
from camscan.datafiles.knowledge import (
    STANDARDS_FILE,
    additions,
    conditions_of,
    load_knowledge,
    pattern_of,
    standards_of,
    vendor_files,
)
from camscan.datafiles.locate import shown
from camscan.datafiles.reads import check_reads
from camscan.datafiles.schema import ChannelsEntry, ExampleEntry, FingerprintEntry, ModelEntry, SerialEntry, VendorFile
from camscan.identify.channels import channels_in
from camscan.identify.engine import day_of
from camscan.identify.kinds import read_model
from camscan.identify.match import Hit, hits_of_message
from camscan.identify.pattern import Pattern
from camscan.identify.rules import STANDARDS, Fingerprint, Knowledge
from camscan.identify.weigh import RANK
from camscan.model import CAMERA_KINDS, MAX_VALUE, Fields

OTHER_KINDS = frozenset({"software", "other"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What one vendor file holds."""

    vendor: str
    fingerprints: int
    examples: int
    protocols: tuple[str, ...]
    registrants: int
    models: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, in one line."""

    file: str
    entry: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: {self.entry}: {self.problem}"


def check_data(root: Path, local: Sequence[Path] = ()) -> tuple[list[Finding], list[Coverage]]:
    """Return what is wrong with the fingerprints of a data folder and of local files, and what the folder covers.

    Raises DataFileError where they can't be read.
    """
    knowledge = load_knowledge(root)
    files = list(vendor_files(root))
    found = list(check_whole(knowledge, root))
    for path, entry in files:
        found += check_vendor(entry, knowledge, shown(path, root))
    compiled = {one.id: one for one in knowledge.fingerprints}
    for one in standards_of(root):
        for problem in check_fingerprint(one, compiled[one.id], STANDARDS, knowledge):
            found.append(Finding(file=f"fingerprints/{STANDARDS_FILE}", entry=f"entry {one.id}", problem=problem))
        if one.gives.brand or one.gives.maker:
            found.append(
                Finding(
                    file=f"fingerprints/{STANDARDS_FILE}",
                    entry=f"entry {one.id}",
                    problem="a standard names no brand and no maker",
                )
            )
    found += (Finding(file=file, entry=entry, problem=problem) for file, entry, problem in check_reads(root, knowledge))
    found += (Finding(file=file, entry=entry, problem=problem) for file, entry, problem in check_clouds(root, knowledge))
    found += check_local(root, local)
    return found, [coverage_of(entry) for _, entry in files]


def check_local(root: Path, local: Sequence[Path]) -> Iterator[Finding]:
    """Yield what is wrong with local files, each against the data folder with all of them over it."""
    if not local:
        return
    knowledge = load_knowledge(root, local)
    compiled = {one.id: one for one in knowledge.fingerprints}
    for path, entry in additions(local, load_knowledge(root).vendors):
        if isinstance(entry, VendorFile):
            yield from check_vendor(entry, knowledge, str(path))
            continue
        for one in entry.fingerprint:
            for problem in check_fingerprint(one, compiled[one.id], entry.vendor.slug, knowledge):
                yield Finding(file=str(path), entry=f"entry {one.id}", problem=problem)


def check_whole(knowledge: Knowledge, root: Path) -> Iterator[Finding]:
    """Yield what is wrong across files: repeated ids, registrants that the registry lacks or that two vendors claim."""
    seen: dict[str, str] = {}
    for one in knowledge.fingerprints:
        if one.id in seen:
            yield Finding(
                file=f"fingerprints/vendors/{one.vendor}.toml", entry=f"entry {one.id}", problem="the id is used twice"
            )
        seen[one.id] = one.vendor
    registered = knowledge.oui.registrants()
    owner: dict[str, str] = {}
    for vendor in knowledge.vendors.values():
        file = f"fingerprints/vendors/{vendor.file}.toml"
        for name in vendor.registrants:
            if name not in registered:
                yield Finding(
                    file=file, entry=vendor.slug, problem=f'registrant "{name}" is not in oui/registry.txt: copy its spelling'
                )
            if owner.setdefault(name, vendor.slug) != vendor.slug:
                yield Finding(file=file, entry=vendor.slug, problem=f'registrant "{name}" is also claimed by {owner[name]}')
    for slug in knowledge.vendors:
        for alias in knowledge.vendors[slug].aliases:
            if alias in knowledge.vendors and alias != slug:
                yield Finding(
                    file=f"fingerprints/vendors/{slug}.toml", entry=slug, problem=f"alias {alias} is a vendor of its own"
                )


def check_vendor(entry: VendorFile, knowledge: Knowledge, file: str) -> Iterator[Finding]:
    """Yield what is wrong with one vendor file."""
    compiled = {one.id: one for one in knowledge.fingerprints}
    for one in entry.fingerprint:
        for problem in check_fingerprint(one, compiled[one.id], entry.vendor.slug, knowledge):
            yield Finding(file=file, entry=f"entry {one.id}", problem=problem)
    for number, model in enumerate(entry.model, 1):
        for problem in check_model(model, entry.vendor.slug, knowledge):
            yield Finding(file=file, entry=f"model {number}", problem=problem)
    for number, serial in enumerate(entry.serial, 1):
        for problem in check_serial(serial):
            yield Finding(file=file, entry=f"serial {number}", problem=problem)
    for number, grammar in enumerate(entry.channels, 1):
        for problem in check_channels(grammar):
            yield Finding(file=file, entry=f"channels {number}", problem=problem)


def check_fingerprint(entry: FingerprintEntry, compiled: Fingerprint, file: str, knowledge: Knowledge) -> Iterator[str]:
    """Yield what is wrong with one fingerprint."""
    if entry.id.split(".")[0] != file:
        yield f"the id must start with {file}."
    patterns = [one.pattern for one in (*conditions_of(entry), *compiled.none)]
    refused = list(filter(None, map(refusal, patterns)))
    yield from refused
    if refused:
        return
    yield from check_templates(compiled)
    for name in ("brand", "maker", "component"):
        slug = dict(compiled.gives).get(name)
        if slug is not None and "{" not in slug and slug not in knowledge.vendors:
            yield f"gives {name} {slug}, which no vendor file describes"
    kind = dict(compiled.gives).get("kind")
    if file != STANDARDS and knowledge.vendors[file].non_camera and kind in CAMERA_KINDS:
        yield f"gives kind {kind} in a file that is marked non_camera"
    for example in entry.examples:
        yield from check_example(entry, compiled, example, knowledge)
    for counter in entry.counter:
        message = message_of(
            entry, counter if isinstance(counter, str) else None, None if isinstance(counter, str) else counter.fields
        )
        if message is None:
            yield f"counter {counter!r}: give a text for one field, fields for several"
        elif any(hit.evidence.fingerprint == entry.id for hit in hits_of_message(message, 0, knowledge)):
            yield f"counter {counter!r} is matched"


def check_templates(compiled: Fingerprint) -> Iterator[str]:
    """Yield templates that use no capture of their patterns, and named groups that nothing uses."""
    names = {name for condition in compiled.conditions for name in condition.pattern.capture_names()}
    used: set[str] = set()
    for key, template in compiled.gives:
        placeholders = placeholders_of(template)
        used |= placeholders
        if placeholders - names:
            yield f"gives {key} uses {{{min(placeholders - names)}}}, which no match captures"
    unused = names - used - {"value", "rest"}
    if unused:
        yield f"group {min(unused)} is captured and not used: make it (?:…)"


def check_example(entry: FingerprintEntry, compiled: Fingerprint, example: ExampleEntry, knowledge: Knowledge) -> Iterator[str]:
    """Yield what is wrong with one example: it must match, give exactly what it says, and contradict no other vendor's entry."""
    label = repr(example.text if example.text is not None else example.fields)[:120]
    message = message_of(entry, example.text, example.fields)
    if message is None:
        yield f"example {label}: give a text for one field, fields for several"
        return
    hits = list(hits_of_message(message, 0, knowledge))
    own = [hit for hit in hits if hit.evidence.fingerprint == entry.id]
    if not own:
        yield f"example {label} is not matched"
        return
    captured = {key for key, template in compiled.gives if "{" in template}
    given = {key: value for key, value in own[0].evidence.says if key in captured}
    if given != example.gives:
        yield f"example {label} gives {given}, not {example.gives}"
    for other in hits:
        declared = other.evidence.fingerprint in entry.shares_with
        if other.vendor == own[0].vendor or RANK[other.weight] < RANK[own[0].weight] or declared:
            continue
        against = contradiction(own[0], other, knowledge)
        if against:
            yield f"example {label} is also {other.evidence.fingerprint} ({other.weight}), which says {against}: tell them apart, or declare shares_with"


def contradiction(one: Hit, other: Hit, knowledge: Knowledge) -> str | None:
    """Return the claim of `other` that cannot hold beside those of `one`; None where both can."""
    for name in ("brand", "maker"):
        mine, theirs = one.said(name), other.said(name)
        if mine and theirs and not knowledge.relations.related(mine, theirs):
            return f"{name} {theirs}"
    mine, theirs = one.said("kind"), other.said("kind")
    if mine and theirs and (mine in OTHER_KINDS) != (theirs in OTHER_KINDS):
        return f"kind {theirs}"
    return None


def check_model(entry: ModelEntry, file: str, knowledge: Knowledge) -> Iterator[str]:
    """Yield what is wrong with one line of a model grammar."""
    pattern = pattern_of(entry.match)
    refused = refusal(pattern)
    if refused:
        yield refused
        return
    for model in entry.examples:
        rule = read_model(model, (file,), knowledge)
        if pattern.search(model.encode()) is None:
            yield f'example "{model}" is not matched'
        elif rule is None or (rule.kind, rule.form) != (entry.kind, entry.form):
            yield f'example "{model}" is taken by an earlier entry, as {rule.kind if rule else None} {rule.form if rule else None}'
    for model in entry.counter:
        if pattern.search(model.encode()) is not None:
            yield f'counter "{model}" is matched'


def check_serial(entry: SerialEntry) -> Iterator[str]:
    """Yield what is wrong with one serial grammar."""
    pattern = pattern_of(entry.match)
    refused = refusal(pattern)
    if refused:
        yield refused
        return
    if not {"date"} <= pattern.capture_names() and not {"year", "month", "day"} <= pattern.capture_names():
        yield "the pattern must capture date, or year, month and day"
    for example in entry.examples:
        found = pattern.search(example.text.encode())
        day = day_of(found.captures) if found is not None else None
        if day != example.made_on:
            yield f'example "{example.text}" gives {day}, not {example.made_on}'
    for serial in entry.counter:
        found = pattern.search(serial.encode())
        if found is not None and day_of(found.captures) is not None:
            yield f'counter "{serial}" gives a day'


def check_channels(entry: ChannelsEntry) -> Iterator[str]:
    """Yield what is wrong with one channel grammar."""
    pattern = pattern_of(entry.match)
    refused = refusal(pattern)
    if refused or "channels" not in pattern.capture_names():
        yield refused or "the pattern must capture channels"
        return
    for example in entry.examples:
        number = channels_in(example.text, (pattern,))
        if number != example.channels:
            yield f'example "{example.text}" gives {number}, not {example.channels}'
    for model in entry.counter:
        if channels_in(model, (pattern,)) is not None:
            yield f'counter "{model}" gives a number of channels'


def refusal(pattern: Pattern) -> str | None:
    """Return why RE2 refuses a pattern; None where it takes it."""
    try:
        pattern.capture_names()
    except ValueError as fault:
        return str(fault)
    return None


def message_of(entry: FingerprintEntry, text: str | None, fields: Mapping[str, str] | None) -> Fields | None:
    """Return an example as a message; None where it has the wrong form for its entry."""
    if fields is not None and text is None:
        return tuple(sorted((name, value[:MAX_VALUE]) for name, value in fields.items()))
    if text is not None and fields is None and entry.field is not None:
        return ((entry.field, text[:MAX_VALUE]),)
    return None


def placeholders_of(template: str) -> set[str]:
    """Return the names in braces of a template."""
    return {part.partition("}")[0] for part in template.split("{")[1:]}


def coverage_of(entry: VendorFile) -> Coverage:
    """Return what one vendor file holds."""
    fields: Iterable[str] = (condition.field for one in entry.fingerprint for condition in conditions_of(one))
    registrants: Sequence[str] = [name for one in (entry.vendor, *entry.brand) for name in one.registrants]
    return Coverage(
        vendor=entry.vendor.slug,
        fingerprints=len(entry.fingerprint),
        examples=sum(len(one.examples) for one in entry.fingerprint),
        protocols=tuple(sorted({name.split(".", 1)[0] for name in fields})),
        registrants=len(registrants),
        models=len(entry.model),
    )
