"""What somebody who announces services without end makes camscan send, counted at the other end of the wire."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import pytest

from camscan.codecs import mdns as codec
from camscan.collect.base import Ground
from camscan.collect.interfaces import Interface
from camscan.collect.mdns import ASKED_AT_MOST, ASKED_OF_A_RESPONDER, Mdns
from camscan.collect.net import Net
from camscan.collect.pace import PACES, Meter
from camscan.collect.scope import Guard
from camscan.model import Observation, Scope
from tests.collect.grounds import ground
from tests.e2e.conftest import needs_root
from tests.e2e.wire import EAR, EAR_MAC, ETH_P_ALL, MOUTH, MTU, Wire, wire
from tests.factories import ethernet, ip_packet, mac_bytes, udp
from tests.lab import netns
from tests.lab.harm import busiest

pytestmark = pytest.mark.netns

TYPE = b"_axis-video._tcp.local"
TALKER, CAMERA = "10.20.0.66", "10.20.0.64"
FORGED = [f"10.20.0.{number}" for number in range(100, 140)]
OF_THE_TALKER, OF_THE_FORGED = 3_000, 30
LOBBY = b"AXIS M1065-L - ACCC8E000001"
SO_TIMESTAMPNS = 35
"""asm-generic/socket.h: the kernel notes when a packet came, not this busy program."""
A, PTR, TXT, SRV = 1, 12, 16, 33
GROUP_MAC = "01:00:5e:00:00:fb"


def name(labels: bytes) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in labels.split(b".")) + b"\0"


def record(owner: bytes, kind: int, content: bytes) -> bytes:
    return owner + struct.pack("!HHIH", kind, 1, 4500, len(content)) + content


def announced(records: Sequence[bytes], source: str) -> bytes:
    """Return the frame of a message to the group."""
    message = struct.pack("!6H", 0, 0x8400, 0, len(records), 0, 0) + b"".join(records)
    packet = bytearray(ip_packet(udp(message, 5353, 5353), 17, src=source, dst=codec.GROUPS[0]))
    packet[8] = 255
    total = sum(struct.unpack("!10H", packet[:20]))
    packet[10:12] = (~(total + (total >> 16)) & 0xFFFF).to_bytes(2)
    return ethernet(bytes(packet), 0x0800, src_mac="00:40:8c:11:22:33", dst_mac=GROUP_MAC)


def pointer(instance: bytes) -> bytes:
    return record(name(TYPE), PTR, bytes([len(instance)]) + instance + name(TYPE))


def flood() -> list[bytes]:
    """Return announcements that leave everything but the names of services open, those of a camera first."""
    frames = [announced([pointer(LOBBY)], CAMERA)]
    names = [b"talker%05d" % number for number in range(OF_THE_TALKER)]
    frames += [announced([pointer(one) for one in names[at : at + 30]], TALKER) for at in range(0, OF_THE_TALKER, 30)]
    return frames + [
        announced([pointer(b"forged%d-%02d" % (number, one)) for one in range(OF_THE_FORGED)], source)
        for number, source in enumerate(FORGED)
    ]


def told() -> bytes:
    """Return what the camera answers where somebody asks for its service."""
    instance, host = bytes([len(LOBBY)]) + LOBBY + name(TYPE), name(b"axis-lobby.local")
    return announced(
        [
            record(instance, SRV, struct.pack("!3H", 0, 0, 80) + host),
            record(instance, TXT, b"\x17macaddress=ACCC8E000001"),
            record(host, A, ip_address(CAMERA).packed),
        ],
        CAMERA,
    )


class Peer(threading.Thread):
    """The other end: counts what comes, answers for the camera, and repeats the flood."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(daemon=True)
        with netns.inside(wire.mouth):
            self._sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._sock.bind((MOUTH, ETH_P_ALL))
        self._sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
        self.heard: list[tuple[float, bool]] = []
        """When each packet of mDNS came, and whether over IPv6."""
        self.ended = threading.Event()

    def run(self) -> None:
        due: Iterator[bytes] = iter(())
        again_at = 0.0
        while not self.ended.is_set():
            now = time.monotonic()
            if now >= again_at:
                due, again_at = iter(flood()), now + 1.0
            for frame in [one for one, _ in zip(due, range(8), strict=False)]:
                self._sock.send(frame)
            self._take()

    def end(self) -> None:
        """Be silent from now on."""
        self.ended.set()
        if self.is_alive():
            self.join()
        self._sock.close()

    def _take(self) -> None:
        deadline = time.monotonic() + 0.005
        while time.monotonic() < deadline:
            self._sock.settimeout(0.005)
            try:
                frame, stamp, _, _ = self._sock.recvmsg(MTU, socket.CMSG_SPACE(16))
            except TimeoutError:
                return
            if frame[6:12] != mac_bytes(EAR_MAC):
                continue
            v6 = frame[12:14] == b"\x86\xdd" and frame[20] == 17 and frame[56:58] == b"\x14\xe9"
            if v6 or (frame[12:14] == b"\x08\0" and frame[23] == 17 and frame[36:38] == b"\x14\xe9"):
                seconds, nanoseconds = struct.unpack("qq", stamp[0][2])
                self.heard.append((seconds + nanoseconds / 1e9, v6))
                if LOBBY in frame and b"\0\0\x21" in frame:
                    self._sock.send(told())


