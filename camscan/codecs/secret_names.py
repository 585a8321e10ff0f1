"""Tells from a name whether what stands behind it is secret: a password, a key, or who logs in.

Source: OASIS WS-Security UsernameToken, and names of parameters from the interfaces of cameras. Status: documented. A name counts by its parts,
which `_`, `.`, `-`, figures and capitals divide: `ftp_pass`, `wifiPass`, `Mail.Pass`.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

from camscan.codecs.expressions import compiled

NAMES = (
    b"passw",
    b"passphrase",
    b"passcode",
    b"pwd",
    b"psk",
    b"psw",
    b"secret",
    b"token",
    b"loginpas",
    b"apikey",
    b"api_key",
    b"ticket",
    b"sessionkey",
    b"credential",
    b"keymaterial",
)
"""Parts of names whose values are secret."""
PERSONS = (b"username", b"user_name", b"loginuse", b"authorization", b"sessionid", b"session_id")
"""Parts of names that say who logs in, or stand for a login."""
_PARTS = (b"pass", b"pw")
"""Secret where a part of a name is this, or ends with it."""
_WORDS = frozenset({b"bypass", b"compass", b"encompass", b"overpass", b"surpass", b"trespass", b"underpass"})
"""Words that end as those do."""
_LAST = frozenset({b"user", b"usr", b"login", b"account", b"session", b"sid", b"authkey", b"auth"})
"""Secret where the last part of a name is this."""
LOGINS = frozenset({b"admin", b"administrator", b"root", b"operator", b"supervisor", b"guest", b"ubnt", b"888888", b"666666"})
"""Usual names of those who log in: beside one of them, what has no name of its own is their password."""
_IN_ELEMENTS = b"nonce"
"""Secret as the name of an element alone: the challenge of a server has such a parameter too."""
_KEY = (
    rb"(?:wifi|wlan|wireless|wpa|wep|wsec|shared|private|auth|access|crypt|cipher|encryption|aes|session|stream|network|security"
    rb"|login|user|admin|master|sign|ssh|hmac)[0-9_.\-\[\]]*key"
)
"""Keys that open something; that of a product does not."""
_KEY_ALONE = _KEY + rb"(?:[^a-z]|$)"
WORDS = b"|".join((*NAMES, *PERSONS, *_PARTS, *sorted(_LAST - {b"user"}), rb"user(?:[^-]|$)", _IN_ELEMENTS, _KEY))
"""The expression for what stands in every such name; User-Agent, which is everywhere, is none."""


class Kind(IntEnum):
    """How much of what stands behind a name is secret."""

    NONE = 0
    ELEMENT = 1
    """The text of an element."""
    LAST = 2
    """A value."""
    PERSON = 3
    """A value, and that of the field of a form."""
    SECRET = 4
    """All of it, whatever its form."""


@lru_cache(maxsize=4096)
def kind(name: bytes) -> Kind:
    """Return what a name says of its value."""
    lowered = name.lower()
    if any(word in lowered for word in NAMES):
        return Kind.SECRET
    parts = _parts(name)
    if any(part not in _WORDS and part.endswith(_PARTS) for part in parts) or compiled(_KEY_ALONE).search(lowered) is not None:
        return Kind.SECRET
    if any(word in lowered for word in PERSONS):
        return Kind.PERSON
    return Kind.LAST if parts and parts[-1] in _LAST else Kind.ELEMENT


def _parts(name: bytes) -> list[bytes]:
    """Return the words of a name in lower case, without figures."""
    split = bytearray()
    for at, byte in enumerate(name):
        char, after = name[at : at + 1], name[at + 1 : at + 2]
        before = name[at - 1 : at] if at else b""
        if char.isupper() and (before.islower() or (before.isupper() and after.islower())):
            split += b" "
        split.append(byte if char.isalpha() else ord(" "))
    return bytes(split).lower().split()
