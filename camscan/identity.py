"""What tells one device from any other: the values that are no identity, and the marks of each device of a run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal, get_args

from camscan.model import Asset, Mark, is_local_mac

SHORTEST_CLAIM = 5
"""Letters and digits without which a claimed value is no identity."""
LONGEST_CLAIM = 256
"""Characters beyond which a claimed value is no identity either."""
KEPT_CLAIMS = 16 * 1024
"""Values of which it is remembered what they are: a run looks at each several times."""
PLACEHOLDER_WORDS = frozenset(
    {
        "default", "noserial", "noserialnumber", "notapplicable", "notavailable", "notset", "notspecified", "serial", "serialno",
        "serialnumber", "undefined", "unknown",
    }
)  # fmt: skip
LOCAL_NODE_OF_UUID = "0" * 12
"""The last group of a UUID that was made without a MAC; such UUIDs are constants of the firmware."""

FOLLOWS = {"9": "0a", "f": "g0", "z": "a"}
"""What may follow a character in a sequence where it is not the next one alone: decimal, hexadecimal, alphabet."""

HEX_DIGITS = frozenset("0123456789abcdef")
NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum())
"""All of ASCII but letters and digits."""

LINK_FIELD = "mac"
"""The field of a mark that the link shows."""
SERIAL_FIELD = "serial"
"""The field of a serial that a person names without the message that shows it."""
Kind = Literal["mac", "serial", "endpoint", "key"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FIRM: tuple[Kind, ...] = ("mac", "serial")
"""Kinds that decide alone; endpoint references and keys are copied with firmware images."""

Identity = tuple[Mark, ...]
"""The marks of one device, sorted."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How what a statement is bound to compares with a device that is seen."""

    same: bool
    """A MAC or serial is the same; or, where neither is known of both, an endpoint reference or key."""
    changed: tuple[str, ...] = ()
    """What of the identity is another one now, in words."""


def identities(assets: Sequence[Asset], claims: Mapping[str, str]) -> tuple[Identity, ...]:
    """Return the identity of each device of a run, in order; empty for one that has none. claims: as `correlate` takes them.

    A claim that two devices make, or that is in dispute, is the identity of neither.
    """
    found = [_marks(asset, claims) for asset in assets]
    carriers = Counter((mark.kind, mark.value) for marks in found for mark in {(m.kind, m.value): m for m in marks}.values())
    return tuple(
        tuple(sorted(mark for mark in marks if mark.field == LINK_FIELD or carriers[mark.kind, mark.value] == 1))
        for marks in found
    )


def _marks(asset: Asset, claims: Mapping[str, str]) -> set[Mark]:
    marks = {Mark("mac", LINK_FIELD, mac) for mac in asset.macs if not is_local_mac(mac)}
    if any(conflict.kind == "duplicate-identity" for conflict in asset.conflicts):
        return marks
    for observation in asset.observations:
        for name, value in observation.fields:
            mark = mark_of(name, value, claims)
            if mark is not None and name != LINK_FIELD:
                marks.add(mark)
    return marks


def mark_of(name: str, value: str, claims: Mapping[str, str]) -> Mark | None:
    """Return the mark that a field's value is; None where it identifies nothing."""
    kind = _kind(name, claims)
    if kind is None:
        return None
    if kind == "mac":
        mac = canonical_mac(value)
        return None if mac is None else Mark("mac", name, mac)
    return None if is_placeholder(value) else Mark(kind, name, bare(value))


def _kind(name: str, claims: Mapping[str, str]) -> Kind | None:
    if name == LINK_FIELD:
        return "mac"
    stated = SERIAL_FIELD if name == SERIAL_FIELD else claims.get(name)
    return next((kind for kind in KINDS if kind == stated), None)


def as_text(identity: Iterable[Mark]) -> tuple[str, ...]:
    """Return the marks as `field=value`, as statements are bound to them."""
    return tuple(f"{mark.field}={mark.value}" for mark in identity)


def bound(texts: Iterable[str], claims: Mapping[str, str]) -> Identity:
    """Return the marks that a statement is bound to; a field that is no identifier (any more) counts for nothing."""
    pairs = (text.partition("=") for text in texts)
    marks = (mark_of(name, value, claims) for name, sign, value in pairs if sign)
    return tuple(sorted({mark for mark in marks if mark is not None}))


def compared(stated: Identity, seen: Identity) -> Agreement:
    """Return whether a device that is seen is the one that a statement is bound to, and what of it changed."""
    changed = []
    same = {kind: bool(_values(stated, kind) & _values(seen, kind)) for kind in KINDS}
    if _values(stated, "mac") and _values(seen, "mac") and not same["mac"]:
        changed.append(f"MAC was {_listed(stated, 'mac')}, is {_listed(seen, 'mac')}")
    if serials_differ(stated, seen):
        changed.append(f"serial was {_listed(stated, 'serial')}, is {_listed(seen, 'serial')}")
    firm = [kind for kind in FIRM if _values(stated, kind) and _values(seen, kind)]
    return Agreement(any(same[kind] for kind in firm or KINDS), tuple(changed))


