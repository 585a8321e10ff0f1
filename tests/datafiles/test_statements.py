"""Files of attestations and exceptions: what is read, what is refused and how it is named, what an edit leaves alone; and CSV."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.datafiles import statements_csv
from camscan.datafiles.statements import (
    appended,
    checked,
    entries_of,
    news,
    read_attestations,
    read_exceptions,
    removed,
    with_id,
)
from camscan.datafiles.statements_csv import (
    ATTESTATION_COLUMNS,
    EXCEPTION_COLUMNS,
    covered_of,
    exceptions_as_csv,
    rows,
)
from camscan.errors import UsageError
from camscan.model import Attestation, Covered, DeviceException

DAY = date(2026, 11, 21)
ATTESTATION = Attestation(
    id="at-1", device="mac:bc:ad:28:00:00:01", bound_to=("mac=bc:ad:28:00:00:01",), by="R. Nowak", basis="label",
    recorded_on=DAY, maker="hikvision",
)  # fmt: skip
EXCEPTION = DeviceException(
    id="ex-1", status="accepted", device="mac:bc:ad:28:00:00:01", bound_to=("mac=bc:ad:28:00:00:01", "sadp.serial=ds2"),
    owner="R. Nowak", ticket="RISK-12", recorded_on=DAY, expires_on=date(2027, 3, 1), reason="fire exit", maker="hikvision",
    covers=(Covered(rule="uk.hcws386", act="keep", verdict="restricted"), Covered(rule="uk.hcws386", act="deploy", verdict="review")),
)  # fmt: skip
PLAN = replace(EXCEPTION, id="ex-2", status="planned", reason="", due=date(2027, 1, 1), replacement="Axis P3265")
REGISTER = """\
# Kept by the security office; ask before you change it.

