"""The `camscan` program: every command by name, loaded only when it is run, and the border where errors become exit codes."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from camscan import __version__
from camscan.cli import show
from camscan.cli.exits import ExitCode, exit_code_of
from camscan.cli.outset import Terminated, say_ended
from camscan.errors import CamscanError
from camscan.report.escape import visible


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: where its function is, and the line that `camscan --help` prints."""

    target: str
    """`module:function`, or `module:app` for a typer app."""
    summary: str


COMMANDS: dict[str, Entry] = {
    "scan": Entry("camscan.cli.scan:scan", "Find and identify the cameras of a range, and judge them."),
    "listen": Entry("camscan.cli.listen:listen", "Hear which cameras announce themselves; sends nothing at all."),
    "replay": Entry("camscan.cli.replay:replay", "Read captures and kept evidence instead of the network."),
    "judge": Entry("camscan.cli.judge:judge", "Apply policies to kept evidence, as of any date."),
    "report": Entry("camscan.cli.report:report", "Render a kept run: table, JSON, block lists for review, FAR worksheet."),
    "identify": Entry("camscan.cli.identify:identify", "Identify banners gathered by other tools."),
    "explain": Entry(
        "camscan.cli.explain:explain", "Show the evidence behind a device, or what a banner matches and nearly matches."
    ),
    "diff": Entry("camscan.cli.diff:diff", "Show what changed between two runs, and because of what."),
    "history": Entry("camscan.cli.history:app", "Show the runs that are kept or the life of a device, and manage them."),
    "status": Entry("camscan.cli.status:status", "Show whether each range was covered lately; for monitoring."),
    "attest": Entry("camscan.cli.attest:app", "Record what a person saw on a unit or its papers."),
    "except add": Entry("camscan.cli.exceptions:add", "Record an acceptance or a replacement plan for devices of a run."),
    "except list": Entry("camscan.cli.exceptions:list_", "Show what is recorded, and when it ends."),
    "except remove": Entry("camscan.cli.exceptions:remove", "Take exceptions back."),
    "except import": Entry("camscan.cli.exceptions:import_", "Record a list (CSV), all of it or nothing."),
    "except export": Entry("camscan.cli.exceptions:export", "Write what is recorded as CSV."),
    "data check": Entry("camscan.cli.data:check", "Test fingerprints, registry and policies against their own examples."),
    "data search": Entry("camscan.cli.data:search", "Show where a word stands in fingerprints, registry and policies."),
    "data status": Entry("camscan.cli.data:status", "Show how old the data is, and which rules should be read again."),
    "data export": Entry(
        "camscan.cli.dataimport:export", "Write fingerprints, registry and policies into a bundle that can be signed."
    ),
    "data import": Entry("camscan.cli.dataimport:import_", "Take a signed bundle, or CSV files of the IEEE, for this machine."),
    "sample": Entry("camscan.cli.sample:sample", "Write a device's messages as samples with all that names it replaced."),
    "verify": Entry("camscan.cli.verify:verify", "Check hashes and signature of an evidence package or a bundle of data."),
    "config show": Entry("camscan.cli.config:show_", "Show every setting, its value, and where that comes from."),
    "schedule cron": Entry("camscan.cli.schedule:cron", "Print a crontab line for an unattended scan each day."),
    "schedule systemd": Entry(
        "camscan.cli.schedule:systemd", "Print a hardened service and its timer for an unattended scan each day."
    ),
    "completion": Entry("camscan.cli.completion:completion", "Print the script by which bash, zsh or fish completes commands."),
    "doctor": Entry("camscan.cli.doctor:doctor", "Check privileges, interfaces, tools and data; each problem with its remedy."),
    "demo": Entry("camscan.cli.demo:demo", "Replay the shipped capture: table and report without root or network."),
}
"""Every command; a name of two words stands in a group."""

GROUPS: dict[str, str] = {
    "except": "Our own acceptances and replacement plans; never statutory exceptions or waivers.",
    "config": "Settings of files and environment.",
    "schedule": "Lines and units that run a scan each night, for review.",
    "data": "Fingerprints, registry and policies: self-test, search and age.",
}

