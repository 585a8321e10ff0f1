"""The layout of a zip archive as camscan writes it: members one after another, the directory, its end record, and no byte more.

PKWARE APPNOTE 6.3, sections 4.3.7 (local header), 4.3.12 (directory) and 4.3.16 (end record). No ZIP64, no comments, no extra fields.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

END = struct.Struct("<4s4H2LH")
END_SIGN = b"PK\x05\x06"
LOCATOR_OF_ZIP64 = b"PK\x06\x07"
LOCATOR_LENGTH = 20
LOCAL = struct.Struct("<4s5H3L2H")
LOCAL_SIGN = b"PK\x03\x04"
LONGEST_COMMENT = 0xFFFF
ENTRY = struct.Struct("<4s4B4HL2L5H2L")
ENTRY_SIGN = b"PK\x01\x02"
"""A member's record in the directory, without its name."""
VERSION, UNIX = 20, 3
"""Version and system that a header names."""
PRIVATE = (stat.S_IFREG | 0o600) << 16
CHUNK = 64 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """What the end record says, before anything else was read."""

    at: int
    members: int
    directory_size: int
    zip64: bool
    volumes: bool
    """It speaks of several volumes."""
    after: int
    """Bytes after the record that are no comment either."""
    comment: int


def end_of(packed: BinaryIO, size: int) -> End | None:
    """Return the end record; None where there is none. size: of the archive. Reads 64 KiB at most."""
    start = max(0, size - END.size - LONGEST_COMMENT)
    packed.seek(start)
    tail = packed.read(END.size + LONGEST_COMMENT)
    at = len(tail) - END.size
    if at < 0:
        return None
    bare = tail[at:].startswith(END_SIGN) and tail.endswith(b"\0\0")
    found = at if bare else tail.rfind(END_SIGN)
    if found < 0 or found > at:
        return None
    _, volume, first, here, members, directory_size, _, comment = END.unpack_from(tail, found)
    return End(
        at=start + found,
        members=members,
        directory_size=directory_size,
        volumes=bool(volume or first) or here != members,
        zip64=tail[max(0, found - LOCATOR_LENGTH) : found].startswith(LOCATOR_OF_ZIP64),
        after=len(tail) - found - END.size - min(comment, len(tail) - found - END.size),
        comment=comment,
    )


def too_large(end: End, members: int, longest_name: int) -> str:
    """Return why the directory is not read at all; empty where it may be. members: how many there may be."""
    if end.zip64:
        return "its sizes are those of ZIP64, which no package needs: nothing was unpacked"
    if end.members > members:
        return f"{end.members} members, more than {members}: nothing was unpacked"
    if end.directory_size > members * (ENTRY.size + longest_name):
        return f"its directory is larger than that of {members} members: nothing was unpacked"
    return ""


def layout_faults(packed: BinaryIO, archive: zipfile.ZipFile, end: End) -> Iterator[str]:
    """Yield what stands in an archive beside its members, a sentence each: bytes that no hash covers."""
    entries = sorted(archive.infolist(), key=lambda one: one.header_offset)
    if end.comment:
        yield "the archive bears a comment that no hash covers"
    if end.after:
        yield f"{end.after} bytes stand behind the archive that no hash covers"
    if end.volumes:
        yield "the end of the archive speaks of several volumes"
    if len(entries) != end.members:
        yield f"the archive lists {len(entries)} members and counts {end.members}"
    if any(entry.comment or entry.extra for entry in entries):
        yield "the directory bears comments or extra fields that no hash covers"
    elif sum(ENTRY.size + len(_written(entry)) for entry in entries) != end.directory_size:
        yield "the directory holds more than its members"
    at = 0
    for entry in entries:
        if entry.header_offset != at:
            yield f"{abs(entry.header_offset - at)} bytes stand {_before(entry, at)} that no hash covers"
            return
        after = _end_of_member(packed, entry)
        if after is None:
            yield f"{entry.filename[:200]}: its two headers differ"
            return
        at = after
    if at != end.at - end.directory_size:
        yield f"{abs(end.at - end.directory_size - at)} bytes stand between the members and the directory that no hash covers"
    elif _directory(packed, end) != b"".join(map(_record, archive.infolist())):
        yield "the directory holds what camscan does not write"


