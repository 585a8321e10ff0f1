"""The bytes behind a claim: the lines that hold it are shown, no line is wider than 80 columns with its depth, nothing is unbounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from camscan.report.hexdump import LINES_AT_MOST, dump_of

REPLY = b"HTTP/1.0 200 OK\r\nServer: webserver\r\nX: " + b"." * 64 + b"DS-2CD2042WD-I" + b"." * 64


def test_the_lines_that_hold_a_value_are_shown_with_their_offset() -> None:
    lines = list(dump_of(REPLY, ["DS-2CD2042WD-I"]))
    start = REPLY.index(b"DS-2CD")
    assert lines[0] == "…"
    assert lines[1].startswith(f"{start - start % 16:04x}  ")
    assert "".join(line[55:] for line in lines[1:-1]).strip(".") == "DS-2CD2042WD-I"
    assert lines[-1] == f"… ({len(REPLY)} bytes in all)"


def test_a_value_that_stands_nowhere_leaves_the_beginning() -> None:
    lines = list(dump_of(REPLY, ["worked out of others", ""]))
    assert lines[0] == "0000  48 54 54 50 2f 31 2e 30 20 32 30 30 20 4f 4b 0d  HTTP/1.0 200 OK."
    assert len(lines) == 3


def test_a_mac_is_found_as_bytes_and_text_of_two_bytes_a_character_is_found() -> None:
    assert list(dump_of(bytes(32) + bytes.fromhex("44190b100011"), ["44:19:0b:10:00:11"]))[1].startswith(
        "0020  44 19 0b 10 00 11"
    )
    wide = bytes(16) + "IPC".encode("utf-16-le")
    assert "I.P.C." in list(dump_of(wide, ["IPC"]))[1]


def test_a_message_shown_whole_ends_without_a_mark() -> None:
    assert list(dump_of(b"abc", ["abc"])) == ["0000  61 62 63                                         abc"]
    assert list(dump_of(b"", ["abc"])) == []


@given(st.binary(max_size=4000), st.lists(st.text(max_size=40), max_size=8), st.integers(0, 3900))
def test_no_message_makes_wide_many_or_live_lines(raw: bytes, values: list[str], at: int) -> None:
    inside = raw[at : at + 60].decode("latin-1")
    lines = list(dump_of(raw, [*values, inside]))
    assert len([line for line in lines if not line.startswith("…")]) <= LINES_AT_MOST
    assert all(len(line) <= 74 and line.isprintable() for line in lines)
