"""`camscan doctor`: what this machine lacks for a full scan, each with the exact command that mends it here."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import typer

from camscan import __version__
from camscan.cli import show
from camscan.cli.clock import now
from camscan.cli.configuration import configuration
from camscan.cli.exits import ExitCode
from camscan.cli.options import DataFolder
from camscan.errors import CamscanError
from camscan.report.columns import wrap
from camscan.report.escape import visible

OLDEST_PLAUSIBLE_YEAR = 2026
"""A clock before this version was written is wrong: windows of a scope file and dates of rules would be misread."""

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at."""

    name: str
    state: State
    said: str
    remedy: str | None = None
    """The command to type; None where nothing is to be done or a command cannot do it."""
    code: ExitCode = ExitCode.USAGE
    """How doctor ends where this is a problem."""


def doctor(data: DataFolder = None) -> None:
    """Check privileges, interfaces, tools and data; each problem with its remedy."""
    found: list[Check] = []
    width = show.terminal_width()
    for check in checks(data, now()):
        found.append(check)
        show.result("\n".join(lines_of(check, width)) + "\n")
    problems = [check for check in found if check.state == "problem"]
    warnings = sum(check.state == "warning" for check in found)
    show.closing(f"doctor: {_number(len(problems), 'problem')}, {_number(warnings, 'warning')}")
    if problems:
        raise typer.Exit(max(check.code for check in problems))


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def lines_of(check: Check, width: int | None) -> list[str]:
    """Return one check as lines: the command stands alone and whole, fit to be copied."""
    said = visible(f"{check.state:8} {check.name}: {check.said}")
    return [*wrap(said, width, " " * 9), *([f"{'':9}$ {visible(check.remedy)}"] if check.remedy else [])]


def checks(data: Path | None, now: datetime) -> Iterator[Check]:
    """Yield every check in turn; none needs privileges, none sends anything."""
    yield _program()
    yield _privileges()
    yield _interfaces()
    yield _packet_filter()
    yield _nmap()
    yield from _data_files(data, now.date())
    yield _clock(now)
    yield _text()
    yield _settings()


def registry_date(text: bytes) -> date | None:
    """Return the newest date in the comments at the head of the OUI registry; None where none stands there."""
    dates = []
    for line in text[:4096].decode("utf-8", "replace").splitlines():
        if not line.startswith("#"):
            break
        for word in line.split():
            try:
                dates.append(date.fromisoformat(word.strip(".,;:()")))
            except ValueError:
                continue
    return max(dates, default=None)


def _program() -> Check:
    said = f"camscan {__version__}, Python {platform.python_version()}, {platform.system()} {platform.release()}"
    if sys.platform != "linux":
        return Check(
            name="system", state="warning", said=f"{said}: only Linux has been tested; replay, judge and identify work"
        )
    return Check(name="system", state="ok", said=said)


def _privileges() -> Check:
    from camscan.collect.privileges import CAP_NET_RAW, may, remedy_for_privilege

    if may(CAP_NET_RAW):
        return Check(
            name="privileges",
            state="ok",
            said="CAP_NET_RAW is held: ARP sweep and capture work; all is given up before reading",
        )
    return Check(
        name="privileges",
        state="warning",
        said="CAP_NET_RAW is missing: no ARP sweep, no capture; hosts that answer no TCP and no discovery stay unseen",
        remedy=remedy_for_privilege("scan …"),
    )


def _interfaces() -> Check:
    from camscan.collect.interfaces import interfaces

    known = interfaces()
    usable = [i for i in known if i.up and not i.loopback and any(not n.is_link_local for n in i.on_link)]
    if usable:
        shown = ", ".join(f"{i.name} {' '.join(map(str, i.on_link))}" for i in usable)
        return Check(name="interfaces", state="ok", said=shown)
    down = next((i.name for i in known if not i.up and not i.loopback), None)
    return Check(
        name="interfaces",
        state="problem",
        said="no interface is up with a network: nothing can be scanned (replay, judge and identify work)",
        remedy=f"sudo ip link set {down} up" if down else "ip address",
    )


