"""What a device asks of a router: to open a port to it from outside.

Source: UPnP WANIPConnection:1 §2.4.16 and :2 §2.5.20 (AddPortMapping, AddAnyPortMapping), UPnP Device Architecture 1.1 §3.1 (SOAP over HTTP).
Status: documented. Wire layout: POST with the header `SOAPAction: "urn:schemas-upnp-org:service:WANIPConnection:1#AddPortMapping"` and
a SOAP body with NewExternalPort, NewProtocol, NewInternalPort, NewInternalClient and others. Of all that, the two ports are told.
"""

from __future__ import annotations

from camscan.codecs import head as heads
from camscan.codecs import xml
from camscan.codecs.base import DecodeError, fields
from camscan.model import Fields

ACTIONS = ("AddPortMapping", "AddAnyPortMapping")
_MAX_REQUESTS = 16
_MARK = b"PortMapping"
_TRANSPORTS = ("tcp", "udp")


def observe_client(sent: bytes) -> Fields:
    """Return the ports that a client's requests want opened; empty for anything else."""
    if not sent.startswith(b"POST ") or _MARK not in sent:
        return ()
    return fields(*(pair for asked, body in heads.requests(sent, _MAX_REQUESTS) for pair in _mapping(asked, body)))


def _mapping(asked: heads.Head, body: bytes) -> list[tuple[str, str | None]]:
    action = (asked.get("soapaction") or "").strip(' "').rpartition("#")[2]
    if action not in ACTIONS:
        return []
    try:
        envelope = xml.child(xml.parse(body), "Body")
    except DecodeError:
        return []
    call = xml.child(envelope, action) if envelope is not None else None
    if call is None:
        return []
    outer, inner = (_port(xml.child_text(call, name)) for name in ("NewExternalPort", "NewInternalPort"))
    transport = (xml.child_text(call, "NewProtocol") or "").strip().lower()
    if outer is None or transport not in _TRANSPORTS:
        return []
    return [("igd.port", f"{outer}/{transport}"), ("igd.internal_port", inner)]


def _port(text: str | None) -> str | None:
    number = (text or "").strip()
    return str(int(number)) if number.isascii() and number.isdigit() and len(number) <= 5 and int(number) < 65_536 else None
