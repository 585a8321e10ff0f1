"""Write build/camscan.1, the manual page, from the commands, the settings and two pages of docs/. An argument names another file."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from textwrap import wrap

from camscan import __version__
from camscan.cli.configuration import SYSTEM_FILE
from camscan.cli.settings import OTHERS, SECRETS, SETTINGS, SNMP
from camscan.cli.tree import Command, Option, commands, groups

PROJECT = Path(__file__).resolve().parents[1]
LONGEST = 78
"""Columns of a line of the source."""
COMMON_FROM = 3
"""An option that so many commands have, with the same meaning, is described once."""
FILES = {
    str(SYSTEM_FILE): "Settings of this machine.",
    "$XDG_CONFIG_HOME/camscan/config.toml": "Settings of the user; default ~/.config. They stand above those of the machine.",
    "/etc/camscan/fingerprints.d, $XDG_CONFIG_HOME/camscan/fingerprints.d": "Your own fingerprints.",
    "$XDG_DATA_HOME/camscan": "What persons recorded: attestations.toml, exceptions.toml; default ~/.local/share.",
}
VARIABLES = {
    **dict.fromkeys(SECRETS, "Accounts, taken out of the environment before anything else runs."),
    f"{SNMP}*": "An account of SNMP, and the switches and routers that may be read.",
    **OTHERS,
    "NO_COLOR": "No colours, unless --color always asks for them.",
    "COLUMNS": "The width of the terminal, where it cannot be asked.",
}
SECURITY = (
    "camscan guesses no password, requests no exploit and changes nothing on a device. With root or CAP_NET_RAW it opens its sockets first and then drops "
    "every capability for good, before it reads a byte; without them it says what is lost.",
    "Everything a device sends is taken for hostile: bounded in size and time, and escaped for the terminal and in every file. Files of camscan are readable by their owner alone.",
    "A report is sensitive: it says where which equipment stands. No part of camscan gives legal advice.",
)


def page() -> str:
    """Return the manual page."""
    return "\n".join(_flowed(_lines())) + "\n"


def _flowed(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, long ones in several: roff fills them again. Examples and requests stay as they are."""
    kept = False
    for line in lines:
        kept = (kept or line == ".EX") and line != ".EE"
        if kept or line.startswith("."):
            yield line
        else:
            pieces = wrap(line, LONGEST, break_long_words=False, break_on_hyphens=False)
            yield from (f"\\&{piece}" if piece.startswith((".", "'")) else piece for piece in pieces)


def _lines() -> Iterator[str]:
    found = commands()
    common = _common(found)
    day = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH") or datetime.now(UTC).timestamp()), UTC)  # noqa: TID251  (a build, no run)
    yield f'.TH CAMSCAN 1 {day:%Y-%m-%d} "camscan {__version__}" "User Commands"'
    # Names of options are read, and copied, whole.
    yield from (".nh", ".ad l")
    yield from _section(
        "NAME", r"camscan \- find the cameras on a network segment, who made each one, and which rule covers it"
    )
    yield from _section("SYNOPSIS")
    yield from (".B camscan", r".I COMMAND", r"[\fIOPTION\fR]... [\fIARGUMENT\fR]...", ".br", ".B camscan \\-\\-version")
    yield from _section(
        "DESCRIPTION",
        escaped(
            "camscan finds cameras and recorders on a network segment, says who really made each one and how that is known, which rule covers it and why, "
            "and what could not be seen. Standard output carries the result alone; progress, notes and the last line go to standard error."
        ),
    )
    yield from _section("COMMANDS")
    about = groups()
    for command in found:
        if len(command.path) > 1 and command.path[:1] in about:
            yield from (".PP", rf"\fB{escaped(command.path[0])}\fR: {escaped(about.pop(command.path[:1]))}")
        yield from _command(command, common)
    yield from _section("COMMON OPTIONS")
    for option in common:
        yield from _option(option)
    yield from _section("EXIT STATUS")
    for code, meaning in _rows(PROJECT / "docs" / "exit-codes.md"):
        yield from (".TP", rf"\fB{escaped(code)}\fR", escaped(meaning))
    yield from _section("FILES")
    for name, meaning in FILES.items():
        yield from (".TP", rf"\fI{escaped(name)}\fR", escaped(meaning))
    yield from _section("ENVIRONMENT")
    for setting in SETTINGS:
        if setting.variable:
            yield from (".TP", rf"\fB{escaped(setting.variable)}\fR", escaped(setting.meaning))
    for name, meaning in VARIABLES.items():
        yield from (".TP", rf"\fB{escaped(name)}\fR", escaped(meaning))
    yield from _section("SECURITY")
    for number, text in enumerate(SECURITY):
        yield from ((".PP",) if number else ())
        yield escaped(text)
    yield from _section("EXAMPLES", ".EX")
    yield from (escaped(line) for line in _examples(PROJECT / "docs" / "usage.md"))
    yield from (".EE",)
    yield from _section("SEE ALSO")
    yield from (
        r".BR nmap (1),",
        ".BR tcpdump (8),",
        ".BR ip\\-neighbour (8)",
        ".PP",
        escaped("The pages in docs/ of the project."),
    )


