"""An icon that has a wanted favicon hash without being anybody's icon.

The hash is MurmurHash3 (32 bit, seed 0, signed) over base64 text with a line break after 76 characters and at the end. Its steps
can be undone, so four characters near the end are solved for.
"""

from __future__ import annotations

import base64
import random
import struct
from functools import cache

MASK = 0xFFFFFFFF
C1, C2 = 0xCC9E2D51, 0x1B873593
ALPHABET = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
# Header, directory entry and bitmap header of an icon of one pixel with 32 bits.
ICON_HEAD = struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 1, 1, 0, 0, 1, 32, 50, 22)
ICON_HEAD += struct.pack("<IiiHHIIiiII", 40, 1, 2, 1, 32, 0, 0, 0, 0, 0, 0)
ICON_SIZE = 72


@cache
def icon_with_hash(wanted: int) -> bytes:
    """Return the bytes of a one-pixel icon whose favicon hash is `wanted` (signed)."""
    chance = random.Random(wanted)
    while True:
        icon = ICON_HEAD + chance.randbytes(ICON_SIZE - len(ICON_HEAD))
        text = bytearray(base64.encodebytes(icon))
        # The last whole block before the tail; it holds characters only, as the last line is shorter than 76.
        place = len(text) // 4 * 4 - 4
        block = _solve(bytes(text), place, wanted)
        if all(byte in ALPHABET for byte in block):
            text[place : place + 4] = block
            return base64.b64decode(bytes(text))


def _solve(text: bytes, place: int, wanted: int) -> bytes:
    """Return the four bytes at `place`, the last whole block, that give `text` the wanted hash."""
    after = _undo_finish(wanted & MASK) ^ len(text)
    after ^= _scramble(int.from_bytes(text[place + 4 :], "little"))
    before = 0
    for start in range(0, place, 4):
        before ^= _scramble(int.from_bytes(text[start : start + 4], "little"))
        before = (_rotate(before, 13) * 5 + 0xE6546B64) & MASK
    mixed = _rotate((after - 0xE6546B64) * pow(5, -1, 1 << 32) & MASK, 19) ^ before
    block = _rotate(mixed * pow(C2, -1, 1 << 32) & MASK, 17) * pow(C1, -1, 1 << 32) & MASK
    return block.to_bytes(4, "little")


def _rotate(value: int, count: int) -> int:
    return (value << count | value >> (32 - count)) & MASK


def _scramble(block: int) -> int:
    return _rotate(block * C1 & MASK, 15) * C2 & MASK


def _undo_finish(value: int) -> int:
    value ^= value >> 16
    value = value * pow(0xC2B2AE35, -1, 1 << 32) & MASK
    value ^= value >> 13 ^ value >> 26
    value = value * pow(0x85EBCA6B, -1, 1 << 32) & MASK
    return value ^ value >> 16
