from __future__ import annotations

import pytest

from camscan.codecs import xml
from camscan.codecs.base import DecodeError

NAME = "Überwachung"


def texts(raw: bytes) -> dict[str, str]:
    return {xml.local(element): (element.text or "").strip() for element in xml.parse(raw)}


@pytest.mark.parametrize(
    "raw",
    [
        f"<a><b>{NAME}</b></a>".encode(),
        b"\xef\xbb\xbf" + f"<?xml version='1.0'?><a><b>{NAME}</b></a>".encode(),
        f'<?xml version="1.0" encoding="UTF-16"?><a><b>{NAME}</b></a>'.encode("utf-16"),
        f'<?xml version="1.0" encoding="utf-16"?><a><b>{NAME}</b></a>'.encode("utf-16-be"),
        f"<?xml version='1.0' encoding='ISO-8859-1'?><a><b>{NAME}</b></a>".encode("latin-1"),
        f"<a><b>{NAME}</b></a>".encode("latin-1"),
        b"OK\r\n" + f"<?xml version='1.0' encoding='klingon'?><a><b>{NAME}</b></a>".encode() + b"\0\0\0",
        f"<a><b>\x01{NAME}\x00</b></a>".encode(),
        f"<!-- note --><a><?php x?><b>{NAME}</b></a> trailing <junk".encode(),
    ],
    ids=["plain", "mark", "utf-16", "utf-16-be", "declared", "undeclared", "junk around", "control characters", "comment"],
)
def test_documents_of_devices_are_read(raw: bytes) -> None:
    assert texts(raw) == {"b": NAME}


def test_a_declared_encoding_of_east_asia_is_believed() -> None:
    assert texts('<?xml version="1.0" encoding="GB2312"?><a><b>摄像机</b></a>'.encode("gb2312")) == {"b": "摄像机"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("LTS & Co", "LTS & Co"),
        ("a&b;c", "a&b;c"),
        ("&amp;&lt;&#65;&#x42;", "&<AB"),
        ("a&amp;b & c &#xD6;", "a&b & c Ö"),
        ("&&&", "&&&"),
    ],
)
def test_an_ampersand_that_stands_for_itself_is_kept(written: str, meant: str) -> None:
    assert texts(f"<a><b>{written}</b><c/></a>".encode()) == {"b": meant, "c": ""}


def test_what_was_cut_off_is_left_out_and_what_was_whole_is_kept() -> None:
    assert texts(b"<a><b>whole</b><c>DS-2CD20") == {"b": "whole"}
    assert texts(b"<a><b>whole</b><c>DS-2CD20</c") == {"b": "whole"}
    assert texts(b"<a><b>whole</b><c x='<'>DS-2CD20") == {"b": "whole"}


@pytest.mark.parametrize(
    "raw",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<?xml version="1.0"?><!doctype html><html/>',
        b'<a/><!ENTITY x SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE a SYSTEM "http://192.0.2.1/x.dtd"><a/>'.encode("utf-16"),
    ],
)
def test_a_document_type_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError, match="document type"):
        xml.parse(raw)


@pytest.mark.parametrize("raw", [b"", b"no tag", b"<", b"< >", b"<a", b"<a>", b"\0\0\0\0", b"<<<<>>>>", b"{}", b"<?xml"])
def test_what_holds_no_whole_element_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        xml.parse(raw)


@pytest.mark.parametrize(
    "raw",
    [b"<a>" * 60 + b"</a>" * 60, b"<a>" + b"<b/>" * 20_000 + b"</a>", b"<a>" + b" " * xml.MAX_DOCUMENT + b"</a>"],
    ids=["deep", "wide", "long"],
)
def test_size_depth_and_number_of_elements_are_bounded(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        xml.parse(raw)


def test_elements_are_found_by_local_name_whatever_the_namespace() -> None:
    root = xml.parse(b'<s:E xmlns:s="urn:one" xmlns="urn:two"><s:B><C> v </C></s:B></s:E>')
    assert xml.local(root) == "E"
    assert xml.namespace(root) == "urn:one"
    assert xml.child_text(root, "B", "C") == "v"
    assert xml.child_text(root, "B", "D") is None
    assert xml.child(root) is root
