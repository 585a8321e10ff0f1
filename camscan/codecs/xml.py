"""The one way into lxml: XML of devices, without document types, entities, network or unbounded trees.

Source: XML 1.0 (fifth edition) §2.2, §2.8 and §4.3.3; replies of devices with junk around the document, `&` that stands for
itself and encodings of East Asia. What is not complete is left out: a text is returned whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Protocol, cast

from lxml import etree  # type: ignore[import-untyped]

from camscan.codecs.base import DecodeError

MAX_DOCUMENT = 256 * 1024
"""Bytes of one document."""
MAX_DEPTH = 48
"""Elements inside each other; SOAP of devices stays below twenty."""
MAX_ELEMENTS = 16 * 1024
_MAX_REFERENCE = 10
"""Characters of the longest character reference, `&#x10FFFF;`, without its ampersand."""
_NAMED = frozenset({"amp", "lt", "gt", "quot", "apos"})
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_BARE = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_ENCODINGS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
    "shift_jis": "shift_jis",
    "euc-jp": "euc_jp",
    "euc-kr": "euc_kr",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "windows-1251": "cp1251",
    "windows-1252": "cp1252",
}
_FORBIDDEN = {code: None for code in (*range(0x20), 0xFFFE, 0xFFFF) if code not in (0x09, 0x0A, 0x0D)}
"""Characters that no XML document may hold; devices send them in names."""


class Element(Protocol):
    """What this project uses of an element of lxml."""

    tag: object
    """`{namespace}name`; not a text where the node is no element."""
    text: str | None
    attrib: Mapping[str, str]
    nsmap: Mapping[str | None, str]

    def __iter__(self) -> Iterator[Element]:
        """Return the children."""
        ...

    def __len__(self) -> int:
        """Return the number of children."""
        ...

    def iter(self) -> Iterator[Element]:
        """Return the element and all below it, in order."""
        ...

    def get(self, key: str) -> str | None:
        """Return an attribute."""
        ...


def parse(raw: bytes) -> Element:
    """Return the root of a document of ≤ MAX_DOCUMENT bytes; of a damaged one, what was complete. Raises DecodeError."""
    if len(raw) > MAX_DOCUMENT:
        raise DecodeError(f"an XML document of more than {MAX_DOCUMENT} bytes")
    document = _trimmed(_decoded(raw))
    folded = document.lower()
    if "<!doctype" in folded or "<!entity" in folded:
        raise DecodeError("an XML document with a document type")
    root = _tree(document, recover=False)
    if root is None:
        root = _tree(_whole_elements(_with_ampersands_escaped(document)), recover=True)
    if root is None:
        raise DecodeError("no XML element")
    if document.count("<") > MAX_DEPTH:  # with fewer tags nothing can be too deep, nor too much
        _check_size(root)
    return root


def local(element: Element) -> str:
    """Return the name of an element without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def namespace(element: Element) -> str:
    """Return the namespace of an element; empty where it has none."""
    tag = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""


def child(element: Element, *names: str) -> Element | None:
    """Return the first element reached from `element` by local names, whatever the namespace; None where there is none."""
    for name in names:
        with_namespace = "}" + name
        for inner in element:
            tag = inner.tag
            if isinstance(tag, str) and (tag == name or tag.endswith(with_namespace)):
                element = inner
                break
        else:
            return None
    return element


def child_text(element: Element, *names: str) -> str | None:
    """Return the text of the element that `child` returns, without surrounding blanks; None where there is none."""
    found = child(element, *names)
    return None if found is None else (found.text or "").strip()


def _decoded(raw: bytes) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    for start, encoding in _BARE:
        if raw.startswith(start):
            return raw.decode(encoding, "replace")
    declared = _ENCODINGS.get(_declared_encoding(raw))
    if declared is not None:
        return raw.decode(declared, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        if fault.end == len(raw) and fault.reason == "unexpected end of data":
            return raw[: fault.start].decode("utf-8")
        return raw.decode("latin-1")


def _declared_encoding(raw: bytes) -> str:
    start = raw.find(b"<?xml")
    declaration = raw[start : raw.find(b"?>", start) + 1][:200] if start >= 0 else b""
    _, found, after = declaration.partition(b"encoding")
    value = after.lstrip(b" \t\r\n=")
    if not found or value[:1] not in (b'"', b"'"):
        return ""
    return value[1:].partition(value[:1])[0].decode("latin-1").strip().lower()


def _trimmed(document: str) -> str:
    """Return the document from its first tag to its last, without declaration and forbidden characters."""
    document = document.translate(_FORBIDDEN)
    declaration = document.find("<?xml ")
    if declaration >= 0:
        end = document.find("?>", declaration)
        document = document[end + 2 :] if end >= 0 else ""
    start = document.find("<")
    return document[start : document.rfind(">") + 1] if start >= 0 else ""


def _with_ampersands_escaped(document: str) -> str:
    first, *rest = document.split("&")
    return first + "".join(("&" if _is_reference(part) else "&amp;") + part for part in rest)


def _is_reference(after_ampersand: str) -> bool:
    name, semicolon, _ = after_ampersand[:_MAX_REFERENCE].partition(";")
    if not semicolon:
        return False
    return name in _NAMED or (name.startswith("#") and name[1:].lstrip("x").isalnum())


def _whole_elements(document: str) -> str:
    """Return the document up to the last tag that ends an element: a text that was cut off must not look complete."""
    end = document.rfind(">")
    while end >= 0:
        start = document.rfind("<", 0, end)
        if start < 0:
            return ""
        if document.startswith("</", start) or document[end - 1] == "/":
            return document[: end + 1]
        end = document.rfind(">", 0, start)
    return ""


def _tree(document: str, *, recover: bool) -> Element | None:
    if not document:
        return None
    try:
        return cast("Element | None", etree.fromstring(document.encode("utf-8", "replace"), _parser(recover=recover)))
    except etree.XMLSyntaxError:
        return None


@lru_cache(maxsize=2)
def _parser(*, recover: bool) -> Any:
    """Return a parser; to make one takes longer than to read most documents with it."""
    return etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _check_size(root: Element) -> None:
    depth = count = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        depth += 1
        count += 1
        if depth > MAX_DEPTH or count > MAX_ELEMENTS:
            raise DecodeError("an XML document with too many elements")
