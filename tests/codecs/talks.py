"""A camera that talks to a server elsewhere, frame by frame, and the flows that are told of it."""

from __future__ import annotations

from camscan.codecs.dissect import Dissection
from camscan.codecs.packet import ACK, SYN
from camscan.model import Endpoint, Observation, Via
from tests.factories import CAMERA_MAC, NOON, tcp_frame

CAMERA, CLOUD = Endpoint("10.20.0.64", 40_000), Endpoint("203.0.113.9", 443)
GATEWAY_MAC = "02:00:5e:00:53:fe"
REQUEST = b"GET /a HTTP/1.1\r\nHost: Cloud.Example.COM:443\r\n\r\n"


def out(payload: bytes = b"", seq: int = 101, flags: int = ACK, client: Endpoint = CAMERA, ack: int = 0) -> bytes:
    link = {"src_mac": CAMERA_MAC, "dst_mac": GATEWAY_MAC}
    return tcp_frame(payload, client, CLOUD, seq=seq & 0xFFFFFFFF, ack=ack & 0xFFFFFFFF, flags=flags, **link)


def back(payload: bytes = b"", seq: int = 901, flags: int = ACK, hop_limit: int = 51, ack: int = 0) -> bytes:
    link = {"src_mac": GATEWAY_MAC, "dst_mac": CAMERA_MAC}
    raw = bytearray(tcp_frame(payload, CLOUD, CAMERA, seq=seq & 0xFFFFFFFF, ack=ack & 0xFFFFFFFF, flags=flags, **link))
    raw[22] = hop_limit
    return bytes(raw)


OPENING = [out(seq=100, flags=SYN), back(seq=900, flags=SYN | ACK)]


def flows_of(*frames: bytes) -> list[Observation]:
    dissection = Dissection(via=Via.PCAP, collector="pcap", site="s")
    said = [one for raw in frames for one in dissection.feed(raw, NOON)] + list(dissection.flush())
    return [one for one in said if isinstance(one, Observation) and one.protocol == "flow"]


def told(seen: Observation) -> dict[str, str]:
    return {name.removeprefix("flow."): value for name, value in seen.fields}
