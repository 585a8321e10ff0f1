"""Of a printer, address, MAC and class are kept; of a camera, everything."""

from dataclasses import replace

import pytest

from camscan.identify.minimise import minimise
from camscan.identify.rules import Knowledge
from camscan.model import Confidence, Evidence, Identification
from tests.factories import asset, observation
from tests.shipped import shipped as shipped_knowledge

PRINTER_MAC = "00:1e:8f:00:00:01"
CERTIFICATE = observation(
    (("tls.san", "drucker-büro"), ("tls.subject", "CN=Canon Imaging Product")),
    protocol="tls", ip="192.0.2.9", link_mac=PRINTER_MAC, raw=b"certificate",
)  # fmt: skip
NAMES = observation((("mdns.host", "drucker-büro.local"),), protocol="mdns", ip="192.0.2.9", link_mac=PRINTER_MAC, raw=b"dns")
SWEEP = observation((("arp.ip", "192.0.2.9"), ("arp.mac", PRINTER_MAC)), protocol="arp", ip="192.0.2.9", link_mac=PRINTER_MAC)
UNLINKED = observation(
    (("http.body", "Auftrag: Kündigung.pdf"), ("http.server", "x")), protocol="http", ip="192.0.2.9", link_mac=None
)
CAMERA = observation(
    (("mdns.host", "tor-süd.local"),), protocol="mdns", ip="192.0.2.10", link_mac="ac:cc:8e:00:00:02", raw=b"dns"
)
EVIDENCE = Evidence(fingerprint="canon.tls.printer", field="tls.subject", value="CN=Canon Imaging Product", observation=0)
ALL = (CERTIFICATE, NAMES, SWEEP, UNLINKED, CAMERA)


@pytest.fixture(scope="module")
def shipped() -> Knowledge:
    return shipped_knowledge()


def cut(knowledge: Knowledge, kind: str, confidence: Confidence = Confidence.FIRM) -> tuple[object, ...]:
    printer = asset(*ALL[:4], macs=(PRINTER_MAC,), ips=("192.0.2.9",), site=CERTIFICATE.site)
    found = Identification(kind=kind, kind_confidence=confidence, evidence=(EVIDENCE,))  # type: ignore[arg-type]
    return minimise(ALL, [(printer, found)], knowledge)


def test_names_and_bytes_of_another_kind_of_host_are_gone(shipped: Knowledge) -> None:
    kept = repr(cut(shipped, "other"))
    for private in ("drucker-büro", "Kündigung", "certificate'"):
        assert private not in kept


def test_its_address_its_mac_and_the_mark_of_its_class_stay(shipped: Knowledge) -> None:
    assert [seen.fields for seen in cut(shipped, "other")[:2]] == [(("tls.subject", "CN=Canon Imaging Product"),), SWEEP.fields]  # type: ignore[attr-defined]


def test_a_camera_beside_it_keeps_everything(shipped: Knowledge) -> None:
    assert cut(shipped, "other")[-1] == CAMERA


def test_equipment_and_unknown_hosts_are_left_alone(shipped: Knowledge) -> None:
    for kind in ("camera", "software", "unknown"):
        assert cut(shipped, kind) == ALL


def test_one_value_that_the_owner_can_set_does_not_make_it_something_else(shipped: Knowledge) -> None:
    assert cut(shipped, "other", Confidence.TENTATIVE) == ALL


def test_of_a_name_that_shows_the_class_no_more_is_kept_than_what_shows_it(shipped: Knowledge) -> None:
    said = (("dhcp.hostname", "DSP-W215-Poznań"), ("mdns.txt", "model_number=DSP-W215"), ("mdns.txt", "note=room of Alice"))
    plug = replace(NAMES, fields=said)
    named = (("d-link.dhcp.hostname-other", said[0]), ("d-link.mdns.txt", said[1]))
    proof = tuple(Evidence(fingerprint=entry, field=pair[0], value=pair[1], observation=0) for entry, pair in named)
    found = Identification(kind="other", kind_confidence=Confidence.FIRM, evidence=proof)
    (left,) = minimise([plug], [(asset(plug, macs=(PRINTER_MAC,), site=plug.site), found)], shipped)
    assert left.fields == (("dhcp.hostname", "DSP-W215"), said[1])