_PLAIN: dict[str, Any] = {"add_completion": False, "rich_markup_mode": None, "pretty_exceptions_enable": False}
_CONTEXT = {"help_option_names": ["-h", "--help"]}


def load(name: str) -> Any:
    """Return the click command of one entry of COMMANDS, importing its module."""
    module, _, attribute = COMMANDS[name].target.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(**_PLAIN)
        single.command(name.split()[-1], context_settings=_CONTEXT)(found)
        found = single
    return typer.main.get_command(found)


class LazyGroup(TyperGroup):
    """A group that lists its commands without importing them."""

    prefix = ""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        members = [name[len(self.prefix) :] for name in COMMANDS if name.startswith(self.prefix)]
        for name in dict.fromkeys(member.split()[0] for member in members):
            summary = COMMANDS[self.prefix + name].summary if self.prefix + name in COMMANDS else GROUPS[name]
            self.add_command(TyperCommand(name, help=summary, rich_markup_mode=None), name)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the real command in place of its entry in the list."""
        name, listed, rest = super().resolve_command(ctx, args)
        if name is None or listed is None:
            return name, listed, rest
        if self.prefix + name in COMMANDS:
            return name, load(self.prefix + name), rest
        return name, group(name), rest


def group(name: str) -> TyperGroup:
    """Return the group that holds the commands whose first word is `name`."""
    members = type("Members", (LazyGroup,), {"prefix": f"{name} "})
    made: TyperGroup = members(name=name, help=GROUPS[name], rich_markup_mode=None, context_settings=_CONTEXT)
    return made


def _print_version(asked: bool) -> None:
    if asked:
        show.result(f"camscan {__version__}\n")
        raise typer.Exit


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, context_settings=_CONTEXT, **_PLAIN)


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Find the cameras on a network segment, who really made each one, which rule covers it and why."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code. A bug is left to the interpreter's hook, which ends with 1."""
    sys.excepthook = report_bug
    signal.signal(signal.SIGTERM, _on_terminate)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    show.open_streams()
    try:
        given = sys.argv[1:] if arguments is None else list(arguments)
        typer.main.get_command(app)(args=with_values(given), prog_name="camscan")
    except Terminated as ended:
        say_ended(ended)
        return ExitCode.TERMINATED
    except SystemExit as ended:
        if (interrupt := _interrupt_behind(ended)) is not None:
            say_ended(interrupt)
        return ended.code if isinstance(ended.code, int) else ExitCode.INTERNAL
    except CamscanError as fault:
        print(f"camscan: {visible(str(fault))}", file=sys.stderr)
        return exit_code_of(fault)
    except KeyboardInterrupt as interrupt:
        say_ended(interrupt)
        return ExitCode.INTERRUPTED
    return ExitCode.COMPLETE


def _interrupt_behind(ended: SystemExit) -> KeyboardInterrupt | None:
    """Return the interrupt for which typer ended the program; None where a command chose its code."""
    cause = ended.__context__.__cause__ if ended.__context__ is not None else None
    return cause if isinstance(cause, KeyboardInterrupt) else None


def with_values(arguments: Sequence[str]) -> list[str]:
    """Return a command line in which `--require-fresh` without an age has the usual one."""
    from camscan.cli.options import FRESH

    options_end = arguments.index("--") if "--" in arguments else len(arguments)
    made = list(arguments)
    for number, argument in enumerate(arguments[:options_end]):
        following = arguments[number + 1] if number + 1 < len(arguments) else ""
        if argument == "--require-fresh" and not following.rstrip("smhd").isdecimal():
            made[number] = f"{argument}={FRESH}"
    return made


def report_bug(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
    """Print a bug on one line; with CAMSCAN_DEBUG set, the traceback."""
    if os.environ.get("CAMSCAN_DEBUG"):
        traceback.print_exception(kind, fault, trace)
        return
    frames = traceback.extract_tb(trace)
    where = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""  # noqa: PTH119 - a name, not a file
    said = visible(f"{kind.__name__}: {fault}")
    print(f"camscan: internal error: {said}{where}; CAMSCAN_DEBUG=1 shows the traceback", file=sys.stderr)


def _on_terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Terminated(ExitCode.TERMINATED)
