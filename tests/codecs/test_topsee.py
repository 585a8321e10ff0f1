from __future__ import annotations

import pytest

from camscan.codecs import topsee
from camscan.codecs.base import DecodeError
from camscan.codecs.outcome import Undecoded
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint
from tests import factories

CAMERA, EVERYBODY = Endpoint("10.20.0.104", 3001), Endpoint("255.255.255.255", 3001)


def answer(body: str, root: str = "XML_TOPSEE", code: int = 3) -> bytes:
    return (
        f'<?xml version="1.0" encoding="GB2312" ?><{root}><MESSAGE_HEADER Msg_type="SYSTEM_SEARCHIPC_MESSAGE" '
        f'Msg_code="{code}" Msg_flag="0"/><MESSAGE_BODY>{body}</MESSAGE_BODY></{root}>'
    ).encode("gb2312")


def test_a_stack_that_descends_from_it_is_told_apart_by_its_root() -> None:
    message = topsee.decode(answer('<DEVICE_TYPE DeviceModule="MTF45"/>', "XML_ANJVISION"))
    assert dict(topsee.observe(message)) == {"topsee.root": "XML_ANJVISION", "topsee.model": "MTF45"}


def test_texts_in_the_encoding_of_the_device_are_read_and_kept() -> None:
    raw = answer('<DEVICE_TYPE DeviceType="网络摄像机 &amp; &lt;1&gt;"/>')
    for one in (raw, topsee.without_secrets(raw)):
        assert dict(topsee.observe(topsee.decode(one)))["topsee.type"] == "网络摄像机 & <1>"


def test_what_is_kept_holds_no_element_that_is_not_read() -> None:
    kept = topsee.without_secrets(
        answer('<Wifi Psk="planted"/><UserConfig><Account Username="a" Password="planted"/></UserConfig>')
    )
    assert b"planted" not in kept
    assert b"Account" not in kept


def test_a_search_says_nothing_and_other_verbs_are_kept_nowhere() -> None:
    search = factories.datagram(topsee.probes(bytes(16))[0].payload, src=Endpoint("10.20.0.9", 3001), dst=EVERYBODY)
    assert dispatch_datagram(search, collector="c", site="s") is None
    setting = dispatch_datagram(
        factories.datagram(answer('<Account Password="planted"/>', code=5), src=CAMERA, dst=EVERYBODY), collector="c", site="s"
    )
    assert isinstance(setting, Undecoded)
    assert setting.sample == b""


@pytest.mark.parametrize("raw", [b"", b"SYSTEM_SEARCHIPC_MESSAGE", b"<a>SYSTEM_SEARCHIPC_MESSAGE</a>"])
def test_other_documents_are_errors(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        topsee.decode(raw)
    assert topsee.without_secrets(raw) == b""
