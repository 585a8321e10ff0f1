"""Where results go besides files and standard output: mail, webhooks, syslog servers. Checked before anything is sent; each on its own."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, MutableMapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from camscan.cli import show
from camscan.cli.clock import now
from camscan.cli.delivery_settings import DeliverySettings
from camscan.cli.groups import Ending
from camscan.cli.privatefile import read_private
from camscan.errors import DeliveryError, UsageError
from camscan.model import Report

if TYPE_CHECKING:
    import ssl

    from camscan.cli.parcel import Failure, Parcel
    from camscan.cli.unattended import Telling
    from camscan.delivery.base import Patience, Security
    from camscan.delivery.connect import Server
    from camscan.delivery.mail import Login
    from camscan.report.deliver import Output

VARIABLE = "CAMSCAN_SMTP_PASSWORD"
LONGEST_PASSWORD = 1024
SHORTEST_KEY, LONGEST_KEY = 16, 4096
"""Bytes of the secret that signs what a webhook gets."""
MOST_RECIPIENTS = 100
WAITS_S = (2.0, 8.0)
"""Before the second try and before each further one."""
REDACTED_SENDER = "camscan@localhost.invalid"
"""Who sends what is redacted, where no sender is set: a name that is nobody's (RFC 2606)."""
REDACTED_SITE = "(redacted)"
KEEP_ONE = "no file holds the report: -o FILE keeps one"


@dataclass(frozen=True, slots=True)
class Destination:
    """One place to which a report goes."""

    name: str
    """As people read it; no secret is in it."""
    deliver: Callable[[Parcel | Failure], None]
    """Raises DeliveryError with the cause."""
    for_people: bool = False
    """Who reads it is told of changes alone, where nobody watches the run."""
    places: tuple[str, ...] = ()
    """How a cause may begin: with the place, which the name has already."""

    def cause(self, fault: DeliveryError) -> str:
        """Return why a delivery failed, without the place in front."""
        words = str(fault)
        return next((words.removeprefix(f"{place}: ") for place in self.places if words.startswith(f"{place}: ")), words)


@dataclass(slots=True)
class Deliveries:
    """All places to which a report goes; what they need of this machine is made ready while the context is open."""

    destinations: tuple[Destination, ...] = ()
    programs: tuple[AbstractContextManager[Any], ...] = ()
    """Entered before capabilities are given up."""
    _open: ExitStack = field(default_factory=ExitStack)

    @property
    def names(self) -> tuple[str, ...]:
        """The destinations, as people read them."""
        return tuple(one.name for one in self.destinations)

    def __enter__(self) -> Deliveries:
        """Make ready."""
        for program in self.programs:
            self._open.enter_context(program)
        return self

    def __exit__(self, *fault: object) -> None:
        """Put away."""
        self._open.close()

    def send(
        self,
        report: Report,
        written: Sequence[Output],
        *,
        quiet: bool,
        redacted: bool = False,
        telling: Telling | None = None,
        held: str = KEEP_ONE,
    ) -> tuple[str, ...]:
        """Send a report to every destination, one after the other, and say of each how it went; return who has it not, and why.

        written: the files that hold it; redacted: the name of this machine does not go along either; telling: what is told of it
        where nobody watches the run; held: what is said of where it is, should it not arrive. No failure keeps the others back.
        """
        from camscan.cli.parcel import Parcel

        host = None if redacted else socket.gethostname()
        if telling is None:
            parcel = Parcel(report, written, now(), host)
        else:
            parcel = Parcel(report, written, now(), host, told=telling.message, run_alone=not telling.speaks)
        wanted = [one for one in self.destinations if telling is None or telling.mails or not one.for_people]
        return self._deliver(parcel, wanted, held, quiet=quiet)

    def send_failure(
        self, words: str, site: str, marking: str | None, *, redacted: bool, chain_head: str = ""
    ) -> tuple[str, ...]:
        """Tell every destination that a run came to nothing, and why; return who does not know, and because of what.

        chain_head: as of Run; redacted: neither site nor machine is named.
        """
        from camscan.cli.parcel import Failure

        failed = Failure(
            words,
            REDACTED_SITE if redacted else site,
            marking,
            now(),
            host=None if redacted else socket.gethostname(),
            chain_head=chain_head,
        )
        return self._deliver(failed, self.destinations, "there is no report", quiet=True)

    def _deliver(self, parcel: Parcel | Failure, wanted: Sequence[Destination], kept: str, *, quiet: bool) -> tuple[str, ...]:
        missing: list[str] = []
        bug: Exception | None = None
        for one in wanted:
            show.note(f"sending {one.name}", quiet=quiet)
            try:
                one.deliver(parcel)
            except DeliveryError as fault:
                missing.append(f"{one.name}: {one.cause(fault)}")
                show.closing(f"camscan: not delivered: {missing[-1]}; {kept}")
            except Exception as fault:  # a bug in one way of sending keeps the report from nobody else; it is raised below
                bug = bug or fault
        if bug is not None:
            raise bug
        return tuple(missing)


