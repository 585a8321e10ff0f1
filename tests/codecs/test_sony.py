from __future__ import annotations

import pytest

from camscan.codecs import sony
from camscan.codecs.base import DecodeError
from camscan.model import Endpoint
from tests import factories


def test_the_search_goes_to_everyone_from_any_port() -> None:
    [probe] = sony.probes(bytes(16))
    assert (probe.payload, probe.port, probe.broadcast, probe.source_port) == (b"\x02ENQ:allinfo\xff\x03", 2380, True, None)


def test_an_answer_is_recognised_at_whatever_port_had_asked() -> None:
    heard = factories.datagram(
        b"\x02MAC:00-01-4a-00-00-01\xff\x03", src=Endpoint("10.20.0.5", 2380), dst=Endpoint("10.20.0.255", 54321)
    )
    assert sony.recognise(heard)
    assert not sony.recognise(factories.datagram(b"\x02" + bytes(40), src=Endpoint("10.20.0.5", 2381)))


def test_values_with_colons_stay_whole_and_keys_count_in_any_case() -> None:
    message = sony.decode(b"\x02mac:00-01-4a-00-00-01\xffMODEL: SNC-VB600 \xffSOFTVERSION:1:8\xff\x03")
    assert sony.observe(message) == (
        ("sony.firmware", "1:8"),
        ("sony.mac", "00:01:4a:00:00:01"),
        ("sony.model", "SNC-VB600"),
    )


@pytest.mark.parametrize("raw", [b"", b"\x02", b"\x02\xff\x03", b"\x02TIME:1\xff\x03", b"\x02MODEL:SNC-VB600", b"MODEL:X\xff"])
def test_what_names_no_device_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        sony.decode(raw)
