"""What a certificate says of the maker of the device that shows it.

Source: RFC 5280; RFC 4514 for names as text, save for the order of attributes, which is fixed here. Status: documented.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from camscan.codecs.base import Cursor, DecodeError, fields, text
from camscan.model import Fields

MAX_SIZE = 16 * 1024
"""Bytes of one certificate."""
MAX_NAMES = 64
"""Alternative names, and attributes of a subject or issuer, that are kept."""

_ORDER = ("2.5.4.3", "2.5.4.11", "2.5.4.10", "2.5.4.7", "2.5.4.8", "2.5.4.6")
_SHORT = {
    "2.5.4.3": "CN",
    "2.5.4.11": "OU",
    "2.5.4.10": "O",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.6": "C",
    "1.2.840.113549.1.9.1": "emailAddress",
    "2.5.4.5": "serialNumber",
    "2.5.4.4": "SN",
    "2.5.4.9": "street",
    "2.5.4.12": "title",
    "2.5.4.42": "GN",
    "2.5.4.46": "dnQualifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
}

T = TypeVar("T")


def observe(der: bytes) -> Fields:
    """Return what a certificate in DER says. Raises DecodeError."""
    if len(der) > MAX_SIZE:
        raise DecodeError(f"a certificate of {len(der)} bytes")
    with warnings.catch_warnings():  # odd serials, countries and years are what factory certificates are made of
        warnings.simplefilter("ignore")
        certificate = _read(lambda: x509.load_der_x509_certificate(der))
        subject = _read(lambda: _name_text(certificate.subject))
        issuer = _read(lambda: _name_text(certificate.issuer))
        not_before = _read(lambda: certificate.not_valid_before_utc)
        not_after = _read(lambda: certificate.not_valid_after_utc)
        serial = _read(lambda: certificate.serial_number)
        names = _alternative_names(certificate)
    digits = f"{abs(serial):x}"
    return fields(
        ("tls.subject", subject),
        ("tls.issuer", issuer),
        *(("tls.san", name) for name in names),
        ("tls.key", hashlib.sha256(_public_key_info(der)).hexdigest()),
        ("tls.not_before", not_before.strftime("%Y-%m-%dT%H:%M:%SZ")),
        ("tls.not_after", not_after.strftime("%Y-%m-%dT%H:%M:%SZ")),
        ("tls.serial", digits if len(digits) % 2 == 0 else f"0{digits}"),
    )


def _read(part: Callable[[], T]) -> T:
    """Return a part of a certificate; whatever cryptography makes of damaged bytes becomes DecodeError."""
    try:
        return part()
    except (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, x509.InvalidVersion) as fault:
        raise DecodeError(f"certificate: {fault}") from None


def _name_text(name: x509.Name) -> str:
    """Return a name without blanks after commas: CN, OU, O, L, ST, C first, then other attributes as they stand."""
    attributes = [(attribute.oid.dotted_string, attribute.value) for attribute in name][:MAX_NAMES]
    ranked = sorted(attributes, key=lambda pair: _ORDER.index(pair[0]) if pair[0] in _ORDER else len(_ORDER))
    return ",".join(f"{_SHORT.get(oid, oid)}={_escaped(value)}" for oid, value in ranked)


def _escaped(value: str | bytes) -> str:
    content = value if isinstance(value, str) else text(value)
    escaped = "".join(f"\\{char}" if char in ',+"\\<>;' else char for char in content).replace("\0", "\\00")
    if escaped[:1] in ("#", " "):
        escaped = "\\" + escaped
    if len(escaped) > 1 and escaped.endswith(" ") and not escaped.endswith("\\ "):
        escaped = escaped[:-1] + "\\ "
    return escaped


def _alternative_names(certificate: x509.Certificate) -> list[str]:
    """Return the alternative names; none where the extensions are absent or damaged, which is common and no reason to stop."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError, TypeError):
        return []
    return [
        str(name.value)
        for name in names
        if isinstance(name, x509.DNSName | x509.IPAddress | x509.RFC822Name | x509.UniformResourceIdentifier)
    ][:MAX_NAMES]


def _public_key_info(der: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo as it stands; keys too small or too odd for a library are counted too. Raises DecodeError."""
    certificate = _inside(Cursor(der))
    to_be_signed = _inside(certificate)
    if to_be_signed.buffer[to_be_signed.position : to_be_signed.position + 1] == b"\xa0":
        _element(to_be_signed)
    for _ in range(5):  # serialNumber, signature, issuer, validity, subject
        _element(to_be_signed)
    return _element(to_be_signed)


def _element(cursor: Cursor) -> bytes:
    """Return the next element of DER, tag and length included."""
    start = cursor.position
    length = _header(cursor)
    cursor.take(length)
    return cursor.buffer[start : cursor.position]


def _inside(cursor: Cursor) -> Cursor:
    length = _header(cursor)
    return Cursor(cursor.take(length))


def _header(cursor: Cursor) -> int:
    cursor.u8()
    length = cursor.u8()
    if length < 0x80:
        return length
    count = length & 0x7F
    if not 1 <= count <= 4:
        raise DecodeError("a length of DER in more than four bytes")
    return int.from_bytes(cursor.take(count))
