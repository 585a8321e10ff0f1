"""Runs that nobody watches: silent where nothing changed, one message where something did, trouble always."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from camscan.assessment import Judging, assemble
from camscan.cli import sending as sending_module
from camscan.cli.app import app
from camscan.cli.clock import now
from camscan.cli.conclude import conclude
from camscan.cli.configuration import Configuration, configuration
from camscan.cli.groups import Ending, JudgingOptions, Keeping, Schedule, Threshold
from camscan.cli.judging import judging_by
from camscan.cli.kept import Keeper, keeper_of, state_folder
from camscan.cli.pulse import Pulse
from camscan.cli.sending import Deliveries, Destination
from camscan.cli.unattended import Watch, failures_told, share_of_jitter, wait_for_turn, watch_of
from camscan.cli.unattended_settings import UnattendedSettings
from camscan.errors import LockedError, StoreError, UsageError
from camscan.model import AttemptReason, AttemptStatus, Observation, Report, SiteContext
from camscan.report.deliver import open_outputs
from tests import factories
from tests.report import making
from tests.samples_of import CAPTURE

HIKVISION = (("sadp.model", "DS-2CD2385G1-I"), ("sadp.type", "IPCamera"))
START = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
WATCHED = Watch(unattended=True, jitter_s=0, lock_wait_s=0, max_time=None, mail_on="change")
PULSE = Pulse(site="hq", command="scan")


def heard(number: int, at: datetime) -> Observation:
    said = (*HIKVISION, ("sadp.serial", f"DS-2CD2385G1-I20230514AAWR0000000{number:02}"))
    mac = f"bc:ad:28:00:00:{number:02x}"
    seen = factories.observation(said, ip=f"10.20.0.{number}", port=37020, link_mac=mac, site="hq")
    return replace(seen, first_seen_at=at, last_seen_at=at)


@pytest.fixture(scope="module")
def judging() -> Judging:
    return judging_by(
        Configuration(), JudgingOptions(policy=["uk-department"], site=["class=sensitive", "name=hq"]), command="scan"
    )


def night(judging: Judging, *cameras: int, days: float = 0, lost: bool = False) -> tuple[Report, tuple[Observation, ...]]:
    """What a run of a night found."""
    at = START + timedelta(days=days)
    run = making.run(
        id=f"{at:%Y%m%dT%H%M%SZ}-hq", started_at=at, ended_at=at + timedelta(minutes=5),
        site=SiteContext(name="hq", class_="sensitive"),
    )  # fmt: skip
    failed = {"status": AttemptStatus.FAILED, "reason": AttemptReason.UNREACHABLE, "detail": "vlan 40: interface down"}
    coverage = replace(making.LINK, complete=not lost, detail=str(failed["detail"]) if lost else "")
    attempts = (making.attempt(**(failed if lost else {})),)
    observations = tuple(heard(one, at) for one in cameras)
    return assemble(run, making.scope(), attempts, (coverage,), observations, judging), observations


class Post:
    """Destinations that remember what they were given."""

    def __init__(self) -> None:
        self.mails: list[str] = []
        self.bodies: list[str] = []
        self.hooks: list[dict[str, object]] = []
        self.logs: list[tuple[str, ...]] = []

        def mail(parcel) -> None:
            message = parcel.mail("camscan@example.org", "audit@example.org")
            self.mails.append(message["Subject"])
            self.bodies.append(message.get_body(("plain",)).get_content())

        self.deliveries = Deliveries(
            (
                Destination("mail", mail, for_people=True),
                Destination("webhook", lambda parcel: self.hooks.append(json.loads(parcel.event))),
                Destination("syslog", lambda parcel: self.logs.append(parcel.messages)),
            )
        )


@pytest.fixture
def keeper(judging: Judging, tmp_path: Path) -> Iterator[Keeper]:
    with keeper_of(Configuration(), Keeping(store=str(tmp_path / "camscan.sqlite3")), judging) as found:
        yield found


def ended(keeper: Keeper, found: tuple[Report, tuple[Observation, ...]], *, fail_on: str = "review", watch: Watch = WATCHED,
          post: Post | None = None, **ending: object) -> int:  # fmt: skip
    shown = watch.ending(Ending(**ending))  # type: ignore[arg-type]
    sending = (post or Post()).deliveries
    with open_outputs([]) as outputs, pytest.raises(typer.Exit) as exited:
        conclude(*found, outputs, shown, Threshold(fail_on=fail_on), keeper=keeper, watch=watch, sending=sending)
    return exited.value.exit_code


def test_a_night_on_which_nothing_changed_is_silent(
    judging: Judging, keeper: Keeper, capsys: pytest.CaptureFixture[str]
) -> None:
    post = Post()
    assert ended(keeper, night(judging, 11), post=post) == 3
    said = capsys.readouterr()
    assert said.out.startswith("First run of this site by these policies")
    assert said.err == "COMPLETE: 1 prohibited\n"
    assert ended(keeper, night(judging, 11, days=1), post=post) == 3
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")
    assert post.mails == ["[camscan] hq: baseline, 1 prohibited, 0 review, coverage 1/1"]


def test_machines_hear_of_every_run_and_people_of_changes(judging: Judging, keeper: Keeper) -> None:
    post = Post()
    for day, cameras in enumerate([(11,), (11,), (11, 12), (11, 12)]):
        ended(keeper, night(judging, *cameras, days=day), post=post)
    assert post.mails[1:] == ["[camscan] hq: 1 new, 0 lapsed, coverage 1/1"]
    assert "New device" in post.bodies[1]
    assert "Present: since between " in post.bodies[1]
    assert [len(one["assets"]) for one in post.hooks] == [1, 1, 2, 2]  # type: ignore[arg-type]
    assert [len(messages) > 1 for messages in post.logs] == [True, False, True, False]
    assert all(" RUN [" in messages[-1] for messages in post.logs)


@pytest.mark.parametrize(
    ("mail_on", "subjects"),
    [
        ("always", ["baseline, 1 prohibited, 0 review", "1 prohibited, 0 review", "INCOMPLETE, 1 prohibited, 0 review"]),
        ("trouble", ["INCOMPLETE, 1 prohibited, 0 review"]),
    ],
)
def test_mail_is_sent_on_what_the_settings_say(mail_on, subjects: list[str], judging: Judging, keeper: Keeper) -> None:
    post, watch = Post(), replace(WATCHED, mail_on=mail_on)
    for day, lost in enumerate([False, False, True]):
        ended(keeper, night(judging, 11, days=day, lost=lost), post=post, watch=watch)
    assert [one.partition("hq: ")[2].rpartition(", ")[0] for one in post.mails] == subjects


def test_a_run_that_is_incomplete_speaks_and_names_the_trouble_first(
    judging: Judging, keeper: Keeper, capsys: pytest.CaptureFixture[str]
) -> None:
    ended(keeper, night(judging, 11))
    capsys.readouterr()
    assert ended(keeper, night(judging, 11, days=1, lost=True)) == 9
    said = capsys.readouterr()
    assert said.out.splitlines()[0].startswith("Trouble: 1 of 1 range not finished (10.20.0.0/24: vlan 40: interface down)")
    assert said.err.startswith("INCOMPLETE: ")


def test_only_what_is_new_fails_a_run_that_asks_for_it(
    judging: Judging, keeper: Keeper, capsys: pytest.CaptureFixture[str]
) -> None:
    nights = [(11,), (11,), (11, 12), (11, 12), (11,)]
    codes = [ended(keeper, night(judging, *found, days=day), fail_on="new") for day, found in enumerate(nights)]
    assert codes == [3, 0, 3, 0, 0]
    assert "COMPLETE: 2 prohibited; new or worse: 1 prohibited\n" in capsys.readouterr().err


def test_what_is_new_also_fails_a_run_that_somebody_watches(judging: Judging, keeper: Keeper) -> None:
    attended = replace(WATCHED, unattended=False)
    nights = [(11,), (11,), (11, 12)]
    codes = [ended(keeper, night(judging, *one, days=day), fail_on="new", watch=attended) for day, one in enumerate(nights)]
    assert codes == [3, 0, 3]


def test_a_format_that_was_asked_for_is_written_where_there_is_something_to_tell(
    judging: Judging, keeper: Keeper, capsys: pytest.CaptureFixture[str]
) -> None:
    for day, empty in enumerate([False, True]):
        ended(keeper, night(judging, 11, days=day), format_name="json")
        said = capsys.readouterr().out
        assert (said == "") is empty
        assert empty or json.loads(said)["schema"] == "camscan/1"


def test_a_store_that_is_lost_is_told_to_everybody(
    judging: Judging, keeper: Keeper, capsys: pytest.CaptureFixture[str]
) -> None:
    post = Post()
    ended(keeper, night(judging, 11), post=post)
    capsys.readouterr()
    assert keeper.store is not None
    keeper.store._database.engine.connect().exec_driver_sql("PRAGMA query_only = ON")
    assert ended(keeper, night(judging, 11, days=1), post=post) == 10
    said = capsys.readouterr()
    why = "camscan.sqlite3: the run was not kept: attempt to write a readonly database"
    assert said.out.splitlines()[0].startswith("Trouble: not all was kept and written: ")
    assert why in " ".join(said.out.split())
    assert said.err.splitlines()[-1].startswith("UNDELIVERED: ")
    assert f"{why}; 1 prohibited" in said.err.splitlines()[-1]
    assert len(post.mails) == 2


def test_without_a_store_every_run_speaks(judging: Judging, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        ended(Keeper(None, judging), night(judging, 11))
        assert capsys.readouterr().out.startswith("Answer: ")


def test_a_redacted_message_holds_no_address(judging: Judging, keeper: Keeper, capsys: pytest.CaptureFixture[str]) -> None:
    post = Post()
    for day, found in enumerate([(11,), (11, 12)]):
        ended(keeper, night(judging, *found, days=day), post=post, redact=True)
    assert "Changes: of 1 device; camscan diff shows them" in post.bodies[1]
    assert "10.20.0.1" not in "".join(post.bodies) + capsys.readouterr().out


def test_a_clock_that_was_set_back_is_told_and_breaks_no_comparison(
    judging: Judging, keeper: Keeper, capsys: pytest.CaptureFixture[str]
) -> None:
    for day, found in enumerate([(11,), (11, 12)]):
        ended(keeper, night(judging, *found, days=day))
    at = START + timedelta(hours=1)
    (warning,) = keeper.clock_set_back(at)
    assert warning.startswith("the clock is 23.1 h behind the last run of this site (20261122T023000Z-hq): set it")
    assert keeper.clock_set_back(START + timedelta(days=2)) == ()
    capsys.readouterr()
    report, heard_then = night(judging, 11, 12, days=-300)
    ended(keeper, (replace(report, warnings=(*report.warnings, warning)), heard_then), fail_on="new")
    said = capsys.readouterr()
    assert said.out.splitlines()[0].startswith("Trouble: the clock is 23.1 h behind")
    assert "nothing new or worse" in said.err
    assert ended(keeper, night(judging, 11, 12, 13, days=-299), fail_on="new") == 3
    assert ended(keeper, night(judging, 11, 12, 13, days=2), fail_on="new") == 0


@pytest.mark.parametrize("redacted", [False, True])
def test_a_run_that_comes_to_nothing_is_told_to_everybody(redacted: bool) -> None:
    post = Post()
    ending = Ending(marking="OFFICIAL", redact=redacted)
    with pytest.raises(LockedError), failures_told(post.deliveries, WATCHED, ending, PULSE):
        raise LockedError('another scan of site "hq" is running')
    why = "standard error of the machine that scans says why" if redacted else 'another scan of site "hq" is running'
    site = "(redacted)" if redacted else "hq"
    assert post.mails == [f"OFFICIAL [camscan] {site}: FAILED: {why}"]
    assert post.bodies[0].startswith(f"OFFICIAL\n\nTrouble: the run of site {site} ")
    assert post.hooks[0]["site"] == site
    assert ("hq" in post.logs[0][0]) is not redacted
    assert post.hooks[0]["failed"] == why
    assert f"FAILED: {why}" in post.logs[0][0]


@pytest.mark.parametrize("fault", [ValueError("a bug"), KeyboardInterrupt(), SystemExit(143), StoreError("gone")])
def test_no_failure_is_kept_quiet(fault: BaseException) -> None:
    post = Post()
    with pytest.raises(type(fault)), failures_told(post.deliveries, WATCHED, Ending(), PULSE):
        raise fault
    assert [one.startswith("[camscan] hq: FAILED: ") for one in post.mails] == [True]


def test_an_ordinary_end_and_a_run_that_is_watched_are_no_failure() -> None:
    post = Post()
    with pytest.raises(typer.Exit), failures_told(post.deliveries, WATCHED, Ending(), PULSE):
        raise typer.Exit(3)
    with pytest.raises(StoreError), failures_told(post.deliveries, replace(WATCHED, unattended=False), Ending(), PULSE):
        raise StoreError("gone")
    assert post.mails == []


def test_flags_stand_above_settings() -> None:
    settings = Configuration(unattended=UnattendedSettings(enabled=True, jitter="10m", max_time="2h", lock_wait="1h"))
    watch = watch_of(settings, Schedule(lock_wait="5m"))
    assert (watch.unattended, watch.jitter_s, watch.max_time, watch.lock_wait_s) == (True, 600, "2h", 300)
    assert watch_of(settings, Schedule(unattended=False)).unattended is False
    assert watch_of(Configuration(), Schedule()).unattended is False


@pytest.mark.parametrize("flag", ["jitter", "max_time", "lock_wait"])
def test_a_time_that_is_none_is_refused(flag: str) -> None:
    with pytest.raises(UsageError, match=f'--{flag.replace("_", "-")}: "soon" is no duration'):
        watch_of(Configuration(), Schedule(**{flag: "soon"}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('unattended = "yes"', "unattended must be a table"),
        ("[unattended]\njiter = '5m'", "unattended.jiter is not a setting: did you mean jitter?"),
        ("[unattended]\njitter = 5", "unattended.jitter must be a time as text"),
        ("[unattended]\njitter = 'soon'", 'unattended.jitter: "soon" is no duration'),
        ("[unattended]\nenabled = 'perhaps'", "unattended.enabled must be true or false"),
        ("[unattended]\nmail_on = 'never'", 'unattended.mail_on "never" is not known: use change, always or trouble'),
    ],
)
def test_a_setting_that_is_none_is_refused(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as refused:
        configuration({"HOME": str(tmp_path)}, file)
    assert message in str(refused.value)


def test_the_environment_says_that_nobody_watches(tmp_path: Path) -> None:
    settings = configuration({"HOME": str(tmp_path), "CAMSCAN_UNATTENDED": "1"}, tmp_path / "none")
    assert watch_of(settings, Schedule()).unattended is True


def test_a_run_that_nobody_watches_is_kept_unless_that_was_refused() -> None:
    assert WATCHED.keeping(Keeping()).keep is True
    assert WATCHED.keeping(Keeping(keep=False)).keep is False
    assert replace(WATCHED, unattended=False).keeping(Keeping()).keep is None


def test_collecting_ends_at_the_earlier_of_two_deadlines() -> None:
    at, watch = now(), replace(WATCHED, max_time="2h")
    assert watch.deadline(None, at).seconds == 7200  # type: ignore[union-attr]
    first = watch.deadline(at + timedelta(hours=1), at)
    assert first is not None
    assert (first.seconds, first.words.startswith("the scope allows no more after ")) == (3600, True)
    assert WATCHED.deadline(None, at) is None


def test_a_site_always_waits_the_same_and_sites_wait_differently(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = {share_of_jitter(f"site {number}", "scanner") for number in range(100)}
    assert len(shares) == 100
    assert all(0 <= share < 1 for share in shares)
    assert share_of_jitter("site 1", "scanner") in shares
    slept, told = [], []
    monkeypatch.setattr("camscan.cli.unattended.time.sleep", slept.append)
    wait_for_turn(replace(WATCHED, jitter_s=600), "hq", told.append)
    assert 0 <= slept[0] < 600
    assert "--jitter" in told[0]
    wait_for_turn(WATCHED, "hq", told.append)
    assert len(slept) == 1


def test_the_state_lies_beside_the_store_or_at_the_usual_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    assert state_folder(Configuration(), str(tmp_path / "camscan.sqlite3")) == tmp_path
    assert state_folder(Configuration(), None) == tmp_path / "state"
    assert state_folder(Configuration(store="postgresql://db/runs"), None) == tmp_path / "state"
    with pytest.raises(StoreError, match="there is no folder"):
        state_folder(Configuration(), str(tmp_path / "nowhere" / "camscan.sqlite3"))


@pytest.mark.parametrize("command", [["replay", str(CAPTURE)], ["judge", "x.obs.jsonl"]])
def test_only_what_scans_looks_for_what_is_new(command: list[str]) -> None:
    done = CliRunner().invoke(app, [*command, "--fail-on", "new", "--policy", "none"])
    assert isinstance(done.exception, UsageError)
    assert "--fail-on new" in str(done.exception)


def test_what_is_new_needs_a_store() -> None:
    done = CliRunner().invoke(app, ["scan", "10.20.0.0/24", "--policy", "none", "--fail-on", "new"])
    assert isinstance(done.exception, UsageError)
    assert "--fail-on new: needs the runs before this one: keep them with --keep" in str(done.exception)


def test_a_run_that_nobody_watches_asks_nothing() -> None:
    for flags, words in (([], "no policy chosen"), (["--policy", "none"], "no target: name a range")):
        done = CliRunner().invoke(app, ["scan", "--unattended", *flags])
        assert isinstance(done.exception, UsageError)
        assert words in str(done.exception)


def test_destinations_know_who_reads_them(tmp_path: Path) -> None:
    program = tmp_path / "sendmail"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    settings = replace(Configuration().delivery, sendmail=program)
    made = sending_module.deliveries_of(Ending(mail=["audit@example.org"], syslog=["tcp://127.0.0.1:514"]), settings, {})
    assert [one.for_people for one in made.destinations] == [True, False]
