"""Values for tests: every argument has a default, and the defaults are not the easy case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

from camscan.codecs.packet import ACK, SYN
from camscan.model import Asset, Datagram, Endpoint, Fields, Frame, Observation, StreamHead, Via

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CAMERA_MAC = "bc:ad:28:00:00:01"
SCANNER_MAC = "02:00:5e:00:53:01"
CAMERA = Endpoint("2001:db8::64", 3702)
SCANNER = Endpoint("2001:db8::1", 50123)


def datagram(payload: bytes, *, src: Endpoint = CAMERA, dst: Endpoint = SCANNER, **changes: Any) -> Datagram:
    values: dict[str, Any] = {"received_at": NOON, "via": Via.ACTIVE, "src_mac": CAMERA_MAC}
    return Datagram(payload=payload, src=src, dst=dst, **(values | changes))


def frame(payload: bytes, **changes: Any) -> Frame:
    values: dict[str, Any] = {"received_at": NOON, "via": Via.PASSIVE}
    return Frame(payload=payload, **(values | changes))


def stream_head(received: bytes, **changes: Any) -> StreamHead:
    values: dict[str, Any] = {
        "client": SCANNER,
        "server": Endpoint(CAMERA.ip, 80),
        "sent": b"",
        "received_at": NOON,
        "via": Via.ACTIVE,
        "server_mac": CAMERA_MAC,
    }
    return StreamHead(received=received, **(values | changes))


def observation(fields: Fields = (("wsd.scopes", "onvif://www.onvif.org/name/Überwachung"),), **changes: Any) -> Observation:
    values: dict[str, Any] = {
        "protocol": fields[0][0].partition(".")[0] if fields else "wsd",
        "collector": "multicast",
        "via": Via.ACTIVE,
        "site": "Poznań",
        "first_seen_at": NOON,
        "last_seen_at": NOON,
        "ip": CAMERA.ip,
        "port": CAMERA.port,
        "link_mac": CAMERA_MAC,
        "raw": b"\x00\xffraw",
    }
    return Observation(fields=fields, **(values | changes))


def asset(*observations: Observation, **changes: Any) -> Asset:
    said = tuple(sorted(observations or (observation(),), key=Observation.order))
    values: dict[str, Any] = {
        "key": f"mac:{CAMERA_MAC}",
        "site": said[0].site,
        "macs": tuple(sorted({one.link_mac for one in said if one.link_mac})),
        "ips": tuple(sorted({one.ip for one in said if one.ip})),
        "hostnames": ("kamera-wejście",),
        "first_seen": min(one.first_seen_at for one in said),
        "last_seen": max(one.last_seen_at for one in said),
    }
    return Asset(observations=said, **(values | changes))


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def mac_bytes(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def ethernet(
    payload: bytes, ethertype: int, *, src_mac: str = CAMERA_MAC, dst_mac: str = SCANNER_MAC, tags: bytes = b""
) -> bytes:
    return mac_bytes(dst_mac) + mac_bytes(src_mac) + tags + ethertype.to_bytes(2) + payload


def ip_packet(
    payload: bytes, proto: int, *, src: str = CAMERA.ip, dst: str = SCANNER.ip, fragment: int = 0, total: int | None = None
) -> bytes:
    """One IP packet of the family of `src`; `total` overrides the length that it states."""
    if ip_address(src).version == 6:
        length = len(payload) if total is None else total
        return (
            b"\x60\0\0\0" + length.to_bytes(2) + bytes([proto, 64]) + ip_address(src).packed + ip_address(dst).packed + payload
        )
    length = len(payload) + 20 if total is None else total
    head = b"\x45\0" + length.to_bytes(2) + b"\0\x01" + fragment.to_bytes(2) + bytes([64, proto]) + b"\0\0"
    return head + ip_address(src).packed + ip_address(dst).packed + payload


def udp(payload: bytes, src_port: int, dst_port: int, *, length: int | None = None) -> bytes:
    stated = len(payload) + 8 if length is None else length
    return src_port.to_bytes(2) + dst_port.to_bytes(2) + stated.to_bytes(2) + b"\0\0" + payload


def tcp(payload: bytes, src_port: int, dst_port: int, *, seq: int, ack: int = 0, flags: int = ACK) -> bytes:
    ports = src_port.to_bytes(2) + dst_port.to_bytes(2)
    return ports + seq.to_bytes(4) + ack.to_bytes(4) + bytes([5 << 4, flags]) + b"\xff\xff\0\0\0\0" + payload


def udp_frame(payload: bytes, src: Endpoint = CAMERA, dst: Endpoint = SCANNER, **link: Any) -> bytes:
    packet = ip_packet(udp(payload, src.port, dst.port), 17, src=src.ip, dst=dst.ip)
    return ethernet(packet, 0x86DD if ":" in src.ip else 0x0800, **link)


def tcp_frame(payload: bytes, src: Endpoint, dst: Endpoint, *, seq: int, ack: int = 0, flags: int = ACK, **link: Any) -> bytes:
    packet = ip_packet(tcp(payload, src.port, dst.port, seq=seq, ack=ack, flags=flags), 6, src=src.ip, dst=dst.ip)
    return ethernet(packet, 0x86DD if ":" in src.ip else 0x0800, **link)


def handshake(client: Endpoint, server: Endpoint, *, client_seq: int = 100, server_seq: int = 900) -> list[bytes]:
    """The first two segments of a connection; data follows at one more than the two numbers."""
    return [
        tcp_frame(b"", client, server, seq=client_seq, flags=SYN, src_mac=SCANNER_MAC, dst_mac=CAMERA_MAC),
        tcp_frame(b"", server, client, seq=server_seq, flags=SYN | ACK),
    ]


def pcap(
    frames: list[tuple[datetime, bytes]], *, link_type: int = 1, order: str = "little", nanoseconds: bool = False
) -> bytes:
    """A capture file in the old format."""

    def number(value: int, size: int = 4) -> bytes:
        return value.to_bytes(size, order)  # type: ignore[arg-type]

    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    parts = [number(magic) + number(2, 2) + number(4, 2) + number(0) + number(0) + number(262144) + number(link_type)]
    for at, payload in frames:
        fraction = at.microsecond * (1000 if nanoseconds else 1)
        parts.append(number(int(at.timestamp())) + number(fraction) + number(len(payload)) * 2 + payload)
    return b"".join(parts)
