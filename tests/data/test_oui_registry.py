from __future__ import annotations

from datetime import date

import pytest

from camscan.identify.oui import OuiRegistry
from tests.data.test_reference import PROJECT, script

TEXT = (PROJECT / "fingerprints" / "oui" / "registry.txt").read_bytes()
generate = script("fingerprints/oui/generate.py")


def test_shipped_registry_is_sorted_and_whole() -> None:
    lines = TEXT.splitlines()
    entries = [line for line in lines if not line.startswith(b"#")]
    assert lines[0].startswith(b"# IEEE MA-L")
    assert entries == sorted(entries)
    assert len(entries) > 50_000
    assert len({line.split(b"\t")[0] for line in entries}) == len(entries)
    assert {line.split(b"\t")[0].split(b"/")[1] for line in entries} == {b"24", b"28", b"36"}


def test_shipped_registry_names_its_source_and_day() -> None:
    source, _, day = OuiRegistry(TEXT).source().rpartition(" read on ")
    assert "oui-data" in source
    assert date.fromisoformat(day)


@pytest.mark.parametrize(
    ("mac", "registrant"),
    [("bc:ad:28:00:00:01", "Hangzhou Hikvision Digital Technology Co.,Ltd."), ("00:40:8c:00:00:01", "Axis Communications AB")],
)
def test_shipped_registry_knows_camera_makers(mac: str, registrant: str) -> None:
    found = OuiRegistry(TEXT).lookup(mac)
    assert found is not None
    assert found.registrant == registrant


def test_generator_writes_what_the_lookup_reads() -> None:
    assignments = {
        "0011770": "Block\tHolder \nStreet 1",
        "001177": "IEEE Registration Authority\nNJ",
        "AABBCC": "",
        "001177001": "Private",
    }
    lines = generate.registry_lines(assignments, "9.9.9", date(2026, 1, 31))
    registry = OuiRegistry("\n".join(lines).encode())
    assert registry.source().endswith("oui-data 9.9.9 (BSD-2-Clause), read on 2026-01-31")
    macs = ["00:11:77:0f:00:00", "00:11:77:00:1f:00", "00:11:77:f0:00:00"]
    assert [registry.lookup(mac).registrant for mac in macs] == ["Block Holder", "Private", "IEEE Registration Authority"]  # type: ignore[union-attr]
    assert lines[-1] == "aabbcc/24\t"


def test_generator_refuses_a_prefix_of_odd_length() -> None:
    with pytest.raises(ValueError, match="0011"):
        generate.registry_lines({"0011": "x"}, "1", date(2026, 1, 31))
