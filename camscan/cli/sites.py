"""The file of sites: what the operator states about each range. TOML; a table `[[site]]` for each site."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from camscan.cli.options import SITE_KEYS, checked_site, nearest, one_of, pairs_of
from camscan.errors import UsageError
from camscan.model import SiteContext

EXAMPLE = '[[site]] with name = "annex", ranges = ["10.20.0.0/24"] and what is known of it, e.g. class = "sensitive"'
_NOT_STATED = frozenset({"ranges", "policy", "scope", "exclude"})
"""Keys that are no facts of a site."""
_FACTS = tuple(item.name for item in fields(SiteContext) if item.name != "name")
MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSite:
    """A site as its file has it."""

    context: SiteContext
    policies: tuple[str, ...] = ()
    """By which it is judged where `--site name=` names it and no `--policy` is given."""
    scope: Path | None = None
    """What may be touched there, where no `--scope` is given."""
    exclude: tuple[str, ...] = ()
    """What is never touched there, whatever flags say."""


def read_sites(path: Path) -> tuple[SiteContext, ...]:
    """Return what is stated of the sites of a file. Raises UsageError naming the file, the site, the key and what it may be."""
    return tuple(site.context for site in read_named_sites(path))


def chosen_site(pairs: Iterable[str], path: Path | None) -> NamedSite | None:
    """Return the site of a file that `--site name=…` names, with what other `--site` pairs state of it instead; None where it names none.

    Raises UsageError.
    """
    stated = pairs_of(pairs)
    found = next((site for site in _of_file(stated, path) if site.context.name == stated["name"]), None)
    if found is None:
        return None
    instead = checked_site(stated, "--site")
    # A decision comes with its own day and reference.
    changed = {key for key in _FACTS if getattr(instead, key) or (key.startswith("decision") and "decision" in stated)}
    return replace(found, context=replace(found.context, **{key: getattr(instead, key) for key in changed}))


def with_own_ranges(
    named: NamedSite | None, targets: Sequence[str] | None, scope: Path | None, exclude: Sequence[str] | None
) -> tuple[list[str], Path | None, list[str]]:
    """Return targets, scope file and exclusions of flags, filled in from the site that `--site name=…` names."""
    if named is None:
        return list(targets or ()), scope, list(exclude or ())
    return list(targets or named.context.ranges), scope or named.scope, [*(exclude or ()), *named.exclude]


def unknown_site(pairs: Iterable[str], path: Path | None) -> str | None:
    """Return what to tell of a name that is none of the file's sites, which is allowed; None where all is well. Raises UsageError."""
    stated = pairs_of(pairs)
    known = [site.context.name for site in _of_file(stated, path)]
    if not known or stated["name"] in known:
        return None
    near = nearest(stated["name"], known)
    meant = f"did you mean {near}?" if near else f"it has {one_of(known)}"
    return f"--site name={stated['name']} is no site of {path}, so nothing is taken from there: {meant}"


def _of_file(stated: Mapping[str, str], path: Path | None) -> tuple[NamedSite, ...]:
    return read_named_sites(path) if path is not None and "name" in stated else ()


def with_site(sites: tuple[SiteContext, ...], named: NamedSite | None) -> tuple[SiteContext, ...]:
    """Return sites, with what flags state of a named one in place of what its file states."""
    return sites if named is None else tuple(named.context if site.name == named.context.name else site for site in sites)


def read_named_sites(path: Path) -> tuple[NamedSite, ...]:
    """Return the sites of a file with what only `--site name=` takes from it. Raises UsageError as `read_sites` does."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        table = tomllib.loads(raw.decode("utf-8"))
    except OSError as fault:
        raise UsageError(f"{path}: cannot be read: {fault.strerror}: --sites names a file of sites") from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise UsageError(f"{path}: not valid TOML: {fault}") from fault
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{path}: larger than {MAX_BYTES // 1024 // 1024} MiB, so hardly a file of sites")
    listed = table.pop("site", None)
    if table or not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        unknown = next(iter(table), None)
        raise UsageError(f"{path}: " + (f'"{unknown}" is not a key' if unknown else "holds no site") + f": {EXAMPLE}")
    sites = tuple(_site(item, f"{path}: site {number}", path.parent) for number, item in enumerate(listed, 1))
    _check_once(tuple(site.context for site in sites), path)
    return sites


def _site(said: Mapping[str, Any], where: str, folder: Path) -> NamedSite:
    name = said.get("name")
    if not isinstance(name, str) or not name.strip():
        raise UsageError(f"{where}: has no name: {EXAMPLE}")
    where = f'{where} "{name}"'
    if "ranges" not in said:
        near = nearest("ranges", [key for key in said if key != "name"])
        raise UsageError(f"{where}: has no ranges" + (f' (is "{near}" meant?)' if near else "") + f": {EXAMPLE}")
    stated: dict[str, str] = {}
    for key, value in said.items():
        if key in _NOT_STATED:
            continue
        text = value.isoformat() if key == "decision_on" and hasattr(value, "isoformat") else value
        if not isinstance(text, str) or not text.strip():
            raise UsageError(f"{where}: {key} must be text in quotes" + (", or a date" if key == "decision_on" else ""))
        stated[key] = text
    scope = said.get("scope")
    if scope is not None and (not isinstance(scope, str) or not scope.strip()):
        raise UsageError(f"{where}: scope must be the path of a scope file in quotes")
    return NamedSite(
        context=checked_site(stated, where, _ranges(said["ranges"], where), (*SITE_KEYS, *sorted(_NOT_STATED - {"ranges"}))),
        policies=_texts(said, "policy", where, 'policy = ["uk-department"]'),
        scope=folder / Path(scope).expanduser() if scope else None,
        exclude=_texts(said, "exclude", where, 'exclude = ["10.20.0.250"]'),
    )


def _texts(said: Mapping[str, Any], key: str, where: str, example: str) -> tuple[str, ...]:
    value = said.get(key, [])
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(item, str) and item.strip() for item in listed):
        raise UsageError(f"{where}: {key} must be a list of texts: {example}")
    return tuple(dict.fromkeys(item.strip() for item in listed))


def _ranges(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise UsageError(f'{where}: ranges must be a list of networks, such as ["10.20.0.0/24"]')
    found = []
    for text in value:
        try:
            found.append(str(ip_network(text.strip())))
        except ValueError as fault:
            raise UsageError(f'{where}: ranges: "{text}" is not a network: {fault}') from fault
    return tuple(dict.fromkeys(found))


def _check_once(sites: tuple[SiteContext, ...], path: Path) -> None:
    """Refuse what would leave open which site speaks: a range of two sites, or one name for two."""
    owner: dict[str, str] = {}
    for site in sites:
        for text in site.ranges:
            if text in owner:
                raise UsageError(f'{path}: {text} is stated of both "{owner[text]}" and "{site.name}": keep one')
            owner[text] = site.name
    names = [site.name for site in sites]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f'{path}: two sites are named "{name}": give each a name of its own, or one site several ranges')
