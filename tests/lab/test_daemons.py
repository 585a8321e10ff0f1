"""Daemons come up in the namespaces of their device, say why when they do not, and end with the lab."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import netns
from tests.lab.daemons import installed, peers
from tests.lab.daemons.daemon import Daemon, DaemonError
from tests.lab.daemons.installed import PACKAGES
from tests.lab.device import Device
from tests.lab.fixtures import need_daemons
from tests.lab.place import Place
from tests.lab.roster import ROSTER
from tests.lab.segment import ROOT

PATIENCE_S = 10.0


@pytest.fixture
def place() -> Iterator[Place]:
    if os.geteuid() != 0:
        pytest.skip("a device needs root for its network namespace")
    namespace = netns.create()
    made = Place(Device(name="peer", mac="00:16:3e:20:00:fe", ip=None), namespace)
    yield made
    made.end_programs()
    os.close(namespace)


def test_names_macs_and_addresses_of_the_daemons_are_their_own() -> None:
    for key in ("name", "mac", "ip"):
        values = [value for device in (*ROSTER, *peers.DEVICES) if (value := getattr(device, key)) is not None]
        assert len(set(values)) == len(values), key


def test_a_program_that_ends_at_once_is_named_with_its_last_words(place: Place) -> None:
    broken = Daemon(argv=("sh", "-c", "echo line 3: no such option; exit 7"), listens=(("tcp", 9),))
    with pytest.raises(DaemonError, match="peer: ended with 7: line 3: no such option"):
        asyncio.run(broken.start(place))


def test_its_files_are_seen_by_the_program_alone(place: Place) -> None:
    listener = "import socket; s = socket.create_server(('127.0.0.1', int(open('/run/peer/port').read()))); s.accept()"
    with netns.inside(place.namespace):
        netns.ip_batch(["link set lo up"])
    daemon = Daemon(argv=(sys.executable, "-c", listener), listens=(("tcp", 4711),), files={"/run/peer/port": "4711"})
    asyncio.run(daemon.start(place))
    assert not Path("/run/peer/port").exists()


def test_whatever_a_daemon_started_ends_when_the_lab_is_killed() -> None:
    need_daemons()
    command = [sys.executable, "-m", "tests.lab", "up", "--device", "nginx"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as lab:
        assert lab.stdout is not None
        assert lab.stdout.readline().startswith('{"ready": true')
        started = list(descendants(lab.pid))
        users = {Path(f"/proc/{pid}").stat().st_uid for pid in started}
        lab.send_signal(signal.SIGKILL)
    until = time.monotonic() + PATIENCE_S
    while any(map(alive, started)) and time.monotonic() < until:
        time.sleep(0.02)
    assert len(users) > 1, "a worker runs as another user"
    assert [pid for pid in started if alive(pid)] == []


def test_the_packages_are_those_that_the_setup_of_the_tests_installs() -> None:
    assert str(PACKAGES.relative_to(ROOT)) in (ROOT / ".ci" / "setup-tests").read_text()
    started = {
        word for device in peers.DEVICES for service in device.services if isinstance(service, Daemon) for word in service.argv
    }
    named = {line.split()[0] for line in PACKAGES.read_text().splitlines()}
    programs = {word for words in started for word in words.split() if word.startswith("/usr/sbin/")}
    assert programs == {place for place in named if place.startswith("/usr/sbin/")}


@pytest.mark.parametrize(("ci", "outcome"), [("1", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_daemon_fails_in_continuous_integration_and_is_named_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ci: str, outcome: type[BaseException]
) -> None:
    (tmp_path / "packages.txt").write_text("/usr/sbin/no-such-daemon no-such-package\n/bin/sh dash\n")
    monkeypatch.setattr(installed, "PACKAGES", tmp_path / "packages.txt")
    monkeypatch.setattr(installed, "READY", tmp_path / "never-made")
    monkeypatch.setattr(installed, "is_root_of_the_machine", lambda: True)
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match=" no-such-package"):
        need_daemons()


def descendants(pid: int) -> Iterator[int]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            yield child
            yield from descendants(child)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
