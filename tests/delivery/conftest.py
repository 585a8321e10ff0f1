"""What deliveries are tested with: an authority, certificates of loopback, and little patience."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from camscan.delivery.base import Patience


@dataclass(frozen=True)
class Certificates:
    """An authority and what it issued, as files and as a server's terms."""

    ca: Path
    cert: Path
    key: Path
    server: ssl.SSLContext
    server_that_asks: ssl.SSLContext
    """It wants the certificate of whoever calls."""


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost", "::1")
    ours = authority.issue_cert("camscan@scanner.example.org")
    ca, cert, key = folder / "ca.pem", folder / "cert.pem", folder / "key.pem"
    authority.cert_pem.write_to_path(ca)
    ours.cert_chain_pems[0].write_to_path(cert)
    ours.private_key_pem.write_to_path(key)
    key.chmod(0o600)
    contexts = []
    for mode in (ssl.CERT_NONE, ssl.CERT_REQUIRED):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        issued.configure_cert(context)
        authority.configure_trust(context)
        context.verify_mode = mode
        contexts.append(context)
    return Certificates(ca, cert, key, *contexts)


@pytest.fixture
def hasty() -> Patience:
    """Three tries, at once."""
    return Patience(tries=3, waits_s=(0.0,), silence_s=5.0, try_s=10.0)


@pytest.fixture
def once() -> Patience:
    """One try, and little time for it."""
    return Patience(tries=1, silence_s=0.3, try_s=0.6)
