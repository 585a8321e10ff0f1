"""ONVIF device and media services over HTTP: what the Core specification opens to anybody, the rest after authentication."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.lab.simulators.http import Page
from tests.lab.simulators.login import Gate

PATH = "/onvif/device_service"
MEDIA = "/onvif/media_service"
OPEN_REQUESTS = ("GetSystemDateAndTime", "GetHostname", "GetCapabilities", "GetServices", "GetEndpointReference")
CLOSED_REQUESTS = ("GetDeviceInformation", "GetNetworkInterfaces", "GetScopes", "GetProfiles", "GetVideoSources")
SERVICES = (("http://www.onvif.org/ver10/device/wsdl", PATH), ("http://www.onvif.org/ver10/media/wsdl", MEDIA))


@dataclass(frozen=True, kw_only=True)
class OnvifDevice:
    """A responder for `Http.posts`. `open_information`: the stack tells GetDeviceInformation to anybody, as cheap ones do."""

    manufacturer: str
    model: str
    firmware: str
    serial: str
    hardware: str = "1.0"
    host: str = "IPC"
    soap: str = "SOAP-ENV"
    open_information: bool = False
    refusal: str = "400 Bad Request"
    """HTTP status of the fault for an unauthenticated request."""
    lines: tuple[str, ...] = ("Server: gSOAP/2.8",)
    gate: Gate | None = None
    """Lets in who has the account; None lets nobody in."""
    macs: tuple[str, ...] = ()
    channels: tuple[str, ...] = ("Camera",)
    """Names of the video sources."""

    def __call__(self, head: str, body: bytes) -> Page:
        """Answer one SOAP request."""
        asked = next((name for name in (*OPEN_REQUESTS, *CLOSED_REQUESTS) if name.encode() in body), "")
        if asked == "GetSystemDateAndTime":
            return self._page(
                "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
                "<tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone>"
                "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
            )
        if asked == "GetHostname":
            return self._page(
                "<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP>"
                f"<tt:Name>{self.host}</tt:Name></tds:HostnameInformation></tds:GetHostnameResponse>"
            )
        if asked == "GetServices":
            host = next((line[5:].strip() for line in head.split("\r\n") if line.lower().startswith("host:")), "")
            listed = "".join(
                f"<tds:Service><tds:Namespace>{namespace}</tds:Namespace><tds:XAddr>http://{host}{path}</tds:XAddr>"
                "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
                for namespace, path in SERVICES
            )
            return self._page(f"<tds:GetServicesResponse>{listed}</tds:GetServicesResponse>")
        if asked == "GetDeviceInformation" and self.open_information:
            return self._page(self._content(asked))
        outcome = "missing" if self.gate is None else self.gate.judge(head, body)
        if asked in CLOSED_REQUESTS and outcome == "accepted":
            return replace(self._page(self._content(asked)), login=outcome)
        login = "" if outcome == "missing" else outcome
        challenges = self.gate.challenges() if self.gate is not None else ()
        if challenges:
            lines = (*self.lines, *(f"WWW-Authenticate: {value}" for value in challenges))
            return Page(status="401 Unauthorized", lines=lines, login=login)
        fault = (
            f"<{self.soap}:Fault><{self.soap}:Code><{self.soap}:Value>{self.soap}:Sender</{self.soap}:Value>"
            f"<{self.soap}:Subcode><{self.soap}:Value>ter:NotAuthorized</{self.soap}:Value></{self.soap}:Subcode>"
            f'</{self.soap}:Code><{self.soap}:Reason><{self.soap}:Text xml:lang="en">Sender not Authorized</{self.soap}:Text>'
            f"</{self.soap}:Reason></{self.soap}:Fault>"
        )
        return replace(self._page(fault, self.refusal), login=login)

    def _content(self, asked: str) -> str:
        if asked == "GetDeviceInformation":
            return (
                f"<tds:GetDeviceInformationResponse><tds:Manufacturer>{self.manufacturer}</tds:Manufacturer>"
                f"<tds:Model>{self.model}</tds:Model><tds:FirmwareVersion>{self.firmware}</tds:FirmwareVersion>"
                f"<tds:SerialNumber>{self.serial}</tds:SerialNumber><tds:HardwareId>{self.hardware}</tds:HardwareId>"
                "</tds:GetDeviceInformationResponse>"
            )
        if asked == "GetNetworkInterfaces":
            listed = "".join(
                f'<tds:NetworkInterfaces token="eth{number}"><tt:Enabled>true</tt:Enabled><tt:Info><tt:HwAddress>{mac}'
                "</tt:HwAddress></tt:Info></tds:NetworkInterfaces>"
                for number, mac in enumerate(self.macs)
            )
        elif asked == "GetScopes":
            listed = "<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>onvif://www.onvif.org/type/video_encoder"
            listed += "</tt:ScopeItem></tds:Scopes>"
        elif asked == "GetVideoSources":
            listed = "".join(f'<trt:VideoSources token="VS_{n}"/>' for n, _ in enumerate(self.channels, 1))
        else:
            listed = "".join(
                f'<trt:Profiles token="P_{n}_{stream}"><tt:Name>{name} {stream}</tt:Name><tt:VideoSourceConfiguration token="C_{n}">'
                f"<tt:SourceToken>VS_{n}</tt:SourceToken></tt:VideoSourceConfiguration></trt:Profiles>"
                for n, name in enumerate(self.channels, 1)
                for stream in ("main", "sub")
            )
        space = "trt" if asked in ("GetProfiles", "GetVideoSources") else "tds"
        return f"<{space}:{asked}Response>{listed}</{space}:{asked}Response>"

    def _page(self, content: str, status: str = "200 OK") -> Page:
        soap = self.soap
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<{soap}:Envelope xmlns:{soap}="http://www.w3.org/2003/05/soap-envelope"'
            ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"'
            ' xmlns:trt="http://www.onvif.org/ver10/media/wsdl"'
            f' xmlns:ter="http://www.onvif.org/ver10/error"><{soap}:Body>{content}</{soap}:Body></{soap}:Envelope>'
        )
        lines = (*self.lines, "Content-Type: application/soap+xml; charset=utf-8")
        return Page(status=status, lines=lines, body=body.encode())
