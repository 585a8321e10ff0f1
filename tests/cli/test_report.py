"""`camscan report` and comparisons by `camscan judge`: a kept run, rendered and judged anew, without any network."""

from __future__ import annotations

import csv
import dataclasses
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from camscan.errors import UsageError
from camscan.model import Fields, Observation, SiteContext
from camscan.report.observations import dump
from camscan.report.registry import FORMATS
from tests import factories
from tests.cli.invoked import invoked
from tests.report import making
from tests.report.test_formats import FORBIDDEN

SHIPPED = Path(__file__).parents[2] / "fingerprints"
HIKVISION = (
    ("sadp.model", "DS-2CD2385G1-I"),
    ("sadp.serial", "DS-2CD2385G1-I20230514AAWR000000000"),
    ("sadp.type", "IPCamera"),
)
UNIVIEW = (("http.auth.realm", "NVRDVR"),)


def told(number: int, fields: Fields) -> Observation:
    return factories.observation(
        fields, ip=f"10.20.{number}.11", port=37020, link_mac=f"bc:ad:28:00:00:{number:02x}", site=making.run().site.name
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two Hikvision cameras in two networks, judged when they were found by uk-department."""
    return written(tmp_path_factory.mktemp("kept"), making.run(site=SiteContext(name="Poznań")))


def written(folder: Path, run) -> Path:
    file = folder / "run.obs.jsonl"
    observations = [told(0, HIKVISION), told(5, HIKVISION)]
    file.write_text("".join(dump(run, making.scope(), [making.attempt()], observations, [making.LINK])), encoding="utf-8")
    return file


def test_a_kept_run_is_rendered_as_it_was_judged_and_findings_do_not_fail_it(kept: Path) -> None:
    done = invoked("report", str(kept))
    assert done.exit_code == 0
    assert "Policy: uk-department; as of 2026-11-21" in done.stdout
    assert done.stdout.count("review  ") >= 2


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_of_the_registry_can_be_asked_for(kept: Path, tmp_path: Path, form: str) -> None:
    done = invoked("report", str(kept), "--format", form, "-o", f"{form}:{tmp_path / 'out'}", "--quiet")
    assert done.exit_code == 0
    assert done.stdout == (tmp_path / "out").read_text(encoding="utf-8")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o600


def test_a_suffix_names_the_kind_of_list(kept: Path, tmp_path: Path) -> None:
    names = ("block.nft", "block.acl", "block.dhcpd", "block.mab", "all.isolation.txt", "plain.txt")
    flags = [part for name in names for part in ("-o", str(tmp_path / name))]
    assert invoked("report", str(kept), "--site", "class=sensitive", *flags).exit_code == 0
    assert "10.20.0.11," in (tmp_path / "block.nft").read_text()
    assert " deny ip host 10.20.5.11 any" in (tmp_path / "block.acl").read_text()
    assert "life-safety checked: ____" in (tmp_path / "all.isolation.txt").read_text()
    assert "Answer:" in (tmp_path / "plain.txt").read_text()


@pytest.mark.parametrize(
    "flags",
    [("--format", "isolation"), ("--format", "laydown"), ("-o", "block.acl"), ("-o", "mab-reject:x"), ("-o", "x.laydown.csv")],
)
@pytest.mark.parametrize("command", ["report", "judge", "replay"])
def test_no_block_list_and_no_laydown_is_made_where_nothing_was_judged(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, flags: tuple[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as refused:
        invoked(command, str(kept), "--policy", "none", *flags)
    assert str(refused.value) == f"{' '.join(flags)}: nothing was judged, so there is nothing to list: choose --policy NAME"
    assert list(tmp_path.iterdir()) == []


def test_the_worksheet_of_a_contractor_is_refused_where_nothing_was_judged(kept: Path) -> None:
    with pytest.raises(UsageError, match="add --policy us-contractor"):
        invoked("report", str(kept), "--policy", "none", "--format", "far")


def test_sites_decide_by_range_and_json_says_at_which_a_device_stands(kept: Path, tmp_path: Path) -> None:
    sites = tmp_path / "sites.toml"
    sites.write_text('[[site]]\nname = "annex"\nranges = ["10.20.5.0/24"]\nclass = "sensitive"\n', encoding="utf-8")
    again = tmp_path / "again.obs.jsonl"
    done = invoked("report", str(kept), "--sites", str(sites), "--format", "json", "-o", str(again))
    document = json.loads(done.stdout)
    found = {asset["ips"][0]: (asset["verdict"], (asset["stands_at"] or {}).get("name")) for asset in document["assets"]}
    assert found == {"10.20.5.11": ("prohibited", "annex"), "10.20.0.11": ("review", None)}
    assert document["run"]["sites"][0]["ranges"] == ["10.20.5.0/24"]
    questions = {f["settle"]["question"] for a in document["assets"] for f in a["findings"] if f["settle"]}
    assert {"Is Poznań a sensitive site?", "Is annex part of a departmental core network?"} <= questions
    text = invoked("report", str(kept), "--sites", str(sites)).stdout
    assert "Site annex (10.20.5.0/24): class sensitive; 1 device" in text
    kept_again = json.loads(invoked("report", str(again), "--format", "json").stdout)
    assert {a["ips"][0]: a["verdict"] for a in kept_again["assets"]} == {ip: verdict for ip, (verdict, _) in found.items()}


SEVERAL = """
[[site]]
name = "cctv"
ranges = ["{cctv}"]
class = "other"
zone = "separate"
decision = "not-extend"

[[site]]
name = "core"
ranges = ["{core}"]
class = "other"
zone = "core"
decision = "not-extend"

[[site]]
name = "annex"
ranges = ["10.20.2.0/24"]
"""


def at_two_addresses(folder: Path, other: int) -> Path:
    """Write a run that met one camera at 10.20.0.11 and at another address."""
    one = [told(number, HIKVISION) for number in (0, other)]
    met = [dataclasses.replace(seen, link_mac="bc:ad:28:00:00:01") for seen in one]
    file = folder / "two.obs.jsonl"
    run = making.run(site=SiteContext(name="Poznań"))
    file.write_text("".join(dump(run, making.scope(), [making.attempt()], met, [making.LINK])), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("cctv", "core", "other", "verdict", "name"),
    [
        ("10.20.0.0/24", "10.20.1.0/24", 1, "restricted", "cctv + core"),
        ("10.20.1.0/24", "10.20.0.0/24", 1, "restricted", "cctv + core"),
        ("10.20.0.0/24", "10.20.1.0/24", 2, "review", "annex + cctv"),
        ("10.20.0.0/24", "10.20.1.0/24", 9, "review", "Poznań + cctv"),
        ("10.20.0.0/24", "10.20.1.0/24", 0, "no_finding", "cctv"),
    ],
)
def test_a_device_at_two_sites_is_one_row_by_what_holds_of_both_whatever_their_order(
    tmp_path: Path, cctv: str, core: str, other: int, verdict: str, name: str
) -> None:
    sites, run, again = tmp_path / "sites.toml", at_two_addresses(tmp_path, other), tmp_path / "again.obs.jsonl"
    sites.write_text(SEVERAL.format(cctv=cctv, core=core), encoding="utf-8")
    done = invoked("report", str(run), "--sites", str(sites), "--format", "json", "-o", str(again))
    for document in (json.loads(done.stdout), json.loads(invoked("report", str(again), "--format", "json").stdout)):
        [device] = document["assets"]
        assert (device["verdict"], device["stands_at"]["name"]) == (verdict, name)
    table = invoked("report", str(again), "--columns", "verdict,address,site").stdout
    assert any(line.endswith(name) for line in table.splitlines())
    assert (f"At several sites, {name}:" in table) == ("+" in name)
    page = invoked("report", str(again), "--format", "html").stdout
    assert name in page
    assert all(f"site {one}" in page for one in name.split(" + ") if one != name)


def test_the_inventory_is_given_one_site_of_a_device_at_two(tmp_path: Path) -> None:
    sites, run = tmp_path / "sites.toml", at_two_addresses(tmp_path, 1)
    sites.write_text(SEVERAL.format(cctv="10.20.0.0/24", core="10.20.1.0/24"), encoding="utf-8")
    [row] = csv.DictReader(invoked("report", str(run), "--sites", str(sites), "--format", "netbox").stdout.splitlines())
    assert row["site"] == "cctv"


def test_a_device_at_two_sites_is_redacted_with_a_mask_for_each(tmp_path: Path) -> None:
    sites, run = tmp_path / "sites.toml", at_two_addresses(tmp_path, 2)
    sites.write_text(SEVERAL.format(cctv="10.20.0.0/24", core="10.20.1.0/24"), encoding="utf-8")
    document = json.loads(invoked("report", str(run), "--sites", str(sites), "--redact", "--format", "json").stdout)
    names = [site["name"] for site in document["run"]["sites"]]
    [device] = document["assets"]
    assert set(device["stands_at"]["name"].split(" + ")) <= set(names)
    assert not any(word in json.dumps(document) for word in ("annex", "cctv"))


def test_a_finding_in_json_carries_its_plan(kept: Path) -> None:
    document = json.loads(invoked("report", str(kept), "--site", "class=sensitive", "--format", "json").stdout)
    plan = document["assets"][0]["findings"][0]["action"]
    assert [step["step"] for step in plan] == ["rule", "verify", "core", "cloud", "stabilise", "plan", "dispose", "prevent"]
    assert document["notice"] == "Not legal advice."
    explained = invoked("explain", "10.20.0.11", "--run", str(kept), "--site", "class=sensitive").stdout
    assert "action plan the rule: uk.hcws386 (instruction) instructs departments" in " ".join(explained.split())
    assert " 1. Verify by eye" in " ".join(explained.split())


def test_the_next_step_of_the_table_is_the_first_of_the_plan(kept: Path) -> None:
    text = invoked("report", str(kept), "--site", "class=sensitive").stdout
    assert "Next: 2 devices: Verify by eye: find the unit" in text


def test_the_worksheet_takes_its_dates_from_the_operator(kept: Path) -> None:
    text = invoked(
        "report",
        str(kept),
        "--policy",
        "us-contractor",
        "--format",
        "far",
        "--clause",
        "52.204-25",
        "--identified-on",
        "2026-11-25",
    ).stdout
    assert text.startswith("A match is a lead for counsel and the contracting officer, not an identification.\n")
    assert "due 27 November 2026" in text
    assert "the serial number shows 14 May 2023" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "far"], "add --policy us-contractor"),
        (["-o", "x.far.txt"], "add --policy us-contractor"),
        (["--policy", "us-contractor", "--clause", "52.204-25"], "belong to the worksheet"),
        (["--policy", "us-contractor", "--format", "far", "--clause", "52.204-2"], r"is not known: .*nearest: 52.204-25"),
        (["--policy", "us-contractor", "--format", "far", "--identified-on", "soon"], "--identified-on: .* is not a date"),
        (
            ["--policy", "us-contractor", "--format", "far", "--identified-on", "2026-11-25", "--submitted-on", "2026-11-24"],
            "lies before --identified-on",
        ),
        (["--format", "isolaton"], "nearest: isolation"),
    ],
)
def test_what_cannot_be_rendered_is_refused_with_the_remedy(kept: Path, arguments: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        invoked("report", str(kept), *arguments)


def compared(kept: Path, *arguments: str) -> dict[str, object]:
    return json.loads(invoked("judge", str(kept), "--format", "json", *arguments).stdout)


def test_two_days_are_compared_device_by_device(kept: Path) -> None:
    found = compared(kept, "--policy", "uk-department", "--as-of", "2026-11-21", "--against", "as-of=2022-11-23")
    assert found["differences"] == [{"name": "date", "was": "2022-11-23", "becomes": "2026-11-21"}]
    assert [(one["address"], one["was"]["verdict"], one["becomes"]["verdict"]) for one in found["changes"]] == [
        ("10.20.0.11", "no_finding", "review"),
        ("10.20.5.11", "no_finding", "review"),
    ]
    assert found["changes"][0]["because"] == ["date"]
    assert found["changes"][0]["rules"] == [{"rule": "uk.hcws386", "was": None, "becomes": "review"}]


def test_the_run_as_it_was_judged_is_the_other_side_when_asked_for(kept: Path) -> None:
    found = compared(kept, "--policy", "us-federal-agency", "--as-of", "2026-11-21", "--against", "run")
    assert [one["name"] for one in found["differences"]] == ["policy"]
    assert found["changes"][0]["because"] == ["policy"]
    assert compared(kept, "--policy", "uk-department", "--as-of", "2026-11-21", "--against", "run")["changes"] == []


def test_each_difference_that_alone_changes_a_device_is_named(kept: Path) -> None:
    found = compared(
        kept, "--policy", "us-federal-agency", "--as-of", "2026-11-21", "--against", "policy=us-contractor",
        "--against", "as-of=2019-12-01",
    )  # fmt: skip
    assert {one["name"] for one in found["differences"]} == {"policy", "date"}
    assert found["changes"][0]["was"]["verdict"] == "no_finding"
    assert set(found["changes"][0]["because"]) == {"policy", "date"}


def test_what_only_several_differences_change_together_is_said(kept: Path) -> None:
    before = ("as-of=2022-11-23", "site=class=other", "site=zone=separate", "site=decision=not-extend")
    found = compared(
        kept,
        "--policy",
        "uk-department",
        "--as-of",
        "2026-11-21",
        "--site",
        "class=sensitive",
        *(f"--against={one}" for one in before),
    )
    assert {one["name"] for one in found["differences"]} == {"site", "date"}
    assert {tuple(one["because"]) for one in found["changes"]} == {("together",)}


def test_new_data_shows_what_it_would_change_before_it_is_taken(kept: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(SHIPPED, data)
    rule = data / "policies" / "rules" / "uk.hcws386.toml"
    rule.write_text(
        rule.read_text(encoding="utf-8").replace('jurisdiction = ["CN"]', 'jurisdiction = ["SE"]'), encoding="utf-8"
    )
    arguments = (
        "--policy",
        "uk-department",
        "--site",
        "class=sensitive",
        "--data",
        str(data),
        "--against",
        "site=class=sensitive",
    )
    found = compared(kept, *arguments)
    assert [one["name"] for one in found["differences"]] == ["data"]
    assert {(one["was"]["verdict"], one["becomes"]["verdict"]) for one in found["changes"]} == {("prohibited", "no_finding")}
    text = invoked("judge", str(kept), *arguments).stdout
    assert "data (uk.hcws386 prohibited → none)" in text
    assert "Answer: 2 of 2 devices would change" in text
    assert text.count("Not legal advice.") == 1


def test_a_comparison_uses_no_word_that_is_never_printed_and_bears_the_marking(kept: Path) -> None:
    arguments = ("--policy", "uk-department", "--against", "as-of=2022-11-23", "--marking", "OFFICIAL-SENSITIVE")
    for form in ("table", "json"):
        text = invoked("judge", str(kept), *arguments, "--format", form).stdout
        assert not {word.strip(".,;:()\"'") for word in text.lower().replace("/", " ").split()} & FORBIDDEN
        assert "OFFICIAL-SENSITIVE" in text


def test_a_comparison_ends_with_the_code_of_the_judgement_that_would_follow(kept: Path) -> None:
    site = ("--policy", "uk-department", "--site", "class=sensitive", "--against", "run")
    assert invoked("judge", str(kept), *site).exit_code == 3
    assert invoked("judge", str(kept), *site, "--exit-zero").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--against", "yesterday"], r'"yesterday" is not known: --against run'),
        (["--against", "asof=2022-01-01"], "nearest: as-of"),
        (["--against", "as-of=soon"], "--against as-of"),
        (["--against", "policy=nobody"], "is not known"),
        (["--against", "run", "-o", "x.json"], "goes to standard output"),
        (["--against", "run", "--format", "isolation"], "goes to standard output"),
    ],
)
def test_a_comparison_that_cannot_be_is_refused_with_the_remedy(kept: Path, arguments: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        invoked("judge", str(kept), "--policy", "uk-department", *arguments)


def test_a_run_whose_sites_have_ranges_that_are_none_is_refused(tmp_path: Path) -> None:
    bad = written(tmp_path, making.run(sites=(SiteContext(name="annex", ranges=("10.20.0.0/99",)),)))
    with pytest.raises(UsageError, match=r'line 1: a site\'s range "10.20.0.0/99" is not a network'):
        invoked("report", str(bad))


def test_a_serial_that_names_a_day_to_come_dates_nothing(tmp_path: Path) -> None:
    future = (
        ("sadp.model", "DS-2CD2385G1-I"),
        ("sadp.serial", "DS-2CD2385G1-I20990514AAWR000000000"),
        ("sadp.type", "IPCamera"),
    )
    run = making.run(as_of=date(2099, 12, 31))
    file = tmp_path / "run.obs.jsonl"
    file.write_text("".join(dump(run, making.scope(), [], [told(0, future)], [making.LINK])), encoding="utf-8")
    document = json.loads(invoked("report", str(file), "--format", "json").stdout)
    assert document["assets"][0]["made_on"] is None


def test_chosen_columns_hold_for_standard_output_and_for_files(kept: Path, tmp_path: Path) -> None:
    out = tmp_path / "list.txt"
    done = invoked("report", str(kept), "--columns", "serial,address", "--format", "table", "-o", str(out), "--quiet")
    assert done.exit_code == 0
    assert "\nserial " in done.stdout
    assert done.stdout == out.read_text(encoding="utf-8")


def test_columns_of_a_table_that_nobody_asked_for_are_refused(kept: Path) -> None:
    with pytest.raises(UsageError, match="no table was asked for"):
        invoked("report", str(kept), "--format", "json", "--wide")


def test_a_colour_that_was_asked_for_goes_through_a_pipe(kept: Path) -> None:
    arguments = ("report", str(kept), "--policy", "uk-department", "--site", "class=sensitive", "--quiet")
    assert "\x1b[" in invoked(*arguments, "--color", "always").stdout
    assert "\x1b[" not in invoked(*arguments).stdout
