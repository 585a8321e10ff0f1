"""What all tests share: the option that rewrites expected results, and how hypothesis runs."""

from __future__ import annotations

import pytest
from hypothesis import settings

# A shared machine stalls now and then; what a decoder may cost is counted in work, never in seconds.
settings.register_profile("steady", deadline=None, print_blob=True)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what the code now gives as the expected result")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
