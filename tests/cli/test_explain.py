from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from camscan.cli import show
from camscan.cli.app import app
from camscan.errors import UsageError
from camscan.model import Fields, Observation
from camscan.report.observations import dump
from tests import factories
from tests.report import making
from tests.small_data import RELABEL_MAC, write_data

DATA = Path(__file__).parents[2] / "fingerprints"


def invoked(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["explain", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def explained(folder: Path, field: str, value: str) -> str:
    return unfolded(invoked("--field", field, value, "--data", str(folder)))


def unfolded(text: str) -> str:
    """Return lines as they were before they were folded, but for the number of blanks."""
    return " ".join(text.split())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_data(tmp_path)


def test_match_says_what_it_gives_what_it_weighs_and_what_would_raise_it(folder: Path) -> None:
    text = explained(folder, "http.title", "Acme A100")
    assert "acme.http.title" in text
    assert "says brand acme, model A100" in text
    assert "weight tentative by itself: the owner can set this value" in text
    assert "Alone this means: brand acme, maker acme, model A100" in text
    assert "sadp.model: acme.sadp.model (prefix A), certain by itself" in text


def test_near_matches_say_how_near(folder: Path) -> None:
    assert "acme.http.realm (regex ^ACME" in explained(folder, "http.auth.realm", "ACME_XYZ")
    assert "the literal is there, the rest differs" in explained(folder, "http.auth.realm", "ACME_XYZ")
    assert "zenith.http.server (prefix Zenith-Webs): begins with the same 7 characters" in explained(
        folder, "http.server", "Zenith-"
    )
    assert "depends on http.title of the same message" in explained(folder, "http.server", "Boa/1")


def test_address_is_explained_by_its_registrant(folder: Path) -> None:
    text = explained(folder, "mac", RELABEL_MAC.upper().replace(":", "-"))
    assert "oui:001144/24 says brand relabel, registrant Relabel Inc" in text
    assert "maker by documented-relabel" in text


def test_hostile_value_is_shown_inert(folder: Path) -> None:
    assert "\x1b" not in explained(folder, "http.title", "Acme \x1b[2J")


def test_unknown_field_names_the_nearest(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"did you mean http\.title"):
        explained(folder, "http.titel", "x")


def test_what_is_no_mac_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="is not a MAC address"):
        explained(folder, "mac", "x")


def test_the_marking_of_the_run_or_the_one_that_is_given_stands_at_head_and_foot(folder: Path, tmp_path: Path) -> None:
    seen = making.observation("10.20.0.11", link_mac=HILOOK_MAC, fields=(("http.server", "App-webs/"),))
    file = kept(tmp_path, seen, marking="OFFICIAL-SENSITIVE")
    asked = ("10.20.0.11", "--run", str(file), "--policy", "none")
    for flags, marking in (((), "OFFICIAL-SENSITIVE"), (("--marking", "SECRET"), "SECRET")):
        lines = invoked(*asked, *flags).splitlines()
        assert lines[0] == lines[-1] == marking
        assert len([line for line in lines if line == marking]) == 2
    lines = invoked("--field", "http.title", "Acme A100", "--data", str(folder), "--marking", "SECRET").splitlines()
    assert lines[0] == lines[-1] == "SECRET"
    plain = invoked("10.20.0.11", "--run", str(kept(tmp_path, seen)), "--policy", "none")
    assert plain.startswith("10.20.0.11\n")


HILOOK_MAC = "bc:ad:28:00:00:01"
HILOOK: tuple[Fields, ...] = (
    (("sadp.model", "HWI-B140H"), ("sadp.serial", "HWI-B140H20210304AAWR000000000"), ("sadp.type", "44322")),
    (("http.control.title", "LOGIN - HiLook"), ("http.server", "App-webs/"), ("http.title", "LOGIN - HiLook")),
    (("mdns.host", "tor-\x1b[2Jsüd-\u202e網路攝影機"), ("mdns.txt", "x" * 500)),
)


def kept(tmp_path: Path, *observations: Observation, **run: object) -> Path:
    file = tmp_path / "run.obs.jsonl"
    file.write_text("".join(dump(making.run(**run), making.scope(), (), observations, ())))
    return file


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    """A run of a HiLook camera with a forged terminal sequence in its name, and of a host that said nothing."""
    camera = [factories.observation(said, ip="10.20.0.13", link_mac=HILOOK_MAC) for said in HILOOK]
    silent = factories.observation((("arp.ip", "10.20.0.77"),), ip="10.20.0.77", link_mac=None)
    return kept(tmp_path, *camera, silent, policies=("uk-department",))


def test_the_chain_of_a_device_leads_from_its_messages_to_what_settles_the_verdict(run_file: Path) -> None:
    text = unfolded(invoked("10.20.0.13", "--run", str(run_file)))
    steps = (
        "Heard: 3 messages",
        "sadp.model = HWI-B140H, message",
        "says brand hilook",
        "certain by itself; witness wire",
        "Concluded",
        "brand hilook, maker hikvision",
        "Relations",
        "hilook brand_of hikvision: asserted",
        "Rules: uk-department",
        "uk.hcws386: ",
        "would settle it: Is ",
        "source of uk.hcws386: ",
        "Verdict: ",
    )
    at = [text.find(step) for step in steps]
    assert -1 not in at, (steps[at.index(-1)], text)
    assert at == sorted(at)


@pytest.mark.parametrize("subject", [f"mac:{HILOOK_MAC}", "BC-AD-28-00-00-01", "10.20.0.13"])
def test_a_device_is_named_by_key_mac_or_address(run_file: Path, subject: str) -> None:
    assert invoked(subject, "--run", str(run_file)) == invoked("10.20.0.13", "--run", str(run_file))


def test_what_a_device_sends_is_shown_inert_and_cut(run_file: Path) -> None:
    text = invoked("10.20.0.13", "--run", str(run_file))
    assert not {"\x1b", "\u202e"} & set(text)
    assert "\\x1b[2Js" in text
    assert "(500 characters)" in unfolded(text)


def test_the_policies_and_the_day_are_those_of_the_run_unless_others_are_given(run_file: Path) -> None:
    assert f"Rules: uk-department, as of {making.run().as_of}" in unfolded(invoked("10.20.0.13", "--run", str(run_file)))
    other = ("--policy", "us-federal-agency", "--site", "purpose=public-safety", "--as-of", "2026-05-01")
    assert "Rules: us-federal-agency, as of 2026-05-01" in unfolded(invoked("10.20.0.13", "--run", str(run_file), *other))
    nothing = unfolded(invoked("10.20.0.13", "--run", str(run_file), "--policy", "none"))
    assert "Verdict: none; no policy was chosen" in nothing


def test_a_device_that_said_nothing_has_a_chain_too(run_file: Path) -> None:
    text = unfolded(invoked("10.20.0.77", "--run", str(run_file)))
    assert "Matched: 0 fingerprints" in text
    assert "Verdict: not assessed: " in text


def test_a_mark_that_the_control_bears_too_is_shown_as_set_aside(run_file: Path, tmp_path: Path) -> None:
    said = (("http.control.title", "Acme A100"), ("http.title", "Acme A100"))
    file = kept(tmp_path, factories.observation(said, ip="10.20.0.9", link_mac=None))
    shutil.copytree(write_data(tmp_path / "small") / "vendors", tmp_path / "data" / "vendors")
    shutil.copytree(DATA, tmp_path / "data", dirs_exist_ok=True)
    text = unfolded(invoked("10.20.0.9", "--run", str(file), "--policy", "none", "--data", str(tmp_path / "data")))
    assert "set aside: acme.http.title, message 0" in text
    assert (
        "Nearly matched" not in text or "acme.http.title" not in text.partition("Nearly matched")[2].partition("Concluded")[0]
    )


@pytest.mark.parametrize("subject", ["10.20.0.99", "00:11:22:33:44:55", "ip:elsewhere:10.20.0.13", "nonsense"])
def test_a_device_that_is_not_there_is_a_usage_error(run_file: Path, subject: str) -> None:
    with pytest.raises(UsageError, match=rf"run\.obs\.jsonl: no device {subject}: it holds 2 devices"):
        invoked(subject, "--run", str(run_file))


@pytest.mark.parametrize(
    "arguments", [("x",), ("x", "--field", "http.title", "--run", "y"), ("x", "--field", "http.title", "--policy", "none")]
)
def test_device_and_value_are_told_apart(arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="--run"):
        invoked(*arguments)


def test_the_answer_stands_first_and_the_bytes_that_show_it_beside_the_message(tmp_path: Path) -> None:
    raw = b"<ProbeMatch><DeviceDescription>HWI-B140H</DeviceDescription></ProbeMatch>"
    camera = [factories.observation(HILOOK[0], ip="10.20.0.13", link_mac=HILOOK_MAC, raw=raw)]
    file = kept(tmp_path, *camera, policies=("uk-department",))
    lines = invoked("10.20.0.13", "--run", str(file)).splitlines()
    assert lines[1] == "  review: HiLook → Hikvision, HWI-B140H, camera, certain"
    dumped = [line for line in lines if line.startswith("      00")]
    assert "HWI-B140H" in "".join(line[61:] for line in dumped)
    assert f"      … ({len(raw)} bytes in all)" in lines


def test_a_step_of_the_action_plan_is_told_once(run_file: Path) -> None:
    text = unfolded(invoked("10.20.0.13", "--run", str(run_file), "--site", "class=sensitive"))
    assert text.count("Verify by eye:") == 1
    assert text.count("action plan") == 1
    assert "1. Verify by eye" in text


URL = "https://www.example.org/a/long/address/of/a/page/that/is/wider/than/eighty/columns/of/a/terminal"


def test_in_a_pipe_no_line_is_folded(folder: Path) -> None:
    long = f"Acme {'x' * 200} {URL}"
    assert f"http.title = {long}\n" in invoked("--field", "http.title", long, "--data", str(folder))


def test_at_a_terminal_lines_are_folded_and_addresses_of_pages_stay_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(show, "terminal_width", lambda: 80)
    lines = invoked("--field", "http.title", f"Acme {'x' * 200} {URL} end", "--data", str(folder)).splitlines()
    assert [line.strip() for line in lines if cell_len(line) > 80] == [URL]
    assert all(cell_len(line) <= 80 for line in lines if URL not in line)
