"""`camscan schedule`: the crontab line or the systemd units of an audit, printed for review."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from camscan.cli import show
from camscan.cli.rehearsal import rehearsed
from camscan.cli.timers import Job, crontab, service, timer
from camscan.errors import UsageError

LONGEST_NAME = 64

Arguments = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SCAN ARGUMENT]...", help="What `camscan scan` gets, after a --, e.g. -- 10.20.0.0/24 --policy uk-department."
    ),
]
At = Annotated[str, typer.Option("--at", metavar="HH:MM", help="When, in the machine's own time.")]
Program = Annotated[str | None, typer.Option("--program", metavar="PATH", help="The camscan to run; default: this one.")]
Name = Annotated[str, typer.Option("--name", metavar="NAME", help="Tells the schedules of several sites apart.")]


def cron(
    arguments: Arguments = None,
    at: At = "02:30",
    name: Name = "",
    program: Program = None,
    user: Annotated[str, typer.Option("--user", metavar="USER", help="Who runs it.")] = "root",
    own: Annotated[bool, typer.Option("--own", help="Lines for `crontab -e` of a user, not a file for /etc/cron.d.")] = False,
    mail_to: Annotated[str, typer.Option("--mail-to", metavar="ADDRESS", help="Whom cron mails what a run prints.")] = "root",
) -> None:
    """Print a crontab line that runs an unattended scan each day. Nothing is installed."""
    if not user.isascii() or not user.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f'--user: "{user}" is no name of a user')
    show.result(crontab(_job(arguments or [], at, name, program), user=None if own else user, mail_to=mail_to))


def systemd(
    arguments: Arguments = None,
    at: At = "02:30",
    name: Name = "",
    program: Program = None,
    write: Annotated[
        Path | None, typer.Option("--write", metavar="DIR", help="Write the two files there instead of printing them.")
    ] = None,
) -> None:
    """Print a service and its timer that run an unattended scan each day, with no more rights than it needs. Nothing is enabled."""
    job = _job(arguments or [], at, name, program)
    files = {f"{job.unit}.service": service(job), f"{job.unit}.timer": timer(job)}
    if write is None:
        show.result("\n".join(files.values()))
        return
    for file, text in files.items():
        try:
            (write / file).write_text(text, encoding="utf-8")
        except OSError as fault:
            raise UsageError(f"--write {write}: {fault.strerror}: name a folder that you may write to") from fault
    show.result("".join(f"{write / file}\n" for file in files))


def _job(arguments: list[str], at: str, name: str, program: str | None) -> Job:
    """Return what is to be run. Raises what `camscan scan` would refuse."""
    hour, colon, minute = at.partition(":")
    if not (colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2 and int(hour) < 24 and int(minute) < 60):
        raise UsageError(f'--at: "{at}" is no time of day: write it as 02:30')
    if name and (not name.isascii() or not name.replace("-", "").isalnum() or len(name) > LONGEST_NAME):
        raise UsageError(f'--name: "{name}": use letters, digits and hyphens')
    unattended = ["--unattended", *(one for one in arguments if one != "--unattended")]
    writes = rehearsed(unattended, int(hour), int(minute))
    return Job(
        program=_program(program),
        arguments=("scan", *unattended),
        hour=int(hour),
        minute=int(minute),
        name=name,
        writes=writes,
    )


def _program(given: str | None) -> str:
    """Return the absolute path of the program. Raises UsageError."""
    path = Path(given) if given else Path(shutil.which(sys.argv[0]) or sys.argv[0]).absolute()
    if not path.is_absolute():
        raise UsageError(f"--program {path}: give the whole path: a scheduled run has another PATH")
    return str(path)
