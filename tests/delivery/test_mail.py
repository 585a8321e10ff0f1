"""Messages, and their way through SMTP servers that take them, refuse them, die and hang."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from camscan.delivery.base import Patience, TransportError
from camscan.delivery.connect import Server, trusting
from camscan.delivery.mail import MASK, Attachment, Login, Smtp, checked_address, compose
from camscan.errors import UsageError
from tests.delivery import servers
from tests.delivery.conftest import Certificates
from tests.delivery.servers import HERE, Mailbox

SENDER, TO = "camscan@scanner.example.org", "audit@example.org"
AT = datetime(2026, 11, 21, 18, 5, tzinfo=UTC)
PASSWORD = "a long password"


def message(**changes: object) -> EmailMessage:
    values = {"sender": SENDER, "recipient": TO, "at": AT, "run": "20261121T180000Z-hq"} | changes
    return compose("[camscan] hq: 3 prohibited", "Answer: 3\n", **values)  # type: ignore[arg-type]


def read_back(made: EmailMessage) -> EmailMessage:
    return message_from_bytes(made.as_bytes().replace(b"\r\n", b"\n"), policy=policy.default)  # type: ignore[return-value]


@pytest.mark.parametrize("address", ["audit@example.org", "a.b+c@x", "R_N@sub.example.org", "o'neill@example.org"])
def test_an_address_of_a_mailbox_is_taken_as_it_stands(address: str) -> None:
    assert checked_address(address, "--mail") == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "audit",
        "@example.org",
        "audit@",
        "a b@example.org",
        "audit@example.org\r\nBcc: all@example.org",
        "audit@example.org, b@example.org",
        "<audit@example.org>",
        '"a b"@example.org',
        "audit@-x.example.org",
        "audit@exa..mple.org",
        ".audit@example.org",
        "a..b@example.org",
        "-oQ/tmp@example.org",
        "au\u0308dit@example.org",
        "audit@ex\u00e4mple.org",
        "a" * 65 + "@example.org",
        "a@" + "b" * 254,
        "a@b@example.org",
    ],
)
@pytest.mark.parametrize("local", [False, True])
def test_what_is_no_address_is_refused(address: str, local: bool) -> None:
    if address == "audit" and local:
        assert checked_address(address, "--mail", local=True) == "audit"
    else:
        with pytest.raises(UsageError) as refused:
            checked_address(address, "--mail", local=local)
        assert "is no mail address" in str(refused.value)


def test_a_message_says_who_when_and_of_which_run_and_answers_no_machine() -> None:
    made = read_back(message(chain="ab" * 32))
    assert {
        name: str(made[name]).strip()
        for name in made
        if name not in ("Message-ID", "Content-Type", "Content-Transfer-Encoding")
    } == {
        "From": SENDER,
        "To": TO,
        "Subject": "[camscan] hq: 3 prohibited",
        "Date": "Sat, 21 Nov 2026 18:05:00 +0000",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Camscan-Run": "20261121T180000Z-hq",
        "X-Camscan-Chain": "ab" * 32,
        "MIME-Version": "1.0",
    }
    assert made.get_content_type() == "text/plain"
    assert made.get_param("format") == "fixed"


def test_the_message_id_is_that_of_run_kind_recipient_and_content() -> None:
    first = message()["Message-ID"]
    assert first == message(at=datetime(2027, 1, 1, tzinfo=UTC))["Message-ID"]
    others = {
        message(**change)["Message-ID"] for change in ({"run": "other"}, {"recipient": "b@example.org"}, {"kind": "change"})
    }
    names = {"sender": SENDER, "recipient": TO, "at": AT, "run": "20261121T180000Z-hq"}
    others |= {
        compose("SECRET [camscan] hq: 3 prohibited", "Answer: 3\n", **names)["Message-ID"],  # type: ignore[arg-type]
        compose("[camscan] hq: 3 prohibited", "Answer: three\n", **names)["Message-ID"],  # type: ignore[arg-type]
        message(attachments=(Attachment(name="a.json", content=b"{}", type="application/json"),))["Message-ID"],
        message(attachments=(Attachment(name="a.json", content=b"[]", type="application/json"),))["Message-ID"],
    }
    assert len({first, *others}) == 8
    assert first.endswith("@scanner.example.org>")


@pytest.mark.parametrize("place", ["subject", "run", "chain"])
@pytest.mark.parametrize(
    "evil", ["x\r\nBcc: all@example.org", "x\nBcc: all@example.org", "x\rBcc: a@example.org", "x\u2028Bcc: y", "x\x00\x1b[2J"]
)
def test_no_value_adds_a_header(place: str, evil: str) -> None:
    values: dict[str, str] = {place: evil}
    made = compose(values.pop("subject", "s"), "t\n", **{"sender": SENDER, "recipient": TO, "at": AT, "run": "r"} | values)  # type: ignore[arg-type]
    again = read_back(made)
    assert again["Bcc"] is None
    assert again.keys().count("Subject") == 1
    assert not again.defects
    assert again.get_content() == "t\n"


@pytest.mark.parametrize(
    "text", ["Pozna\u0144 \u2192 Hikvision \U0001f4f7", "\udce9 lone", "x" * 900, ". leading dot\n.\n..\nFrom me\n"]
)
def test_any_text_arrives_in_lines_that_every_server_takes(text: str) -> None:
    made = compose(text.replace("\n", " "), text, sender=SENDER, recipient=TO, at=AT, run=text[:9])
    sent = made.as_bytes()
    assert sent.isascii()
    assert max(map(len, sent.split(b"\r\n"))) <= 998
    assert read_back(made).get_content().rstrip("\n") == text.encode("utf-8", "backslashreplace").decode().rstrip("\n")


@pytest.mark.parametrize("word", ["x", "ń"])
@pytest.mark.parametrize("length", [1, 55, 60, 62, 65, 70, 80, 200, 490])
def test_a_subject_begins_on_its_own_line_with_the_marking(word: str, length: int) -> None:
    subject = f"OFFICIAL [camscan] {word}: " + "3 prohibited, " * (length // 14) + "y" * (length % 14)
    made = compose(subject, "t\n", sender=SENDER, recipient=TO, at=AT, run="r")
    (line,) = (line for line in made.as_bytes().split(b"\r\n") if line.startswith(b"Subject"))
    assert line.startswith((b"Subject: OFFICIAL", b"Subject: =?utf-8?"))
    assert read_back(made)["Subject"] == subject[:500].rstrip() or subject.endswith(" ")
    assert max(map(len, made.as_bytes().split(b"\r\n"))) <= (998 if word == "x" else 78)


def test_attachments_arrive_as_they_were() -> None:
    content = bytes(range(256)) * 300
    one = Attachment(name="report.json", content=content, type="application/json")
    page = Attachment(name="report.html", content="<p>\u2192</p>".encode(), type="text/html")
    made = message(attachments=(one, page))
    found = list(read_back(made).iter_attachments())
    assert [(part.get_filename(), part.get_content_type()) for part in found] == [
        ("report.json", "application/json"),
        ("report.html", "text/html"),
    ]
    assert found[0].get_content() == content
    assert found[1].get_content() == "<p>\u2192</p>"
    assert max(map(len, made.as_bytes().split(b"\r\n"))) <= 78
    assert abs(one.size - len(made.as_bytes())) < 2000
    assert one.size > len(content) * 4 / 3


Sends = Callable[..., Smtp]


@pytest.fixture
def smtp(certificates: Certificates, hasty: Patience) -> Sends:
    def made(port: int, security: str = "starttls", **changes: object) -> Smtp:
        context = trusting(certificates.ca, "smtp")
        return replace(Smtp(server=Server(HERE, port), security=security, context=context, patience=hasty), **changes)  # type: ignore[arg-type]

    return made


def failed(server: Smtp, sent: EmailMessage | None = None) -> TransportError:
    with pytest.raises(TransportError) as caught:
        server.send(sent or message(), SENDER, TO)
    return caught.value


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
def test_a_message_goes_to_the_server_as_it_was_made(certificates: Certificates, smtp: Sends, security: str) -> None:
    mailbox = Mailbox()
    tls = certificates.server if security != "none" else None
    strict = {"require_starttls": True} if security == "starttls" else {}
    sent = message(attachments=(Attachment(name="a.json", content=b"\n." * 50_000, type="application/json"),))
    with servers.mail_server(mailbox, tls, implicit=security == "tls", **strict) as port:
        smtp(port, security).send(sent, SENDER, TO)
    (taken,) = mailbox.taken
    assert (taken.mail_from, taken.rcpt_tos) == (SENDER, [TO])
    assert taken.content is not None
    again = message_from_bytes(taken.content, policy=policy.default)
    assert again["Message-ID"] == sent["Message-ID"]
    assert next(again.iter_attachments()).get_content() == b"\n." * 50_000  # type: ignore[attr-defined]


@pytest.mark.parametrize("called", ["scanner.example.org", "scanner"])
@pytest.mark.parametrize("nameless", [False, True])
def test_the_server_is_told_the_name_of_this_machine_unless_that_is_kept_from_it(
    smtp: Sends, monkeypatch: pytest.MonkeyPatch, called: str, nameless: bool
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: called)
    mailbox = Mailbox()
    with servers.mail_server(mailbox) as port:
        smtp(port, "none", nameless=nameless).send(message(), SENDER, TO)
    assert mailbox.names == [called if "." in called and not nameless else "[127.0.0.1]"]


def test_the_account_is_proven_after_tls_began(certificates: Certificates, smtp: Sends) -> None:
    mailbox = Mailbox()
    options = {"authenticator": mailbox.knows, "auth_required": True, "auth_require_tls": True}
    with servers.mail_server(mailbox, certificates.server, **options) as port:
        smtp(port, login=Login(user="camscan", password=PASSWORD)).send(message(), SENDER, TO)
    assert mailbox.logins == [(b"camscan", PASSWORD.encode())]
    assert len(mailbox.taken) == 1


def test_an_account_that_is_refused_is_tried_once_and_its_password_stands_in_no_message(
    certificates: Certificates, smtp: Sends
) -> None:
    mailbox = Mailbox()
    login = Login(user="camscan", password="a wrong password")
    with servers.mail_server(mailbox, certificates.server, authenticator=mailbox.knows, auth_required=True) as port:
        fault = failed(smtp(port, login=login))
    assert str(fault).startswith(f"127.0.0.1:{port}: refused the account: 535 ")
    assert not fault.passing
    assert mailbox.taken == []
    assert "wrong" not in str(fault) + repr(login)


def test_a_password_that_the_server_repeats_is_masked(smtp: Sends) -> None:
    def repeats(link) -> None:
        link.sendall(b"220 mx\r\n")
        link.recv(1000)
        link.sendall(b"250-mx\r\n250 AUTH PLAIN\r\n")
        link.sendall(b"535 no: " + link.recv(1000).strip() + b" is " + PASSWORD.encode() + b"\r\n")
        link.recv(1000)

    with servers.listening(repeats) as port:
        fault = failed(smtp(port, "none", login=Login(user="camscan", password=PASSWORD)))
    assert str(fault) == f"127.0.0.1:{port}: refused the account: 535 no: AUTH PLAIN {MASK} is {MASK}"


def test_without_starttls_nothing_is_sent(smtp: Sends) -> None:
    mailbox = Mailbox()
    with servers.mail_server(mailbox) as port:
        fault = failed(smtp(port))
    assert str(fault) == f"127.0.0.1:{port}: STARTTLS extension not supported by server: nothing was sent"
    assert not fault.passing
    assert mailbox.taken == []


def test_a_certificate_that_is_not_trusted_ends_it_before_the_message(certificates: Certificates, smtp: Sends) -> None:
    mailbox = Mailbox()
    with servers.mail_server(mailbox, certificates.server) as port:
        fault = failed(smtp(port, context=ssl.create_default_context()))
    assert "its certificate is not trusted: self-signed certificate in certificate chain" in str(fault)
    assert not fault.passing
    assert (mailbox.taken, mailbox.greetings) == ([], 1)


@pytest.mark.parametrize(("answer", "tries"), [("550 5.1.1 no such user here", 1), ("450 4.2.0 greylisted, come back", 3)])
def test_a_recipient_that_is_refused_is_named_with_the_answer(smtp: Sends, answer: str, tries: int) -> None:
    mailbox = Mailbox(refused={TO: answer})
    with servers.mail_server(mailbox) as port:
        fault = failed(smtp(port, "none"))
    assert str(fault) == f"127.0.0.1:{port}: refused the recipient: {answer}" + (" (tried 3 times)" if tries == 3 else "")
    assert mailbox.greetings == tries


def test_a_message_that_is_too_large_for_the_server_is_told_once(smtp: Sends) -> None:
    mailbox = Mailbox()
    large = message(attachments=(Attachment(name="a", content=bytes(100_000), type="application/json"),))
    with servers.mail_server(mailbox, data_size_limit=50_000) as port:
        fault = failed(smtp(port, "none"), sent=large)
    assert str(fault).startswith(f"127.0.0.1:{port}: refused the sender: 552 ")
    assert not fault.passing
    assert mailbox.greetings == 1


def test_a_server_that_dies_while_it_takes_the_message_gets_it_again(smtp: Sends) -> None:
    mailbox = Mailbox()
    kind = type("Dies", (servers.DiesInData,), {"times": 1})
    with servers.mail_server(mailbox, kind=kind) as port:
        smtp(port, "none").send(message(), SENDER, TO)
    assert (len(mailbox.taken), mailbox.greetings) == (1, 2)


def test_a_server_that_always_dies_is_given_up_after_three_tries(smtp: Sends) -> None:
    mailbox = Mailbox()
    kind = type("Dies", (servers.DiesInData,), {"times": 9})
    with servers.mail_server(mailbox, kind=kind) as port:
        fault = failed(smtp(port, "none"))
    assert str(fault) == f"127.0.0.1:{port}: broke the connection off (tried 3 times)"
    assert (mailbox.taken, mailbox.greetings) == ([], 3)


def test_a_server_that_hangs_is_given_up(smtp: Sends, once: Patience) -> None:
    with servers.listening(servers.silent) as port:
        fault = failed(smtp(port, "none", patience=once))
    assert str(fault) == f"127.0.0.1:{port}: silent for 0.3 s"


def test_a_server_that_trickles_is_given_up(smtp: Sends, once: Patience) -> None:
    with servers.listening(servers.trickling) as port:
        fault = failed(smtp(port, "none", patience=once))
    assert str(fault) == f"127.0.0.1:{port}: not finished within 0.6 s"


def test_a_server_that_answers_without_end_is_given_up(smtp: Sends, hasty: Patience) -> None:
    with servers.listening(servers.chattering) as port:
        fault = failed(smtp(port, "none", patience=replace(hasty, tries=1)))
    assert str(fault) == f"127.0.0.1:{port}: broke the connection off"


def test_a_message_that_was_taken_counts_although_the_server_dies_before_it_says_goodbye(smtp: Sends) -> None:
    taken = []

    def dies(link) -> None:
        link.sendall(b"220 mx\r\n")
        for answer in (b"250 mx\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            link.recv(65536)
            link.sendall(answer)
        received = b""
        while not received.endswith(b"\r\n.\r\n"):
            received += link.recv(65536)
        taken.append(received)
        link.sendall(b"250 taken\r\n")

    with servers.listening(dies) as port:
        smtp(port, "none").send(message(), SENDER, TO)
    assert len(taken) == 1
