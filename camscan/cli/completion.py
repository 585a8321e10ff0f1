"""`camscan completion SHELL`: the script by which a shell completes commands, options and their values.

It is written from the commands and starts no program while a person types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, get_args

import typer

from camscan.cli import options, show
from camscan.cli.exits import FailOn
from camscan.cli.tree import Command, Option, commands, groups
from camscan.errors import UsageError

Shell = Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]
FILES, FOLDERS = "files", "folders"
OF_REPORTS = "Format for standard output"
"""How the option of the commands begins that render a report."""


@dataclass(frozen=True, slots=True)
class Place:
    """What may stand behind some words: further words and options."""

    path: str
    """The words, with blanks between; empty behind the program's name."""
    words: tuple[tuple[str, str], ...]
    """Commands that may follow, each with what it does."""
    options: tuple[Option, ...]
    takes_files: bool


def completion(shell: Shell) -> None:
    """Print the script by which a shell completes camscan's commands, options and their values."""
    if shell not in SCRIPTS:
        raise UsageError(f'"{shell}" is not a shell that camscan knows: use {options.one_of(SCRIPTS)}')
    show.result("".join(f"{line}\n" for line in SCRIPTS[shell](places())))


def places() -> tuple[Place, ...]:
    """Return every place at which something can be completed."""
    known = {" ".join(command.path): command for command in commands()}
    summaries = {" ".join(path): text for path, text in groups().items()}
    summaries |= {path: command.summary for path, command in known.items()}
    found = []
    for path in ("", *summaries):
        depth = len(path.split())
        below = [other for other in summaries if len(other.split()) == depth + 1 and other.split()[:depth] == path.split()]
        words = tuple((other.split()[-1], summaries[other]) for other in below)
        command = known.get(path)
        found.append(Place(path, words, command.options if command else (), command is not None and _takes_files(command)))
    return tuple(found)


def _takes_files(command: Command) -> bool:
    return any(mark in metavar for metavar, _ in command.arguments for mark in ("FILE", "RUN", "BUNDLE"))


def values_of(option: Option) -> str | tuple[str, ...] | None:
    """Return what may stand behind an option: FILES, FOLDERS, words, nothing that is known (); None where it takes no value."""
    if option.metavar is None:
        return None
    closed = _closed().get(option.names[-1])
    if closed is not None:
        return closed if option.names[-1] != "--format" or option.help.startswith(OF_REPORTS) else ("table", "json")
    if option.metavar.startswith("DIR"):
        return FOLDERS
    return FILES if any(mark in option.metavar for mark in ("FILE", "RUN", ".pem")) else ()


def _closed() -> dict[str, tuple[str, ...]]:
    """Return the options whose values are a closed list."""
    from camscan.cli.configuration import PACES
    from camscan.report.registry import FORMATS

    return {
        "--color": options.COLOR_CHOICES,
        "--fail-on": get_args(FailOn),
        "--format": tuple(FORMATS),
        "--pace": PACES,
        "--site": tuple(f"{key}=" for key in options.SITE_KEYS),
    }


def bash(found: Sequence[Place]) -> Iterator[str]:
    """Yield the script for bash."""
    yield "# bash completion of camscan; written by `camscan completion bash`"
    yield "_camscan() {"
    yield '    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} place="" index'
    yield "    COMPREPLY=()"
    yield "    for ((index = 1; index < COMP_CWORD; index++)); do"
    yield '        case "${place:+$place }${COMP_WORDS[index]}" in'
    yield f'        {_known(found, chr(34))}) place="${{place:+$place }}${{COMP_WORDS[index]}}" ;;'
    yield "        esac"
    yield "    done"
    yield "    local words= given=-"
    yield '    case "$place" in'
    for place in found:
        yield f'    "{place.path}")'
        yield from _values(place, lambda names, value: f"        {'|'.join(names)}) given={value} ;;")
        yield f'        [[ $cur == -* ]] && words="{_names(place)}" || words="{_words(place)}"'
        yield f"        {_behind(place)} ;;"
    yield "    esac"
    yield '    case "$given" in'
    yield '    files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;'
    yield '    folders) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;'
    yield '    -) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur") ;;'
    yield '    *) mapfile -t COMPREPLY < <(compgen -W "${given//,/ }" -- "$cur") ;;'
    yield "    esac"
    yield "    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null"
    yield "    return 0"
    yield "}"
    yield "complete -F _camscan camscan"


def _behind(place: Place) -> str:
    """Return what bash does where no option waits for its value: files, where the command reads some."""
    return "[[ $given == - && $cur != -* ]] && given=files" if place.takes_files else ":"


