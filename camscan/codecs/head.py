"""Reads the heads of HTTP, RTSP and SSDP messages as devices really send them; each deviation is kept as a named quirk.

Source: RFC 9112 §2–5 (message format), RFC 2326 §4 (RTSP), RFC 9110 §11.6.1 (WWW-Authenticate), and replies of cameras
that keep to none of them. Nothing here waits for more bytes: what is missing is a quirk, not an error.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from camscan.codecs.base import DecodeError, text

MAX_FIELDS = 64
"""Header fields kept of one head."""
MAX_HEAD = 8 * 1024
"""Bytes of a head that are read; the body is still found behind a longer one."""
MAX_SEARCH = 64 * 1024
"""Bytes in which the end of a head is looked for."""
MAX_CHUNK_LINE = 256
"""Bytes of the line before a chunk."""
MAX_CHALLENGE = 4 * 1024
"""Characters read of one WWW-Authenticate value."""
MAX_CHALLENGES = 8
"""Challenges kept of one WWW-Authenticate value."""

REPEATABLE = frozenset({"set-cookie", "www-authenticate", "via", "link", "vary"})
"""Fields that may stand several times in a head without being a quirk."""
OWN_AGENT = "camscan/"
"""How camscan begins to name itself in its requests."""
_BLANK = b" \t"
_NEWLINES = b"\r\n"
_CONTROLS = bytes(code for code in range(0x20) if code != 0x09)


@dataclass(frozen=True, slots=True)
class Head:
    """Start line, header fields in order, and whatever followed them."""

    start: str
    fields: tuple[tuple[str, str], ...]
    """Name as sent, value without surrounding blanks."""
    body: bytes
    quirks: tuple[str, ...]
    """Sorted names of deviations, such as bare-lf, folded-field or truncated."""
    _first: Mapping[str, str] = field(init=False, repr=False, compare=False)
    """The first value of each field, by its name in lower case."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_first", {key.lower(): value for key, value in reversed(self.fields)})

    def get(self, name: str) -> str | None:
        """Return the first value of a field, whatever the case of its name."""
        return self._first.get(name.lower())

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a field in order, whatever the case of its name."""
        wanted = name.lower()
        return tuple(value for key, value in self.fields if key.lower() == wanted)

    @property
    def status(self) -> int | None:
        """The status code of a response; None for a request or a start line without one."""
        return status_code(self.start)


def complete_head(buffer: bytes) -> int | None:
    """Return the offset of the body behind the blank line that ends a head; None while there is no such line."""
    start_at = _skip_blank_lines(buffer)
    bare = buffer.find(b"\n\n", start_at, start_at + MAX_SEARCH)
    usual = buffer.find(b"\n\r\n", start_at, start_at + MAX_SEARCH)
    if usual >= 0 and not 0 <= bare < usual:
        return usual + 3
    return bare + 2 if bare >= 0 else None


@lru_cache(maxsize=32)
def parse(raw: bytes) -> Head:
    """Return the head at the front of `raw`. Raises DecodeError where no line of text stands there."""
    quirks: set[str] = set()
    start_at = _skip_blank_lines(raw)
    if start_at:
        quirks.add("leading-blank-line")
    body_at = complete_head(raw)
    if body_at is None:
        quirks.add("truncated")
        body_at = len(raw)
    if body_at - start_at > MAX_HEAD:
        quirks.add("oversize")
    front = raw[start_at : min(body_at, start_at + MAX_HEAD)]
    lines = front.split(b"\n")
    if front.count(b"\n") > front.count(b"\r\n") and any(line and not line.endswith(b"\r") for line in lines[:-1]):
        quirks.add("bare-lf")
    start = _start_line(lines[0], quirks)
    fields = _fields(lines[1:], quirks)
    return Head(start=start, fields=fields, body=raw[body_at:], quirks=tuple(sorted(quirks)))


def entity(head: Head, limit: int) -> tuple[bytes, tuple[str, ...]]:
    """Return the body of an HTTP message without its transfer and content codings, and the quirks met.

    ≤ `limit` bytes, whatever they unpack to. A damaged coding is a quirk; what was readable before the damage is kept.
    """
    body, quirks = head.body, set[str]()
    if "chunked" in (head.get("transfer-encoding") or "").lower():
        body, sound = _dechunked(body, limit)
        if not sound:
            quirks.add("bad-chunk")
    elif (length := content_length(head)) is not None:
        body = body[:length]
    coding = (head.get("content-encoding") or "").strip().lower()
    if coding in ("gzip", "x-gzip", "deflate") and body:
        unpacked = _unpacked(body, limit)
        if unpacked is None:
            quirks.add("bad-content-coding")
        else:
            body = unpacked
    return body[:limit], tuple(sorted(quirks))


def behind(head: Head) -> bytes | None:
    """Return the bytes behind the body of an HTTP message; None where it does not state its end, or was cut off before it."""
    body = head.body
    if "truncated" in head.quirks:
        return None
    if "chunked" in (head.get("transfer-encoding") or "").lower():
        return _behind_chunks(body)
    length = content_length(head)
    return None if length is None or length > len(body) else body[length:]


def requests(sent: bytes, at_most: int) -> Iterator[tuple[Head, bytes]]:
    """Yield each request at the front of what a client said, with its body, up to what is none."""
    for _ in range(at_most):
        if not sent:
            return
        try:
            asked = parse(sent)
        except DecodeError:
            return
        length = content_length(asked) or 0
        yield asked, asked.body[:length]
        sent = asked.body[length:]


def requests_of_others(sent: bytes, protocol: str, at_most: int) -> list[Head]:
    """Return the requests at the front in one protocol, such as `RTSP/`; none where one of them is camscan's, whoever runs it."""
    found: list[Head] = []
    for asked, _ in requests(sent, at_most):
        if not asked.start.rpartition(" ")[2].upper().startswith(protocol):
            break
        if (asked.get("user-agent") or "").startswith(OWN_AGENT):
            return []
        found.append(asked)
    return found


