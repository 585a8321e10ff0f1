"""What `camscan listen` refuses, before it listens: one line that names it, and the documented exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from camscan.cli.app import load
from camscan.cli.exits import exit_code_of
from camscan.cli.listen import announcement
from camscan.collect.listen import Hearing
from camscan.collect.scope import Guard
from camscan.errors import CamscanError
from camscan.live import ListenPlan
from camscan.model import Scope
from tests.factories import NOON


def refusal_of(*arguments: str) -> tuple[int, str]:
    """Return exit code and words of a run that is refused."""
    with pytest.raises(CamscanError) as refused:
        load("listen")(args=["--policy", "none", *arguments], standalone_mode=False)
    return exit_code_of(refused.value), str(refused.value)


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (None, ("--promisc", "--scope", "authorised_by")),
        ('techniques = ["listen"]\n', ("authorised_by",)),
        ('authorised_by = "R. Nowak"\ntechniques = ["active"]\n', ("technique listen", "active")),
        ('authorised_by = "R. Nowak"\nranges = ["10.20.0.0/24"]\n', ("names no techniques", 'techniques = ["listen"]')),
        ('authorised_by = "R. Nowak"\ntechniques = ["listen"]\nnot_after = 2020-01-01\n', ("expired",)),
    ],
)
def test_a_scope_that_does_not_answer_for_it_is_refused_with_6(tmp_path: Path, scope: str | None, words: Sequence[str]) -> None:
    arguments = []
    if scope is not None:
        (tmp_path / "scope.toml").write_text(scope)
        arguments = ["--scope", str(tmp_path / "scope.toml")]
    code, said = refusal_of("--promisc", *arguments)
    assert code == 6
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--for", "soon"), ("--for", "soon", "10m")),
        (("--for", "-5s"), ("--for", "30s")),
        (("--iface", "eth99"), ("--iface eth99", "no such interface")),
        (("--iface", "lo"), ("--iface lo", "no Ethernet")),
    ],
)
def test_a_mistake_is_named_with_2(arguments: Sequence[str], words: Sequence[str]) -> None:
    code, said = refusal_of(*arguments)
    assert code == 2
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.3, "for 0.3 s:"), (2.5, "for 2.5 s:"), (10.0, "for 10 s:"), (3599.7, "for 3,600 s:"), (None, "until")],
)
def test_how_long_it_listens_is_said_as_it_was_asked_for(seconds: float | None, words: str) -> None:
    plan = ListenPlan(
        site="hq",
        scope=Scope(),
        guard=Guard(Scope(), []),
        interfaces=(),
        hearing=Hearing(),
        seconds=seconds,
        now=lambda: NOON,
    )
    assert words in announcement(plan)[0]
