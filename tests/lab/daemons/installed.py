"""Which of the daemons are missing here, and whether that is a fault of the tests' own setting."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGES = Path(__file__).with_name("packages.txt")
READY = Path(__file__).resolve().parents[3] / ".venv" / ".ready-tests"
EVERY_USER = ["0", "0", "4294967295"]


def missing_packages() -> list[str]:
    """Return the packages of Debian whose programs or libraries are not installed."""
    wanted = (line.split() for line in PACKAGES.read_text(encoding="utf-8").splitlines())
    return [package for place, package in wanted if not any(Path("/").glob(place.lstrip("/")))]


def why_none_can_run() -> str | None:
    """Return what keeps the daemons from running here, with the remedy; None where they can."""
    if not is_root_of_the_machine():
        return "daemons change their user, and only root of the machine may: sudo make test"
    if missing := missing_packages():
        return f"daemons are missing: apt-get install --no-install-recommends {' '.join(missing)}"
    return None


def must_run() -> bool:
    """Return whether they were installed for the tests, or this is continuous integration: then their absence is a failure."""
    return bool(os.environ.get("CI")) or (is_root_of_the_machine() and READY.exists())


def is_root_of_the_machine() -> bool:
    """Return whether this process can become any user: root of a user namespace of its own cannot."""
    return os.geteuid() == 0 and Path("/proc/self/uid_map").read_text().split() == EVERY_USER
