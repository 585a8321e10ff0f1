"""What all tests share: the option that rewrites expected results, how hypothesis runs, and how the work is divided among processes."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.examples import TIMES, USUAL, examples
from tests.lab import netns

# A shared machine stalls now and then; what a decoder may cost is counted in work, never in seconds.
settings.register_profile(
    "long", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow], max_examples=examples(USUAL)
)
# The same examples each time, so that whoever changed nothing sees nothing new; `make test-long` looks for others.
settings.register_profile("steady", parent=settings.get_profile("long"), derandomize=True, database=None)
settings.load_profile("long" if TIMES > 1 else "steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what the code now gives as the expected result")


def pytest_configure(config: pytest.Config) -> None:
    # Started in the background by a shell, a process ignores SIGINT, and so would every program under test.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(config, "workerinput"):  # one of several processes: each has its own loopback, so that no port is taken twice
        with contextlib.suppress(netns.NamespaceError):
            netns.unshare()
            netns.ip_batch(["link set lo up"])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    from tests.units import ByUnit

    return ByUnit(config, log) if config.getoption("dist") == "load" else None


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Neither the tester's own fingerprints nor their cache or store take part."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "STATE_DIRECTORY"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
