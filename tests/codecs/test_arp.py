from __future__ import annotations

import pytest

from camscan.codecs import arp
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_frame
from camscan.model import Observation
from tests import factories
from tests.factories import CAMERA_MAC, ethernet, mac_bytes


def packet(
    *, operation: int = 2, mac: str = CAMERA_MAC, ip: bytes = bytes([192, 168, 1, 64]), kind: str = "000108000604"
) -> bytes:
    body = bytes.fromhex(kind) + operation.to_bytes(2) + mac_bytes(mac) + ip + bytes(6) + bytes([192, 168, 1, 1])
    return ethernet(body + bytes(18), 0x0806)


@pytest.mark.parametrize("operation", [arp.REQUEST, arp.REPLY])
def test_request_and_reply_speak_of_their_sender(operation: int) -> None:
    assert arp.observe(arp.decode(packet(operation=operation))) == (("arp.ip", "192.168.1.64"), ("arp.mac", CAMERA_MAC))


def test_an_address_probe_gives_an_observation_without_address() -> None:
    seen = dispatch_frame(factories.frame(packet(operation=1, ip=bytes(4))), collector="capture", site="s")
    assert isinstance(seen, Observation)
    assert (seen.ip, seen.port, seen.link_mac, seen.fields) == (None, None, CAMERA_MAC, (("arp.mac", CAMERA_MAC),))


def test_the_link_mac_is_that_of_the_frame_and_not_the_claim() -> None:
    seen = dispatch_frame(factories.frame(packet(mac="ac:cc:8e:00:00:01")), collector="capture", site="s")
    assert isinstance(seen, Observation)
    assert (seen.link_mac, seen.values("arp.mac"), seen.ip) == (CAMERA_MAC, ("ac:cc:8e:00:00:01",), "192.168.1.64")


@pytest.mark.parametrize("mac", ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"])
def test_a_sender_that_nobody_can_be_says_nothing(mac: str) -> None:
    assert arp.observe(arp.decode(packet(mac=mac))) == ()


@pytest.mark.parametrize("damaged", [packet(operation=9), packet(kind="000686dd0610"), packet()[:30]])
def test_other_packets_are_errors(damaged: bytes) -> None:
    with pytest.raises(DecodeError):
        arp.decode(damaged)
