"""Values as JSON on one line, in printable ASCII: harmless on any terminal, and right in any locale."""

from __future__ import annotations

import json
from typing import Any

import orjson

_DELETE = b"\x7f"
"""Of ASCII, but no more printable than the controls, which `orjson` escapes."""


def compact(value: Any) -> str:
    """Return a value without blanks between its parts. Its floats are finite: `orjson` makes NaN null."""
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError:  # an integer of more than 64 bits, half a surrogate pair
        written = _DELETE
    if written.isascii() and _DELETE not in written:
        return written.decode("ascii")
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
