"""`--resume` on the command line: which run it means, and what is another run."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from camscan.assessment import Judging
from camscan.cli.configuration import Configuration
from camscan.cli.groups import JudgingOptions, Keeping
from camscan.cli.kept import Keeper
from camscan.cli.resume import (
    Journalling,
    as_before,
    ended_early,
    file_name,
    journalling,
    kept_as_before,
    refuse_another,
    scope_before,
    to_resume,
)
from camscan.collect.journal import Beginning, Interrupted
from camscan.errors import StoreError, UsageError
from camscan.model import AttemptReason, AttemptStatus, CollectorAttempt, Scope, SiteContext
from camscan.recovery import recovered
from camscan.store.journal import open_journal
from camscan.store.leftover import Facts, Leftover
from camscan.store.opening import open_store
from tests.factories import CAMERA_MAC, NOON, later, observation
from tests.judgements import judging
from tests.report import canned, making

LAB = SiteContext(name="lab", class_="sensitive")
SCOPE = Scope(ranges=("10.20.0.0/24",), techniques=("active", "listen", "deep"))
RUN = replace(
    canned.every_verdict().run, site=LAB, policies=("uk-department",), started_at=NOON, ended_at=NOON, interrupted=True
)
IP = "10.20.0.11"
SEEN = (
    observation((("arp.ip", IP), ("arp.mac", CAMERA_MAC)), ip=IP, site="lab", collector="arp", last_seen_at=later(4)),
    observation((("http.server", "Apache"),), ip=IP, site="lab", collector="tcp", port=80, last_seen_at=later(9)),
)
ARP = CollectorAttempt(
    collector="arp", target="10.20.0.0/24", status=AttemptStatus.COMPLETED, started_at=NOON, ended_at=later(2), sent=254
)
LEFT = Leftover(
    interrupted=Interrupted(
        beginning=Beginning(run=RUN, scope=SCOPE, networks=("10.20.0.0/24",), collectors=("arp", "multicast", "tcp", "reads")),
        at=later(10),
        observations=SEEN,
        attempts=(ARP,),
        finished={"tcp": frozenset({IP})},
    ),
    facts=Facts(keeps=True, deep=True, credentials=True),
    whole=True,
    kept_as=None,
    length=0,
)


def changed(left: Leftover = LEFT, **of_the_run: Any) -> Leftover:
    beginning = replace(left.interrupted.beginning, run=replace(RUN, **of_the_run))
    return replace(left, interrupted=replace(left.interrupted, beginning=beginning))


def write(folder: Path, left: Leftover = LEFT, *, whole: bool = True) -> Path:
    """Write a journal as a killed run leaves it."""
    path = folder / file_name(left.interrupted.beginning.run.site.name)
    journal = open_journal(path, lambda: later(10))
    assert journal is not None
    journal.prepare(left.facts)
    journal.begin(left.interrupted.beginning)
    for one in left.interrupted.attempts:
        journal.attempted(one)
    for seen in left.interrupted.observations:
        journal.observed(seen)
    journal.close()
    if not whole:
        path.write_bytes(path.read_bytes().replace(b'"whole":true ', b'"whole":false', 1))
    return path


def configured(folder: Path, **settings: Any) -> Configuration:
    return Configuration(store=str(folder / "camscan.sqlite3"), **settings)


def test_the_run_of_the_site_that_is_named_is_meant_and_else_the_only_one(tmp_path: Path) -> None:
    write(tmp_path)
    settings = configured(tmp_path)
    alone = to_resume(settings, Keeping(), JudgingOptions())
    assert alone.interrupted.beginning.run.site == LAB
    assert to_resume(settings, Keeping(), JudgingOptions(site=["name=lab"])) == alone
    assert to_resume(configured(tmp_path, site={"name": "lab"}), Keeping(), JudgingOptions()) == alone
    for other in (JudgingOptions(site=["name=yard"]), JudgingOptions(site=["name=../lab"])):
        with pytest.raises(UsageError, match="leave --resume out"):
            to_resume(settings, Keeping(), other)
    write(tmp_path, changed(site=replace(LAB, name="yard")))
    with pytest.raises(UsageError, match="--site name="):
        to_resume(settings, Keeping(), JudgingOptions())
    assert to_resume(settings, Keeping(), JudgingOptions(site=["name=lab"])) == alone


def test_without_a_journal_there_is_nothing_to_resume_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='site "hq"'):
        to_resume(configured(tmp_path), Keeping(), JudgingOptions(site=["name=hq"]))
    with pytest.raises(UsageError, match=str(tmp_path)):
        to_resume(configured(tmp_path), Keeping(), JudgingOptions())
    assert list(tmp_path.iterdir()) == []


def test_a_run_whose_journal_was_lost_on_the_way_is_not_resumed(tmp_path: Path) -> None:
    write(tmp_path, whole=False)
    with pytest.raises(UsageError, match="budget"):
        to_resume(configured(tmp_path), Keeping(), JudgingOptions())


def test_a_journal_of_another_format_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / file_name("hq")
    path.write_text('{"schema":"camscan-journal/9"}\n')
    with pytest.raises(StoreError, match=path.name):
        to_resume(configured(tmp_path), Keeping(), JudgingOptions(site=["name=hq"]))
    assert path.read_text() == '{"schema":"camscan-journal/9"}\n'


def test_what_is_not_given_again_is_as_it_was() -> None:
    bare = as_before(JudgingOptions(), LEFT)
    assert (bare.policy, bare.site) == (["uk-department"], ["name=lab"])
    unjudged = as_before(JudgingOptions(), changed(policies=()))
    assert unjudged.policy == ["none"]
    given = as_before(JudgingOptions(policy=["us-ndaa"], site=["name=lab", "zone=core"]), LEFT)
    assert (given.policy, given.site) == (["us-ndaa"], ["name=lab", "zone=core"])
    assert kept_as_before(Keeping(), LEFT).keep is True
    assert kept_as_before(Keeping(keep=False), LEFT).keep is False
    assert kept_as_before(Keeping(), replace(LEFT, facts=Facts())).keep is None


def test_a_scope_that_a_file_gave_is_to_be_given_again() -> None:
    assert scope_before(LEFT) == SCOPE
    beginning = replace(LEFT.interrupted.beginning, scope=replace(SCOPE, sha256="ab" * 32))
    with pytest.raises(UsageError, match="--scope FILE"):
        scope_before(replace(LEFT, interrupted=replace(LEFT.interrupted, beginning=beginning)))


@pytest.fixture(name="judging", scope="module")
def of_a_scan() -> Judging:
    return judging(policies=("uk-department",), site=LAB, as_of=NOON.date(), command="scan")


def test_the_same_run_goes_on(judging: Judging) -> None:
    refuse_another(LEFT, SCOPE, judging, credentials=True)


@pytest.mark.parametrize(
    ("scope", "site", "policies", "credentials", "words"),
    [
        (replace(SCOPE, ranges=("10.20.1.0/24",)), LAB, None, True, ("scope: ranges then 10.20.0.0/24, now 10.20.1.0/24",)),
        (replace(SCOPE, exclude=("10.20.0.9",)), LAB, None, True, ("exclude then none, now 10.20.0.9",)),
        (replace(SCOPE, pace="normal"), LAB, None, True, ("pace then polite, now normal",)),
        (replace(SCOPE, sha256="00" * 32), LAB, None, True, ("sha256",)),
        (replace(SCOPE, not_after=later(60)), LAB, None, True, ("not_after then none, now 2026-03-01 12:01 UTC",)),
        (SCOPE, replace(LAB, class_="other"), None, True, ("site: class then sensitive, now other",)),
        (SCOPE, replace(LAB, decision_on=date(2026, 3, 1)), None, True, ("decision_on",)),
        (SCOPE, LAB, ("us-ndaa",), True, ("policies then uk-department, now us-ndaa",)),
        (SCOPE, LAB, (), True, ("policies then uk-department, now none",)),
        (SCOPE, LAB, None, False, ("--credentials FILE",)),
        (replace(SCOPE, pace="fast"), LAB, ("us-ndaa",), True, ("pace then", "policies then", "leave --resume out")),
    ],
)
def test_another_run_is_refused_and_what_differs_is_named(
    judging: Judging,
    scope: Scope,
    site: SiteContext,
    policies: tuple[str, ...] | None,
    credentials: bool,
    words: tuple[str, ...],
) -> None:
    here = replace(judging, site=site, policies=judging.policies if policies is None else policies)
    with pytest.raises(UsageError) as refused:
        refuse_another(LEFT, scope, here, credentials=credentials)
    assert all(word in str(refused.value) for word in words), refused.value
    assert "\n" not in str(refused.value)


def test_nothing_is_written_down_of_a_run_that_is_not_kept(judging: Judging) -> None:
    none = journalling(Configuration(), Keeping(), Keeper(None, judging), judging, Facts(), resume=False, quiet=True)
    assert none == Journalling()
    none.settle(canned.every_verdict(), (), None, safe=False, quiet=True)


def begun(folder: Path, judging: Judging, *, resume: bool = False) -> tuple[Journalling, tuple[str, ...]]:
    """Open the journal of a run, and return the runs that are kept by then."""
    settings = configured(folder)
    with open_store(str(settings.store)) as store:
        made = journalling(settings, Keeping(), Keeper(store, judging), judging, Facts(), resume=resume, quiet=False)
        return made, tuple(run.id for run in store.runs())


def test_what_an_interrupted_run_had_found_is_kept_before_another_begins(
    tmp_path: Path, judging: Judging, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path)
    made, kept = begun(tmp_path, judging)
    assert kept == (RUN.id,)
    assert f"what it found is kept as {RUN.id}, incomplete" in capsys.readouterr().err
    with made:
        assert made.left is None
        assert RUN.id in made.warnings[0]
        assert path.read_bytes() == b""
    assert not path.exists()


def test_what_is_kept_already_is_not_kept_twice(tmp_path: Path, judging: Judging, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path)
    journal = open_journal(tmp_path / file_name("lab"), lambda: NOON)
    assert journal is not None
    journal.settle("20260301T120000Z-lab", SEEN)
    journal.close()
    made, kept = begun(tmp_path, judging)
    made.file.close() if made.file else None
    assert kept == ()
    assert "is kept as 20260301T120000Z-lab" in capsys.readouterr().err


def test_a_run_that_was_killed_after_it_was_kept_leaves_nothing_to_resume(tmp_path: Path, judging: Judging) -> None:
    path = write(tmp_path)
    report = making.report()
    whole = replace(report, run=replace(RUN, interrupted=False, ended_at=later(60)))
    with open_store(str(tmp_path / "camscan.sqlite3")) as store:
        store.add(whole, ())
    with pytest.raises(UsageError, match=f"nothing is missing of that run: it is kept as {RUN.id}"):
        begun(tmp_path, judging, resume=True)
    assert not path.exists()
    write(tmp_path)
    made, kept = begun(tmp_path, judging)
    made.file.close() if made.file else None
    assert kept == (RUN.id,)


def test_the_journal_goes_when_the_run_is_safe_and_stays_when_it_is_not_or_ended_early(
    tmp_path: Path, judging: Judging
) -> None:
    report = making.report()
    late = replace(ARP, status=AttemptStatus.PARTIAL, reason=AttemptReason.DEADLINE)
    for run, attempts, safe, stays in (
        (replace(RUN, interrupted=False), (), True, False),
        (replace(RUN, interrupted=False), (), False, True),
        (RUN, (), True, True),
        (replace(RUN, interrupted=False), (late,), True, True),
    ):
        path = write(tmp_path)
        made, _ = begun(tmp_path, judging, resume=True)
        with made:
            made.settle(replace(report, run=run, attempts=attempts), SEEN, "kept", safe=safe, quiet=True)
        assert path.exists() == stays
        assert ended_early(run, attempts) == (stays and safe)
        path.unlink(missing_ok=True)


def test_an_interrupted_run_gives_a_report_that_says_what_it_lacks(judging: Judging) -> None:
    report, observations = recovered(LEFT.interrupted, judging, inventory=False)
    assert observations == tuple(sorted(SEEN, key=lambda one: one.order()))
    assert (report.run.id, report.run.interrupted, report.run.ended_at) == (RUN.id, True, later(10))
    assert (report.run.policies, report.run.site) == (RUN.policies, LAB)
    assert not report.complete
    assert report.incomplete_because == ("interrupted before its end",)
    assert [asset.asset.ips for asset in report.assets] == [(IP,)]
    ended = {attempt.collector: (attempt.status, attempt.reason) for attempt in report.attempts}
    assert ended == {
        "arp": (AttemptStatus.COMPLETED, None),
        "multicast": (AttemptStatus.SKIPPED, AttemptReason.INTERRUPTED),
        "tcp": (AttemptStatus.PARTIAL, AttemptReason.INTERRUPTED),
        "reads": (AttemptStatus.SKIPPED, AttemptReason.INTERRUPTED),
    }


def test_a_policy_that_is_gone_since_is_not_judged_by(judging: Judging) -> None:
    report, _ = recovered(changed(policies=("uk-department", "gone")).interrupted, judging, inventory=False)
    assert report.run.policies == ("uk-department",)
