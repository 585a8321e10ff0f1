"""What the web interface of Dahua's firmware may do, as a document that names the label and the model, alone or inside an HTTP response.

Source: answers of units with the labels of others. Status: reverse-engineered. Layout: one object of JSON, or the script that assigns it,
with `vendor`, `deviceType` and `WebVersion` among many others, at a path of its own. Older firmware answers it without a login, which is known
as a flaw: it is read where a capture holds it, and never asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs import head as heads
from camscan.codecs.base import DecodeError, fields, text
from camscan.model import Fields

NAME = "webcaps"

MAX_MESSAGE = 16 * 1024
MAX_TEXT = 128
"""Bytes of one value."""
_PATH = b"/web_caps/webcapsconfig"
_BLANKS = b" \t\r\n"
_QUOTES = (b'"', b"'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the document says of its device; empty texts where it does not."""

    vendor: str = ""
    device_type: str = ""
    web_version: str = ""


def asked_for(sent: bytes) -> bool:
    """Return whether the first request of a connection is a GET for the document."""
    verb, _, target = sent[:256].partition(b"\r\n")[0].partition(b" ")
    return verb == b"GET" and target.partition(b" ")[0].partition(b"?")[0].lower() == _PATH


def decode(raw: bytes) -> Capabilities:
    """Return the document, also where it is cut off. Raises DecodeError where it names neither the version nor the type."""
    document = raw[:MAX_MESSAGE]
    if document.lstrip()[:5].upper() == b"HTTP/":
        head = heads.parse(document)
        if head.status != 200:
            raise DecodeError("no answer of HTTP with status 200")
        document, _ = heads.entity(head, MAX_MESSAGE)
    found = Capabilities(
        vendor=_stated(document, b"vendor"),
        device_type=_stated(document, b"deviceType"),
        web_version=_stated(document, b"WebVersion"),
    )
    if not (found.web_version and (found.device_type or found.vendor)):
        raise DecodeError("no capabilities of a web interface")
    return found


def observe(message: Capabilities) -> Fields:
    """Return the values as stated."""
    return fields(
        ("webcaps.vendor", message.vendor),
        ("webcaps.type", message.device_type),
        ("webcaps.version", message.web_version),
    )


def _stated(document: bytes, name: bytes) -> str:
    """Return the text that stands behind a name, as JSON or as a script writes it; empty where none does, or an odd one."""
    for quote in _QUOTES:
        place = document.find(quote + name + quote)
        if place >= 0:
            rest = document[place + len(name) + 2 : place + len(name) + 2 + MAX_TEXT + 16].lstrip(_BLANKS)
            break
    else:
        return ""
    if rest[:1] != b":":
        return ""
    rest = rest[1:].lstrip(_BLANKS)
    if not rest.startswith(_QUOTES):
        return ""
    value, closed, _ = rest[1:].partition(rest[:1])
    plain = closed and b"\\" not in value and b"\n" not in value and len(value) <= MAX_TEXT
    return text(value).strip() if plain else ""
