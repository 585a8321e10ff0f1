"""Redaction: no original of what must not be said stands anywhere, and what decides is as it was."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from camscan.model import Conflict, SiteContext
from camscan.report.deliver import content
from camscan.report.redact import redacted, redacted_run
from camscan.report.registry import BINARY_FORMATS, FORMATS
from camscan.report.said import OF_PRODUCTS, kind_of_field
from tests.report import canned, making
from tests.report.paper import pages_of
from tests.report.unredacted import ORIGINALS, planted

FIELDS = Path(__file__).parents[2] / "fingerprints" / "fields.toml"


def found_in(text: str) -> set[str]:
    folded = text.lower()
    escaped = {one: one.lower().encode("ascii", "backslashreplace").decode() for one in ORIGINALS}
    return {one for one, form in escaped.items() if one.lower() in folded or form in folded}


@pytest.mark.parametrize("form", FORMATS)
def test_no_original_stands_in_any_format(form: str) -> None:
    assert found_in(FORMATS[form].render(redacted(planted()))) == set()


def test_the_formats_together_would_show_most_of_what_is_planted() -> None:
    shown = set().union(*(found_in(FORMATS[form].render(planted())) for form in FORMATS))
    assert len(shown) > len(ORIGINALS) * 3 // 4


@pytest.mark.parametrize("form", BINARY_FORMATS)
def test_formats_that_are_no_text_get_the_redacted_report(tmp_path: Path, form: str) -> None:
    file = tmp_path / f"report.{form}"
    file.write_bytes(BINARY_FORMATS[form].render_bytes(redacted(planted())))
    words = "".join(pages_of(file)).split()
    assert "redacted: names, addresses" in " ".join(words)
    # A line of a page is broken anywhere in what is longer than it.
    assert found_in(" ".join(words)) | found_in("".join(words)) == set()


def test_no_original_stands_in_the_observation_file_and_no_byte_of_a_device() -> None:
    before = planted()
    kept = [one for judged in before.assets for one in judged.asset.observations]
    report, observations = redacted_run(before, kept)
    text = "".join(map(str, content("observations", report, observations)))
    assert found_in(text) == set()
    assert all(one.raw == b"" for one in observations)
    assert observations == tuple(one for judged in report.assets for one in judged.asset.observations)


def test_observations_of_devices_that_are_in_no_asset_are_masked_too() -> None:
    stranger = making.observation("10.77.5.200", link_mac="bc:ad:28:11:11:11", fields=(("dhcp.hostname", "left-out-host"),))
    _, [seen] = redacted_run(planted(), [stranger])
    assert "left-out-host" not in repr(seen)
    assert seen.ip is not None
    assert seen.ip != "10.77.5.200"


def test_what_decides_is_as_it_was() -> None:
    for before in (planted(), canned.every_verdict(), canned.prohibited()):
        after = redacted(before)
        assert len(after.assets) == len(before.assets)
        for was, now in zip(before.assets, after.assets, strict=True):
            assert now.judgement.verdict == was.judgement.verdict
            assert [(f.rule, f.verdict, f.act, f.force, f.installed, f.status, f.because) for f in now.judgement.findings] == [
                (f.rule, f.verdict, f.act, f.force, f.installed, f.status, f.because) for f in was.judgement.findings
            ]
            for name in (
                "kind",
                "form",
                "brand",
                "maker",
                "maker_basis",
                "model",
                "firmware",
                "confidence",
                "components",
                "made_on",
            ):
                assert getattr(now.identification, name) == getattr(was.identification, name), name
            assert [e.fingerprint for e in now.identification.evidence] == [e.fingerprint for e in was.identification.evidence]
        assert (after.complete, after.run.marking, after.run.policies) == (
            before.complete,
            before.run.marking,
            before.run.policies,
        )


def test_one_thing_has_one_mask_wherever_it_stands() -> None:
    after = redacted(planted())
    camera, other = after.assets
    mac = camera.asset.macs[0]
    assert camera.asset.key == f"mac:{mac}"
    assert camera.asset.observations[0].link_mac == mac
    assert camera.asset.observations[0].values("isapi.mac") == (mac,)
    assert camera.asset.observations[0].values("http.server") == (
        f"webserver {mac.replace(':', '').upper()} at {camera.asset.ips[0]}",
    )
    assert camera.identification.serial == camera.asset.observations[0].values("sadp.serial")[0] == "SERIAL-0001"
    assert camera.exceptions[0].device == "serial:hikvision:SERIAL-0001"
    assert camera.identification.conflicts[0].detail.startswith(f"realm SERIAL-0001 at {camera.asset.ips[0]} says")
    assert other.asset.key == f"ip:{after.run.site.name}:{other.asset.ips[0]}"
    assert after.scope.ranges[0] == after.coverage[0].range == after.run.site.ranges[0]
    assert after.coverage[0].site == after.run.sites[0].name


def test_the_maker_of_a_mac_stays_and_masks_are_valid_addresses_of_documentation() -> None:
    after = redacted(planted())
    assert after.assets[0].asset.macs[0].startswith("bc:ad:28:")
    for judged in after.assets:
        for ip in judged.asset.ips:
            documented = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
            assert any(ip_address(ip) in ip_network(one) for one in documented)
    assert all(ip_network(text).subnet_of(ip_network("2001:db8::/32")) for text in after.scope.ranges)  # type: ignore[arg-type]


def test_nothing_stated_of_a_site_is_left_but_a_name_and_ranges_that_are_masks() -> None:
    after = redacted(planted())
    for site in (after.run.site, *after.run.sites, after.assets[0].site):
        assert site is not None
        assert site == SiteContext(name=site.name, ranges=site.ranges)


def test_a_reason_does_not_say_which_case_of_the_rule_a_site_is() -> None:
    [finding] = redacted(planted()).assets[0].judgement.findings
    assert finding.reason == (
        "Seen in sadp.model; uk.hcws386: a title (2022; instruction); replacing equipment already there should be considered; see "
        "https://questions-statements.parliament.uk/written-statements/detail/2022-11-24/hcws386. "
        "What the rule says of this site is left out."
    )


def test_what_must_stand_beside_an_acceptance_stands_there_still() -> None:
    [finding] = redacted(planted()).assets[0].judgement.findings
    assert finding.status_note == (
        "until 2027-03-01, ticket ticket-1: text-6; recorded by person-2; not a statutory exception or waiver"
    )
    unknown = replace(planted().assets[0], exceptions=())
    [finding] = redacted(making.report(unknown)).assets[0].judgement.findings
    assert finding.status_note == "what was recorded is masked; not a statutory exception or waiver"


def test_clouds_of_companies_stay_and_what_an_operator_named_does_not() -> None:
    calls = redacted(planted()).assets[0].egress
    assert (calls[2].destination, calls[2].names, calls[2].who) == ("198.51.100.200", ("dev.hik-connect.com",), "hikvision")
    assert calls[0].names == ("host-3",)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_in_which_something_is_masked_says_so(form: str) -> None:
    text = FORMATS[form].render(redacted(planted()))
    assert "redacted: names, addresses" in " ".join(text.split()) or text == FORMATS[form].render(planted())


def test_redacting_twice_gives_the_same_and_depends_on_nothing_but_the_report() -> None:
    assert redacted(planted()) == redacted(planted())


def test_a_firmware_that_looks_like_an_address_stays() -> None:
    before = making.report(making.assessed(11, None, identification=making.known(firmware="10.2.0.1"), conflicts=(
        Conflict(kind="x", detail="firmware 10.2.0.1 at 10.20.0.11"),
    )))  # fmt: skip
    after = redacted(before).assets[0]
    assert after.identification.firmware == "10.2.0.1"
    assert after.asset.conflicts[0].detail == "firmware 10.2.0.1 at 192.0.2.1"


def test_certificates_tell_the_day_and_interfaces_are_masked() -> None:
    seen = making.observation(
        "10.20.0.11", fields=(("tls.not_after", "2036-11-19T10:11:12Z"), ("tls.not_before", "2026-11-22T10:11:12Z"))
    )
    before = making.report(
        making.assessed(11, None, observations=(seen,)),
        scope=making.scope(interfaces=("enp3s0-cctv",)), attempts=(making.attempt(target="enp3s0-cctv", detail="enp3s0-cctv is down"),),
    )  # fmt: skip
    after = redacted(before)
    assert after.assets[0].asset.observations[0].fields == (
        ("tls.not_after", "2036-11-19T00:00:00Z"),
        ("tls.not_before", "2026-11-22T00:00:00Z"),
    )
    assert after.scope.interfaces == ("interface-1",)
    assert (after.attempts[0].target, after.attempts[0].detail) == ("interface-1", "interface-1 is down")


def test_a_device_that_calls_itself_camera_does_not_change_our_sentences() -> None:
    before = making.report(making.assessed(11, None, hostnames=("camera",)), assumptions=("a camera is a camera",))
    after = redacted(before)
    assert after.assets[0].asset.hostnames == ("host-1",)
    assert after.assumptions == ("a camera is a camera",)


def test_every_field_that_stays_is_in_the_vocabulary_and_none_of_them_names_a_device() -> None:
    declared = {one["name"]: one for one in tomllib.loads(FIELDS.read_text(encoding="utf-8"))["field"]}
    assert set(declared) >= OF_PRODUCTS
    assert not [name for name in OF_PRODUCTS if "claim" in declared[name]]


def test_every_field_that_names_a_device_is_masked_as_what_it_names() -> None:
    declared = tomllib.loads(FIELDS.read_text(encoding="utf-8"))["field"]
    assert {one["name"]: kind_of_field(one["name"]) for one in declared if "claim" in one} == {
        one["name"]: one["claim"] for one in declared if "claim" in one
    }


def test_a_field_that_comes_later_is_masked() -> None:
    assert kind_of_field("newproto.anything") == "text"


def test_every_text_of_a_report_is_either_masked_or_known_to_say_nothing() -> None:
    """A new text in the model is found here: mask it in report/redact.py, or name it among those that stay."""
    marks: dict[str, str] = {}
    before = _marked(planted(), "report", marks)
    after = repr(redacted(before))
    left = {path for text, path in marks.items() if text in after}
    assert left - STAYS - SEARCHED == set()
    assert STAYS - left == set(), "these are masked now"


STAYS = {
    "run.command", "run.policies", "run.version", "run.data_version", "run.marking", "display",
    "scope.techniques", "scope.pace", "scope.highest_pace", "attempts.collector",
    "assets.asset.observations.protocol", "assets.asset.observations.collector",
    "assets.identification.kind", "assets.identification.form", "assets.identification.brand", "assets.identification.maker",
    "assets.identification.maker_basis", "assets.identification.model",
    "assets.identification.firmware", "assets.identification.evidence.fingerprint", "assets.identification.evidence.field",
    "assets.identification.evidence.layer", "assets.identification.evidence.witness", "assets.identification.evidence.says",
    "assets.judgement.findings.policy", "assets.judgement.findings.rule", "assets.judgement.findings.act",
    "assets.judgement.findings.force", "assets.judgement.findings.installed", "assets.judgement.findings.status",
    "assets.judgement.findings.because", "assets.judgement.findings.references", "assets.judgement.findings.settle.outcomes",
    "assets.channels.brand", "assets.channels.model", "assets.attestations.attestation.basis", "assets.exceptions.status",
    "assets.egress.how", "assets.egress.who", "assets.egress.purpose",
    "assets.egress.ports", "assets.egress.bound", "assets.asset.conflicts.kind", "assets.identification.conflicts.kind",
}  # fmt: skip
"""Words of closed lists, slugs, names of products and of companies, ids of rules and fingerprints; the marking is the operator's."""


