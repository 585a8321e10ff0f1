"""Answers of ONVIF device services."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from camscan.codecs import onvif, xml
from camscan.codecs.base import DecodeError

SAMPLES = Path(__file__).parents[1] / "samples" / "onvif"
INFORMATION = (SAMPLES / "axis_p3818_11.9.60.bin").read_bytes()
FAULT = (SAMPLES / "hikvision_ds-2cd_fault.bin").read_bytes()


def soap(body: str, prefix: str = "s") -> bytes:
    return (
        f'<{prefix}:Envelope xmlns:{prefix}="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"'
        f' xmlns:tt="http://www.onvif.org/ver10/schema"><{prefix}:Body>{body}</{prefix}:Body></{prefix}:Envelope>'
    ).encode()


def test_device_information_is_read_from_bare_soap() -> None:
    assert onvif.recognise(INFORMATION)
    assert onvif.decode(INFORMATION) == onvif.DeviceInformation(
        manufacturer="AXIS", model="P3818-PVE", firmware="11.9.60", serial="B8A44F000001", hardware="7DB"
    )


def test_device_information_is_read_from_a_chunked_http_response() -> None:
    response = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"%x\r\n" % 100
        + INFORMATION[:100]
        + b"\r\n%x\r\n" % (len(INFORMATION) - 100)
        + INFORMATION[100:]
        + b"\r\n0\r\n\r\n"
    )
    assert onvif.decode(response) == onvif.decode(INFORMATION)


def test_a_fault_says_its_innermost_code_and_nothing_of_the_maker() -> None:
    fault = onvif.decode(FAULT)
    assert fault == onvif.Fault(code="ter:NotAuthorized", reason="Sender not Authorized")
    assert onvif.observe(fault) == ()


def test_a_fault_of_soap_1_1_is_a_fault() -> None:
    body = "<s:Fault><faultcode>s:Client</faultcode><faultstring>no</faultstring></s:Fault>"
    assert onvif.decode(soap(body)) == onvif.Fault(code="s:Client", reason="no")


def test_elements_that_a_device_leaves_out_are_left_out() -> None:
    message = onvif.decode(
        soap(
            "<tds:GetDeviceInformationResponse><tds:Model> XM530 </tds:Model><tds:SerialNumber/></tds:GetDeviceInformationResponse>"
        )
    )
    assert onvif.observe(message) == (("onvif.model", "XM530"),)


def clock(**parts: str) -> bytes:
    given = {"Year": "2026", "Month": "3", "Day": "1", "Hour": "12", "Minute": "0", "Second": "5"} | parts
    time = "".join(f"<tt:{name}>{given[name]}</tt:{name}>" for name in ("Hour", "Minute", "Second"))
    date = "".join(f"<tt:{name}>{given[name]}</tt:{name}>" for name in ("Year", "Month", "Day"))
    utc = f"<tt:UTCDateTime><tt:Time>{time}</tt:Time><tt:Date>{date}</tt:Date></tt:UTCDateTime>"
    return soap(
        f"<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>{utc}</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>",
        "env",
    )


def test_the_clock_of_a_device_is_read() -> None:
    assert onvif.decode(clock()) == onvif.SystemTime(utc=datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    "parts", [{"Month": "13"}, {"Year": "0"}, {"Hour": "-1"}, {"Day": ""}, {"Second": "60"}, {"Year": "20260"}]
)
def test_an_impossible_clock_is_none(parts: dict[str, str]) -> None:
    assert onvif.decode(clock(**parts)) == onvif.SystemTime(utc=None)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 401 Unauthorized\r\n\r\n<html>Document Error</html>",
        soap("<tds:GetUsersResponse/>"),
        b"<a>text</a>",
        INFORMATION[:200],
    ],
)
def test_what_is_no_answer_of_a_device_service_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        onvif.decode(raw)


def test_a_document_type_is_refused() -> None:
    with pytest.raises(DecodeError):
        onvif.decode(b'<!DOCTYPE a [<!ENTITY b "c">]>' + INFORMATION.partition(b"?>")[2])


@pytest.mark.parametrize("operation", ["GetDeviceInformation", "GetSystemDateAndTime"])
def test_requests_are_well_formed_and_carry_no_credentials(operation: str) -> None:
    request_ = onvif.request(operation)
    root = xml.parse(request_)
    assert [xml.local(element) for element in root.iter()][:2] == ["Envelope", "Body"]
    assert b"ecurity" not in request_


def test_an_answer_is_complete_when_its_envelope_closes() -> None:
    assert onvif.complete(INFORMATION)
    assert onvif.complete(FAULT)
    assert not onvif.complete(INFORMATION[:-3])
    assert not onvif.complete(b"<s:Envelope>")
