"""Discovery of Reolink (Baichuan) cameras and recorders.

Source: a public client's notes on the protocol and its dissector. Status: reverse-engineered, in part. Wire layout: two searches
to everyone, `aa aa 00 00` at UDP 2000 and a BcUDP frame at UDP 2015 and 2018; the answer goes to port 3000.

BcUDP: `3a cf 87 2a`, length 4, `01 00 00 00`, transaction 4, checksum 4, then XML; little-endian. The XML is XORed with eight words
to each of which the transaction is added; the checksum is a CRC-32 of that, without inversion at either end.
`<C2D_S>` asks who is there. Other documents open sessions and are never sent.

The layout of the answer at port 3000 is not known; it holds name, address, port and UID. Its texts are returned as they come.
The UID is the way to a device through the maker's cloud: four characters of it are kept.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from camscan.codecs import xml
from camscan.codecs.base import Cursor, DecodeError, Probe, fields, masked
from camscan.codecs.binary import texts
from camscan.model import Datagram, Fields

NAME = "reolink"
PORTS: tuple[int, ...] = (2000, 2015, 2018, 3000)
GROUPS: tuple[str, ...] = ()
BIND_PORTS: tuple[int, ...] = (3000,)

_SEARCH = bytes.fromhex("aaaa0000")
_MAGIC = bytes.fromhex("3acf872a")
BEGINS: tuple[bytes, ...] = (_MAGIC,)
_HEADER = 20
_WORDS = (0x1F2D3C4B, 0x5A6C7F8D, 0x38172E4B, 0x8271635A, 0x863F1A2B, 0xA5C6F7D8, 0x8371E1B4, 0x17F2D3A5)
_UID_SIZE = 16
_UID_SIGNS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LEAST_TEXT = 4
_MAX_ANSWER = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One datagram. `document` is the name of a BcUDP document; empty for the answer of unknown layout."""

    document: str = ""
    uid: str = ""
    texts: tuple[str, ...] = ()


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return both searches as broadcast; devices answer to port 3000."""
    document = b"<P2P><C2D_S><to><port>3000</port></to></C2D_S></P2P>"
    transaction = int.from_bytes(nonce[:4])
    enciphered = _xor(document, transaction)
    head = _MAGIC + len(enciphered).to_bytes(4, "little") + b"\x01\0\0\0" + transaction.to_bytes(4, "little")
    frame = head + _checksum(enciphered).to_bytes(4, "little") + enciphered
    return (
        Probe(payload=_SEARCH, port=2000, broadcast=True, source_port=3000),
        Probe(payload=frame, port=2015, broadcast=True, source_port=3000),
        Probe(payload=frame, port=2018, broadcast=True, source_port=3000),
    )


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram is a search or a BcUDP frame, or an answer that holds a UID."""
    payload = datagram.payload
    if payload.startswith(_MAGIC):
        return True
    if payload == _SEARCH:
        return datagram.dst.port in PORTS
    at_port = datagram.dst.port in BIND_PORTS or datagram.src.port in PORTS
    return at_port and bool(_uids(payload))


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    if payload == _SEARCH:
        return Message(document="C2D_S")
    if payload.startswith(_MAGIC):
        return Message(document=_document(payload))
    uids = _uids(payload)
    if not uids:
        raise DecodeError("neither search nor answer")
    said = texts(payload[:_MAX_ANSWER], at_least=_LEAST_TEXT)
    return Message(uid=uids[0], texts=tuple(one for one in said if not any(uid in one for uid in uids)))


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary, the UID shortened; empty for what a client says."""
    if message.document and not message.document.startswith("D2C_"):
        return ()
    return fields(
        ("reolink.document", message.document),
        ("reolink.uid", masked(message.uid)),
        *(("reolink.text", one) for one in message.texts),
    )


def without_secrets(payload: bytes) -> bytes:
    """Return the message with its UIDs struck out; of a BcUDP frame, whose key is known to all, the header alone."""
    if payload.startswith(_MAGIC):
        return payload[:_HEADER]
    kept = payload[:_MAX_ANSWER]
    for one in _uids(payload):
        kept = kept.replace(one.encode("ascii"), one[:4].encode("ascii") + b"*" * (len(one) - 4))
    return kept


def _document(payload: bytes) -> str:
    """Return the name of the document in a BcUDP frame. Raises DecodeError."""
    cursor = Cursor(payload, 4)
    length = int.from_bytes(cursor.take(4), "little")
    cursor.take(4)
    transaction = int.from_bytes(cursor.take(4), "little")
    checksum = int.from_bytes(cursor.take(4), "little")
    enciphered = cursor.take(length)
    if _checksum(enciphered) != checksum:
        raise DecodeError("the checksum of the frame is another one")
    root = xml.parse(_xor(enciphered, transaction))
    if xml.local(root) != "P2P":
        raise DecodeError("a document of something else")
    return next((xml.local(one) for one in root), "")


def _checksum(enciphered: bytes) -> int:
    return zlib.crc32(enciphered, 0xFFFFFFFF) ^ 0xFFFFFFFF


def _xor(raw: bytes, transaction: int) -> bytes:
    key = b"".join(((word + transaction) & 0xFFFFFFFF).to_bytes(4, "little") for word in _WORDS)
    repeated = (key * (len(raw) // len(key) + 1))[: len(raw)]
    return (int.from_bytes(raw) ^ int.from_bytes(repeated)).to_bytes(len(raw))


def _uids(payload: bytes) -> tuple[str, ...]:
    """Return the texts that are sixteen digits and capital letters, some of either."""
    found = texts(payload[:_MAX_ANSWER], at_least=_UID_SIZE)
    return tuple(
        one for one in found if len(one) == _UID_SIZE and _UID_SIGNS.issuperset(one) and not one.isdigit() and not one.isalpha()
    )
