"""SSDP, the discovery of UPnP: announcements, and answers to a search.

Source: UPnP Device Architecture 1.1 §1; search targets of Axis and of the recorder stacks that answer EmbeddedNetDeviceControl.
Status: documented. Wire layout: a head like that of HTTP in one datagram, start line `NOTIFY * HTTP/1.1`, `HTTP/1.1 200 OK`, or
`M-SEARCH * HTTP/1.1` for the search itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs import head
from camscan.codecs.base import DecodeError, Probe, fields
from camscan.model import Datagram, Fields

NAME = "ssdp"
PORTS: tuple[int, ...] = (1900,)
GROUPS: tuple[str, ...] = ("239.255.255.250", "ff02::c")
_HOSTS = ("239.255.255.250", "[FF02::C]")
"""The groups as a search names them."""
BIND_PORTS: tuple[int, ...] = (1900,)

SEARCH_TARGETS = (
    "ssdp:all",
    "upnp:rootdevice",
    "urn:axis-com:service:BasicService:1",
    "urn:schemas-upnp-org:service:EmbeddedNetDeviceControl:1",
    "urn:schemas-upnp-org:device:Basic:1",
    "urn:schemas-upnp-org:device:DigitalSecurityCamera:1",
)
_ROUTERS = frozenset({"InternetGatewayDevice", "WANDevice", "WANConnectionDevice", "WANIPConnection", "WANPPPConnection"})
"""Types that are searched for by who wants a router to open a port."""
_LONGEST_TYPE = 256
_WAIT_S = 2
"""A device answers after a random time up to this."""
_OBSERVED = ("server", "st", "nt", "usn", "location", "nts")
_STARTS = (b"NOTIFY ", b"HTTP/1.", b"M-SEARCH ")
_DATE, _LONGEST_DATE = b"\r\nDATE:", 48
_OF_DATES = b"0123456789 ,:GMTJanFebMrApyulgSecOtNvDWdhiF"
"""Bytes of `Sun, 06 Nov 1994 08:49:37 GMT`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of SSDP; of a search only that it is one, or that it is for routers that open ports."""

    is_search: bool
    headers: tuple[tuple[str, str], ...]
    """Name in lower case and value, of those that say who a device is."""


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return one search for each target and group."""
    return tuple(
        Probe(
            payload=(
                f"M-SEARCH * HTTP/1.1\r\nHOST: {host}:{PORTS[0]}\r\n"
                f'MAN: "ssdp:discover"\r\nMX: {_WAIT_S}\r\nST: {target}\r\n\r\n'
            ).encode("ascii"),
            port=PORTS[0],
            group=group,
        )
        for group, host in zip(GROUPS, _HOSTS, strict=True)
        for target in SEARCH_TARGETS
    )


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram begins as SSDP does; on another port than 1900 it must also name a service."""
    if not datagram.payload.lstrip(b"\r\n")[:9].upper().startswith(_STARTS):
        return False
    return datagram.src.port in PORTS or datagram.dst.port in PORTS or b"\nusn:" in datagram.payload[:2048].lower()


def steady(payload: bytes) -> bytes:
    """Return a message without the time of day."""
    start = payload.find(_DATE) + len(_DATE)
    stop = payload.find(b"\r\n", start, start + _LONGEST_DATE)
    if start < len(_DATE) or stop < 0 or b"<" in payload or payload[start:stop].translate(None, _OF_DATES):
        return payload
    return payload[:start] + payload[stop:]


def decode(payload: bytes) -> Message:
    """Return the message. Raises DecodeError."""
    said = head.parse(payload)
    verb = said.start.split(" ", 1)[0].upper()
    if verb == "M-SEARCH":
        target = said.get("st") or ""
        return Message(is_search=True, headers=(("search", target),) if _is_for_router(target) else ())
    if verb != "NOTIFY" and not verb.startswith("HTTP/1."):
        raise DecodeError("neither search, answer nor announcement")
    cut = "truncated" in said.quirks and not payload.endswith(b"\n")
    whole = said.fields[:-1] if cut else said.fields  # a value that was cut off must not look complete
    headers = tuple((name.lower(), value) for name, value in whole if name.lower() in _OBSERVED)
    if not any(name in ("usn", "st", "nt") for name, _ in headers):
        raise DecodeError("an answer without USN, ST or NT")
    return Message(is_search=False, headers=headers)


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for a search of anything but routers that open ports."""
    return fields(*((f"ssdp.{name}", value) for name, value in message.headers))


def _is_for_router(target: str) -> bool:
    """Return whether a search target is a router that opens ports."""
    parts = target[:_LONGEST_TYPE].split(":")
    return len(parts) > 3 and parts[:2] == ["urn", "schemas-upnp-org"] and parts[3] in _ROUTERS
