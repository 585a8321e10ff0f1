"""Devices that tell most after a login: a recorder with mixed cameras behind it, and cameras that want the account in different ways.

The accounts stand here for the tests; nothing else reads them.
"""

from __future__ import annotations

from tests.lab.device import Device
from tests.lab.devices.hikvision import pages, rtsp
from tests.lab.simulators.http import Http
from tests.lab.simulators.isapi import BehindRecorder, Isapi
from tests.lab.simulators.login import Gate
from tests.lab.simulators.onvif import MEDIA, PATH, OnvifDevice
from tests.lab.simulators.sadp import Sadp
from tests.lab.simulators.wsd import Wsd, onvif_scopes

USER = "auditor"
PASSWORD = "Gdzie-są-kamery-7314"

BEHIND = (
    BehindRecorder(name="Gate", protocol="HIKVISION", address="192.168.254.2", model="DS-2CD2143G2-I"),
    BehindRecorder(name="Yard", protocol="HIKVISION", address="192.168.254.3", model="DS-2CD2T46G2-2I"),
    BehindRecorder(name="Hall", protocol="DAHUA", address="192.168.254.4", model="IPC-HFW2431S-S"),
    BehindRecorder(name="Stairs", protocol="AXIS", address="192.168.254.5", model="P3245-LVE"),
    BehindRecorder(name="Roof", protocol="ONVIF", address="192.168.254.6", model="FD9189-H"),
    BehindRecorder(name="Cellar", protocol="ONVIF", address="192.168.254.7", online=False),
    BehindRecorder(name="Ramp", protocol="BOSCH", address="192.168.254.8"),
    BehindRecorder(name="Desk", protocol="RTSP", address="192.168.254.9"),
)

_RECORDER_SERIAL = "DS-7608NI-K2/8P0820210611CCRR000000150WCVU"
_RECORDER_GATE = Gate(way="digest", user=USER, password=PASSWORD, realm="DS-7608NI-K2/8P", algorithm="MD5")
_RECORDER_MAC = "44:19:b6:10:01:50"


def camera(name: str, number: int, gate: Gate, **said: str) -> Device:
    """Return a camera that without a login tells no more than that it is one."""
    mac = f"02:3e:5a:10:01:{number - 100}"
    stated = OnvifDevice(gate=gate, macs=(mac,), refusal="400 Bad Request", **said)  # type: ignore[arg-type]
    return Device(
        name=name,
        mac=mac,
        ip=f"10.20.0.{number}",
        services=(
            Wsd(
                scopes=onvif_scopes("type/video_encoder", "name/IPC", "location/country/unknown"),
                endpoint=f"urn:uuid:00000000-0000-4000-8000-000000000{number}",
                xaddrs=("http://{ip}:8080/onvif/device_service",),
            ),
            Http(port=8080, posts={PATH: stated, MEDIA: stated}),
        ),
    )


def _recorder() -> Device:
    information = {
        "deviceName": "Network Video Recorder",
        "model": "DS-7608NI-K2/8P",
        "serialNumber": _RECORDER_SERIAL,
        "macAddress": _RECORDER_MAC,
        "firmwareVersion": "V4.30.085",
        "deviceType": "NVR",
    }
    stated = OnvifDevice(
        manufacturer="HIKVISION",
        model="DS-7608NI-K2/8P",
        firmware="V4.30.085 build 210602",
        serial=_RECORDER_SERIAL,
        soap="env",
        gate=_RECORDER_GATE,
        macs=(_RECORDER_MAC,),
        channels=tuple(one.name for one in BEHIND),
        lines=(),
    )
    isapi = Isapi(gate=_RECORDER_GATE, information=information, channels=BEHIND)
    return Device(
        name="recorder-eight",
        mac=_RECORDER_MAC,
        ip="10.20.0.150",
        services=(
            Sadp(model="DS-7608NI-K2/8P", serial=_RECORDER_SERIAL, firmware="V4.30.085build 210602", digital_channels=8),
            Wsd(
                scopes=onvif_scopes("type/video_encoder", "Profile/Streaming", "hardware/DS-7608NI-K2%2F8P", "name/HIKVISION"),
                endpoint=f"urn:uuid:cea94000-fb96-11b3-8260-{_RECORDER_MAC.replace(':', '')}",
                soap="env",
            ),
            Http(
                pages={path: page for path, page in pages("DS-7608NI-K2/8P", "webserver").items() if path != "/ISAPI/*"},
                gets=isapi.responders(),
                posts={PATH: stated, MEDIA: stated},
            ),
            rtsp("DS-7608NI-K2/8P"),
        ),
    )


DEVICES = (
    _recorder(),
    camera(
        "onvif-token",
        151,
        Gate(way="token", user=USER, password=PASSWORD),
        manufacturer="VIVOTEK",
        model="FD9189-H",
        firmware="0119a",
        serial="0002D1000151",
    ),
    camera(
        "onvif-digest",
        152,
        Gate(way="digest", user=USER, password=PASSWORD, realm="onvif", algorithm="SHA-256"),
        manufacturer="Dahua",
        model="DH-IPC-HFW2431S-S",
        firmware="2.800.0000000.16.R",
        serial="6L00000PAZ00152",
    ),
    camera(
        "onvif-locks",
        153,
        Gate(way="token", user=USER, password=PASSWORD, locks_after=2),
        manufacturer="UNIVIEW",
        model="IPC322LB",
        firmware="IPC_Q1201-B5011P10D1903C12",
        serial="210235C00153",
    ),
    camera(
        "onvif-basic",
        154,
        Gate(way="basic", user=USER, password=PASSWORD, realm="camera"),
        manufacturer="ACTi",
        model="E12",
        firmware="A1D-500",
        serial="0",
    ),
)
