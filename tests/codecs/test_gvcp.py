from __future__ import annotations

import pytest

from camscan.codecs import gvcp
from camscan.codecs.base import DecodeError
from camscan.model import Endpoint
from tests import factories

HERE = Endpoint("10.20.0.5", 3956)
ACKNOWLEDGEMENT = bytes.fromhex("0000000300f80001") + bytes(248)


def test_the_command_is_the_discovery_of_the_specification() -> None:
    [probe] = gvcp.probes(bytes(16))
    assert (probe.payload.hex(), probe.port, probe.broadcast) == ("4201000200000001", 3956, True)
    assert gvcp.observe(gvcp.decode(probe.payload)) == ()


@pytest.mark.parametrize("command", [0x0004, 0x0080, 0x0082])
def test_commands_that_write_or_configure_are_not_recognised(command: int) -> None:
    heard = bytes.fromhex("4201") + command.to_bytes(2) + bytes(8)
    assert not gvcp.recognise(factories.datagram(heard, dst=HERE))
    with pytest.raises(DecodeError):
        gvcp.decode(heard)


def test_a_text_without_nul_ends_with_its_field() -> None:
    raw = bytearray(ACKNOWLEDGEMENT)
    raw[0x50:0x70], raw[0x70:0x90] = b"A" * 32, b"B" * 32
    assert gvcp.observe(gvcp.decode(bytes(raw))) == (("gvcp.manufacturer", "A" * 32), ("gvcp.model", "B" * 32))


@pytest.mark.parametrize("raw", [b"", ACKNOWLEDGEMENT[:-1], b"\x80\x01" + ACKNOWLEDGEMENT[2:], b"\x42\x01\0\x02"], ids=len)
def test_what_is_no_acknowledgement_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        gvcp.decode(raw)
