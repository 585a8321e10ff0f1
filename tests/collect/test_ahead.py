"""What a second process makes arrives as if it had been made here, and neither of the two outlives the other's end."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from camscan.collect import capture
from camscan.collect.ahead import PIPE, AheadError, KilledError, ahead
from camscan.collect.base import Tally
from camscan.collect.capture import CaptureReader
from camscan.errors import UsageError
from camscan.model import Observation
from tests.collect.captures import PCAP, frames, piped, saved
from tests.factories import pcap
from tests.samples_of import CAPTURE


def children() -> set[str]:
    """Return the processes that this one began."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def counting(count: int) -> Iterator[tuple[int, int]]:
    for number in range(count):
        yield number, os.getpid()


def test_all_arrives_in_order_from_another_process() -> None:
    before = children()
    with ahead(counting(10_000)) as made:
        given = list(made)
    assert [number for number, _ in given] == list(range(10_000))
    assert {pid for _, pid in given}.isdisjoint({os.getpid()})
    assert children() == before


def test_what_is_raised_there_is_raised_here_with_its_place_behind_what_came_before() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise LookupError("no such thing")

    seen = []
    with ahead(failing()) as made, pytest.raises(AheadError, match=r"in failing[\s\S]*LookupError: no such thing"):
        seen.extend(made)


@pytest.mark.parametrize(
    ("by", "kind", "words"),
    [
        (signal.SIGKILL, KilledError, "killed, .*memory"),
        (signal.SIGTERM, KilledError, "ended by SIGTERM"),
        (signal.SIGALRM, AheadError, r"before it was done, by signal 14 \("),
    ],
)
def test_a_process_that_is_killed_is_no_end_of_what_it_made(by: signal.Signals, kind: type[Exception], words: str) -> None:
    def dying() -> Iterator[bytes]:
        yield b"x"
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), by)
        yield b"y"

    before, seen = children(), []
    with ahead(dying()) as made, pytest.raises(kind, match=words):
        seen.extend(made)
    assert children() == before


def test_a_process_that_is_killed_while_it_writes_is_no_broken_message() -> None:
    def writing() -> Iterator[object]:
        yield os.getpid()
        yield bytes(64 * PIPE)

    with ahead(writing()) as made:
        pid = next(made)
        assert isinstance(pid, int)
        time.sleep(0.2)  # it fills the pipe
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(KilledError):
            next(made)


def test_it_begins_before_anything_is_asked_for() -> None:
    reading, writing = os.pipe()

    def telling() -> Iterator[int]:
        os.write(writing, b"x")
        yield 1

    try:
        with ahead(telling()) as made:
            assert os.read(reading, 1) == b"x"
            assert list(made) == [1]
    finally:
        os.close(reading)
        os.close(writing)


def test_who_stops_taking_ends_the_other_process() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(PIPE)

    before = children()
    with ahead(endless()) as given:
        assert next(given) == bytes(PIPE)
        assert len(children()) == len(before) + 1
    assert children() == before


def test_who_stops_taking_does_not_wait_for_what_never_comes() -> None:
    reading, writing = os.pipe()

    def waiting() -> Iterator[bytes]:
        yield b"x"
        yield os.read(reading, 1)

    before = children()
    try:
        with ahead(waiting()) as given:
            assert next(given) == b"x"
    finally:
        os.close(reading)
        os.close(writing)
    assert children() == before


def test_a_process_that_was_stopped_is_ended_too() -> None:
    def stopping() -> Iterator[int]:
        yield 1
        os.kill(os.getpid(), signal.SIGSTOP)

    before = children()
    with ahead(stopping()) as given:
        assert next(given) == 1
    assert children() == before


SILENT = """
import os, signal, sys
from camscan.collect.ahead import ahead

fork = os.fork

def orphaned():
    first, pid = os.getpid(), fork()
    if pid:
        os.kill(first, signal.SIGKILL)
    while os.getppid() == first:
        pass
    return pid

def waiting():
    if os.fork is fork:
        print("waits", flush=True)
    yield os.read(0, 1)

if sys.argv[1:] == ["at the fork"]:
    print("waits", flush=True)
    os.fork = orphaned
with ahead(waiting()) as given:
    next(given)
"""
"""A program whose second process waits for what never comes."""


