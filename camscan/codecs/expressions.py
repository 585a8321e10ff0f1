"""Regular expressions over bytes, in time that is linear in what is searched whoever wrote it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=32)
def compiled(expression: bytes, *, any_case: bool = False) -> Any:
    """Return what finds an expression in bytes."""
    import re2  # type: ignore[import-untyped]  # 30 ms that only those pay who keep messages

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = not any_case
    return re2.compile(expression, options)


def literal(text: bytes) -> bytes:
    """Return the expression that finds a text as it stands."""
    import re2

    escaped: bytes = re2.escape(text)
    return escaped