def exchanges(sent: bytes, received: bytes, at_most: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield each request of a connection over HTTP with its response, `at_most` ≥ 1 pairs; the last one holds all that is left.

    Only GET and POST with a stated end are told apart from what follows them.
    """
    for _ in range(at_most - 1):
        try:
            request, response = parse(sent), parse(received)
        except DecodeError:
            break
        asked = request.body[content_length(request) or 0 :]
        answered = behind(response)
        plain = request.start.startswith(("GET ", "POST ")) and request.get("transfer-encoding") is None
        if not plain or not asked or not answered or not answered.startswith(b"HTTP/"):
            break
        yield sent[: -len(asked)], received[: -len(answered)]
        sent, received = asked, answered
    yield sent, received


def content_length(head: Head) -> int | None:
    """Return the stated length of the body; None where it is absent or not a plain number of ≤ 12 digits."""
    value = (head.get("content-length") or "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 12 else None


@lru_cache(maxsize=256)
def status_code(start: str) -> int | None:
    """Return the three-digit status code of a status line such as `HTTP/1.1 401`; None where there is none."""
    words = start.split(None, 2)
    if len(words) < 2 or "/" not in words[0]:
        return None
    digits, rest = words[1][:3], words[1][3:4]
    if len(digits) < 3 or not (digits.isascii() and digits.isdigit()) or rest.isdigit():
        return None
    return int(digits)


def challenge(value: str) -> tuple[tuple[str, str | None], ...]:
    """Return (scheme, realm) of each challenge in one WWW-Authenticate value, in order; realm is None where none stands.

    The scheme is empty where a device sends parameters alone. Realms come without quotes and with escapes undone.
    """
    found: list[tuple[str, str | None]] = []
    value = value[:MAX_CHALLENGE]
    position, after_scheme = 0, False
    while position < len(value) and len(found) <= MAX_CHALLENGES:
        if value[position] in " \t,":
            after_scheme = after_scheme and value[position] != ","
            position += 1
            continue
        word_end = _span(value, position, " \t,=")
        word = value[position:word_end]
        position = _skip(value, word_end)
        if position < len(value) and value[position] == "=":
            content, position = _parameter(value, _skip(value, position + 1))
            if not found:
                found.append(("", None))
            if word.lower() == "realm" and found[-1][1] is None:
                found[-1] = (found[-1][0], content)
            after_scheme = False
        elif after_scheme:
            after_scheme = False  # a token68, as in `Negotiate TlRMTVNT`
        else:
            found.append((word, None))
            after_scheme = True
    return tuple(found[:MAX_CHALLENGES])


def _skip_blank_lines(buffer: bytes) -> int:
    return len(buffer) - len(buffer.lstrip(_NEWLINES))


def _start_line(line: bytes, quirks: set[str]) -> str:
    line = line.rstrip(b"\r")
    if not line.strip():
        raise DecodeError("no start line")
    if len(line.translate(None, _CONTROLS)) < len(line):
        raise DecodeError("control characters in the start line")
    start = text(line).strip()
    if not start.isascii():
        quirks.add("non-ascii")
    if status_code(start) is not None and len(start.split(None, 2)) == 2:
        quirks.add("no-reason")
    return start


def _fields(lines: list[bytes], quirks: set[str]) -> tuple[tuple[str, str], ...]:
    fields: list[tuple[str, str]] = []
    seen: set[str] = set()
    for raw_line in lines:
        line = raw_line.rstrip(b"\r")
        if not line:
            continue
        if len(fields) >= MAX_FIELDS:
            quirks.add("too-many-fields")
            break
        if line[:1] in (b" ", b"\t") and fields:
            quirks.add("folded-field")
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {text(line.strip(_BLANK))}".strip())
            continue
        raw_name, colon, raw_value = line.partition(b":")
        if not colon or not raw_name.strip():
            quirks.add("line-without-name" if colon else "line-without-colon")
            continue
        name, value = text(raw_name.strip(_BLANK)), text(raw_value.strip(_BLANK))
        if raw_name[-1:] in (b" ", b"\t"):
            quirks.add("blank-before-colon")
        if raw_value and raw_value[:1] not in (b" ", b"\t"):
            quirks.add("no-blank-after-colon")
        key = name.lower()
        if raw_value[:2] == b"  " and key == "date":
            quirks.add("date-two-blanks")
        if not line.isascii():
            quirks.add("non-ascii")
        if key in seen and key not in REPEATABLE:
            quirks.add("repeated-field")
        seen.add(key)
        fields.append((name, value))
    return tuple(fields)


def _dechunked(raw: bytes, limit: int) -> tuple[bytes, bool]:
    """Return the chunks' content up to `limit`, and whether no chunk was damaged; one cut off at the end is not."""
    content: list[bytes] = []
    position, size = 0, 0
    while size < limit:
        newline = raw.find(b"\n", position, position + MAX_CHUNK_LINE)
        if newline < 0:
            return b"".join(content), len(raw) - position < MAX_CHUNK_LINE
        digits = raw[position:newline].partition(b";")[0].strip()
        position = newline + 1
        if not digits and content:
            continue  # the line end behind a chunk
        if not 0 < len(digits) <= 8 or digits.strip(b"0123456789abcdefABCDEF"):
            return b"".join(content) or raw, False
        length = int(digits, 16)
        if not length:
            break
        content.append(raw[position : position + length])
        position += length
        size += length
    return b"".join(content), True


def _behind_chunks(raw: bytes) -> bytes | None:
    """Return what follows the last chunk; None where it never comes. Trailers are rare and not looked for."""
    position = 0
    while (newline := raw.find(b"\n", position, position + MAX_CHUNK_LINE)) >= 0:
        digits = raw[position:newline].partition(b";")[0].strip()
        if not 0 < len(digits) <= 8 or digits.strip(b"0123456789abcdefABCDEF"):
            return None
        position = newline + 1 + int(digits, 16)
        for line_end in (b"\r\n", b"\n"):
            if raw.startswith(line_end, position):
                position += len(line_end)
                break
        else:
            return None
        if not int(digits, 16):
            return raw[position:]
    return None


def _unpacked(packed: bytes, limit: int) -> bytes | None:
    """Return at most `limit` bytes of gzip, zlib or bare deflate; None where none of the three fits."""
    for window in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):  # 32: gzip or zlib by its header
        try:
            return zlib.decompressobj(window).decompress(packed, limit)
        except zlib.error:
            continue
    return None


def _skip(value: str, position: int) -> int:
    while position < len(value) and value[position] in " \t":
        position += 1
    return position


def _span(value: str, position: int, stops: str) -> int:
    while position < len(value) and value[position] not in stops:
        position += 1
    return position


def _parameter(value: str, position: int) -> tuple[str, int]:
    """Return the content of a parameter and the position behind it. Quotes may be double, single, absent or unclosed."""
    quote = value[position : position + 1]
    if quote not in ('"', "'"):
        end = value.find(",", position)
        bare = value[position : end if end >= 0 else len(value)]
        # Devices that leave out quotes also leave blanks in realms; only `name=` behind a blank starts the next parameter.
        equals = bare.find("=")
        blank = bare.rfind(" ", 0, equals) if equals > 0 else -1
        if blank >= 0:
            bare = bare[:blank]
        return bare.strip(), position + len(bare)
    content: list[str] = []
    position += 1
    while position < len(value) and value[position] != quote:
        if value[position] == "\\" and position + 1 < len(value):
            position += 1
        content.append(value[position])
        position += 1
    return "".join(content), position + 1
