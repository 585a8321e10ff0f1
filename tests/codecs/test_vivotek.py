from __future__ import annotations

import pytest

from camscan.codecs import vivotek
from camscan.codecs.base import DecodeError

HEAD = b"\x02\x4a\x5d\x8f\x1c"


def said(*fields: bytes) -> dict[str, str]:
    return dict(vivotek.observe(vivotek.decode(HEAD + b"".join(fields))))


def test_a_field_of_type_4_has_no_length_and_the_next_one_is_still_found() -> None:
    assert said(b"\x02\x06\0\x02\xd1\0\0\x01", b"\x04\x1b", b"\x09\x06FD8134") == {
        "vivotek.mac": "00:02:d1:00:00:01",
        "vivotek.model": "FD8134",
    }


def test_unknown_fields_are_passed_over() -> None:
    assert said(b"\x10\x04\x03\0\x82\0", b"\x0a\x01\0", b"\x05\x04\0\0\0\0", b"\x09\x02VS") == {"vivotek.model": "VS"}


def test_a_length_past_the_end_ends_the_answer() -> None:
    assert said(b"\x09\x02VS", b"\x01\xffcut") == {"vivotek.model": "VS"}


def test_the_search_is_five_bytes_with_the_session_of_the_nonce() -> None:
    [probe] = vivotek.probes(bytes([0xA7] + [0] * 15))
    assert probe.payload == b"\xa7\x4a\x5d\x8f\x1c"
    assert (probe.broadcast, probe.port, probe.source_port) == (True, 10000, None)


@pytest.mark.parametrize("raw", [b"", HEAD, HEAD + b"\x04\x1b", b"\x02\x4a\x5d\x8f\x1d\x09\x02VS"])
def test_an_answer_that_names_nobody_is_an_error(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        vivotek.decode(raw)


def test_what_is_not_read_is_not_kept() -> None:
    said = b"\x02\x06" + bytes(range(6)) + b"\x04\x01" + b"\x1e\x07hunter2" + b"\x09\x06IB9360"
    raw = b"\0\x4a\x5d\x8f\x1c" + said + b"\x09\xffhunter3"
    kept = vivotek.without_secrets(raw)
    assert len(kept) == len(raw)
    assert b"hunter" not in kept
    assert vivotek.observe(vivotek.decode(kept)) == vivotek.observe(vivotek.decode(raw))
    assert vivotek.without_secrets(raw[:5] + b"\x1e\x07hunter2") == raw[:5]
