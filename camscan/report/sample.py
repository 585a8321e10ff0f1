"""One device's messages as samples that may be handed on: what names the device is replaced by as many other bytes, and the rest stays.

A sample is taken only where its bytes still decode to the same fields up to the masks, and nothing that names a device, a person or a
place is left in them. Everything else is left out, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from camscan.codecs.base import DecodeError
from camscan.codecs.registry import DATAGRAM_CODECS, FRAME_CODECS, STREAM_CODECS
from camscan.model import AssessedAsset, Endpoint, Fields, Observation, StreamHead
from camscan.report.replacing import LINES, PAGES, Replacing
from camscan.report.said import kind_of_field

_KINDS_THAT_NAME = frozenset(
    {"mac", "serial", "endpoint", "key", "host", "person", "location", "tag", "switch", "address", "text"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One message, fit to be handed on."""

    codec: str
    name: str
    """Without a suffix: `<maker>_<model>_<firmware>`."""
    raw: bytes
    document: dict[str, Any]
    """What stands in the `.json` beside it: source, carrier where it is not the usual one, fields."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A message that is not handed on, and why."""

    protocol: str
    why: str


def samples(judged: AssessedAsset, *, pages: bool = False) -> tuple[tuple[Sample, ...], tuple[LeftOut, ...]]:
    """Return the messages of a device as samples, and those that are left out. pages: take documents, with what is known masked."""
    replacing = Replacing(judged)
    taken: dict[tuple[str, bytes], Sample] = {}
    left: dict[tuple[str, str], LeftOut] = {}
    names: dict[tuple[str, str], int] = {}
    for seen in judged.asset.observations:
        try:
            raw, fields = _redacted(seen, replacing, pages=pages)
        except _Unfit as fault:
            left[seen.protocol, str(fault)] = LeftOut(seen.protocol, str(fault))
            continue
        if (seen.protocol, raw) in taken:
            continue
        stem = name_of(judged)
        number = names[seen.protocol, stem] = names.get((seen.protocol, stem), 0) + 1
        document: dict[str, Any] = {
            "source": f"a message of a {_called(judged)}, kept by camscan and redacted by camscan sample"
        }
        carrier = _carrier(seen)
        if carrier:
            document["carrier"] = carrier
        document["fields"] = [list(pair) for pair in fields]
        name = stem if number == 1 else f"{stem}_{number}"
        taken[seen.protocol, raw] = Sample(codec=seen.protocol, name=name, raw=raw, document=document)
    return tuple(taken.values()), tuple(left.values())


class _Unfit(Exception):  # noqa: N818 - no error, but a reason
    """A message cannot be handed on; the text says why."""


def _redacted(seen: Observation, replacing: Replacing, *, pages: bool) -> tuple[bytes, Fields]:
    """Return a message with its names replaced, and what it then says. Raises _Unfit."""
    codec = _CODECS.get(seen.protocol)
    if codec is None:
        raise _Unfit("no codec reads it by itself")
    if not seen.raw or seen.truncated:
        raise _Unfit("its bytes were not kept in full")
    try:
        before = _decoded(codec, seen.raw, seen)
    except DecodeError as fault:
        raise _Unfit(f"its bytes as kept cannot be read again: {fault}") from None
    page = next((name for name, value in before if name in PAGES and value), None)
    if page is not None and not pages:
        raise _Unfit(
            f"{page} holds a document in which any name may stand: --with-pages takes it; read it before you hand it on"
        )
    raw = replacing.in_bytes(seen.raw)
    if replacing.tail_left_in(raw):
        raise _Unfit("the end of a MAC stands in it where it cannot be replaced")
    try:
        after = _decoded(codec, raw, seen)
    except DecodeError as fault:
        raise _Unfit(f"with its names replaced it cannot be read: {fault}") from None
    expected = tuple(sorted((name, replacing.in_text(value)) for name, value in before))
    if after != expected or len(raw) != len(seen.raw):
        changed = sorted({name for name, _ in set(after) ^ set(expected)})
        raise _Unfit(f"its names cannot be replaced byte by byte: {', '.join(changed)}")
    for name, value in before:
        if name not in PAGES | LINES and kind_of_field(name) in _KINDS_THAT_NAME and replacing.leaves(name, value):
            raise _Unfit(f"{name} names the device and cannot be replaced")
    return raw, after


def _decoded(codec: Any, raw: bytes, seen: Observation) -> Fields:
    if codec not in STREAM_CODECS:
        return tuple(codec.observe(codec.decode(raw)))
    client, server = Endpoint("192.0.2.1", 50000), Endpoint("192.0.2.2", seen.port or 80)
    head = StreamHead(
        client=client, server=server, sent=b"", received=raw, received_at=seen.first_seen_at, via=seen.via, over_tls=False
    )
    if not codec.recognise(head):
        raise DecodeError("said by a client")
    return tuple(codec.observe(codec.decode(head)))


_ALL: tuple[Any, ...] = (*DATAGRAM_CODECS, *STREAM_CODECS, *FRAME_CODECS)
_CODECS: dict[str, Any] = {codec.NAME: codec for codec in _ALL}


def _carrier(seen: Observation) -> dict[str, Any]:
    codec = _CODECS[seen.protocol]
    ports = getattr(codec, "PORTS", ())
    usual = ports[0] if ports else None
    return {"port": seen.port} if seen.port and usual is not None and seen.port != usual else {}


def name_of(judged: AssessedAsset) -> str:
    """Return how samples of a device are called: maker, model and firmware as far as known, in letters that every file system takes."""
    found = judged.identification
    parts = (found.brand or found.maker or "unknown", found.model or "", found.firmware or "")
    return "_".join(part for part in (_plain(text) for text in parts) if part)[:100]


def _plain(text: str) -> str:
    return "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in ".-") else "-" for letter in text.lower()
    ).strip("-.")


def _called(judged: AssessedAsset) -> str:
    found = judged.identification
    return " ".join(part for part in (found.brand or found.maker or "device", found.model or "", found.firmware or "") if part)
