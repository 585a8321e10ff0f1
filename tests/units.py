"""Which tests run in one process where several share the work: those that stand on the same costly fixture; all others go one by one.

Read from the source, because the process that divides the work collects nothing itself.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[1]
SHARED_BY_ALL = frozenset({"scanned"})
"""Fixtures of a conftest that are set up once for every file together."""
SHARED_IN_A_FILE = frozenset({"segment"})
"""Fixtures of a conftest that are set up once for each file."""
ONCE = frozenset({"module", "package", "session"})


def unit_of(test: str) -> str:
    """Return the unit of a test: a shared fixture, its file, or the test itself. test: a node id of pytest."""
    file, _, name = test.partition("::")
    return _units(ROOT / file).get(name.partition("[")[0], test)


class ByUnit(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each process one unit after the other, those of many tests first."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


@cache
def _units(file: Path) -> Mapping[str, str]:
    """Return the unit of each test function of a file that stands on something shared."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    wants = {name: frozenset(one.arg for one in node.args.args) for name, node in functions.items()}
    shared = {name for name, node in functions.items() if _is_set_up_once(node)} | SHARED_IN_A_FILE
    units = {}
    for name in functions:
        if name.startswith("test_"):
            stands_on = _reached(name, wants)
            if stands_on & SHARED_BY_ALL:
                units[name] = min(stands_on & SHARED_BY_ALL)
            elif stands_on & shared:
                units[name] = str(file.relative_to(ROOT))
    return units


def _reached(name: str, wants: Mapping[str, frozenset[str]]) -> set[str]:
    """Return the fixtures that a function stands on, directly or through fixtures of its file."""
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        fresh = wants.get(waiting.pop(), frozenset()) - reached
        reached |= fresh
        waiting += fresh
    return reached


def _is_set_up_once(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    calls = [one for one in function.decorator_list if isinstance(one, ast.Call)]
    scopes = {
        word.value.value
        for call in calls
        for word in call.keywords
        if word.arg == "scope" and isinstance(word.value, ast.Constant)
    }
    return bool(scopes & ONCE)
