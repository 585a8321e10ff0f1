"""Easy IP discovery of Panasonic and i-PRO cameras and recorders.

Source: captures of the vendor's setup tool and of a WV-X22700-V2L and an NX510, published with a description of the frame.
Status: reverse-engineered. Wire layout: search from UDP 10669 to everyone at 10670, answer to everyone at 10669; big-endian.

| offset | size | meaning |
|--------|------|---------|
| 0 | 2 | 0x0001 |
| 2 | 2 | length of the records |
| 4 | 2 | command: 0x000d search, 0x000e answer |
| 6 | 6 | answer: MAC of the device; search: zero |
| 12 | 6, 4 | search: MAC and address of who asks |
| 22 | 2 | sequence |
| 24 | 24 | constant |
| 48 | … | records: tag 2, length 2, value; 0xffff ends them |
| end | 2 | sum of all bytes before, plus one; answers bear it without care |

Other commands set addresses; the search is the only one here. It names everyone as who asks, since it goes out on every link.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import Cursor, DecodeError, Probe, fields, ipv4_text, padded_text, port_text, unit_mac
from camscan.codecs.binary import records
from camscan.model import Datagram, Fields

NAME = "panasonic"
PORTS: tuple[int, ...] = (10669, 10670)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = (10669,)
BEGINS: tuple[bytes, ...] = ()

_SEARCH, _ANSWER = 0x000D, 0x000E
_CONSTANT = bytes.fromhex("20111e11231f1e191300000201") + bytes(11)
_WANTED = bytes.fromhex("fff00026 0020002100220023002500280040004100420044 00a500a600a700a800ad00b300b400b700b8")
_RECORDS_AT = 48
_IP, _HTTP_PORT, _NAME, _MODEL, _FIRMWARE, _CHANNELS, _SERIAL = 0x20, 0x25, 0xA7, 0xA8, 0xA9, 0xC0, 0xD1


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One frame. `mac` is the device's, in an answer."""

    command: int
    mac: str = ""
    records: tuple[tuple[int, bytes], ...] = ()

    def get(self, tag: int) -> bytes:
        """Return the value of the first record of a tag."""
        return next((value for kind, value in self.records if kind == tag), b"")


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search as broadcast. It has no room for a nonce."""
    who_asks = b"\xff" * 6 + b"\xff" * 4
    head = b"\0\x01" + len(_WANTED).to_bytes(2) + _SEARCH.to_bytes(2) + bytes(6) + who_asks + bytes(2)
    payload = head + _CONSTANT + _WANTED + b"\xff\xff"
    checksum = (sum(payload) + 1) & 0xFFFF
    return (Probe(payload=payload + checksum.to_bytes(2), port=10670, broadcast=True, source_port=10669),)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram of these ports is a search or an answer."""
    at_port = datagram.src.port in PORTS or datagram.dst.port in PORTS
    payload = datagram.payload
    return at_port and payload[:2] == b"\0\x01" and payload[4:6] in (_SEARCH.to_bytes(2), _ANSWER.to_bytes(2))


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    cursor = Cursor(payload)
    if cursor.u16() != 1:
        raise DecodeError("no frame of this protocol")
    cursor.take(2)
    command = cursor.u16()
    if command == _SEARCH:
        return Message(command=command)
    if command != _ANSWER:
        raise DecodeError("neither search nor answer")
    mac = unit_mac(cursor.take(6)) or ""
    cursor.take(_RECORDS_AT - cursor.position)
    return Message(command=command, mac=mac, records=tuple(records(cursor, type_size=2, length_size=2)))


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for a search."""
    if message.command != _ANSWER:
        return ()
    port, channels = message.get(_HTTP_PORT), message.get(_CHANNELS)
    return fields(
        ("panasonic.mac", message.mac),
        ("panasonic.ip", ipv4_text(message.get(_IP))),
        ("panasonic.http_port", port_text(int.from_bytes(port)) if len(port) == 2 else None),
        ("panasonic.name", padded_text(message.get(_NAME))),
        ("panasonic.model", padded_text(message.get(_MODEL))),
        ("panasonic.firmware", padded_text(message.get(_FIRMWARE))),
        ("panasonic.serial", padded_text(message.get(_SERIAL))),
        ("panasonic.channels", str(int.from_bytes(channels)) if 0 < len(channels) <= 4 else None),
    )
