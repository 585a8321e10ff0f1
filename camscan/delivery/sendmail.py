"""The mail program of this machine, run by a small process that is made before camscan gives up its capabilities.

Mail programs change their user or group (postdrop, exim), which a process without privileges and new ones forbidden cannot
let them. The process knows the program, the sender and the recipients, and nothing else; it takes a message and the number of
its recipient, and ends when its pipe closes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import subprocess
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from camscan.delivery.base import MOST_SAID, Patience, TransportError, persistently, said

MOST_BYTES = 32_000_000
"""Of one message."""
TEMPORARY_FAILURE = 75
"""EX_TEMPFAIL of sysexits.h: try again later."""
_MEANINGS = {
    64: "used wrongly",
    65: "the message is not understood",
    67: "no such recipient",
    68: "no such host",
    69: "a service is missing",
    70: "an error of its own",
    71: "the system refuses",
    73: "cannot write",
    74: "cannot read or write",
    TEMPORARY_FAILURE: "a passing failure",
    77: "not allowed",
    78: "its configuration is wrong",
}
_ENVIRONMENT = ("PATH", "LANG", "HOME", "USER", "LOGNAME")
"""All that the program is told of ours."""
_NOT_STARTED, _TOO_SLOW = 254, 255
_ORDER = struct.Struct("!BI")
"""Number of the recipient, bytes of the message."""
_ANSWER = struct.Struct("!BH")
"""Exit code, bytes of what it said."""


class Sendmail:
    """The program, for fixed recipients, while the context is open. recipients: at most 255."""

    def __init__(self, program: Path, sender: str | None, recipients: Sequence[str], patience: Patience) -> None:
        self.program, self.sender, self.recipients, self.patience = program, sender, tuple(recipients), patience
        self._process: int | None = None

    def __str__(self) -> str:
        return str(self.program)

    def __enter__(self) -> Self:
        """Make the process; call it while there is one thread, and before capabilities are given up."""
        order, self._order = os.pipe()
        self._answer, answer = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            _serve(self, order, answer)
        os.close(order)
        os.close(answer)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        """Let the process end."""
        if self._process is not None:
            os.close(self._order)
            os.close(self._answer)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._process, 0)
            self._process = None

    def send(self, message: EmailMessage, recipient: str) -> None:
        """Give the program one message for one of its recipients. Raises TransportError."""
        content = message.as_bytes(policy=message.policy.clone(linesep="\n"))
        if len(content) > MOST_BYTES:
            raise TransportError(f"{self}: {len(content):,} bytes are more than {MOST_BYTES:,}", passing=False)
        persistently(lambda: self._once(self.recipients.index(recipient), content), self.patience)

    def _once(self, number: int, content: bytes) -> None:
        try:
            _write(self._order, _ORDER.pack(number, len(content)) + content)
            code, length = _ANSWER.unpack(_read(self._answer, _ANSWER.size))
            words = _read(self._answer, length)
        except (BrokenPipeError, EOFError) as fault:
            raise TransportError(f"{self}: the process that runs it has ended", passing=False) from fault
        if code == _TOO_SLOW:
            raise TransportError(f"{self}: not finished within {self.patience.try_s:g} s", passing=True)
        if code == _NOT_STARTED:
            raise TransportError(f"{self}: cannot be run: {said(words)}", passing=False)
        if code:
            meaning = f" ({_MEANINGS[code]})" if code in _MEANINGS else ""
            told = f": {said(words)}" if words.strip() else ""
            raise TransportError(f"{self}: ended with {code}{meaning}{told}", passing=code == TEMPORARY_FAILURE)


def _serve(of: Sendmail, order: int, answer: int) -> NoReturn:
    """Run the program for each message that comes until the pipe closes. Runs in the child and never returns."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        os.closerange(3, min(order, answer))
        os.closerange(min(order, answer) + 1, max(order, answer))
        os.closerange(max(order, answer) + 1, _descriptors())
        while True:
            number, length = _ORDER.unpack(_read(order, _ORDER.size))
            if length > MOST_BYTES:
                break
            code, words = _run(of, of.recipients[number], _read(order, length))
            _write(answer, _ANSWER.pack(code, len(words)) + words)
    finally:
        os._exit(0)


def _run(of: Sendmail, recipient: str, content: bytes) -> tuple[int, bytes]:
    """Return the program's exit code and the beginning of what it said.

    Both ends are files in memory: a program that leaves a process behind holds no pipe open that would be waited for.
    """
    command = [str(of.program), "-i", *(["-f", of.sender] if of.sender else []), "--", recipient]
    with os.fdopen(os.memfd_create("message"), "w+b") as message, os.fdopen(os.memfd_create("said"), "w+b") as words:
        message.write(content)
        message.seek(0)
        try:
            started = subprocess.Popen(
                command,
                stdin=message,
                stdout=words,
                stderr=words,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            )
        except OSError as fault:
            return _NOT_STARTED, str(fault.strerror).encode()
        try:
            code = started.wait(of.patience.try_s)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
            return _TOO_SLOW, b""
        words.seek(0)
        return (code if 0 <= code < _NOT_STARTED else 128), words.read(4 * MOST_SAID)


def _descriptors() -> int:
    most = os.sysconf("SC_OPEN_MAX")
    return min(most, 1 << 16) if most > 0 else 4096


def _write(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _read(descriptor: int, length: int) -> bytes:
    """Return exactly so many bytes. Raises EOFError."""
    parts = []
    while length:
        part = os.read(descriptor, min(length, 1 << 16))
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
