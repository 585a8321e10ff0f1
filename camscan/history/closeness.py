"""What of two looks at one device is a difference of the device, and what only of the looks."""

from __future__ import annotations

from dataclasses import replace

from camscan.model import Confidence, DeviceFacts, DeviceState

_CONFIDENCE = (None, *Confidence)
"""Weakest first."""
_CONCLUDED = (
    "kind",
    "form",
    "brand",
    "maker",
    "maker_basis",
    "model",
    "confidence",
    "verdict",
    "findings",
    "something_else",
)
_RECOGNISED = ("maker", "brand", "model", "kind")
_VERSION_PREFIXES = ("firmware", "version", "ver", "v")
_WORDS_OF_VERSIONS = frozenset({"build", "firmware", "version", "ver", "v", "rev", "release", "date"})
_SEPARATORS = str.maketrans(dict.fromkeys(",;:()[]_/", " "))


def settled(before: DeviceState, after: DeviceState, *, by_itself: bool = True) -> DeviceState:
    """Return what is known of a device after a look, with what that look did not show taken from the one before.

    by_itself: what it shows no more it does not show by itself; otherwise data or a statement made the difference.
    """
    taken: dict[str, object] = {
        name: getattr(before, name) for name in ("ips", "macs", "switch", "port", "vlan") if not getattr(after, name)
    }
    if after.switch is None:
        taken |= {"switch": before.switch, "port": before.port, "vlan": before.vlan}
    if same_firmware(before.firmware, after.firmware) or after.firmware is None:
        taken["firmware"] = max(before.firmware or "", after.firmware or "", key=lambda text: (len(text), text)) or None
    if by_itself:
        taken |= {
            name: getattr(before, name)
            for name in ("brand", "maker", "maker_basis", "model", "serial")
            if getattr(after, name) is None
        }
        if same_model(before.model, after.model):
            taken["model"] = before.model
        if after.kind == "unknown":
            taken |= {"kind": before.kind, "form": before.form}
    return replace(after, **taken)  # type: ignore[arg-type]


def concluding(state: DeviceState, of: DeviceState) -> DeviceState:
    """Return a state with the identification of another one, and the verdict on it."""
    return replace(state, **{name: getattr(of, name) for name in _CONCLUDED})


def fades(before: DeviceState, after: DeviceState, *, closely: bool) -> bool:
    """Return whether a look shows less of a device than was known, so that what was known stays.

    closely: a complete run looked at it; then it must contradict nothing of that, and show nothing more.
    """
    return weaker(before, after) and not (closely and _says_otherwise(before, after))


def same_conclusion(one: DeviceState, other: DeviceState) -> bool:
    """Return whether two devices are recognised as the same and judged the same."""
    return all(getattr(one, name) == getattr(other, name) for name in _CONCLUDED)


def unlike(one: DeviceFacts, other: DeviceFacts) -> bool:
    """Return whether two looks at a device show anything that a change could come of."""
    ours, theirs = (replace(each.state, key="", hostnames=(), channels=0, outside_scope=False) for each in (one, other))
    return ours != theirs or (one.attached_to is None) != (other.attached_to is None)


def weaker(before: DeviceState, after: DeviceState) -> bool:
    """Return whether less is known of a device than was."""
    return any(_told(getattr(before, name)) and not _told(getattr(after, name)) for name in _RECOGNISED) or (
        _CONFIDENCE.index(after.confidence) < _CONFIDENCE.index(before.confidence)
    )


def told_in_full(state: DeviceState) -> bool:
    """Return whether a look shows all that it can of what a device is, so that none before it showed more."""
    return all(_told(getattr(state, name)) for name in _RECOGNISED) and state.confidence is Confidence.CERTAIN


def _says_otherwise(before: DeviceState, after: DeviceState) -> bool:
    differing = {name for name in _RECOGNISED if _told(getattr(after, name)) and getattr(after, name) != getattr(before, name)}
    if same_model(before.model, after.model):
        differing.discard("model")
    if after.kind == "unknown" != before.kind:
        differing.discard("brand")  # a label that is read from the MAC alone
    return bool(differing) or (after.something_else and not before.something_else)


def _told(value: object) -> bool:
    return value not in (None, "unknown")


def same_firmware(one: str | None, other: str | None) -> bool:
    """Return whether two texts may name one firmware: the same versions, or one tells only part of the other's."""
    if one is None or other is None:
        return one is other
    ours, theirs = _versions(one), _versions(other)
    return ours == theirs or (bool(ours and theirs) and (ours < theirs or theirs < ours))


def _versions(text: str) -> frozenset[str]:
    words = text.lower().translate(_SEPARATORS).split()
    found = set()
    for word in words:
        prefix = next((one for one in _VERSION_PREFIXES if word.startswith(one) and word[len(one) :][:1].isdigit()), "")
        bare = word[len(prefix) :].strip(".-")
        if bare and bare not in _WORDS_OF_VERSIONS:
            found.add(bare)
    return frozenset(found)


def same_model(one: str | None, other: str | None) -> bool:
    """Return whether two texts name one model; spelling and case count for nothing, nor a variant that only one of them names."""
    if one is None or other is None:
        return False
    ours, theirs = _letters(one), _letters(other)
    return ours == theirs or _letters(_without_variant(one)) == theirs or ours == _letters(_without_variant(other))


def _without_variant(text: str) -> str:
    """Return `DS-2CD2043G0-I` of `DS-2CD2043G0-I (W)`."""
    bare, bracket, _ = text.strip().removesuffix(")").rpartition("(")
    return bare if bracket and text.strip().endswith(")") and bare.strip() else text


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))