def serials_differ(stated: Identity, seen: Identity) -> bool:
    """Return whether any field shows other serials than it did; a serial is never changed, so the device is another one."""
    return any(_differs(stated, seen, name) for name in {mark.field for mark in stated if mark.kind == "serial"})


class Bindings:
    """Statements by the marks of the devices that they are bound to."""

    def __init__(self, bound_to: Iterable[Iterable[str]], claims: Mapping[str, str]) -> None:
        """bound_to: the `field=value` texts of each statement. claims: as `correlate` takes them."""
        self._identities = [bound(texts, claims) for texts in bound_to]
        self._of_mark: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, identity in enumerate(self._identities):
            for kind, value in {(mark.kind, mark.value) for mark in identity}:
                self._of_mark[kind, value].append(number)

    def naming(self, identity: Identity) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """Return the number of each statement that names a device, with what of the identity changed since."""
        numbers = {number for mark in identity for number in self._of_mark.get((mark.kind, mark.value), ())}
        agreed = ((number, compared(self._identities[number], identity)) for number in sorted(numbers))
        return tuple((number, agreement.changed) for number, agreement in agreed if agreement.same)


def _values(identity: Identity, kind: Kind, field: str | None = None) -> set[str]:
    return {mark.value for mark in identity if mark.kind == kind and (field is None or mark.field == field)}


def _differs(stated: Identity, seen: Identity, field: str) -> bool:
    """Return whether one field shows other serials than it did; protocols spell a serial differently, so fields stand alone."""
    ours, theirs = _values(stated, "serial", field), _values(seen, "serial", field)
    return bool(ours and theirs) and ours.isdisjoint(theirs)


def _listed(identity: Identity, kind: Kind) -> str:
    return " or ".join(sorted(_values(identity, kind)))


def is_placeholder(value: str) -> bool:
    """Return whether a claimed identifier is one that many devices carry: empty, short, one character, a sequence."""
    return len(value) > LONGEST_CLAIM or is_common(bare(value))


@lru_cache(maxsize=KEPT_CLAIMS)
def is_common(letters: str) -> bool:
    """Return whether ≤ LONGEST_CLAIM letters and digits, as `bare` gives them, are a placeholder, a default or a sequence."""
    if len(letters) < SHORTEST_CLAIM or letters in PLACEHOLDER_WORDS or len(set(letters[:-1])) == 1:
        return True
    if len(letters) == 32 and letters.endswith(LOCAL_NODE_OF_UUID):
        return True
    return _is_sequence(letters) or _is_sequence(letters[::-1]) or _steps_evenly(letters)


def bare(value: str) -> str:
    """Return the letters and digits of an identifier, lower case, without the prefix of a UUID."""
    named = value.lower().strip().removeprefix("urn:").removeprefix("uuid:")
    if named.isascii():  # nearly every one, and this way is quicker
        return named.encode("ascii").translate(None, NO_LETTERS).decode("ascii")
    return "".join(filter(str.isalnum, named))


def canonical_mac(value: str) -> str | None:
    """Return a claimed MAC as the link layer would write it; None where it can't be the MAC of one interface."""
    return _canonical_mac(value[:LONGEST_CLAIM])


@lru_cache(maxsize=KEPT_CLAIMS)
def _canonical_mac(value: str) -> str | None:
    digits = bare(value)
    if len(digits) != 12 or not HEX_DIGITS.issuperset(digits) or is_common(digits):
        return None
    mac = ":".join(digits[i : i + 2] for i in range(0, 12, 2))
    return None if is_local_mac(mac) else mac


def _is_sequence(letters: str) -> bool:
    """Return whether every character but one at most follows the one before it: 123456, abcdef, 1234567890abcdef."""
    breaks = 0
    for one, two in pairwise(letters):
        if two not in FOLLOWS.get(one, chr(ord(one) + 1)):
            breaks += 1
            if breaks > 1:
                return False
    return True


def _steps_evenly(letters: str) -> bool:
    """Return whether the octets rise evenly: 00:11:22:33:44:55, 01:02:03:04:05:06, 12:34:56:78:9a:bc."""
    if len(letters) < 12 or len(letters) % 2 or not HEX_DIGITS.issuperset(letters):
        return False
    octets = bytes.fromhex(letters)
    step = (octets[1] - octets[0]) % 256
    return all((two - one) % 256 == step for one, two in pairwise(octets))
