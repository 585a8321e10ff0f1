"""What a run found is told until somebody was told of it: whatever was lost on the way, the next run tells it again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from camscan.assessment import Judging
from camscan.cli.configuration import Configuration
from camscan.cli.groups import JudgingOptions, Keeping
from camscan.cli.judging import judging_by
from camscan.cli.kept import Keeper, keeper_of
from camscan.cli.sending import Deliveries, Destination
from camscan.compared import since_before
from camscan.errors import DeliveryError, StoreError
from camscan.store.opening import open_store
from tests.cli.test_unattended import Post, ended, night


class Broken(Post):
    """A mail server that takes nothing."""

    def __init__(self) -> None:
        super().__init__()

        def refuse(parcel: object) -> None:
            raise DeliveryError("mail.example.org: connection refused")

        self.deliveries = Deliveries((Destination("mail to soc", refuse, for_people=True),))


def words(post: Post) -> str:
    """The last mail, however its lines are folded."""
    return " ".join(post.bodies[-1].split())


@pytest.fixture(scope="module")
def judging() -> Judging:
    basis = JudgingOptions(policy=["uk-department"], site=["class=sensitive", "name=hq"])
    return judging_by(Configuration(), basis, command="scan")


@pytest.fixture
def store(tmp_path: Path) -> Keeping:
    return Keeping(store=str(tmp_path / "camscan.sqlite3"))


@pytest.fixture
def keeper(judging: Judging, store: Keeping) -> Iterator[Keeper]:
    with keeper_of(Configuration(), store, judging) as found:
        yield found


def test_what_a_lost_mail_was_to_tell_the_next_night_tells(
    judging: Judging,
    keeper: Keeper,
    capsys: pytest.CaptureFixture[str],
) -> None:
    post = Post()
    assert ended(keeper, night(judging, 11), post=post, fail_on="new") == 3
    capsys.readouterr()
    assert ended(keeper, night(judging, 11, 12, days=1), post=Broken(), fail_on="new") == 10
    assert capsys.readouterr().err.splitlines()[-1] == (
        "UNDELIVERED: mail to soc: mail.example.org: connection refused; 2 prohibited; new or worse: 1 prohibited"
    )
    assert ended(keeper, night(judging, 11, 12, days=2), post=post, fail_on="new") == 3
    assert "New device" in post.bodies[-1]
    assert "Trouble: the run before this one was not told in full: camscan report 20261122T023000Z-hq shows it" in words(post)
    capsys.readouterr()
    assert ended(keeper, night(judging, 11, 12, days=3), post=post, fail_on="new") == 0
    assert capsys.readouterr().out == ""
    assert len(post.mails) == 2


def test_a_device_that_came_and_went_while_the_mail_was_lost_is_at_least_pointed_to(
    judging: Judging,
    keeper: Keeper,
) -> None:
    post = Post()
    ended(keeper, night(judging, 11), post=post)
    ended(keeper, night(judging, 11, 12, days=1), post=Broken())
    ended(keeper, night(judging, 11, days=2), post=Broken())
    ended(keeper, night(judging, 11, days=3), post=post)
    said = (
        "Trouble: the 2 runs before this one were not told in full: camscan report 20261123T023000Z-hq shows the last of them"
    )
    assert said in words(post)


def test_a_baseline_that_nobody_got_is_the_baseline_of_the_next_night(judging: Judging, keeper: Keeper) -> None:
    post = Post()
    ended(keeper, night(judging, 11), post=Broken())
    ended(keeper, night(judging, 11, days=1), post=post)
    assert post.mails == ["[camscan] hq: baseline, 1 prohibited, 0 review, coverage 1/1"]


def test_a_run_that_was_killed_before_it_told_anybody_is_told_by_the_next(judging: Judging, keeper: Keeper) -> None:
    post = Post()
    ended(keeper, night(judging, 11), post=post)
    assert keeper.keep(*night(judging, 11, 12, days=1), quiet=True)
    ended(keeper, night(judging, 11, 12, days=2), post=post)
    assert "New device" in post.bodies[-1]


def test_an_earlier_run_is_compared_as_it_was(judging: Judging, keeper: Keeper) -> None:
    for day, (cameras, post) in enumerate([((11,), Post()), ((11, 12), Broken()), ((11, 12), Post()), ((11, 12), Post())]):
        ended(keeper, night(judging, *cameras, days=day), post=post)
    assert keeper.store is not None
    names = [one.id for one in reversed(keeper.store.runs())]
    found = [since_before(keeper.store, name, judging) for name in names]
    assert [diff is None or len(diff.changes) for diff in found] == [True, 1, 1, 0]


def test_a_redacted_message_names_no_run(judging: Judging, keeper: Keeper) -> None:
    post = Post()
    ended(keeper, night(judging, 11), post=post)
    ended(keeper, night(judging, 11, 12, days=1), post=Broken())
    ended(keeper, night(judging, 11, 12, days=2), post=post, redact=True)
    assert "Trouble: the run before this one was not told in full Changes: of 1 device" in words(post)
    assert "20261122" not in post.bodies[-1]


def test_that_nobody_can_note_that_it_was_told_is_told(
    judging: Judging,
    keeper: Keeper,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended(keeper, night(judging, 11))
    capsys.readouterr()
    assert keeper.store is not None
    lost = keeper.store._database.engine

    def cut(parcel: object) -> None:
        lost.connect().exec_driver_sql("PRAGMA query_only = ON")

    post = Post()
    post.deliveries = Deliveries((Destination("webhook", cut),))
    assert ended(keeper, night(judging, 11, days=1), post=post) == 10
    assert capsys.readouterr().err.splitlines()[-1].startswith("UNDELIVERED: ")


def test_a_run_that_is_kept_is_not_called_lost(judging: Judging, store: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    with keeper_of(Configuration(), store, judging) as keeper:
        assert keeper.store is not None
        monkeypatch.setattr(type(keeper.store), "run", _broken)
        keeper.keep(*night(judging, 11), quiet=True)
        monkeypatch.undo()
        assert keeper.kept_as == "20261121T023000Z-hq"
    with open_store(str(store.store)) as opened:
        found = opened.verify_chain()
    assert found.newest is not None
    assert (found.newest.beat.event, found.faults, found.unended) == ("ended", (), ())


def _broken(*asked: object) -> None:
    raise StoreError("the disk is gone")
