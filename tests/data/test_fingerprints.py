"""Self-test of fingerprints/: never edited for a new vendor or entry."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from camscan.codecs.registry import DATAGRAM_CODECS, FRAME_CODECS, STREAM_CODECS
from camscan.datafiles.check import check_vendor, check_whole, coverage_of, message_of
from camscan.datafiles.knowledge import standards_of, vendor_files
from camscan.datafiles.schema import FingerprintEntry, VendorFile
from camscan.identify.engine import identify_fields
from camscan.identify.match import hits_of_message
from camscan.identify.pattern import Pattern
from camscan.identify.rules import NAME
from camscan.model import CAMERA_KINDS, MAX_VALUE, Fields
from tests.shipped import shipped

ROOT = Path(__file__).parents[2] / "fingerprints"
FILES: list[tuple[str, VendorFile]] = [(path.stem, entry) for path, entry in vendor_files(ROOT)]
every_file = pytest.mark.parametrize("entry", [entry for _, entry in FILES], ids=[name for name, _ in FILES])

ADVERSARIAL = [
    "a" * 4096,
    "DS-" * 1365,
    "Login to " * 455,
    "AXIS" + "_" * 4092,
    '<input value="' * 292,
    " \t\r\n" * 1024,
    "".join(chr(33 + n % 94) for n in range(4096)),
    "\x00\xff" * 2048,
    "0" * 4096,
]

UNPROVEN = [
    ("http.server", "UNIVIEW RTSP"),
    ("rtsp.server", "UNIVIEW RTSP"),
    ("http.server", "Uniview-Webs"),
    ("http.auth.realm", "uniview"),
    ("rtsp.auth.realm", "uniview"),
    ("http.auth.realm", "Uniview LAPI"),
    ("http.server", "Hikvision"),
    ("rtsp.server", "Hikvision-Streaming-Media"),
    ("rtsp.server", "Hikvision RTSP Server"),
    ("ftp.banner", "220 Hikvision FTP Server"),
    ("ssh.banner", "SSH-2.0-dropbear"),
    ("http.auth.realm", "IPCamera"),
    ("rtsp.server", "H264DVRRtspServer"),
    ("http.server", "Vivotek"),
    ("http.auth.realm", "VVTK"),
    ("http.auth.realm", "Dahua"),
    ("http.server", "Reolink"),
    ("http.server", "Rapid Logic/1.1"),
    ("http.server", "Tiandy"),
    ("http.server", "HoloSens"),
    ("http.server", "VIGI"),
    ("telnet.banner", "login:"),
    ("telnet.banner", "(none) login:"),
    ("ftp.banner", "220 Operation successful"),
    ("rtsp.server", "GStreamer RTSP server"),
    ("rtsp.server", "Rtsp Server/2.0"),
]
"""Texts that circulate as marks of a maker and were never seen on a device of it, or that many makers' devices send."""

EMBEDDED = """GoAhead-Webs|Boa/0.93.15|Boa/0.94.13|Boa/0.94.14rc21|mini_httpd/1.19 19dec2003|thttpd/2.25b|micro_httpd|lighttpd|nginx
gSOAP/2.8|httpd|Webs|webserver|web|Router Webserver|alphapd|RomPager|Mongoose|uhttpd"""
"""Servers of routers, printers and cameras alike."""

WRONG = [
    ("http.server", "uc-httpd 1.0.0", "hikvision"),
    ("rtsp.server", "Hipcam RealServer/V1.0", "xiongmai"),
    ("http.server", "Cross Web Server", "hisilicon"),
    ("snmp.sysobjectid", "1.3.6.1.4.1.36849.1", "bosch"),
    ("snmp.sysobjectid", "1.3.6.1.4.1.31460.1", "uniview"),
    ("snmp.sysobjectid", "1.3.6.1.4.1.11048.1", "hikvision"),
    ("snmp.sysobjectid", "1.3.6.1.4.1.15587.1", "dahua"),
    ("snmp.sysobjectid", "1.3.6.1.4.1.39136.1", "hikvision"),
]
"""Texts that public lists ascribe to the wrong maker."""


def test_nothing_is_wrong_across_files() -> None:
    assert [str(one) for one in check_whole(shipped(), ROOT)] == []


@every_file
def test_each_entry_holds_its_own_examples_and_contradicts_no_other(entry: VendorFile) -> None:
    assert [str(one) for one in check_vendor(entry, shipped(), f"vendors/{entry.vendor.slug}.toml")] == []


@every_file
def test_one_entry_says_what_one_field_says(entry: VendorFile) -> None:
    assert [twice for one in entry.fingerprint for twice in repeated(one)] == []


def test_one_entry_of_the_standards_says_what_one_field_says() -> None:
    assert [twice for one in standards_of(ROOT) for twice in repeated(one)] == []


def repeated(entry: FingerprintEntry) -> list[tuple[str, ...]]:
    """Return the fingerprints that claim the same of one field in an example of an entry."""
    found: list[tuple[str, ...]] = []
    for example in entry.examples:
        message = message_of(entry, example.text, example.fields)
        assert message is not None
        claims: dict[tuple[str, Fields], list[str]] = {}
        for hit in hits_of_message(message, 0, shipped()):
            claims.setdefault((hit.evidence.field, hit.evidence.says), []).append(hit.evidence.fingerprint)
        found += [tuple(names) for names in claims.values() if len(names) > 1]
    return found


