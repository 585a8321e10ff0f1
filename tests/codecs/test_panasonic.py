from __future__ import annotations

from pathlib import Path

import pytest

from camscan.codecs import panasonic
from camscan.codecs.base import DecodeError
from camscan.model import Endpoint
from tests import factories

SAMPLE = Path(__file__).parents[1] / "samples" / "panasonic" / "i-pro_wv-x22700-v2l_3.67.bin"

PUBLISHED_SEARCH = bytes.fromhex(
    "0001002a000d000000000000a029193eab91c0a80179000020111e11231f1e1913000002010000000000000000000000"
    "fff00026002000210022002300250028004000410042004400a500a600a700a800ad00b300b400b700b8ffff1170"
)
"""Of the vendor's tool on a host with the address 192.168.1.121."""


def test_the_search_is_the_published_one_but_for_who_asks() -> None:
    [probe] = panasonic.probes(bytes(16))
    assert (probe.broadcast, probe.port, probe.source_port) == (True, 10670, 10669)
    assert probe.payload[:12] + probe.payload[22:-2] == PUBLISHED_SEARCH[:12] + PUBLISHED_SEARCH[22:-2]
    for search in (probe.payload, PUBLISHED_SEARCH):
        assert int.from_bytes(search[-2:]) == (sum(search[:-2]) + 1) & 0xFFFF
        assert panasonic.observe(panasonic.decode(search)) == ()


@pytest.mark.parametrize("command", [0x0002, 0x0004, 0x0005])
def test_commands_that_set_something_are_no_messages(command: int) -> None:
    frame = PUBLISHED_SEARCH[:4] + command.to_bytes(2) + PUBLISHED_SEARCH[6:]
    assert not panasonic.recognise(factories.datagram(frame, dst=Endpoint("10.20.0.64", 10670)))
    with pytest.raises(DecodeError):
        panasonic.decode(frame)


def test_a_record_that_states_more_than_is_there_ends_the_message() -> None:
    raw = bytearray(SAMPLE.read_bytes())
    at = raw.index(b"X22700-V2L", raw.index(b"WV-X22700-V2L") + 13) - 2
    raw[at : at + 2] = b"\xff\xff"
    said = dict(panasonic.observe(panasonic.decode(bytes(raw))))
    assert "panasonic.model" not in said
    assert (said["panasonic.mac"], said["panasonic.name"]) == ("d4:2d:c5:00:00:01", "WV-X22700-V2L")
