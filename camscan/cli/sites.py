"""The file of sites: what the operator states about each range. TOML; a table `[[site]]` for each site."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from camscan.cli.options import checked_site, nearest
from camscan.errors import UsageError
from camscan.model import SiteContext

EXAMPLE = '[[site]] with name = "annex", ranges = ["10.20.0.0/24"] and what is known of it, e.g. class = "sensitive"'
MAX_BYTES = 4 * 1024 * 1024


def read_sites(path: Path) -> tuple[SiteContext, ...]:
    """Return the sites of a file. Raises UsageError naming the file, the site, the key and what it may be."""
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
    sites = tuple(_site(item, f"{path}: site {number}") for number, item in enumerate(listed, 1))
    _check_once(sites, path)
    return sites


def _site(said: Mapping[str, Any], where: str) -> SiteContext:
    name = said.get("name")
    if not isinstance(name, str) or not name.strip():
        raise UsageError(f"{where}: has no name: {EXAMPLE}")
    where = f'{where} "{name}"'
    if "ranges" not in said:
        near = nearest("ranges", [key for key in said if key != "name"])
        raise UsageError(f"{where}: has no ranges" + (f' (is "{near}" meant?)' if near else "") + f": {EXAMPLE}")
    stated: dict[str, str] = {}
    for key, value in said.items():
        if key == "ranges":
            continue
        text = value.isoformat() if key == "decision_on" and hasattr(value, "isoformat") else value
        if not isinstance(text, str) or not text.strip():
            raise UsageError(f"{where}: {key} must be text in quotes" + (", or a date" if key == "decision_on" else ""))
        stated[key] = text
    return checked_site(stated, where, ranges=_ranges(said["ranges"], where))


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
