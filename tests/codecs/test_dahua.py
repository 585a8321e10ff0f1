from __future__ import annotations

from pathlib import Path

import pytest

from camscan.codecs import dahua
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint, Observation
from tests import factories

ANSWER = (Path(__file__).parents[1] / "samples" / "dahua" / "dahua_ipc-hfw2100.bin").read_bytes()


def test_the_search_is_the_documented_one_and_leaves_from_its_own_port() -> None:
    [probe] = dahua.probes(bytes(16))
    assert probe.payload == bytes.fromhex("a3010001" + "00" * 12 + "02" + "00" * 15)
    assert (probe.broadcast, probe.port, probe.source_port) == (True, 5050, 5050)


def test_the_whole_model_stands_behind_the_mac() -> None:
    long = b"DH-IPC-HFW2100-WITH-A-LONG-NAME"
    raw = bytearray(ANSWER[:0x78] + ANSWER[0x78 : 0x78 + 17] + long + ANSWER[0x78 + ANSWER[2] :])
    raw[2] = 17 + len(long)
    assert dict(dahua.observe(dahua.decode(bytes(raw))))["dahua.model"] == long.decode()


def test_a_third_section_that_is_said_to_be_longer_than_it_is_does_no_harm() -> None:
    raw = ANSWER[:20] + b"\xff\xff" + ANSWER[22:]
    assert dahua.observe(dahua.decode(raw)) == dahua.observe(dahua.decode(ANSWER))


def test_an_answer_on_the_port_of_the_newer_discovery_is_told_apart() -> None:
    reply = factories.datagram(ANSWER, src=Endpoint("10.20.0.110", 37810), dst=Endpoint("10.20.0.1", 37810))
    seen = dispatch_datagram(reply, collector="c", site="s")
    assert isinstance(seen, Observation)
    assert seen.protocol == "dahua"


@pytest.mark.parametrize("offset", [0, 4, 16])
def test_bytes_without_the_header_are_errors(offset: int) -> None:
    with pytest.raises(DecodeError):
        dahua.decode(ANSWER[:offset] + b"\x77" + ANSWER[offset + 1 :])
