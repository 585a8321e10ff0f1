"""The capabilities of Dahua's web interface: read wherever a capture holds them, asked for by nobody of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from camscan.codecs import webcaps
from camscan.codecs.base import DecodeError
from camscan.codecs.registry import dispatch_stream
from camscan.correlate import correlate
from camscan.datafiles.open import open_knowledge
from camscan.identify.engine import identify
from camscan.identify.reads import refused
from camscan.model import Confidence, Observation
from tests.codecs.test_carried import answer, get, stream

PATH = "/web_caps/webCapsConfig"
JSON = b'{"WebVersion":"3.2.1.1","deviceType":"IPC-HDBW4200E","vendor":"Dahua","x":{"vendor":"inner"}}'
SCRIPT = b"var caps = {\n 'vendor' : 'QSee',\n 'deviceType': 'QC8816', 'WebVersion':'3.1'\n};"
SOURCE = Path(__file__).parents[2] / "camscan"


def seen(sent: bytes, received: bytes) -> Observation:
    found = dispatch_stream(stream(sent, received), collector="pcap", site="Łódź")
    assert isinstance(found, Observation)
    return found


def said(sent: bytes, received: bytes) -> dict[str, str]:
    return {name: value for name, value in seen(sent, received).fields if name.startswith("webcaps.")}


@pytest.mark.parametrize("path", [PATH, PATH.lower(), f"{PATH}?_=1"])
def test_the_document_is_read_where_a_client_asked_for_it(path: str) -> None:
    expected = {"webcaps.vendor": "Dahua", "webcaps.type": "IPC-HDBW4200E", "webcaps.version": "3.2.1.1"}
    assert said(get(path), answer(JSON)) == expected


@pytest.mark.parametrize("path", ["/", "/web_caps/webCapsConfig.html", "/x/web_caps/webCapsConfig"])
def test_the_same_text_at_another_path_is_a_page(path: str) -> None:
    assert said(get(path), answer(JSON)) == {}


def test_a_refusal_leaves_the_page() -> None:
    refusal = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\n\r\n" % len(JSON) + JSON
    assert said(get(PATH), refusal) == {}


def test_a_script_is_read_as_well_as_json() -> None:
    found = webcaps.decode(SCRIPT)
    assert (found.vendor, found.device_type, found.web_version) == ("QSee", "QC8816", "3.1")


def test_a_document_that_is_cut_off_tells_what_stands_before_the_cut() -> None:
    found = webcaps.decode(b'{"WebVersion":"3.2.1.1","deviceType":"IPC-HDBW4200E","vendor":"Dah')
    assert (found.vendor, found.device_type, found.web_version) == ("", "IPC-HDBW4200E", "3.2.1.1")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b'{"vendor":"Dahua","deviceType":"IPC-HDW5421S"}',
        b'{"WebVersion":"3.2.1"}',
        b'{"WebVersion":3,"deviceType":"IPC"}',
        b'{"WebVersion" "3.2","deviceType":"IPC"}',
        b'{"WebVersion":"3\\u0031","deviceType":"IPC"}',
        b'{"WebVersion":"' + b"3" * 500 + b'","deviceType":"IPC"}',
    ],
)
def test_other_documents_are_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        webcaps.decode(raw)


def test_the_label_and_the_maker_of_its_firmware_follow_and_stay_tentative() -> None:
    knowledge = open_knowledge(None)
    (asset,) = correlate([seen(get(PATH), answer(SCRIPT))], claims=knowledge.claims)
    found = identify(asset, knowledge)
    assert (found.brand, found.maker, found.model) == ("q-see", "dahua", "QC8816")
    assert found.confidence is Confidence.TENTATIVE


def test_camscan_refuses_to_ask_for_it() -> None:
    assert refused(PATH, "") is not None
    named = [path.name for path in SOURCE.rglob("*.py") if "webcapsconfig" in path.read_text(encoding="utf-8").lower()]
    assert named == ["webcaps.py"]
