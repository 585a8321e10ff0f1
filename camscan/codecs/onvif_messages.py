"""What the device and media services of ONVIF answer beside device information: services, names, interfaces, scopes, channels.

Source: ONVIF Core specification (GetServices, GetCapabilities, GetHostname, GetEndpointReference, GetNetworkInterfaces, GetScopes)
and Media specification (GetProfiles, GetVideoSources). Status: documented. Elements are matched by local name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from camscan.codecs import xml
from camscan.codecs.base import fields, joined, time_based_mac, unit_mac_from_text
from camscan.model import Fields

MEDIA = "http://www.onvif.org/ver10/media/wsdl"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MAX_SERVICES = 64
MAX_CHANNELS = 256
"""Video sources read of one answer; recorders of 256 channels are the largest sold."""
MAX_INTERFACES = 16
MAX_SCOPES = 64
_NAMESPACES = {
    "Analytics": "http://www.onvif.org/ver20/analytics/wsdl",
    "Device": DEVICE,
    "Events": "http://www.onvif.org/ver10/events/wsdl",
    "Imaging": "http://www.onvif.org/ver20/imaging/wsdl",
    "Media": MEDIA,
    "PTZ": "http://www.onvif.org/ver20/ptz/wsdl",
    "DeviceIO": "http://www.onvif.org/ver10/deviceIO/wsdl",
    "Recording": "http://www.onvif.org/ver10/recording/wsdl",
    "Search": "http://www.onvif.org/ver10/search/wsdl",
    "Replay": "http://www.onvif.org/ver10/replay/wsdl",
}
"""Namespace of each service that GetCapabilities names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service of a device."""

    namespace: str
    """With the element's name behind it where GetCapabilities names one outside the standard."""
    address: str = ""
    version: str = ""
    """`major.minor`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What a device offers. Namespaces outside onvif.org are a maker's own."""

    services: tuple[Service, ...]

    def media(self) -> str:
        """Return the address of the media service; empty where none is named."""
        return next((one.address for one in self.services if one.namespace == MEDIA and one.address), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostname:
    """The name that the device calls itself; often its model, or its maker and MAC."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointReference:
    """The name of the device in discovery."""

    guid: str
    """With `urn:uuid:` before it, as discovery writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interfaces:
    """MAC addresses of the device's interfaces, canonical."""

    macs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """The scopes that discovery announces too, percent-encoded as sent."""

    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One video source: a lens of a camera, a channel of a recorder."""

    number: int
    """Place in the device's list, from 1."""
    token: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The video sources, each once."""

    sources: tuple[Source, ...]


Answer = Services | Hostname | EndpointReference | Interfaces | Scopes | Sources


def observe(message: Answer) -> Fields:
    """Return an answer in the shared vocabulary."""
    match message:
        case Services(services=services):
            offered = [("onvif.service", f"{one.namespace} {one.version}".strip()) for one in services]
            return fields(*offered, *(("onvif.path", path_of(one.address)) for one in services))
        case Hostname(name=name):
            return fields(("onvif.hostname", name))
        case EndpointReference(guid=guid):
            return fields(("onvif.epr", guid), ("onvif.mac", time_based_mac(guid)))
        case Interfaces(macs=macs):
            return fields(*(("onvif.mac", mac) for mac in macs))
        case Scopes(scopes=scopes):
            return fields(("wsd.scopes", " ".join(scopes)))
        case Sources(sources=sources):
            return fields(*(("onvif.channel", joined(str(one.number), one.name, one.token)) for one in sources))


def path_of(address: str) -> str:
    """Return the path of a service's address; empty where it is no address."""
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def _services(message: xml.Element) -> Services:
    found = []
    for element in _named(message, "Service", MAX_SERVICES):
        major, minor = xml.child_text(element, "Version", "Major"), xml.child_text(element, "Version", "Minor")
        found.append(
            Service(
                namespace=xml.child_text(element, "Namespace") or "",
                address=xml.child_text(element, "XAddr") or "",
                version=f"{major}.{minor}" if major and minor else "",
            )
        )
    return Services(services=tuple(one for one in found if one.namespace))


def _capabilities(message: xml.Element) -> Services:
    stated = xml.child(message, "Capabilities")
    extension = None if stated is None else xml.child(stated, "Extension")
    listed = [element for part in (stated, extension) if part is not None for element in part][:MAX_SERVICES]
    return Services(
        services=tuple(
            Service(namespace=_NAMESPACES.get(xml.local(element)) or _own_name(element), address=address)
            for element in listed
            if (address := xml.child_text(element, "XAddr"))
        )
    )


def _own_name(element: xml.Element) -> str:
    """Return namespace and name of a capability outside the standard."""
    return f"{xml.namespace(element)} {xml.local(element)}".strip()


def _hostname(message: xml.Element) -> Hostname:
    stated = xml.child_text(message, "HostnameInformation", "Name") or xml.child_text(message, "Name")
    return Hostname(name=stated or "")


def _endpoint(message: xml.Element) -> EndpointReference:
    guid = xml.child_text(message, "GUID") or ""
    try:
        return EndpointReference(guid=f"urn:uuid:{UUID(guid)}")
    except ValueError:  # with its prefix already, or no UUID at all
        return EndpointReference(guid=guid)


def _interfaces(message: xml.Element) -> Interfaces:
    stated = (xml.child_text(element, "Info", "HwAddress") for element in _named(message, "NetworkInterfaces", MAX_INTERFACES))
    return Interfaces(macs=tuple(dict.fromkeys(mac for text in stated if text and (mac := unit_mac_from_text(text)))))


def _scopes(message: xml.Element) -> Scopes:
    stated = (xml.child_text(element, "ScopeItem") or "" for element in _named(message, "Scopes", MAX_SCOPES))
    return Scopes(scopes=tuple(word for text in stated for word in text.split()[:1]))


def _profiles(message: xml.Element) -> Sources:
    """Return the sources of the profiles in their order; a source of several profiles has the name of the first."""
    named: dict[str, str] = {}
    for element in _named(message, "Profiles", 4 * MAX_CHANNELS):
        token = xml.child_text(element, "VideoSourceConfiguration", "SourceToken")
        if token and len(named) < MAX_CHANNELS:
            own = xml.child_text(element, "Name") or xml.child_text(element, "VideoSourceConfiguration", "Name")
            named.setdefault(token, own or "")
    return _numbered(named)


def _video_sources(message: xml.Element) -> Sources:
    tokens = (element.get("token") for element in _named(message, "VideoSources", MAX_CHANNELS))
    return _numbered({token: "" for token in tokens if token})


def _numbered(named: Mapping[str, str]) -> Sources:
    return Sources(
        sources=tuple(Source(number=number, token=token, name=name) for number, (token, name) in enumerate(named.items(), 1))
    )


def _named(message: xml.Element, name: str, at_most: int) -> Iterator[xml.Element]:
    """Yield the elements of one name directly below another."""
    count = 0
    for element in message:
        if xml.local(element) == name:
            count += 1
            if count > at_most:
                return
            yield element


READERS: Mapping[str, Callable[[xml.Element], Answer]] = {
    "GetServicesResponse": _services,
    "GetCapabilitiesResponse": _capabilities,
    "GetHostnameResponse": _hostname,
    "GetEndpointReferenceResponse": _endpoint,
    "GetNetworkInterfacesResponse": _interfaces,
    "GetScopesResponse": _scopes,
    "GetProfilesResponse": _profiles,
    "GetVideoSourcesResponse": _video_sources,
}
"""Name of the answer → what reads it."""
