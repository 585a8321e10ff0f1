from __future__ import annotations

import pytest

from camscan.codecs import hds
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint
from tests import factories


def said(lines: bytes) -> dict[str, str]:
    return dict(hds.observe(hds.decode(b"HDS/1.0 200 OK\r\nCSEQ: 1\r\n\r\n" + lines)))


def test_of_both_identifiers_only_the_beginning_is_told() -> None:
    assert said(b"Device-ID=Z7C34780000044\r\nEsee-ID=4780000044\r\n") == {"hds.device_id": "Z7C3…", "hds.cloud_id": "4780…"}


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
def test_lines_end_in_either_way(newline: bytes) -> None:
    assert said(b"Device-Model= N8 " + newline + b"MAC=9c:a3:a9:00:00:01" + newline) == {
        "hds.model": "N8",
        "hds.mac": "9c:a3:a9:00:00:01",
    }


def test_a_line_without_its_end_is_left_out() -> None:
    assert said(b"Device-Model=5523-W\r\nHttp-Port=8") == {"hds.model": "5523-W"}


def test_the_search_holds_the_nonce_as_32_signs_and_goes_to_both_ports() -> None:
    probes = hds.probes(bytes(range(16)))
    assert [(p.group, p.port) for p in probes] == [("239.255.255.250", 8002), ("239.255.255.250", 18002)]
    assert probes[0].payload == (
        b"SEARCH * HDS/1.0\r\nCSeq:1\r\nClient-ID:000102030405060708090a0b0c0d0e0f\r\n"
        b"Accept-Type:text/HDP\r\nContent-Length:0\r\n\r\n"
    )


@pytest.mark.parametrize("front", [b"CMD * HDS/1.0", b"HDS/1.0 401 Unauthorized", b"MCTP/1.0 200 OK", b"SEARCH * HDS/1.0"])
def test_commands_and_refusals_are_left_alone(front: bytes) -> None:
    raw = front + b"\r\nAuthorization:Basic cGxhbnRlZA==\r\n\r\n"
    heard = factories.datagram(raw, src=Endpoint("10.20.0.9", 8002), dst=Endpoint("239.255.255.250", 8002))
    assert dispatch_datagram(heard, collector="c", site="s") is None


def test_an_answer_that_names_nobody_is_an_error() -> None:
    with pytest.raises(DecodeError):
        hds.decode(b"HDS/1.0 200 OK\r\nwirelessApPsk=planted\r\n")
