"""Messages of RFC 5322, and their way through an SMTP server (RFC 5321), with STARTTLS or TLS from the first byte (RFC 8314).

A server that dies after it took a message, and before it said so, is given it again: both copies bear the same Message-ID.
"""

from __future__ import annotations

import base64
import contextlib
import smtplib
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from camscan.delivery.base import USUAL, Patience, Security, TransportError, digest, persistently, said
from camscan.delivery.connect import CHUNK, Connection, Server, connected, is_loopback
from camscan.errors import UsageError

MOST_ATTACHED = 10_000_000
"""Bytes of all attachments of a message together, as they travel: mail servers commonly refuse more."""
MOST_ANSWERED = 1 << 20
"""Bytes that a server may answer in one session."""
PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""RFC 6409, RFC 8314 and RFC 5321, by how the connection is secured."""
LONGEST_SUBJECT = 500
NAMELESS = "[127.0.0.1]"
"""How EHLO names a machine that is not to be named, or has no full name (RFC 5321 §4.1.3)."""
MASK = "***"

_POLICY = policy.SMTP.clone(cte_type="7bit")
_UNFOLDED = _POLICY.clone(max_line_length=998)
"""For headers alone, where encoded words do not need shorter lines: folding may leave the line of `Subject:` empty, and who
looks for a marking at its beginning would not find it. RFC 5322 §2.1.1 allows 998."""
_ATOM = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~")
"""atext of RFC 5322 §3.2.3."""
_LABEL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes along."""

    name: str
    content: bytes
    type: str
    """E.g. `application/json`."""

    @property
    def size(self) -> int:
        """Bytes as it travels: in base64, with an end of line after 76 characters."""
        encoded = -(-len(self.content) // 3) * 4
        return encoded + -(-encoded // 76) * 2


def checked_address(text: str, named: str, *, local: bool = False) -> str:
    """Return an address as RFC 5321 has it, without quotes and comments. local: a user of this machine will do, too.

    Raises UsageError with `named` in front.
    """
    user, at, domain = text.rpartition("@") if "@" in text else (text, "", "")
    atoms = user.split(".")
    labels = domain.split(".")
    if (
        not all(atom and set(atom) <= _ATOM for atom in atoms)
        or len(user) > 64
        or user.startswith("-")  # programs would take it for an option
        or (at and (len(domain) > 253 or not all(label and set(label) <= _LABEL and label[0] != "-" for label in labels)))
        or not (at or local)
    ):
        raise UsageError(f'{named}: "{text}" is no mail address: write it as audit@example.org')
    return text


def compose(
    subject: str,
    text: str,
    *,
    sender: str,
    recipient: str,
    at: datetime,
    run: str,
    kind: str = "report",
    chain: str | None = None,
    attachments: Sequence[Attachment] = (),
) -> EmailMessage:
    """Return a message in plain text that answers no machine. Text of lines of at most 78 characters stays as it is.

    Its Message-ID is that of run, kind, recipient and content, the same whenever it is made; the domain in it is the sender's. No
    value can add a header: what is not printable in one becomes a question mark. chain: a hash that continues the one of the
    message before.
    """
    message = EmailMessage(policy=_POLICY)
    named = digest(run, kind, recipient, subject, text, *(part for one in attachments for part in (one.name, one.content)))
    headers: Mapping[str, str | None] = {
        "From": sender,
        "To": recipient,
        "Subject": subject[:LONGEST_SUBJECT],
        "Date": format_datetime(at),
        "Message-ID": f"<{named}@{sender.rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Camscan-Run": run,
        "X-Camscan-Chain": chain,
    }
    for name, value in headers.items():
        if value is not None:
            message[name] = "".join(letter if letter.isprintable() else "?" for letter in value)
    plain = text.encode("utf-8", "backslashreplace").decode()
    cte = "7bit" if plain.isascii() else "quoted-printable"
    message.set_content(plain, charset="utf-8", cte=cte, params={"format": "fixed"})
    for one in attachments:
        main, _, sub = one.type.partition("/")
        parameters = {"charset": "utf-8"} if main == "text" else {}
        message.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name, params=parameters)
    if all(str(value).isascii() for value in message.values()):
        message.policy = _UNFOLDED
    return message


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Our account on a mail server."""

    user: str = field(repr=False)
    password: str = field(repr=False)

    def masked(self, text: str) -> str:
        """Return text without the password, should a server repeat it, in any of the forms in which it was sent."""
        forms = (f"\0{self.user}\0{self.password}", self.password)  # the longer one holds the beginning of the other
        for secret in (*(base64.b64encode(form.encode()).decode() for form in forms), self.password):
            text = text.replace(secret, MASK)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """A mail server that takes messages from us."""

    server: Server
    security: Security
    context: ssl.SSLContext
    login: Login | None = None
    patience: Patience = USUAL
    nameless: bool = False
    """Whether the server is told nothing of what this machine is called."""

    def __str__(self) -> str:
        return str(self.server)

    def send(self, message: EmailMessage, sender: str, recipient: str) -> None:
        """Give the server one message for one recipient. Raises TransportError."""
        content = message.as_bytes()
        persistently(lambda: self._once(content, sender, recipient), self.patience)

    def _once(self, content: bytes, sender: str, recipient: str) -> None:
        only_here = self.security == "none" and is_loopback(self.server.host)
        with connected(self.server, self.patience, only_here=only_here) as opened:
            try:
                self._converse(opened, content, sender, recipient)
            except smtplib.SMTPException as fault:
                cause, passing = _refusal(fault, self.patience)
                cause = self.login.masked(cause) if self.login else cause
                raise TransportError(f"{self.server}: {cause}", passing=passing) from None

    def _converse(self, opened: Connection, content: bytes, sender: str, recipient: str) -> None:
        """Go through one session. Raises smtplib.SMTPException, OSError."""
        first = self.context if self.security == "tls" else None
        session = _Session(opened, self.server.host, first, self.patience.silence_s, nameless=self.nameless)
        try:
            if self.security == "starttls":
                session.starttls(context=self.context)
            if self.login:
                session.login(self.login.user, self.login.password)
            session.sendmail(sender, [recipient], content)
            with contextlib.suppress(smtplib.SMTPException, OSError):  # the message was taken
                session.quit()
        finally:
            session.close()


class _Session(smtplib.SMTP):
    """A session over a connection that is open, in which a server's answers are bounded and no message has a total time of its own."""

    def __init__(
        self, opened: Connection, host: str, context: ssl.SSLContext | None, silence_s: float, *, nameless: bool
    ) -> None:
        self._opened = opened
        self._context = context
        # Without a name of its own smtplib would ask the resolver for one.
        name = NAMELESS if nameless else socket.gethostname()
        super().__init__(host, local_hostname=name if "." in name else NAMELESS, timeout=silence_s)

    def _get_socket(self, host: str, port: int, timeout: float) -> Connection:
        return self._context.wrap_socket(self._opened, server_hostname=host) if self._context else self._opened

    def getreply(self) -> tuple[int, bytes]:
        """Read one answer, over a file that ends where a server has said too much."""
        if self.file is None and self.sock is not None:
            self.file = _Bounded(self.sock.makefile("rb"), MOST_ANSWERED)
        return super().getreply()

    def send(self, s: Any) -> None:
        """Send bytes, or text in ASCII, in parts that each have the time limit of the connection."""
        content = s.encode("ascii") if isinstance(s, str) else s
        for at in range(0, len(content), CHUNK):
            super().send(content[at : at + CHUNK])


class _Bounded:
    """The file of a connection, at most so many bytes long."""

    def __init__(self, file: Any, most: int) -> None:
        self._file, self._left = file, most

    def readline(self, size: int) -> bytes:
        """Return the next line; nothing more beyond the bound."""
        line: bytes = self._file.readline(size) if self._left > 0 else b""
        self._left -= len(line)
        return line

    def close(self) -> None:
        self._file.close()


def _refusal(fault: smtplib.SMTPException, patience: Patience) -> tuple[str, bool]:
    """Return why a session failed, and whether it may pass: a code of 4xx, or a connection that broke."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(fault.recipients.values()))
        return f"refused the recipient: {code} {said(words)}", code < 500
    if isinstance(fault, smtplib.SMTPResponseException):
        what = {
            smtplib.SMTPSenderRefused: "refused the sender",
            smtplib.SMTPAuthenticationError: "refused the account",
            smtplib.SMTPDataError: "refused the message",
        }.get(type(fault), "refused")
        return f"{what}: {fault.smtp_code} {said(fault.smtp_error)}", fault.smtp_code < 500
    if isinstance(fault, smtplib.SMTPServerDisconnected):
        if isinstance(fault.__context__, TimeoutError):
            return f"silent for {patience.silence_s:g} s", True
        return "broke the connection off", True
    if isinstance(fault, smtplib.SMTPNotSupportedError):
        return f"{said(str(fault)).rstrip('.')}: nothing was sent", False
    return said(str(fault)) or type(fault).__name__, False
