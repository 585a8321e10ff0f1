"""Device services of ONVIF on loopback that want an account or none, and what was asked of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from camscan.collect.account import Credentials
from camscan.collect.base import Ground, Host
from camscan.collect.login import Login
from tests import factories
from tests.collect.grounds import Conversation, Device, Listening
from tests.lab.simulators.login import Gate

PASSWORD = "Zażółć-gęślą"
MINE = {"default": Credentials(user="auditor", password=PASSWORD)}


def soap(body: str, status: str = "200 OK", close: bool = False) -> bytes:
    document = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"'
        f' xmlns:tt="http://www.onvif.org/ver10/schema"><s:Body>{body}</s:Body></s:Envelope>'
    ).encode()
    connection = "Connection: close\r\n" if close else ""
    return f"HTTP/1.1 {status}\r\n{connection}Content-Length: {len(document)}\r\n\r\n".encode() + document


CLOCK = (
    "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime>"
    "<tt:Time><tt:Hour>1</tt:Hour><tt:Minute>2</tt:Minute><tt:Second>3</tt:Second></tt:Time>"
    "<tt:Date><tt:Year>2001</tt:Year><tt:Month>1</tt:Month><tt:Day>1</tt:Day></tt:Date>"
    "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
)
INFORMATION = (
    "<tds:GetDeviceInformationResponse><tds:Manufacturer>HIKVISION</tds:Manufacturer><tds:Model>DS-2CD2143G2-I</tds:Model>"
    "<tds:FirmwareVersion>V5.5.0</tds:FirmwareVersion><tds:SerialNumber>DS-2CD2143G2-I00000000</tds:SerialNumber>"
    "<tds:HardwareId>88</tds:HardwareId></tds:GetDeviceInformationResponse>"
)
REFUSAL = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code>"
    f"<s:Reason><s:Text>Sender not Authorized {PASSWORD}</s:Text></s:Reason></s:Fault>"
)


def announcing(ip: str, url: str) -> Host:
    return Host(ip=ip, mac=factories.CAMERA_MAC, observations=(factories.observation((("wsd.xaddrs", url),), ip=ip),))


UNSUPPORTED = (
    "<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>ter:ActionNotSupported</s:Value></s:Subcode></s:Code>"
    "<s:Reason><s:Text>Optional action not implemented</s:Text></s:Reason></s:Fault>"
)
SOURCES = '<trt:GetVideoSourcesResponse xmlns:trt="http://www.onvif.org/ver10/media/wsdl"><trt:VideoSources token="VS_1"/></trt:GetVideoSourcesResponse>'
SERVICES = (
    "<tds:GetServicesResponse><tds:Service><tds:Namespace>http://www.onvif.org/ver10/media/wsdl</tds:Namespace>"
    "<tds:XAddr>{}</tds:XAddr></tds:Service></tds:GetServicesResponse>"
)
OPEN = ("GetSystemDateAndTime", "GetServices")


def serving(
    gate: Gate | None, answers: Mapping[str, str] | None = None, *, close: bool = False, keeps: bool = True
) -> Conversation:
    """Return a device service with an account (None: without): its answers by operation, else that it does not support that.

    close: it says so and hangs up after each answer; keeps: else it hangs up without a word.
    """
    known = {"GetSystemDateAndTime": CLOCK, "GetDeviceInformation": INFORMATION, **(answers or {})}

    async def converse(reader: Listening, writer: asyncio.StreamWriter) -> None:
        while True:
            raw = await reader.request()
            head, _, body = raw.partition(b"\r\n\r\n")
            operation = next((name for name in (*known, "Get") if f"{name}".encode() in body), "")
            outcome = "accepted" if gate is None or operation in OPEN else gate.judge(head.decode(), body)
            if outcome == "accepted":
                answer = soap(known.get(operation, UNSUPPORTED), close=close)
            elif gate is not None and (challenges := gate.challenges()):
                lines = "".join(f"WWW-Authenticate: {value}\r\n" for value in challenges)
                answer = f"HTTP/1.1 401 Unauthorized\r\n{lines}Content-Length: 0\r\n\r\n".encode()
            else:
                answer = soap(REFUSAL, "400 Bad Request", close=close)
            writer.write(answer)
            await writer.drain()
            if close or not keeps:
                return

    return converse


def gate(way: str, **changes: object) -> Gate:
    return Gate(way=way, user="auditor", password=PASSWORD, **changes)  # type: ignore[arg-type]


async def ask(here: Ground, *hosts: Host, credentials: Mapping[str, Credentials] = MINE) -> None:
    collector = Login(credentials)
    collector.open(here)
    async with asyncio.timeout(30):
        await collector.run(here, hosts)
    collector.close()


def bodies(camera: Device) -> list[bytes]:
    """Return the SOAP messages that a device received, in order."""
    return [part.partition(b"\r\n\r\n")[2] for heard in camera.heard for part in bytes(heard).split(b"POST ")[1:]]


def operations(camera: Device, *, signed: bool) -> list[str]:
    """Return what was asked with or without a proof, in order."""
    names = (
        "GetSystemDateAndTime",
        "GetDeviceInformation",
        "GetNetworkInterfaces",
        "GetScopes",
        "GetServices",
        "GetVideoSources",
        "GetProfiles",
    )
    parts = [part for heard in camera.heard for part in bytes(heard).split(b"POST ")[1:]]
    return [
        next(name for name in names if name.encode() in part)
        for part in parts
        if (b"PasswordDigest" in part or b"Authorization: " in part) == signed
    ]
