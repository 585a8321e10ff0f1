from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.identify import oui
from camscan.identify.oui import OuiRegistry
from tests.small_data import REGISTRY

SMALL = OuiRegistry(REGISTRY.encode())


@pytest.mark.parametrize(
    ("mac", "prefix", "registrant"),
    [
        ("00:11:22:33:44:55", "001122/24", "Acme Video Co., Ltd."),
        ("00:11:88:ff:ff:ff", "001188/24", "Nobody in particular"),
        ("00:11:77:0f:00:00", "0011770/28", "Acme Home Ltd."),
        ("00:11:77:00:1f:ff", "001177001/36", "Private"),
        ("00:11:77:f0:00:00", "001177/24", "IEEE Registration Authority"),
    ],
)
def test_longest_prefix_names_the_registrant(mac: str, prefix: str, registrant: str) -> None:
    found = SMALL.lookup(mac)
    assert found is not None
    assert (found.prefix, found.registrant) == (prefix, registrant)


@pytest.mark.parametrize(
    "mac",
    [
        "02:11:22:00:00:01",
        "01:11:22:00:00:01",
        "00:00:00:00:00:00",
        "ff:ff:ff:ff:ff:ff",
        "00:11:99:00:00:01",
        "",
        "gg:11:22:00:00:01",
        "00:11:22",
    ],
)
def test_local_group_zero_unassigned_and_broken_addresses_name_nobody(mac: str) -> None:
    assert SMALL.lookup(mac) is None


def test_registry_without_comment_and_final_newline_is_read_the_same() -> None:
    bare = OuiRegistry(b"001122/24\tA\n001133/24\tB")
    assert [bare.lookup(mac).registrant for mac in ("00:11:22:00:00:00", "00:11:33:00:00:00")] == ["A", "B"]  # type: ignore[union-attr]
    assert len(bare) == 2
    assert bare.source() == ""
    assert OuiRegistry(b"").lookup("00:11:22:00:00:00") is None


def test_source_and_registrants_are_those_of_the_text() -> None:
    assert SMALL.source() == "made up, read on 2026-01-31"
    assert "Acme Home Ltd." in SMALL.registrants()
    assert len(SMALL) == len(SMALL.registrants()) == 9


@given(
    st.sets(st.integers(min_value=0, max_value=0xFFFFFF), min_size=1, max_size=60), st.integers(min_value=0, max_value=0xFFFFFF)
)
def test_bisection_finds_exactly_what_stands_in_the_text(prefixes: set[int], other: int) -> None:
    text = "\n".join(["# head", *sorted(f"{number:06x}/24\tR{number}" for number in prefixes)])
    registry = OuiRegistry(text.encode())
    for number in prefixes | {other}:
        digits = f"{number:06x}000001"
        mac = ":".join(digits[i : i + 2] for i in range(0, 12, 2))
        found = registry.lookup(mac)
        if number in prefixes and not int(digits[:2], 16) & 3:
            assert found is not None
            assert found.registrant == f"R{number}"
        else:
            assert found is None


def test_a_registry_asked_for_more_than_it_remembers_answers_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oui, "MAX_KNOWN", 1)
    registry = OuiRegistry(b"001122/24\tOne\n0011223/28\tTwo\n")
    for _ in range(2):
        found = [registry.lookup(mac) for mac in ("00:11:22:00:00:01", "00:11:22:30:00:01", "00:11:23:00:00:01")]
        assert [one and one.registrant for one in found] == ["One", "Two", None]
