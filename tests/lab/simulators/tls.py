"""TLS servers with factory certificates: names, dates and protocol versions as devices have them, keys made at start."""

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

Name = tuple[tuple[str, str], ...]

OIDS = {
    "C": NameOID.COUNTRY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "L": NameOID.LOCALITY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "CN": NameOID.COMMON_NAME,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "emailAddress": NameOID.EMAIL_ADDRESS,
}
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A certificate to be made; `subject` and `issuer` are attributes in the order of the DER."""

    subject: Name
    issuer: Name | None = None
    """None: self-signed."""
    not_before: date = date(2019, 1, 1)
    not_after: date = date(2037, 12, 31)
    serial: int = 1
    key: str = "rsa2048"
    """`rsa1024`, `rsa2048` or `p256`."""
    alt_names: tuple[str, ...] = ()
    versions: tuple[str, str] = ("1.2", "1.2")
    """Lowest and highest protocol version served."""


def _key(kind: str) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    if kind == "p256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))


@cache
def _issuer_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(attributes: Name) -> x509.Name:
    return x509.Name([x509.NameAttribute(OIDS[short], value) for short, value in attributes])


def server_context(certificate: Certificate) -> ssl.SSLContext:
    """Return a server context with a fresh key; old key sizes and ciphers are allowed, as on the devices."""
    key = _key(certificate.key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(certificate.subject))
        .issuer_name(_name(certificate.issuer or certificate.subject))
        .public_key(key.public_key())
        .serial_number(certificate.serial)
        .not_valid_before(_midnight(certificate.not_before))
        .not_valid_after(_midnight(certificate.not_after))
    )
    if certificate.alt_names:
        names = [x509.DNSName(name) for name in certificate.alt_names]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    signed = builder.sign(_issuer_key() if certificate.issuer else key, hashes.SHA256())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = (VERSIONS[version] for version in certificate.versions)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    with tempfile.TemporaryDirectory() as folder:
        chain = Path(folder) / "chain.pem"
        chain.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
        context.load_cert_chain(chain)
    return context


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