def _before(entry: zipfile.ZipInfo, at: int) -> str:
    return f"before {entry.filename[:200]}" if at else "before the archive"


def _end_of_member(packed: BinaryIO, entry: zipfile.ZipInfo) -> int | None:
    """Return where a member's content ends; None where its own header says another thing than the directory."""
    packed.seek(entry.header_offset)
    header = packed.read(LOCAL.size)
    if len(header) < LOCAL.size:
        return None
    sign, needs, flags, method, time, date, crc, packed_size, size, name_length, extra = LOCAL.unpack(header)
    told = ((time, date), needs, flags, method, crc, packed_size, size)
    way = (entry.extract_version, entry.flag_bits, entry.compress_type)
    listed = (_written_time(entry), *way, entry.CRC, entry.compress_size, entry.file_size)
    name = packed.read(name_length)
    if sign != LOCAL_SIGN or told != listed or extra or name != _written(entry):
        return None
    return entry.header_offset + LOCAL.size + len(name) + entry.compress_size


def _directory(packed: BinaryIO, end: End) -> bytes:
    packed.seek(end.at - end.directory_size)
    return packed.read(end.directory_size)


def _record(entry: zipfile.ZipInfo) -> bytes:
    """Return the record of a member in the directory, as camscan writes it."""
    name = _written(entry)
    sizes = (entry.CRC, entry.compress_size, entry.file_size)
    versions = (VERSION, UNIX, VERSION, 0)
    way = (0, entry.compress_type, *_written_time(entry))
    return ENTRY.pack(ENTRY_SIGN, *versions, *way, *sizes, len(name), 0, 0, 0, 0, PRIVATE, entry.header_offset) + name


def content_of(packed: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a member's content in pieces of 64 KiB at most.

    Raises BadZipFile where packed bytes are missing or left over, or the content is not as long as its header says or has another
    CRC; and zlib.error.
    """
    packed.seek(entry.header_offset)
    header = packed.read(LOCAL.size)
    if len(header) < LOCAL.size or not header.startswith(LOCAL_SIGN):
        raise zipfile.BadZipFile("no header where the directory says")
    packed.seek(sum(LOCAL.unpack(header)[-2:]), 1)
    left, size, crc = entry.compress_size, 0, 0
    for piece in _inflated(packed, left) if entry.compress_type == zipfile.ZIP_DEFLATED else _stored(packed, left):
        size, crc = size + len(piece), zlib.crc32(piece, crc)
        if size > entry.file_size:
            break
        yield piece
    if (size, crc) != (entry.file_size, entry.CRC):
        raise zipfile.BadZipFile("its size or CRC is not as its header says")


def _stored(packed: BinaryIO, left: int) -> Iterator[bytes]:
    while left:
        piece = packed.read(min(left, CHUNK))
        if not piece:
            raise zipfile.BadZipFile("cut off")
        left -= len(piece)
        yield piece


def _inflated(packed: BinaryIO, left: int) -> Iterator[bytes]:
    inflating = zlib.decompressobj(-zlib.MAX_WBITS)
    for piece in _stored(packed, left):
        waiting = piece
        while waiting and not inflating.eof:
            if inflated := inflating.decompress(waiting, CHUNK):
                yield inflated
            waiting = inflating.unconsumed_tail
        if inflating.unused_data or (inflating.eof and waiting):
            raise zipfile.BadZipFile("bytes stand behind its content")
    if inflated := inflating.flush():
        yield inflated
    if not inflating.eof:
        raise zipfile.BadZipFile("cut off")


def _written_time(entry: zipfile.ZipInfo) -> tuple[int, int]:
    """Return a member's time and date as they stand in its headers, to two seconds."""
    year, month, day, hour, minute, second = entry.date_time
    return hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day


def _written(entry: zipfile.ZipInfo) -> bytes:
    """Return a member's name as it stands in the archive."""
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437", "replace")
