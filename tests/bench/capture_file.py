"""A capture as a busy camera network would give it: nine frames of video for each one that says who somebody is.

The bytes are built here by hand. Two thousand devices announce themselves again and again, each time under another message id, and in
each million frames each of them is visited over HTTP, with the head of the answer cut over two segments. A part of them stream over
RTSP. What the frames are does not change with time, so that the first million is no other than the tenth.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from uuid import UUID

DEVICES = 2_000
STREAMS_SHARE = 0.15
"""Of the devices."""
FRAMES = 1_000_000
SEED = 11
STARTS_AT = 1_767_225_600
"""1 January 2026, in seconds since 1970."""
VIDEO_SIZE = 1_040
"""Bytes of video in one segment."""
EACH = 10
"""One frame of this many is discovery."""
VISIT_EACH = 42
"""A visit follows so many announcements: two thousand in a million frames."""
FIRST_PORT, PORTS = 20_000, 20_000
"""Of those who visit."""
RECORDER_MAC, RECORDER_IP = bytes.fromhex("0200000000fe"), bytes((10, 20, 250, 1))
BROADCAST = b"\xff" * 6
SSDP_GROUP, MDNS_GROUP, WSD_GROUP = bytes((239, 255, 255, 250)), bytes((224, 0, 0, 251)), bytes((239, 255, 255, 250))
ACK, PSH, SYN, FIN = 0x10, 0x08, 0x02, 0x01
OUIS = tuple(bytes.fromhex(text) for text in ("3cef8c", "4419b6"))
"""Of the two makers whose own discovery the devices speak."""


def group_mac(group: bytes) -> bytes:
    """Return the Ethernet address of an IPv4 group."""
    return b"\x01\0\x5e" + bytes((group[1] & 0x7F,)) + group[2:]


def ipv4(proto: int, src: bytes, dst: bytes, content: bytes) -> bytes:
    """Return an IPv4 packet, its checksum left open as network cards do."""
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(content), 0, 0x4000, 64, proto, 0) + src + dst + content


def udp(mac: bytes, src: bytes, dst_mac: bytes, dst: bytes, ports: tuple[int, int], content: bytes) -> bytes:
    """Return a frame with a datagram."""
    head = struct.pack("!HHHH", *ports, 8 + len(content), 0)
    return dst_mac + mac + b"\x08\0" + ipv4(17, src, dst, head + content)


def tcp(
    ends: tuple[bytes, bytes, int], peer: tuple[bytes, bytes, int], seq: int, ack: int, flags: int, content: bytes = b""
) -> bytes:
    """Return a frame with a segment; an end is MAC, address and port."""
    head = struct.pack("!HHIIBBHHH", ends[2], peer[2], seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 5 << 4, flags, 65535, 0, 0)
    return peer[0] + ends[0] + b"\x08\0" + ipv4(6, ends[1], peer[1], head + content)


class Device:
    """One camera, and what it sends."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self.number = number
        self.mac = OUIS[number % len(OUIS)] + (0x100000 + number).to_bytes(3)
        self.ip = bytes((10, 20, 1 + number // 250, 1 + number % 250))
        self.text = ".".join(map(str, self.ip))
        self.serial = f"{self.mac.hex()}{number:05}"
        self._chance = chance
        self._uuid = str(UUID(int=number + 1, version=4))

    def arp(self) -> bytes:
        """Return a gratuitous request."""
        head = b"\0\x01\x08\0\x06\x04\0\x01"
        return BROADCAST + self.mac + b"\x08\x06" + head + self.mac + self.ip + bytes(6) + self.ip + bytes(18)

    def ssdp(self) -> bytes:
        """Return an announcement; its date changes."""
        second = self._chance.randrange(86_400)
        content = (
            f"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age=1800\r\n"
            f"DATE: Thu, 01 Jan 2026 {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02} GMT\r\n"
            f"LOCATION: http://{self.text}:49152/rootdesc.xml\r\nSERVER: Linux/4.9 UPnP/1.0 Portable SDK/1.6\r\n"
            f"NT: upnp:rootdevice\r\nNTS: ssdp:alive\r\nUSN: uuid:{self._uuid}::upnp:rootdevice\r\n\r\n"
        ).encode()
        return udp(self.mac, self.ip, group_mac(SSDP_GROUP), SSDP_GROUP, (1900, 1900), content)

    def hello(self) -> bytes:
        """Return a Hello of WS-Discovery under a new message id."""
        message = UUID(int=self._chance.getrandbits(128), version=4)
        content = (
            '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
            'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
            'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header>'
            f"<a:MessageID>urn:uuid:{message}</a:MessageID>"
            "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
            "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Hello</a:Action>"
            f'<d:AppSequence InstanceId="1077004800" MessageNumber="{self._chance.randrange(10_000)}"/></s:Header><s:Body><d:Hello>'
            f"<a:EndpointReference><a:Address>urn:uuid:{self._uuid}</a:Address></a:EndpointReference>"
            "<d:Types>dn:NetworkVideoTransmitter</d:Types>"
            "<d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/Profile/Streaming "
            f"onvif://www.onvif.org/hardware/IPC-{self.number % 40} onvif://www.onvif.org/name/Camera-{self.number}</d:Scopes>"
            f"<d:XAddrs>http://{self.text}/onvif/device_service</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>"
            "</d:Hello></s:Body></s:Envelope>"
        ).encode()
        return udp(self.mac, self.ip, group_mac(WSD_GROUP), WSD_GROUP, (3702, 3702), content)

    def mdns(self) -> bytes:
        """Return an announcement of its web server under a new transaction id."""
        name = f"Camera-{self.number}".encode()
        service = b"\x05_http\x04_tcp\x05local\0"
        target = bytes((len(name),)) + name + b"\xc0\x0c"
        text = b"\x09path=/web"
        content = (
            self._chance.randrange(1 << 16).to_bytes(2) + b"\x84\0\0\0\0\x02\0\0\0\0" + service
            + struct.pack("!HHIH", 12, 1, 4500, len(target)) + target
            + b"\xc0\x28" + struct.pack("!HHIH", 16, 0x8001, 4500, len(text)) + text
        )  # fmt: skip
        return udp(self.mac, self.ip, group_mac(MDNS_GROUP), MDNS_GROUP, (5353, 5353), content)

    def vendor(self) -> bytes:
        """Return what its maker's own discovery would say."""
        if self.number % 2:
            content = (
                '<?xml version="1.0" encoding="UTF-8"?>\r\n<ProbeMatch>\r\n'
                f"<Uuid>{str(UUID(int=self._chance.getrandbits(128), version=4)).upper()}</Uuid>\r\n<Types>inquiry</Types>\r\n"
                f"<DeviceType>{self.number % 90}</DeviceType>\r\n<DeviceDescription>DS-2CD20{self.number % 40:02}</DeviceDescription>\r\n"
                f"<DeviceSN>DS-2CD20{self.serial}</DeviceSN>\r\n<CommandPort>8000</CommandPort>\r\n<HttpPort>80</HttpPort>\r\n"
                f"<MAC>{self.mac.hex('-')}</MAC>\r\n<IPv4Address>{self.text}</IPv4Address>\r\n"
                "<SoftwareVersion>V5.5.82build 190220</SoftwareVersion>\r\n<Activated>true</Activated>\r\n</ProbeMatch>\r\n"
            ).encode()
            return udp(self.mac, self.ip, group_mac(WSD_GROUP), WSD_GROUP, (37020, 37020), content)
        body = (
            f'{{"mac":"{self.mac.hex(":")}","method":"client.notifyDevInfo","params":{{"deviceInfo":{{"DeviceClass":"IPC",'
            f'"DeviceType":"IPC-HDW{self.number % 40}","HttpPort":80,"SerialNo":"{self.serial}","Vendor":"General",'
            f'"Version":"2.800.0000000.16.R","IPv4Address":{{"IPAddress":"{self.text}"}}}}}}}}\n'
        ).encode()
        session = self._chance.randrange(1 << 31).to_bytes(4, "little")
        content = b"\x20\0\0\0DHIP" + session + bytes(4) + len(body).to_bytes(8, "little") * 2 + body
        return udp(self.mac, self.ip, group_mac(WSD_GROUP), bytes((239, 255, 255, 251)), (37810, 37810), content)

    def page(self, visit: int) -> Iterator[bytes]:
        """Yield a visit to its web server, the head of the answer in two segments. visit: how many went before."""
        here = (self.mac, self.ip, 80)
        there = (RECORDER_MAC, RECORDER_IP, FIRST_PORT + visit % PORTS)
        ask = f"GET / HTTP/1.1\r\nHost: {self.text}\r\n\r\n".encode()
        answer = (
            f"HTTP/1.1 401 Unauthorized\r\nServer: {'App-webs/' if self.number % 2 else 'Webs'}\r\n"
            f'WWW-Authenticate: Digest realm="IP Camera({self.number % 40})", '
            'nonce="00", qop="auth"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
        ).encode()
        cut, mine, theirs = 60, self.number * 7919, self.number * 104_729
        yield tcp(there, here, theirs, 0, SYN)
        yield tcp(here, there, mine, theirs + 1, SYN | ACK)
        yield tcp(there, here, theirs + 1, mine + 1, ACK | PSH, ask)
        yield tcp(here, there, mine + 1, theirs + 1 + len(ask), ACK | PSH, answer[:cut])
        yield tcp(here, there, mine + 1 + cut, theirs + 1 + len(ask), ACK | PSH, answer[cut:])
        yield tcp(here, there, mine + 1 + len(answer), theirs + 1 + len(ask), ACK | FIN)
        yield tcp(there, here, theirs + 1 + len(ask), mine + 2 + len(answer), ACK | FIN)

    def opening(self) -> Iterator[bytes]:
        """Yield the beginning of its stream."""
        here, there = (self.mac, self.ip, 554), (RECORDER_MAC, RECORDER_IP, 40_000 + self.number)
        ask = f"OPTIONS rtsp://{self.text}/ RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode()
        answer = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: Rtsp Server/3.0\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY\r\n\r\n"
        yield tcp(there, here, 1000, 0, SYN)
        yield tcp(here, there, 5000, 1001, SYN | ACK)
        yield tcp(there, here, 1001, 5001, ACK | PSH, ask)
        yield tcp(here, there, 5001, 1001 + len(ask), ACK | PSH, answer)


def streaming(devices: list[Device]) -> list[Device]:
    """Return those that stream."""
    return devices[: round(len(devices) * STREAMS_SHARE)]


def discovery(devices: list[Device]) -> Iterator[bytes]:
    """Yield what all devices say, without end."""
    for device in streaming(devices):
        yield from device.opening()
    said = cycle((Device.arp, Device.hello, Device.ssdp, Device.vendor, Device.hello, Device.mdns, Device.hello))
    announcements = (say(device) for say in said for device in devices)
    for visit, device in enumerate(cycle(devices)):
        yield from islice(announcements, VISIT_EACH)
        yield from device.page(visit)


def video(devices: list[Device]) -> Iterator[bytes]:
    """Yield the segments of all streams in turn, without end."""
    content = b"$\0" + VIDEO_SIZE.to_bytes(2) + random.Random(SEED).randbytes(VIDEO_SIZE - 4)
    frames = []
    for device in streaming(devices):
        here, there = (device.mac, device.ip, 554), (RECORDER_MAC, RECORDER_IP, 40_000 + device.number)
        frames.append(bytearray(tcp(here, there, 0, 1042, ACK, content)))
    for turn in cycle(range(1 << 20)):
        seq = ((5094 + turn * VIDEO_SIZE) & 0xFFFFFFFF).to_bytes(4)
        for frame in frames:
            frame[38:42] = seq
            yield bytes(frame)


def frames(count: int = FRAMES, devices: int = DEVICES) -> Iterator[bytes]:
    """Yield the frames of the capture, always the same."""
    chance = random.Random(SEED)
    cameras = [Device(number, chance) for number in range(devices)]
    said, shown = discovery(cameras), video(cameras)
    opening = len(streaming(cameras)) * 4
    yield from islice(said, opening)
    for place in range(count - opening):
        yield next(said) if place % EACH == 0 else next(shown)


def chunks(count: int = FRAMES, devices: int = DEVICES) -> Iterator[bytes]:
    """Yield a pcap file of so many frames in pieces."""
    yield struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
    record = struct.Struct("<IIII").pack
    pieces: list[bytes] = []
    for number, frame in enumerate(frames(count, devices)):
        second, rest = divmod(number, 10_000)
        pieces += (record(STARTS_AT + second, rest * 100, len(frame), len(frame)), frame)
        if len(pieces) >= 2_000:
            yield b"".join(pieces)
            pieces.clear()
    yield b"".join(pieces)


def write(path: Path, count: int = FRAMES, devices: int = DEVICES) -> None:
    """Write the capture."""
    with path.open("wb") as file:
        for piece in chunks(count, devices):
            file.write(piece)
