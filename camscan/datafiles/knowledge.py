"""From the files under fingerprints/ to the compiled knowledge that identification runs on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from camscan.datafiles.clouds import load_clouds
from camscan.datafiles.contents import Contents, read_contents
from camscan.datafiles.locate import layer_of, read_toml, shown
from camscan.datafiles.policies import FOLDER, validated
from camscan.datafiles.policy_compile import compile_edge
from camscan.datafiles.policy_schema import EdgeFile
from camscan.datafiles.reads import load_reads
from camscan.datafiles.schema import (
    AdditionFile,
    BrandEntry,
    ConditionEntry,
    FieldsFile,
    FingerprintEntry,
    MatchEntry,
    StandardsFile,
    VendorFile,
)
from camscan.errors import DataFileError
from camscan.identify.oui import OuiRegistry
from camscan.identify.pattern import Mode, Pattern
from camscan.identify.rules import GIVES, STANDARDS, Condition, FieldRule, Fingerprint, Knowledge, ModelRule, Vendor
from camscan.model import Edge

MODES: tuple[Mode, ...] = ("exact", "prefix", "suffix", "contains", "regex")
STANDARDS_FILE = "standards.toml"
Form = TypeVar("Form", bound=BaseModel)


def load_knowledge(root: Path, local: Sequence[Path] = (), *, contents: Contents | None = None) -> Knowledge:
    """Return what the files of a data folder say of devices, and local vendor files over them.

    A local entry stands in place of one with the same id; of two local ones, the later. contents: of these files, where they
    were read already. Raises DataFileError naming file and entry.
    """
    contents = contents or read_contents(root, local)
    fields = load_fields(root)
    layer = layer_of(root)
    vendors: dict[str, Vendor] = {}
    fingerprints: list[Fingerprint] = []
    models: dict[str, tuple[ModelRule, ...]] = {}
    serials: dict[str, tuple[Pattern, ...]] = {}
    channels: dict[str, tuple[Pattern, ...]] = {}
    for path, entry in vendor_files(root):
        name = f"fingerprints/vendors/{path.name}"
        for vendor in vendors_of(entry):
            if vendor.slug in vendors:
                raise DataFileError(
                    f"{name}: {vendor.slug}: also described in vendors/{vendors[vendor.slug].file}.toml: keep one"
                )
            vendors[vendor.slug] = vendor
        fingerprints += (compile_fingerprint(one, path.stem, fields, name, layer) for one in entry.fingerprint)
        models[path.stem], serials[path.stem], channels[path.stem] = grammars_of(entry)
    standards = standards_of(root)
    name = shown(root / STANDARDS_FILE, root)
    fingerprints += (compile_fingerprint(one, STANDARDS, fields, name, layer) for one in standards)
    locally: dict[str, Fingerprint] = {}
    for path, addition in additions(local, vendors):
        slug = addition.vendor.slug
        if isinstance(addition, VendorFile):
            vendors |= {vendor.slug: vendor for vendor in vendors_of(addition)}
            models[slug], serials[slug], channels[slug] = grammars_of(addition)
        locally |= {one.id: compile_fingerprint(one, slug, fields, str(path), "local") for one in addition.fingerprint}
    fingerprints = [*(one for one in fingerprints if one.id not in locally), *locally.values()]
    return Knowledge(
        fields=fields,
        vendors=vendors,
        fingerprints=tuple(sorted(fingerprints, key=lambda one: one.id)),
        models=models,
        serials=serials,
        edges=tuple(load_edges(root)),
        oui=OuiRegistry(contents.registry),
        display={slug: vendor.name for slug, vendor in vendors.items()},
        version=contents.version,
        reads=load_reads(root, fields, vendors),
        channels={slug: patterns for slug, patterns in channels.items() if patterns},
        clouds=load_clouds(root, vendors),
    )


def load_fields(root: Path) -> dict[str, FieldRule]:
    """Return the vocabulary by name. Raises DataFileError."""
    path = root / "fields.toml"
    rules: dict[str, FieldRule] = {}
    for entry in validate(FieldsFile, read_toml(path, root), shown(path, root)).field:
        if entry.name in rules:
            raise DataFileError(f"{shown(path, root)}: entry {entry.name}: declared twice: keep one")
        rules[entry.name] = FieldRule(
            name=entry.name,
            meaning=entry.meaning,
            example=entry.example,
            codec=entry.codec,
            witness=entry.witness,
            group=entry.group or entry.witness,
            editable=entry.editable,
            claim=entry.claim,
        )
    return rules


def vendor_files(root: Path) -> Iterator[tuple[Path, VendorFile]]:
    """Yield every vendor file, validated, by name. Raises DataFileError."""
    for path in sorted((root / "vendors").glob("*.toml")):
        entry = validate(VendorFile, read_toml(path, root), f"fingerprints/vendors/{path.name}")
        if entry.vendor.slug != path.stem:
            raise DataFileError(f"{shown(path, root)}: vendor.slug: {entry.vendor.slug} is not the file's name: rename one")
        yield path, entry


def additions(local: Iterable[Path], vendors: Mapping[str, Vendor]) -> Iterator[tuple[Path, VendorFile | AdditionFile]]:
    """Yield every local file, validated: of a new vendor, or more fingerprints of one that is known. Raises DataFileError."""
    known = set(vendors)
    for path in local:
        content = read_toml(path)
        named = content.get("vendor")
        if isinstance(named, dict) and named.get("slug") in known:
            yield path, validate(AdditionFile, content, str(path))
            continue
        entry = validate(VendorFile, content, str(path))
        slugs = {vendor.slug for vendor in vendors_of(entry)}
        if slugs & known:
            raise DataFileError(f"{path}: {min(slugs & known)}: described already: only fingerprints can be added to it")
        known |= slugs
        yield path, entry


def grammars_of(entry: VendorFile) -> tuple[tuple[ModelRule, ...], tuple[Pattern, ...], tuple[Pattern, ...]]:
    """Return the model, the serial and the channel grammar of a vendor file."""
    models = tuple(ModelRule(pattern=pattern_of(one.match), kind=one.kind, form=one.form) for one in entry.model)
    return models, tuple(pattern_of(one.match) for one in entry.serial), tuple(pattern_of(one.match) for one in entry.channels)


def standards_of(root: Path) -> list[FingerprintEntry]:
    """Return the fingerprints of open standards. Raises DataFileError."""
    path = root / STANDARDS_FILE
    return validate(StandardsFile, read_toml(path, root), shown(path, root)).fingerprint if path.exists() else []


def vendors_of(entry: VendorFile) -> Iterator[Vendor]:
    """Yield the vendor of a file and the labels it owns."""
    owner = entry.vendor.slug
    several: list[BrandEntry] = [entry.vendor, *entry.brand]
    for one in several:
        yield Vendor(
            slug=one.slug,
            name=one.name or one.slug,
            file=owner,
            aliases=tuple(one.aliases),
            registrants=tuple(one.registrants),
            registrant_kind=one.registrant_kind,
            kinds=tuple(one.kinds),
            production=one.production,
            non_camera=one.non_camera,
            owner=None if one.slug == owner else owner,
        )


def compile_fingerprint(
    entry: FingerprintEntry, file: str, fields: Mapping[str, FieldRule], name: str, layer: str
) -> Fingerprint:
    """Return a fingerprint as the engine uses it. Raises DataFileError for a field outside the vocabulary."""
    conditions = conditions_of(entry)
    none = [Condition(field=one.field, pattern=pattern_of(one.match)) for one in entry.none]
    for condition in (*conditions, *none):
        if condition.field not in fields:
            raise DataFileError(
                f"{name}: entry {entry.id}: field {condition.field} is not in fields.toml: declare it there, or correct it"
            )
    # What is looked for first should be rare: the longest literal, then the smallest field name.
    if len(conditions) > 1:
        conditions.sort(key=lambda one: (-min(map(len, one.pattern.literals()), default=0), one.field, one.pattern.text))
    rules = [fields[condition.field] for condition in conditions]
    gives = tuple((key, str(value)) for key in sorted(GIVES) if (value := getattr(entry.gives, key)) is not None)
    return Fingerprint(
        id=entry.id,
        vendor=file,
        conditions=tuple(conditions),
        none=tuple(none),
        confidence=entry.confidence,
        gives=gives,
        templates=any("{" in value for _, value in gives),
        editable=entry.editable if entry.editable is not None else all(rule.editable for rule in rules),
        witness=entry.witness or rules[0].witness,
        group=rules[0].group,
        layer=layer,
        shares_with=tuple(entry.shares_with),
    )


def conditions_of(entry: FingerprintEntry) -> list[Condition]:
    """Return the conditions that must all hold, as the file gives them."""
    if entry.field is not None and entry.match is not None:
        return [Condition(field=entry.field, pattern=pattern_of(entry.match))]
    every: list[ConditionEntry] = entry.all
    return [Condition(field=one.field, pattern=pattern_of(one.match)) for one in every]


def pattern_of(entry: MatchEntry) -> Pattern:
    """Return a condition's pattern; RE2 compiles it on first use."""
    for mode in MODES:
        text = getattr(entry, mode)
        if text is not None:
            return Pattern(mode, text, ignore_case=entry.ignore_case)
    return Pattern("any")