def of_the_ear(link_local: str) -> tuple[Ground, list[Observation]]:
    """Return a polite ground on the wire. Call inside a running loop, where the wire is heard."""
    here, seen = ground()
    scope = Scope(ranges=("10.20.0.0/24",))
    guard = Guard(scope, [ip_network("10.20.0.0/24")], groups=[(group, codec.PORTS[0]) for group in codec.GROUPS])
    net = Net(guard, Meter(pace=PACES["polite"], start=asyncio.get_running_loop().time()))
    link = Interface(
        name=EAR,
        index=socket.if_nametoindex(EAR),
        mac=EAR_MAC,
        addresses=("10.20.0.1",),
        networks=(IPv4Network("10.20.0.0/24"),),
        up=True,
        loopback=False,
        addresses_v6=(link_local,),
        networks_v6=(IPv6Network("fe80::/64"),),
    )
    return replace(here, scope=scope, guard=guard, net=net, interfaces=(link,)), seen


def own_link_local() -> str:
    """Return the link-local address of the ear when it may be used: it is tentative first, RFC 4862 §5.4."""
    for _ in range(100):
        with open("/proc/thread-self/net/if_inet6") as table:
            own = [fields for fields in map(str.split, table) if fields[5] == EAR]
        if own and not any(int(fields[4], 16) & 0x40 for fields in own):
            return str(IPv6Address(bytes.fromhex(own[0][0])))
        time.sleep(0.05)
    raise AssertionError("no address of IPv6")


def test_one_talker_makes_neither_the_pace_nor_the_count_wrong_and_hides_no_camera() -> None:
    needs_root()
    with wire(ipv6=True) as laid, netns.inside(laid.ear):
        link_local = own_link_local()
        peer = Peer(laid)

        async def story() -> tuple[Ground, list[Observation]]:
            here, seen = of_the_ear(link_local)
            collector = Mdns(browse_s=2.0, resolve_ms=500)
            collector.open(here)
            peer.start()
            async with asyncio.timeout(60):
                await collector.run(here, ())
            collector.close()
            return here, seen

        try:
            here, seen = asyncio.run(story())
            time.sleep(0.3)
        finally:
            peer.end()
    over_v6 = sum(v6 for _, v6 in peer.heard)
    assert here.tally.sent == len(peer.heard)
    assert abs(len(peer.heard) - 2 * over_v6) <= 1  # the run may end between the families
    assert len(peer.heard) > 2 * ASKED_AT_MOST
    assert len(peer.heard) < 2 * 5 * ASKED_AT_MOST
    assert busiest([at for at, _ in peer.heard]) <= PACES["polite"].shared * 1.05
    (found,) = seen
    assert (found.ip, found.values("mdns.instance")) == (CAMERA, (LOBBY.decode(),))
    (gap,) = here.tally.unfinished
    assert "services were not asked for their address" in gap
    assert f"{TALKER} announced" in gap
    assert ASKED_OF_A_RESPONDER < OF_THE_FORGED
