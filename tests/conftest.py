"""What all tests share: the option that rewrites expected results, and how hypothesis runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.examples import TIMES, USUAL, examples

# A shared machine stalls now and then; what a decoder may cost is counted in work, never in seconds.
settings.register_profile("steady", deadline=None, print_blob=True)
settings.register_profile("long", parent=settings.get_profile("steady"), max_examples=examples(USUAL))
settings.load_profile("long" if TIMES > 1 else "steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what the code now gives as the expected result")


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Neither the tester's own fingerprints nor their cache take part."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
