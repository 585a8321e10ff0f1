"""What every codec is: the protocols it fulfils, its one error, and the cursor it reads bytes with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from camscan.model import MAX_VALUE, Datagram, Endpoint, Fields, Frame, StreamHead, is_local_mac

MAX_LISTED = 200_000
"""Entries read of one list: three networks of a /16."""
LONGEST_ADDRESS = 45
"""Characters of the longest address of IPv6, without a zone."""
MAX_PART = 128
"""Characters kept of one part of a value that has several."""
_LENGTHS_OF_MAC = frozenset({17, 14, 12})
"""Characters of six pairs, three groups of four and twelve digits."""
_TIME_BASED = 1
"""Version of a UUID whose last six bytes are a MAC."""
_LATEST = 253_402_300_799
"""9999-12-31T23:59:59Z in seconds since 1970."""


class DecodeError(ValueError):
    """The bytes are not a message of this protocol, or a damaged one. Nothing else leaves a decoder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One query to send. Exactly one of `group`, `broadcast` and `unicast` says where to."""

    payload: bytes
    port: int
    group: str | None = None
    """Multicast group of either family; it must stand in the codec's `GROUPS`."""
    broadcast: bool = False
    unicast: bool = False
    """Sent to each live host by itself (across routers too)."""
    source_port: int | None = None
    """Port to send from, where devices answer to a fixed port."""


class DatagramCodec(Protocol):
    """One UDP protocol. A module of `codecs/` with these names fulfils it."""

    NAME: str
    PORTS: tuple[int, ...]
    """UDP ports, of either end, on which this protocol is tried first."""
    GROUPS: tuple[str, ...]
    """Multicast groups of IPv4 and IPv6 to join, to hear announcements and replies to the group."""
    BIND_PORTS: tuple[int, ...]
    """Local ports that must be bound to hear replies and announcements."""

    def probes(self, nonce: bytes) -> tuple[Probe, ...]:
        """Return the queries of one round. nonce: 16 bytes, the only variation. Empty for passive protocols."""
        ...

    def recognise(self, datagram: Datagram) -> bool:
        """Return from port and first bytes whether `decode` is worth a try."""
        ...

    def decode(self, payload: bytes) -> Any:
        """Return the message. Raises DecodeError, and nothing else."""
        ...

    def observe(self, message: Any) -> Fields:
        """Return the message in the shared vocabulary, sorted; empty for messages that say nothing of their sender."""
        ...


@runtime_checkable
class Addressing(Protocol):
    """A datagram codec for which it matters whom a message is sent to."""

    def observe_towards(self, message: Any, receiver: Endpoint) -> Fields:
        """Return the message in the shared vocabulary, sorted, the receiver included; empty as in `observe`."""
        ...


@runtime_checkable
class Directed(Protocol):
    """A datagram codec that recognises some messages between its own ports by the address that they go to."""

    LISTENERS: tuple[str, ...]
    """Groups, and what stands for all, at which such messages are heard; hosts of the sender's site hear them too."""


@runtime_checkable
class SecretBearer(Protocol):
    """A datagram codec whose messages carry passwords: they are taken out before anything is kept."""

    def without_secrets(self, payload: bytes) -> bytes:
        """Return the message as it may be kept; empty where nothing of it may. Never raises."""
        ...


@runtime_checkable
class Repeating(Protocol):
    """A datagram codec whose devices repeat themselves under changing numbers: ids, counters, the time of day."""

    def steady(self, payload: bytes) -> bytes:
        """Return the message without what changes though nothing else does; itself where that cannot be told. Never raises.

        Two messages with equal results decode to equal fields, whatever codec takes them.
        """
        ...


@runtime_checkable
class Beginning(Protocol):
    """A datagram codec that knows its messages on other ports than its own by how they begin, or not at all."""

    BEGINS: tuple[bytes, ...]
    """First bytes without which nothing is recognised on another port; empty where only the port counts."""


class StreamCodec(Protocol):
    """One protocol over TCP."""

    NAME: str
    PORTS: tuple[int, ...]
    """TCP ports on which its greeting is sent first."""

    def greetings(self, host: str, user_agent: str) -> tuple[bytes, ...]:
        """Return the requests of one connection, in order; each is sent after the answer to the one before is complete."""
        ...

    def complete(self, buffer: bytes) -> bool:
        """Return whether the buffer holds all that `decode` wants of one answer; an answer is cut at 16 KiB anyway."""
        ...

    def recognise(self, head: StreamHead) -> bool:
        """Return from the first bytes of the server whether `decode` is worth a try."""
        ...

    def decode(self, head: StreamHead) -> Any:
        """Return the message. Raises DecodeError, and nothing else."""
        ...

    def observe(self, message: Any) -> Fields:
        """Return the message in the shared vocabulary, sorted."""
        ...


