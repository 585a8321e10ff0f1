"""One line of `camscan identify`'s input, as the fields of a device: a field, several fields, or a whole message."""

from __future__ import annotations

import base64
import binascii
import json
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache, partial
from typing import Any, NamedTuple

from camscan.codecs import isapi, onvif, upnp, webcaps
from camscan.codecs.base import DatagramCodec, DecodeError, StreamCodec, mac_from_text, text
from camscan.codecs.registry import DATAGRAM_CODECS, STREAM_CODECS
from camscan.model import MAX_VALUE, Endpoint, Fields, StreamHead, Via

FORMS = frozenset({"field", "fields", "protocol"})
KEYS = FORMS | {"id", "value", "value_base64", "payload_base64"}
NOWHERE = Endpoint(ip="0.0.0.0", port=0)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
MAX_FIELDS = 4096
"""Values of one line."""


class LineError(ValueError):
    """A line that cannot be used; the message says why and what is wanted."""


class Line(NamedTuple):
    """What one line says of one device."""

    id: object
    fields: Fields
    macs: tuple[str, ...]


def read_line(raw: bytes, vocabulary: Collection[str]) -> Line:
    """Return what a line says. Raises LineError; its `id` stands in `id_of`."""
    entry = parsed(raw)
    given = [form for form in FORMS if form in entry]
    if len(given) != 1:
        raise LineError('give one of "field", "fields" and "protocol"')
    unknown = entry.keys() - KEYS
    if unknown:
        raise LineError(f'unknown key "{min(unknown)}"')
    pairs = READERS[given[0]](entry)
    if len(pairs) > MAX_FIELDS:
        raise LineError(f"more than {MAX_FIELDS} values")
    for name, _ in pairs:
        if name not in vocabulary:
            near = get_close_matches(name, vocabulary, 1)
            raise LineError(
                f'unknown field "{name[:80]}"' + (f": did you mean {near[0]}?" if near else ": see docs/reference/fields.md")
            )
    said, macs = set(), set()
    for name, value in pairs:
        if name != "mac":
            said.add((name, whole(value[:MAX_VALUE])))
            continue
        mac = mac_from_text(value)
        if mac is None:
            raise LineError(f'"{value[:40]}" is not a MAC address')
        macs.add(mac)
    return Line(entry.get("id"), tuple(sorted(said)), tuple(sorted(macs)))


def parsed(raw: bytes) -> dict[str, Any]:
    """Return a line's JSON object. Raises LineError."""
    try:
        entry = DECODER.decode(raw.removeprefix(BOM_UTF8).decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as fault:
        raise LineError("not JSON") from fault
    if not isinstance(entry, dict):
        raise LineError("not a JSON object")
    return entry


def not_a_number(constant: str) -> float:
    """Refuse NaN and Infinity, which are no JSON and could not be given back."""
    raise ValueError(constant)


DECODER = json.JSONDecoder(parse_constant=not_a_number)


def id_of(raw: bytes) -> object:
    """Return the id of a line that may be bad; None where it has none."""
    try:
        return parsed(raw).get("id")
    except LineError:
        return None


def whole(value: str) -> str:
    """Return a text without halves of surrogate pairs, which JSON can hold and no encoding can."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def one_field(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the field of `{"field": …, "value": …}`."""
    name, value, encoded = entry["field"], entry.get("value"), entry.get("value_base64")
    if not isinstance(name, str):
        raise LineError('"field" must be a text')
    if (value is None) == (encoded is None):
        raise LineError('give "value" or "value_base64"')
    if encoded is not None:
        return [(name, text(decoded(encoded, "value_base64")))]
    if isinstance(value, str):
        return [(name, value)]
    raise LineError('"value" must be a text; give bytes as "value_base64"')


def several_fields(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the fields of `{"fields": {name: text or list of texts}}`."""
    table = entry["fields"]
    if not isinstance(table, dict):
        raise LineError('"fields" must be an object')
    pairs = [(name, one) for name, value in table.items() for one in (value if isinstance(value, list) else [value])]
    for name, one in pairs:
        if not isinstance(one, str):
            raise LineError(f'"{name[:80]}" must be a text or a list of texts')
    return pairs


def whole_message(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the fields that a codec reads from `{"protocol": …, "payload_base64": …}`."""
    protocol, readers = entry["protocol"], message_readers()
    if not isinstance(protocol, str) or protocol not in readers:
        raise LineError(f'no codec for protocol "{str(protocol)[:40]}": use one of {", ".join(sorted(readers))}')
    if "payload_base64" not in entry:
        raise LineError('"payload_base64" is missing')
    payload = decoded(entry["payload_base64"], "payload_base64")
    try:
        return list(readers[protocol](payload))
    except DecodeError as fault:
        raise LineError(f"no {protocol} message: {fault}") from fault


READERS = {"field": one_field, "fields": several_fields, "protocol": whole_message}


@cache
def message_readers() -> Mapping[str, Callable[[bytes], Fields]]:
    """Return, by protocol, what reads one whole message."""
    readers: dict[str, Callable[[bytes], Fields]] = {
        isapi.NAME: lambda document: isapi.observe(isapi.decode(document)),
        onvif.NAME: lambda document: onvif.observe(onvif.decode(document)),
        upnp.NAME: lambda document: upnp.observe(upnp.decode(document)),
        webcaps.NAME: lambda document: webcaps.observe(webcaps.decode(document)),
    }
    readers |= {codec.NAME: partial(from_stream, codec) for codec in STREAM_CODECS}
    readers |= {codec.NAME: partial(from_datagram, codec) for codec in DATAGRAM_CODECS}
    return readers


def from_datagram(codec: DatagramCodec, payload: bytes) -> Fields:
    """Return what a datagram says. Raises DecodeError."""
    return codec.observe(codec.decode(payload))


def from_stream(codec: StreamCodec, payload: bytes) -> Fields:
    """Return what a server said. Raises DecodeError."""
    return codec.observe(codec.decode(head_of(payload)))


def head_of(payload: bytes) -> StreamHead:
    """Return the bytes of a server as the head of a connection of which nothing else is known."""
    return StreamHead(client=NOWHERE, server=NOWHERE, sent=b"", received=payload, received_at=NEVER, via=Via.IMPORT)


def decoded(value: object, name: str) -> bytes:
    """Return base64 as bytes. Raises LineError."""
    if not isinstance(value, str):
        raise LineError(f'"{name}" must be a text')
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise LineError(f'"{name}" is not base64') from fault
