"""A device that is asked for its identity on loopback, and what it told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from camscan.collect.base import Ground, Host
from camscan.identify.reads import Read
from camscan.model import Confidence, Evidence, Identification, Observation
from tests.collect.grounds import ground
from tests.factories import observation

FOUND = Identification(
    maker="acme",
    confidence=Confidence.FIRM,
    evidence=(
        Evidence(
            fingerprint="acme.rtsp.realm",
            field="rtsp.auth.realm",
            value="ACME",
            observation=0,
            layer="shipped",
            says=(("maker", "acme"),),
            editable=False,
            witness="realm",
        ),
    ),
)


BY_MAC_ALONE = replace(FOUND, confidence=Confidence.TENTATIVE, evidence=(replace(FOUND.evidence[0], witness="oui"),))


READ = Read(id="acme.info", makers=("acme",), method="GET", path="/info", tells=("model", "firmware"))


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nmodel=A12"


def http(content: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content


def heard(ip: str, port: int, *fields: tuple[str, str], protocol: str = "http") -> Observation:
    return observation(protocol=protocol, ip=ip, port=port, fields=tuple(sorted(fields or (("http.status", "200"),))))


def prepared(
    *reads: Read, found: Identification = FOUND, exclude: tuple[str, ...] = (), connections: int | None = None
) -> tuple[Ground, list[Observation]]:
    made, emitted = ground(exclude=exclude, connections=connections)
    made.reads = reads
    made.identify = lambda host, seen: found
    return made, emitted


def values(observations: Sequence[Observation], name: str) -> list[str]:
    return [value for seen in observations for value in seen.values(name)]


def announced(ip: str, name: str, url: str) -> Host:
    return Host(ip=ip, observations=(heard(ip, 3702, (name, url), protocol=name.partition(".")[0]),))