SEARCHED = {
    "assets.asset.conflicts.detail", "assets.asset.observations.fields", "assets.attestations.attestation.bound_to",
    "assets.attestations.lapsed", "assets.egress.destination", "assets.egress.names", "assets.exceptions.bound_to",
    "assets.identification.conflicts.detail", "assets.judgement.findings.assumptions", "assets.judgement.findings.note",
    "assets.judgement.findings.reason", "assets.judgement.findings.settle.question", "assets.judgement.reason", "assumptions",
    "attempts.detail", "coverage.detail", "incomplete_because", "warnings",
}  # fmt: skip
"""Sentences of ours, in which what is masked elsewhere is looked for; fields of products; clouds of known companies."""


def _marked(value: Any, path: str, marks: dict[str, str]) -> Any:
    """Return a value in which every text is one that occurs nowhere else, with where each stands."""
    if isinstance(value, str) and type(value) is str:
        text = f"m{len(marks):05}w"
        marks[text] = path.removeprefix("report.")
        return text
    if isinstance(value, tuple):
        return tuple(_marked(one, path, marks) for one in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{name: _marked(getattr(value, name), f"{path}.{name}", marks) for name in _names(value)})
    return value


def _names(value: Any) -> Iterator[str]:
    return (field.name for field in dataclasses.fields(value))
