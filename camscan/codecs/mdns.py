"""mDNS and DNS-SD: the services that a device announces by name.

Source: RFC 6762, RFC 6763; service types of cameras from announcements of Axis, D-Link, Hikvision, Arecont and HomeKit devices.
Status: documented. Wire layout: see `dns`. Only responses are observed; a query says what its sender looks for, not what it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from camscan.codecs import dns, secrets
from camscan.codecs.base import DecodeError, Probe, fields, mac_from_text, text
from camscan.model import Datagram, Fields

NAME = "mdns"
PORTS: tuple[int, ...] = (5353,)
GROUPS: tuple[str, ...] = ("224.0.0.251", "ff02::fb")
BIND_PORTS: tuple[int, ...] = (5353,)
BEGINS: tuple[bytes, ...] = ()

SERVICE_TYPES = (
    "_services._dns-sd._udp",
    "_axis-video._tcp",
    "_axis-nvr._tcp",
    "_axis-bwsc._tcp",
    "_rtsp._tcp",
    "_http._tcp",
    "_psia._tcp",
    "_CGI._tcp",
    "_arec._tcp",
    "_dhnap._tcp",
    "_hap._tcp",
    "_miio._udp",
    "_arlo-video._tcp",
)
"""What the probes ask for; the first lists the types of all services."""
MAX_SERVICES = 64
"""Services kept of one message."""
_QUESTIONS_A_PROBE = 5
_LOCAL = "local"
_TRANSPORTS = ("_tcp", "_udp")
_ENUMERATION = ("_services", "_dns-sd", "_udp")
_MAC_KEYS = frozenset({"mac", "macaddress", "mac_address", "macaddr", "mac-address"})
_PRIVATE_KEYS = ("ssid", "passw", "psk")
"""Parts of TXT keys whose values are kept nowhere: devices announce the wireless network they are in."""
_LOGIN_KEYS = frozenset({"u", "p"})
"""TXT keys by which a server of HTTP, FTP and the like tells whom it lets in, and by which password."""
_LOGINS = (b"u=", b"p=")
_LONGEST_LOGIN = 44
"""Bytes of the longest string that is taken for one: longer lengths look like letters before another key."""
_MAC_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service, with what the message says of it."""

    type: str
    """Such as `_axis-video._tcp`, without the domain."""
    instance: str = ""
    host: str = ""
    """Without the domain `local`."""
    txt: tuple[str, ...] = ()
    """Strings as announced, mostly key=value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a response tells; nothing in a query."""

    is_response: bool
    services: tuple[Service, ...]
    hosts: tuple[str, ...]


def probes(nonce: bytes) -> tuple[Probe, ...]:
    """Return questions for all service types. Sent from another port than 5353 they are answered by unicast, RFC 6762 §6.7."""
    names = [(*service.split("."), _LOCAL) for service in SERVICE_TYPES]
    return tuple(
        Probe(
            payload=dns.query(tuple(names[first : first + _QUESTIONS_A_PROBE]), message_id=int.from_bytes(nonce[:2]) ^ first),
            port=PORTS[0],
            group=group,
        )
        for group in GROUPS
        for first in range(0, len(names), _QUESTIONS_A_PROBE)
    )


def recognise(datagram: Datagram) -> bool:
    """Return whether a datagram comes from the port of mDNS, or goes to it."""
    return datagram.src.port in PORTS or datagram.dst.port in PORTS


def steady(payload: bytes) -> bytes:
    """Return a message without its transaction id."""
    return b"\0\0" + payload[2:]


def without_secrets(payload: bytes) -> bytes:
    """Return a message of the same length without the names and passwords that TXT strings tell."""
    kept, lowered = bytearray(payload), payload.lower()
    for login in _LOGINS:
        at = lowered.find(login, 1)
        while at >= 0:
            end = at + payload[at - 1]
            if at + len(login) < end <= len(payload) and end - at <= _LONGEST_LOGIN:
                kept[at + len(login) : end] = secrets.BLANK * (end - at - len(login))
            at = lowered.find(login, at + 1)
    return bytes(kept)


