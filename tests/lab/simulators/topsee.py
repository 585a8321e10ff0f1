"""Topsee's discovery over UDP 3001: XML in GB2312, broadcast to port 3001, with every account of the camera in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place, Source

PORT = 3001
EVERYBODY = "255.255.255.255"
PASSWORD = "planted-password"


@dataclass(frozen=True, kw_only=True)
class Topsee:
    """Answers the search. `model` is DeviceModule."""

    model: str
    serial: str
    device_type: str = "NVS-IPCAM"

    async def start(self, place: Place) -> None:
        """Serve searches."""
        sock = place.udp(PORT)
        reply = (
            '<?xml version="1.0" encoding="GB2312" ?>\n<XML_TOPSEE>\n<MESSAGE_HEADER\nMsg_type="SYSTEM_SEARCHIPC_MESSAGE"\n'
            'Msg_code="3"\nMsg_flag="0"\n/>\n<MESSAGE_BODY>\n'
            f'<DEVICE_TYPE\nDeviceType="{self.device_type}"\nDeviceModule="{self.model}"\n/>\n'
            f'<IPC_SERIALNUMBER\nSerialNumber="{self.serial}"  PLATFORMID="" P2PID=""\n/>\n'
            f'<LANConfig\nMacAddress="{place.device.mac}"\nDHCP="0"\nIPAddress="{place.ip}"\nNetmask="255.255.255.0"\n'
            'Gateway="10.20.0.1"\nDNS1="10.20.0.1"\nDNS2=""\n/>\n'
            f'<UserConfig>\n<Account\nUsername="admin"\nPassword="{PASSWORD}"\nGroup="Administrator"\nStatus="Enable"\n/>\n'
            '</UserConfig>\n<MediaStreamConfig>\n<StreamAccess\nAuth="1"\nVideoPort="554"\nRTPOverRTSP="1"\nPTZPort="8091"\n'
            'WEBPort="80"\n/>\n</MediaStreamConfig>\n</MESSAGE_BODY>\n</XML_TOPSEE>\n'
        ).encode("gb2312")

        def answer(payload: bytes, source: Source) -> None:
            if b'"SYSTEM_SEARCHIPC_MESSAGE"' in payload and b'Msg_code="1"' in payload:
                place.later(place.chance.uniform(0.0, 0.1), sock, reply, (EVERYBODY, PORT))

        place.serve_datagrams("topsee", sock, answer)
