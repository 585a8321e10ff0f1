"""HTTP Digest: what a server's challenge asks, and the one header that answers it.

Source: RFC 7616 (MD5, SHA-256 and their -sess forms, qop auth) and RFC 2069 (no qop). Status: documented. Basic sends the password
itself and is never answered; qop auth-int and userhash are not either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAX_VALUE = 2 * 1024
"""Characters read of one WWW-Authenticate value."""
MAX_PARTS = 64
_STRENGTH = ("MD5", "MD5-SESS", "SHA-256", "SHA-256-SESS")
"""Algorithms that are answered, weakest first."""
_STOPS = " \t,="


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One Digest challenge that can be answered."""

    realm: str
    nonce: str
    algorithm: str = ""
    """As sent; empty stands for MD5."""
    qop: bool = True
    """Whether qop auth is offered; else the older form is computed."""
    opaque: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the 401 of a server offers."""

    schemes: tuple[str, ...]
    """Lower case, in order."""
    challenge: Challenge | None
    """The strongest that can be answered; None where there is none."""


def read_offer(values: Iterable[str]) -> Offer:
    """Return what the WWW-Authenticate values of one answer offer. Never raises."""
    schemes: list[str] = []
    best: Challenge | None = None
    for scheme, parameters in _challenges(values):
        schemes.append(scheme)
        found = _challenge(parameters) if scheme == "digest" else None
        if found is not None and (best is None or _rank(found) > _rank(best)):
            best = found
    return Offer(schemes=tuple(schemes), challenge=best)


def response(challenge: Challenge, user: str, password: str, method: str, uri: str, cnonce: str) -> str:
    """Return the response value to a challenge, for the first request with its nonce."""
    name = (challenge.algorithm or "MD5").upper()
    first = _hash(name, f"{user}:{challenge.realm}:{password}")
    if name.endswith("-SESS"):
        first = _hash(name, f"{first}:{challenge.nonce}:{cnonce}")
    second = _hash(name, f"{method}:{uri}")
    middle = f"{challenge.nonce}:{_COUNT}:{cnonce}:auth" if challenge.qop else challenge.nonce
    return _hash(name, f"{first}:{middle}:{second}")


def authorization(challenge: Challenge, user: str, password: str, method: str, uri: str, cnonce: str) -> bytes:
    """Return the value of the Authorization header. cnonce: text of ours without quotes, new for each request."""
    answer = response(challenge, user, password, method, uri, cnonce)
    quoted_user = user.replace("\\", "\\\\").replace('"', '\\"')
    parts = [f'username="{quoted_user}"', f'realm="{challenge.realm}"', f'nonce="{challenge.nonce}"', f'uri="{uri}"']
    parts += [f'response="{answer}"']
    if challenge.algorithm:
        parts.append(f"algorithm={challenge.algorithm}")
    if challenge.opaque is not None:
        parts.append(f'opaque="{challenge.opaque}"')
    if challenge.qop:
        parts += ["qop=auth", f"nc={_COUNT}", f'cnonce="{cnonce}"']
    elif challenge.algorithm.upper().endswith("-SESS"):
        parts.append(f'cnonce="{cnonce}"')
    return f"Digest {', '.join(parts)}".encode()


_COUNT = "00000001"
"""Each nonce is used once: some servers take the second use of one for a failed login."""


def _hash(name: str, value: str) -> str:
    # MD5 is what the device asks for; a client has no say in it.
    digest = hashlib.sha256() if name.startswith("SHA-256") else hashlib.md5(usedforsecurity=False)
    digest.update(value.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _rank(challenge: Challenge) -> int:
    return _STRENGTH.index((challenge.algorithm or "MD5").upper())


def _challenge(parameters: dict[str, str]) -> Challenge | None:
    """Return a challenge that can be answered; None for other algorithms and for values that a header cannot give back."""
    algorithm = parameters.get("algorithm", "")
    offered = [word.strip().lower() for word in parameters["qop"].split(",")] if "qop" in parameters else None
    realm, nonce, opaque = parameters.get("realm", ""), parameters.get("nonce"), parameters.get("opaque")
    if nonce is None or (algorithm or "MD5").upper() not in _STRENGTH or (offered is not None and "auth" not in offered):
        return None
    if any('"' in text or "\\" in text or not text.isprintable() for text in (realm, nonce, opaque or "")):
        return None
    return Challenge(realm=realm, nonce=nonce, algorithm=algorithm, qop=offered is not None, opaque=opaque)


def _challenges(values: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield scheme and parameters of each challenge, in order; a value may hold several."""
    scheme, parameters = "", dict[str, str]()
    count = 0
    for value in values:
        for name, content in _parts(value[:MAX_VALUE]):
            count += 1
            if count > MAX_PARTS:
                break
            if content is None:
                if scheme:
                    yield scheme, parameters
                scheme, parameters = name.lower(), {}
            else:
                parameters.setdefault(name.lower(), content)
        if scheme:
            yield scheme, parameters
        scheme, parameters = "", {}


def _parts(value: str) -> Iterator[tuple[str, str | None]]:
    """Yield each parameter with its content, and each word without one (a scheme) with None."""
    position = 0
    while position < len(value):
        if value[position] in _STOPS:
            position += 1
            continue
        end = _span(value, position, _STOPS)
        name, position = value[position:end], end
        after = _skip(value, position)
        if value[after : after + 1] != "=":
            yield name, None
            continue
        position = _skip(value, after + 1)
        if value[position : position + 1] == '"':
            closing = value.find('"', position + 1)
            closing = len(value) if closing < 0 else closing
            yield name, value[position + 1 : closing]
            position = closing + 1
        else:
            end = _span(value, position, " \t,")
            yield name, value[position:end]
            position = end


def _span(value: str, position: int, stops: str) -> int:
    while position < len(value) and value[position] not in stops:
        position += 1
    return position


def _skip(value: str, position: int) -> int:
    while position < len(value) and value[position] in " \t":
        position += 1
    return position
