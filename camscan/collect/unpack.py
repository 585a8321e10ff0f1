"""Bytes of a file that may be packed with gzip or Zstandard, unpacked as they are read; damage ends them and is told.

Source: RFC 1952, RFC 8878. A file is unpacked piece by piece, so that none can fill the memory, and what stands before the damage
is given to the last byte that can be unpacked.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Iterator

import zstandard

GZIP, ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
SKIPPABLE = tuple(bytes((first, 0x2A, 0x4D, 0x18)) for first in range(0x50, 0x60))
"""First bytes of frames of Zstandard that hold something else, as pzstd writes in front of each of its own; they are skipped."""
MAGICS = (GZIP, ZSTD, *SKIPPABLE)
MAX_WINDOW = 128 * 1024 * 1024
"""Memory that a file of Zstandard may ask for: what its own program grants."""
_GZIP_WINDOW = 31
"""Of zlib: the longest window, behind a header of gzip."""
_PACKED, _UNPACKED = 64 * 1024, 256 * 1024
_PACKED_ZSTD = 256
"""Bytes handed over at a time: four of them may become 128 KiB."""

Read = Callable[[int], bytes]
"""Returns up to as many bytes as asked for, and nothing at the end."""


class Unpacked:
    """A source of bytes, unpacked where it is packed."""

    def __init__(self, read: Read) -> None:
        """read: the bytes of the file from the first."""
        self.damage: str | None = None
        """Why it ended before its end; known when `read` has returned nothing."""
        front = at_least(read, 4)
        source = behind(front, read)
        if front.startswith(GZIP):
            self._pieces = self._gzip(source)
        elif front.startswith((ZSTD, *SKIPPABLE)):
            self._pieces = self._zstd(source)
        else:
            self._pieces = iter(lambda: source(_UNPACKED), b"")
        self._left = b""

    def read(self, count: int) -> bytes:
        """Return up to `count` bytes, and nothing at the end."""
        if not self._left:
            self._left = next(self._pieces, b"")
        chunk, self._left = self._left[:count], self._left[count:]
        return chunk

    def _gzip(self, read: Read) -> Iterator[bytes]:
        unpacking, packed = zlib.decompressobj(_GZIP_WINDOW), read(_PACKED)
        while packed:
            before = unpacking.copy()
            try:
                piece = unpacking.decompress(packed, _UNPACKED)
            except zlib.error:
                yield from _up_to_damage(before, packed)
                self.damage = "damaged gzip"
                return
            if piece:
                yield piece
            packed = unpacking.unconsumed_tail
            if unpacking.eof:
                packed = (unpacking.unused_data or read(_PACKED)).lstrip(b"\0")
                if packed and not GZIP.startswith(packed[:3]) and not packed.startswith(GZIP):
                    self.damage = "something else behind the end of its gzip"
                    return
                unpacking = zlib.decompressobj(_GZIP_WINDOW)
                if not packed:
                    return
            packed = packed or read(_PACKED)
        self.damage = "gzip that ends before its end"

    def _zstd(self, read: Read) -> Iterator[bytes]:
        unpacker = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
        unpacking, begun = unpacker.decompressobj(), False
        while packed := read(_PACKED_ZSTD):
            while packed:
                begun = True
                try:
                    piece = unpacking.decompress(packed)
                except zstandard.ZstdError:
                    self.damage = "damaged Zstandard"
                    return
                if piece:
                    yield piece
                packed = b""
                if unpacking.eof:
                    packed, begun = unpacking.unused_data, False
                    unpacking = unpacker.decompressobj()
        if begun:
            self.damage = "Zstandard that ends before its end"


def at_least(read: Read, count: int) -> bytes:
    """Return the first bytes of a source, `count` of them unless it is shorter, however few it gives at a time."""
    front = b""
    while len(front) < count and (piece := read(count - len(front))):
        front += piece
    return front


def behind(front: bytes, read: Read) -> Read:
    """Return the source whose first bytes were read already."""
    waiting = [front]

    def again(count: int) -> bytes:
        if not waiting:
            return read(count)
        chunk = waiting.pop()
        if len(chunk) > count:
            waiting.append(chunk[count:])
        return chunk[:count] or read(count)

    return again


def _up_to_damage(unpacking: zlib._Decompress, packed: bytes) -> Iterator[bytes]:
    """Yield what can be unpacked of bytes among which the damage is."""
    with contextlib.suppress(zlib.error):
        for place in range(len(packed)):
            piece = unpacking.decompress(packed[place : place + 1])
            if piece:
                yield piece