def deliveries_of(
    ending: Ending, settings: DeliverySettings, environment: MutableMapping[str, str] | None = None
) -> Deliveries:
    """Return where the report goes, with every address, file and setting checked. Raises UsageError naming the flag or key.

    The password of the mail server is taken out of the environment, so that no program that camscan starts inherits it.
    """
    environment = os.environ if environment is None else environment
    password = environment.pop(VARIABLE, "")
    if not ending.sends:
        return Deliveries()
    from camscan.delivery.base import Patience

    patience = Patience(
        tries=settings.retries + 1, waits_s=WAITS_S, silence_s=settings.timeout, try_s=max(120, 2 * settings.timeout)
    )
    made, programs = _mails(tuple(dict.fromkeys(ending.mail or ())), settings, password, patience, redacted=ending.redact)
    made += _webhooks(tuple(dict.fromkeys(ending.webhook or ())), settings, patience)
    made += _syslogs(tuple(dict.fromkeys(ending.syslog or ())), settings, patience)
    return Deliveries(tuple(made), programs)


def where_held(written: Sequence[Output], kept_as: str | None, source: str | None) -> str:
    """Return where a report is that does not arrive. kept_as: the run's id in the store; source: what the command made it from."""
    places = []
    if written:
        places.append(f"the report is kept in {', '.join(str(one.path) for one in written)}")
    if kept_as is not None:
        places.append(f"the run is kept as {kept_as}: camscan report {kept_as} makes the report again")
    if not places and source is not None:
        places.append(f"{source} is still there: the same command makes the report again")
    return "; ".join(places) or KEEP_ONE


def _mails(
    recipients: Sequence[str], settings: DeliverySettings, password: str, patience: Patience, *, redacted: bool
) -> tuple[list[Destination], tuple[AbstractContextManager[Any], ...]]:
    """Return a destination for each recipient, and the program that takes them where no server is set.

    redacted: whether the name of this machine is kept from them.
    """
    from camscan.delivery.mail import Smtp, checked_address

    if not recipients:
        return [], ()
    if len(recipients) > MOST_RECIPIENTS:
        raise UsageError(f"--mail: at most {MOST_RECIPIENTS} recipients: name a mailing list")
    for one in recipients:
        checked_address(one, "--mail", local=settings.smtp is None)
    given = settings.mail_from
    if given is not None:
        checked_address(given, f"{settings.origin}: delivery.mail_from")
    if settings.smtp is None:
        return _by_program(recipients, settings, given or (REDACTED_SENDER if redacted else None), patience)
    if given is None:
        raise UsageError(f'{settings.origin}: delivery.smtp needs mail_from: mail_from = "camscan@example.org"')
    server, security = _mail_server(settings)
    smtp = Smtp(
        server=server,
        security=security,
        context=_trusting(settings, "smtp"),
        login=_login(settings, server, password),
        patience=patience,
        nameless=redacted,
    )

    def to(recipient: str) -> Destination:
        return Destination(
            f"mail to {recipient} by {smtp}",
            lambda parcel: smtp.send(parcel.mail(given, recipient), given, recipient),
            for_people=True,
            places=(str(smtp),),
        )

    return [to(one) for one in recipients], ()


def _by_program(
    recipients: Sequence[str], settings: DeliverySettings, sender: str | None, patience: Patience
) -> tuple[list[Destination], tuple[AbstractContextManager[Any], ...]]:
    from camscan.delivery.sendmail import Sendmail

    path = settings.sendmail
    if not path.is_absolute() or not path.is_file() or not os.access(path, os.X_OK):
        raise UsageError(
            f"--mail: there is no program {path}: install a mail program that brings one, "
            'or set the server in [delivery]: smtp = "mail.example.org:587"'
        )
    program = Sendmail(path, sender, recipients, patience)
    shown = sender or f"camscan@{_host()}"

    def to(recipient: str) -> Destination:
        return Destination(
            f"mail to {recipient} by {path}",
            lambda parcel: program.send(parcel.mail(shown, recipient), recipient),
            for_people=True,
            places=(str(program),),
        )

    return [to(one) for one in recipients], (program,)


