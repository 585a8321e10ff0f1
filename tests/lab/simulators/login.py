"""What stands before the pages that need an account: HTTP Digest (RFC 7616), WS-Security password digest, or HTTP Basic.

It checks each proof by itself and counts how often one was right and wrong; after `locks_after` wrong ones nobody gets in any more.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["open", "missing", "accepted", "refused", "clear"]
"""clear: the password itself was sent, which no client of ours may ever do."""

WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"


@dataclass(kw_only=True)
class Gate:
    """One account of one device, shared by all its services."""

    way: Literal["digest", "token", "basic"]
    user: str
    password: str
    realm: str = "IP Camera(C2183)"
    algorithm: str = "MD5"
    locks_after: int = 5
    wrong: int = 0
    _nonces: set[str] = field(default_factory=set)

    def challenges(self) -> tuple[str, ...]:
        """Return the WWW-Authenticate values of a 401; none where SOAP says it."""
        if self.way == "token":
            return ()
        if self.way == "basic":
            return (f'Basic realm="{self.realm}"',)
        nonce = secrets.token_hex(16)
        self._nonces.add(nonce)
        return (f'Digest qop="auth", realm="{self.realm}", nonce="{nonce}", algorithm={self.algorithm}, stale="FALSE"',)

    def judge(self, head: str, body: bytes) -> Outcome:
        """Return what a request proves."""
        fields = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n"))
        }
        given = fields.get("authorization", "")
        if given.lower().startswith("basic"):
            return "clear"
        right: bool | None = None
        if given.lower().startswith("digest"):
            method, uri = head.split(" ", 2)[:2]
            right = self.way == "digest" and self._answers(given[7:], method, uri)
        elif b"UsernameToken" in body:
            right = self.way == "token" and self._signs(body)
        if right is None:
            return "missing"
        if self.wrong >= self.locks_after or not right:
            self.wrong += 1
            return "refused"
        return "accepted"

    def _answers(self, given: str, method: str, uri: str) -> bool:
        parts = dict(part.strip().split("=", 1) for part in given.split(", "))
        said = {name: value.strip('"') for name, value in parts.items()}
        if said.get("nonce") not in self._nonces or said.get("uri") != uri or said.get("username") != self.user:
            return False
        self._nonces.discard(said["nonce"])

        def hashed(text: str) -> str:
            return (hashlib.sha256 if self.algorithm == "SHA-256" else hashlib.md5)(text.encode()).hexdigest()

        first, second = hashed(f"{self.user}:{self.realm}:{self.password}"), hashed(f"{method}:{uri}")
        wanted = hashed(f"{first}:{said['nonce']}:{said['nc']}:{said['cnonce']}:{said['qop']}:{second}")
        return said["response"] == wanted

    def _signs(self, body: bytes) -> bool:
        token = ElementTree.fromstring(body).find(f".//{WSSE}UsernameToken")
        if token is None or token.findtext(f"{WSSE}Username") != self.user:
            return False
        nonce = base64.b64decode(token.findtext(f"{WSSE}Nonce") or "")
        created = token.findtext(f"{WSU}Created") or ""
        wanted = base64.b64encode(hashlib.sha1(nonce + created.encode() + self.password.encode()).digest()).decode()
        return token.findtext(f"{WSSE}Password") == wanted