def zsh(found: Sequence[Place]) -> Iterator[str]:
    """Yield the script for zsh."""
    yield "#compdef camscan"
    yield "# zsh completion of camscan; written by `camscan completion zsh`"
    yield "_camscan() {"
    yield '    local place="" prev=${words[CURRENT-1]} cur=${words[CURRENT]}'
    yield "    local -a entries"
    yield "    integer index"
    yield "    for ((index = 2; index < CURRENT; index++)); do"
    yield '        case "${place:+$place }${words[index]}" in'
    yield f'        ({_known(found, chr(34))}) place="${{place:+$place }}${{words[index]}}" ;;'
    yield "        esac"
    yield "    done"
    yield '    case "$place" in'
    for place in found:
        yield f'    ("{place.path}")'
        yield from _values(place, lambda names, value: f"        ({'|'.join(names)}) {_zsh_value(value)}; return ;;")
        yield f"        entries=({' '.join(_zsh_entries(_described(place)))})"
        yield "        [[ $cur == -* ]] && { _describe -o option entries; return }"
        yield f"        entries=({' '.join(_zsh_entries(place.words))})"
        yield f"        {'_files' if place.takes_files else ':'}"
        yield "        (( $#entries )) && _describe command entries ;;"
    yield "    esac"
    yield "}"
    yield 'if [[ "$funcstack[1]" == _camscan ]]; then _camscan "$@"; else compdef _camscan camscan; fi'


def _zsh_value(value: str) -> str:
    if value in (FILES, FOLDERS):
        return "_files" if value == FILES else "_files -/"
    return f"compadd -S '' -- {value.replace(',', ' ')}" if value.endswith("=") else f"compadd -- {value.replace(',', ' ')}"


def _zsh_entries(words: Iterable[tuple[str, str]]) -> Iterator[str]:
    for word, text in words:
        yield _quoted(f"{word}:{text}")


def fish(found: Sequence[Place]) -> Iterator[str]:
    """Yield the script for fish."""
    yield "# fish completion of camscan; written by `camscan completion fish`"
    yield "function __camscan_at"
    yield "    set -l place"
    yield "    for word in (commandline -opc)[2..-1]"
    yield '        if contains -- (string join " " -- $place $word) ' + " ".join(_quoted(one.path) for one in found if one.path)
    yield "            set -a place $word"
    yield "        end"
    yield "    end"
    yield '    test "$place" = "$argv[1]"'
    yield "end"
    yield "complete -c camscan -f"
    for place in found:
        at = f"-n '__camscan_at \"{place.path}\"'"
        for word, text in place.words:
            yield f"complete -c camscan {at} -a {_quoted(word)} -d {_quoted(text)}"
        if place.takes_files:
            yield f"complete -c camscan {at} -F"
        for option in place.options:
            names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
            yield f"complete -c camscan {at} {names} {_fish_value(values_of(option))} -d {_quoted(option.help)}"


def _fish_value(value: str | tuple[str, ...] | None) -> str:
    if value is None:
        return "-f"
    if value == FILES:
        return "-r -F"
    if value == FOLDERS:
        return "-x -a '(__fish_complete_directories)'"
    return f"-x -a {_quoted(' '.join(value))}" if value else "-x"


def _values(place: Place, line: Callable[[Sequence[str], str], str]) -> Iterator[str]:
    """Yield the case of the options that wait for a value."""
    waiting = [(option.names, value) for option in place.options if (value := values_of(option)) is not None]
    if not waiting:
        return
    yield '        case "$prev" in'
    for names, value in waiting:
        yield line(names, value if isinstance(value, str) else ",".join(value) or '""')
    yield "        esac"


def _known(found: Sequence[Place], quote: str) -> str:
    return "|".join(f"{quote}{place.path}{quote}" for place in found if place.path)


def _described(place: Place) -> Iterator[tuple[str, str]]:
    yield from ((name, option.help) for option in place.options for name in option.names)
    yield ("--help", "Show what there is.")


def _names(place: Place) -> str:
    return " ".join(name for name, _ in _described(place))


def _words(place: Place) -> str:
    return " ".join(word for word, _ in place.words)


def _quoted(text: str) -> str:
    """Return text in single quotes, as all three shells read them."""
    return "'" + text.replace("\\", "").replace("'", "’") + "'"


SCRIPTS: dict[str, Callable[[Sequence[Place]], Iterator[str]]] = {"bash": bash, "zsh": zsh, "fish": fish}
