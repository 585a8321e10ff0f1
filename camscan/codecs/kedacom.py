"""NDT1, Kedacom's own discovery.

Source: notes of an integrator who reads replies of a U4S-16CHP-W, 2025. Status: reverse-engineered, seen by one party. UDP 5513 by
broadcast and UDP 5510 in the group 224.16.32.1; a device answers to the port that it was asked on.

| offset | size | meaning |
|--------|------|---------|
| 0 | 4 | `NDT1` |
| 4 | 6, 6 | MAC of the sender, MAC of the receiver |
| 16 | 2 | verb, big-endian: 1 search, 2 answer |
| 18 | 2 | DHCP |
| 20 | 4, 4, 4 | address, mask, gateway |
| 32 | 4 | uptime, little-endian |
| 36 | 4 | board, little-endian; bits 1 to 6 are the class: 1 camera, 2 NVR, 3 DVR |
| 40 | 72 | platform with which the device registers |
| 112 | 1, 1, 1, 1 | which parts follow |
| 120 | 32, 11 | where the first is not 0: name that the owner gave, serial |
| … | 32 | where the second is not 0: model |
| … | 32 | where the first is above 1: firmware |

The search is the only verb sent; 3 and 5 change settings and restart, and are not recognised. Its sender is a locally administered
address made from the nonce: devices answer whatever stands there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from camscan.codecs.base import Cursor, DecodeError, Probe, fields, ipv4_text, padded_text, unit_mac
from camscan.model import Datagram, Fields

NAME = "kedacom"
PORTS: tuple[int, ...] = (5513, 5510)
GROUPS: tuple[str, ...] = ("224.16.32.1",)
BIND_PORTS: tuple[int, ...] = (5513, 5510)

_MAGIC = b"NDT1"
BEGINS: tuple[bytes, ...] = (_MAGIC,)
_SEARCH, _ANSWER = b"\0\x01", b"\0\x02"
_PLATFORM = 72
_CLASSES = {1: "camera", 2: "nvr", 3: "dvr"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer; empty texts where the device sends no such part."""

    mac: bytes
    ip: bytes
    board: int
    name: str = ""
    serial: str = ""
    model: str = ""
    firmware: str = ""


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search as broadcast and to the group, each from the port that answers go to."""
    payload = _MAGIC + b"\x02" + nonce[:5] + bytes(6) + _SEARCH
    return (
        Probe(payload=payload, port=5513, broadcast=True, source_port=5513),
        Probe(payload=payload, port=5510, group=GROUPS[0], source_port=5510),
    )


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram begins as an answer."""
    return datagram.payload.startswith(_MAGIC) and datagram.payload[16:18] == _ANSWER


def decode(payload: bytes) -> Answer:
    """Return the answer; a part that is cut off is left out. Raises DecodeError."""
    cursor = Cursor(payload)
    if cursor.take(4) != _MAGIC:
        raise DecodeError("not NDT1")
    mac = cursor.take(6)
    cursor.take(6)
    if cursor.take(2) != _ANSWER:
        raise DecodeError("no answer to a search")
    cursor.take(2)
    ip = cursor.take(4)
    cursor.take(4 + 4 + 4)
    board = int.from_bytes(cursor.take(4), "little")
    cursor.take(_PLATFORM)
    identity, kind = cursor.u8(), cursor.u8()
    cursor.take(2 + 4)
    sizes = [*((32, 11) if identity else (0, 0)), 32 if kind else 0, 32 if identity > 1 else 0]
    name, serial, model, firmware = _texts(cursor, sizes)
    return Answer(mac=mac, ip=ip, board=board, name=name, serial=serial, model=model, firmware=firmware)


def observe(message: Answer) -> Fields:
    """Return the answer in the shared vocabulary."""
    return fields(
        ("kedacom.mac", unit_mac(message.mac)),
        ("kedacom.ip", ipv4_text(message.ip)),
        ("kedacom.class", _CLASSES.get(message.board >> 1 & 0x3F)),
        ("kedacom.name", message.name),
        ("kedacom.serial", message.serial),
        ("kedacom.model", message.model),
        ("kedacom.firmware", message.firmware),
    )


def _texts(cursor: Cursor, sizes: Sequence[int]) -> list[str]:
    """Return the next texts of fixed width, empty from the first on that the message does not hold to its end."""
    found: list[str] = []
    whole = True
    for size in sizes:
        whole = whole and cursor.left >= size
        found.append(padded_text(cursor.take(size)) if whole else "")
    return found
