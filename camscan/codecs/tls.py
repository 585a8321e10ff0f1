"""TLS: the server's first flight as it crosses the wire.

Source: RFC 5246 §6.2, §7.2, §7.4 and RFC 8446 §4.1.3. Status: documented. Up to TLS 1.2 the certificate travels in the clear; of TLS 1.3 only the version shows.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs.base import Cursor, DecodeError, fields, text
from camscan.model import Fields, StreamHead

NAME = "tls"
PORTS: tuple[int, ...] = (443, 8443)

_ALERT, _HANDSHAKE = 21, 22
_CLIENT_HELLO, _SERVER_HELLO, _CERTIFICATE = 1, 2, 11
_SERVER_NAME, _SUPPORTED_VERSIONS = 0, 43
_VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}
_OPENSSL = {"SSLv3": "SSL 3.0", "TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1", "TLSv1.2": "TLS 1.2", "TLSv1.3": "TLS 1.3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFlight:
    """What a server said before anything was encrypted."""

    version: str | None
    """Such as `TLS 1.2`; None where the server only refused."""
    certificate: bytes | None
    """DER of the server's own certificate; None under TLS 1.3, where it is encrypted, or where it was cut off."""
    alert: tuple[int, int] | None
    """(level, description) of the first alert."""


def greetings(host: str, user_agent: str) -> tuple[bytes, ...]:
    """Return nothing: the handshake is made by the one who holds the connection."""
    return ()


def complete(buffer: bytes) -> bool:
    """Return whether the certificate or an alert has come, or these are no records of TLS."""
    try:
        flight = decode_flight(buffer)
    except DecodeError:
        return len(buffer) >= 5
    return flight.certificate is not None or flight.alert is not None or flight.version == "TLS 1.3"


def recognise(head: StreamHead) -> bool:
    """Return whether the server's first bytes are a record of TLS that carries a handshake or an alert."""
    start = head.received[:3]
    return len(start) == 3 and start[0] in (_ALERT, _HANDSHAKE) and start[1] == 3 and start[2] <= 4


def decode(head: StreamHead) -> ServerFlight:
    """Return the server's first flight. Raises DecodeError, also where its certificate cannot be read."""
    flight = decode_flight(head.received)
    if flight.certificate is not None:
        observe_certificate(flight.certificate, flight.version)
    return flight


def decode_flight(raw: bytes) -> ServerFlight:
    """Return what a server's records hold in the clear. A certificate that was cut off is None. Raises DecodeError."""
    handshake, alert = _clear_records(raw)
    version: str | None = None
    certificate: bytes | None = None
    cursor = Cursor(handshake)
    while cursor.left >= 4:
        kind, length = cursor.u8(), int.from_bytes(cursor.take(3))
        if kind == _CERTIFICATE:
            certificate = _first_certificate(cursor)
            break
        if length > cursor.left:
            break
        message = cursor.take(length)
        if kind == _SERVER_HELLO:
            version = _server_version(Cursor(message))
        elif version is None:
            raise DecodeError(f"handshake message {kind} before the server's hello")
        if version == "TLS 1.3":
            break
    if version is None and alert is None:
        raise DecodeError("neither a server's hello nor an alert")
    return ServerFlight(version=version, certificate=certificate, alert=alert)


def observe(message: ServerFlight) -> Fields:
    """Return version and certificate; nothing where the server only refused."""
    if message.certificate is not None:
        return observe_certificate(message.certificate, message.version)
    return observe_version(message.version)


def observe_version(version: str | None) -> Fields:
    """Return the version alone, also as OpenSSL spells it; nothing for None."""
    return fields(("tls.version", _OPENSSL.get(version or "", version)))


def observe_certificate(der: bytes, version: str | None) -> Fields:
    """Return what a certificate in DER says, with the version of its session, also as OpenSSL spells it. Raises DecodeError."""
    from camscan.codecs import certificate  # its library takes longer to load than most captures to read

    return fields(*certificate.observe(der), *observe_version(version))


def observe_client(sent: bytes) -> Fields:
    """Return the server name that a client asks for, and the certificate that it shows of itself up to TLS 1.2; empty for none."""
    try:
        handshake, _ = _clear_records(sent)
        name = client_hello_sni(sent)
    except DecodeError:
        return ()
    cursor = Cursor(handshake)
    shown: Fields = ()
    try:
        while cursor.left >= 4:
            kind, length = cursor.u8(), int.from_bytes(cursor.take(3))
            message = cursor.take(length)
            if kind == _CERTIFICATE and (certificate := _first_certificate(Cursor(message))) is not None:
                shown = observe_certificate(certificate, None)
                break
    except DecodeError:  # what follows the hello is enciphered, or cut off
        pass
    return fields(("tls.sni", name), *shown)


def is_alert(raw: bytes) -> bool:
    """Return whether bytes start as an alert: what a TLS server says to a client that does not speak TLS."""
    return len(raw) >= 3 and raw[0] == _ALERT and raw[1] == 3 and raw[2] <= 4


def client_hello_sni(raw: bytes) -> str | None:
    """Return the server name that a client asks for in its first records; None where it names none. Raises DecodeError."""
    handshake, _ = _clear_records(raw)
    cursor = Cursor(handshake)
    if cursor.u8() != _CLIENT_HELLO:
        raise DecodeError("no hello of a client")
    hello = Cursor(cursor.take(int.from_bytes(cursor.take(3))))
    hello.take(2 + 32)
    hello.take(hello.u8())
    hello.take(hello.u16())
    hello.take(hello.u8())
    content = _extensions(hello).get(_SERVER_NAME)
    if content is None:
        return None
    listed = Cursor(content)
    listed.u16()
    while listed.left >= 3:
        kind, name = listed.u8(), listed.take(listed.u16())
        if kind == 0:
            return text(name).lower() or None
    return None


def _clear_records(raw: bytes) -> tuple[bytes, tuple[int, int] | None]:
    """Return the handshake bytes of the leading records, and the first alert. Raises DecodeError where no record stands."""
    cursor = Cursor(raw)
    handshake = bytearray()
    while cursor.left >= 5:
        kind, version, length = cursor.u8(), cursor.u16(), cursor.u16()
        if kind not in (_ALERT, _HANDSHAKE) or version >> 8 != 3:
            break
        fragment = cursor.take(min(length, cursor.left))
        if kind == _ALERT:
            return bytes(handshake), (fragment[0], fragment[1]) if len(fragment) == 2 else None
        handshake += fragment
    if not handshake:
        raise DecodeError("no record of TLS")
    return bytes(handshake), None


def _server_version(hello: Cursor) -> str:
    version = hello.u16()
    hello.take(32)
    hello.take(hello.u8())
    hello.take(2 + 1)
    chosen = _extensions(hello).get(_SUPPORTED_VERSIONS) if hello.left else None
    if chosen is not None and len(chosen) == 2:
        version = int.from_bytes(chosen)
    return _VERSIONS.get(version, f"0x{version:04x}")


def _extensions(hello: Cursor) -> dict[int, bytes]:
    if hello.left < 2:
        return {}
    block = Cursor(hello.take(hello.u16()))
    found: dict[int, bytes] = {}
    while block.left >= 4:
        kind = block.u16()
        found.setdefault(kind, block.take(block.u16()))
    return found


def _first_certificate(message: Cursor) -> bytes | None:
    """Return the first of a list of certificates, which is the server's own; None where it is absent or cut off."""
    if message.left < 6:
        return None
    message.take(3)
    length = int.from_bytes(message.take(3))
    return message.take(length) if 0 < length <= message.left else None
