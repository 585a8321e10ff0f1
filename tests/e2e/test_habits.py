"""Sockets of devices behave in ways that a simple listener misses: each habit is on the wire, and its device is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from tests.e2e.conftest import Scanned, assets_by_mac
from tests.lab.check import truth
from tests.lab.frames import Frame, sent_by
from tests.lab.wiring import SCANNER_MAC

pytestmark = pytest.mark.netns

Frames = Sequence[Frame]
SCANNER = "10.20.0.1"
LATE_S = 0.4


def to_port(port: int) -> Callable[[Frames, Frames], bool]:
    return lambda said, asked: any(f.ip == SCANNER and f.port == port for f in said)


def to_everyone(port: int) -> Callable[[Frames, Frames], bool]:
    return lambda said, asked: any(f.to_many and f.ip.endswith(".255") and f.port == port for f in said)


def to_group(group: str) -> Callable[[Frames, Frames], bool]:
    return lambda said, asked: any(f.ip == group for f in said)


def from_another_port(said: Frames, asked: Frames) -> bool:
    return bool(said) and all(f.source_port not in {q.port for q in asked} for f in said if f.kind == "udp")


def from_each_of(*ips: str) -> Callable[[Frames, Frames], bool]:
    return lambda said, asked: {f.source_ip for f in said if f.kind == "udp"} >= set(ips)


def late(port: int, mark: bytes) -> Callable[[Frames, Frames], bool]:
    """Return whether the first whole answer came long after the first question."""

    def holds(said: Frames, asked: Frames) -> bool:
        whole = [f for f in said if mark in f.payload and b"\xff" * 8 not in f.payload]
        answers = [f.at for f in whole if f.payload.rstrip(b"\0\n").endswith((b"}", b"Envelope>"))]
        return min(answers) - min(f.at for f in asked if f.port == port) > LATE_S

    return holds


def holding(mark: bytes) -> Callable[[Frames, Frames], bool]:
    return lambda said, asked: any(mark in f.payload for f in said)


def cut_short(said: Frames, asked: Frames) -> bool:
    whole = max((f.payload for f in said), key=len)
    return any(f.payload and len(f.payload) < len(whole) and whole.startswith(f.payload) for f in said)


def twice(said: Frames, asked: Frames) -> bool:
    payloads = [f.payload for f in said if f.kind == "udp" and f.payload]
    return len(payloads) > len(set(payloads))


def unasked(said: Frames, asked: Frames) -> bool:
    return min(f.at for f in said if f.kind == "udp") < min(f.at for f in asked if f.kind == "udp")


def silent(said: Frames, asked: Frames) -> bool:
    return {f.kind for f in said} == {"arp"} and any(f.kind == "tcp" for f in asked)


HABITS: Mapping[str, tuple[str, Callable[[Frames, Frames], bool]]] = {
    "answers to port 1758, wherever it was asked from": ("bosch-scan", to_port(1758)),
    "answers to port 7711, wherever it was asked from": ("hanwha-installer", to_port(7711)),
    "answers to port 34569, wherever it was asked from": ("xiongmai-discovery", to_port(34569)),
    "answers to port 3000, wherever it was asked from": ("reolink-search", to_port(3000)),
    "answers to everyone on a fixed port": ("panasonic-easyip", to_everyone(10669)),
    "answers to everyone on the port of the search": ("foscam-discovery", to_everyone(10000)),
    "answers to everyone in XML": ("topsee-discovery", to_everyone(3001)),
    "answers to the group": ("hikvision-recorder", to_group("239.255.255.250")),
    "answers to another group than it was asked in": ("tvt-announcement", to_group("234.55.55.56")),
    "answers from a port that nobody asked": ("pppp-camera", from_another_port),
    "answers from an address of another network": ("hikvision-factory-address", from_each_of("192.168.1.64")),
    "answers from each of its two addresses": ("sadp-two-addresses", from_each_of("10.20.0.171", "10.20.0.172")),
    "answers twice": ("hikvision-dome", twice),
    "answers the second search only": ("hilook-bullet", holding(b"ProbeMatch")),
    "answers half a second later": ("dhip-slurring", late(37810, b"client.notifyDevInfo")),
    "answers as late as the standard grants": ("wsd-slurring", late(3702, b"ProbeMatches")),
    "sends half an answer first": ("dhip-slurring", cut_short),
    "states lengths of all ones": ("dhip-slurring", holding(b"\xff" * 16)),
    "sends an XML bomb first": ("wsd-slurring", holding(b"<!ENTITY")),
    "sends nothing in a datagram first": (
        "wsd-slurring",
        lambda said, asked: any(f.kind == "udp" and not f.payload for f in said),
    ),
    "bears control characters in its name": ("dahua-hostile-name", holding(b"\\u001b")),
    "announces itself before it is asked": ("tvt-announcement", unasked),
    "drops every connection attempt": ("silent-hikvision", silent),
}


@pytest.fixture(scope="module")
def recording(scanned: Scanned) -> bytes:
    """What passed the scanner's port in the scan of the whole segment."""
    return scanned.capture.read_bytes()


@pytest.mark.parametrize("habit", HABITS)
def test_a_device_is_found_although_it(habit: str, scanned: Scanned, recording: bytes) -> None:
    name, shown = HABITS[habit]
    device = next(one for one in truth() if one["name"] == name)
    said = sent_by(device["mac"], recording)
    asked = [f for f in sent_by(SCANNER_MAC, recording) if f.to_many or f.mac == device["mac"]]
    assert shown(said, asked), "the device does not behave so"
    found = assets_by_mac(scanned.report)[device["mac"]]
    for key in ("maker", "model"):
        assert found["identification"][key] == device.get(key, found["identification"][key])
