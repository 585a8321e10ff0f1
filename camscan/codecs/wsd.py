"""WS-Discovery: the probe that every ONVIF device answers, and the announcements of devices that come and go.

Source: ONVIF Core Specification, chapter Device discovery; WS-Discovery of April 2005; OASIS WS-Discovery 1.1.
Status: documented; MAC and serial scopes are inventions of makers. Wire layout: one SOAP envelope in one datagram.
Elements are found by local name, since stacks answer in either version of the namespaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote
from uuid import UUID

from camscan.codecs import xml
from camscan.codecs.base import DecodeError, Probe, fields, mac_from_text, time_based_mac
from camscan.model import Datagram, Fields

NAME = "wsd"
PORTS: tuple[int, ...] = (3702,)
GROUPS: tuple[str, ...] = ("239.255.255.250", "ff02::c")
BIND_PORTS: tuple[int, ...] = (3702,)

ANNOUNCING = frozenset({"Hello", "Bye", "ProbeMatches", "ResolveMatches"})
"""Bodies in which the sender speaks of itself."""
ASKING = frozenset({"Probe", "Resolve"})
MAX_MATCHES = 16
_PREFIXES = {
    "http://www.onvif.org/ver10/network/wsdl": "dn",
    "http://www.onvif.org/ver10/device/wsdl": "tds",
    "http://schemas.xmlsoap.org/ws/2006/02/devprof": "wsdp",
    "http://docs.oasis-open.org/ws-dd/ns/dpws/2009/01": "wsdp",
    "http://schemas.microsoft.com/windows/2006/08/wdp/print": "wprt",
    "http://schemas.microsoft.com/windows/2006/08/wdp/scan": "wscn",
    "http://schemas.microsoft.com/windows/pub/2005/07": "pub",
}
_BODIES = (
    # Some devices answer only a probe for one of the two types, some only one without types, some only one with empty scopes.
    "<d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe>",
    "<d:Probe><d:Types>tds:Device</d:Types></d:Probe>",
    "<d:Probe/>",
    "<d:Probe><d:Scopes/></d:Probe>",
)
_UNICAST_BODIES = (0, 2)
_LONGEST_HEADER = 4 * 1024
_OF_IDS = b"0123456789abcdefABCDEF-:urnid"
"""Bytes of `urn:uuid:…`: none of them can begin or end anything in XML."""
_CHANGING = (
    (b"MessageID>", b"<", 64, _OF_IDS),
    (b"RelatesTo>", b"<", 64, _OF_IDS),
    (b' MessageNumber="', b'"', 16, b"0123456789"),
    (b' InstanceId="', b'"', 16, b"0123456789"),
)
"""What stands before and behind a part that changes, how long it is at most, and of which bytes it consists."""
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
    ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"'
    ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl">'
    "<e:Header><w:MessageID>uuid:{message_id}</w:MessageID>"
    '<w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>'
    '<w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>'
    "<e:Body>{body}</e:Body></e:Envelope>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a device says of itself in one Hello, Bye or match."""

    endpoint: str
    types: str
    scopes: str
    xaddrs: str
    """Lists as sent, with one blank between; the prefixes of types are the usual ones."""
    metadata_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One envelope."""

    action: str
    """Local name of the body."""
    relates_to: str
    matches: tuple[Match, ...]


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return the probe in its forms, to the group and to single hosts."""
    asked = [(group, body) for group in GROUPS for body in _BODIES]
    payloads = [  # one id each: who hears both groups takes an id that it has answered for a repetition
        _ENVELOPE.format(message_id=UUID(bytes=_numbered(nonce, number), version=4), body=body).encode("ascii")
        for number, (_, body) in enumerate(asked)
    ]
    to_group = tuple(
        Probe(payload=payload, port=PORTS[0], group=group) for (group, _), payload in zip(asked, payloads, strict=True)
    )
    return to_group + tuple(Probe(payload=payloads[number], port=PORTS[0], unicast=True) for number in _UNICAST_BODIES)


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram on any port begins as a SOAP envelope."""
    return b"Envelope" in datagram.payload[:400] or b"E\0n\0v\0e\0l\0o\0p\0e" in datagram.payload[:400]


def steady(payload: bytes) -> bytes:
    """Return a message without the ids of its header and without its place in the sequence."""
    end = payload.find(b"Body", 0, _LONGEST_HEADER)
    if end < 0 or b"Envelope" not in payload[:400] or b"!" in payload or b"\0" in payload:
        return payload
    changing: list[tuple[int, int]] = []
    for mark, closing, longest, plain in _CHANGING:
        found = payload.find(mark, 0, end)
        if found >= 0:
            start = found + len(mark)
            stop = payload.find(closing, start, min(start + longest, end))
            if stop >= 0 and not payload[start:stop].strip(plain):
                changing.append((start, stop))
    changing.sort()
    kept, position = [], 0
    for start, stop in changing:
        kept.append(payload[position:start])
        position = stop
    kept.append(payload[position:])
    return b"".join(kept)


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    envelope = xml.parse(payload)
    body = xml.child(envelope, "Body")
    if xml.local(envelope) != "Envelope" or body is None or not len(body):
        raise DecodeError("no envelope with a body")
    content = next(iter(body))
    action = xml.local(content)
    if action not in ANNOUNCING | ASKING:
        raise DecodeError("not a message of discovery")
    matches = tuple(_match(element) for element in _matches(content)) if action in ANNOUNCING else ()
    return Message(action=action, relates_to=xml.child_text(envelope, "Header", "RelatesTo") or "", matches=matches)


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for a probe of others."""
    if not message.matches:
        return ()
    said: list[tuple[str, str | None]] = [("wsd.action", message.action)]
    for match in message.matches:
        said += [
            ("wsd.types", match.types),
            ("wsd.scopes", match.scopes),
            ("wsd.xaddrs", match.xaddrs),
            ("wsd.epr", match.endpoint),
            ("wsd.mac", _mac_in_scopes(match.scopes) or time_based_mac(match.endpoint)),
        ]
    return fields(*said)


