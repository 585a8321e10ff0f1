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
