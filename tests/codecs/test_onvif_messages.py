"""Answers of ONVIF beside device information; each as the specification forms it, and as devices get it wrong."""

from __future__ import annotations

import pytest

from camscan.codecs import onvif, xml
from camscan.codecs.base import joined
from camscan.codecs.onvif_messages import MAX_CHANNELS, READERS, Interfaces, Scopes, Services, Sources
from camscan.model import Fields
from tests.codecs.test_onvif import soap


def observed(body: str) -> Fields:
    return onvif.observe(onvif.decode(soap(body)))


@pytest.mark.parametrize("name", sorted(READERS))
def test_each_answer_is_recognised_by_its_name_and_empty_ones_say_nothing(name: str) -> None:
    raw = soap(f"<tds:{name}/>")
    assert onvif.recognise(raw)
    assert onvif.observe(onvif.decode(raw)) == ()


@pytest.mark.parametrize("name", sorted(READERS))
def test_the_request_of_each_answer_is_well_formed_and_in_the_namespace_of_its_service(name: str) -> None:
    operation = name.removesuffix("Response")
    root = xml.parse(onvif.request(operation))
    (element,) = [one for one in root.iter() if xml.local(one) == operation]
    of_media = operation in ("GetProfiles", "GetVideoSources")
    assert xml.namespace(element) == f"http://www.onvif.org/ver10/{'media' if of_media else 'device'}/wsdl"


def test_the_media_service_is_known_by_its_namespace() -> None:
    listed = "".join(
        f"<tds:Service><tds:Namespace>http://www.onvif.org/{name}/wsdl</tds:Namespace><tds:XAddr>http://192.168.1.64/{name}</tds:XAddr>"
        "</tds:Service>"
        for name in ("ver10/device", "ver20/media", "ver10/media")
    )
    message = onvif.decode(soap(f"<tds:GetServicesResponse>{listed}</tds:GetServicesResponse>"))
    assert isinstance(message, Services)
    assert message.media() == "http://192.168.1.64/ver10/media"
    assert Services(services=()).media() == ""


def test_an_address_that_is_none_gives_no_path() -> None:
    service = "<tds:Service><tds:Namespace>urn:x</tds:Namespace><tds:XAddr>http://[/x</tds:XAddr></tds:Service>"
    assert observed(f"<tds:GetServicesResponse>{service}</tds:GetServicesResponse>") == (("onvif.service", "urn:x"),)


def test_a_name_of_older_stacks_stands_one_level_higher() -> None:
    assert observed("<tds:GetHostnameResponse><tds:Name>IPC</tds:Name></tds:GetHostnameResponse>") == (
        ("onvif.hostname", "IPC"),
    )


@pytest.mark.parametrize(
    ("guid", "expected"),
    [
        (
            "cea94000-fb96-11b3-8260-bcad28000001",
            (("onvif.epr", "urn:uuid:cea94000-fb96-11b3-8260-bcad28000001"), ("onvif.mac", "bc:ad:28:00:00:01")),
        ),
        (
            "urn:uuid:CEA94000-FB96-41B3-8260-BCAD28000001",
            (("onvif.epr", "urn:uuid:cea94000-fb96-41b3-8260-bcad28000001"),),
        ),
        ("not-a-uuid", (("onvif.epr", "not-a-uuid"),)),
    ],
)
def test_only_the_tail_of_a_time_based_uuid_is_a_mac(guid: str, expected: Fields) -> None:
    assert (
        observed(f"<tds:GetEndpointReferenceResponse><tds:GUID>{guid}</tds:GUID></tds:GetEndpointReferenceResponse>")
        == expected
    )


def test_macs_come_once_and_none_of_a_loopback_or_a_group() -> None:
    listed = "".join(
        f"<tds:NetworkInterfaces><tt:Info><tt:HwAddress>{mac}</tt:HwAddress></tt:Info></tds:NetworkInterfaces>"
        for mac in ("BC:AD:28:00:00:01", "bcad28000001", "00:00:00:00:00:00", "01:00:5e:00:00:01", "x")
    )
    message = onvif.decode(soap(f"<tds:GetNetworkInterfacesResponse>{listed}</tds:GetNetworkInterfacesResponse>"))
    assert message == Interfaces(macs=("bc:ad:28:00:00:01",))


def test_a_scope_is_one_word() -> None:
    item = "<tds:Scopes><tt:ScopeItem>onvif://www.onvif.org/name/A b</tt:ScopeItem></tds:Scopes>"
    message = onvif.decode(soap(f"<tds:GetScopesResponse>{item}<tds:Scopes/></tds:GetScopesResponse>"))
    assert message == Scopes(scopes=("onvif://www.onvif.org/name/A",))


def test_a_source_counts_once_however_many_profiles_it_has_and_the_list_is_bounded() -> None:
    listed = "".join(
        f'<trt:Profiles token="P{n}"><tt:Name>N{n}</tt:Name><tt:VideoSourceConfiguration><tt:SourceToken>S{n // 2}</tt:SourceToken>'
        "</tt:VideoSourceConfiguration></trt:Profiles>"
        for n in range(2 * MAX_CHANNELS + 10)
    )
    raw = soap(f'<trt:GetProfilesResponse xmlns:trt="http://www.onvif.org/ver10/media/wsdl">{listed}</trt:GetProfilesResponse>')
    message = onvif.decode(raw)
    assert isinstance(message, Sources)
    assert [one.number for one in message.sources] == list(range(1, len(message.sources) + 1))
    assert 0 < len(message.sources) <= MAX_CHANNELS
    assert (message.sources[1].token, message.sources[1].name) == ("S1", "N2")


def test_parts_of_a_value_cannot_pass_for_each_other() -> None:
    assert joined("1", "a|b\r\nc", "") == "1|a/b c|"