def _common(found: Iterable[Command]) -> list[Option]:
    """Return the options that many commands have with one meaning, by name."""
    counted = Counter(option for command in found for option in command.options)
    return sorted((option for option, number in counted.items() if number >= COMMON_FROM), key=lambda option: option.names[-1])


def _command(command: Command, common: Iterable[Option]) -> Iterator[str]:
    own = [option for option in command.options if option not in common]
    shared = [option.names[-1] for option in command.options if option in common]
    arguments = " ".join(rf"\fI{escaped(metavar)}\fR" for metavar, _ in command.arguments)
    yield from (".SS", rf"\fBcamscan {escaped(' '.join(command.path))}\fR [\fIOPTION\fR]... {arguments}".rstrip())
    yield escaped(command.text)
    for metavar, meaning in command.arguments:
        yield from (".TP", rf"\fI{escaped(metavar)}\fR", escaped(meaning or "See above."))
    for option in own:
        yield from _option(option)
    if shared:
        yield from (
            ".PP",
            "Common options:",
            *(rf"\fB{escaped(name)}\fR{',' if number + 1 < len(shared) else '.'}" for number, name in enumerate(shared)),
        )


def _option(option: Option) -> Iterator[str]:
    value = rf" \fI{escaped(option.metavar)}\fR" if option.metavar else ""
    names = ", ".join(rf"\fB{escaped(name)}\fR" for name in option.names)
    yield from (".TP", f"{names}{value}", escaped(option.help or "See above."))


def _section(title: str, *lines: str) -> Iterator[str]:
    yield from (f'.SH "{title}"', *lines)


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    """Yield code and meaning of the table of exit codes, without the marks of Markdown."""
    for line in path.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0].isdecimal():
            yield cells[0], _plain(cells[1])


def _plain(text: str) -> str:
    """Return text without code marks and links."""
    while "](" in text:
        before, _, after = text.partition("](")
        head, _, label = before.rpartition("[")
        text = f"{head}{label}{after.partition(')')[2]}"
    return text.replace("`", "")


def _examples(path: Path) -> Iterator[str]:
    """Yield the first block of commands of a page, what is said of one on the line above it."""
    lines = iter(path.read_text("utf-8").splitlines())
    line = next(line for line in lines if line.startswith("    "))
    while line.startswith("    "):
        command, _, meaning = line[4:].partition("  # ")
        yield from ((f"# {meaning}",) if meaning else ())
        yield command.rstrip()
        line = next(lines, "")


def escaped(text: str) -> str:
    """Return text that roff prints as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = "".join(character if character.isascii() else f"\\[u{ord(character):04X}]" for character in text)
    return f"\\&{text}" if text.startswith((".", "'")) else text


def main() -> int:
    """Write the page."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "build" / "camscan.1"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(), encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())
