"""No byte of a sealed archive stands where no hash covers it, and no header says anything of its own."""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO

import pytest

from tests.test_sealed import changed, put, read, written


def test_a_comment_of_the_archive_is_a_fault() -> None:
    packed = BytesIO(written())
    with zipfile.ZipFile(packed, "a") as archive:
        archive.comment = b"believe me"
    assert read(packed.getvalue()).faults == ("the archive bears a comment that no hash covers",)


def with_gap(packed: bytes, at: int, foreign: bytes) -> bytes:
    """Put foreign bytes into an archive and move every offset behind them, so that any reader still unpacks it."""
    end = packed.rindex(b"PK\x05\x06")
    directory = int.from_bytes(packed[end + 16 : end + 20], "little")
    anew, place = bytearray(packed), directory
    while anew[place : place + 4] == b"PK\x01\x02":
        offset = int.from_bytes(anew[place + 42 : place + 46], "little")
        anew[place + 42 : place + 46] = (offset + len(foreign) * (offset >= at)).to_bytes(4, "little")
        place += 46 + int.from_bytes(anew[place + 28 : place + 30], "little")
    anew[end + 16 : end + 20] = (directory + len(foreign)).to_bytes(4, "little")
    return bytes(anew[:at] + foreign + anew[at:])


def second_member(packed: bytes) -> int:
    return packed.index(b"PK\x03\x04", 4)


def directory_at(packed: bytes) -> int:
    return packed.index(b"PK\x01\x02")


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (b"#!/bin/sh\n" + written(), "10 bytes stand before the archive that no hash covers"),
        (with_gap(written(), 0, b"#!/bin/sh\n"), "10 bytes stand before the archive that no hash covers"),
        (written() + b"<script>", "8 bytes stand behind the archive that no hash covers"),
        (with_gap(written(), second_member(written()), b"gap"), "3 bytes stand before manifest.json.sig that no hash covers"),
        (
            with_gap(written(), directory_at(written()), b"gap"),
            "3 bytes stand between the members and the directory that no hash covers",
        ),
    ],
    ids=["before", "before, offsets moved", "behind", "between members", "before the directory"],
)
def test_bytes_that_belong_to_no_member_are_a_fault_wherever_they_stand(planted: bytes, said: str) -> None:
    with zipfile.ZipFile(BytesIO(planted)) as archive:
        assert archive.testzip() is None
    assert read(planted).faults == (said,)


@pytest.mark.parametrize("field", ["comment", "extra"])
def test_a_comment_or_an_extra_field_of_a_member_is_a_fault(field: str) -> None:
    def plant(members: dict[str, bytes], archive: zipfile.ZipFile) -> None:
        entry = zipfile.ZipInfo("empty")
        setattr(entry, field, b"\xfe\xca\x02\x00ok")
        archive.writestr(entry, members.pop("empty"))

    assert changed(written(), plant).faults[0] == "the directory bears comments or extra fields that no hash covers"


def test_a_header_of_a_member_that_differs_from_the_directory_is_a_fault() -> None:
    packed = bytearray(written())
    packed[4] ^= 1
    assert read(bytes(packed)).faults == ("manifest.json: its two headers differ",)


def test_a_directory_of_very_many_members_is_not_read_whatever_the_end_record_counts() -> None:
    packed = written()
    end = packed.rindex(b"PK\x05\x06")
    record = packed[directory_at(packed) : end]
    for count, said in ((60_000, "60000 members, more than 4096"), (5, "its directory is larger than that of 4096 members")):
        directory = record * 60_000
        tail = (
            packed[end : end + 8] + count.to_bytes(2, "little") * 2 + len(directory).to_bytes(4, "little") + packed[end + 16 :]
        )
        found = read(packed[: directory_at(packed)] + directory + tail)
        assert found.faults == (f"{said}: nothing was unpacked",)
        assert found.files == {}


def test_sizes_of_zip64_are_not_read() -> None:
    packed = written()
    end = packed.rindex(b"PK\x05\x06")
    found = read(packed[:end] + b"PK\x06\x07" + bytes(16) + packed[end:])
    assert found.faults == ("its sizes are those of ZIP64, which no package needs: nothing was unpacked",)


def repacked(packed: bytes, behind: bytes = b"", **headers: object) -> bytes:
    """Return an archive with bytes behind what each member deflates to, and other values in its headers."""
    anew = BytesIO()
    with zipfile.ZipFile(BytesIO(packed)) as old, zipfile.ZipFile(anew, "w") as archive:
        for entry in old.infolist():
            put(archive, entry.filename, old.read(entry), zipfile.ZIP_STORED)
            own = archive.infolist()[-1]
            if behind:
                deflated = zlib.compress(old.read(entry), wbits=-15) + behind
                own.file_size, own.CRC, own.compress_type = entry.file_size, entry.CRC, zipfile.ZIP_DEFLATED
                own.compress_size = len(deflated)
                anew.seek(own.header_offset)
                anew.write(own.FileHeader(False) + deflated)
                archive.start_dir = anew.tell()
            for name, value in headers.items():
                setattr(own, name, value)
    return anew.getvalue()


def test_an_archive_that_was_packed_otherwise_holds() -> None:
    assert read(repacked(written())).faults == ()


def test_bytes_behind_what_a_member_deflates_to_are_a_fault() -> None:
    found = read(repacked(written(), b"smuggled" * 1000))
    assert "run.obs.jsonl: damaged: bytes stand behind its content" in found.faults
    assert not found.files


@pytest.mark.parametrize(
    ("name", "value"),
    [("create_version", 63), ("create_system", 0), ("internal_attr", 1), ("external_attr", 0o104777 << 16), ("volume", 1)],
)
def test_a_header_with_anything_that_no_package_has_is_a_fault(name: str, value: int) -> None:
    packed = bytearray(repacked(written(), **{} if name == "volume" else {name: value}))
    if name == "volume":  # zipfile writes 0, whatever a member says
        packed[packed.index(b"PK\x01\x02") + 34] = value
    assert any("holds what camscan does not write" in fault for fault in read(bytes(packed)).faults)


def test_members_that_bear_another_time_than_the_manifest_says_are_a_fault() -> None:
    packed = bytearray(written())
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        places = [entry.header_offset + 10 for entry in archive.infolist()]
    at = packed.index(b"PK\x01\x02")
    while at >= 0:
        places.append(at + 12)
        at = packed.find(b"PK\x01\x02", at + 1)
    for place in places:
        packed[place : place + 4] = (0x22222222).to_bytes(4, "little")
    assert read(bytes(packed)).faults == ("members bear another time than they were sealed with",)


def test_an_end_that_speaks_of_other_volumes_is_a_fault() -> None:
    packed = bytearray(written())
    packed[packed.rindex(b"PK\x05\x06") + 4] = 1
    assert read(bytes(packed)).faults == ("the end of the archive speaks of several volumes",)
