"""The mail program of this machine: run before nothing is left to run it with, for fixed recipients."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from camscan.collect.privileges import drop_capabilities, effective_capabilities
from camscan.delivery.base import Patience, TransportError
from camscan.delivery.mail import compose
from camscan.delivery.sendmail import Sendmail

TO = "audit@example.org"
SENDER = "camscan@scanner.example.org"


def message(text: str = "Answer: 3\n.\nlast\n") -> EmailMessage:
    return compose("s", text, sender=SENDER, recipient=TO, at=datetime(2026, 11, 21, tzinfo=UTC), run="r")


def program(folder: Path, body: str) -> Path:
    path = folder / "sendmail"
    path.write_text(f'#!/bin/sh\necho "$@" >>{folder}/arguments\n{body}\n')
    path.chmod(0o755)
    return path


def given(path: Path, patience: Patience, *, sender: str | None = SENDER, text: str = "Answer: 3\n") -> TransportError | None:
    """Give the program one message; return how that failed."""
    with Sendmail(path, sender, ["other@example.org", TO], patience) as sendmail:
        try:
            sendmail.send(message(text), TO)
        except TransportError as fault:
            return fault
    return None


@pytest.mark.parametrize(("sender", "arguments"), [(SENDER, f"-i -f {SENDER} -- {TO}"), (None, f"-i -- {TO}")])
def test_the_program_gets_the_message_the_sender_and_the_recipient(
    tmp_path: Path, hasty: Patience, sender: str | None, arguments: str
) -> None:
    path = program(tmp_path, f"cat >{tmp_path}/stored")
    text = "Answer: \u2192 3\n.\nlast\n" + "long\n" * 100_000
    assert given(path, hasty, sender=sender, text=text) is None
    assert (tmp_path / "arguments").read_text() == f"{arguments}\n"
    stored = (tmp_path / "stored").read_bytes()
    assert b"\r" not in stored
    assert message_from_bytes(stored, policy=policy.default).get_content() == text  # type: ignore[attr-defined]


def test_several_messages_go_one_after_the_other(tmp_path: Path, hasty: Patience) -> None:
    path = program(tmp_path, f"cat >>{tmp_path}/stored")
    with Sendmail(path, None, [TO, "b@example.org"], hasty) as sendmail:
        sendmail.send(message(), TO)
        sendmail.send(message(), "b@example.org")
    assert (tmp_path / "arguments").read_text().splitlines() == [f"-i -- {TO}", "-i -- b@example.org"]
    assert (tmp_path / "stored").read_text().count("Subject: s") == 2


def test_a_passing_failure_is_tried_again_and_named_with_what_the_program_says(tmp_path: Path, hasty: Patience) -> None:
    path = program(tmp_path, "echo queue is full, come back >&2; exit 75")
    fault = given(path, hasty)
    assert str(fault) == f"{path}: ended with 75 (a passing failure): queue is full, come back (tried 3 times)"
    assert len((tmp_path / "arguments").read_text().splitlines()) == 3


def test_the_second_try_may_succeed(tmp_path: Path, hasty: Patience) -> None:
    path = program(tmp_path, f"[ -e {tmp_path}/again ] && exit 0; touch {tmp_path}/again; exit 75")
    assert given(path, hasty) is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("exit 67", "ended with 67 (no such recipient)"),
        ("echo 'no\033[2J' >&2; exit 1", "ended with 1: no\x1b[2J"),
        ("kill -9 $$", "ended with 128"),
        ("yes | head -c 100000; exit 78", "ended with 78 (its configuration is wrong): y y"),
    ],
)
def test_another_failure_is_told_once(tmp_path: Path, hasty: Patience, body: str, said: str) -> None:
    path = program(tmp_path, body)
    fault = given(path, hasty)
    assert str(fault).startswith(f"{path}: {said}")
    assert len(str(fault)) < 600
    assert len((tmp_path / "arguments").read_text().splitlines()) == 1


def test_a_program_that_hangs_is_ended(tmp_path: Path, once: Patience) -> None:
    path = program(tmp_path, f"echo $$ >{tmp_path}/pid; exec sleep 60")
    assert str(given(path, once)) == f"{path}: not finished within 0.6 s"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_program_that_leaves_a_process_behind_holds_nobody_up(tmp_path: Path, once: Patience) -> None:
    path = program(tmp_path, f"sleep 5 & echo $! >{tmp_path}/pid")
    patient = replace(once, try_s=4.0)
    assert given(path, patient) is None
    os.kill(int((tmp_path / "pid").read_text()), 9)


def test_what_cannot_be_run_is_told(tmp_path: Path, hasty: Patience) -> None:
    path = tmp_path / "sendmail"
    path.write_text("#!/nowhere\n")
    path.chmod(0o755)
    assert str(given(path, hasty)) == f"{path}: cannot be run: No such file or directory"


def test_the_program_learns_no_secret_of_the_environment(
    tmp_path: Path, hasty: Patience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMSCAN_SECRET", "s3cret")
    path = program(tmp_path, f"env >{tmp_path}/env")
    assert given(path, hasty) is None
    assert "s3cret" not in (tmp_path / "env").read_text()
    assert "PATH=" in (tmp_path / "env").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: capabilities are given up in a child process")
def test_the_program_keeps_what_camscan_gives_up(tmp_path: Path, hasty: Patience) -> None:
    """Otherwise postdrop could not take its group, and exim not its user."""
    path = program(tmp_path, f"grep -E '^(CapEff|NoNewPrivs)' /proc/self/status >{tmp_path}/status")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with Sendmail(path, None, [TO], hasty) as sendmail:
                drop_capabilities()
                sendmail.send(message(), TO)
                code = 0 if effective_capabilities() == 0 else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    found = dict(line.split() for line in (tmp_path / "status").read_text().splitlines())
    assert found["NoNewPrivs:"] == "0"
    assert int(found["CapEff:"], 16) == effective_capabilities() != 0


def test_the_process_ends_with_the_context_and_leaves_nothing_open(tmp_path: Path, hasty: Patience) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with Sendmail(program(tmp_path, ":"), None, [TO], hasty) as sendmail:
        assert sendmail._process is not None
        child = sendmail._process
        inherited = {Path(f"/proc/{child}/fd/{number}").name for number in os.listdir(f"/proc/{child}/fd")}
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert len(os.listdir("/proc/self/fd")) == before
    assert inherited


def test_without_its_process_the_failure_says_so(tmp_path: Path, hasty: Patience) -> None:
    path = program(tmp_path, ":")
    with Sendmail(path, None, [TO], hasty) as sendmail:
        assert sendmail._process is not None
        os.kill(sendmail._process, 9)
        with pytest.raises(TransportError, match="the process that runs it has ended"):
            sendmail.send(message(), TO)
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
