"""Behind a recorder: the channels that it told, each with what it claims of the camera; else how many it may have, as a range.

A channel is the recorder's word about a device that nobody asked: it is never a device, never counted as one and never judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from camscan.identify.engine import identify_fields, vendor_files
from camscan.identify.pattern import Pattern
from camscan.identify.rules import Knowledge
from camscan.model import RECORDER_KINDS, Channel, ChannelRange, Fields, Identification

CAPACITIES = ("sadp.channels", "dhip.channels", "panasonic.channels", "hds.channels", "xiongmai.channels")
"""Fields in which a recorder states how many channels it has: one number, or several with `+` between."""
STANDARDS = frozenset({"", "onvif", "psia", "rtsp", "custom"})
"""Protocols between recorder and camera that name no maker."""
MAX_CHANNELS = 1024
MAX_DIGITS = 4


def channels_of(messages: Sequence[Fields], found: Identification, knowledge: Knowledge) -> tuple[Channel, ...]:
    """Return the channels that a recorder told, by number; none for other devices.

    The list of ISAPI says which camera stands behind a channel; the video sources of ONVIF count where it was not told.
    """
    listed = sorted(set(values(messages, "isapi.channel")))
    if not listed and found.kind not in RECORDER_KINDS:
        return ()
    states = {text.partition("|")[0]: text.partition("|")[2] for text in sorted(values(messages, "isapi.channel_state"))}
    told = [_from_list(text, states, knowledge) for text in listed]
    if not told:
        told = list(_from_sources(sorted(set(values(messages, "onvif.channel")))))
    return tuple(sorted(told, key=lambda one: (one.number, one.source)))[:MAX_CHANNELS]


def range_of(messages: Sequence[Fields], found: Identification, knowledge: Knowledge) -> ChannelRange | None:
    """Return how many channels a recorder may have in use, from what it states and from the grammar of its model.

    None for other devices, and where neither says anything. The lower end is 0: a channel may stand empty.
    """
    if found.kind not in RECORDER_KINDS:
        return None
    shown = {f"{name} {text}": total(text) for name in CAPACITIES for text in values(messages, name)}
    if found.model is not None:
        patterns = [one for file in vendor_files(found, knowledge) for one in knowledge.channels.get(file, ())]
        shown[f"model {found.model}"] = channels_in(found.model, patterns)
    known = {source: number for source, number in shown.items() if number}
    if not known:
        return None
    at_most = max(number for number in known.values() if number is not None)
    return ChannelRange(at_least=0, at_most=at_most, source="; ".join(sorted(known)))


def channels_in(model: str, patterns: Collection[Pattern]) -> int | None:
    """Return how many channels a recorder's model shows, by the first pattern that holds."""
    raw = model.encode()
    for pattern in patterns:
        match = pattern.search(raw)
        if match is not None:
            return total(match.captures.get("channels", b"").decode("latin-1"))
    return None


def total(text: str) -> int | None:
    """Return the sum of numbers with `+` between; None for anything else, and beyond MAX_CHANNELS."""
    numbers = text.split("+")
    if not all(one.isascii() and one.isdecimal() and len(one) <= MAX_DIGITS for one in numbers):
        return None
    number = sum(map(int, numbers))
    return number if number <= MAX_CHANNELS else None


def values(messages: Sequence[Fields], name: str) -> Iterator[str]:
    """Yield every value of a field."""
    return (value for fields in messages for key, value in fields if key == name)


def parts(text: str, count: int) -> tuple[str, ...]:
    """Return the parts of a value that has several, as many as wanted, empty where there are fewer."""
    split = text.split("|")
    return tuple((*split, *[""] * count)[:count])


def _from_list(text: str, states: dict[str, str], knowledge: Knowledge) -> Channel:
    number, _, protocol, model, address = parts(text, 5)
    claim = protocol if protocol.lower() not in STANDARDS else ""
    said = identify_fields((("onvif.manufacturer", claim),), knowledge) if claim else Identification()
    state = states.get(number)
    return Channel(
        number=_number(number),
        brand=said.brand,
        maker=said.maker,
        model=model or None,
        address=address or None,
        online=None if state is None else state == "online",
        source="ISAPI channel list" + (f", protocol {protocol}" if protocol else ""),
    )


def _from_sources(listed: Sequence[str]) -> Iterator[Channel]:
    """Yield one channel a source token: its number from the list of sources, its name from the profiles."""
    numbers: dict[str, int] = {}
    names: dict[str, str] = {}
    for text in listed:
        number, name, token = parts(text, 3)
        if name:
            names.setdefault(token, name)
            numbers.setdefault(token, _number(number))
        else:
            numbers[token] = _number(number)
    for token, place in numbers.items():
        called = f" ({names[token]})" if token in names else ""
        yield Channel(number=place, source=f"ONVIF video source {token}{called}")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS + 1 else 0
