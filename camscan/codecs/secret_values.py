"""Finds the values of secret names: in queries, forms, JSON, markup and lines of settings alike, and whether or not the whole is well-formed.

Source: RFC 8259, XML 1.0 §2 and HTML (the grammars); `secret_names` knows the names. Status: documented.
"""

from __future__ import annotations

from collections.abc import Iterator

from camscan.codecs.delimiters import closing_quote, end_of_tag, past, stops, up_to
from camscan.codecs.escapes import seen_through
from camscan.codecs.expressions import compiled
from camscan.codecs.secret_names import LOGINS, WORDS, Kind, kind

Span = tuple[int, int]
"""Where a secret begins and ends."""

_VALUES = (b'"value"', b"'value'", b'"val"', b'"content"', b'"data"', b'"text"')
"""Members that hold the value whose name another member of the same object holds."""
_NAMING = (b"name", b"id", b"key", b"param")
"""Attributes that name what an element holds."""
_EMPTY = frozenset({b"input", b"img", b"br", b"hr", b"meta", b"link", b"script", b"style", b"form", b"html", b"body", b"head"})
"""Elements that hold no text, or more than a value."""
_CHOICES = frozenset({b"select", b"datalist"})
"""Elements whose values are those of the elements in them."""
_LIST = b"array"
LISTS = _LIST + rb"\s*\("
"""The expression for a list in a script."""
_LOGIN = b"login"
_PAGES = (
    b".htm",
    b".html",
    b".php",
    b".asp",
    b".aspx",
    b".cgi",
    b".js",
    b".css",
    b".json",
    b".xml",
    b".png",
    b".gif",
    b".jpg",
    b".ico",
)
_SECTIONS = ((b"<![cdata[", b"]]>"), (b"<!--", b"-->"))
_DECLARED = (b"", b"var", b"let", b"const", b"export", b"set", b"option")
_NAME_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789_-.[]$"
_BLANKS, _LINES, _QUOTES = b" \t", b" \t\r\n", b"\"'"
_ENDS = b"&;,<>\"' \r\n\t}\0"
"""What ends a value without quotes."""
_LONGEST_NAME = 256
_LONGEST_OBJECT = 4096
_LONGEST_CALL = 64


def spans(raw: bytes, lowered: bytes) -> Iterator[Span]:
    """Yield the values of secret names; some more than once, whole and in parts. lowered: the text in lower case."""
    yield from _as_written(raw, lowered)
    plain = seen_through(raw)
    if plain is not None:
        for start, end in _as_written(plain.text, plain.text.lower()):
            yield plain.place(start), plain.place(end)


def _as_written(raw: bytes, lowered: bytes) -> Iterator[Span]:
    text, position = _Text(raw, lowered), 0
    for found in compiled(WORDS).finditer(lowered):
        if found.start() < position:
            continue
        start, end = text.name_around(found.start(), position)
        position = end
        for span in text.behind(start, end):
            if span[0] < span[1]:
                yield span
        position = max(position, text.read_to)
    if _LIST in lowered:
        yield from _Text(raw, lowered).lists()


