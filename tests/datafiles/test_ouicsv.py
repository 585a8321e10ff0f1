"""The IEEE's CSV files over the registry: what they say replaces and adds, and no half a file makes the registry young."""

from __future__ import annotations

from datetime import date

import pytest

from camscan.datafiles.age import old, registry_read_on, stale
from camscan.datafiles.ouicsv import assignments_of, refreshed
from camscan.errors import UsageError
from camscan.identify.oui import OuiRegistry

HEAD = "Registry,Assignment,Organization Name,Organization Address\n"
BEFORE = (
    b"# IEEE MA-L, MA-M and MA-S assignments; a copy, read on 2026-01-02\n# more\n"
    b"001122/24\tAcme Video Co., Ltd.\n0011770/28\tAcme Home Ltd.\n001188/24\tNobody\n0050c2000/36\tOld Block Ltd.\n"
)
DAY = date(2026, 11, 20)


def csv(*rows: str) -> bytes:
    return ("\ufeff" + HEAD + "".join(f"{row}\r\n" for row in rows)).encode()


WHOLE = csv(
    'MA-L,001122,"Acme Video, Inc.","1 Road, Town US 123"',
    "MA-L,001188,Nobody,",
    "MA-L,0011AA,New Camera Co,Somewhere",
    "MA-M,0011770,Acme Home Ltd.,x",
    "MA-S,70B3D5001,Tiny GmbH,x",
    "IAB,0050C2001,Block Two,x",
    "CID,0A1B2C,Company Id,x",
)


def test_supplied_assignments_replace_and_add_and_none_is_taken_away() -> None:
    made = refreshed(BEFORE, [("all.csv", WHOLE)], DAY)
    registry = OuiRegistry(made.text)
    assert (made.added, made.renamed, made.lacking, made.read_on) == (4, 1, (), DAY)
    for mac, name in (
        ("00:11:22:00:00:01", "Acme Video, Inc."),
        ("00:11:aa:00:00:01", "New Camera Co"),
        ("00:11:77:00:00:01", "Acme Home Ltd."),
        ("70:b3:d5:00:10:01", "Tiny GmbH"),
        ("00:50:c2:00:10:01", "Block Two"),
        ("00:50:c2:00:00:01", "Old Block Ltd."),
    ):
        found = registry.lookup(mac)
        assert found is not None
        assert found.registrant == name
    assert registry.lookup("0a:1b:2c:00:00:01") is None, "a company id is no prefix of a global MAC"
    assert registry_read_on(registry) == DAY
    body = [line for line in made.text.splitlines() if not line.startswith(b"#")]
    assert body == sorted(body)


def test_a_part_of_the_registry_does_not_make_it_young() -> None:
    made = refreshed(BEFORE, [("oui.csv", csv("MA-L,0011AA,New Camera Co,"))], DAY)
    assert made.lacking == ("MA-L", "MA-M", "MA-S")
    assert made.read_on == registry_read_on(OuiRegistry(made.text)) == date(2026, 1, 2)
    assert OuiRegistry(made.text).lookup("00:11:aa:00:00:01") is not None


def test_several_files_count_together() -> None:
    parts = [WHOLE.decode("utf-8-sig").splitlines()[n] for n in range(1, 8)]
    supplied = [(f"{number}.csv", csv(part)) for number, part in enumerate(parts)]
    assert refreshed(BEFORE, supplied, DAY).read_on == DAY


def test_control_characters_of_a_registrant_cannot_make_a_line_of_their_own() -> None:
    made = refreshed(BEFORE, [("x.csv", csv('MA-L,0011AA,"New\tCo\n001122/24 Evil",'))], DAY)
    found = OuiRegistry(made.text).lookup("00:11:aa:00:00:01")
    assert found is not None
    assert found.registrant == "New Co 001122/24 Evil"
    assert len(OuiRegistry(made.text)) == 5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the first row must name Registry"),
        (b"a,b,c\n1,2,3\n", "the first row must name Registry"),
        (HEAD.encode(), "holds no assignment"),
        (csv("MA-X,001122,X,"), 'line 2: "MA-X" is no registry'),
        (csv("MA-L,00112,X,"), 'line 2: "00112" is no assignment of MA-L: 6 hexadecimal digits'),
        (csv("MA-M,00112G7,X,"), "is no assignment of MA-M"),
        (csv("MA-L,001122"), "line 2: too few columns"),
        (csv('MA-L,001122,"open'), "line"),
        (b"\xff\xfe", "not UTF-8"),
        (csv("MA-L,001122," + "x" * 200_000), "field larger than field limit"),
    ],
)
def test_a_file_that_is_no_registry_is_refused_with_its_line(content: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=f"oui.csv: .*{said}"):
        assignments_of(content, "oui.csv")


TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("read_on", "released", "warned"),
    [
        ("2026-11-21", "2026-11-21", 0),
        ("2026-05-26", "2026-11-21", 0),
        ("2026-05-25", "2026-11-21", 1),
        ("2026-11-21", "2025-11-21", 1),
        ("2024-11-21", "2024-11-21", 2),
    ],
)
def test_data_is_old_after_half_a_year_and_after_a_year(read_on: str, released: str, warned: int) -> None:
    from datetime import UTC, datetime

    registry = OuiRegistry(f"# x, read on {read_on}\n".encode())
    assert len(old(registry, datetime.fromisoformat(released).replace(tzinfo=UTC), TODAY)) == warned


def test_what_must_be_fresh_is_so_only_where_its_age_is_known() -> None:
    registry = OuiRegistry(b"# x, read on 2026-11-01\n")
    assert stale(registry, None, TODAY, 30 * 86_400) == ("the fingerprints and policies: age not known",)
    assert stale(registry, None, TODAY, 20 * 86_400)[0] == "the OUI registry: 21 days old"
    assert stale(OuiRegistry(b""), None, TODAY, 86_400)[0] == "the OUI registry: age not known"
