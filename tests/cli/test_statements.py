"""`camscan attest` and `camscan except` as a user meets them: what is recorded, what is refused, and what judging makes of it."""

from __future__ import annotations

import csv
import io
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from camscan.cli import show
from camscan.cli.app import app
from camscan.cli.configuration import configuration
from camscan.datafiles.statements import read_attestations, read_exceptions
from camscan.errors import UsageError
from camscan.model import Fields, Observation, SiteContext
from camscan.report.observations import dump
from tests import factories
from tests.report import making

TODAY = datetime.now(UTC).date()
SOON = (TODAY + timedelta(days=20)).isoformat()
FAR = (TODAY + timedelta(days=181)).isoformat()
HILOOK, OUI_ONLY, LOCAL, AXIS = "bc:ad:28:00:00:01", "bc:ad:28:00:00:40", "02:3e:5a:10:00:43", "00:40:8c:00:00:29"
SERIAL = "HWI-B140H20190101AAWR000000013"
NO_WAIVER = "not a statutory exception or waiver"
ACCEPTED = ("--status", "accepted", "--owner", "R. Nowak", "--ticket", "RISK-12", "--reason", "fire exit")
PLANNED = ("--status", "planned", "--owner", "R. Nowak", "--ticket", "CHG-7", "--replacement", "Axis P3265", "--due", SOON)
SAW = ("--by", "R. Nowak", "--basis", "label")


def hilook(serial: str = SERIAL, firmware: str = "V5.5.0", mac: str | None = HILOOK) -> Observation:
    said: Fields = (("sadp.firmware", firmware), ("sadp.model", "HWI-B140H"), ("sadp.serial", serial))
    return factories.observation(said, ip="10.20.0.13", link_mac=mac)


def others() -> list[Observation]:
    silent = [("10.20.0.40", OUI_ONLY), ("10.20.0.43", LOCAL), ("10.20.0.29", AXIS)]
    return [factories.observation((("arp.ip", ip),), ip=ip, link_mac=mac) for ip, mac in silent]


def run_of(path: Path, *observations: Observation) -> Path:
    run = making.run(policies=("uk-department",), site=SiteContext(name="annex", class_="sensitive"))
    path.write_text("".join(dump(run, making.scope(), (), observations, ())))
    return path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    return run_of(tmp_path / "run.obs.jsonl", hilook(), *others())


def called(*arguments: object, code: int = 0) -> Result:
    done = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done


def judged(run: Path, *arguments: object) -> dict[str, Any]:
    out = run.parent / "report.json"
    done = CliRunner().invoke(app, ["judge", str(run), "--policy", "uk-department", "-q", "-o", str(out), *map(str, arguments)])
    document: dict[str, Any] = json.loads(out.read_text())
    assert document["assets"], done.output
    return {**document, "exit": done.exit_code, "devices": {ip: one for one in document["assets"] for ip in one["ips"]}}


def statuses(device: dict[str, Any]) -> set[str]:
    return {finding["status"] for finding in device["findings"]}


def accept(run: Path, *arguments: object) -> Result:
    return called("except", "add", "10.20.0.13", "--run", run, *ACCEPTED, "--expires", SOON, "--yes", *arguments)


def entry_of(run: Path) -> Any:
    return read_exceptions(run.parent / "share" / "camscan" / "exceptions.toml").entries