def load_edges(root: Path) -> Iterator[Edge]:
    """Yield the edges between brands and companies that policies/edges/ states; policies.py checks them as a whole."""
    for path in sorted((root / FOLDER / "edges").glob("*.toml")):
        for entry in validated(EdgeFile, read_toml(path, root), shown(path, root)).edge:
            yield compile_edge(entry)


def validate(form: type[Form], content: dict[str, Any], name: str) -> Form:
    """Return a file's content in its form. Raises DataFileError in one line: file, entry, what is wrong."""
    try:
        return form.model_validate(content)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_context=False)[0]
        place = entry_name(content, first["loc"])
        more = f" (and {fault.error_count() - 1} more)" if fault.error_count() > 1 else ""
        raise DataFileError(f"{name}: {place}: {first['msg']}{more}: see fingerprints/README.md") from fault


def entry_name(content: dict[str, Any], location: tuple[int | str, ...]) -> str:
    """Return where in a file something is wrong, by the entry's id where it has one."""
    if len(location) >= 2 and isinstance(location[1], int):
        table = content.get(str(location[0]), [])
        entry = table[location[1]] if isinstance(table, list) and location[1] < len(table) else None
        named = next(
            (entry[key] for key in ("id", "name", "slug") if isinstance(entry, dict) and isinstance(entry.get(key), str)), None
        )
        place = f"entry {named}" if named else f"{location[0]} {location[1] + 1}"
        return ": ".join([place, ".".join(map(str, location[2:]))]).rstrip(": ")
    return ".".join(map(str, location))