class _Text:
    """A text in which names are found one after another."""

    def __init__(self, raw: bytes, lowered: bytes) -> None:
        self.raw, self.lowered = raw, lowered
        self.read_to = 0
        """Behind all values so far: what stands before it needs no second look."""
        self._names = lowered.translate(_STOPS_OF_NAMES)
        self._ends = lowered.translate(_STOPS_OF_VALUES)
        self._parts = b""
        self._is_markup = b"<" in lowered
        self._tag = (0, 0)
        """The last start tag that was looked at."""
        self._looked = self._entered_to = self._told_to = self._objects_to = 0
        """Up to where tags are known, their own values are told, the texts of elements are, and the members of objects are."""
        self._unclosed: set[bytes] = set()
        """Names of elements that end no more."""

    def name_around(self, at: int, floor: int) -> Span:
        """Return where the name begins and ends in which a word stands."""
        return max(floor, self._names.rfind(0, floor, at) + 1), up_to(self._names, 0, at)

    def behind(self, start: int, end: int) -> Iterator[Span]:
        """Yield the values of the name that stands between two places."""
        named = kind(self.raw[max(start, end - _LONGEST_NAME) : end])
        opening = self._opening(start)
        if opening is not None:
            yield from self._of_element(opening, end, named)
            return
        if named <= Kind.ELEMENT:
            return
        if named >= Kind.PERSON and self._is_markup and (tag := self._tag_around(start)) is not None:
            yield from self._of_tag(tag, start)
        value = list(self._value(start, end, named))
        if any(first < last for first, last in value):
            yield from value
        elif self.lowered[start:end] == _LOGIN:
            yield from self._behind_login(start, end)
        elif named is Kind.SECRET:
            yield from self._in_path(start, end)
            yield from self._beside(start, end)
            yield from self._of_member(start, end)

    def lists(self) -> Iterator[Span]:
        """Yield what lists in scripts hold beside a usual login name."""
        if not any(quote + name + quote in self.raw for name in LOGINS for quote in (b"'", b'"')):
            return
        for found in compiled(LISTS).finditer(self.lowered):
            if found.end() > self.read_to:
                held = list(self._bracketed(found.end() - 1))
                if any(self.raw[start:end] in LOGINS for start, end in held):
                    yield from ((start, end) for start, end in held if self.raw[start:end] not in LOGINS)

    def _opening(self, start: int) -> int | None:
        """Return where the name of an element begins whose last part begins here; None where it is no such name."""
        if start and self.lowered[start - 1] == ord(":"):
            start = self._names.rfind(0, max(0, start - _LONGEST_NAME), start - 1) + 1
        return start if start and self.lowered[start - 1] == ord("<") else None

    def _of_element(self, opening: int, end: int, named: Kind) -> Iterator[Span]:
        """Yield what an element holds whose name stands between two places."""
        closing = self._end_of_tag(opening)
        if closing < 0:
            return
        if named >= Kind.LAST:
            yield from self._entered(opening, closing)
        if opening < self._told_to or self.lowered[closing - 1] == ord("/"):
            return
        last = self._end_of_element(self.lowered[opening:end], closing + 1) if named is Kind.SECRET else -1
        if last >= 0:
            yield closing + 1, last
            yield from self._texts(closing + 1, last, whole=True)
        else:
            yield from self._texts(closing + 1, len(self.lowered), inner=named is Kind.SECRET)

    def _end_of_element(self, name: bytes, at: int) -> int:
        """Return where the end tag of an element stands whose content begins here; the last one where they are too few, -1 for none."""
        depth, last = 1, -1
        while depth and name not in self._unclosed and (at := self.lowered.find(name, at)) >= 0:
            front, at = self.lowered[at - 2 : at], at + len(name)
            if self._names[at : at + 1] == b"\1":
                continue
            if front == b"</":
                depth, last = depth - 1, at - len(name) - 2
            elif front[1:] == b"<":
                depth += 1
        if last < 0:
            self._unclosed.add(name)
        return last

    def _texts(self, at: int, end: int, *, whole: bool = False, inner: bool = False) -> Iterator[Span]:
        """Yield the texts up to a tag, and sections and comments among them.

        whole: all up to the end, whatever tags there are. inner: that of an element at the front of this one, too.
        """
        lowered, told = self.lowered, False
        while at < end:
            stop = up_to(lowered, b"<", at, end)
            if lowered[at:stop].strip(_LINES):
                told = True
                yield at, stop
            at = stop
            for begins, ends in _SECTIONS:
                if lowered.startswith(begins, stop):
                    at = up_to(lowered, ends, stop, end)
                    yield stop + len(begins), at
                    at += len(ends)
            if at == stop:
                if not whole and (told or not inner or lowered[stop + 1 : stop + 2] == b"/"):
                    break
                at = up_to(lowered, b">", stop, end) + 1
        self._told_to = max(self._told_to, min(at, end))

    def _end_of_tag(self, opening: int) -> int:
        """Return where the `>` stands that ends the tag whose name begins here; -1 where there is none."""
        if opening < self._tag[1]:
            return self.lowered.find(b">", opening)
        closing = end_of_tag(self.lowered, opening)
        self._tag = (opening, len(self.lowered) if closing < 0 else closing)
        self._looked = self._tag[1]
        return closing

    def _tag_around(self, at: int) -> Span | None:
        """Return the start tag inside of which a place is; None where it is in none."""
        if at >= self._tag[1]:
            opening = self.lowered.rfind(b"<", self._looked, at)
            self._looked = at
            if opening < 0:
                return None
            self._end_of_tag(opening + 1)
        return self._tag if self._tag[0] < at < self._tag[1] else None

    def _of_tag(self, tag: Span, name: int) -> Iterator[Span]:
        """Yield the value of a tag in which a secret name stands, and the text behind it where the element has that name."""
        opening, closing = tag
        if closing <= self._entered_to:
            return
        yield from self._entered(opening, closing)
        element = self.lowered[opening : min(closing, opening + _LONGEST_NAME)].split(None, 1)[:1]
        if element and element[0] not in _EMPTY and self.lowered[closing - 1 : closing] != b"/":
            front = (
                self.lowered[max(opening, name - _LONGEST_NAME) : name].rstrip(_NAME_BYTES).rstrip(_QUOTES + _BLANKS + b"\\")
            )
            if front.endswith(b"=") and front[:-1].rstrip(_BLANKS).endswith(_NAMING):
                yield from self._held(element[0], closing + 1)

    def _held(self, element: bytes, at: int) -> Iterator[Span]:
        """Yield what an element holds whose content begins here: its text, or the values from which it lets choose."""
        if element in _CHOICES:
            end = up_to(self.lowered, b"</" + element, at)
            yield from self._entered(at, end)
            yield from self._texts(at, end, whole=True)
        else:
            yield from self._texts(at, len(self.lowered))

    def _entered(self, opening: int, closing: int) -> Iterator[Span]:
        """Yield the values that a tag holds of its own."""
        at = self.lowered.find(b"value", max(opening, self._entered_to), closing)
        self._entered_to = max(self._entered_to, closing)
        read_to = self.read_to
        while at >= 0:
            yield from self._value(at, at + len(b"value"), Kind.PERSON)
            at = self.lowered.find(b"value", max(at + 1, self.read_to), closing)
        self.read_to = read_to

    def _value(self, start: int, end: int, named: Kind) -> Iterator[Span]:
        """Yield the value behind a name: `=` or `:`, with or without quotes and blanks around; nothing where none follows."""
        lowered = self.lowered
        quoted = lowered[end : end + 1] in (b'"', b"'", b"\\")
        at = past(lowered, end, b"\\" + _QUOTES + _BLANKS)
        if lowered[at : at + 3] in (b"%3d", b"%3a"):
            at += 3
        elif lowered[at : at + 1] in (b"=", b":"):
            at = past(lowered, at, b"=:>")
        else:
            return
        at = past(lowered, at, b"\\" + _BLANKS)
        following = past(lowered, at, b"\\" + _LINES)
        if quoted or lowered[following : following + 1] in (b'"', b"'"):
            at = following
        opens = lowered[at : at + 1]
        if opens in (b'"', b"'"):
            self.read_to = closing_quote(lowered, at + 1)
            yield at + 1, self.read_to
        elif opens == b"[" or (opens == b"{" and named is Kind.SECRET):
            yield from self._bracketed(at)
        elif opens != b"{":
            yield from self._bare(start, at, is_line=named is Kind.SECRET and not quoted)

    def _bare(self, start: int, at: int, *, is_line: bool) -> Iterator[Span]:
        """Yield a value without quotes, what it makes of a text, and on a line of settings all up to its end. start: of the name."""
        lowered, last = self.lowered, up_to(self._ends, 0, at)
        self.read_to = last
        yield at, last
        call = lowered.find(b"(", at, last + _LONGEST_CALL if lowered[at:last] == b"new" else last)
        if call >= 0:
            yield from self._bracketed(call)
        if is_line and self._begins_line(start):
            yield at, min(up_to(lowered, end, at) for end in (b"\n", b"\r", b"\0"))

    def _begins_line(self, start: int) -> bool:
        """Return whether a name is the first thing on its line, but for what declares it."""
        front = (b"\n" if start < _LONGEST_NAME else b"") + self.lowered[max(0, start - _LONGEST_NAME) : start]
        before = max(front.rfind(b"\n"), front.rfind(b"\r"))
        return before >= 0 and front[before + 1 :].strip() in _DECLARED

    def _bracketed(self, at: int) -> Iterator[Span]:
        """Yield the texts and figures between a bracket and the one that closes it; what nothing closes goes to the end."""
        lowered, depth, begun = self.lowered, 0, -1
        while at < len(lowered):
            byte = lowered[at]
            if byte in b"\"'[{(]}),: \t\r\n\\":
                if begun >= 0:
                    yield begun, at
                begun = -1
                depth += (byte in b"[{(") - (byte in b"]})")
                if not depth:
                    break
                if byte in _QUOTES:
                    last = closing_quote(lowered, at + 1)
                    yield at + 1, last
                    at = last
            elif begun < 0:
                begun = at
            at += 1
        if begun >= 0:
            yield begun, len(lowered)
        self.read_to = min(at, len(lowered))

    def _in_path(self, start: int, end: int) -> Iterator[Span]:
        """Yield the part of a path behind the one that is a name."""
        if self.lowered[start - 1 : start] == b"/" and self.lowered[end : end + 1] == b"/":
            self.read_to = self._end_of_part(end + 1)
            yield end + 1, self.read_to

    def _behind_login(self, start: int, end: int) -> Iterator[Span]:
        """Yield the part of a path behind that of a login and a usual name, where it is no page: `/login/admin/word`."""
        stop = self._end_of_part(end + 1)
        if self.lowered[start - 1 : start] + self.lowered[end : end + 1] + self.lowered[stop : stop + 1] != b"///":
            return
        last = self._end_of_part(stop + 1)
        if self.lowered[end + 1 : stop] in LOGINS and not self.lowered[stop + 1 : last].endswith(_PAGES):
            yield stop + 1, last

    def _end_of_part(self, at: int) -> int:
        """Return where the part of a path ends that begins here."""
        if not self._parts:
            self._parts = self.lowered.translate(_STOPS_OF_PARTS)
        return up_to(self._parts, 0, at)

    def _beside(self, start: int, end: int) -> Iterator[Span]:
        """Yield the text of the element behind one whose whole text is a name."""
        lowered = self.lowered
        if not self._is_markup or not lowered[max(0, start - _LONGEST_NAME) : start].rstrip(_LINES).endswith(b">"):
            return
        ends = past(lowered, end, _LINES + b":*")
        closing = lowered.find(b">", ends) if lowered.startswith(b"</", ends) else -1
        opening = past(lowered, closing + 1, _LINES) if closing >= 0 else len(lowered)
        last = (
            lowered.find(b">", opening) if lowered[opening + 1 : opening + 2].isalpha() and lowered[opening] == ord("<") else -1
        )
        if last >= 0 and lowered[opening + 1 : last].split(None, 1)[0] not in _EMPTY:
            yield from self._texts(last + 1, len(lowered))

    def _of_member(self, start: int, end: int) -> Iterator[Span]:
        """Yield the value of an object of JSON that holds a name as a text."""
        lowered = self.lowered
        is_text = lowered[start - 1 : start] in (b'"', b"'") and lowered[end : end + 1] in (b'"', b"'")
        after = past(lowered, end + 1, _LINES)
        if not is_text or lowered[after : after + 1] not in (b",", b"}") or start < self._objects_to:
            return
        first = max(0, start - _LONGEST_OBJECT, lowered.rfind(b"{", max(0, start - _LONGEST_OBJECT), start))
        self._objects_to = up_to(lowered, b"}", end, end + _LONGEST_OBJECT)
        read_to = self.read_to
        for member in _VALUES:
            at = lowered.find(member, first, self._objects_to)
            if at >= 0:
                yield from self._value(at + 1, at + len(member) - 1, Kind.SECRET)
        self.read_to = read_to


_STOPS_OF_NAMES = bytes(byte in _NAME_BYTES for byte in range(256))
_STOPS_OF_PARTS = stops(b"/?#\"'<> \r\n\t\0")
_STOPS_OF_VALUES = stops(_ENDS)
