"""What `--mail`, `--webhook` and `--syslog` cannot do with their settings is refused before the run, and no password is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from camscan.cli.configuration import configuration
from camscan.cli.delivery_settings import DeliverySettings
from camscan.cli.groups import Ending
from camscan.cli.sending import deliveries_of
from camscan.errors import UsageError

TO = "audit@example.org"


def settings(**values: object) -> DeliverySettings:
    return replace(DeliverySettings(origin="config.toml"), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "values", "said"),
    [
        ({"mail": ["audit at example.org"]}, {}, '--mail: "audit at example.org" is no mail address'),
        ({"mail": [TO]}, {"sendmail": Path("/nowhere/sendmail")}, "--mail: there is no program /nowhere/sendmail"),
        ({"mail": [TO]}, {"sendmail": Path("/etc/passwd")}, "--mail: there is no program /etc/passwd"),
        ({"mail": [TO]}, {"sendmail": Path("sh")}, "--mail: there is no program sh"),
        ({"mail": [f"a{n}@x" for n in range(101)]}, {}, "--mail: at most 100 recipients"),
        ({"mail": ["root"]}, {"smtp": "mx", "mail_from": "a@b"}, '--mail: "root" is no mail address'),
        ({"mail": [TO]}, {"smtp": "mx"}, "config.toml: delivery.smtp needs mail_from"),
        ({"mail": [TO]}, {"smtp": "mx", "mail_from": "x"}, 'config.toml: delivery.mail_from: "x" is no mail address'),
        ({"mail": [TO]}, {"smtp": "mx:x", "mail_from": "a@b"}, 'config.toml: delivery.smtp: "mx:x" has no port'),
        (
            {"mail": [TO]},
            {"smtp": "mx", "mail_from": "a@b", "smtp_tls": "none"},
            "the report would travel in the clear to mx:25",
        ),
        ({"mail": [TO]}, {"smtp": "mx", "mail_from": "a@b", "smtp_user": "u"}, "delivery.smtp_user has no password"),
        (
            {"mail": [TO]},
            {"smtp": "mx", "mail_from": "a@b", "smtp_ca": Path("/nowhere")},
            "config.toml: delivery.smtp_ca /nowhere: no certificates",
        ),
        ({"webhook": ["https://soc.example.org/"]}, {}, "--webhook: what is posted is signed, and there is no key"),
        (
            {"webhook": ["https://soc.example.org/"]},
            {"webhook_key": Path("/nowhere")},
            "delivery.webhook_key /nowhere: cannot be read",
        ),
        ({"syslog": ["udp://logs.example.org"]}, {}, "--syslog: UDP loses messages"),
        ({"syslog": ["logs.example.org"]}, {"syslog_ca": Path("/nowhere")}, "delivery.syslog_ca /nowhere: no certificates"),
        ({"syslog": ["logs.example.org"]}, {"syslog_cert": Path("/nowhere")}, "syslog_cert and syslog_key belong together"),
        (
            {"syslog": ["logs.example.org"]},
            {"syslog_cert": Path("/x"), "syslog_key": Path("/x")},
            "delivery.syslog_key /x: cannot be read",
        ),
    ],
)
def test_what_cannot_work_is_refused_before_the_run(wanted: dict[str, list[str]], values: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        deliveries_of(Ending(**wanted), settings(**values), {})  # type: ignore[arg-type]
    assert said in str(refused.value)


def by_smtp(**values: object) -> DeliverySettings:
    return settings(**{"smtp": "mx", "mail_from": "a@b", "smtp_user": "u"} | values)


def test_the_password_of_the_mail_server_is_taken_out_of_the_environment() -> None:
    environment = {"CAMSCAN_SMTP_PASSWORD": "s3cret", "PATH": "/bin"}
    made = deliveries_of(Ending(mail=[TO]), by_smtp(), environment)
    assert environment == {"PATH": "/bin"}
    assert made.names == (f"mail to {TO} by mx:587",)
    unused = {"CAMSCAN_SMTP_PASSWORD": "s3cret"}
    deliveries_of(Ending(), settings(), unused)
    assert unused == {}


@pytest.mark.parametrize(
    ("mode", "text", "said"),
    [
        (0o644, "s3cret", "others may read it (mode 0644): chmod 600"),
        (0o600, "s3" * 1000, "longer than 1024 bytes"),
        (0o600, "s3\u0144", "more than printable ASCII"),
        (0o600, "\n", "has no password"),
    ],
)
def test_a_password_file_is_private_and_its_content_never_shown(tmp_path: Path, mode: int, text: str, said: str) -> None:
    file = tmp_path / "password"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(UsageError) as refused:
        deliveries_of(Ending(mail=[TO]), by_smtp(smtp_password_file=file), {})
    assert said in str(refused.value)
    assert "s3" not in str(refused.value).replace(str(tmp_path), "")


@pytest.mark.parametrize("insecure", [False, True])
def test_a_password_travels_in_the_clear_to_nobody(insecure: bool) -> None:
    clear = {"smtp_tls": "none", "smtp_insecure": insecure}
    with pytest.raises(UsageError, match="in the clear"):
        deliveries_of(Ending(mail=[TO]), by_smtp(**clear), {"CAMSCAN_SMTP_PASSWORD": "s3cret"})
    assert deliveries_of(Ending(mail=[TO]), by_smtp(**clear, smtp="127.0.0.1"), {"CAMSCAN_SMTP_PASSWORD": "s3cret"}).names


def test_a_report_travels_in_the_clear_only_where_that_is_stated() -> None:
    stated = settings(smtp="mx", mail_from="a@b", smtp_tls="none", smtp_insecure=True)
    assert deliveries_of(Ending(mail=[TO]), stated, {}).names == (f"mail to {TO} by mx:25",)


def test_a_short_key_signs_nothing(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("short\n")
    key.chmod(0o600)
    with pytest.raises(UsageError, match="shorter than 16 bytes"):
        deliveries_of(Ending(webhook=["https://x/"]), settings(webhook_key=key), {})


def test_a_destination_that_is_named_twice_is_one() -> None:
    assert len(deliveries_of(Ending(syslog=["logs", "logs", "[::1]"]), settings(), {}).destinations) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('smpt = "x"', "delivery.smpt is not a setting: did you mean smtp?"),
        ("smtp = 25", "delivery.smtp must be text on one line"),
        ('smtp = "a\\nb"', "delivery.smtp must be text on one line"),
        ('smtp_tls = "ssl"', 'delivery.smtp_tls "ssl" is not known: use starttls, tls or none'),
        ('smtp_insecure = "yes"', "delivery.smtp_insecure must be true or false"),
        ("timeout = 0", "delivery.timeout must be a whole number from 1 to 600"),
        ("retries = true", "delivery.retries must be a whole number from 0 to 10"),
        ('origin = "x"', "delivery.origin is not a setting"),
    ],
)
def test_a_setting_that_will_not_do_is_named_with_its_file(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[delivery]\n{line}\n")
    with pytest.raises(UsageError) as refused:
        configuration({"HOME": str(tmp_path)}, file)
    assert str(refused.value).startswith(f"{file}: {said}")


def test_settings_are_those_of_both_files_and_the_user_stands_above(tmp_path: Path) -> None:
    system, own = tmp_path / "system.toml", tmp_path / "camscan" / "config.toml"
    own.parent.mkdir()
    system.write_text('[delivery]\nsmtp = "mx"\nsmtp_tls = "tls"\ntimeout = 5\n')
    own.write_text('[delivery]\nsmtp = "own"\nsmtp_ca = "~/ca.pem"\n')
    found = configuration({"XDG_CONFIG_HOME": str(tmp_path)}, system).delivery
    assert (found.smtp, found.smtp_tls, found.timeout, found.origin) == ("own", "tls", 5, str(own))
    assert found.smtp_ca == Path("~/ca.pem").expanduser()
    system.write_text('delivery = "mx"\n')
    with pytest.raises(UsageError, match=r"system\.toml: delivery must be a table"):
        configuration({"XDG_CONFIG_HOME": str(tmp_path)}, system)
