"""Keys that sign and keys that signatures are checked with: Ed25519 (RFC 8032), in PEM (PKCS #8, SubjectPublicKeyInfo). Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MAKE_A_KEY = "make one with: openssl genpkey -algorithm ed25519 -out KEY"
_SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs."""

    key: Ed25519PrivateKey

    @property
    def public(self) -> PublicKey:
        """The key that others check with."""
        return PublicKey(self.key.public_key().public_bytes(serialization.Encoding.DER, _SPKI))


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are checked with."""

    der: bytes
    """SubjectPublicKeyInfo."""

    @property
    def fingerprint(self) -> str:
        """`SHA256:` and the SHA-256 of the key in DER, hexadecimal."""
        return f"SHA256:{hashlib.sha256(self.der).hexdigest()}"

    def signed(self, content: bytes, signature: bytes) -> bool:
        """Return whether the signature over the content is this key's."""
        try:
            public_key_in(self.der).verify(signature, content)
        except InvalidSignature:
            return False
        return True


def signer_of(pem: bytes) -> Signer:
    """Return the signing key of a PEM file (PKCS #8, Ed25519, no passphrase). Raises ValueError that never quotes the key."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except TypeError:
        raise ValueError("the key has a passphrase, and camscan asks for none: openssl pkey -in KEY -out KEY.plain") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(f"not a private key in PEM: {MAKE_A_KEY}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"not an Ed25519 key: {MAKE_A_KEY}")
    return Signer(key)


def public_key_of(pem: bytes) -> PublicKey:
    """Return the public key of a PEM file (Ed25519). Raises ValueError."""
    if b"PRIVATE KEY" in pem:
        raise ValueError("a private key, where the public one is wanted: openssl pkey -in KEY -pubout -out PUB")
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("not a public key in PEM: openssl pkey -in KEY -pubout -out PUB") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 key")
    return PublicKey(key.public_bytes(serialization.Encoding.DER, _SPKI))


def public_key_in(der: bytes) -> Ed25519PublicKey:
    """Return the key of a SubjectPublicKeyInfo. Raises ValueError for any that is not Ed25519."""
    key = serialization.load_der_public_key(der)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 key")
    return key
