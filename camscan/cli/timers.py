"""The files by which cron or systemd runs an audit, as text for review."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from camscan.errors import UsageError

PATH_OF_CRON = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Debian's cron gives its jobs less, and `ip` and `nmap` stand in the others."""
STATE = "camscan"
"""Below /var/lib: systemd makes it, and keeps it writable."""
LATE_S = 900
"""Seconds by which systemd may start a run later, so that the sites of one network do not begin together."""
FAMILIES = ("AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET")
"""Netlink tells interfaces and neighbours; packet sockets carry ARP and listening."""
FOUND = (3, 4)
"""Codes of a run that did its work and found something: no failure of the unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be run, and when."""

    program: str
    """Absolute path."""
    arguments: tuple[str, ...]
    """Of `camscan`, the command among them."""
    hour: int
    minute: int
    name: str = ""
    """Tells the jobs of several sites apart; letters, digits and hyphens."""
    writes: tuple[str, ...] = ()
    """Folders, absolute, in which the run writes files."""

    @property
    def unit(self) -> str:
        """The name of its files."""
        return f"camscan-{self.name}" if self.name else "camscan"


def crontab(job: Job, *, user: str | None, mail_to: str) -> str:
    """Return a file for /etc/cron.d, or lines for a user's own crontab where no user is named. Raises UsageError.

    Format: crontab(5) of Debian: `%` ends a command unless a backslash stands before it.
    """
    command = _on_one_line(shlex.join((job.program, *job.arguments))).replace("%", "\\%")
    who = f"{user} " if user else ""
    where = f"/etc/cron.d/{job.unit}" if user else "crontab -e"
    return "\n".join(
        (
            f"# {where}: written by `camscan schedule cron`; read it before you install it.",
            "# Silent where nothing changed; cron mails what is printed.",
            f"PATH={PATH_OF_CRON}",
            f"MAILTO={_on_one_line(mail_to)}",
            f"{job.minute} {job.hour} * * * {who}{command}",
            "",
        )
    )


def service(job: Job) -> str:
    """Return the unit that runs the audit once, with no more rights than it needs. Raises UsageError."""
    settings = {
        "Type": "oneshot",
        "ExecStart": _on_one_line(" ".join(_quoted(part) for part in (job.program, *job.arguments))),
        "SuccessExitStatus": " ".join(map(str, FOUND)),
        "TimeoutStartSec": "8h",
        "Nice": "19",
        "IOSchedulingClass": "idle",
        "StateDirectory": STATE,
        "StateDirectoryMode": "0700",
        "Environment": f"XDG_CACHE_HOME=/var/lib/{STATE}/cache",
        "UMask": "0077",
        "CapabilityBoundingSet": "CAP_NET_RAW",
        "AmbientCapabilities": "CAP_NET_RAW",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        **({"ReadWritePaths": " ".join(map(_quoted, job.writes))} if job.writes else {}),
        "RestrictAddressFamilies": " ".join(FAMILIES),
        "SystemCallArchitectures": "native",
        "SystemCallFilter": "@system-service",
        "SystemCallErrorNumber": "EPERM",
    }
    shut = (
        "ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectClock", "ProtectControlGroups", "ProtectHostname", "ProtectKernelLogs",
        "ProtectKernelModules", "ProtectKernelTunables", "LockPersonality", "MemoryDenyWriteExecute", "RemoveIPC", "RestrictNamespaces",
        "RestrictRealtime", "RestrictSUIDSGID",
    )  # fmt: skip
    return "\n".join(
        (
            f"# /etc/systemd/system/{job.unit}.service: written by `camscan schedule systemd`; read it before you install it.",
            "[Unit]",
            f"Description=camscan: scheduled audit{f' ({job.name})' if job.name else ''}",
            "Documentation=man:camscan(1)",
            "Wants=network-online.target",
            "After=network-online.target",
            "",
            "[Service]",
            *(f"{key}={value}" for key, value in settings.items()),
            "ProtectProc=invisible",
            "KeyringMode=private",
            *(f"{key}=yes" for key in shut),
            "",
        )
    )


def timer(job: Job) -> str:
    """Return the unit that starts the audit each day, and after the machine was off at that hour."""
    return "\n".join(
        (
            f"# /etc/systemd/system/{job.unit}.timer: written by `camscan schedule systemd`; read it before you install it.",
            "[Unit]",
            f"Description=camscan: when the audit{f' ({job.name})' if job.name else ''} runs",
            "Documentation=man:camscan(1)",
            "",
            "[Timer]",
            f"OnCalendar=*-*-* {job.hour:02}:{job.minute:02}:00",
            f"RandomizedDelaySec={LATE_S}",
            "Persistent=true",
            "",
            "[Install]",
            "WantedBy=timers.target",
            "",
        )
    )


def _quoted(part: str) -> str:
    """Return one word as systemd.service(5) reads it: `%` and `$` doubled, quoted where a blank or a quote would split it."""
    text = part.replace("%", "%%").replace("$", "$$")
    if text and not set(text) & set(" \t\"'\\;"):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _on_one_line(text: str) -> str:
    if not text.isprintable():
        raise UsageError("an argument holds a line break or a control character, which no schedule can carry")
    return text
