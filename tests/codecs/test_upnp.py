from __future__ import annotations

import pytest

from camscan.codecs import upnp
from camscan.codecs.base import DecodeError


def test_only_the_root_device_is_read() -> None:
    inner = "<deviceList><device><manufacturer>Inner</manufacturer><serialNumber>1</serialNumber></device></deviceList>"
    raw = f"<root><device><manufacturer>Zewnętrzny</manufacturer>{inner}</device></root>".encode()
    assert upnp.observe(upnp.decode(raw)) == (("upnp.manufacturer", "Zewnętrzny"),)


def test_model_number_stands_in_only_for_a_missing_name() -> None:
    both = b"<root><device><modelName>DCS-935L</modelName><modelNumber>1.0</modelNumber></device></root>"
    assert upnp.observe(upnp.decode(both)) == (("upnp.model", "DCS-935L"),)
    number = b"<root><device><modelNumber>M1014</modelNumber></device></root>"
    assert upnp.observe(upnp.decode(number)) == (("upnp.model", "M1014"),)


@pytest.mark.parametrize("raw", [b"", b"<root/>", b"HTTP/1.1 404 Not Found\r\n\r\n", b"<!DOCTYPE x><root><device/></root>"])
def test_what_is_no_description_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        upnp.decode(raw)