@pytest.mark.parametrize("when", ["at the fork", "later"])
def test_a_process_whose_first_one_is_killed_ends_though_nothing_comes(when: str) -> None:
    given, taken = os.pipe()
    first = subprocess.Popen([sys.executable, "-c", SILENT, when], stdin=given, stdout=subprocess.PIPE)
    os.close(given)
    assert first.stdout is not None
    try:
        assert first.stdout.readline() == b"waits\n"
        if when == "later":
            first.kill()
        assert first.wait(30) == -signal.SIGKILL
        ended, _, _ = select.select([first.stdout], [], [], 10)  # both held it open
        assert ended, "the second process lives on"
        assert first.stdout.read() == b""
    finally:
        os.close(taken)
        first.kill()
        first.wait()
        first.stdout.close()


def test_where_no_further_process_is_allowed_one_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)
    with ahead(counting(3)) as made:
        assert [pid for _, pid in made] == [os.getpid()] * 3


def test_an_interrupt_from_the_keyboard_is_left_to_the_first_process() -> None:
    def interrupted() -> Iterator[int]:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)
        yield 7

    with ahead(interrupted()) as made:
        assert list(made) == [7]


@pytest.mark.parametrize("after", [False, True])
def test_a_signal_at_the_fork_is_met_by_the_first_process_alone(after: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)  # never another thread of the runner of the tests

    def interrupted() -> int:
        if not after:
            interrupt()
        pid = fork()
        if after and pid:
            interrupt()
        return pid

    fork, before = os.fork, children()
    monkeypatch.setattr(os, "fork", interrupted)
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background has it ignored
    try:
        with pytest.raises(KeyboardInterrupt), ahead(counting(3)):
            raise AssertionError("the signal was lost")
    finally:
        signal.signal(signal.SIGINT, usual)
    assert children() == before
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


# Captures


def read(*sources: object, second: bool, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Observation], list[Tally]]:
    """Return what captures say, read in this process alone or with a second one."""
    monkeypatch.setattr(capture, "WORTH_A_PROCESS", 0 if second else 1 << 60)
    began = []
    with monkeypatch.context() as patch:
        patch.setattr(capture, "ahead", lambda steps: began.append(True) or ahead(steps))
        seen: list[Observation] = []
        reads = CaptureReader(site="hq", emit=seen.append).read(sources)  # type: ignore[arg-type]
    assert bool(began) == (second and len(os.sched_getaffinity(0)) > 1)
    return seen, [read.tally for read in reads]


def test_a_capture_says_the_same_in_one_process_and_in_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = frames()
    damaged = saved(tmp_path, pcap(whole[::2])[:-5], "damaged")
    other = saved(tmp_path, pcap(whole[1::2]), "other")
    for given in ((CAPTURE,), (damaged, other), (saved(tmp_path, PCAP, "one"),)):
        alone, both = (read(*given, second=second, monkeypatch=monkeypatch) for second in (False, True))
        assert alone == both
        assert alone[0]


def test_a_capture_through_a_pipe_is_read_by_the_second_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "_is_worth_a_process", lambda source: True)
    seen, [tally] = read(piped(PCAP), second=True, monkeypatch=monkeypatch)
    assert tally.received == sum(one.count for one in seen) > 6


def test_a_capture_that_the_second_process_cannot_open_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "_is_worth_a_process", lambda source: True)
    with pytest.raises(UsageError, match=r"gone\.pcap: cannot be read: No such file"):
        read(tmp_path / "gone.pcap", second=True, monkeypatch=monkeypatch)


def test_of_a_capture_whose_second_process_is_killed_all_is_told_that_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(steps: Iterator[capture.Step]) -> AbstractContextManager[Iterator[capture.Step]]:
        def made() -> Iterator[capture.Step]:
            yield next(steps)
            os.kill(os.getpid(), signal.SIGKILL)

        return ahead(made())

    monkeypatch.setattr(capture, "WORTH_A_PROCESS", 0)
    monkeypatch.setattr(capture, "ahead", killed)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    one, other = saved(tmp_path, pcap(frames()[:3]), "one"), saved(tmp_path, pcap(frames()[3:]), "other")
    seen: list[Observation] = []
    reads = CaptureReader(site="hq", emit=seen.append).read([one, other])
    assert [seen.values("sadp.serial") for seen in seen] == [("S0",), ("S1",), ("S2",)]
    for name, done in zip(("one", "other"), reads, strict=True):
        [said] = done.tally.unfinished
        assert said.startswith(f"{name}: the process that takes captures apart was killed")
        assert "memory" in said
