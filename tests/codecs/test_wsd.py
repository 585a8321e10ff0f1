from __future__ import annotations

import pytest

from camscan.codecs import wsd, xml
from camscan.codecs.base import DecodeError

EPR_TIME_BASED = "urn:uuid:cea94000-fb96-11b3-8260-bcad28000001"


def envelope(body: str, namespaces: str = "") -> bytes:
    return f'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" {namespaces}><e:Header/><e:Body>{body}</e:Body></e:Envelope>'.encode()


def hello(*, scopes: str = "", epr: str = "uuid:x", types: str = "", namespaces: str = "") -> dict[str, str]:
    body = f"<Hello><EndpointReference><Address>{epr}</Address></EndpointReference><Types>{types}</Types><Scopes>{scopes}</Scopes></Hello>"
    return dict(wsd.observe(wsd.decode(envelope(body, namespaces))))


@pytest.mark.parametrize(
    "scope",
    [
        "onvif://www.onvif.org/MAC/bc:ad:28:00:00:01",
        "onvif://www.onvif.org/mac/BC-AD-28-00-00-01",
        "onvif://www.onvif.org/Mac/bcad28000001",
        "onvif://www.onvif.org/MAC/BC%3AAD%3A28%3A00%3A00%3A01",
    ],
)
def test_a_mac_scope_is_read_in_every_form(scope: str) -> None:
    assert hello(scopes=f"onvif://www.onvif.org/name/x {scope}")["wsd.mac"] == "bc:ad:28:00:00:01"


def test_the_mac_in_a_time_based_endpoint_is_read() -> None:
    assert hello(epr=EPR_TIME_BASED)["wsd.mac"] == "bc:ad:28:00:00:01"


@pytest.mark.parametrize(
    "epr",
    [
        "urn:uuid:cea94000-fb96-41b3-8260-bcad28000001",
        "urn:uuid:cea94000-fb96-11b3-8260-beef28000001",
        "urn:uuid:cea94000-fb96-11b3-8260-000000000000",
        "http://192.0.2.1/bcad28000001",
        "uuid:short",
    ],
    ids=["random", "locally administered", "zero", "no uuid", "short"],
)
def test_what_may_be_random_is_no_mac(epr: str) -> None:
    assert "wsd.mac" not in hello(epr=epr)


def test_types_have_the_usual_prefixes_whatever_the_device_chose() -> None:
    namespaces = (
        'xmlns:q="http://www.onvif.org/ver10/network/wsdl" xmlns:dn="http://www.onvif.org/ver10/device/wsdl" xmlns:z="urn:own"'
    )
    assert hello(types="q:NetworkVideoTransmitter dn:Device z:Thing none:Other", namespaces=namespaces)["wsd.types"] == (
        "dn:NetworkVideoTransmitter tds:Device z:Thing none:Other"
    )


def test_scopes_keep_their_encoding_and_get_single_blanks() -> None:
    assert hello(scopes="\n  onvif://www.onvif.org/name/a%20b\t\n onvif://www.onvif.org/x ")["wsd.scopes"] == (
        "onvif://www.onvif.org/name/a%20b onvif://www.onvif.org/x"
    )


def test_a_goodbye_gives_its_endpoint() -> None:
    body = f"<Bye><EndpointReference><Address>{EPR_TIME_BASED}</Address></EndpointReference></Bye>"
    assert dict(wsd.observe(wsd.decode(envelope(body)))) == {
        "wsd.action": "Bye",
        "wsd.epr": EPR_TIME_BASED,
        "wsd.mac": "bc:ad:28:00:00:01",
    }


def test_several_matches_in_one_datagram_are_all_read() -> None:
    match = "<ProbeMatch><EndpointReference><Address>uuid:{0}</Address></EndpointReference></ProbeMatch>"
    message = wsd.decode(envelope("<ProbeMatches>" + "".join(match.format(number) for number in range(40)) + "</ProbeMatches>"))
    assert [one.endpoint for one in message.matches] == [f"uuid:{number}" for number in range(wsd.MAX_MATCHES)]


def test_the_probe_of_another_tool_says_nothing() -> None:
    assert wsd.observe(wsd.decode(envelope("<Probe><Types/></Probe>"))) == ()


@pytest.mark.parametrize("body", ["", "<Fault/>", "text"])
def test_other_envelopes_are_errors(body: str) -> None:
    with pytest.raises(DecodeError):
        wsd.decode(envelope(body))


def test_probes_differ_in_body_and_message_id_alone() -> None:
    payloads = [probe.payload for probe in wsd.probes(bytes(range(16))) if probe.group]
    identifiers = {xml.child_text(xml.parse(payload), "Header", "MessageID") for payload in payloads}
    assert len(identifiers) == len(payloads) == 8
    assert [probe.group for probe in wsd.probes(bytes(16)) if probe.group] == ["239.255.255.250"] * 4 + ["ff02::c"] * 4
    assert all((identifier or "").startswith("uuid:") for identifier in identifiers)
    assert b"<d:Types>dn:NetworkVideoTransmitter</d:Types>" in payloads[0]
    assert b"<d:Types>tds:Device</d:Types>" in payloads[1]
    assert b"Types" not in payloads[2]
    assert [probe.unicast for probe in wsd.probes(bytes(16))].count(True) == 2
