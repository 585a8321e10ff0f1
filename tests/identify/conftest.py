from __future__ import annotations

import pytest

from camscan.datafiles.knowledge import load_knowledge
from camscan.identify.rules import Knowledge
from tests.small_data import write_data


@pytest.fixture(scope="session")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Knowledge:
    return load_knowledge(write_data(tmp_path_factory.mktemp("data")))
