"""Every command with its arguments and options, as completion and man page list them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from camscan.cli.app import COMMANDS, GROUPS, load


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command."""

    names: tuple[str, ...]
    """As they are written, `--no-…` forms too."""
    metavar: str | None
    """None for one that takes no value."""
    help: str
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """One command: what a person types, without the program's own name."""

    path: tuple[str, ...]
    summary: str
    """The line of the list of commands."""
    text: str
    """What `--help` says first."""
    arguments: tuple[tuple[str, str], ...] = ()
    """Metavar and meaning."""
    options: tuple[Option, ...] = ()


def commands() -> tuple[Command, ...]:
    """Return every command that does something, in the order of the list."""
    return tuple(command for name in COMMANDS for command in _below(tuple(name.split()), load(name), COMMANDS[name].summary))


def groups() -> dict[tuple[str, ...], str]:
    """Return the groups of commands with what they are about."""
    found: dict[tuple[str, ...], str] = {(name,): summary for name, summary in GROUPS.items()}
    for name in COMMANDS:
        if getattr(load(name), "commands", None):
            found[tuple(name.split())] = COMMANDS[name].summary
    return found


def _below(path: tuple[str, ...], found: Any, summary: str) -> Iterator[Command]:
    """Yield a command, or those of a group."""
    inner = getattr(found, "commands", None)
    if inner and not (len(inner) == 1 and path[-1] in inner):
        if getattr(found, "invoke_without_command", False):
            yield _command(path, found, summary)
        for name, one in inner.items():
            # A hidden one is what the group does with a word that is none of its commands.
            below = path if one.hidden else (*path, name)
            yield from _below(below, one, summary if one.hidden else one.get_short_help_str(limit=200))
    else:
        yield _command(path, inner[path[-1]] if inner else found, summary)


def _command(path: tuple[str, ...], found: Any, summary: str) -> Command:
    arguments = [one for one in found.params if one.param_type_name == "argument"]
    options = [one for one in found.params if one.param_type_name == "option"]
    return Command(
        path=path,
        summary=summary,
        text=" ".join(inspect.cleandoc(found.help or summary).split()),
        arguments=tuple((one.metavar or one.human_readable_name, one.help or "") for one in arguments),
        options=tuple(_option(one) for one in options),
    )


def _option(one: Any) -> Option:
    names = (*one.opts, *one.secondary_opts)
    return Option(
        names=tuple(sorted(names, key=len)),
        metavar=None if one.is_flag else one.metavar or one.name.upper(),
        help=" ".join((one.help or "").split()),
        repeatable=bool(one.multiple),
    )