def _numbered(nonce: bytes, number: int) -> bytes:
    return nonce[:15] + bytes([nonce[15] ^ number])


def _matches(content: xml.Element) -> Iterator[xml.Element]:
    if xml.local(content) in ("Hello", "Bye"):
        yield content
        return
    for count, element in enumerate(content):
        if count >= MAX_MATCHES:
            return
        if xml.local(element) in ("ProbeMatch", "ResolveMatch"):
            yield element


def _match(element: xml.Element) -> Match:
    types = xml.child(element, "Types")
    return Match(
        endpoint=xml.child_text(element, "EndpointReference", "Address") or "",
        types="" if types is None else " ".join(_type(name, types) for name in (types.text or "").split()),
        scopes=_list(element, "Scopes"),
        xaddrs=_list(element, "XAddrs"),
        metadata_version=xml.child_text(element, "MetadataVersion") or "",
    )


def _list(element: xml.Element, name: str) -> str:
    return " ".join((xml.child_text(element, name) or "").split())


def _type(name: str, element: xml.Element) -> str:
    """Return a qualified name with the usual prefix of its namespace, as sent where that is not known."""
    prefix, colon, rest = name.partition(":")
    space = element.nsmap.get(prefix if colon else None, "")
    usual = _PREFIXES.get(space.rstrip("/"))
    return f"{usual}:{rest if colon else prefix}" if usual else name


def _mac_in_scopes(scopes: str) -> str | None:
    for scope in scopes.split():
        folded = scope.lower()
        at = folded.rfind("/mac/")
        mac = mac_from_text(unquote(scope[at + 5 :])) if at >= 0 else None
        if mac is not None:
            return mac
    return None