class FrameCodec(Protocol):
    """One protocol directly in Ethernet frames."""

    NAME: str
    ETHERTYPES: tuple[int, ...]

    def recognise(self, frame: Frame) -> bool:
        """Return whether `decode` is worth a try."""
        ...

    def decode(self, payload: bytes) -> Any:
        """Return the message in an Ethernet frame, header included. Raises DecodeError, and nothing else."""
        ...

    def observe(self, message: Any) -> Fields:
        """Return the message in the shared vocabulary, sorted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One entry of a list that another program wrote: a lease, a neighbour, a row."""

    protocol: str
    ip: str
    fields: Fields
    link_mac: str | None = None
    """Only where the list tells what a link showed; the word of a DHCP client is a field."""
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    """None: when the list was written."""
    age_s: int = 0
    """Seconds before the list was written, where it gives no instant."""
    raw: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All that could be read of a list."""

    entries: tuple[Listed, ...]
    unreadable: int = 0
    """Entries that could not be read."""
    sample: bytes = b""
    """The first of them, ≤ 256 bytes."""
    complete: bool = True
    """False where it holds more entries than are read of one list."""


class ListingCodec(Protocol):
    """One text format of other programs that names many devices."""

    def recognise(self, head: bytes) -> bool:
        """Return from the first 4 KiB whether `decode` is worth a try."""
        ...

    def decode(self, raw: bytes) -> Listing:
        """Return the entries. Raises DecodeError, and nothing else, where none of those that it holds can be read."""
        ...


def listing(records: Iterable[bytes], read: Callable[[bytes], Listed | None]) -> Listing:
    """Return what `read` makes of each record; None says nothing of a device. Raises DecodeError where it could read none."""
    entries: list[Listed] = []
    unreadable, sample = 0, b""
    for record in records:
        if len(entries) + unreadable >= MAX_LISTED:
            return Listing(entries=tuple(entries), unreadable=unreadable, sample=sample, complete=False)
        try:
            found = read(record)
        except DecodeError:
            unreadable += 1
            sample = sample or record[:256]
            continue
        if found is not None:
            entries.append(found)
    if unreadable and not entries:
        raise DecodeError(f"none of its {unreadable} entries can be read")
    return Listing(entries=tuple(entries), unreadable=unreadable, sample=sample)


class Cursor:
    """Reads bytes from front to back; every step past the end raises DecodeError."""

    __slots__ = ("buffer", "position")

    def __init__(self, buffer: bytes, position: int = 0) -> None:
        self.buffer = buffer
        self.position = position

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return len(self.buffer) - self.position

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        end = self.position + count
        if count < 0 or end > len(self.buffer):
            raise DecodeError(f"{count} bytes wanted at offset {self.position}, {self.left} left")
        chunk = self.buffer[self.position : end]
        self.position = end
        return chunk

    def u8(self) -> int:
        """Return the next byte."""
        return self.take(1)[0]

    def u16(self) -> int:
        """Return the next two bytes, big-endian."""
        return int.from_bytes(self.take(2))

    def u32(self) -> int:
        """Return the next four bytes, big-endian."""
        return int.from_bytes(self.take(4))


def text(raw: bytes) -> str:
    """Return device bytes as text, ≤ MAX_VALUE characters: UTF-8 where valid, else Latin-1; control characters are kept."""
    chunk = raw[: MAX_VALUE * 4]
    try:
        value = chunk.decode("utf-8")
    except UnicodeDecodeError as fault:
        cut_in_character = len(raw) > len(chunk) and fault.start >= len(chunk) - 3
        value = chunk[: fault.start].decode("utf-8") if cut_in_character else chunk.decode("latin-1")
    return value[:MAX_VALUE]


def mac_text(raw: bytes) -> str:
    """Return six bytes as a MAC in lower case with colons. Raises DecodeError for another length."""
    if len(raw) != 6:
        raise DecodeError(f"a MAC has 6 bytes, not {len(raw)}")
    return raw.hex(":")


def mac_from_text(value: str) -> str | None:
    """Return a MAC as lower case with colons; None when it is not one.

    Six pairs with colons, dashes or blanks between, three groups of four with dots, or twelve digits.
    """
    written = value.strip().lower()
    if len(written) not in _LENGTHS_OF_MAC:
        return None
    groups = next((written.split(sign) for sign in ":-. " if sign in written), [written])
    if [len(group) for group in groups] not in ([2] * 6, [4] * 3, [12]):
        return None
    digits = "".join(groups)
    if digits.strip("0123456789abcdef"):
        return None
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def ip_from_text(value: str) -> str | None:
    """Return an address as `ipaddress` prints it, without a zone; None where it is none, or that of no one device."""
    written = value.strip().partition("%")[0]
    return _address_of_one(written) if len(written) <= LONGEST_ADDRESS else None


@lru_cache(maxsize=4096)
def _address_of_one(written: str) -> str | None:
    try:
        address = ip_address(written)
    except ValueError:
        return None
    return None if address.is_unspecified or address.is_multicast else str(address)


def instant(seconds: str) -> datetime | None:
    """Return decimal seconds since 1970 as a time; None where they are none, or 0."""
    if not (seconds.isascii() and seconds.isdigit()) or len(seconds) > 12 or not 0 < int(seconds) <= _LATEST:
        return None
    return datetime.fromtimestamp(int(seconds), UTC)


def part(message: bytes, offset: int, size: int) -> bytes:
    """Return a part of a message of fixed layout; empty where the message ends before the part does."""
    chunk = message[offset : offset + size]
    return chunk if len(chunk) == size else b""


def padded_text(raw: bytes) -> str:
    """Return a text of fixed width: what stands before its first NUL, without surrounding blanks."""
    return text(raw.partition(b"\0")[0]).strip()


def ipv4_text(raw: bytes) -> str | None:
    """Return four bytes in network order as an address; None for another length, and for 0.0.0.0, which says nothing."""
    return ".".join(map(str, raw)) if len(raw) == 4 and any(raw) else None


def ipv4_from_text(value: str) -> str | None:
    """Return an IPv4 address that a device wrote; None where it is none, or 0.0.0.0."""
    octets = value.strip().split(".")
    if len(octets) != 4 or not all(o.isascii() and o.isdecimal() and len(o) <= 3 and int(o) <= 255 for o in octets):
        return None
    return ipv4_text(bytes(map(int, octets)))


def port_text(number: int) -> str | None:
    """Return a port as text; None for 0, which stands for none."""
    return str(number) if 0 < number <= 0xFFFF else None


def unit_mac(raw: bytes) -> str | None:
    """Return six bytes as the MAC of one interface; None for another length, a group address or nothing but zeros."""
    return raw.hex(":") if len(raw) == 6 and any(raw) and not raw[0] & 1 else None


def unit_mac_from_text(value: str) -> str | None:
    """Return a written MAC where it is that of one interface, else None."""
    mac = mac_from_text(value)
    return unit_mac(bytes.fromhex(mac.replace(":", ""))) if mac else None


def time_based_mac(identifier: str) -> str | None:
    """Return the MAC in a time-based UUID (RFC 4122 §4.1.6), with or without `urn:uuid:`; other tails may be random."""
    try:
        uuid = UUID(identifier.rpartition(":")[2])
    except ValueError:
        return None
    if uuid.version != _TIME_BASED:
        return None
    mac = unit_mac_from_text(uuid.hex[-12:])
    return mac if mac is not None and not is_local_mac(mac) else None


def masked(handle: str) -> str:
    """Return as much of a handle that opens remote access as may be told: its first four characters."""
    return f"{handle[:4]}…" if len(handle) > 4 else handle


def joined(*parts: str) -> str:
    """Return the parts of one thing as one value of a field, `|` between; in a part, ≤ 128 characters, it becomes `/`."""
    return "|".join(" ".join(part.split())[:MAX_PART].replace("|", "/") for part in parts)


def fields(*pairs: tuple[str, str | None]) -> Fields:
    """Return the pairs whose value is not empty, without repetition, sorted. Half surrogates, as JSON may hold, become `?`."""
    return tuple(sorted({(name, _encodable(value[:MAX_VALUE])) for name, value in pairs if value}))


def _encodable(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
