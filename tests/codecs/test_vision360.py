from __future__ import annotations

import pytest

from camscan.codecs import vision360
from camscan.codecs.base import DecodeError
from camscan.model import Endpoint
from tests import factories

ANSWER = b"DISCOVER TYPE=IPDOME KEY='00:11:22:33:44:55' ID=0000000001\r\n"


def test_the_search_is_one_line_to_everyone() -> None:
    [probe] = vision360.probes(bytes(16))
    assert (probe.payload, probe.port, probe.broadcast) == (b"DISCOVER\n", 3600, True)
    assert vision360.observe(vision360.decode(probe.payload)) == ()


def test_the_key_is_the_mac() -> None:
    assert dict(vision360.observe(vision360.decode(ANSWER)))["vision360.mac"] == "00:11:22:33:44:55"


def test_the_port_is_needed() -> None:
    assert vision360.recognise(factories.datagram(ANSWER, src=Endpoint("10.20.0.5", 3600)))
    assert not vision360.recognise(factories.datagram(ANSWER, src=Endpoint("10.20.0.5", 3601)))


@pytest.mark.parametrize("raw", [b"DISCOVER ", ANSWER[:-1], b"DISCOVER \n", b"DISCOVERED TYPE=1\n", b"DISCOVER " + b"x" * 600])
def test_what_is_no_whole_answer_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        vision360.decode(raw)