def _mail_server(settings: DeliverySettings) -> tuple[Server, Security]:
    """Return the mail server and how it is spoken to. Raises UsageError where that would be in the clear and was not meant."""
    from camscan.delivery.connect import is_loopback, server_of
    from camscan.delivery.mail import PORTS

    named = f"{settings.origin}: delivery.smtp"
    server = server_of(settings.smtp or "", PORTS[settings.smtp_tls], named)
    if settings.smtp_tls == "none" and not is_loopback(server.host) and not settings.smtp_insecure:
        raise UsageError(
            f'{named}_tls = "none": the report would travel in the clear to {server}: '
            'use "starttls" or "tls", or state smtp_insecure = true'
        )
    return server, settings.smtp_tls


def _login(settings: DeliverySettings, server: Server, password: str) -> Login | None:
    """Return the account on the mail server; None where none is set. Raises UsageError, never with a value of it."""
    from camscan.delivery.connect import is_loopback
    from camscan.delivery.mail import Login

    named = f"{settings.origin}: delivery.smtp_password_file"
    if settings.smtp_password_file is not None and not password:
        content = read_private(settings.smtp_password_file, named, LONGEST_PASSWORD)
        password = content.decode("utf-8", "surrogateescape").rstrip("\r\n")
    if not settings.smtp_user:
        if password:
            raise UsageError(f"{settings.origin}: a password for the mail server is given and no delivery.smtp_user")
        return None
    if not password:
        raise UsageError(
            f"{settings.origin}: delivery.smtp_user has no password: set smtp_password_file (mode 0600), or {VARIABLE}"
        )
    if not password.isprintable() or not password.isascii() or not settings.smtp_user.isascii():
        raise UsageError(f"{settings.origin}: the account on the mail server holds more than printable ASCII")
    if settings.smtp_tls == "none" and not is_loopback(server.host):
        raise UsageError(f"{settings.origin}: delivery.smtp_user: no password travels in the clear: use smtp_tls")
    return Login(user=settings.smtp_user, password=password)


def _webhooks(urls: Sequence[str], settings: DeliverySettings, patience: Patience) -> list[Destination]:
    if not urls:
        return []
    from camscan import __version__
    from camscan.delivery.webhook import Webhook, endpoint_of

    if settings.webhook_key is None:
        raise UsageError(
            "--webhook: what is posted is signed, and there is no key: openssl rand -hex 32 > FILE; chmod 600 FILE; "
            'then in [delivery]: webhook_key = "FILE"'
        )
    named = f"{settings.origin}: delivery.webhook_key"
    key = read_private(settings.webhook_key, named, LONGEST_KEY).strip()
    if len(key) < SHORTEST_KEY:
        raise UsageError(f"{named} {settings.webhook_key}: shorter than {SHORTEST_KEY} bytes: openssl rand -hex 32")
    context = _trusting(settings, "webhook")

    def to(url: str) -> Destination:
        endpoint = endpoint_of(url, "--webhook")
        hook = Webhook(endpoint=endpoint, key=key, context=context, agent=f"camscan/{__version__}", now=now, patience=patience)
        return Destination(
            f"webhook {endpoint}",
            lambda parcel: hook.send(parcel.event, parcel.delivery(url)),
            places=(str(endpoint), str(endpoint.server)),
        )

    return [to(url) for url in urls]


def _syslogs(texts: Sequence[str], settings: DeliverySettings, patience: Patience) -> list[Destination]:
    if not texts:
        return []
    from camscan.delivery.syslog import Syslog, syslog_server

    context = _trusting(settings, "syslog")

    def to(text: str) -> Destination:
        server, tls = syslog_server(text, "--syslog")
        sink = Syslog(server=server, context=context if tls else None, patience=patience)
        named = f"syslog {server}" + ("" if tls else " (plain TCP)")
        return Destination(named, lambda parcel: sink.send(parcel.messages), places=(str(server),))

    return [to(text) for text in texts]


def _trusting(settings: DeliverySettings, what: str) -> ssl.SSLContext:
    """Return the terms of TLS for one kind of server. Raises UsageError naming the key and the file."""
    from camscan.delivery.connect import trusting

    ca, named = getattr(settings, f"{what}_ca"), f"{settings.origin}: delivery.{what}"
    if what != "syslog" or (settings.syslog_cert is None and settings.syslog_key is None):
        return trusting(ca, named)
    if settings.syslog_cert is None or settings.syslog_key is None:
        raise UsageError(f"{named}_cert and syslog_key belong together: set both, or neither")
    read_private(settings.syslog_key, f"{named}_key", 1 << 16)
    return trusting(ca, named, settings.syslog_cert, settings.syslog_key)


def _host() -> str:
    """Return the name of this machine as it may stand in an address."""
    from camscan.delivery.mail import checked_address

    name = socket.gethostname()
    try:
        return checked_address(f"camscan@{name}", "").rpartition("@")[2]
    except UsageError:
        return "localhost"