def test_what_an_owner_calls_a_device_gives_its_label_and_no_firmware() -> None:
    names = [one for one in shipped().fingerprints if one.witness == NAME]
    assert len(names) > 400
    assert [one.id for one in names if {"brand", "maker"} <= dict(one.gives).keys()] == []


@pytest.mark.parametrize("field", ["dhcp.hostname", "mdns.instance", "mdns.host", "upnp.friendly_name"])
def test_a_name_is_a_witness_of_its_protocol_only_where_the_factory_puts_numbers_in_it(field: str) -> None:
    for one in shipped().fingerprints:
        if one.conditions[0].field == field and one.witness != NAME:
            assert re.search(r"\{(?:1,3\}\)\{3|4,12|6|12)\}", one.conditions[0].pattern.text), one.id


@every_file
def test_each_file_can_tell_its_vendor_from_something(entry: VendorFile) -> None:
    covered = coverage_of(entry)
    assert covered.fingerprints or covered.registrants


@every_file
def test_adversarial_text_is_answered_by_every_pattern(entry: VendorFile) -> None:
    compiled = [one for one in shipped().fingerprints if one.vendor == entry.vendor.slug]
    patterns: list[Pattern] = [condition.pattern for one in compiled for condition in (*one.conditions, *one.none)]
    patterns += [rule.pattern for rule in shipped().models.get(entry.vendor.slug, ())]
    for pattern in patterns:
        for text in ADVERSARIAL:
            pattern.search(text.encode())


def test_adversarial_text_in_every_field_gives_a_bounded_answer() -> None:
    for text in ADVERSARIAL:
        for name in shipped().fields:
            if name != "mac":
                found = identify_fields(((name, text[:MAX_VALUE]),), shipped())
                assert all(len(one.value) < 600 and all(len(value) <= 160 for _, value in one.says) for one in found.evidence)


@pytest.mark.parametrize(("field", "value"), UNPROVEN, ids=lambda part: str(part)[:30])
def test_unproven_marks_name_nobody(field: str, value: str) -> None:
    found = identify_fields(((field, value),), shipped())
    assert (found.brand, found.maker) == (None, None)


@pytest.mark.parametrize("value", EMBEDDED.replace("\n", "|").split("|"))
def test_embedded_servers_name_nobody_and_are_no_camera_mark(value: str) -> None:
    found = identify_fields((("http.server", value),), shipped())
    assert (found.brand, found.maker) == (None, None)
    assert found.kind not in CAMERA_KINDS


@pytest.mark.parametrize(("field", "value", "slug"), WRONG)
def test_misattributed_marks_do_not_name_the_wrong_maker(field: str, value: str, slug: str) -> None:
    found = identify_fields(((field, value),), shipped())
    assert slug not in (found.brand, found.maker)


def test_chip_maker_is_never_a_maker() -> None:
    for entry in shipped().fingerprints:
        claims = dict(entry.gives)
        assert "hisilicon" not in (claims.get("brand"), claims.get("maker"))


def test_entries_of_the_standards_name_no_vendor() -> None:
    for entry in standards_of(ROOT):
        assert entry.gives.brand is None
        assert entry.gives.maker is None


def test_every_field_of_a_codec_s_samples_is_in_the_vocabulary() -> None:
    names = {one.NAME for one in DATAGRAM_CODECS} | {one.NAME for one in STREAM_CODECS} | {one.NAME for one in FRAME_CODECS}
    seen = set()
    for path in sorted((Path(__file__).parents[1] / "samples").glob("*/*.json")):
        if path.parent.name in names:
            seen |= field_names(json.loads(path.read_text("utf-8")))
    assert seen - shipped().fields.keys() == set()


def field_names(document: object) -> set[str]:
    """Return the field names of a sample's expected observation, wherever they stand in it."""
    if isinstance(document, dict):
        return field_names(document.get("fields", []))
    if isinstance(document, list):
        return {pair[0] for pair in document if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)}
    return set()


def test_field_names_that_the_documentation_promises_are_declared() -> None:
    promised = """mac http.server http.auth.realm http.title http.body http.favicon.mmh3 http.favicon.md5 rtsp.server rtsp.auth.realm
        rtsp.sdp tls.subject tls.issuer ssh.banner telnet.banner ftp.banner snmp.sysdescr snmp.sysobjectid upnp.manufacturer upnp.model
        upnp.server ssdp.server mdns.service mdns.instance mdns.txt wsd.scopes wsd.types onvif.manufacturer onvif.model onvif.firmware
        sadp.model dhip.vendor dhcp.vendor_class dhcp.hostname dns.name tls.sni"""
    assert set(promised.split()) - shipped().fields.keys() == set()


def test_claims_cover_addresses_serials_keys_and_endpoints() -> None:
    claims = shipped().claims
    expected = {
        "wsd.epr": "endpoint",
        "tls.key": "key",
        "sadp.mac": "mac",
        "dhip.mac": "mac",
        "sadp.serial": "serial",
        "onvif.serial": "serial",
    }
    assert expected.items() <= claims.items()
    assert all(claims.get(name) == "mac" for name in shipped().fields if name.endswith(".mac"))


def test_4_kib_of_a_pattern_s_own_literals_give_a_bounded_answer() -> None:
    for entry in shipped().fingerprints:
        for condition in entry.conditions:
            for literal in condition.pattern.literals()[:3]:
                text = (literal + b" ").decode("utf-8", "replace") * (4096 // (len(literal) + 1))
                found = identify_fields(((condition.field, text),), shipped())
                assert all(len(one.value) < 600 and all(len(value) <= 160 for _, value in one.says) for one in found.evidence)
