from __future__ import annotations

import pytest

from camscan.codecs import tvt_search
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint, Observation
from tests import factories

DOCUMENT = b"<multicastSearchResult><productInfo><productModel>TD-3332B4</productModel></productInfo></multicastSearchResult>"
SSDP_HEAD = b"HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:service:EmbeddedNetDeviceControl:1\r\nUSN: uuid:0\r\n\r\n"


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n", SSDP_HEAD, b'<?xml version="1.0"?>\n']
)
def test_an_answer_is_read_with_and_without_a_head_and_never_as_ssdp(head: bytes) -> None:
    reply = factories.datagram(head + DOCUMENT, src=Endpoint("10.20.0.102", 1900), dst=Endpoint("10.20.0.1", 50000))
    seen = dispatch_datagram(reply, collector="c", site="s")
    assert isinstance(seen, Observation)
    assert (seen.protocol, seen.fields) == ("tvt_search", (("tvt.model", "TD-3332B4"),))


def test_the_search_is_written_as_the_tool_of_the_maker_writes_it() -> None:
    group, unicast = tvt_search.probes(bytes(16))
    assert group.payload == unicast.payload == (
        b'M-SEARCH * HTTP/1.1\r\nHOST:239.255.255.250:1900\r\nMan:"ssdp:discover"\r\n'
        b"ST:urn:schemas-upnp-org:service:EmbeddedNetDeviceControl:1\r\nMX:3\r\n\r\n"
    )  # fmt: skip
    assert (group.group, unicast.unicast) == ("239.255.255.250", True)


@pytest.mark.parametrize("raw", [b"", b"<other/>", b"<!DOCTYPE x><multicastSearchResult/>", b"<multicastSearchResults/>"])
def test_other_documents_are_errors_or_say_nothing(raw: bytes) -> None:
    try:
        assert tvt_search.observe(tvt_search.decode(raw)) == ()
    except DecodeError:
        return
    assert b"<multicastSearchResult" in raw
