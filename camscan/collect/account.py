"""The operator's account on one device: proven by Digest or a password digest alone, refused once at most, told to nobody."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from camscan.codecs import digest
from camscan.codecs import head as heads
from camscan.codecs.base import DecodeError
from camscan.errors import CamscanError

DEFAULT = "default"
"""Key of the credentials for devices without their own."""
TELLING = 4
"""A shorter password is in every text by chance: it cannot be told from what a device says."""
MASK = "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What the operator supplied for one device, or for all; never printed."""

    user: str = field(repr=False)
    password: str = field(repr=False)


class NotTold(CamscanError):  # noqa: N818  (a decision of ours, not a failure)
    """The account was not used: the device offers no way that keeps the password, or refused it before."""


class LoginRefused(CamscanError):  # noqa: N818  (the device's answer, which is a result)
    """The device did not accept the account; it is left alone from here on."""


class Account:
    """One account on one device. After the first answer that is not plainly a success, it is used there no more."""

    def __init__(self, credentials: Credentials, cnonce: Callable[[], str] = lambda: secrets.token_hex(8)) -> None:
        self.accepted = False
        self.refused = False
        self._credentials = credentials
        self._cnonce = cnonce
        self._proofs: set[str] = set()

    def __repr__(self) -> str:
        return "Account(***)"

    def usable(self) -> Credentials:
        """Return the credentials for one proof. Raises NotTold where the device refused them before."""
        if self.refused:
            raise NotTold("the device refused the account before; it was not asked again")
        return self._credentials

    def answer(self, challenge: bytes, method: str, uri: str) -> bytes:
        """Return the Authorization for the challenge in a 401. Raises NotTold where no Digest is offered that can be answered."""
        credentials = self.usable()
        offer = offer_of(challenge)
        if offer.challenge is None:
            if "basic" in offer.schemes and "digest" not in offer.schemes:
                raise NotTold("the device offers only Basic: the password would travel in clear; not sent")
            raise NotTold("the device asks for a login in a way that is not known here; not sent")
        cnonce = self._cnonce()
        value = digest.authorization(offer.challenge, credentials.user, credentials.password, method, uri, cnonce)
        self.keep_quiet(digest.response(offer.challenge, credentials.user, credentials.password, method, uri, cnonce), cnonce)
        return value

    def keep_quiet(self, *proofs: str) -> None:
        """Remember what was derived from the password: a device may send it back."""
        self._proofs.update(proof for proof in proofs if len(proof) >= TELLING)

    def refuse(self, why: str) -> LoginRefused:
        """Note that the device did not accept the account, and return that as an error to raise."""
        self.refused = True
        return LoginRefused(f"{self.masked(why)}; the device was asked no more")

    def masked(self, text: str) -> str:
        """Return a text without the password and what was derived from it, should a device or a library have put it there."""
        for secret in self._secrets():
            text = text.replace(secret, MASK)
        return text

    def scrubbed(self, raw: bytes) -> bytes:
        """Return what a device sent without the password and what was derived from it."""
        for secret in self._secrets():
            raw = raw.replace(secret.encode("utf-8", "surrogateescape"), MASK.encode())
        return raw

    def _secrets(self) -> tuple[str, ...]:
        password = self._credentials.password
        own = {password, escape(password), escape(password, {'"': "&quot;", "'": "&apos;"})} if len(password) >= TELLING else ()
        return tuple(sorted({*own, *self._proofs}, key=lambda secret: (-len(secret), secret)))


class Accounts:
    """Every account that the operator supplied, one at most on each device in a run."""

    def __init__(self, credentials: Mapping[str, Credentials] | None = None) -> None:
        """credentials: by IP, and under DEFAULT for all others."""
        self._credentials = dict(credentials or {})
        self._used: dict[str, Account] = {}

    def __bool__(self) -> bool:
        return bool(self._credentials)

    @property
    def places(self) -> tuple[str, ...]:
        """The addresses for which there is an account, and DEFAULT last where there is one for all others."""
        return tuple(sorted(self._credentials, key=lambda place: (place == DEFAULT, place)))

    def on(self, ip: str) -> Account | None:
        """Return the account for a device; None where the operator supplied none for it."""
        credentials = self._credentials.get(ip) or self._credentials.get(DEFAULT)
        if credentials is None:
            return None
        return self._used.setdefault(ip, Account(credentials))

    def forget(self) -> None:
        """Drop all of them."""
        self._credentials.clear()
        self._used.clear()


def offer_of(answer: bytes) -> digest.Offer:
    """Return what the challenge in an answer offers; nothing where there is none."""
    try:
        return digest.read_offer(heads.parse(answer).all("www-authenticate"))
    except DecodeError:
        return digest.Offer(schemes=(), challenge=None)


def status_of(answer: bytes) -> int | None:
    """Return the HTTP status of an answer; None where it states none."""
    try:
        return heads.parse(answer).status
    except DecodeError:
        return None
