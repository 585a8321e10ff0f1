"""Addresses that a device hands out for itself, and which of them are followed.

Anybody can announce in a device's name. So an address is followed only to the device that announced it, where its path has the form of
what it is said to be, and never to a port whose server prints what it is sent. Sources: ONVIF Core specification (the device service is
at `/onvif/device_service`), UPnP Device Architecture (LOCATION), RFC 1179 and RFC 8010 (printers).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from camscan.codecs.base import ip_from_text
from camscan.collect.base import Host
from camscan.identify.reads import refused

PRINTING = frozenset({515, 631, *range(9100, 9108)})
"""Ports of printers, some of which print whatever they are sent: never asked because a device announced them."""
MAX_URL = 512
XADDRS_AT_MOST = 16
"""Addresses of device services that are read of one message."""
SERVICES = "/onvif/"
ROOTS = frozenset({"", "/", "/onvif"})
"""Other paths of services: servers that serve nothing else answer at their root, which names no action."""
_SERVICE_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789/_-.")
_DESCRIPTION_CHARACTERS = _SERVICE_CHARACTERS | frozenset(":~+,")
_PROGRAMS = "cgi"
"""Part of the paths that run a program on a camera."""
_DESCRIBING = ("desc", "upnp", "ssdp", "dial")
"""Parts of one segment at least of a description's path that does not end as XML does."""
_SETTINGS = ("account", "config", "user", "wifi", "wlan")
"""Parts of the paths of files that hold settings and accounts."""
_SHOWN = 64
"""Characters of a path that are quoted."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What of the addresses of one kind is followed, and why another is not."""

    url: str | None = None
    refused: str = ""
    """A sentence on the first address of the device's own that was not followed; empty where there was none."""


def service(host: Host) -> Followed:
    """Return the address of the ONVIF device service that a host announced for itself."""
    announced = (url for seen in host.observations for url in " ".join(seen.values("wsd.xaddrs")).split()[:XADDRS_AT_MOST])
    return _first(announced, host.ip, "ONVIF", _no_service)


def description(host: Host) -> Followed:
    """Return the address of the UPnP description that a host announced for itself."""
    announced = sorted({url for seen in host.observations for url in seen.values("ssdp.location")})
    return _first(announced, host.ip, "UPnP description", _no_description)


def is_service(path: str) -> bool:
    """Return whether a path is one of ONVIF services, whatever a device says of it."""
    lowered = path.lower()
    if lowered in ROOTS:
        return True
    return lowered.startswith(SERVICES) and _SERVICE_CHARACTERS.issuperset(lowered) and not _acts(path)


def is_description(path: str) -> bool:
    """Return whether a path is one of UPnP descriptions: XML, or what says that it describes; the root is asked for anyway."""
    lowered = path.lower()
    if lowered in ("", "/"):
        return True
    if not _DESCRIPTION_CHARACTERS.issuperset(lowered) or _acts(path) or any(part in lowered for part in _SETTINGS):
        return False
    last = lowered.rpartition("/")[2]
    return last.endswith(".xml") or ("." not in last and any(part in lowered for part in _DESCRIBING))


def port_of(url: str) -> int:
    """Return the port of a URL of HTTP."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def is_own(url: str, ip: str) -> bool:
    """Return whether a URL of HTTP leads to the device itself, and can be asked for as it stands."""
    try:
        parts = urlsplit(url)
        own = ip_from_text(parts.hostname or "") == ip and parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        return False
    return own and len(url) <= MAX_URL and url.isascii() and url.isprintable() and " " not in url


def _first(urls: Iterable[str], ip: str, kind: str, why_not: Callable[[SplitResult], str]) -> Followed:
    told = ""
    for url in urls:
        if not is_own(url, ip):
            continue
        parts = urlsplit(url)
        why = f"port {port_of(url)} is one of printers" if port_of(url) in PRINTING else why_not(parts)
        if not why:
            return Followed(url, told)
        told = told or f"{kind} at {_shown(parts.path)}, which was announced in its name, was not asked: {why}"
    return Followed(None, told)


def _no_service(parts: SplitResult) -> str:
    return "" if is_service(parts.path) else "no path of an ONVIF service"


def _no_description(parts: SplitResult) -> str:
    if parts.query:
        return "a query"
    return "" if is_description(parts.path) else "no path of a description"


def _acts(path: str) -> bool:
    """Return whether a path runs a program, leads elsewhere, or names what is never asked for."""
    return _PROGRAMS in path.lower() or ".." in path or refused(path, "") is not None


def _shown(path: str) -> str:
    return path if len(path) <= _SHOWN else f"{path[:_SHOWN]}…"
