"""A PostgreSQL server of the tests' own: a cluster in a folder, on a socket in that folder, gone with the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

READY_S = 60.0
NOBODY = "nobody"
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "12",
    "shared_buffers": "16MB",
    "unix_socket_permissions": "0777",
}


def programs() -> Path | None:
    """Return the folder of the newest PostgreSQL of this machine; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@dataclass
class Server:
    """One cluster. It refuses to run as root, so that root starts it as another user."""

    bin: Path
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="camscan-pg-", dir="/tmp")))
    _process: subprocess.Popen[bytes] | None = None
    _made: int = 0

    def set_up(self) -> None:
        """Make the cluster and start it."""
        self.folder.chmod(0o711)
        if os.geteuid() == 0:
            found = pwd.getpwnam(_user())
            os.chown(self.folder, found.pw_uid, found.pw_gid)
        self._run(
            "initdb",
            "-D",
            str(self.folder / "data"),
            "-A",
            "trust",
            "-U",
            "camscan",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
            "-N",
        )
        self.start()

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        command = [str(self.bin / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), *options]
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen(_as_user(command), stdout=log, stderr=log, cwd="/", start_new_session=True)
        until = time.monotonic() + READY_S
        while subprocess.run([self.bin / "pg_isready", "-h", self.folder, "-q"], check=False).returncode:
            assert self._process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server did not come up"
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server at once, as a restart of the machine would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=30)
            self._process = None

    def remove(self) -> None:
        """Stop the server and remove its files."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder.parent / f"{self.folder.name}.log").unlink(missing_ok=True)

    def database(self, *options: str) -> str:
        """Make an empty database and return its URL."""
        self._made += 1
        name = f"store{self._made}"
        self._run("createdb", "-h", str(self.folder), "-U", "camscan", *options, name)
        return self.url(name)

    def url(self, database: str) -> str:
        """Return the URL of a database of this server."""
        return f"postgresql+psycopg://camscan@/{database}?host={quote(str(self.folder), safe='')}"

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(_as_user([str(self.bin / program), *words]), capture_output=True, text=True, check=False, cwd="/")
        assert done.returncode == 0, done.stderr


def _user() -> str:
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return NOBODY


def _as_user(command: Sequence[str]) -> list[str]:
    if os.geteuid() != 0:
        return list(command)
    return [
        "setpriv",
        "--pdeathsig",
        "QUIT",
        "--reuid",
        _user(),
        "--clear-groups",
        "--regid",
        str(pwd.getpwnam(_user()).pw_gid),
        *command,
    ]
