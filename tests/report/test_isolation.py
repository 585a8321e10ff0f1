"""Block lists: what they hold, what they never hold, and that the programs for which they are written read them."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.model import AssessedAsset, Verdict
from camscan.report.isolation import LISTS, EveryList, nftables, targets_of
from tests.report import canned, making

HEAD = "reviewed by: ____; life-safety checked: ____; generated from run 20261121T180000Z-pozna\\u0144; MACs can be forged"
FORMATS = (EveryList(), *LISTS)

each_list = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.NAME)


def blocked(number: int = 11, status: str = "open", **changes: object) -> AssessedAsset:
    return making.assessed(number, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED, status=status), **changes)


def test_only_devices_that_a_rule_reaches_for_certain_are_listed() -> None:
    found = targets_of(canned.every_verdict())
    assert (found.devices, found.ipv4) == (3, ("10.20.0.11", "10.20.0.12", "10.20.0.13"))
    assert found.macs == ("bc:ad:28:00:00:0b", "bc:ad:28:00:00:0c", "bc:ad:28:00:00:0d")


@each_list
def test_every_list_is_headed_by_the_line_for_its_reviewer(form) -> None:
    text = form.render(canned.every_verdict())
    assert text.count(HEAD) == (len(LISTS) if form.NAME == "isolation" else 1)
    assert "camscan has applied nothing" in text


@each_list
def test_nothing_of_a_device_but_addresses_and_macs_is_in_a_list(form) -> None:
    text = form.render(canned.every_verdict()) + form.render(canned.hostile())
    assert text.isascii()
    for said in ("Hikvision", "ANNKE", "annke", "DS-7804HQH-K1", "C800", "webserver", "alert", "exe", "calc", "\x1b", "\\x1b"):
        assert said not in text


@given(text=st.text(max_size=40))
def test_text_that_is_no_address_never_reaches_a_list(text: str) -> None:
    liar = blocked(11, ips=(text,), macs=(text,), key=text, hostnames=(text,))
    found = targets_of(making.report(liar))
    assert found.macs == ()
    assert all(str(ip_address(ip)) == ip for ip in (*found.ipv4, *found.ipv6))


@pytest.mark.parametrize(
    ("changes", "left_out"),
    [
        ({"ips": ("224.0.0.251",)}, "addresses that are no address of one device"),
        ({"ips": ("0.0.0.0",)}, "addresses that are no address of one device"),
        ({"ips": ("10.20.0.250",)}, "addresses that the scope excludes"),
        ({"ips": ("10.20.9.9",)}, "addresses that the scope excludes"),
        ({"macs": ("01:00:5e:00:00:fb",)}, "MACs that are no MAC of one device"),
        ({"macs": ("00:00:00:00:00:00",)}, "MACs that are no MAC of one device"),
        ({"macs": ("00:40:8c:00:00:01",)}, "MACs that the scope excludes"),
        ({"relays": True}, "MACs that stand before other devices too, such as a router's"),
        ({"outside_scope": True}, "devices outside the scope"),
        ({"status": "accepted"}, "devices that a recorded exception covers, which is not a statutory exception or waiver"),
    ],
)
def test_what_would_hit_others_or_was_not_meant_is_left_out_and_said(changes: dict[str, object], left_out: str) -> None:
    scope = making.scope(exclude=("10.20.0.250", "10.20.9.0/24", "00:40:8c:00:00:01"))
    report = making.report(blocked(11, **changes), scope=scope)
    found = targets_of(report)
    assert found.left_out == (f"1 {left_out}",)
    assert f"left out: 1 {left_out}" in EveryList().render(report)
    for values in (changes.get("ips", ()), changes.get("macs", ())):
        assert not set(values) & {*found.ipv4, *found.macs}


def test_an_address_that_two_devices_have_is_left_out() -> None:
    other = making.assessed(12, Verdict.NO_FINDING, ips=("10.20.0.11",))
    found = targets_of(making.report(blocked(11), other))
    assert (found.ipv4, found.macs) == ((), ("bc:ad:28:00:00:0b",))


def test_a_replacement_that_is_only_planned_is_still_listed() -> None:
    assert targets_of(making.report(blocked(11, "planned"), blocked(12, "lapsed"))).devices == 2


@each_list
def test_a_report_without_such_devices_lists_nothing_and_says_so(form) -> None:
    text = form.render(canned.nothing_found())
    assert "nothing to block" in text


def test_each_kind_is_written_as_its_reader_wants_it() -> None:
    two_families = replace(making.asset(11), ips=("10.20.0.11", "2001:db8::11"))
    report = making.report(replace(blocked(11), asset=two_families))
    texts = {form.NAME: form.render(report).splitlines() for form in LISTS}
    for line in (" deny ip host 10.20.0.11 any", " deny ip any host 10.20.0.11", " permit ip any any"):
        assert line in texts["cisco-ios"]
    assert " deny ipv6 host 2001:db8::11 any" in texts["cisco-ios"]
    assert " deny host bcad.2800.000b any" in texts["cisco-ios"]
    assert "host camscan-bcad2800000b { hardware ethernet bc:ad:28:00:00:0b; deny booting; }" in texts["dhcp-deny"]
    assert "bcad2800000b Auth-Type := Reject" in texts["mab-reject"]
    assert "        ip6 daddr @ipv6 counter drop" in texts["nftables"]


def test_nothing_is_bound_to_an_interface() -> None:
    text = next(form for form in LISTS if form.NAME == "cisco-ios").render(canned.every_verdict())
    assert "interface" not in text
    assert "access-group" not in text


@pytest.mark.skipif(shutil.which("nft") is None, reason="nft is not installed: apt-get install nftables")
@pytest.mark.parametrize("name", ["every_verdict", "nothing_found", "hostile"])
def test_nft_reads_the_ruleset_twice_over(name: str, tmp_path: Path) -> None:
    report = canned.CANNED[name]()
    if name == "every_verdict":
        first, *others = report.assets
        report = replace(
            report, assets=(replace(first, asset=replace(first.asset, ips=("10.20.0.11", "2001:db8::11"))), *others)
        )
        assert any(targets_of(report).ipv6)
    file = tmp_path / "block.nft"
    file.write_text(LISTS[0].render(report) * 2, encoding="utf-8")
    here = ["unshare", "--net"]
    ran = subprocess.run([*here, "nft", "-c", "-f", str(file)], capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_ruleset_of_no_targets_is_no_ruleset() -> None:
    assert list(nftables(targets_of(canned.empty()))) == []
