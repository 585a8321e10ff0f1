"""ISAPI of a Hikvision recorder over HTTP GET: device information and the channel list, both behind the account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.lab.simulators.http import Page, Responder
from tests.lab.simulators.login import Gate

NAMESPACE = "http://www.hikvision.com/ver20/XMLSchema"


@dataclass(frozen=True, kw_only=True)
class BehindRecorder:
    """One camera as the recorder lists it."""

    name: str
    protocol: str
    address: str
    model: str = ""
    online: bool = True


@dataclass(frozen=True, kw_only=True)
class Isapi:
    """Responders for `Http.gets`."""

    gate: Gate
    information: Mapping[str, str]
    """Elements of DeviceInfo in order."""
    channels: tuple[BehindRecorder, ...] = ()

    def responders(self) -> dict[str, Responder]:
        """Return what answers, by path."""
        device = "".join(f"<{name}>{value}</{name}>\n" for name, value in self.information.items())
        numbered = list(enumerate(self.channels, 1))
        listed = "".join(_channel(number, one) for number, one in numbered)
        states = "".join(
            f"<InputProxyChannelStatus><id>{number}</id><online>{str(one.online).lower()}</online></InputProxyChannelStatus>\n"
            for number, one in numbered
        )
        return {
            "/ISAPI/System/deviceInfo": self._guarded("DeviceInfo", device),
            "/ISAPI/ContentMgmt/InputProxy/channels": self._guarded("InputProxyChannelList", listed),
            "/ISAPI/ContentMgmt/InputProxy/channels/status": self._guarded("InputProxyChannelStatusList", states),
        }

    def _guarded(self, root: str, content: str) -> Responder:
        document = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} version="2.0" xmlns="{NAMESPACE}">\n{content}</{root}>\n'

        def answer(head: str, body: bytes) -> Page:
            outcome = self.gate.judge(head, body)
            if outcome == "accepted":
                return Page(lines=("Content-Type: application/xml",), body=document.encode(), login=outcome)
            lines = tuple(f"WWW-Authenticate: {value}" for value in self.gate.challenges())
            return Page(status="401 Unauthorized", lines=lines, login="" if outcome == "missing" else outcome)

        return answer


def _channel(number: int, one: BehindRecorder) -> str:
    model = f"<model>{one.model}</model>" if one.model else ""
    return (
        f"<InputProxyChannel><id>{number}</id><name>{one.name}</name><sourceInputPortDescriptor>"
        f"<proxyProtocol>{one.protocol}</proxyProtocol><addressingFormatType>ipaddress</addressingFormatType>"
        f"<ipAddress>{one.address}</ipAddress><managePortNo>8000</managePortNo><srcInputPort>1</srcInputPort>"
        f"<userName>operator-of-{number}</userName>{model}</sourceInputPortDescriptor></InputProxyChannel>\n"
    )