def decode(payload: bytes) -> Message:
    """Return the services and hosts of a message. Raises DecodeError."""
    message = dns.parse(payload)
    if not message.is_response:
        return Message(is_response=False, services=(), hosts=())
    found: dict[tuple[str, str], Service] = {}
    hosts: dict[str, None] = {}
    for record in message.records:
        content = record.content
        if record.type == dns.PTR and isinstance(content, tuple):
            _add_pointer(found, hosts, record.name, tuple(part for part in content if isinstance(part, str)))
        elif record.type == dns.SRV and isinstance(content, dns.Service):
            _merge(found, record.name, host=_without_domain(content.target))
        elif record.type == dns.TXT and isinstance(content, tuple):
            _merge(found, record.name, txt=tuple(text(part) for part in content if isinstance(part, bytes) and part))
        elif record.type in (dns.A, dns.AAAA):
            hosts[_without_domain(record.name)] = None
    if not message.records:
        raise DecodeError("an mDNS response without records")
    return Message(is_response=True, services=tuple(found.values()), hosts=tuple(filter(None, hosts)))


def observe(message: Message) -> Fields:
    """Return the message in the shared vocabulary; empty for a query."""
    said = [pair for service in message.services for pair in _pairs(service)]
    return fields(*said, *(("mdns.host", host) for host in message.hosts))


def observe_service(service_type: str, instance: str, host: str = "", txt: Iterable[tuple[str, str]] = ()) -> Fields:
    """Return a service that a browser resolved, in the shared vocabulary.

    service_type, instance: with or without domain and type behind them. txt: keys and values, the value empty where none stands.
    """
    kind = service_type.rstrip(".").removesuffix("." + _LOCAL)
    name = instance.rstrip(".").removesuffix("." + _LOCAL).removesuffix("." + kind)
    strings = tuple(f"{key}={value}" if value else key for key, value in txt)
    target = host.rstrip(".").removesuffix("." + _LOCAL)
    return fields(*_pairs(Service(type=kind, instance=name, host=target, txt=strings)))


def _add_pointer(found: dict[tuple[str, str], Service], hosts: dict[str, None], name: dns.Name, target: dns.Name) -> None:
    if name[-1:] == ("arpa",):
        hosts[_without_domain(target)] = None
    elif name[:3] == _ENUMERATION or _type_at(name) is not None:
        _merge(found, target)


def _merge(found: dict[tuple[str, str], Service], name: dns.Name, *, host: str = "", txt: tuple[str, ...] = ()) -> None:
    """Add what one record says of the service in its name."""
    at = _type_at(name)
    if at is None:
        return
    service_type, instance = ".".join(name[at : at + 2]), ".".join(name[:at])
    key = (service_type.lower(), instance.lower())
    known = found.get(key)
    if known is None and len(found) >= MAX_SERVICES:
        return
    found[key] = Service(
        type=service_type,
        instance=instance,
        host=host or (known.host if known else ""),
        txt=txt or (known.txt if known else ()),
    )


def _type_at(name: dns.Name) -> int | None:
    """Return where the service type stands in a name: the label before the transport."""
    for position, label in enumerate(name[1:]):
        if label.lower() in _TRANSPORTS and name[position].startswith("_"):
            return position
    return None


def _without_domain(name: dns.Name) -> str:
    return ".".join(name[:-1] if name and name[-1].lower() == _LOCAL else name)


def _pairs(service: Service) -> list[tuple[str, str | None]]:
    pairs: list[tuple[str, str | None]] = [
        ("mdns.service", service.type),
        ("mdns.instance", service.instance),
        ("mdns.host", service.host),
    ]
    for string in service.txt:
        key, _, value = string.partition("=")
        if any(part in key.lower() for part in _PRIVATE_KEYS) or key.lower() in _LOGIN_KEYS:
            continue
        pairs.append(("mdns.txt", string))
        if key.lower() in _MAC_KEYS:
            pairs.append(("mdns.mac", mac_from_text(value)))
    pairs.append(("mdns.mac", _mac_in_instance(service.instance)))
    return pairs


def _mac_in_instance(instance: str) -> str | None:
    """Return the MAC at the end of an instance name: `AXIS M1065-L - ACCC8E000001`, `Camera [00:00:5e:00:53:01]`.

    Twelve decimal digits alone are taken for a serial number, unless they have the separators of a MAC.
    """
    last = instance.rsplit(" ", 1)[-1].strip("[]()")
    mac = mac_from_text(last)
    separated = len(last) > _MAC_DIGITS
    return mac if mac and (separated or not last.isdecimal()) else None
