"""`camscan config show`: every setting, its value, and where that value comes from."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Annotated

import typer

from camscan.cli import options, show
from camscan.cli.configuration import SYSTEM_FILE, VARIABLES, configuration, user_file
from camscan.cli.settings import MASK, Held, held, secrets_set, unknown_variables
from camscan.errors import UsageError
from camscan.report.columns import wrap
from camscan.report.escape import visible

SCHEMA = "camscan-config/1"
FORMATS = ("table", "json")
Form = Annotated[str, typer.Option("--format", metavar="NAME", help="table (default) or json.")]


def show_(form: Form = "table") -> None:
    """Show every setting with its value and where it comes from: default, file or variable. Flags stand above all of them."""
    if form not in FORMATS:
        raise UsageError(f'--format: "{form}" is not a format: use {options.one_of(FORMATS)}')
    found = held(configuration())
    files = [(str(path), path.exists()) for path in (SYSTEM_FILE, user_file(os.environ))]
    accounts, unknown = secrets_set(os.environ), unknown_variables(os.environ)
    if form == "json":
        show.result(_document(found, files, accounts, unknown))
    else:
        width = show.terminal_width()
        lines = _lines(found, files, accounts)
        show.result("".join(f"{piece}\n" for line in lines for piece in wrap(visible(line), width, "    ")))
    for name in unknown:
        match = options.nearest(name, VARIABLES)
        show.note(f"{name} is no setting and changes nothing" + (f": did you mean {match}?" if match else ""))


def _document(
    found: tuple[Held, ...], files: list[tuple[str, bool]], accounts: tuple[str, ...], unknown: tuple[str, ...]
) -> str:
    whole = {
        "schema": SCHEMA,
        "files": [{"path": path, "exists": exists} for path, exists in files],
        "settings": [
            {"key": one.setting.key, "value": one.value, "origin": one.origin, "default": one.setting.default} for one in found
        ],
        "accounts": [{"variable": name, "value": MASK} for name in accounts],
        "unknown_variables": list(unknown),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _lines(found: tuple[Held, ...], files: list[tuple[str, bool]], accounts: tuple[str, ...]) -> Iterator[str]:
    """Yield the files that are looked at, then what is set, then what is not."""
    for path, exists in files:
        yield f"{'read' if exists else 'not there'}: {path}"
    yield ""
    set_ones = [one for one in found if one.value is not None]
    widest = max((len(one.setting.key) for one in found), default=0)
    yield "Set:" if set_ones or accounts else "Set: nothing"
    for one in set_ones:
        yield f"  {one.setting.key.ljust(widest)}  {one.value}  ({one.origin})"
    for name in accounts:
        yield f"  {name.ljust(widest)}  {MASK}  (environment)"
    yield ""
    yield "Not set, so this holds:"
    for one in found:
        if one.value is None:
            yield f"  {one.setting.key.ljust(widest)}  {one.setting.default}"
