"""Hikvision SADP over UDP 37020: XML inquiry, reply to the multicast group (of newer firmware: to the asker), Hello at power-up.

The reply has the elements and the order of a DS-7804HQH-K1 reply (2021). An inquiry without `<Uuid>` is ignored, as the
firmware does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 37020
GROUP = "239.255.255.250"


@dataclass(frozen=True, kw_only=True)
class Sadp:
    """Answers inquiries. `model` is DeviceDescription, `device_type` the opaque product code."""

    model: str
    serial: str
    firmware: str
    device_type: int = 44322
    dsp: str = "V7.3, build 180821"
    oem: str = "N/A"
    activated: bool = True
    analog_channels: int = 0
    digital_channels: int = 1
    http_port: int = 80
    command_port: int = 8000
    needs_probes: int = 1
    """Some units answer only from the second inquiry on."""
    copies: int = 1
    """Replies to one inquiry; two for a unit with two interfaces."""
    to_asker: bool = False
    """Newer firmware answers the asker's address and port, older the group alone."""

    def _record(self, root: str, uuid: str, types: str, place: Place, ip: str = "") -> bytes:
        mac = place.device.mac
        octets = [int(part, 16) for part in mac.split(":")]
        fe80 = f"fe80::{octets[0] ^ 2:x}{octets[1]:02x}:{octets[2]:x}ff:fe{octets[3]:02x}:{(octets[4] << 8) + octets[5]:x}"
        gateway = place.ip.rsplit(".", 1)[0] + ".1"
        activated = "true" if self.activated else "false"
        return (
            '<?xml version="1.0" encoding="UTF-8" ?>\r\n'
            f"<{root}>\r\n<Uuid>{uuid}</Uuid>\r\n<Types>{types}</Types>\r\n"
            f"<DeviceType>{self.device_type}</DeviceType>\r\n<DeviceDescription>{self.model}</DeviceDescription>\r\n"
            f"<DeviceSN>{self.serial}</DeviceSN>\r\n"
            f"<CommandPort>{self.command_port}</CommandPort>\r\n<HttpPort>{self.http_port}</HttpPort>\r\n"
            f"<MAC>{mac.replace(':', '-')}</MAC>\r\n"
            f"<IPv4Address>{ip or place.ip}</IPv4Address>\r\n<IPv4SubnetMask>255.255.255.0</IPv4SubnetMask>\r\n"
            f"<IPv4Gateway>{gateway}</IPv4Gateway>\r\n"
            f"<IPv6Address>{fe80}</IPv6Address>\r\n<IPv6Gateway>::</IPv6Gateway>\r\n<IPv6MaskLen>64</IPv6MaskLen>\r\n"
            f"<DHCP>false</DHCP>\r\n<AnalogChannelNum>{self.analog_channels}</AnalogChannelNum>\r\n"
            f"<DigitalChannelNum>{self.digital_channels}</DigitalChannelNum>\r\n"
            f"<SoftwareVersion>{self.firmware}</SoftwareVersion>\r\n<DSPVersion>{self.dsp}</DSPVersion>\r\n"
            f"<BootTime>2026-01-05 08:00:00</BootTime>\r\n<OEMInfo>{self.oem}</OEMInfo>\r\n"
            f"<Activated>{activated}</Activated>\r\n<PasswordResetAbility>true</PasswordResetAbility>\r\n"
            "<SupportHCPlatform>true</SupportHCPlatform>\r\n<HCPlatformEnable>false</HCPlatformEnable>\r\n"
            f"</{root}>\r\n"
        ).encode()

    async def start(self, place: Place) -> None:
        """Serve inquiries and say Hello."""
        sock = place.udp(PORT, groups=(GROUP,))
        mouths = [(place.udp(PORT, at=ip), ip) for ip in place.device.more_ips]
        heard = 0

        def answer(payload: bytes, source: Source) -> None:
            nonlocal heard
            text = payload.decode("utf-8", "replace")
            uuid = _element(text, "Uuid")
            types = _element(text, "Types") or ""
            if "<Probe>" not in text or uuid is None or not types.startswith("inquiry"):
                return
            heard += 1
            if heard < self.needs_probes:
                return
            reply = self._record("ProbeMatch", uuid, types, place)
            for _ in range(self.copies):
                place.later(place.chance.uniform(0.0, 0.2), sock, reply, source if self.to_asker else (GROUP, PORT))

            for mouth, ip in mouths:
                place.later(0.1, mouth, self._record("ProbeMatch", uuid, types, place, ip), (GROUP, PORT))

        place.serve_datagrams("sadp", sock, answer)
        place.later(0.0, sock, self._record("Hello", "00000000-0000-0000-0000-000000000000", "hello", place), (GROUP, PORT))


def _element(text: str, name: str) -> str | None:
    _, opened, rest = text.partition(f"<{name}>")
    value, closed, _ = rest.partition(f"</{name}>")
    return value if opened and closed else None
