"""Every request that a scan may say on a TCP connection, and a second net: byte strings that may stand in nothing that leaves."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.lab.frames import Stream

HEX = set("0123456789abcdef")
CONTROL = "/camscan-control-"
SILENT_PORTS = {21, 22, 23, 34567, 37777}
"""Servers that speak first, and vendor SDKs: connected to, never spoken to."""

GETS = {
    "/": "the front page",
    "/favicon.ico": "the icon",
    "/get?model=releasename": "Arecont",
    "/cgi-bin/nobody/Machine.cgi?action=get_capability": "AVTECH",
    "/axis-cgi/prod_brand_info/getbrand.cgi": "Axis",
    "/about.html": "Basler",
    "/-wvhttp-01-/info.cgi": "Canon",
    "/common/info.cgi": "D-Link",
    "/SDK/activateStatus": "Hikvision",
    "/get_status.cgi": "Netwave",
    "/cgi-bin/param.cgi?get_device_conf": "PTZOptics",
    "/command/inquiry.cgi?inqjs=sysinfo": "Sony",
    "/prod": "TP-Link",
    "/api/2.0/bootstrap": "Ubiquiti",
    "/LAPI/V1.0/System/DeviceInfo": "Uniview",
    "/profile": "Zavio",
    "/rootdesc1.xml": "the UPnP description that the Axis of the lab announces",
}
ICONS = (".ico", ".png", ".gif", ".svg", ".jpg")
"""How the path of an icon ends that a page names."""
POSTS: Mapping[str, bytes] = {
    "/axis-cgi/basicdeviceinfo.cgi": b'{"apiVersion":"1.0","method":"getAllUnrestrictedProperties"}',
    "/cgi-bin/api.cgi": b"",
}
ONVIF_PATH = "/onvif/device_service"
ONVIF = "{http://www.onvif.org/ver10/device/wsdl}"
SOAP = "{http://www.w3.org/2003/05/soap-envelope}"
PRE_AUTH = {
    "GetSystemDateAndTime", "GetCapabilities", "GetServices", "GetServiceCapabilities", "GetHostname", "GetEndpointReference",
    "GetWsdlUrl",
}  # fmt: skip
ONCE_ANONYMOUSLY = {"GetDeviceInformation"}
HTTP_HEADERS = {"host", "user-agent", "accept", "connection", "content-type", "content-length", "soapaction"}
RTSP_HEADERS = {"cseq", "user-agent", "accept"}

FORBIDDEN = (
    b"authorization:", b"cookie:", b"password", b"passwd", b"<security", b"usernametoken",
    b"setconfig", b"resetpassword", b"devinit", b"global.login", b"rpc2_login", b"configmanager",
    b"<types>activate", b"<types>getcode", b"<types>exchangecode", b"<types>update", b"<types>restore", b"<types>reset",
    b"setsystem", b"systemreboot", b"createusers", b"setuser", b"setnetwork", b"sethostname", b"setscopes", b"getusers",
    b"getsystembackup", b"getsystemlog", b"getsystemsupport", b"upgradesystem", b"startsystemrestore",
    b"auth=ywrtaw46mtek", b"/current_config", b"main-cgi", b"/self.key", b"/device.rsp", b"record/download", b"prima-factory",
    b"/config/getuser", b"picturecatch", b"jpegstream", b"/proc/", b"../", b"%2e%2e", b"webcapsconfig", b"/etc/",
    b"reboot", b"factory", b"setup ", b"play ", b"teardown ", b"announce ", b"put /", b"delete /", b"options /",
)  # fmt: skip
"""In lower case; searched in the lower-case form of what left."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request."""

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @classmethod
    def first_of(cls, said: bytes) -> tuple[Request, bytes]:
        """Return the first request of a stream and what follows it. Raises ValueError where there is none."""
        head, mark, rest = said.partition(b"\r\n\r\n")
        words = head.split(b"\r\n")[0].decode("ascii").split(" ")
        if not mark or len(words) != 3:
            raise ValueError(f"no request: {said[:60]!r}")
        lines = [line.decode("ascii").partition(": ") for line in head.split(b"\r\n")[1:]]
        headers = tuple((name.lower(), value) for name, _, value in lines)
        size = int(dict(headers).get("content-length", "0"))
        if len(rest) < size:
            raise ValueError(f"a body of {len(rest)} bytes instead of {size}")
        return cls(method=words[0], target=words[1], version=words[2], headers=headers, body=rest[:size]), rest[size:]


