from __future__ import annotations

import pytest

from camscan.codecs import bosch
from camscan.codecs.base import DecodeError
from camscan.model import Endpoint
from tests import factories

XML = (
    b'<root xmlns="OEMExt00:device-1-0"><device><friendlyName>DINION IP</friendlyName>'
    b"<physAddress>00-04-63-00-00-01</physAddress></device></root>"
)


def test_the_search_carries_the_nonce_as_transaction_and_wants_its_answer_at_1758() -> None:
    [probe] = bosch.probes(bytes.fromhex("01020304") + bytes(12))
    assert probe.payload.hex() == "9939a42701020304ff0006de"
    assert (probe.port, probe.source_port, probe.broadcast) == (1757, 1758, True)


def test_xml_is_recognised_on_its_ports_alone() -> None:
    assert bosch.recognise(factories.datagram(XML, dst=Endpoint("10.20.0.1", 1758)))
    assert not bosch.recognise(factories.datagram(XML, dst=Endpoint("10.20.0.1", 3702)))


def test_both_answers_name_the_unit() -> None:
    binary = bytes.fromhex("9939a42701020304000463000001 03ff 0a140005 ffffff00 0a140001 00000000")
    assert bosch.observe(bosch.decode(binary)) == (("bosch.ip", "10.20.0.5"), ("bosch.mac", "00:04:63:00:00:01"))
    assert bosch.observe(bosch.decode(XML)) == (("bosch.mac", "00:04:63:00:00:01"), ("bosch.model", "DINION IP"))


@pytest.mark.parametrize(
    "raw", [b"\x99\x39\xa4\x27", bytes(32), XML.replace(b"OEMExt00", b"OEMExt01"), XML.replace(b"device>", b"other>")], ids=repr
)
def test_what_is_no_answer_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        bosch.decode(raw)
