"""Every setting with its meaning, for people: what `camscan config show` lists and what the page of settings is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from camscan.cli.configuration import VARIABLES, Configuration

MASK = "***"
SECRETS = ("CAMSCAN_USER", "CAMSCAN_PASSWORD", "CAMSCAN_SMTP_PASSWORD")
"""Variables that hold accounts; camscan takes them out of its environment, and no file of settings may hold them."""
SNMP = "CAMSCAN_SNMP_"
"""Variables that begin so hold an account of SNMP, or name switches and routers."""
OTHERS = {"CAMSCAN_DEBUG": "Show the traceback of an internal error."}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its key with the table before it, what it means, what holds where it is not set, and how a file writes it."""

    key: str
    meaning: str
    default: str
    example: str

    @property
    def variable(self) -> str | None:
        """The environment variable that sets it, if there is one."""
        return next((name for name, key in VARIABLES.items() if key == self.key), None)


SETTINGS: tuple[Setting, ...] = (
    Setting("policy", "By which rules devices are judged; several may be named.", "none; asked for", '["uk-department"]'),
    Setting("contact", "Whom an operator may ask; stands in the User-Agent of every request.", "none", '"soc@example.org"'),
    Setting("pace", "How fast: polite, normal or fast.", "polite", '"polite"'),
    Setting("data", "A folder of fingerprints and policies in place of the shipped one.", "the shipped data", '"/srv/camscan/data"'),
    Setting("sites", "The file of sites: what you state about each range.", "none", '"/etc/camscan/sites.toml"'),
    Setting("store", "Where runs are kept: a path, or the URL of a PostgreSQL database.", "none: nothing is kept; with --keep, the state folder", '"/srv/camscan/runs.sqlite"'),
    Setting("attestations", "What persons stated of devices.", "the user's data folder", '"/srv/camscan/attestations.toml"'),
    Setting("exceptions", "Recorded acceptances and replacement plans.", "the user's data folder", '"/srv/camscan/exceptions.toml"'),
    Setting("exception_days", "Days for which an exception may be given at most.", "180", "180"),
    Setting("signing_key", "The private key that evidence packages are signed with.", "none", '"/etc/camscan/signer.pem"'),
    Setting("trusted_keys", "Public keys whose signatures count.", "none", '["/etc/camscan/signer-public.pem"]'),
    Setting("site.name", "The name of the site.", "the host name", '"hq"'),
    Setting("site.class", "sensitive or other.", "not stated", '"sensitive"'),
    Setting("site.zone", "core or separate: which network the devices stand in.", "not stated", '"core"'),
    Setting("site.purpose", "What the site is for: facility-security, critical-infrastructure, public-safety, national-security or none.", "not stated", '"facility-security"'),
    Setting("site.decision", "What a department has decided: extend, not-extend or pending.", "not stated", '"extend"'),
    Setting("site.decision_on", "The day of that decision.", "not stated", '"2025-03-03"'),
    Setting("site.decision_reference", "Its reference.", "not stated", '"SEC-12"'),
    Setting("site.equipment_owner", "Who owns the equipment; printed, no rule asks for it.", "not stated", '"the landlord"'),
    Setting("site.controller", "Who decides what it records; printed, no rule asks for it.", "not stated", '"facilities"'),
    Setting("site.ranges", "Networks of the site, with commas: what devices call beyond them is outside.", "private addresses", '"10.20.0.0/24"'),
    Setting("unattended.enabled", "Whether every scan is one that nobody watches, as with --unattended.", "false", "true"),
    Setting("unattended.jitter", "Up to how much later a scan begins, always the same for a site and host.", "none", '"15m"'),
    Setting("unattended.max_time", "After how long a scan ends, whatever is left.", "none", '"2h"'),
    Setting("unattended.lock_wait", "How long a run waits for another one of its site.", "none", '"1h"'),
    Setting("unattended.mail_on", "When an unattended run sends mail: change (and trouble), always, or trouble alone.", "change", '"always"'),
    Setting("delivery.sendmail", "The program that takes mail where no server is named.", "/usr/sbin/sendmail", '"/usr/sbin/sendmail"'),
    Setting("delivery.smtp", "The mail server, with its port where that is not the usual one.", "none: sendmail", '"mail.example.org:587"'),
    Setting("delivery.smtp_tls", "How the connection to it is protected.", "starttls", '"starttls"'),
    Setting("delivery.smtp_insecure", "`smtp_tls = \"none\"` is meant, also for a server elsewhere.", "false", "false"),
    Setting("delivery.smtp_ca", "Authorities whose certificates the mail server may show.", "those of this machine", '"/etc/camscan/mail-ca.pem"'),
    Setting("delivery.smtp_user", "The account at the mail server.", "none", '"camscan"'),
    Setting("delivery.smtp_password_file", "The file that holds its password alone (mode 0600).", "none", '"/etc/camscan/smtp-password"'),
    Setting("delivery.mail_from", "From whom mail comes.", "the user at this host", '"camscan@example.org"'),
    Setting("delivery.webhook_key", "The file of the key that webhooks are signed with.", "none", '"/etc/camscan/webhook-key"'),
    Setting("delivery.webhook_ca", "Authorities whose certificates the receiver may show.", "those of this machine", '"/etc/camscan/soc-ca.pem"'),
    Setting("delivery.syslog_ca", "Authorities whose certificates the syslog server may show.", "those of this machine", '"/etc/camscan/log-ca.pem"'),
    Setting("delivery.syslog_cert", "The certificate that camscan shows it.", "none", '"/etc/camscan/log-cert.pem"'),
    Setting("delivery.syslog_key", "The key of that certificate.", "none", '"/etc/camscan/log-key.pem"'),
    Setting("delivery.timeout", "Seconds that a server may say nothing.", "20", "20"),
    Setting("delivery.retries", "How often a delivery is tried again.", "2", "2"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """A setting as it holds here."""

    setting: Setting
    value: str | None
    """As people may see it; None where it is not set."""
    origin: str
    """A file, a variable, or `default`."""


def held(settings: Configuration) -> tuple[Held, ...]:
    """Return every setting with its value and where that comes from."""
    found = []
    for one in SETTINGS:
        origin = settings.origins.get(one.key)
        found.append(Held(one, shown(value_of(settings, one.key)) if origin else None, origin or "default"))
    return tuple(found)


def value_of(settings: Configuration, key: str) -> Any:
    """Return the value of a setting."""
    table, dot, inner = key.partition(".")
    if dot and table == "site":
        return settings.site.get(inner)
    if dot:
        return getattr(getattr(settings, table), inner)
    return settings.policies if key == "policy" else getattr(settings, key)


def shown(value: Any) -> str:
    """Return a value as people may see it: lists with commas, passwords masked."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ", ".join(shown(one) for one in value)
    return str(value) if isinstance(value, Path | int) else masked(str(value))


def masked(text: str) -> str:
    """Return text with the password of a URL masked, in its address or among its parameters."""
    if "://" not in text:
        return text
    try:
        parts = urlsplit(text)
        address, at, host = parts.netloc.rpartition("@")
        user, colon, _ = address.partition(":")
        query = [(key, MASK if "password" in key.lower() else value) for key, value in parse_qsl(parts.query)]
    except ValueError:
        return MASK
    netloc = f"{user}{colon}{MASK if colon else ''}{at}{host}"
    return urlunsplit((parts.scheme, netloc, parts.path, urlencode(query, safe="*/"), parts.fragment))


def secrets_set(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables of accounts that are set."""
    return tuple(sorted(name for name, value in environment.items() if value and (name in SECRETS or name.startswith(SNMP))))


def unknown_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables that look like ours and set nothing."""
    known = {*VARIABLES, *SECRETS, *OTHERS}
    return tuple(
        sorted(name for name in environment if name.startswith("CAMSCAN_") and name not in known and not name.startswith(SNMP))
    )