def requests_of(said: bytes) -> list[Request]:
    """Return the requests of one connection. Raises ValueError where there is anything else in it."""
    found = []
    while said:
        request, said = Request.first_of(said)
        found.append(request)
    return found


def is_tls(stream: Stream) -> bool:
    """Return whether a conversation began with a TLS handshake."""
    return stream.said[:2] == b"\x16\x03"


def offences_of_stream(stream: Stream) -> Iterator[str]:
    """Yield what is wrong with a conversation; inside TLS only the records' frames can be seen."""
    where = f"{stream.ip}:{stream.port}"
    if not stream.said:
        return
    if stream.port in SILENT_PORTS:
        yield f"{where}: {len(stream.said)} bytes to a server that is not to be spoken to"
    if is_tls(stream):
        yield from (f"{where}: {fault}" for fault in _of_records(stream.said))
        return
    try:
        requests = requests_of(stream.said)
    except ValueError as fault:
        yield f"{where}: {fault}"
        return
    for request in requests:
        yield from (f"{where}: {fault}" for fault in offences_of_request(request, stream.ip))


def offences_of_request(request: Request, ip: str) -> Iterator[str]:
    """Yield what is wrong with one request."""
    named = [name for name, _ in request.headers]
    if len(named) != len(set(named)):
        yield f"a header twice: {named}"
    if request.version == "RTSP/1.0":
        yield from _of_rtsp(request, set(named), ip)
        return
    if request.version != "HTTP/1.1":
        yield f"neither HTTP nor RTSP: {request.version}"
    if set(named) - HTTP_HEADERS:
        yield f"headers {sorted(set(named) - HTTP_HEADERS)}"
    if not dict(request.headers).get("user-agent", "").startswith("camscan/"):
        yield "a request that does not say who asks"
    if request.method == "GET":
        if request.body:
            yield f"GET {request.target} with a body"
        if not _is_page(request.target):
            yield f"GET {request.target}"
    elif request.method == "POST" and request.target == ONVIF_PATH:
        yield from _of_soap(request.body)
    elif request.method != "POST" or POSTS.get(request.target) != request.body:
        yield f"{request.method} {request.target} with {request.body[:80]!r}"


def _is_page(target: str) -> bool:
    if target.startswith(CONTROL):
        return len(target) == len(CONTROL) + 32 and set(target[len(CONTROL) :]) <= HEX
    plain = target.isascii() and not set(target) & set("?#%&;") and ".." not in target
    return target in GETS or (plain and target.startswith("/") and target.endswith(ICONS))


def _of_rtsp(request: Request, named: set[str], ip: str) -> Iterator[str]:
    if request.method not in ("OPTIONS", "DESCRIBE"):
        yield f"RTSP {request.method}"
    if named - RTSP_HEADERS:
        yield f"RTSP headers {sorted(named - RTSP_HEADERS)}"
    parts = urlsplit(request.target)
    if (parts.scheme, parts.hostname, parts.path, parts.query, parts.username) != ("rtsp", ip, "/", "", None):
        yield f"RTSP {request.method} {request.target}"


def _of_soap(body: bytes) -> Iterator[str]:
    try:
        envelope = ET.fromstring(body)
    except ET.ParseError as fault:
        yield f"POST {ONVIF_PATH}: {fault}"
        return
    asked = [child.tag for part in envelope if part.tag == f"{SOAP}Body" for child in part]
    if [part.tag for part in envelope] != [f"{SOAP}Body"]:
        yield f"an ONVIF request with {[part.tag for part in envelope]}"
    if len(asked) != 1 or asked[0].removeprefix(ONVIF) not in PRE_AUTH | ONCE_ANONYMOUSLY:
        yield f"an ONVIF request for {asked}"


def _of_records(said: bytes) -> Iterator[str]:
    """Yield what is wrong with TLS records: a ClientHello first, then handshake, cipher change, alert or data; no heartbeat."""
    if said[5:6] != b"\x01":
        yield "a TLS handshake that begins with no ClientHello"
    position = 0
    while position < len(said):
        kind, major, size = said[position], said[position + 1], int.from_bytes(said[position + 3 : position + 5])
        if kind not in (20, 21, 22, 23) or major != 3 or not size or position + 5 + size > len(said):
            yield f"no TLS record: {said[position : position + 5].hex(' ')}"
            return
        position += 5 + size


def forbidden_in(payload: bytes) -> list[bytes]:
    """Return the forbidden words that stand in a payload."""
    lowered = payload.lower()
    return [word for word in FORBIDDEN if word in lowered]
