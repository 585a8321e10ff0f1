"""Text as every database takes it in a column: no control characters, and short enough for an index."""

from __future__ import annotations

from hashlib import blake2b

from camscan.report.escape import visible

LONGEST = 320
"""Characters; two such texts of four bytes a character still fit one entry of an index."""


def column_text(text: str) -> str:
    """Return a text for a column; of one that is too long the begin and what stands for the whole."""
    shown = visible(text)
    if len(shown) <= LONGEST:
        return shown
    stands_for = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{shown[: LONGEST - len(stands_for) - 1]}…{stands_for}"