def test_an_acceptance_is_shown_recorded_privately_and_stands_beside_the_findings(run: Path) -> None:
    before = judged(run)
    said = accept(run).stdout
    assert (
        f"mac:{HILOOK} hikvision HWI-B140H: accepted, until {SOON}, ticket RISK-12: fire exit; recorded by R. Nowak; {NO_WAIVER}"
        in said
    )
    file = run.parent / "share" / "camscan" / "exceptions.toml"
    modes = [stat.S_IMODE(made.stat().st_mode) for made in (file, file.parent, file.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]
    after = judged(run)
    device = after["devices"]["10.20.0.13"]
    assert statuses(device) == {"accepted"}
    assert all(f"recorded by R. Nowak; {NO_WAIVER}" in finding["status_note"] for finding in device["findings"])
    assert {key: after["counts"][key] for key in after["counts"]} == before["counts"]
    assert (before["exit"], after["exit"]) == (3, 4)
    used = after["run"]["exceptions"]
    assert (used["file"], used["entries"], len(used["used"]), len(used["sha256"])) == (str(file), 1, 1, 64)
    assert any("ends in 20 days" in warning and "within 30 days" in warning for warning in after["warnings"])
    [recorded] = device["exceptions"]
    assert (recorded["id"], recorded["owner"], recorded["ticket"]) == (used["used"][0], "R. Nowak", "RISK-12")
    assert recorded["note"] == f"recorded by R. Nowak; {NO_WAIVER}"
    assert before["devices"]["10.20.0.13"]["exceptions"] == []


def test_the_laydown_names_who_answers_for_a_plan_and_by_when(run: Path) -> None:
    called("except", "add", "10.20.0.13", "--run", run, *PLANNED, "--yes")
    called("attest", "10.20.0.13", "--run", run, *SAW, "--location", "Gate 3")
    text = called("report", run, "--format", "laydown", "--as-of", TODAY).stdout
    [row] = [row for row in csv.DictReader(io.StringIO(text)) if row["record"] == "device"]
    assert (row["owner"], row["due"], row["tickets"], row["replacement"]) == ("R. Nowak", SOON, "CHG-7", "Axis P3265")
    assert (row["location"], row["status"]) == ("Gate 3", "planned")
    text = called("report", run, "--format", "laydown", "--as-of", "2027-06-01").stdout
    [row] = [row for row in csv.DictReader(io.StringIO(text)) if row["record"] == "device"]
    assert (row["owner"], row["due"], row["tickets"], row["replacement"]) == ("R. Nowak", SOON, "CHG-7", "Axis P3265")
    assert (row["status"], row["phase_out_plan"].partition(":")[0]) == ("lapsed", f"LAPSED on {SOON}")


@pytest.mark.parametrize(
    ("changed", "status", "note"),
    [
        (hilook(serial="HWI-B140H20200202AAWR000000099"), "lapsed", "serial was"),
        (hilook(mac="bc:ad:28:00:00:02"), "lapsed", "MAC was"),
        (hilook(firmware="V5.6.0"), "accepted", "firmware changed since: V5.5.0, now V5.6.0"),
    ],
)
def test_another_serial_or_mac_ends_it_and_another_firmware_is_noted(
    run: Path, changed: Observation, status: str, note: str
) -> None:
    accept(run)
    after = judged(run_of(run.parent / "later.obs.jsonl", changed))
    device = after["devices"]["10.20.0.13"]
    assert statuses(device) == {status}
    assert all(note in finding["status_note"] for finding in device["findings"])
    assert bool(after["run"]["exceptions"]["lapsed"]) is (status == "lapsed")


def test_a_judgement_of_an_earlier_day_knows_nothing_of_it_and_says_so(run: Path) -> None:
    accept(run)
    before = judged(run, "--as-of", TODAY - timedelta(days=1))
    assert statuses(before["devices"]["10.20.0.13"]) == {"open"}
    assert [len(before["run"]["exceptions"][name]) for name in ("used", "not_yet", "not_seen")] == [0, 1, 0]
    assert any("after the day of judgement, and does not count" in warning for warning in before["warnings"])


def test_it_ends_on_its_day(run: Path) -> None:
    accept(run)
    ended = TODAY + timedelta(days=21)
    assert statuses(judged(run, "--as-of", ended)["devices"]["10.20.0.13"]) == {"lapsed"}
    told = [called("except", "list", "--as-of", ended - timedelta(days=days)).stdout for days in (0, 1, 2)]
    assert [text.rstrip().rpartition("; ")[2] for text in told] == ["ended", "0 days left", "1 day left"]


def test_a_selection_is_expanded_and_those_without_identity_are_named(run: Path, tmp_path: Path) -> None:
    both = run_of(
        tmp_path / "both.obs.jsonl",
        hilook(),
        factories.observation((("sadp.model", "DS-2CD2042WD-I"),), ip="10.20.0.50", link_mac=LOCAL),
    )
    done = called("except", "add", "--where", "maker=hikvision", "--run", both, *PLANNED, "--yes")
    assert "planned, replacement by Axis P3265" in done.stdout
    assert "not recorded: 10.20.0.50: shows no serial, endpoint reference, key or global MAC" in done.stdout
    assert [entry.due.isoformat() for entry in entry_of(run)] == [SOON]


def test_nothing_is_written_before_someone_has_looked(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("except", "add", "10.20.0.13", "--run", run, *PLANNED)
    with pytest.raises(UsageError, match="nothing was written: look at the 1 exception above, then give --yes"):
        called(*words)
    monkeypatch.setattr(show, "may_ask", lambda: True)
    with pytest.raises(UsageError, match="nothing was written"):
        CliRunner().invoke(app, [str(one) for one in words], input="n\n", catch_exceptions=False)
    assert entry_of(run) == ()
    CliRunner().invoke(app, [str(one) for one in words], input="y\n", catch_exceptions=False)
    assert len(entry_of(run)) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("10.20.0.13", *ACCEPTED), "--expires is missing: accepted needs --owner, --ticket, --reason, --expires"),
        (("10.20.0.13", *ACCEPTED, "--expires", FAR), r"the latest day allowed is .* \(180 days\)"),
        (("10.20.0.13", *ACCEPTED, "--expires", "2020-01-01"), "--expires 2020-01-01 lies in the past"),
        (("10.20.0.13", *PLANNED[:-1], "2020-01-01"), "--due 2020-01-01 lies in the past"),
        (("10.20.0.13", *ACCEPTED[:4], *ACCEPTED[6:], "--expires", SOON), "^--ticket is missing: accepted needs"),
        (("10.20.0.13", *ACCEPTED[:6], "--reason", "x" * 501, "--expires", SOON), "^--reason: .* at most 500 characters"),
        (("10.20.0.13", *ACCEPTED, "--expires", "soon"), "is not a date"),
        (("10.20.0.13", *ACCEPTED[:-2], "--expires", SOON), "--reason is missing"),
        (
            ("10.20.0.13", "--status", "planned", "--owner", "R", "--ticket", "T", "--due", SOON),
            "^--replacement is missing: planned needs --owner, --ticket, --due, --replacement",
        ),
        (("10.20.0.13", "--status", "waived"), "--status: use planned"),
        (("10.20.0.13", "--where", "maker=hikvision", *ACCEPTED), "not both"),
        (ACCEPTED, "name devices"),
        (("10.20.0.43", *ACCEPTED, "--expires", SOON), "10.20.0.43: shows no serial"),
        (("10.20.0.29", *ACCEPTED, "--expires", SOON), "no finding of review or above"),
        (("10.20.0.99", *ACCEPTED, "--expires", SOON), "no device 10.20.0.99"),
        (("--where", "maker=axis", *ACCEPTED, "--expires", SOON), "no device to record an exception for"),
        (("--where", "colour=red", *ACCEPTED, "--expires", SOON), '"colour" is not a key'),
    ],
)
def test_what_makes_no_exception_is_refused_and_nothing_is_written(run: Path, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        called("except", "add", "--run", run, *arguments, "--yes")
    assert entry_of(run) == ()


def test_the_longest_time_is_configured(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMSCAN_EXCEPTION_DAYS", "10")
    with pytest.raises(UsageError, match=r"the latest day allowed is .* \(10 days\)"):
        accept(run)
    monkeypatch.setenv("CAMSCAN_EXCEPTION_DAYS", "forever")
    with pytest.raises(UsageError, match="CAMSCAN_EXCEPTION_DAYS: exception_days must be a number of days"):
        configuration()


def test_a_list_goes_out_and_comes_back_the_same(run: Path, tmp_path: Path) -> None:
    accept(run)
    called("except", "add", "10.20.0.40", "--run", run, *PLANNED, "--yes")
    before, file = entry_of(run), tmp_path / "list.csv"
    called("except", "export", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    called("except", "remove", *(entry.id for entry in before))
    assert entry_of(run) == ()
    called("except", "import", file, "--yes")
    assert sorted(entry_of(run), key=lambda entry: entry.id) == sorted(before, key=lambda entry: entry.id)


def test_a_changed_row_replaces_the_entry_whose_id_it_bears(run: Path, tmp_path: Path) -> None:
    accept(run)
    later = (TODAY + timedelta(days=90)).isoformat()
    file = tmp_path / "list.csv"
    file.write_text(called("except", "export").stdout.replace(f",{SOON},", f",{later},"))
    called("except", "import", file, "--yes")
    assert [entry.expires_on.isoformat() for entry in entry_of(run)] == [later]


def test_rows_that_name_devices_of_a_run_get_what_stands_against_them(run: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"asset,status,owner,ticket,reason,expires_on\n10.20.0.13,accepted,R. Nowak,RISK-12,fire exit,{SOON}\n")
    called("except", "import", file, "--run", run, "--yes")
    assert {covered.rule for covered in entry_of(run)[0].covers} == {"uk.hcws386"}


def test_one_bad_row_stops_a_list_and_is_named_by_file_and_line(run: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    rows = [f"10.20.0.13,accepted,R,T,why,{SOON}", f"10.20.0.13,accepted,R,T,why,{FAR}", f"10.20.0.99,accepted,R,T,why,{SOON}"]
    file.write_text("asset,status,owner,ticket,reason,expires_on\n" + "\n".join(rows) + "\n")
    with pytest.raises(UsageError) as raised:
        called("except", "import", file, "--run", run, "--yes")
    first, second = str(raised.value).splitlines()
    assert first.startswith(f"{file}:3: ends on {FAR}")
    assert second.startswith(f"{file}:4: ")
    assert "no device 10.20.0.99" in second
    assert entry_of(run) == ()


def test_a_maker_read_off_the_unit_lifts_what_only_a_mac_showed(run: Path) -> None:
    assert judged(run)["devices"]["10.20.0.40"]["verdict"] == "review"
    said = called("attest", "10.20.0.40", "--run", run, "--maker", "Hikvision", *SAW, "--ref", "photo 12").stdout
    assert f"of mac:{OUI_ONLY}, bound to mac={OUI_ONLY}" in said
    after = judged(run)
    device = after["devices"]["10.20.0.40"]
    assert (device["verdict"], device["identification"]["maker_basis"]) == ("prohibited", "attested")
    assert device["attestations"][0]["ref"] == "photo 12"
    assert device["identification"]["evidence"][-1]["fingerprint"] == f"attest:{device['attestations'][0]['id']}"
    assert len(after["run"]["attestations"]["used"]) == 1
    told = " ".join(called("explain", "10.20.0.40", "--run", run).stdout.split())
    assert "Stated by persons, beside what it sends" in told
    assert "R. Nowak on" in told


def test_a_contradiction_is_told_at_once_and_in_every_report(run: Path) -> None:
    done = called("attest", "10.20.0.13", "--run", run, "--maker", "axis", *SAW)
    assert "recorded, and contradicted: R. Nowak states Axis Communications by label" in done.stderr
    device = judged(run)["devices"]["10.20.0.13"]
    assert device["identification"]["maker"] == "hikvision"
    assert [conflict["kind"] for conflict in device["identification"]["conflicts"]] == ["attestation-differs"]


def test_a_statement_ends_with_the_identity_that_it_is_bound_to(run: Path) -> None:
    called("attest", "10.20.0.13", "--run", run, "--location", "gate 3", *SAW)
    after = judged(run_of(run.parent / "later.obs.jsonl", hilook(serial="HWI-B140H20200202AAWR000000099")))
    stated = after["devices"]["10.20.0.13"]["attestations"]
    assert "the device is another one: serial was" in stated[0]["lapsed"]
    assert len(after["run"]["attestations"]["lapsed"]) == 1
    assert not any("attest" in one["fingerprint"] for one in after["devices"]["10.20.0.13"]["identification"]["evidence"])


def test_a_device_that_is_gone_is_closed_by_its_disposal(run: Path) -> None:
    called("attest", "48:78:5b:10:00:33", "--disposed", TODAY.isoformat(), "--by", "R. Nowak", "--basis", "other")
    used = judged(run)["run"]["attestations"]
    assert (len(used["not_seen"]), used["used"]) == (1, [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("10.20.0.13", "--maker", "axis", *SAW), "give --run"),
        ((LOCAL, "--maker", "axis", *SAW), "give --run"),
        ((HILOOK, "--maker", "axis", "--basis", "label"), "--by is missing"),
        ((HILOOK, "--maker", "axis", "--by", "R. Nowak"), "--basis is missing"),
        (
            (HILOOK, "--maker", "axis", "--by", "R", "--basis", "rumour"),
            '--basis: "rumour" is not known: use label, invoice, supplier or other',
        ),
        ((HILOOK, "--maker", "Hikvison", *SAW), 'no maker "Hikvison" is known: nearest: hikvision'),
        ((HILOOK, *SAW), "nothing is stated of it: give --maker, --model, --not-a-camera, .* or --disposed$"),
        ((HILOOK, "--acquired", "2999-01-01", *SAW), "--acquired 2999-01-01 lies in the future"),
        ((HILOOK, "--asset-tag", "x" * 501, *SAW), "--asset-tag: .* at most 500 characters"),
        ((HILOOK, "--acquired", "May", *SAW), "--acquired: .* is not a date"),
    ],
)
def test_what_makes_no_statement_is_refused(run: Path, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        called("attest", *arguments)
    assert not (run.parent / "share").exists()


def test_a_list_of_statements_is_taken_whole_or_not_at_all(run: Path, tmp_path: Path) -> None:
    file, stated = tmp_path / "register.csv", tmp_path / "share" / "camscan" / "attestations.toml"
    file.write_text(f"asset,maker,asset_tag,acquired\n10.20.0.13,,CAM-1,2021-05-04\n{OUI_ONLY},Hikvision,CAM-2,\n")
    called("attest", "import", file, "--run", run, *SAW)
    assert [one.asset_tag for one in read_attestations(stated).entries] == ["CAM-1", "CAM-2"]
    file.write_text("asset,maker,basis\n10.20.0.13,Zorg,\n10.20.0.99,axis,\n,axis,\n10.20.0.13,axis,rumour\n")
    with pytest.raises(UsageError) as raised:
        called("attest", "import", file, "--run", run, *SAW)
    lines = str(raised.value).splitlines()
    assert [line.partition(" ")[0] for line in lines] == [f"{file}:{number}:" for number in (2, 3, 4, 5)]
    assert len(read_attestations(stated).entries) == 2


def test_what_is_recorded_already_is_not_recorded_again(run: Path, tmp_path: Path) -> None:
    file = tmp_path / "register.csv"
    file.write_text(f"asset,asset_tag\n{HILOOK},CAM-1\n{HILOOK},CAM-1\n{OUI_ONLY},CAM-2\n")
    assert called("attest", "import", file, *SAW).stdout.startswith("2 recorded")
    assert "0 recorded" in called("attest", "import", file, *SAW).stdout
    with pytest.raises(UsageError, match="says this already"):
        called("attest", HILOOK, "--asset-tag", "CAM-1", *SAW)
    accept(run)
    exported = tmp_path / "list.csv"
    called("except", "export", exported)
    assert "holds all of it already" in called("except", "import", exported, "--yes").stdout
    assert len(entry_of(run)) == 1


def test_statements_are_listed_and_taken_back(run: Path) -> None:
    called("attest", HILOOK, "--location", "gate 3", *SAW)
    told = called("attest", "list").stdout
    assert f"mac:{HILOOK}: location gate 3; R. Nowak on {TODAY}, by label" in told
    called("attest", "remove", told.split()[0])
    assert "nothing is recorded" in called("attest", "list").stdout


def test_a_file_that_a_flag_names_must_be_there_and_one_of_the_configuration_is_missed_aloud(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="there is no such file"):
        called("judge", run, "--policy", "uk-department", "--exceptions", run.parent / "none.toml")
    monkeypatch.setenv("CAMSCAN_EXCEPTIONS", str(run.parent / "gone.toml"))
    assert any("gone.toml: there is no such file" in warning for warning in judged(run)["warnings"])


def test_a_broken_file_ends_a_run_before_it_begins(run: Path) -> None:
    file = run.parent / "exceptions.toml"
    file.write_text('[[exception]]\nid = "ex-1"\n')
    with pytest.raises(UsageError, match=r"exceptions\.toml: exception 1 \(ex-1\): "):
        called("judge", run, "--policy", "uk-department", "--exceptions", file)
