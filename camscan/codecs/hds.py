"""HDS, the discovery of JUAN (ESeeCloud) and HiChip firmware: lines of text behind a head like that of HTTP.

Source: public clients of both firmwares, and the announcement of a 5523-W, 2026. Status: reverse-engineered. UDP 8002 and 18002 (some
units 12222), the group 239.255.255.250; the answer goes to the asker, announcements are broadcast every quarter of an hour.

    SEARCH * HDS/1.0          HDS/1.0 200 OK
    CSeq:1                    CLIENT-ID: <as asked>
    Client-ID:<32 signs>
    Accept-Type:text/HDP      Segment-Num:2, Segment-Seq:1, Data-Length:423
    Content-Length:0
                              Device-ID=, Device-Model=, Device-Name=, Esee-ID=, Channel-Cnt=, IP=, MAC=, Http-Port=, Software-Version=

`SEARCH` is the only verb sent; `CMD` changes settings and is not recognised. `Esee-ID` opens remote access, and `Device-ID` holds it
on some units: of both only the beginning is told and kept. Some units answer with accounts and keys of their wireless network among
the lines: what is kept of an answer is its first line and the lines named above.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import DecodeError, Probe, fields, ipv4_from_text, mac_from_text, masked, text
from camscan.model import Datagram, Fields

NAME = "hds"
PORTS: tuple[int, ...] = (8002, 18002, 12222)
GROUPS: tuple[str, ...] = ("239.255.255.250",)
BIND_PORTS: tuple[int, ...] = (8002, 18002)

_ANSWER = b"HDS/1.0 200 OK"
BEGINS: tuple[bytes, ...] = (_ANSWER,)
_READ = (
    "Device-ID",
    "Device-Model",
    "Device-Name",
    "Esee-ID",
    "Channel-Cnt",
    "IP",
    "MAC",
    "Http-Port",
    "Software-Version",
)
_HANDLES = frozenset({"Device-ID", "Esee-ID"})
_MAX_MESSAGE = 8 * 1024
_MAX_LINES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The lines of one answer that are read, in order."""

    lines: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """Return the first value under a name; empty where it is absent."""
        return next((value for key, value in self.lines if key == name), "")


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the search to the group, on both ports that are common."""
    payload = (
        f"SEARCH * HDS/1.0\r\nCSeq:1\r\nClient-ID:{nonce.hex()}\r\nAccept-Type:text/HDP\r\nContent-Length:0\r\n\r\n"
    ).encode("ascii")
    return tuple(Probe(payload=payload, port=port, group=GROUPS[0]) for port in (8002, 18002))


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram begins as an answer."""
    return datagram.payload.startswith(_ANSWER)


def decode(payload: bytes) -> Answer:
    """Return the answer; a line without its end is left out. Raises DecodeError."""
    if not payload.startswith(_ANSWER):
        raise DecodeError("no answer to a search")
    whole, newline, _ = payload[:_MAX_MESSAGE].rpartition(b"\n")
    if not newline:
        raise DecodeError("nothing behind the first line")
    lines = []
    for line in whole.replace(b"\r", b"\n").split(b"\n")[1 : _MAX_LINES + 1]:
        name, equals, value = text(line).strip().partition("=")
        if equals and name in _READ and value.strip():
            lines.append((name, value.strip()))
    if not lines:
        raise DecodeError("no line that says who answers")
    return Answer(lines=tuple(lines))


def observe(message: Answer) -> Fields:
    """Return the answer in the shared vocabulary."""
    return fields(
        ("hds.model", message.get("Device-Model")),
        ("hds.name", message.get("Device-Name")),
        ("hds.device_id", masked(message.get("Device-ID"))),
        ("hds.cloud_id", masked(message.get("Esee-ID"))),
        ("hds.channels", message.get("Channel-Cnt")),
        ("hds.ip", ipv4_from_text(message.get("IP"))),
        ("hds.mac", mac_from_text(message.get("MAC"))),
        ("hds.http_port", message.get("Http-Port")),
        ("hds.firmware", message.get("Software-Version")),
    )


def without_secrets(payload: bytes) -> bytes:
    """Return the first line and the lines that are read, handles masked; empty for what cannot be read."""
    try:
        lines = decode(payload).lines
    except DecodeError:
        return b""
    said = "".join(f"{name}={masked(value) if name in _HANDLES else value}\r\n" for name, value in lines)
    return _ANSWER + b"\r\n\r\n" + said.encode("utf-8", "replace")
