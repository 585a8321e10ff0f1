from __future__ import annotations

from camscan.codecs.base import Cursor
from camscan.codecs.binary import MAX_RECORDS, only_values, records, texts


def test_records_end_at_the_first_that_is_not_complete() -> None:
    raw = b"\x01\0\x01A" + b"\x02\0\x09B" + b"\x03\0\x01C"
    assert list(records(Cursor(raw), type_size=1, length_size=2)) == [(1, b"A")]


def test_sizes_of_type_and_length_are_as_asked() -> None:
    assert list(records(Cursor(b"\x01\x02\x02AB"), type_size=2, length_size=1)) == [(0x0102, b"AB")]


def test_empty_records_without_end_are_bounded() -> None:
    assert len(list(records(Cursor(bytes(65536)), type_size=2, length_size=2))) == MAX_RECORDS


def test_of_a_message_of_records_heads_stay_and_values_that_are_not_read_go() -> None:
    raw = b"HEAD" + b"\1\2ab" + b"\2\3cde" + b"\4f" + b"rest"
    kept = only_values(raw, 4, [(2, 2, True), (2, 3, False), (1, 1, True)])
    assert kept == b"HEAD" + b"\1\2ab" + b"\2\3\0\0\0" + b"\4f" + bytes(4)


def test_texts_are_runs_of_ascii_that_another_byte_ends() -> None:
    assert texts(b"ab\0c\xffdef\xc3\xa9gh", at_least=2) == ("ab", "def")
