"""What of two looks at one device is a difference of the device, and what only of the looks."""

from __future__ import annotations

from dataclasses import replace

from camscan.model import Confidence, DeviceState

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
_VERSION_PREFIXES = ("firmware", "version", "ver", "v")
_WORDS_OF_VERSIONS = frozenset({"build", "firmware", "version", "ver", "v", "rev", "release", "date"})
_SEPARATORS = str.maketrans(dict.fromkeys(",;:()[]_/", " "))


def settled(before: DeviceState, after: DeviceState, *, closely: bool, same_data: bool) -> DeviceState:
    """Return what is known of a device after a look, with what that look could not show taken from the one before.

    closely: a complete run looked at it; otherwise an identification that became weaker, and the verdict on it, stay as they were.
    same_data: both were identified by the same data; otherwise what a close look does not show any more is so because of the data.
    """
    taken: dict[str, object] = {
        name: getattr(before, name) for name in ("ips", "macs", "switch", "port", "vlan") if not getattr(after, name)
    }
    if after.switch is None:
        taken |= {"switch": before.switch, "port": before.port, "vlan": before.vlan}
    if same_firmware(before.firmware, after.firmware) or after.firmware is None:
        taken["firmware"] = max(before.firmware or "", after.firmware or "", key=lambda text: (len(text), text)) or None
    if same_data or not closely:
        taken |= {
            name: getattr(before, name)
            for name in ("brand", "maker", "maker_basis", "model", "serial")
            if getattr(after, name) is None
        }
        if same_model(before.model, after.model):
            taken["model"] = before.model
        if after.kind == "unknown":
            taken |= {"kind": before.kind, "form": before.form}
    if not closely and weaker(before, after):
        taken |= {name: getattr(before, name) for name in _CONCLUDED}
    return replace(after, **taken)  # type: ignore[arg-type]


def weaker(before: DeviceState, after: DeviceState) -> bool:
    """Return whether less is known of a device than was."""
    return (
        (before.maker is not None and after.maker is None)
        or (before.kind != "unknown" and after.kind == "unknown")
        or _CONFIDENCE.index(after.confidence) < _CONFIDENCE.index(before.confidence)
    )


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
    """Return whether two texts name one model; spelling and case count for nothing."""
    return one is not None and other is not None and _letters(one) == _letters(other)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))
