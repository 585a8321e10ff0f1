"""Model values as JSON values and back, by the types of their fields; a wrong type is an error that names its place.

Optional keys may be absent and unknown keys are passed over, so files of older and newer versions stay readable.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import types
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from camscan.model import Fields

T = TypeVar("T")


class RecordError(ValueError):
    """A JSON value that is not what its place asks for; the message names the place and what it must hold."""


def encode(record: Any) -> Any:
    """Return a model value as JSON values: instants in UTC with `Z`, bytes in base64 under `<name>_base64`."""
    kind = type(record)
    if dataclasses.is_dataclass(kind):
        hints = _hints(kind)
        return {
            key: _encode_fields(value) if hints[name] == Fields else encode(value)
            for name, key in _keys(kind)
            for value in (getattr(record, name),)
        }
    if isinstance(record, datetime):
        return record.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(record, date):
        return record.isoformat()
    if isinstance(record, bytes):
        return base64.b64encode(record).decode()
    if isinstance(record, StrEnum):
        return record.value
    if isinstance(record, tuple):
        return [encode(item) for item in record]
    return record


def decode(kind: type[T], value: Any, place: str) -> T:
    """Return the model value of `kind` that a JSON value holds. Raises RecordError."""
    made: T = _decode(kind, value, place)
    return made


def _encode_fields(fields: Fields) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for name, value in fields:
        named.setdefault(name, []).append(value)
    return named


def _decode(kind: Any, value: Any, place: str) -> Any:
    if kind == Fields:
        return _decode_fields(value, place)
    if dataclasses.is_dataclass(kind):
        return _decode_record(kind, value, place)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        inner = [option for option in get_args(kind) if option is not type(None)]
        return None if value is None else _decode(inner[0], value, place)
    if origin is Literal:
        if value not in get_args(kind):
            raise RecordError(f"{place} must be one of {', '.join(map(str, get_args(kind)))}")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise RecordError(f"{place} must be a list")
        return tuple(_decode(get_args(kind)[0], item, f"{place}[{number}]") for number, item in enumerate(value))
    return _decode_plain(kind, value, place)


def _decode_record(kind: Any, value: Any, place: str) -> Any:
    if not isinstance(value, Mapping):
        raise RecordError(f"{place} must be an object")
    required = {f.name for f in dataclasses.fields(kind) if f.default is f.default_factory is dataclasses.MISSING}
    hints = _hints(kind)
    found = {}
    for name, key in _keys(kind):
        if key in value:
            found[name] = _decode(hints[name], value[key], f"{place}.{key}")
        elif name in required:
            raise RecordError(f"{place}.{key} is missing")
    return kind(**found)


def _decode_fields(value: Any, place: str) -> Fields:
    if not isinstance(value, Mapping):
        raise RecordError(f"{place} must be an object of field names and lists of values")
    pairs = []
    for name, values in value.items():
        if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
            raise RecordError(f"{place}.{name} must be a list of strings")
        pairs += [(name, item) for item in values]
    return tuple(sorted(pairs))


def _decode_plain(kind: Any, value: Any, place: str) -> Any:
    if kind is bool or kind is int:
        if type(value) is not kind:
            raise RecordError(f"{place} must be {'true or false' if kind is bool else 'a whole number'}")
        return value
    if not isinstance(value, str):
        raise RecordError(f"{place} must be a string")
    if kind is str:
        return value
    try:
        if kind is datetime:
            return _instant(value)
        if kind is date:
            return date.fromisoformat(value)
        if kind is bytes:
            return base64.b64decode(value, validate=True)
        return kind(value)
    except (ValueError, OverflowError, binascii.Error) as fault:
        raise RecordError(f"{place} must be {_WANTED.get(kind) or 'one of ' + ', '.join(kind)}") from fault


_WANTED: dict[Any, str] = {
    datetime: "an instant with its zone such as 2026-11-21T18:00:00Z",
    date: "a date such as 2026-11-21",
    bytes: "base64",
}


def _instant(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("no zone")
    return at.astimezone(UTC)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


@cache
def _keys(kind: Any) -> tuple[tuple[str, str], ...]:
    """Return each attribute with its key in JSON."""
    hints = _hints(kind)
    return tuple(
        (field.name, f"{field.name}_base64" if hints[field.name] is bytes else field.name.rstrip("_"))
        for field in dataclasses.fields(kind)
    )