def _packet_filter() -> Check:
    from camscan.collect.base import MissingTool
    from camscan.collect.interfaces import compile_bpf

    try:
        compile_bpf("arp")
    except MissingTool:
        return Check(
            name="libpcap",
            state="warning",
            said="not installed: no kernel filter, so no ARP sweep and no capture",
            remedy=install_command("libpcap"),
        )
    return Check(name="libpcap", state="ok", said="packet filters compile")


def _nmap() -> Check:
    found = shutil.which("nmap")
    if found:
        return Check(name="nmap", state="ok", said=f"{found}: --deep works")
    return Check(name="nmap", state="warning", said="not installed: --deep is skipped", remedy=install_command("nmap"))


def install_command(tool: Literal["nmap", "libpcap"]) -> str:
    """Return the command that installs a tool with the package program of this machine."""
    known = {
        "apt-get": {"nmap": "nmap", "libpcap": "libpcap0.8"},
        "dnf": {"nmap": "nmap", "libpcap": "libpcap"},
        "zypper": {"nmap": "nmap", "libpcap": "libpcap1"},
        "apk": {"nmap": "nmap", "libpcap": "libpcap"},
        "pacman": {"nmap": "nmap", "libpcap": "libpcap"},
    }
    verbs = {"apk": "add", "pacman": "-S"}
    for program, packages in known.items():
        if shutil.which(program):
            return f"{'' if os.geteuid() == 0 else 'sudo '}{program} {verbs.get(program, 'install')} {packages[tool]}"
    return f"sudo apt-get install {known['apt-get'][tool]}"


def _data_files(data: Path | None, today: date) -> Iterator[Check]:
    from camscan.datafiles.age import OLD_REGISTRY_DAYS
    from camscan.datafiles.locate import locate
    from camscan.datafiles.open import open_knowledge
    from camscan.datafiles.policies import open_policies

    try:
        named = data or configuration().data
        root = locate(named)
        knowledge = open_knowledge(named)
        open_policies(named)
    except CamscanError as fault:
        yield Check(name="data files", state="problem", said=str(fault), code=ExitCode.DATA_FILES)
        return
    yield Check(name="data files", state="ok", said=f"{root}: valid, version {knowledge.version}")
    try:
        dated = registry_date((root / "oui" / "registry.txt").read_bytes())
    except OSError as fault:
        yield Check(name="OUI registry", state="problem", said=f"{fault.filename}: {fault.strerror}", code=ExitCode.DATA_FILES)
        return
    if dated is None:
        yield Check(name="OUI registry", state="warning", said="its head holds no date: its age is not known")
    elif (today - dated).days > OLD_REGISTRY_DAYS:
        days = (today - dated).days
        yield Check(
            name="OUI registry",
            state="warning",
            said=f"of {dated.isoformat()}, {days} days old: makers of newer prefixes stay unknown; update camscan or its data",
            remedy="camscan data import --oui oui.csv --oui mam.csv --oui oui36.csv",
        )
    else:
        yield Check(name="OUI registry", state="ok", said=f"of {dated.isoformat()}")


def _clock(now: datetime) -> Check:
    local = now.astimezone()
    said = f"{local:%Y-%m-%d %H:%M %Z} (UTC {now:%H:%M})"
    if now.year < OLDEST_PLAUSIBLE_YEAR:
        return Check(
            name="clock",
            state="warning",
            said=f"{said}: wrong: dates in reports and of rules would be wrong",
            remedy="sudo timedatectl set-ntp true",
        )
    return Check(name="clock", state="ok", said=said)


def _text() -> Check:
    encoding = (sys.stdout.encoding or "ascii").lower()
    if encoding.replace("-", "") == "utf8":
        return Check(name="locale", state="ok", said="UTF-8")
    return Check(
        name="locale",
        state="warning",
        said=f"{encoding}: names outside it are shown as escapes; files are UTF-8 all the same",
        remedy="export LANG=C.UTF-8",
    )


def _settings() -> Check:
    try:
        settings = configuration()
    except CamscanError as fault:
        return Check(name="configuration", state="problem", said=str(fault))
    if not settings.origins:
        return Check(name="configuration", state="ok", said="none; scan asks for a policy, or takes --policy")
    return Check(
        name="configuration", state="ok", said=", ".join(f"{key} from {origin}" for key, origin in settings.origins.items())
    )
