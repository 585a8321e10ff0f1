"""Whom the operator lets us ask by SNMP, and with what: communities and users are never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT = "default"
"""Key of the account for agents without their own."""
SHORTEST_SECRET = 4
"""Characters below which a secret is not sought in other texts: it would blank half of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How an agent is asked: with a community of version 2c, or as a user of version 3; never printed."""

    community: str = field(default="", repr=False)
    user: str = ""
    auth: str = ""
    """Name of an authentication protocol; empty where a community is given."""
    auth_key: str = field(default="", repr=False)
    priv: str = ""
    """Name of a privacy protocol; empty: what is asked and answered can be read on the way."""
    priv_key: str = field(default="", repr=False)

    def masked(self, message: str) -> str:
        """Return a text without the secrets, should an agent or a library have put them there."""
        for secret in (self.community, self.auth_key, self.priv_key):
            message = message.replace(secret, "***") if len(secret) >= SHORTEST_SECRET else message
        return message


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpAccess:
    """All that the operator supplied for SNMP."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    """By IP, and under DEFAULT for all others."""
    switches: tuple[str, ...] = ()
    """Addresses whose bridge and LLDP tables are read."""
    routers: tuple[str, ...] = ()
    """Addresses whose ARP tables are read."""

    def account(self, ip: str) -> Account | None:
        """Return how one agent is asked; None where nothing was given for it."""
        return self.accounts.get(ip) or self.accounts.get(DEFAULT)
