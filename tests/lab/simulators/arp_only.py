"""A device that answers ARP for one address and nothing else: no ICMP, no open port, no closed port either."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place

ETH_P_ARP = 0x0806
ARP = struct.Struct("!HHBBH6s4s6s4s")
REQUEST, REPLY = 1, 2


@dataclass(frozen=True, kw_only=True)
class ArpOnly:
    """Answers ARP requests for `ip`. The device has no address in its kernel, so nothing else ever answers."""

    ip: str

    async def start(self, place: Place) -> None:
        """Serve ARP."""
        sock = place.packet(ETH_P_ARP)
        own_mac = bytes.fromhex(place.device.mac.replace(":", ""))
        own_ip = IPv4Address(self.ip).packed

        def answer(frame: bytes, source: object) -> None:
            if len(frame) < 14 + ARP.size:
                return
            *_, operation, asker_mac, asker_ip, _target_mac, target_ip = ARP.unpack_from(frame, 14)
            if operation != REQUEST or target_ip != own_ip:
                return
            body = ARP.pack(1, 0x0800, 6, 4, REPLY, own_mac, own_ip, asker_mac, asker_ip)
            reply = asker_mac + own_mac + struct.pack("!H", ETH_P_ARP) + body
            sock.send(reply.ljust(60, b"\0"))

        place.serve_datagrams("arp", sock, answer)