[[exception]]
id = "ex-0"   # the lobby
status = "accepted"
device = "mac:00:40:8c:00:00:01"
bound_to = ["mac=00:40:8c:00:00:01"]
owner = "A. Kowalska"
ticket = "RISK-1"
reason = "listed façade"
recorded_on = 2026-11-01
expires_on = 2026-12-01
covers = [{ rule = "uk.hcws386", act = "keep", verdict = "review" }]
"""

LINE = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Zs", "Cn", "Co")), min_size=1, max_size=40
)


@given(by=LINE, model=LINE, ref=LINE, location=LINE)
def test_what_is_written_is_read_back_whatever_a_person_typed(by: str, model: str, ref: str, location: str) -> None:
    entry = replace(ATTESTATION, by=by, model=model, ref=ref, location=location, disposed=DAY, not_a_camera=True)
    text = appended("", "attestation", [entry, replace(entry, id="at-2")])
    assert entries_of(text.encode(), "attestation", "a.toml") == (entry, replace(entry, id="at-2"))


@given(owner=LINE, reason=LINE, ticket=LINE)
def test_exceptions_come_back_from_toml_and_from_csv(owner: str, reason: str, ticket: str) -> None:
    entry = replace(EXCEPTION, owner=owner, reason=reason, ticket=ticket)
    assert entries_of(appended("", "exception", [entry, PLAN]).encode(), "exception", "e.toml") == (entry, PLAN)
    header, first, _ = csv.reader(io.StringIO(exceptions_as_csv([entry, PLAN])))
    assert tuple(header) == EXCEPTION_COLUMNS
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in first)


def test_an_edit_leaves_comments_and_other_entries_as_they_are() -> None:
    more = appended(REGISTER, "exception", [EXCEPTION])
    assert more.startswith(REGISTER)
    assert [entry.id for entry in entries_of(more.encode(), "exception", "e.toml")] == ["ex-0", "ex-1"]
    assert removed(more, "exception", ["ex-1"]).rstrip() == REGISTER.rstrip()
    without = removed(more, "exception", ["ex-0"])
    assert without.startswith("# Kept by the security office")
    assert [entry.id for entry in entries_of(without.encode(), "exception", "e.toml")] == ["ex-1"]


def test_the_comment_right_above_an_entry_goes_with_it_and_others_stay() -> None:
    noted = appended(REGISTER, "exception", [EXCEPTION, PLAN]).replace(
        '[[exception]]\nid = "ex-1"', '# asked for by the fire officer\n[[exception]] # the exit\nid = "ex-1"'
    )
    assert "fire officer" in noted
    assert removed(noted, "exception", ["ex-1"]) == appended(REGISTER, "exception", [PLAN])
    assert "fire officer" in removed(noted, "exception", ["ex-2"])


@pytest.mark.parametrize(
    "text",
    [
        'exception = [{ id = "ex-0" }]\n',
        '[[exception]]\nid = "ex-0"\nreason = """\n[[exception]]\n"""\n',
        "[[ exception ]]\nid = 'ex-0'\n",
    ],
)
def test_a_form_that_cannot_be_cut_is_left_to_its_author(text: str) -> None:
    with pytest.raises(ValueError, match="change it by hand"):
        removed(text, "exception", ["ex-0"])


def test_a_list_on_one_line_is_not_continued() -> None:
    with pytest.raises(ValueError, match="change it by hand"):
        appended('exception = [{ id = "ex-0" }]\n', "exception", [EXCEPTION])


def test_an_entry_is_recorded_once_and_removed_once() -> None:
    with pytest.raises(ValueError, match="ex-0 is recorded already"):
        appended(REGISTER, "exception", [replace(EXCEPTION, id="ex-0")])
    with pytest.raises(ValueError, match="there is no exception ex-9"):
        removed(REGISTER, "exception", ["ex-9"])


def test_an_emptied_file_can_be_filled_again() -> None:
    emptied = removed(REGISTER, "exception", ["ex-0"])
    assert entries_of(emptied.encode(), "exception", "e.toml") == ()
    assert entries_of(appended(emptied, "exception", [PLAN]).encode(), "exception", "e.toml") == (PLAN,)


def test_a_statement_is_not_news_on_another_day() -> None:
    again = replace(ATTESTATION, id="at-2", recorded_on=date(2026, 12, 1))
    other = replace(again, location="gate 3")
    assert news([again, other, other], [ATTESTATION]) == [other]


@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(str.encode) | st.just(b"a = 1" + b"0" * 5000))
def test_whatever_a_file_holds_it_is_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(UsageError):
        entries_of(raw, "exception", "e.toml")


@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"asset,maker\n{text}".encode()))
def test_whatever_a_list_holds_it_is_read_or_refused(raw: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(raw)
    with contextlib.suppress(UsageError):
        list(rows(path, ATTESTATION_COLUMNS, needed=("asset",)))


def test_equal_entries_have_equal_ids_and_others_do_not() -> None:
    assert with_id("exception", EXCEPTION) == with_id("exception", replace(EXCEPTION, id="other"))
    assert with_id("exception", EXCEPTION).id != with_id("exception", replace(EXCEPTION, owner="A. Kowalska")).id
    assert with_id("attestation", ATTESTATION).id.startswith("at-")


def test_a_file_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert read_exceptions(tmp_path / "e.toml").entries == ()
    assert read_attestations(tmp_path / "a.toml").sha256 == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("ex-0", "EX 0"), "exception 1 (EX 0): id:"),
        (('"accepted"', '"waived"'), "exception 1 (ex-0): status: Input should be 'planned' or 'accepted'"),
        (('reason = "listed façade"\n', ""), "exception 1 (ex-0): accepted needs a reason"),
        (('"accepted"', '"planned"'), "exception 1 (ex-0): planned needs a due date and a replacement"),
        (("expires_on = 2026-12-01\n", ""), "exception 1 (ex-0): expires_on: Field required"),
        (("expires_on = 2026-12-01", "expires_on = 2026-10-01"), "expires_on 2026-10-01 is before recorded_on 2026-11-01"),
        (('bound_to = ["mac=00:40:8c:00:00:01"]', "bound_to = []"), "exception 1 (ex-0): bound_to:"),
        (("ticket", "tiket"), "exception 1 (ex-0): ticket: Field required"),
        (('owner = "A. Kowalska"', 'owner = "A\\u001b[2J"'), "owner: must be one line without control characters"),
        (('owner = "A. Kowalska"', 'owner = "A\\u202egpj"'), "owner: must be one line without control characters"),
        (("[[exception]]", "[[exeption]]"), "holds [[exception]] entries and nothing else, not exeption"),
        (("[[exception]]", "[[exception]"), "not valid TOML"),
    ],
)
def test_what_is_wrong_is_named_with_file_entry_and_key(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = tmp_path / "exceptions.toml"
    path.write_text(REGISTER.replace(*change), encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        read_exceptions(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert message in str(raised.value)


def test_every_bad_entry_is_named_up_to_a_few(tmp_path: Path) -> None:
    path = tmp_path / "exceptions.toml"
    path.write_text(REGISTER.replace("ticket", "tiket") * 7, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        read_exceptions(path)
    assert len(str(raised.value).splitlines()) == 6
    assert "and 2 more" in str(raised.value)


def test_two_entries_with_one_id_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "exceptions.toml"
    path.write_text(REGISTER * 2, encoding="utf-8")
    with pytest.raises(UsageError, match="another entry has this id"):
        read_exceptions(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"maker": None}, "states nothing"),
        ({"acquired": date(2026, 11, 22)}, "acquired 2026-11-22 is after the day on which it was recorded"),
        ({"disposed": date(2027, 1, 1)}, "disposed 2027-01-01 is after"),
        ({"basis": "rumour"}, "basis: "),
        ({"maker": "Hikvision!"}, "maker: "),
        ({"location": "x" * 501}, "location: "),
    ],
)
def test_an_attestation_says_something_that_can_be_known(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        checked("attestation", {**asdict(ATTESTATION), **changes})


def read_csv(tmp_path: Path, text: str | bytes, columns: tuple[str, ...] = ATTESTATION_COLUMNS) -> list[tuple[str, Any]]:
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return [(where.removeprefix(f"{tmp_path}/"), dict(row)) for where, row in rows(path, columns, needed=("asset",))]


def test_a_list_is_read_with_its_lines(tmp_path: Path) -> None:
    text = "\ufeffasset,Maker,acquired,not_a_camera,location\n10.20.0.11,Axis,2021-05-04,no,\n\n10.20.0.12,,,yes,'=1+1\n"
    assert read_csv(tmp_path, text) == [
        ("list.csv:2", {"asset": "10.20.0.11", "maker": "Axis", "acquired": date(2021, 5, 4), "not_a_camera": False}),
        ("list.csv:4", {"asset": "10.20.0.12", "not_a_camera": True, "location": "=1+1"}),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ip,maker\n", 'list.csv:1: "ip" is not a column'),
        ("maker\nAxis\n", "list.csv:1: the column asset is missing"),
        ("asset,asset\n", "list.csv:1: the column asset stands twice"),
        ("asset,maker\n10.20.0.11,Axis,more\n", "list.csv:2: has 3 cells"),
        ('asset,maker\n10.20.0.11,"Axis\n', "list.csv:2: not CSV"),
        (b"asset\n10.20.0.11\nG\xe9rard\n", "list.csv:3: not UTF-8"),
        ("asset\n" + "x" * 200_000 + "\n", "list.csv:2: not CSV: field larger"),
        ("", "the column asset is missing"),
    ],
)
def test_a_list_that_is_not_one_is_refused_by_file_and_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_csv(tmp_path, text)
    assert message in str(raised.value)


def test_an_accepted_row_says_beside_it_what_it_is_not() -> None:
    accepted, planned = list(csv.DictReader(io.StringIO(exceptions_as_csv([EXCEPTION, PLAN]))))
    assert accepted["note"] == "recorded by R. Nowak; not a statutory exception or waiver"
    assert (planned["status"], planned["note"]) == ("planned", "")
    assert covered_of(accepted["covers"]) == EXCEPTION.covers


@given(text=st.text(st.sampled_from("'=+-@a\t"), min_size=1, max_size=6))
def test_no_cell_is_a_formula_and_each_comes_back(text: str) -> None:
    inert = statements_csv._inert(text.strip())
    assert not inert.startswith(statements_csv.FORMULA)
    assert statements_csv._cell(inert) == text.strip()


@pytest.mark.parametrize("cell", ["uk.hcws386", "uk.hcws386 keep review extra", " | "])
def test_what_covers_nothing_clear_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="is not `rule act verdict`"):
        covered_of(cell)
