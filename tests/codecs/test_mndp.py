from __future__ import annotations

import pytest

from camscan.codecs import mndp
from camscan.codecs.base import DecodeError
from camscan.model import Endpoint
from tests import factories

HERE = Endpoint("10.20.0.5", 5678)
ANNOUNCEMENT = bytes(4) + bytes.fromhex("0001 0006 18fd74000001 0008 0008") + b"MikroTik"


def test_four_zero_bytes_ask_and_say_nothing() -> None:
    [probe] = mndp.probes(bytes(16))
    assert (probe.payload, probe.port, probe.source_port, probe.broadcast) == (bytes(4), 5678, 5678, True)
    assert mndp.observe(mndp.decode(probe.payload)) == ()


def test_the_first_record_must_fit_to_be_recognised() -> None:
    assert mndp.recognise(factories.datagram(ANNOUNCEMENT, src=HERE))
    assert not mndp.recognise(factories.datagram(ANNOUNCEMENT, src=Endpoint("10.20.0.5", 5679)))
    assert not mndp.recognise(factories.datagram(bytes(4) + b"\0\1\xff\xff" + bytes(20), src=HERE))
    assert not mndp.recognise(factories.datagram(b"GET / HTTP/1.1\r\n", src=HERE))


@pytest.mark.parametrize("raw", [b"", bytes(3), bytes(20), bytes(4) + bytes.fromhex("0005 0001 41")])
def test_what_names_neither_mac_nor_platform_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        mndp.decode(raw)


def test_a_group_address_is_no_mac_of_a_device() -> None:
    message = mndp.decode(ANNOUNCEMENT.replace(bytes.fromhex("18fd74000001"), b"\xff" * 6))
    assert mndp.observe(message) == (("mndp.platform", "MikroTik"),)
