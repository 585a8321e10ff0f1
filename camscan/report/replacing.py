"""What names one device in its messages, and as many other bytes that stand in its place: always the same for the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

from camscan.codecs import wsd
from camscan.codecs.registry import FRAME_CODECS
from camscan.identity import is_placeholder
from camscan.model import AssessedAsset, Observation, is_local_mac
from camscan.report.said import kind_of_field

PAGES = frozenset({"http.body", "http.control.body", "rtsp.sdp"})
"""Fields that hold whole documents, in which a name may stand anywhere."""
LINES = frozenset({"http.header"})
"""Fields of the protocol's own words, in which only what is known to name the device is replaced."""
SHORTEST = 3
"""Bytes from which a value is replaced; what is shorter names nothing."""
# fmt: off
KEPT_WORDS = frozenset({
    "camera", "cam", "ipcamera", "ipcam", "ip", "network", "nvr", "dvr", "video", "server", "device", "recorder", "dome", "http",
    "https", "onvif", "www", "org", "local", "tcp", "udp", "rtsp",
})
# fmt: on
"""Words in names that say nothing of a place."""
_FRAMES = frozenset(codec.NAME for codec in FRAME_CODECS)


class Replacing:
    """What is replaced in the messages of one device, and by what: always as many bytes, the same by the same."""

    def __init__(self, judged: AssessedAsset) -> None:
        found = judged.identification
        told = " ".join(filter(None, (found.model, found.firmware, found.brand, found.maker, found.kind)))
        self._words = KEPT_WORDS | {word.lower() for word in _words_of(told)}
        self._numbers: dict[str, int] = {}
        self._pairs: dict[bytes, bytes] = {}
        self._free: dict[bytes, bytes] = {}
        """Words of people: replaced only where no letter or digit stands beside them."""
        for ip in judged.asset.ips:
            self._address(ip)
        for mac in judged.asset.macs:
            self._mac(mac)
        self._model = (found.model or "").lower()
        every = [pair for seen in judged.asset.observations for pair in seen.fields]
        for seen in judged.asset.observations:
            self._mac(seen.link_mac or "")
            self._between(seen)
        for name, value in sorted(every, key=lambda pair: kind_of_field(pair[0]) != "mac"):
            self._value(name, value)
        for mac in tuple(self._numbers):
            self._tails(mac)
        self._pairs |= {key.upper(): new.upper() for key, new in self._pairs.items() if key.isascii() and _is_text(key)}
        self._order = sorted({*self._pairs, *self._free}, key=lambda one: (-len(one), one))

    def _between(self, seen: Observation) -> None:
        """Take down addresses and MACs that stand in a message without being a field: of gateways, of name servers, of who asked."""
        if seen.protocol in _FRAMES:
            for mac in (seen.raw[:6], seen.raw[6:12]):
                if len(mac) == 6 and not mac[0] & 1:
                    self._mac(mac.hex())
        if seen.protocol == wsd.NAME:
            self._numbers_of_discovery(seen.raw)
        for kind, value in spoken(seen.raw.decode("latin-1")):
            (self._mac if kind == "mac" else self._address)(value)
        for own in {ip for ip in (seen.ip,) if ip and ":" not in ip}:
            near = ip_address(own).packed[:2]
            at = seen.raw.find(near)
            while 0 <= at <= len(seen.raw) - 4:
                self._address(str(IPv4Address(seen.raw[at : at + 4])))
                at = seen.raw.find(near, at + 1)

    def in_bytes(self, raw: bytes) -> bytes:
        """Return as many bytes, with what names the device replaced."""
        out, taken = bytearray(raw), bytearray(len(raw))
        for old in self._order:
            alone = old in self._free and old not in self._pairs
            new = self._free[old] if alone else self._pairs[old]
            at = raw.find(old)
            while at >= 0:
                end = at + len(old)
                if not any(taken[at:end]) and not (alone and _beside_a_word(raw, at, end)):
                    out[at:end] = new
                    taken[at:end] = b"\x01" * len(old)
                at = raw.find(old, at + 1)
        return bytes(out)

    def in_text(self, text: str) -> str:
        """Return a text with what names the device replaced, as it is in bytes."""
        return self.in_bytes(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")

    def leaves(self, name: str, value: str) -> bool:
        """Return whether a value that names something is not replaced although it should be."""
        kind = kind_of_field(name)
        if kind in ("mac", "serial") and is_placeholder(value):
            return False
        if kind == "mac" and is_local_mac(value):
            return False
        if kind == "address" and _is_inert(value):
            return False
        if kind == "text" and _address_of_url(value):
            return self.in_text(value) == value
        masked = self._masked(name, value)
        return masked is None or (masked != value and self.in_text(value) == value)

    def _value(self, name: str, value: str) -> None:
        kind = kind_of_field(name)
        if kind is None or name in PAGES | LINES:
            return
        if kind == "mac":
            self._mac(value)
        elif kind == "address":
            self._address(value)
        elif name == "wsd.scopes":
            for scope in value.split():
                self._scope(scope)
        else:
            masked = self._masked(name, value)
            if masked is not None and masked != value and len(value) >= SHORTEST:
                pairs = self._pairs if kind in ("serial", "endpoint") else self._free
                pairs.setdefault(value.encode("utf-8", "surrogatepass"), masked.encode("utf-8"))

    def _masked(self, name: str, value: str) -> str | None:
        """Return what stands in place of a value, as long in bytes; None where nothing can."""
        kind = kind_of_field(name)
        if kind == "key":
            return None
        if kind in ("mac", "address") or name == "wsd.scopes":
            return value
        if kind == "endpoint":
            head, found, rest = value.rpartition("uuid:")
            return head + found + self._with_macs("".join(self._nibble(rest, place) for place in range(len(rest))), rest)
        if kind == "serial":
            return self._with_macs("".join(self._letters(value)), value)
        if _address_of_url(value):
            return value
        if name in _OF_SERVICES:
            owner, sign, service = value.rpartition("::")
            if service.startswith(_KNOWN_SERVICES):
                return f"{self._worded(owner)}{sign}{service}"
        key, sign, rest = value.partition("=") if name == "mdns.txt" else ("", "", value)
        return f"{key}{sign}{self._worded(rest)}"

    def _nibble(self, uuid: str, place: int) -> str:
        """Return a digit of a UUID: nought, but for version and variant, which say how to read it."""
        letter = uuid[place]
        return "0" if letter in _HEX and place not in _FORM_OF_UUID else letter

    def _with_macs(self, masked: str, value: str) -> str:
        """Return a masked text in which the masks of MACs stand where the MACs stood."""
        out = list(masked)
        lower = value.lower()
        for digits, number in self._numbers.items():
            at = lower.find(digits)
            if at >= 0 and len(masked) == len(value):
                new = digits[:6] + f"{number:06x}"
                out[at : at + 12] = new if value[at : at + 12] == value[at : at + 12].lower() else new.upper()
        return "".join(out)

    def _letters(self, serial: str) -> Iterator[str]:
        """Yield the letters of a serial; beyond the words of its model they are all the same."""
        lower = serial.lower()
        starts = {self._model, *(word for word in self._words if len(word) > 2)} - {""}
        known = max((len(word) for word in starts if lower.startswith(word)), default=0)
        for place, letter in enumerate(serial):
            if place < known or not (letter.isascii() and letter.isalnum()):
                yield letter
            else:
                yield "0" if letter.isdecimal() else "A" if letter.isupper() else "a"

    def _worded(self, text: str) -> str:
        """Return words of a person with each replaced that is not of the product."""
        out = []
        for word, is_word in _pieces(text):
            if not is_word or word.lower() in self._words:
                out.append(word)
            else:
                out.append(self._with_macs("x" * len(word.encode("utf-8", "surrogatepass")), word))
        return "".join(out)

    def _scope(self, scope: str) -> None:
        head, found, rest = scope.partition("://www.onvif.org/")
        category, slash, told = rest.partition("/")
        if not found:
            category, slash, told, head = "", "", scope, ""
        if found and category.lower() in ("hardware", "type", "profile", "mac", ""):
            return
        masked = self._worded(told)
        if masked != told:
            prefix = f"{head}{found}{category}{slash}"
            self._free.setdefault(f"{prefix}{told}".encode(), f"{prefix}{masked}".encode())

    def _mac(self, value: str) -> None:
        digits = "".join(letter for letter in value.lower() if letter in "0123456789abcdef")
        if len(digits) != 12 or is_placeholder(digits):
            return
        if digits not in self._numbers:
            number = max(self._numbers.values(), default=0) + 1
            self._numbers[digits] = number + (f"{number:06x}" == digits[6:])
        number = self._numbers[digits]
        new = digits[:6] + f"{number:06x}"
        for sign in (":", "-", ""):
            self._pairs.setdefault(_joined(digits, sign).encode(), _joined(new, sign).encode())
        self._pairs.setdefault(bytes.fromhex(digits), bytes.fromhex(new))

    def _tails(self, digits: str) -> None:
        """Take down the last bytes of a MAC, by which protocols name a device too: as they are, backwards, and in letters."""
        old, new = bytes.fromhex(digits), bytes.fromhex(f"{digits[:6]}{self._numbers[digits]:06x}")
        if not _tells(old):
            return
        for count in _TAILS:
            end, put = old[-count:], new[-count:]
            self._pairs.setdefault(end, put)
            self._pairs.setdefault(end[::-1], put[::-1])
            for sign in ("", ":", "-"):
                written, instead = end.hex(sign) if sign else end.hex(), put.hex(sign) if sign else put.hex()
                self._pairs.setdefault(written.encode(), instead.encode())
                self._pairs.setdefault(written.upper().encode(), instead.upper().encode())

    def tail_left_in(self, raw: bytes) -> bool:
        """Return whether the last bytes of a MAC still stand in replaced bytes."""
        lower = raw.lower()
        ends = [bytes.fromhex(digits)[-_TAILS[-1] :] for digits in self._numbers if _tells(bytes.fromhex(digits))]
        return any(
            end in raw
            or end[::-1] in raw
            or any(written.encode() in lower for written in (end.hex(), end.hex(":"), end.hex("-")))
            for end in ends
        )

    def _numbers_of_discovery(self, raw: bytes) -> None:
        """Take down the ids and counters of a WS-Discovery message: made of a MAC or of when the device was started."""
        for begins, ends, letters in _COUNTED:
            at = raw.find(begins)
            while at >= 0:
                start = at + len(begins)
                end = raw.find(ends, start, start + _LONGEST_COUNTED)
                if end > start:
                    value = raw[start:end].decode("latin-1")
                    head, found, rest = value.rpartition("uuid:")
                    put = "".join(
                        self._nibble(rest, place) if letter in letters else letter for place, letter in enumerate(rest)
                    )
                    self._pairs.setdefault(raw[at:end], begins + f"{head}{found}{put}".encode("latin-1"))
                at = raw.find(begins, start)

    def _address(self, value: str) -> None:
        try:
            old = ip_address(value.partition("%")[0])
        except ValueError:
            return
        if _is_inert(str(old)):
            return
        new = as_long(old)
        if new is not None:
            self._pairs.setdefault(str(old).encode(), str(new).encode())
        if isinstance(old, IPv6Address):
            self._pairs.setdefault(old.packed, (new or IPv6Address("2001:db8::ffff")).packed)
        elif new is not None and sum(byte == 0 for byte in old.packed) < 2:
            self._pairs.setdefault(old.packed, new.packed)


def spoken(text: str) -> Iterator[tuple[str, str]]:
    """Yield every address and MAC that stands in a text as text, with its kind."""
    at = 0
    while at < len(text):
        if text[at] not in _HEX and text[at] != ":":
            at += 1
            continue
        start = at
        while at < len(text) and (text[at] in _HEX or text[at] in ".:-"):
            at += 1
        token = text[start:at].strip(".-")
        if len(token) == 17 and token[2] in ":-" and token.count(token[2]) == 5:
            yield "mac", token
        elif token.count(".") == 3 or token.count(":") >= 2:
            for cut in (token, token.rpartition(":")[0], token.partition("-")[0]):
                try:
                    yield "address", str(ip_address(cut))
                    break
                except ValueError:
                    continue


_HEX = frozenset("0123456789abcdefABCDEF")
_TAILS = (5, 4, 3)
"""How many of a MAC's last bytes are looked for; two stand in every message."""
_DIGITS = frozenset("0123456789")
_COUNTED = (
    (b"MessageID>", b"<", _HEX),
    (b"RelatesTo>", b"<", _HEX),
    (b'SequenceId="', b'"', _HEX),
    (b'InstanceId="', b'"', _DIGITS),
    (b'MessageNumber="', b'"', _DIGITS),
)
"""Beginning, end and letters of ids and counters (WS-Discovery 1.1, section 7; WS-Addressing)."""
_LONGEST_COUNTED = 128
_OF_SERVICES = frozenset({"ssdp.st", "ssdp.nt", "ssdp.usn"})
_KNOWN_SERVICES = ("upnp:rootdevice", "ssdp:all", "urn:schemas-upnp-org:")
"""Types of devices and services that everybody uses (UPnP Device Architecture 2.0, section 1.2)."""
_FORM_OF_UUID = (14, 19)
"""Places of version and variant (RFC 9562, section 4)."""


def as_long(old: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address | None:
    """Return an address for documentation or private use whose text is as long; None where there is none."""
    length = len(str(old))
    if isinstance(old, IPv4Address):
        found = {7: "0.0.0.9", 8: "10.0.0.9", 9: "192.0.2.9", 10: "192.0.2.99", 11: "192.0.2.199", 12: "198.51.100.9"}
        found |= {13: "198.51.100.99", 14: "198.51.100.199", 15: "192.168.100.199"}
        return IPv4Address(found[length])
    for groups in range(1, 6):
        digits = length - len("2001:db8::") - (groups - 1)
        if groups <= digits <= 4 * groups:
            sizes = [digits // groups + (number < digits % groups) for number in range(groups)]
            made = IPv6Address("2001:db8::" + ":".join("f" * size for size in sizes))
            return made if len(str(made)) == length else None
    return None


def _is_inert(value: str) -> bool:
    """Return whether an address names no device: a netmask, of a group, unspecified, or the loopback."""
    try:
        found = ip_address(value)
    except ValueError:
        return False
    return value.startswith("255.") or found.is_multicast or found.is_unspecified or found.is_loopback


def _address_of_url(value: str) -> bool:
    """Return whether a value is nothing but URLs of addresses: their paths are those of the product."""
    hosts = [
        one.partition("://")[2].partition("/")[0] for one in value.split() if one.startswith(("http://", "https://", "rtsp://"))
    ]
    return len(hosts) == len(value.split()) > 0 and all(_is_host(host) for host in hosts)


def _is_host(text: str) -> bool:
    host = text[1:].partition("]")[0] if text.startswith("[") else text.partition(":")[0]
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _tells(mac: bytes) -> bool:
    """Return whether the end of a MAC is one that stands in messages by itself alone."""
    return sum(byte == 0 for byte in mac[-_TAILS[-1] :]) < 2 and len(set(mac[-_TAILS[-1] :])) > 1


def _joined(digits: str, sign: str) -> str:
    return sign.join(digits[at : at + 2] for at in range(0, 12, 2))


def _is_text(raw: bytes) -> bool:
    return len(raw) > 6 and all(0x20 <= byte < 0x7F for byte in raw)


def _beside_a_word(raw: bytes, start: int, end: int) -> bool:
    return raw[start - 1 : start].isalnum() or raw[end : end + 1].isalnum()


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the words of a text and what stands between them."""
    at = 0
    while at < len(text):
        start, is_word = at, text[at].isalnum()
        while at < len(text) and text[at].isalnum() == is_word:
            at += 1
        yield text[start:at], is_word


def _words_of(text: str) -> Iterable[str]:
    return (word for word, is_word in _pieces(text) if is_word)
