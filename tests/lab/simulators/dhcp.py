"""A DHCP client (RFC 2131): broadcasts DHCPREQUEST for the address it had, with vendor class, host name and wish list."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place

ETH_P_IP = 0x0800
SEND_ONLY = 0
"""A packet socket with this protocol receives nothing."""
BROADCAST_MAC = b"\xff" * 6
CLIENT_PORT, SERVER_PORT = 68, 67
COOKIE = bytes.fromhex("63825363")
REQUEST = 3
MESSAGE_TYPE, REQUESTED_ADDRESS, WISH_LIST, VENDOR_CLASS, CLIENT_ID, HOST_NAME, END = 53, 50, 55, 60, 61, 12, 255


@dataclass(frozen=True, kw_only=True)
class Dhcp:
    """Asks at power-up and every `every_s` seconds, from 0.0.0.0 to 255.255.255.255; nobody answers."""

    vendor_class: str | None = None
    host_name: str | None = None
    wishes: tuple[int, ...] = (1, 3, 6, 12, 15, 28, 42)
    every_s: float = 5.0

    async def start(self, place: Place) -> None:
        """Broadcast requests."""
        sock = place.packet(SEND_ONLY)
        frame = self._frame(bytes.fromhex(place.device.mac.replace(":", "")), IPv4Address(place.ip).packed)
        place.repeat(self.every_s, lambda: sock.send(frame))

    def _frame(self, mac: bytes, address: bytes) -> bytes:
        options = _option(MESSAGE_TYPE, bytes([REQUEST])) + _option(CLIENT_ID, b"\x01" + mac)
        options += _option(REQUESTED_ADDRESS, address) + _option(WISH_LIST, bytes(self.wishes))
        if self.vendor_class is not None:
            options += _option(VENDOR_CLASS, self.vendor_class.encode())
        if self.host_name is not None:
            options += _option(HOST_NAME, self.host_name.encode())
        nobody = bytes(4)
        bootp = struct.pack("!BBBB4sHH", 1, 1, 6, 0, mac[2:], 0, 0) + nobody * 4 + mac.ljust(16, b"\0") + bytes(192)
        payload = bootp + COOKIE + options + bytes([END])
        udp = struct.pack("!HHHH", CLIENT_PORT, SERVER_PORT, 8 + len(payload), 0) + payload
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, nobody, b"\xff" * 4)
        ip = ip[:10] + struct.pack("!H", _checksum(ip)) + ip[12:]
        return BROADCAST_MAC + mac + struct.pack("!H", ETH_P_IP) + ip + udp


def _option(code: int, value: bytes) -> bytes:
    return bytes([code, len(value)]) + value


def _checksum(header: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
