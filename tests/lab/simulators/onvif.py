"""The ONVIF device service over HTTP: date and host name for anybody, the rest after authentication (ONVIF Core spec)."""

from __future__ import annotations

from dataclasses import dataclass

from tests.lab.simulators.http import Page

PATH = "/onvif/device_service"
OPEN_REQUESTS = ("GetSystemDateAndTime", "GetHostname", "GetCapabilities", "GetServices")


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

    def __call__(self, head: str, body: bytes) -> Page:
        """Answer one SOAP request."""
        asked = next((name for name in (*OPEN_REQUESTS, "GetDeviceInformation") if name.encode() in body), "")
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
        if asked == "GetDeviceInformation" and self.open_information:
            return self._page(
                f"<tds:GetDeviceInformationResponse><tds:Manufacturer>{self.manufacturer}</tds:Manufacturer>"
                f"<tds:Model>{self.model}</tds:Model><tds:FirmwareVersion>{self.firmware}</tds:FirmwareVersion>"
                f"<tds:SerialNumber>{self.serial}</tds:SerialNumber><tds:HardwareId>{self.hardware}</tds:HardwareId>"
                "</tds:GetDeviceInformationResponse>"
            )
        fault = (
            f"<{self.soap}:Fault><{self.soap}:Code><{self.soap}:Value>{self.soap}:Sender</{self.soap}:Value>"
            f"<{self.soap}:Subcode><{self.soap}:Value>ter:NotAuthorized</{self.soap}:Value></{self.soap}:Subcode>"
            f'</{self.soap}:Code><{self.soap}:Reason><{self.soap}:Text xml:lang="en">Sender not Authorized</{self.soap}:Text>'
            f"</{self.soap}:Reason></{self.soap}:Fault>"
        )
        return self._page(fault, self.refusal)

    def _page(self, content: str, status: str = "200 OK") -> Page:
        soap = self.soap
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<{soap}:Envelope xmlns:{soap}="http://www.w3.org/2003/05/soap-envelope"'
            ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"'
            f' xmlns:ter="http://www.onvif.org/ver10/error"><{soap}:Body>{content}</{soap}:Body></{soap}:Envelope>'
        )
        lines = (*self.lines, "Content-Type: application/soap+xml; charset=utf-8")
        return Page(status=status, lines=lines, body=body.encode())
