from __future__ import annotations

import pytest

from camscan.codecs import isapi
from camscan.codecs.base import DecodeError


@pytest.mark.parametrize(
    "namespace", ["", ' xmlns="http://www.isapi.org/ver20/XMLSchema"', ' xmlns="http://www.std-cgi.com/ver10/XMLSchema"']
)
def test_namespace_does_not_matter(namespace: str) -> None:
    raw = f"HTTP/1.1 200 OK\r\n\r\n<DeviceInfo{namespace}><model>DS-2CD1</model><macAddress>bc-ad-28-00-00-01</macAddress></DeviceInfo>"
    assert isapi.observe(isapi.decode(raw.encode())) == (("isapi.mac", "bc:ad:28:00:00:01"), ("isapi.model", "DS-2CD1"))


def test_another_answer_of_the_interface_is_refused() -> None:
    with pytest.raises(DecodeError, match="ResponseStatus is not DeviceInfo"):
        isapi.decode(b"<ResponseStatus><statusCode>4</statusCode></ResponseStatus>")


def test_a_channel_without_a_number_is_left_out_and_the_address_of_nobody_too() -> None:
    raw = (
        b"<InputProxyChannelList><InputProxyChannel><id>x</id></InputProxyChannel><InputProxyChannel><id>2</id>"
        b"<sourceInputPortDescriptor><ipAddress>0.0.0.0</ipAddress></sourceInputPortDescriptor></InputProxyChannel>"
        b"</InputProxyChannelList>"
    )
    assert isapi.observe(isapi.decode(raw)) == (("isapi.channel", "2||||"),)


@pytest.mark.parametrize(
    "element",
    [
        b"<password>hunter-2</password>",
        b"<h:password xmlns:h='x'>hunter-2</h:password>",
        b"<password><![CDATA[hunter-2]]></password>",
        b"<password><a>hunter-2</a>hunter-2</password>",
        b"<userName opt='x'>hunter-2</userName>",
        b"<password>hunter-2",
    ],
)
def test_the_account_of_a_camera_is_not_kept(element: bytes) -> None:
    raw = b"HTTP/1.1 200 OK\r\n\r\n<InputProxyChannelList><InputProxyChannel><id>1</id><name>Gate</name>" + element
    raw += b"</InputProxyChannel></InputProxyChannelList>" if b"</" in element else b""
    kept = isapi.without_secrets(raw)
    assert b"hunter-2" not in kept
    assert b"<name>Gate</name>" in kept


def test_what_holds_no_account_is_kept_whole() -> None:
    document = b"<DeviceInfo><model>DS-2CD1</model><password/><a/></DeviceInfo>"
    assert isapi.without_secrets(document) == document


def test_a_document_of_two_bytes_a_character_is_not_kept() -> None:
    assert isapi.without_secrets("<password>hunter-2</password>".encode("utf-16")) == b""
