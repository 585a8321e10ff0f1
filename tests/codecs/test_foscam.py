from __future__ import annotations

from pathlib import Path

import pytest

from camscan.codecs import foscam
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint, Observation
from tests import factories

SAMPLES = Path(__file__).parents[1] / "samples"
CLEAR = (SAMPLES / "foscam" / "foscam_ipcam_11.37.bin").read_bytes()
CIPHERED = (SAMPLES / "foscam" / "foscam_ipcam_ciphered.bin").read_bytes()
VIVOTEK = (SAMPLES / "vivotek" / "vivotek_ib9389-eh.bin").read_bytes()


def test_an_enciphered_answer_says_the_same_as_a_clear_one() -> None:
    assert CIPHERED[23:] != CLEAR[23:]
    assert foscam.observe(foscam.decode(CIPHERED)) == foscam.observe(foscam.decode(CLEAR))


def test_the_search_has_the_documented_27_bytes() -> None:
    [probe] = foscam.probes(bytes(16))
    assert probe.payload == b"MO_I" + bytes(11) + bytes.fromhex("04000000 04000000 00000001")
    assert (probe.broadcast, probe.port, probe.source_port) == (True, 10000, 10000)


def test_a_serial_that_is_no_mac_is_told_as_serial() -> None:
    raw = CLEAR[:23] + b"FI8910W-0001\0" + CLEAR[36:]
    said = dict(foscam.observe(foscam.decode(raw)))
    assert said["foscam.serial"] == "FI8910W-0001"
    assert "foscam.mac" not in said


@pytest.mark.parametrize("raw", [CLEAR, CIPHERED, VIVOTEK], ids=["clear", "enciphered", "the other protocol of the port"])
def test_the_two_protocols_of_port_10000_are_told_apart(raw: bytes) -> None:
    seen = dispatch_datagram(
        factories.datagram(raw, src=Endpoint("10.20.0.108", 10000), dst=Endpoint("10.20.0.1", 10000)), collector="c", site="s"
    )
    assert isinstance(seen, Observation)
    assert seen.protocol == ("vivotek" if raw is VIVOTEK else "foscam")


@pytest.mark.parametrize("verb", [0, 2, 3, 5])
def test_verbs_that_carry_passwords_are_left_alone(verb: int) -> None:
    raw = b"MO_I" + verb.to_bytes(2, "little") + CLEAR[6:]
    heard = factories.datagram(raw, src=Endpoint("10.20.0.9", 10000), dst=Endpoint("255.255.255.255", 10000))
    assert dispatch_datagram(heard, collector="c", site="s") is None
    with pytest.raises(DecodeError):
        foscam.decode(raw)
